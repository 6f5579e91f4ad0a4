/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The host at the other end of the cable: one port and one transfer at a time, carried by events.
 * A transaction falls on a slot of 1/19 ms. One that is answered NAK is not tried again slot by
 * slot: the next try is in the slot after the firmware has made the endpoint ready, which is when
 * trying all the time would have found it so.
 */
#include "vboard/board.h"
#include "vboard/memo.h"
#include "vboard/usb.h"

#include <string.h>

enum usb_bus { BUS_IDLE = 0, BUS_RESET = 1, BUS_RUNNING = 2 };

enum transfer_stage {
	STAGE_SETUP = 1,
	STAGE_DATA_IN = 2,
	STAGE_DATA_OUT = 3,
	STAGE_STATUS_IN = 4,
	STAGE_STATUS_OUT = 5,
};

enum {
	FRAME_CYCLES = 1000 * VBOARD_CYCLES_PER_US,
	SLOT_CYCLES = FRAME_CYCLES / 19, /* most packets of 64 bytes in a frame (USB 2.0, 5.8.4) */
	RESET_CYCLES = 50000 * VBOARD_CYCLES_PER_US, /* of a root port, USB 2.0 7.1.7.5 */
};

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Ends the run for who watches. */
static void tell(struct vboard *vb)
{
	if (!vb->usb_watched)
		return;
	vb->stop = VBOARD_STOP_USB;
	vb->stop_now = true;
	vb->stop_cycle = 0;
}

static void end_transfer(struct vboard *vb, enum vboard_usb_result result)
{
	vb->s.usb_host.result = result;
	tell(vb);
}

static uint64_t next_frame(const struct vboard *vb)
{
	if (vb->s.usb_host.bus != BUS_RUNNING || !usb_core_wants_frames(vb))
		return UINT64_MAX;
	return vb->s.usb_host.frame_told + FRAME_CYCLES;
}

uint64_t usb_next(const struct vboard *vb)
{
	const struct usb_host_state *host = &vb->s.usb_host;
	uint64_t next;

	if (host->bus == BUS_IDLE)
		return UINT64_MAX;
	if (host->bus == BUS_RESET)
		return host->reset_end;
	next = next_frame(vb);
	if (host->result == VBOARD_USB_BUSY)
		next = min64(next, min64(host->next_try, host->deadline));
	return next;
}

uint32_t usb_host_frame(const struct vboard *vb)
{
	const struct usb_host_state *host = &vb->s.usb_host;

	if (host->bus != BUS_RUNNING)
		return 0;
	return (uint32_t)((vb->s.cycles - host->frame_epoch) / FRAME_CYCLES) & 0x3fff;
}

static bool is_in(const struct usb_host_state *host)
{
	return host->stage == STAGE_DATA_IN || host->stage == STAGE_STATUS_IN;
}

static uint32_t out_bytes(const struct usb_host_state *host)
{
	uint32_t left = host->length - host->done;

	if (host->stage == STAGE_STATUS_OUT)
		return 0;
	return left < host->packet_bytes ? left : host->packet_bytes;
}

static bool endpoint_is_ready(const struct vboard *vb)
{
	const struct usb_host_state *host = &vb->s.usb_host;
	const struct usb_state *usb = &vb->s.chip.usb;
	uint32_t number = host->endpoint & 15;

	return is_in(host) ? !usb_would_nak_in(usb, number)
			   : !usb_would_nak_out(usb, number, out_bytes(host));
}

/* The first slot from now on. */
static uint64_t next_slot(const struct vboard *vb)
{
	const struct usb_host_state *host = &vb->s.usb_host;
	uint64_t slots = (vb->s.cycles - host->tried) / SLOT_CYCLES + 1;

	return host->tried + slots * SLOT_CYCLES;
}

static void connection_changed(struct vboard *vb, bool connected)
{
	struct usb_host_state *host = &vb->s.usb_host;

	host->connected = connected;
	host->bus = BUS_IDLE;
	if (host->result == VBOARD_USB_BUSY)
		host->result = VBOARD_USB_GONE;
	if (vb->listener.usb)
		vb->listener.usb(vb->listener.ctx, vb->s.cycles, connected);
	tell(vb);
}

void usb_host_look(struct vboard *vb)
{
	struct usb_host_state *host = &vb->s.usb_host;
	bool connected;

	if (!host->attached && !host->connected)
		return;
	connected = host->attached && usb_core_pulls_up(vb);
	if (connected != (host->connected != 0))
		connection_changed(vb, connected);
	if (host->bus != BUS_RUNNING)
		return;
	if (host->result == VBOARD_USB_BUSY && host->next_try == UINT64_MAX &&
	    endpoint_is_ready(vb))
		host->next_try = next_slot(vb);
	if (usb_next(vb) < vb->event_cycle)
		board_schedule(vb);
}

static void begin_data(struct usb_host_state *host)
{
	if (host->length == 0)
		host->stage = STAGE_STATUS_IN;
	else
		host->stage = host->setup[0] & 0x80 ? STAGE_DATA_IN : STAGE_DATA_OUT;
}

