/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A real slot's USB port over a folder that looks like sysfs and a libusb without a USB. */
#ifndef TESTS_LIB_USB_DESK_H
#define TESTS_LIB_USB_DESK_H

#include "bench/linux/usb_private.h"
#include "lib/fake_libusb.h"
#include "lib/fake_usb_tree.h"

enum { DESK_SEEN_MAX = 16, DESK_TIMEOUT_US = 40000 };

struct usb_desk {
	struct fake_usb_tree tree;
	struct fake_libusb *lib;
	struct usb *usb;
	/* what the listener was told */
	struct {
		bool arrived;
		int64_t t_us;
		struct slot_usb_device device;
	} seen[DESK_SEEN_MAX];
	size_t seen_count;
	/* what waiting does: called first each time with its number, from 0; may be NULL */
	int (*on_wait)(struct usb_desk *desk, int number);
	int waits;
	/* the switch of VBUS, when it is asked for */
	enum slot_usb_port vbus;
	int vbus_count, vbus_code;
};

/* Opens it; 'settings' NULL: port 1-1.4. What is NULL or 0 in it is filled in. */
void usb_desk_open(struct usb_desk *desk, const struct usb_settings *settings);

/* Closes, and sees to it that nothing of libusb is left. */
void usb_desk_close(struct usb_desk *desk);

/* The switch that goes into settings. */
int usb_desk_vbus(void *ctx, enum slot_usb_port port, struct err *err);

/* Looks at the port now; what usb_step() returns. */
int usb_desk_look(struct usb_desk *desk, struct err *err);

/* Opens it with a device on the port, joined and told. */
void usb_desk_open_device(struct usb_desk *desk);

/* One transfer, DESK_TIMEOUT_US at most, that must not be an error of the rig's. */
enum slot_usb_result usb_desk_ask(struct usb_desk *desk, const struct slot_usb_setup *setup);

/* One that must be; its errno. Nothing may be said of the result then. */
int usb_desk_refused(struct usb_desk *desk, const struct slot_usb_setup *setup, struct err *err);

#endif
