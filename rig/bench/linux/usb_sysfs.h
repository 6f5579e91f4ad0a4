/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel says of the devices on its USB, by the files below /sys/bus/usb/devices
 * (Documentation/ABI/testing/sysfs-bus-usb of the kernel). Looking takes no time and touches no
 * device, except that the serial number waits for a driver that is just looking at the device.
 */
#ifndef BENCH_LINUX_USB_SYSFS_H
#define BENCH_LINUX_USB_SYSFS_H

#include "bench/linux/usb.h"

enum usb_sysfs_limits {
	USB_SYSFS_DEVICES_MAX = 256, /* two buses full of them */
	USB_SYSFS_PATH_MAX = 512,
	USB_DEVICE_ID_DIGITS = 24, /* hexadecimal, of an STM32's unique id as Particle shows it */
};

/* A device as listed. 'number' is another one each time it comes (1 to 127, then anew). */
struct usb_found {
	char port[USB_PORT_MAX];
	unsigned int bus;
	unsigned int number;
	bool ready; /* it has a configuration, so its interfaces can be used */
	struct slot_usb_device device;
};

/* What is wanted of a device; texts empty and numbers 0: anything. */
struct usb_wanted {
	char port[USB_PORT_MAX];
	char serial[SLOT_USB_SERIAL_MAX];
	char seen_port[USB_PORT_MAX]; /* without a port: where it was found last; empty: nowhere */
	char board[USB_BOARD_MAX];    /* for messages */
	uint16_t vendor;
	uint16_t products[USB_PRODUCTS_MAX];
	size_t product_count;
};

/* The device that is listed on 'port' (or "usb1": a root hub); false when none is, or it is just
 * leaving. */
bool usb_sysfs_read(const char *sysfs, const char *port, struct usb_found *ret);

/* All devices but root hubs, in no order; returns how many, at most 'max'. */
size_t usb_sysfs_list(const char *sysfs, struct usb_found *ret, size_t max);

/*
 * The one of 'found' that is wanted: *ret is its index, or -1 for none. ERR_RIG: -ENOTUNIQ, several
 * have that serial number and no port is named; -EXDEV, the device on the port says by its vendor
 * and product that it is no such board, or by its device id that it is another one.
 */
int usb_choose(const struct usb_wanted *wanted, const struct usb_found *found, size_t count,
	       int *ret, struct err *err) MUST_CHECK;

/* Both together. */
int usb_find(const char *sysfs, const struct usb_wanted *wanted, struct usb_found *ret,
	     bool *ret_there, struct err *err) MUST_CHECK;

/* "BUS/DEVICE" below 'dev': the path of a device's node. */
void usb_node_path(const char *dev, const struct usb_found *found, char ret[USB_SYSFS_PATH_MAX]);

/* Writes a path; false when it is too long, and then it is empty. */
bool usb_path(char ret[USB_SYSFS_PATH_MAX], const char *fmt, ...) PRINTF_LIKE(2, 3);

/* One line of a file "DIR/NAME" without its end; false when it cannot be read. */
bool usb_sysfs_line(const char *dir, const char *name, char *ret, size_t size);

#endif
