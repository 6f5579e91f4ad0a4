/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A board whose slot's power is off, and which is on the USB all the same. That it is listed says
 * little by itself: a hub looks at its ports four times a second (USB 2.0, 11.12.3), and the kernel
 * comes to one device after another. What answers has power.
 */
#include "bench/linux/usb.h"
#include "bench/linux/usb_private.h"

#include <libusb.h>

enum {
	GET_STATUS = 0, /* USB 2.0, 9.4.5; of the device, which must answer in any state */
	STATUS_BYTES = 2,
	ASK_MS = SLOT_USB_FED_US_MAX / 1000,
};

static bool find_listed(const struct usb *usb, struct usb_found *ret)
{
	struct usb_wanted wanted = usb->wanted;
	struct err ignored = ERR_INIT;
	bool there = false;

	if (wanted.port[0])
		return usb_sysfs_read(usb->sysfs, wanted.port, ret);
	return usb_find(usb->sysfs, &wanted, ret, &there, &ignored) == 0 && there;
}

bool usb_is_listed(const struct usb *usb)
{
	struct usb_found found;

	return find_listed(usb, &found);
}

static bool answers(struct usb *usb)
{
	enum slot_usb_result result = SLOT_USB_GONE;
	struct err ignored = ERR_INIT;
	uint8_t status[STATUS_BYTES];
	int code;

	if (usb_handle_open(usb, &result, &ignored) < 0 || result != SLOT_USB_DONE)
		return false;
	code = libusb_control_transfer(usb->handle, LIBUSB_ENDPOINT_IN, GET_STATUS, 0, 0, status,
				       sizeof(status), ASK_MS);
	usb_handle_close(usb);
	return code == STATUS_BYTES;
}

bool usb_fed(struct usb *usb, struct slot_usb_device *ret)
{
	struct usb_found found;

	if (usb->power == SLOT_POWER_ON || usb->flight || !find_listed(usb, &found))
		return false;
	usb->now = found; /* it is opened, and does not count as arrived */
	if (usb_now_us() - usb->off_us < USB_STALE_US && !answers(usb))
		return false;
	*ret = found.device;
	return true;
}
