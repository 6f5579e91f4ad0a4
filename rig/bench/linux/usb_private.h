/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the USB port share. libusb's types are only named here: its header belongs to
 * the C files. */
#ifndef BENCH_LINUX_USB_PRIVATE_H
#define BENCH_LINUX_USB_PRIVATE_H

#include "bench/linux/usb.h"
#include "bench/linux/usb_sysfs.h"

struct libusb_context;
struct libusb_device_handle;

enum usb_times {
	USB_LOOK_US = 20000,	/* between looks when the kernel tells nothing, or is not ready */
	USB_GRACE_US = 3000000, /* until a node that may not be opened is an error: udev's time */
	/* How long the listing of before is not believed after power went, or it or the port came
	 * back. */
	USB_STALE_US = 3000000,
	USB_SETTLE_US = 1000000, /* until the kernel must have given a cancelled transfer back */
	USB_LEAVE_US = 500000,	 /* from a broken transfer to the hub's word that the device left */
};

enum { USB_INTERFACES_MAX = 32 };

struct usb_flight;

struct usb {
	struct usb_wanted wanted;
	struct usb_switch vbus;
	struct usb_listener listener;
	struct usb_waiter waiter;
	char sysfs[USB_SYSFS_PATH_MAX];
	char dev[USB_SYSFS_PATH_MAX];

	enum slot_usb_port port;
	enum slot_power power;
	int64_t off_us; /* since when power is off */
	bool arrived;	/* 'now' was told to the listener */
	struct usb_found now;
	/* The listing that is not believed until 'stale_until_us'; number 0: none. */
	unsigned int stale_bus, stale_number;
	int64_t stale_until_us;
	int64_t refused_since_us; /* 0: the node can be opened */
	int64_t look_us;	  /* when to look again by itself; INT64_MAX never */

	int epoll_fd;
	int events_fd; /* -1: the kernel tells nothing here */
	struct libusb_context *context;
	struct libusb_device_handle *handle; /* NULL: closed */
	int node_fd;
	unsigned int handle_number; /* which device it is open for */
	uint32_t claimed;	    /* interfaces, a bit each */
	uint32_t detached;	    /* of the kernel's drivers, to be given back */
	struct usb_flight *flight;  /* the transfer that is under way */
	bool close_wanted;	    /* as soon as it has landed */
};

int64_t usb_now_us(void);

/* Opens the device that has arrived when it is not open. 0 with *ret SLOT_USB_DONE, or what came
 * of it. */
int usb_handle_open(struct usb *usb, enum slot_usb_result *ret, struct err *err) MUST_CHECK;

/* Closes it, when a transfer is under way after that; drivers stay taken off. */
void usb_handle_close(struct usb *usb);

/* Gives drivers that were taken off back, as long as it is the same device. */
void usb_give_back(struct usb *usb);

/* Starts and ends libusb; watches its files in usb->epoll_fd. */
int usb_context_open(struct usb *usb, struct err *err) MUST_CHECK;
void usb_context_close(struct usb *usb);

/* Begins anew, with the old one left as it is: for a transfer that the kernel never gives back, and
 * whose memory it may write to. */
int usb_context_abandon(struct usb *usb, struct err *err) MUST_CHECK;

/* Lets libusb look at its files, without waiting. */
int usb_context_step(struct usb *usb, struct err *err) MUST_CHECK;

/*
 * What a call of libusb that ended with the negative 'code' means: 0 with *ret a result of the
 * device's, or a negative errno with 'err' set, which begins with 'what'.
 */
int usb_code_result(int code, const char *what, enum slot_usb_result *ret,
		    struct err *err) MUST_CHECK;

/* The same for the calls whose LIBUSB_ERROR_OTHER hides the kernel's errno, which is 'hidden';
 * SLOT_USB_UNKNOWN for what went wrong on the wire, as below. */
int usb_code_result_hidden(int code, int hidden, const char *what, enum slot_usb_result *ret,
			   struct err *err) MUST_CHECK;

/* What a transfer's status means; SLOT_USB_UNKNOWN for LIBUSB_TRANSFER_ERROR, of which only the
 * time after tells whether the device left, and for one that no libusb of today has. */
enum slot_usb_result usb_status_result(int status);

#endif
