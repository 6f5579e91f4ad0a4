/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's driver of a USB serial line, taken off and put on again through the device's node:
 * the one way for a program without privileges to close a line at once whose device takes no more
 * bytes. Else the kernel waits 30 s for it in close(), and cdc_acm cannot throw bytes away.
 */
#ifndef BENCH_LINUX_CONSOLE_DRIVER_H
#define BENCH_LINUX_CONSOLE_DRIVER_H

#include "bench/linux/usb_sysfs.h"

struct console_driver {
	bool taken;
	struct usb_found device;
	unsigned int interface;
};

/* Reads an interface's name, "1-1.4:1.0": port and interface number; false for what is none. */
bool console_driver_parse(const char *name, char ret_port[USB_PORT_MAX], unsigned int *ret_number);

/* Takes the driver off the interface behind "/dev/TTY": who has the line open sees it hung up.
 * False when that is not possible; then nothing has changed. */
bool console_driver_take(const char *sysfs, const char *tty, struct console_driver *ret);

/* Puts it on again, if it was taken and the device is still there. */
void console_driver_give(const char *sysfs, struct console_driver *driver);

#endif
