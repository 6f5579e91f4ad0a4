/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The USB port of a real slot: which device is on it is the kernel's word (sysfs, and its events of
 * devices that come and go, so no daemon is needed); transfers go through libusb.
 *
 * Nothing here waits, but for usb_control(), and that through the caller's own way of waiting. One
 * thread owns a struct usb and all that is called here; different ones may be used by different
 * threads at the same time. Times are microseconds of CLOCK_MONOTONIC.
 */
#ifndef BENCH_LINUX_USB_H
#define BENCH_LINUX_USB_H

#include "bench/slot.h"

struct usb;

enum usb_limits {
	USB_PORT_MAX = 32,	/* "BUS-1.2.3.4.5.6", with its NUL */
	USB_PORT_DEPTH_MAX = 6, /* hubs below the root's: USB 2.0, 4.1.1 allows five of them */
	USB_PRODUCTS_MAX = 8,
	USB_BOARD_MAX = 32,
};

/* How the port is joined to the board's socket and parted: a line that switches VBUS, or a hub's
 * port. Commands only: whether the device comes and goes is seen on the bus. */
struct usb_switch {
	void *ctx;
	int (*set)(void *ctx, enum slot_usb_port port, struct err *err);
};

/*
 * Lets time pass: returns when 'deadline_us' is there or as soon as anything was seen on any of the
 * slot's files, that of usb_fd() among them, after usb_step() has looked at it, and at once when
 * that has ended the transfer under way (usb_landed()), before or while it waits. 0, or
 * USB_WAIT_CUT when the armed cut happened, or a negative errno with 'err' set when the rig failed.
 */
enum { USB_WAIT_CUT = 1 };

struct usb_waiter {
	void *ctx;
	int (*wait)(void *ctx, int64_t deadline_us, struct err *err);
};

/* Called from usb_step(), usb_join(), usb_power() and usb_control(); must not call back. */
struct usb_listener {
	void *ctx;
	void (*seen)(void *ctx, int64_t t_us, bool arrived, const struct slot_usb_device *device);
};

/*
 * Which device is the slot's board. Texts are copied. 'port' or 'serial' must be there.
 *
 * With a port, what is on it is the board; a device with another vendor or product than those named
 * is an error, and so is, with a serial number too, one that names another device id (24
 * hexadecimal digits): somebody plugged in something else. With a serial number alone, the one
 * device of these ids that has it, wherever it is; more than one is an error, for boards with
 * system firmware before 0.6.0 share one number. While none has it, a device of these ids without
 * any device id counts where the board was seen last: old bootloaders do not say the number that
 * the system says.
 */
struct usb_settings {
	const char *port;   /* as the kernel names it, "1-1.4"; NULL: not known */
	const char *serial; /* compared without case; NULL: not known */
	const char *board;  /* what it is, for messages; NULL: not known */
	uint16_t vendor;    /* 0: any */
	uint16_t products[USB_PRODUCTS_MAX];
	size_t product_count;	      /* 0: any */
	struct usb_switch vbus;	      /* set NULL: parted only lets go of the device */
	struct usb_listener listener; /* seen may be NULL */
	struct usb_waiter waiter;
	const char *sysfs; /* NULL: "/sys/bus/usb/devices" */
	const char *dev;   /* NULL: "/dev/bus/usb" */
};

/* Whether 'text' names a port behind a root hub, as the kernel does: "1-1", "3-2.4". */
bool usb_port_is_valid(const char *text);

/*
 * Opens the port, parted. Caller closes. ERR_CONFIG for settings that name no device, ERR_RIG when
 * the host has no USB (no such folder) or libusb does not start. A port with nothing on it is no
 * error.
 */
int usb_open(const struct usb_settings *settings, struct usb **ret, struct err *err) MUST_CHECK;

/* Lets everything go; what is switched stays as it is. NULL allowed. */
void usb_close(struct usb *usb);

/* The file to poll for reading: ready when usb_step() has something to do. It stays the same. */
int usb_fd(const struct usb *usb);

/* When usb_step() is to be called at the latest; INT64_MAX: only when the file is ready. */
int64_t usb_due_us(const struct usb *usb);

/*
 * Looks what happened and tells the listener. ERR_RIG: a device is there that may not be used (the
 * text names the group and the udev rule), or that is not the board (-EXDEV), or several may be
 * (-ENOTUNIQ), or the kernel's events ended.
 */
int usb_step(struct usb *usb, struct err *err) MUST_CHECK;

/*
 * Whether what the kernel lists now may be the board: ERR_RIG as usb_step() says it of another
 * board or device. Nothing on the port is no error.
 */
int usb_check(const struct usb *usb, struct err *err) MUST_CHECK;

/* As slot_usb_join(). Parting tells the departure at once, joining the arrival when it is seen. */
int usb_join(struct usb *usb, enum slot_usb_port port, struct err *err) MUST_CHECK;

/*
 * For a board that is fed by the slot's power and not by its USB: the power went off or came back
 * at 't_us'. Off, what is on the port counts as gone from then on, which is told at once: a host
 * may list a device for a second after it died. Back, what comes anew counts.
 */
void usb_power(struct usb *usb, enum slot_power power, int64_t t_us);

/* Whether a transfer is under way that has ended, which nothing will tell again. */
bool usb_landed(const struct usb *usb);

/* As slot_usb_device(). */
bool usb_device(const struct usb *usb, struct slot_usb_device *ret);

/* Whether the kernel lists a device on the port now, whoever it is, also when parted or without
 * power: the proof that a board is not off. A port known by serial alone: that device. */
bool usb_is_listed(const struct usb *usb);

/* As slot_usb_fed(); false while power is on. */
bool usb_fed(struct usb *usb, struct slot_usb_device *ret);

/*
 * As slot_usb_control(). SET_CONFIGURATION, SET_INTERFACE and CLEAR_FEATURE of an endpoint's halt
 * go through libusb's own calls, which block as long as the kernel lets the device, 5 s at most;
 * all else ends at the timeout or when a cut happens. A kernel's driver (cdc_acm) is taken off an
 * interface only when the transfer needs that, and is given it back by usb_release().
 * -EACCES: permission, see usb_step(). -EINVAL: SET_ADDRESS, which is the host's. -EBUSY: another
 * program has the interface.
 */
int usb_control(struct usb *usb, const struct slot_usb_setup *setup, uint8_t *data,
		int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
		struct err *err) MUST_CHECK;

/* Gives interfaces and drivers back and closes the device, before a cut for one; it is opened again
 * by the next transfer. */
void usb_release(struct usb *usb);

#endif