/* A packet went over: what comes next, or the transfer's end. */
static void advance(struct vboard *vb, uint32_t len)
{
	struct usb_host_state *host = &vb->s.usb_host;
	bool control = host->endpoint == 0;
	bool over;

	switch ((enum transfer_stage)host->stage) {
	case STAGE_SETUP: begin_data(host); return;
	case STAGE_STATUS_IN:
	case STAGE_STATUS_OUT: end_transfer(vb, VBOARD_USB_DONE); return;
	case STAGE_DATA_IN:
	case STAGE_DATA_OUT: break;
	}
	host->done += len;
	over = host->done >= host->length ||
	       (host->stage == STAGE_DATA_IN && len < host->packet_bytes);
	if (!over)
		return;
	if (!control)
		end_transfer(vb, VBOARD_USB_DONE);
	else
		host->stage = host->stage == STAGE_DATA_IN ? STAGE_STATUS_OUT : STAGE_STATUS_IN;
}

static enum usb_answer receive(struct vboard *vb, uint32_t *ret_len)
{
	struct usb_host_state *host = &vb->s.usb_host;
	uint8_t packet[USB_PACKET_BYTES];
	enum usb_answer answer = usb_give_in(vb, host->endpoint & 15, packet, ret_len);
	uint32_t room = host->length - host->done;

	if (answer == USB_ACK && host->stage == STAGE_DATA_IN)
		memcpy(&host->data[host->done], packet, *ret_len < room ? *ret_len : room);
	if (answer == USB_ACK && *ret_len > room)
		*ret_len = room;
	return answer;
}

static void transact(struct vboard *vb)
{
	struct usb_host_state *host = &vb->s.usb_host;
	enum usb_answer answer;
	uint32_t len = 0;

	host->tried = host->next_try;
	host->next_try += SLOT_CYCLES;
	if (host->stage == STAGE_SETUP) {
		answer = usb_take_setup(vb, host->address, host->setup);
	} else if (is_in(host)) {
		answer = receive(vb, &len);
	} else {
		len = out_bytes(host);
		answer = usb_take_out(vb, host->endpoint & 15, &host->data[host->done], len);
	}
	switch (answer) {
	case USB_ACK: advance(vb, len); break;
	case USB_NAK: host->next_try = UINT64_MAX; break;
	case USB_STALL: end_transfer(vb, VBOARD_USB_STALL); break;
	case USB_NOTHING: host->next_try = host->tried + FRAME_CYCLES; break;
	}
}

static void reset_is_over(struct vboard *vb)
{
	struct usb_host_state *host = &vb->s.usb_host;

	host->bus = BUS_RUNNING;
	host->frame_epoch = host->reset_end;
	host->frame_told = host->reset_end;
	usb_core_enumerated(vb);
	tell(vb);
}

void usb_run(struct vboard *vb)
{
	struct usb_host_state *host = &vb->s.usb_host;
	uint64_t now = vb->s.cycles;

	while (usb_next(vb) <= now) {
		if (host->bus == BUS_RESET) {
			reset_is_over(vb);
		} else if (next_frame(vb) <= now) {
			host->frame_told = now - (now - host->frame_epoch) % FRAME_CYCLES;
			usb_core_frame(vb);
		} else if (host->next_try <= host->deadline) {
			transact(vb);
		} else {
			end_transfer(vb, VBOARD_USB_TIMEOUT);
		}
	}
}

void vboard_usb_attach(struct vboard *vb, bool attached)
{
	memo_settle(vb);
	vb->s.usb_host.attached = attached;
	usb_host_look(vb);
}

bool vboard_usb_is_connected(const struct vboard *vb)
{
	return vb->s.usb_host.connected;
}

bool vboard_usb_is_running(const struct vboard *vb)
{
	return vb->s.usb_host.bus == BUS_RUNNING;
}

void vboard_usb_watch(struct vboard *vb, bool on)
{
	vb->usb_watched = on;
}

void vboard_usb_reset(struct vboard *vb)
{
	struct usb_host_state *host = &vb->s.usb_host;

	if (!host->connected)
		return;
	if (host->result == VBOARD_USB_BUSY)
		host->result = VBOARD_USB_GONE;
	host->bus = BUS_RESET;
	host->reset_end = vb->s.cycles + RESET_CYCLES;
	usb_core_bus_reset(vb);
	board_schedule(vb);
}

bool vboard_usb_begin(struct vboard *vb, const struct vboard_usb_transfer *transfer)
{
	struct usb_host_state *host = &vb->s.usb_host;

	if (host->bus != BUS_RUNNING || transfer->length > VBOARD_USB_BYTES_MAX ||
	    (transfer->endpoint & 15) >= USB_ENDPOINTS)
		return false;
	host->result = VBOARD_USB_BUSY;
	host->address = transfer->address;
	host->endpoint = transfer->endpoint;
	host->packet_bytes = transfer->packet_bytes;
	host->length = transfer->length;
	host->done = 0;
	host->deadline = transfer->deadline;
	host->tried = vb->s.cycles;
	host->next_try = vb->s.cycles + SLOT_CYCLES;
	memcpy(host->setup, transfer->setup, sizeof(host->setup));
	if (transfer->data)
		memcpy(host->data, transfer->data, transfer->length);
	host->stage = transfer->endpoint == 0	  ? STAGE_SETUP
		      : transfer->endpoint & 0x80 ? STAGE_DATA_IN
						  : STAGE_DATA_OUT;
	board_schedule(vb);
	return true;
}

enum vboard_usb_result vboard_usb_result(const struct vboard *vb, uint32_t *ret_bytes)
{
	*ret_bytes = vb->s.usb_host.done;
	return (enum vboard_usb_result)vb->s.usb_host.result;
}

void vboard_usb_received(const struct vboard *vb, void *ret_data, size_t len)
{
	memcpy(ret_data, vb->s.usb_host.data,
	       len < vb->s.usb_host.done ? len : vb->s.usb_host.done);
}
