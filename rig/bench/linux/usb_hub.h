/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What hub.h does, with the folders to do it in, and the parts of it that need no hub. Everything
 * here begins and ends libusb by itself, so any thread may call it at any time.
 */
#ifndef BENCH_LINUX_USB_HUB_H
#define BENCH_LINUX_USB_HUB_H

#include "bench/linux/hub.h"
#include "bench/linux/usb_sysfs.h"

enum usb_hub_limits {
	USB_HUB_PORTS_MAX = 127,     /* USB 2.0, 11.23.2.1: bNbrPorts is a byte; Linux does 31 */
	USB_HUB_DESCRIPTOR_MAX = 71, /* with the bit maps of 255 ports */
};

/* Where to look; NULL: "/sys/bus/usb/devices", "/dev/bus/usb". */
struct usb_hub_roots {
	const char *sysfs;
	const char *dev;
};

/* The hub that a port path lies behind, and the number of the port there: "1-1.2" -> "1-1", 2;
 * "1-1" -> "usb1", 1. False for what is no port path. */
bool usb_hub_of_port(const char *port_path, char ret_hub[USB_PORT_MAX], unsigned int *ret_port);

struct usb_hub_descriptor {
	unsigned int ports;
	enum hub_switching switching;
};

/* Reads a hub descriptor (USB 2.0, 11.23.2.1; USB 3.2, 10.15.2.1), of which seven bytes matter;
 * false when it is none. */
bool usb_hub_parse(const uint8_t *bytes, size_t len, struct usb_hub_descriptor *ret);

/* As the functions of hub.h. */
int usb_hub_switching_at(const struct usb_hub_roots *roots, const char *port_path,
			 enum hub_switching *ret, struct err *err) MUST_CHECK;
int usb_hub_set_at(const struct usb_hub_roots *roots, const char *port_path, enum hub_power power,
		   struct err *err) MUST_CHECK;
int usb_hub_get_at(const struct usb_hub_roots *roots, const char *port_path, enum hub_power *ret,
		   struct err *err) MUST_CHECK;
void usb_hub_neighbours_at(const struct usb_hub_roots *roots, const char *port_path,
			   char ret_text[HUB_TEXT_MAX]);

#endif
