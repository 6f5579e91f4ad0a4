/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the device with control requests share; nobody else looks here. */
#ifndef TESTS_LIB_USB_CONTROL_INSIDE_H
#define TESTS_LIB_USB_CONTROL_INSIDE_H

#include "lib/usb_control_device.h"

/* usb_control_requests.c: does what a whole request asks for; sets its result and reply. */
void usb_control_run(struct usb_control_device *device, struct usb_control_request *request);
/* How long that takes. */
int64_t usb_control_work_us(const struct usb_control_device *device,
			    const struct usb_control_request *request);
/* Its result was taken by the host: what comes after that. */
void usb_control_taken(struct usb_control_device *device,
		       const struct usb_control_request *request);

static inline bool usb_control_is_lost(const struct usb_control_device *device, uint16_t type)
{
	return type != 0 && type == device->config.faults.lose_type;
}

#endif
