/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens beside an update over the air, while it goes on: buttons that are pressed, and what
 * an application's cloud asks and tells meanwhile. Acts come when the chunk of their unit has been
 * put out. Internal to the room.
 */
#ifndef DELIVERY_CLOUD_ASIDE_H
#define DELIVERY_CLOUD_ASIDE_H

#include "cloud/session.h"
#include "delivery/delivery.h"

/* The kinds, as struct delivery wants them. */
enum {
	CLOUD_ASIDE_ACTS =
		1u << FUZZ_RESET | 1u << FUZZ_SETUP | 1u << FUZZ_TRAFFIC | 1u << FUZZ_REKEY,
};

struct cloud_aside {
	const struct delivery_run *run;
	uint32_t due;			 /* bits of run->acts->items: the chunk is out */
	uint32_t done;			 /* the same: each is done once */
	int64_t until_us[FUZZ_ACTS_MAX]; /* a button's, when it is held; 0: it is not */
};

void cloud_aside_begin(struct cloud_aside *aside, const struct delivery_run *run);

/* A chunk was put out. */
void cloud_aside_sent(struct cloud_aside *aside, uint32_t chunk);

/*
 * Does what is due and lets go of buttons whose time is over. 'session' may be NULL: nothing is
 * asked then. 'session_us' is its clock. Errors are the slot's.
 */
int cloud_aside_step(struct cloud_aside *aside, struct session *session, int64_t session_us,
		     struct err *err) MUST_CHECK;

/* A button is held. */
bool cloud_aside_holds(const struct cloud_aside *aside);

/* Lets go of all buttons. */
int cloud_aside_end(struct cloud_aside *aside, struct err *err) MUST_CHECK;

#endif
