/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/cdc_slot.h"
#include "bench/virtual/virtual.h"

#include <errno.h>
#include <string.h>

enum {
	ADDRESS = 1, /* the first that a port gives */
	PACKET = 64,
	IN_1 = 0x81,
	OUT_1 = 0x01,
	STEP_US = 100,
	SEND_US = 1000, /* for one packet: a board that reads takes it at once */
};

static bool is_there(const struct cdc_slot *cdc)
{
	struct slot_usb_device device;

	return slot_usb_device(&cdc->inner, &device) && device.product == cdc->product;
}

/* Carries a transfer of a bulk endpoint until it ends, time passes, or power is cut. */
static int carry(struct cdc_slot *cdc, struct vboard_usb_transfer *transfer, int64_t end_us,
		 uint32_t *ret_bytes, enum slot_wait *ret, struct err *err)
{
	enum vboard_usb_result result = VBOARD_USB_BUSY;
	int r = 0;

	transfer->address = ADDRESS;
	transfer->packet_bytes = PACKET;
	transfer->deadline = (uint64_t)end_us * VBOARD_CYCLES_PER_US;
	*ret = SLOT_WAIT_DEADLINE;
	*ret_bytes = 0;
	if (!vboard_usb_begin(cdc->vb, transfer))
		return slot_wait(&cdc->inner, end_us, ret, err);
	while (r == 0 && *ret == SLOT_WAIT_DEADLINE && result == VBOARD_USB_BUSY) {
		r = slot_wait(&cdc->inner, slot_now_us(&cdc->inner) + STEP_US, ret, err);
		result = vboard_usb_result(cdc->vb, ret_bytes);
	}
	if (result != VBOARD_USB_DONE)
		*ret_bytes = 0;
	return r;
}

static int wait_step(struct cdc_slot *cdc, int64_t end_us, enum slot_wait *ret, struct err *err)
{
	struct vboard_usb_transfer transfer = { .endpoint = IN_1, .length = PACKET };
	uint8_t bytes[PACKET];
	uint32_t count = 0;
	int r;

	if (!cdc->baud || !is_there(cdc)) {
		int64_t step_us = slot_now_us(&cdc->inner) + 10 * STEP_US;

		return slot_wait(&cdc->inner, step_us < end_us ? step_us : end_us, ret, err);
	}
	r = carry(cdc, &transfer, end_us, &count, ret, err);
	if (r == 0 && count > 0)
		vboard_usb_received(cdc->vb, bytes, sizeof(bytes));
	for (uint32_t i = 0; i < count && r == 0 && cdc->listener.console; i++)
		cdc->listener.console(cdc->listener.ctx, slot_now_us(&cdc->inner), bytes[i]);
	return r;
}

static int cdc_wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	struct cdc_slot *cdc = backend;
	int r = 0;

	*ret = SLOT_WAIT_DEADLINE;
	do
		r = wait_step(cdc, deadline_us, ret, err);
	while (r == 0 && *ret == SLOT_WAIT_DEADLINE && slot_now_us(&cdc->inner) < deadline_us);
	if (*ret == SLOT_WAIT_CUT)
		cdc->baud = 0;
	return r;
}

static int64_t cdc_now(void *backend)
{
	return slot_now_us(&((struct cdc_slot *)backend)->inner);
}

static void cdc_listen(void *backend, const struct slot_listener *listener)
{
	struct cdc_slot *cdc = backend;
	struct slot_listener rest = listener ? *listener : (struct slot_listener){ 0 };

	cdc->listener = rest;
	rest.console = NULL; /* of the pads' serial port */
	slot_listen(&cdc->inner, &rest);
}

static int cdc_set(void *backend, uint32_t baud, struct err *err)
{
	struct cdc_slot *cdc = backend;

	cdc->baud = 0;
	if (baud && !is_there(cdc) && slot_now_us(&cdc->inner) < cdc->listed_until_us) {
		cdc->baud = baud; /* of a device that is gone */
		return 0;
	}
	if (baud && !is_there(cdc))
		return err_set(err, ERR_RIG, -ENODEV, "the board has no serial port now");
	cdc->baud = baud;
	return slot_console_set(&cdc->inner, baud, err);
}

static int cdc_send(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
		    struct err *err)
{
	struct cdc_slot *cdc = backend;
	struct vboard_usb_transfer transfer = { .endpoint = OUT_1,
						.data = bytes,
						.length = len < PACKET ? (uint32_t)len : PACKET };
	enum slot_wait why;
	uint32_t count = 0;
	int r;

	*ret_sent = 0;
	if (!cdc->baud || !is_there(cdc))
		return 0;
	r = carry(cdc, &transfer, slot_now_us(&cdc->inner) + SEND_US, &count, &why, err);
	*ret_sent = count;
	return r;
}

static int cdc_power(void *backend, enum slot_power power, struct err *err)
{
	return slot_power_set(&((struct cdc_slot *)backend)->inner, power, err);
}

static int cdc_hold(void *backend, enum slot_line line, enum slot_hold hold, struct err *err)
{
	return slot_hold(&((struct cdc_slot *)backend)->inner, line, hold, err);
}

static int cdc_join(void *backend, enum slot_usb_port port, struct err *err)
{
	struct cdc_slot *cdc = backend;

	if (port == SLOT_USB_PARTED && is_there(cdc))
		cdc->listed_until_us = slot_now_us(&cdc->inner) + cdc->linger_us;
	return slot_usb_join(&cdc->inner, port, err);
}

static bool cdc_device(void *backend, struct slot_usb_device *ret)
{
	return slot_usb_device(&((struct cdc_slot *)backend)->inner, ret);
}

static int cdc_control(void *backend, const struct slot_usb_setup *setup, uint8_t *data,
		       int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
		       struct err *err)
{
	return slot_usb_control(&((struct cdc_slot *)backend)->inner, setup, data, timeout_us,
				ret_len, ret, err);
}

static int cdc_arm(void *backend, const struct slot_cut *cut, struct err *err)
{
	return slot_cut_arm(&((struct cdc_slot *)backend)->inner, cut, err);
}

static void cdc_disarm(void *backend)
{
	slot_cut_disarm(&((struct cdc_slot *)backend)->inner);
}

static void cdc_close(void *backend)
{
	slot_close(&((struct cdc_slot *)backend)->inner);
}

static const struct slot_time_ops time_ops = { .now_us = cdc_now,
					       .wait = cdc_wait,
					       .listen = cdc_listen };
static const struct slot_power_ops power_ops = { .set = cdc_power };
static const struct slot_line_ops line_ops = { .hold = cdc_hold };
static const struct slot_usb_ops usb_ops = { .join = cdc_join,
					     .device = cdc_device,
					     .control = cdc_control };
static const struct slot_cut_ops cut_ops = { .arm = cdc_arm, .disarm = cdc_disarm };
static const struct slot_console_ops console_ops = { .set = cdc_set, .send = cdc_send };

void cdc_slot_open(struct cdc_slot *cdc, uint16_t product, struct slot *slot)
{
	*cdc = (struct cdc_slot){ .inner = *slot, .vb = virtual_board(slot), .product = product };
	*slot = (struct slot){ .name = "cdc",
			       .capabilities = SLOT_POWER | SLOT_RESET | SLOT_SETUP | SLOT_CUT |
					       SLOT_USB | SLOT_CONSOLE | SLOT_CONSOLE_USB,
			       .backend = cdc,
			       .time = &time_ops,
			       .power = &power_ops,
			       .lines = &line_ops,
			       .cut = &cut_ops,
			       .usb = &usb_ops,
			       .console = &console_ops,
			       .close = cdc_close };
}
