/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/cable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEBOUNCE_US = 100000, /* 7.1.7.3; a device may not be ready for a reset before */
	SETTLE_US = 10000,    /* USB 2.0, 9.2.6.3 asks for 2 ms at least */
	PLUG_AGAIN_US = 10000,
	ADDRESS_US_MAX = 1000000,
	CONTROL_US_MAX = 30000000, /* the kernel gives up before */
	TURN_US = 1000,		   /* for an endpoint that has nothing, while others wait */
	TRIES_MAX = 4,
	ADDRESS = 1,
	PACKET_BYTES = 64,
	NO_ENDPOINT = 0x8f,
};

enum usb_facts {
	GET_DESCRIPTOR = 6,
	SET_ADDRESS = 5,
	SET_CONFIGURATION = 9,
	SET_LINE_CODING = 0x20,
	DFU_DNLOAD = 1, /* DfuSe: block 0 is a command, or without data to leave; from 2 on data */
	DFU_SET_ADDRESS = 0x21,
	DFU_ERASE = 0x41,
	TYPE_STANDARD_IN = 0x80,
	TYPE_CLASS_OUT = 0x21,
	DESCRIPTOR_DEVICE = 1,
	DESCRIPTOR_CONFIGURATION = 2,
	DESCRIPTOR_ENDPOINT = 5,
	FIRST_BYTES = 64, /* of the device's descriptor, what Linux asks for after a reset */
};

static uint64_t cycles_in(const struct cable *cable, uint64_t us)
{
	return vboard_cycle(cable->vb) + us * VBOARD_CYCLES_PER_US;
}

