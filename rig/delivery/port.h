/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a board says on its serial line and on its radio, kept until a delivery reads it: the slot's
 * listener is told inside of waits, and a delivery works between them.
 */
#ifndef DELIVERY_PORT_H
#define DELIVERY_PORT_H

#include "bench/slot.h"

enum delivery_port_limits {
	DELIVERY_PORT_BYTES_MAX =
		65536,		      /* of each line; what comes beyond is dropped, and counted */
	DELIVERY_PORT_STEP_US = 1000, /* how long a wait may overlook that something has come */
};

struct delivery_bytes {
	uint8_t bytes[DELIVERY_PORT_BYTES_MAX]; /* a ring */
	size_t begin;
	size_t count;
	uint64_t dropped;
};

struct delivery_port {
	const struct slot *slot;
	struct delivery_bytes console;
	struct delivery_bytes radio;
	bool linked;	     /* the board's stream is open */
	unsigned int links;  /* how often it was opened */
	int64_t unlinked_us; /* when it was last closed; -1 never */
	/* What a way has to get done while others let time pass, set by it when it is opened: a
	 * server that boards must reach at any time. NULL: nothing. */
	int (*idle)(void *ctx, struct err *err);
	void *idle_ctx;
};

/* Empty. Large: not for the stack. */
void delivery_port_init(struct delivery_port *port, const struct slot *slot);

/* For whoever holds the slot's listener. */
void delivery_port_console(struct delivery_port *port, uint8_t byte);
void delivery_port_radio(struct delivery_port *port, uint8_t byte);
void delivery_port_link(struct delivery_port *port, int64_t t_us, bool connected);

/* For whoever lets time pass, every now and then. ERR_IO, ERR_RIG of the way. */
int delivery_port_idle(struct delivery_port *port, struct err *err) MUST_CHECK;

/* Takes up to 'size' bytes out. Returns how many. */
size_t delivery_bytes_take(struct delivery_bytes *bytes, uint8_t *ret, size_t size);

/* What was heard before no longer counts. */
void delivery_bytes_clear(struct delivery_bytes *bytes);

/*
 * Lets time pass until there is something to read on 'bytes' (NULL: on neither line is looked), the
 * radio's stream opens or closes, or 'deadline_us' is there. *ret as slot_wait().
 */
int delivery_port_wait(struct delivery_port *port, const struct delivery_bytes *bytes,
		       int64_t deadline_us, enum slot_wait *ret, struct err *err) MUST_CHECK;

#endif
