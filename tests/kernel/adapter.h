/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A serial adapter: a device of the class CDC ACM on the kernel's virtual USB host, whose other end
 * is wired to the serial port at a board's pads. It stays when the board loses its power. As with
 * wires, what is sent to a board without power is lost; and what the board says while nobody has
 * the adapter's line open is lost, too.
 */
#ifndef TESTS_KERNEL_ADAPTER_H
#define TESTS_KERNEL_ADAPTER_H

#include "kernel/usbip.h"
#include "vboard/vboard.h"

enum adapter_limits {
	ADAPTER_HEARD_MAX = 4096, /* bytes that no program has read yet */
	ADAPTER_READS_MAX = 64,	  /* transfers that wait for bytes */
	ADAPTER_CODING_BYTES = 7,
	ADAPTER_SERIAL_PORT = 1, /* of the board: the P1's pads TX and RX */
};

struct adapter_read {
	uint32_t number;
	uint32_t length;
	uint8_t endpoint;
};

struct adapter {
	struct vboard *vb;
	struct usbip usbip;
	bool open; /* a program has the line: DTR */
	uint8_t coding[ADAPTER_CODING_BYTES];
	uint8_t heard[ADAPTER_HEARD_MAX];
	size_t heard_count;
	uint8_t sent[USBIP_DATA_MAX]; /* on its way to the board */
	size_t sent_count;
	struct adapter_read reads[ADAPTER_READS_MAX];
	size_t read_count;
};

/* Plugs it into the host's port 'port'. Negative errno. 'adapter' is zeroed. */
int adapter_plug(struct adapter *adapter, struct vboard *vb, unsigned int port);
void adapter_release(struct adapter *adapter);

/* The board said a byte: vboard_listener.serial. */
void adapter_hear(struct adapter *adapter, unsigned int serial_port, uint8_t byte);

/* Carries what is under way; to be called whenever the board ran. */
void adapter_work(struct adapter *adapter);

#endif
