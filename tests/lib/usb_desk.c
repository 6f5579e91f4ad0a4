/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/usb_desk.h"

#include "base/clock.h"
#include "lib/testing.h"

#include <poll.h>
#include <string.h>

enum { PARTICLE = 0x2b04, P1_DFU = 0xd008 };

static void on_seen(void *ctx, int64_t t_us, bool arrived, const struct slot_usb_device *device)
{
	struct usb_desk *desk = ctx;

	ck_assert_uint_lt(desk->seen_count, DESK_SEEN_MAX);
	ck_assert_int_le(t_us, clock_now_us());
	desk->seen[desk->seen_count].arrived = arrived;
	desk->seen[desk->seen_count].t_us = t_us;
	desk->seen[desk->seen_count++].device = *device;
}

static int wait(void *ctx, int64_t deadline_us, struct err *err)
{
	struct usb_desk *desk = ctx;
	struct pollfd file = { .fd = usb_fd(desk->usb), .events = POLLIN };
	int64_t until_us = deadline_us, left_us;
	int r = desk->on_wait ? desk->on_wait(desk, desk->waits) : 0;

	desk->waits++;
	if (r != 0)
		return r;
	if (usb_due_us(desk->usb) < until_us)
		until_us = usb_due_us(desk->usb);
	left_us = until_us - clock_now_us();
	poll(&file, 1, left_us <= 0 ? 0 : (int)(left_us / 1000) + 1);
	return usb_step(desk->usb, err);
}

int usb_desk_vbus(void *ctx, enum slot_usb_port port, struct err *err)
{
	struct usb_desk *desk = ctx;

	if (desk->vbus_code)
		return err_set(err, ERR_RIG, desk->vbus_code, "the switch is stuck");
	desk->vbus = port;
	desk->vbus_count++;
	return 0;
}

void usb_desk_open(struct usb_desk *desk, const struct usb_settings *settings)
{
	struct usb_settings all = settings ? *settings : (struct usb_settings){ .port = "1-1.4" };

	*desk = (struct usb_desk){ .lib = fake_libusb() };
	fake_tree_init(&desk->tree);
	if (all.vbus.set)
		all.vbus.ctx = desk;
	all.listener = (struct usb_listener){ desk, on_seen };
	all.waiter = (struct usb_waiter){ desk, wait };
	all.sysfs = desk->tree.sysfs;
	all.dev = desk->tree.dev;
	ck_assert_int_eq(usb_open(&all, &desk->usb, NULL), 0);
}

void usb_desk_close(struct usb_desk *desk)
{
	usb_close(desk->usb);
	ck_assert_int_eq(desk->lib->open_count, 0);
	ck_assert_int_eq(desk->lib->context_count, 0);
	ck_assert_int_eq(desk->lib->transfer_count, 0);
}

int usb_desk_look(struct usb_desk *desk, struct err *err)
{
	desk->usb->look_us = 0;
	return usb_step(desk->usb, err);
}

void usb_desk_open_device(struct usb_desk *desk)
{
	usb_desk_open(desk, NULL);
	fake_tree_plug(&desk->tree, "1-1.4", 5, PARTICLE, P1_DFU, NULL);
	ck_assert_int_eq(usb_join(desk->usb, SLOT_USB_JOINED, NULL), 0);
	ck_assert_uint_eq(desk->seen_count, 1);
}

enum slot_usb_result usb_desk_ask(struct usb_desk *desk, const struct slot_usb_setup *setup)
{
	uint8_t data[SLOT_USB_BYTES_MAX] = { 1, 2, 3, 4 };
	enum slot_usb_result result = SLOT_USB_UNKNOWN;
	struct err err = ERR_INIT;
	uint16_t len = 77;
	int r = usb_control(desk->usb, setup, data, DESK_TIMEOUT_US, &len, &result, &err);

	ck_assert_msg(r == 0, "%s", err.text);
	ck_assert_int_eq(err.kind, ERR_NONE);
	ck_assert(result == SLOT_USB_DONE || len == 77);
	return result;
}

int usb_desk_refused(struct usb_desk *desk, const struct slot_usb_setup *setup, struct err *err)
{
	uint8_t data[SLOT_USB_BYTES_MAX] = { 0 };
	enum slot_usb_result result = (enum slot_usb_result)77;
	uint16_t len = 77;
	int r;

	*err = (struct err)ERR_INIT;
	r = usb_control(desk->usb, setup, data, DESK_TIMEOUT_US, &len, &result, err);
	ck_assert_int_lt(r, 0);
	ck_assert_int_eq(err->kind, ERR_RIG);
	ck_assert_int_eq(err->code, r);
	ck_assert_uint_gt(strlen(err->text), 0);
	ck_assert_int_eq(result, 77);
	ck_assert_uint_eq(len, 77);
	return r;
}
