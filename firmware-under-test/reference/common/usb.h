/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A USB device: the full-speed core, the control endpoint with the standard requests (USB 2.0, 9),
 * and packets of other endpoints. What kind of device it is comes in as struct usb_device: the
 * bootloader is one of the DFU class, the system a serial port.
 *
 * All of it happens in the core's interrupt, also what the callbacks do.
 */
#ifndef REFERENCE_COMMON_USB_H
#define REFERENCE_COMMON_USB_H

#include "reference/common/chip.h"

enum usb_limits { USB_PACKET_BYTES = 64, USB_TEXT_MAX = 80 };

enum usb_requests {
	USB_TYPE_IN = 0x80,
	USB_GET_DESCRIPTOR = 6,
	USB_GET_INTERFACE = 10,
	USB_SET_INTERFACE = 11,
	USB_DESCRIPTOR_STRING = 3,
};

enum usb_endpoint_type { USB_BULK = 2, USB_INTERRUPT = 3 };

/* What begins a control transfer. */
struct usb_setup {
	uint8_t type; /* bmRequestType */
	uint8_t request;
	uint16_t value;
	uint16_t index;
	uint16_t length;
};

/* What the device says to it. */
struct usb_reply {
	enum usb_reply_kind {
		USB_REFUSE = 0, /* a stall */
		USB_ACCEPT = 1, /* there is no data */
		USB_SEND = 2,	/* 'bytes' at 'data', which stay there until they are sent */
		USB_RECEIVE = 3 /* setup.length bytes to 'data' */
	} kind;
	const void *data;
	uint16_t bytes;
};

struct usb_device {
	const uint8_t *device_descriptor; /* its first byte says how long it is */
	const uint8_t *configuration;	  /* all of it; bytes 2 and 3 say how long */
	const char *const *strings;	  /* from number 1 on; NULL stands for the chip's id */
	uint8_t string_count;
	/* A request that is not a standard one, SET_INTERFACE or GET_INTERFACE. */
	struct usb_reply (*request)(const struct usb_setup *setup);
	/* A transfer is over, or its last data packet has been sent. */
	void (*done)(const struct usb_setup *setup);
	/* The host has chosen the configuration: endpoints may be opened. NULL for none. */
	void (*configured)(void);
	/* A packet has come, and none will until usb_take(); one has gone. NULL without endpoints.
	 */
	void (*received)(uint32_t endpoint, const uint8_t *data, uint32_t bytes);
	void (*sent)(uint32_t endpoint);
};

/* Clock, pins and mode of the core, which is not in device mode at once (FDMOD, RM0033 29.16.2). */
void usb_prepare(void);
enum { USB_PREPARED_MS = 26 };

/* So long later: on the bus as 'device', which stays the caller's. */
void usb_start(const struct usb_device *device);

/* Of the vector table: number 67 of the chip's interrupts. */
void usb_interrupt(void);
enum { USB_VECTOR = 16 + 67 };

/* Endpoints other than 0: open in one direction, ready for one packet, one packet to be sent. */
void usb_open_in(uint32_t endpoint, enum usb_endpoint_type type);
void usb_open_out(uint32_t endpoint, enum usb_endpoint_type type);
void usb_take(uint32_t endpoint);
void usb_send(uint32_t endpoint, const uint8_t *data, uint32_t bytes);

#endif
