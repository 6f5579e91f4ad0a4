/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The USB cable between a virtual board and the kernel's virtual host. The kernel's host takes
 * whole transfers and does not forward resets and addresses, so the cable has a host controller's
 * work: it resets and addresses the board when it comes, then plugs it in, and carries the pending
 * transfers of all endpoints packet by packet, in turn.
 */
#ifndef TESTS_KERNEL_CABLE_H
#define TESTS_KERNEL_CABLE_H

#include "kernel/journal.h"
#include "kernel/usbip.h"
#include "vboard/vboard.h"

enum cable_limits { CABLE_TRANSFERS_MAX = 64, CABLE_ENDPOINTS = 16, CABLE_PORT_NONE = 1000 };

enum cable_step {
	CABLE_EMPTY = 0, /* no board on the bus */
	CABLE_COME,	 /* a reset is to be driven */
	CABLE_RESET,
	CABLE_ADDRESS,
	CABLE_SETTLE,
	CABLE_PLUG,  /* the kernel is to be told */
	CABLE_READY, /* the kernel's transfers are carried */
	CABLE_GIVEN_UP,
};

struct cable_transfer {
	struct usbip_submit submit; /* number 0: none */
	uint8_t *data;
	uint32_t done;
};

struct cable {
	struct vboard *vb;
	struct journal *journal;
	const char *name;
	unsigned int port; /* of the kernel's host; CABLE_PORT_NONE */
	struct usbip usbip;
	enum cable_step step;
	uint64_t due_cycle; /* CABLE_COME, CABLE_SETTLE, CABLE_PLUG: not before */
	unsigned int tries;
	bool joined; /* the cable is plugged in at both ends */
	bool lit;    /* the port has power */
	bool configured;
	uint16_t packet_bytes[2][CABLE_ENDPOINTS]; /* by direction */
	struct cable_transfer transfers[CABLE_TRANSFERS_MAX];
	size_t transfer_count;
	uint32_t current;	/* its number, 0 none */
	uint32_t current_bytes; /* of the packet or control transfer under way */
	unsigned int turn;	/* the endpoint and direction last served */
};

/* False on lack of memory. 'name' and the rest stay the caller's. */
bool cable_init(struct cable *cable, struct vboard *vb, struct journal *journal, const char *name,
		unsigned int port);
void cable_release(struct cable *cable);

void cable_join(struct cable *cable, bool joined);

/* The host's port got or lost its power: without, the device stays listed and is silent. */
void cable_light(struct cable *cable, bool lit);

/* The board's pull-up came or went: vboard_listener.usb. */
void cable_connected(struct cable *cable, bool connected);

/* Reads what the kernel wants. */
void cable_read(struct cable *cable);

/* Looks what ended and begins what is next; to be called whenever the board ran. */
void cable_work(struct cable *cable);

/* Whether the kernel waits for an answer that the board gives at once when it can: not for what an
 * endpoint may say some time. */
bool cable_waits(const struct cable *cable);

/* The cycle at which it wants to be called; UINT64_MAX for never. */
uint64_t cable_due(const struct cable *cable);

#endif