static uint64_t board_us(const struct cable *cable)
{
	return vboard_cycle(cable->vb) / VBOARD_CYCLES_PER_US;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

#define TELL(cable, ...) \
	journal_put((cable)->journal, journal_now_ns(), (cable)->name, board_us(cable), __VA_ARGS__)

bool cable_init(struct cable *cable, struct vboard *vb, struct journal *journal, const char *name,
		unsigned int port)
{
	*cable = (struct cable){
		.vb = vb, .journal = journal, .name = name, .port = port, .lit = true
	};
	vboard_usb_watch(vb, true);
	return usbip_init(&cable->usbip);
}

static void drop_transfers(struct cable *cable)
{
	for (size_t i = 0; i < cable->transfer_count; i++)
		free(cable->transfers[i].data);
	cable->transfer_count = 0;
	cable->current = 0;
}

/*
 * A host controller gives a transfer back within microseconds when nobody answers any more. The
 * virtual one leaves it to whoever waits, 5 s with requests that the kernel makes itself, and those
 * hold the device's lock meanwhile, so that the kernel cannot even tell that the device is gone.
 */
static void give_back(struct cable *cable)
{
	for (size_t i = 0; i < cable->transfer_count; i++)
		usbip_answer(&cable->usbip, cable->transfers[i].submit.number, USBIP_NO_ANSWER, 0,
			     NULL);
}

static void unplug(struct cable *cable)
{
	if (cable->usbip.fd >= 0) {
		cable_read(cable); /* what is asked for already ends here, too */
		give_back(cable);
	}
	if (cable->usbip.fd >= 0)
		TELL(cable, "usb unplugged");
	usbip_unplug(&cable->usbip);
	drop_transfers(cable);
}

void cable_release(struct cable *cable)
{
	drop_transfers(cable);
	usbip_release(&cable->usbip);
}

static void update_bus(struct cable *cable)
{
	vboard_usb_attach(cable->vb, cable->joined && cable->lit);
}

void cable_join(struct cable *cable, bool joined)
{
	cable->joined = joined;
	if (!joined)
		unplug(cable);
	update_bus(cable);
}

void cable_light(struct cable *cable, bool lit)
{
	if (lit == cable->lit)
		return;
	TELL(cable, "port %s", lit ? "lit" : "dark");
	cable->lit = lit;
	/* A kernel that sees a device leave a dark port gives the port power again. */
	if (lit)
		unplug(cable);
	update_bus(cable);
}

void cable_connected(struct cable *cable, bool connected)
{
	TELL(cable, "usb %s", connected ? "pull-up" : "no pull-up");
	cable->tries = 0;
	cable->current = 0;
	cable->configured = false;
	if (cable->lit)
		unplug(cable);
	cable->step = connected ? CABLE_COME : CABLE_EMPTY;
	cable->due_cycle = cycles_in(cable, DEBOUNCE_US);
}

static void reset_again(struct cable *cable)
{
	cable->step = ++cable->tries < TRIES_MAX ? CABLE_COME : CABLE_GIVEN_UP;
	if (cable->step == CABLE_GIVEN_UP)
		TELL(cable, "usb given up");
}

static struct cable_transfer *numbered(struct cable *cable, uint32_t number)
{
	for (size_t i = 0; i < cable->transfer_count; i++)
		if (cable->transfers[i].submit.number == number)
			return &cable->transfers[i];
	return NULL;
}

static void take_away(struct cable *cable, struct cable_transfer *transfer)
{
	size_t at = (size_t)(transfer - cable->transfers);

	free(transfer->data);
	cable->transfer_count--;
	memmove(transfer, transfer + 1, (cable->transfer_count - at) * sizeof(*transfer));
}

static void answer(struct cable *cable, struct cable_transfer *transfer, enum usbip_status status)
{
	bool in = transfer->submit.direction == USBIP_IN;

	usbip_answer(&cable->usbip, transfer->submit.number, status, transfer->done,
		     in ? transfer->data : NULL);
	take_away(cable, transfer);
}

/* The sizes of the endpoints' packets, out of a configuration that passes by. */
static void note_endpoints(struct cable *cable, const uint8_t *bytes, uint32_t len)
{
	for (uint32_t at = 0; at + 7 <= len && bytes[at] > 0; at += bytes[at])
		if (bytes[at + 1] == DESCRIPTOR_ENDPOINT)
			cable->packet_bytes[bytes[at + 2] >> 7][bytes[at + 2] & 15] =
				get16(bytes + at + 4);
}

static void note_download(struct cable *cable, const struct cable_transfer *transfer)
{
	const uint8_t *data = transfer->data;
	unsigned int block = get16(transfer->submit.setup + 2);

	if (transfer->done == 0)
		TELL(cable, "dfu leave");
	else if (block != 0)
		TELL(cable, "dfu block of %u bytes", transfer->done);
	else if (transfer->done >= 5 && (data[0] == DFU_ERASE || data[0] == DFU_SET_ADDRESS))
		TELL(cable, "dfu %s 0x%04x%04x", data[0] == DFU_ERASE ? "erase" : "address",
		     get16(data + 3), get16(data + 1));
}

/* What of a control transfer that went well is worth knowing. */
static void note_control(struct cable *cable, const struct cable_transfer *transfer)
{
	const uint8_t *setup = transfer->submit.setup;

	if (setup[0] == TYPE_STANDARD_IN && setup[1] == GET_DESCRIPTOR &&
	    setup[3] == DESCRIPTOR_CONFIGURATION)
		note_endpoints(cable, transfer->data, transfer->done);
	else if (setup[0] == 0 && setup[1] == SET_CONFIGURATION) {
		cable->configured = true;
		TELL(cable, "usb configuration %u", setup[2]);
	} else if (setup[0] == TYPE_CLASS_OUT && setup[1] == DFU_DNLOAD) {
		note_download(cable, transfer);
	} else if (setup[0] == TYPE_CLASS_OUT && setup[1] == SET_LINE_CODING && transfer->done >= 4)
		TELL(cable, "usb baud %u",
		     get16(transfer->data) | (unsigned int)get16(transfer->data + 2) << 16);
}

static void on_submit(void *ctx, const struct usbip_submit *submit)
{
	struct cable *cable = ctx;
	struct cable_transfer *transfer = &cable->transfers[cable->transfer_count];
	uint32_t room = submit->length < USBIP_DATA_MAX ? submit->length : USBIP_DATA_MAX;

	*transfer = (struct cable_transfer){ .submit = *submit };
	transfer->submit.length = room;
	if (cable->transfer_count < CABLE_TRANSFERS_MAX)
		transfer->data = malloc(room + 1);
	if (!transfer->data || (submit->endpoint == 0 && room > VBOARD_USB_BYTES_MAX)) {
		usbip_answer(&cable->usbip, submit->number, USBIP_STALLED, 0, NULL);
		free(transfer->data);
		return;
	}
	if (submit->data)
		memcpy(transfer->data, submit->data, room);
	transfer->submit.data = NULL;
	cable->transfer_count++;
}

/* Gives up what is under way, for nobody waits for it any more. */
static void give_up(struct cable *cable)
{
	struct vboard_usb_transfer nothing = { .address = ADDRESS,
					       .endpoint = NO_ENDPOINT,
					       .packet_bytes = PACKET_BYTES,
					       .deadline = vboard_cycle(cable->vb) };

	if (vboard_usb_is_running(cable->vb))
		vboard_usb_begin(cable->vb, &nothing);
	cable->current = 0;
}

static bool on_unlink(void *ctx, uint32_t number)
{
	struct cable *cable = ctx;
	struct cable_transfer *transfer = numbered(cable, number);

	if (!transfer)
		return false;
	if (cable->current == number)
		give_up(cable);
	take_away(cable, transfer);
	return true;
}

void cable_read(struct cable *cable)
{
	const struct usbip_events events = { .ctx = cable,
					     .submit = on_submit,
					     .unlink = on_unlink };

	if (cable->usbip.fd >= 0 && !usbip_read(&cable->usbip, &events)) {
		TELL(cable, "usb hung up by the kernel");
		usbip_unplug(&cable->usbip);
		drop_transfers(cable);
	}
}

bool cable_waits(const struct cable *cable)
{
	for (size_t i = 0; i < cable->transfer_count; i++)
		if (cable->transfers[i].submit.endpoint == 0 ||
		    cable->transfers[i].submit.direction == USBIP_OUT)
			return true;
	return false;
}

static uint32_t packet_bytes(const struct cable *cable, const struct cable_transfer *transfer)
{
	uint32_t bytes =
		cable->packet_bytes[transfer->submit.direction][transfer->submit.endpoint & 15];

	return bytes >= 1 && bytes <= PACKET_BYTES ? bytes : PACKET_BYTES;
}

/* A reset of the port is not forwarded; what Linux asks right after one tells. */
static bool follows_reset(const struct cable *cable, const struct cable_transfer *transfer)
{
	const uint8_t *setup = transfer->submit.setup;

	return cable->configured && transfer->submit.endpoint == 0 &&
	       setup[0] == TYPE_STANDARD_IN && setup[1] == GET_DESCRIPTOR &&
	       setup[3] == DESCRIPTOR_DEVICE && get16(setup + 6) == FIRST_BYTES;
}

/* The two directions of an endpoint are two endpoints. */
static unsigned int turn_of(const struct usbip_submit *submit)
{
	return 2U * submit->endpoint + (submit->direction == USBIP_IN);
}

static void begin(struct cable *cable, const struct cable_transfer *transfer)
{
	const struct usbip_submit *submit = &transfer->submit;
	bool control = submit->endpoint == 0;
	uint32_t left = submit->length - transfer->done;
	struct vboard_usb_transfer packet = {
		.address = ADDRESS,
		.endpoint = (uint8_t)(submit->endpoint |
				      (!control && submit->direction == USBIP_IN ? 0x80 : 0)),
		.packet_bytes = packet_bytes(cable, transfer),
		.data = submit->direction == USBIP_OUT ? transfer->data + transfer->done : NULL,
		.length = left,
		.deadline = cycles_in(cable, control ? CONTROL_US_MAX : TURN_US),
	};

	memcpy(packet.setup, submit->setup, sizeof(packet.setup));
	if (!control && packet.length > packet.packet_bytes)
		packet.length = packet.packet_bytes;
	cable->turn = turn_of(submit);
	if (!vboard_usb_begin(cable->vb, &packet))
		return;
	cable->current = submit->number;
	cable->current_bytes = packet.length;
}

/*
 * Control first; else the first transfer of the next endpoint that has one. Transfers of one
 * endpoint are kept in the order in which they came.
 */
static const struct cable_transfer *choose(const struct cable *cable)
{
	const struct cable_transfer *best = NULL;
	unsigned int best_distance = UINT32_MAX;

	for (size_t i = 0; i < cable->transfer_count; i++) {
		const struct usbip_submit *submit = &cable->transfers[i].submit;
		unsigned int distance = (turn_of(submit) - cable->turn - 1) % (2 * CABLE_ENDPOINTS);

		if (submit->endpoint == 0)
			return &cable->transfers[i];
		if (distance < best_distance) {
			best_distance = distance;
			best = &cable->transfers[i];
		}
	}
	return best;
}

static void packet_done(struct cable *cable, struct cable_transfer *transfer, uint32_t bytes)
{
	struct usbip_submit *submit = &transfer->submit;
	bool short_packet = bytes < packet_bytes(cable, transfer);

	if (submit->direction == USBIP_IN)
		vboard_usb_received(cable->vb, transfer->data + transfer->done, bytes);
	transfer->done += bytes;
	if (submit->endpoint == 0) {
		note_control(cable, transfer);
		answer(cable, transfer, USBIP_GOOD);
	} else if (submit->direction == USBIP_IN) {
		if (short_packet || transfer->done == submit->length)
			answer(cable, transfer, USBIP_GOOD);
	} else if (transfer->done == submit->length &&
		   (short_packet || !(submit->flags & USBIP_ZERO_PACKET))) {
		TELL(cable, "usb sent %u bytes", transfer->done);
		answer(cable, transfer, USBIP_GOOD);
	}
}

/* What became of the transfer under way. True when it is still under way and is to go on. */
static bool look_at_current(struct cable *cable)
{
	struct cable_transfer *transfer = numbered(cable, cable->current);
	uint32_t bytes = 0;
	enum vboard_usb_result result = vboard_usb_result(cable->vb, &bytes);

	if (!transfer)
		return false;
	if (result == VBOARD_USB_BUSY) {
		const struct cable_transfer *next = choose(cable);

		/* A request need not wait until an endpoint that has nothing to say has its time.
		 */
		return !(transfer->submit.endpoint != 0 && next->submit.endpoint == 0 &&
			 bytes == 0);
	}
	cable->current = 0;
	if (result == VBOARD_USB_DONE)
		packet_done(cable, transfer, bytes);
	else if (result == VBOARD_USB_STALL)
		answer(cable, transfer, USBIP_STALLED);
	else if (transfer->submit.endpoint == 0 && result == VBOARD_USB_TIMEOUT)
		answer(cable, transfer, USBIP_STALLED);
	return false;
}

static void carry(struct cable *cable)
{
	const struct cable_transfer *next;

	if (!cable->lit || (cable->current && look_at_current(cable)))
		return;
	cable->current = 0;
	next = choose(cable);
	if (!next)
		return;
	if (follows_reset(cable, next)) {
		TELL(cable, "usb reset");
		cable->configured = false;
		cable->step = CABLE_COME;
	} else {
		begin(cable, next);
	}
}

static void give_address(struct cable *cable)
{
	struct vboard_usb_transfer transfer = { .setup = { 0, SET_ADDRESS, ADDRESS },
						.packet_bytes = PACKET_BYTES,
						.deadline = cycles_in(cable, ADDRESS_US_MAX) };

	if (vboard_usb_begin(cable->vb, &transfer))
		cable->step = CABLE_ADDRESS;
	else
		reset_again(cable);
}

static void look_at_address(struct cable *cable)
{
	uint32_t bytes;
	enum vboard_usb_result result = vboard_usb_result(cable->vb, &bytes);

	if (result == VBOARD_USB_BUSY)
		return;
	if (result == VBOARD_USB_DONE) {
		cable->step = CABLE_SETTLE;
		cable->due_cycle = cycles_in(cable, SETTLE_US);
	} else {
		reset_again(cable);
	}
}

static void plug(struct cable *cable)
{
	int r;

	if (cable->usbip.fd >= 0 || cable->port == CABLE_PORT_NONE) { /* it was only a reset */
		cable->step = CABLE_READY;
		return;
	}
	r = usbip_plug(&cable->usbip, cable->port, USBIP_FULL);
	if (r == 0) {
		TELL(cable, "usb plugged");
		cable->step = CABLE_READY;
	} else {
		if (r != -EBUSY)
			TELL(cable, "usb attach: %s", strerror(-r));
		cable->due_cycle = cycles_in(cable, PLUG_AGAIN_US);
	}
}

void cable_work(struct cable *cable)
{
	bool due = vboard_cycle(cable->vb) >= cable->due_cycle;

	switch (cable->step) {
	case CABLE_EMPTY:
	case CABLE_GIVEN_UP: break;
	case CABLE_COME:
		if (due) {
			vboard_usb_reset(cable->vb);
			cable->step = CABLE_RESET;
		}
		break;
	case CABLE_RESET:
		if (vboard_usb_is_running(cable->vb))
			give_address(cable);
		break;
	case CABLE_ADDRESS: look_at_address(cable); break;
	case CABLE_SETTLE:
		if (due)
			cable->step = CABLE_PLUG;
		break;
	case CABLE_PLUG:
		if (due)
			plug(cable);
		break;
	case CABLE_READY: carry(cable); break;
	}
}

uint64_t cable_due(const struct cable *cable)
{
	return cable->step == CABLE_SETTLE || cable->step == CABLE_PLUG ? cable->due_cycle
									: UINT64_MAX;
}
