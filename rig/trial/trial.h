/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One trial: from a known state of the board through delivery, cut, recovery ladder and a second
 * update, to a safe end. Does not know whether the board is real; decides nothing, only observes.
 */
#ifndef TRIAL_TRIAL_H
#define TRIAL_TRIAL_H

#include "board/board.h"
#include "delivery/delivery.h"
#include "obs/obs.h"
#include "plan/plan.h"
#include "release/release.h"

/* What all trials of a campaign share. Borrowed. */
struct trial_setup {
	const struct slot *slot;
	const struct board *board;
	const struct scenario *scenario;
	const struct delivery *delivery;
	struct delivery_context *context; /* the delivery was opened in it */
	struct delivery_part parts[SCENARIO_PARTS_MAX];
	size_t part_count;
	const struct release *from; /* what a reflash writes; NULL when no rung needs it */
};

/*
 * Runs one trial; every fact goes to 'sink' with times from the trial's begin. The board's kept
 * state N has the first N parts installed (slot storage). Returns 0 when the trial ran to its end,
 * whatever became of the board; a negative errno with 'err' when the rig failed, after the slot was
 * made safe. *ret_board_us: how long the board lived, in its own time.
 */
int trial_run(const struct trial_setup *setup, const struct trial_spec *spec,
	      const struct obs_sink *sink, int64_t *ret_board_us, struct err *err) MUST_CHECK;

/*
 * Delivers all parts without a cut and learns from it: phases, and what each part shows. Keeps
 * state k of the board in the slot's storage as number k; state 0 must have been kept before.
 */
int trial_calibrate(const struct trial_setup *setup, struct calib *ret, struct err *err) MUST_CHECK;

/* Boards in the slot can be brought into a known state: it keeps states, can write over DFU, or has
 * a programmer. */
bool trial_has_states(const struct slot *slot, const struct board *board);

/*
 * Makes state 0: the release's modules on a board that is otherwise blank (as it was before its
 * first baseline; this may be asked for again), run until it is alive, so that what a board makes
 * for itself once (its keys) is there. Kept as number 0.
 */
int trial_baseline(const struct trial_setup *setup, const struct image *const *modules,
		   size_t module_count, struct err *err) MUST_CHECK;

#endif
