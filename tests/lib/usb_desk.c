/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/usb_desk.h"

#include "base/clock.h"
#include "lib/testing.h"

#include <poll.h>

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
