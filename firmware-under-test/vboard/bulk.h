/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loops that feed the checksum unit from memory are not run turn by turn: the sum over the whole
 * stretch is worked out. The state afterwards is the one that running every turn gives.
 */
#ifndef VBOARD_BULK_H
#define VBOARD_BULK_H

#include "vboard/state.h"

/* What a loop is about to feed: 'turns' words from 'address' on. */
struct bulk_loop {
	uint32_t address;
	uint32_t turns; /* that can be done at once; the loop goes on after them */
	uint32_t turn_cycles;
	bool reversed;	   /* RBIT between load and store */
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
