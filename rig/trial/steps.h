/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What trials are made of: waits, power, lines, and how a step went on. Internal to the room.
 * All calls: 0 with what the board did in *ret, or a negative errno with 'err' when the rig failed.
 */
#ifndef TRIAL_STEPS_H
#define TRIAL_STEPS_H

#include "trial/trial.h"
#include "trial/watch.h"

struct trial {
	const struct trial_setup *setup;
	const struct trial_spec *spec;
	struct watch watch;
};

/* How one step of a trial went on. */
enum trial_step { STEP_UNKNOWN = 0, STEP_GOOD = 1, STEP_BAD = 2, STEP_CUT = 3 };

int trial_pause(struct trial *trial, int64_t us, struct err *err) MUST_CHECK;
int trial_power_cycle(struct trial *trial, int64_t off_us, struct err *err) MUST_CHECK;
int trial_reset_pulse(struct trial *trial, struct err *err) MUST_CHECK;

/* For people alone: no real bench could tell, so no verdict rests on it. */
void trial_note_fault(const struct trial *trial);

/* Waits for the alive state and says what came. */
int trial_wait_alive(struct trial *trial, uint32_t parts_done, enum trial_step *ret,
		     struct err *err) MUST_CHECK;

/* A clean boot, backup supply off: what came alive must do so again. */
int trial_confirm(struct trial *trial, uint32_t parts_done, enum trial_step *ret,
		  struct err *err) MUST_CHECK;

/*
 * Before a board that is on is judged for being lost: where the rail can be seen it must be up,
 * else it has no power, and that is the rig's fault.
 */
int trial_check_rail(const struct trial *trial, struct err *err) MUST_CHECK;

/* A point in the unit of the slot; one after a point of the delivery counts from there. */
struct slot_cut trial_slot_cut(const struct cut_point *cut);

#endif
