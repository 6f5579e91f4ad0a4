/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loops that do the same simple thing turn by turn are not run turn by turn: words fed to the
 * checksum unit, memory copied or filled (or not, when a wild pointer goes through locked flash),
 * and counting that only passes time. The state afterwards is the one that running every turn
 * gives.
 */
#ifndef VBOARD_BULK_H
#define VBOARD_BULK_H

#include "vboard/state.h"

enum bulk_kind {
	BULK_COUNT = 0,
	BULK_FEED = 1,
	BULK_COPY = 2,
	BULK_FILL = 3,
	BULK_IGNORED = 4, /* a copy or filling of flash, which refuses it */
};

/* What a loop is about to do. */
struct bulk_loop {
	enum bulk_kind kind;
	uint32_t source; /* of BULK_FEED and BULK_COPY: address read first */
	uint32_t target; /* of BULK_COPY and BULK_FILL: address in RAM written first */
	uint32_t size;	 /* bytes a turn: 1, 2 or 4 */
	uint32_t value;	 /* of BULK_FILL */
	uint32_t turns;	 /* that can be done at once; the loop goes on after them */
	uint32_t turn_cycles;
	bool reversed;	   /* of BULK_FEED: RBIT between load and store */
	uint32_t step[15]; /* what a turn adds to each register */
};

/*
 * If the core stands at the head of such a loop, at least BULK_TURNS_MIN turns of which end before
 * 'until' (no event may be due before that), describes it. Changes nothing.
 */
bool bulk_find(struct vboard *vb, uint64_t until, struct bulk_loop *ret);

/* Does the turns of a loop just found. */
void bulk_do(struct vboard *vb, const struct bulk_loop *loop);

#endif
