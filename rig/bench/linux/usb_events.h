/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's own words of devices that come and go (netlink, NETLINK_KOBJECT_UEVENT): they need
 * no udev, and are there before udev's.
 */
#ifndef BENCH_LINUX_USB_EVENTS_H
#define BENCH_LINUX_USB_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

/* A socket that hears them, closed by the caller; -1 when the host gives none. */
int usb_events_open(void);

/* Takes all that has come without waiting; true when something of the USB was among it, or some of
 * it was lost. */
bool usb_events_drain(int fd);

/* Whether one message, NUL-separated words as the kernel sends them, is of the USB. */
bool usb_events_is_usb(const char *message, size_t len);

#endif
