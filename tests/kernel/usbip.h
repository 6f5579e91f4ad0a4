/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device plugged into the kernel's virtual USB host (vhci_hcd): the other end speaks USB/IP over
 * a socket pair. Protocol: the kernel's Documentation/usb/usbip_protocol.rst.
 */
#ifndef TESTS_KERNEL_USBIP_H
#define TESTS_KERNEL_USBIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum usbip_limits {
	USBIP_DATA_MAX = 65536, /* bytes of one transfer */
	USBIP_HEADER_BYTES = 48,
};

/* Of transfers, negative errno as the protocol carries them. */
enum usbip_status {
	USBIP_GOOD = 0,
	USBIP_STALLED = -32,
	USBIP_NO_ANSWER = -71,
	USBIP_UNLINKED = -104,
};

/* As the protocol numbers them. A SuperSpeed device goes to a port of the host's other bus. */
enum usbip_speed { USBIP_FULL = 2, USBIP_HIGH = 3, USBIP_SUPER = 5 };

enum usbip_direction { USBIP_OUT = 0, USBIP_IN = 1 };

enum usbip_flags { USBIP_ZERO_PACKET = 0x40 };

struct usbip_submit {
	uint32_t number;
	enum usbip_direction direction;
	uint8_t endpoint;
	uint32_t flags;
	uint32_t length;
	uint8_t setup[8];
	const uint8_t *data; /* out: 'length' bytes, the reader's */
};

struct usbip_events {
	void *ctx;
	void (*submit)(void *ctx, const struct usbip_submit *submit);
	/* True when that transfer was pending, which it must not be from then on. */
	bool (*unlink)(void *ctx, uint32_t number);
};

struct usbip {
	int fd; /* -1: not plugged in */
	uint8_t *buffer;
	size_t len;
};

/* False on lack of memory. */
bool usbip_init(struct usbip *usbip);
void usbip_release(struct usbip *usbip);

/*
 * Plugs a device into the host's port 'port'. Negative errno; -EBUSY while the kernel has not yet
 * done with the one that was there.
 */
int usbip_plug(struct usbip *usbip, unsigned int port, enum usbip_speed speed);
void usbip_unplug(struct usbip *usbip);

/* Tells what has come. False when the kernel has hung up. */
bool usbip_read(struct usbip *usbip, const struct usbip_events *events);

/* Ends a transfer; 'data' only for IN. */
void usbip_answer(struct usbip *usbip, uint32_t number, enum usbip_status status, uint32_t length,
		  const uint8_t *data);

#endif
