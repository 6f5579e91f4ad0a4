/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenario and calibration -> trials. Pure: same input gives the same bytes. A calibration is an
 * uninterrupted update watched on the same slot: its phases, and how each state of the board boots.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "plan/trial_spec.h"

enum plan_limits {
	CALIB_WINDOWS_MAX = 128,
	CALIB_US_MAX = 2000000000, /* after a point; no update takes that long */
};

/* A phase of the update of one part: half-open windows in time, operations and instructions. */
struct calib_window {
	char phase[SCENARIO_NAME_MAX]; /* "1.stage", "1.slot", "1.apply.dct", "1.start" ... */
	uint32_t part;		       /* 1-based */
	int64_t begin_us, end_us;      /* since the part's delivery began */
	uint64_t begin_op, end_op;     /* flash operations since then; equal when none */
	uint64_t begin_insn, end_insn; /* instructions since then; 0,0 when not known */
};

/* What is known of the delivery of one part besides its phases. */
struct calib_part {
	char module[SCENARIO_NAME_MAX]; /* its phase "N.apply.MODULE" is the one that installs it */
	int64_t apply_us;		/* how long the board showed that it applies an update */
	uint32_t chunks;		/* in which it was delivered; 0: in none */
};

struct calib {
	struct calib_window windows[CALIB_WINDOWS_MAX];
	size_t window_count;
	struct calib_part parts[SCENARIO_PARTS_MAX];
	size_t part_count;
};

struct plan {
	struct trial_spec *specs; /* owned */
	size_t count;
	uint64_t seed; /* of the run */
};

/*
 * Makes the trials of a run: cut trials as the strategy says, and the scenario's controls.
 * 'trials' (how many cuts) replaces the scenario's number when not 0, 'seed' the scenario's when
 * not NULL.
 *   random  each cut uniform over the microseconds, operations or instructions of the chosen
 *           phases of all parts; by operation its form uniform out of the scenario's
 *   linear  every stride-th of the same, in order, each in every form. When 'trials' is not 0 and
 *           smaller, that many evenly spread from the first on, the forms taken in turn
 *   exhaustive  the same with every operation
 *   list    the points in order, from the first again until there are 'trials'; 0 = each once.
 *           Phases do not restrict them
 *   none    no cut: 'trials' more controls
 * A phase chooses by whole words: "1.apply" means "1.apply" and "1.apply.dct", not "1.apply2".
 * A form that is not given is torn, and the fraction of a torn one that is not given is drawn from
 * 1..999 permille.
 *
 * With 'again' each cut comes with a second one, drawn, or with every stride-th in turn: 'trials'
 * then counts the first ones.
 *
 * Numbers are places in the plan, from 0. The i-th of C controls among N trials has number
 * i * N / C: the first comes first. Everything about the j-th cut trial but its number is drawn
 * from rng_derive(seed, j): it is the same however many trials and controls there are (a linear
 * plan that 'trials' thins out takes other points).
 *
 * Power returns after whole milliseconds, unless the scenario's range has none: then after its
 * minimum. Controls are not cut: off time 0, VBAT lost unless the scenario keeps it, a supply that
 * comes and goes at once.
 *
 * ERR_CONFIG naming the scenario's file for what cannot be: a part, phase, moment or operation that
 * the update does not have, no trial at all, or more than SCENARIO_TRIALS_MAX. ERR_RIG for lack of
 * memory. Caller releases *ret.
 */
int plan_make(const struct scenario *scenario, const struct calib *calib, uint32_t trials,
	      const uint64_t *seed, struct plan *ret, struct err *err) MUST_CHECK;
void plan_release(struct plan *plan);

/*
 * Puts trials that are given by hand to the front, behind the first one when that is a control. One
 * of the plan's that is the same trial is left out: it is done once. ERR_RIG for lack of memory.
 */
int plan_lead(struct plan *plan, const struct trial_spec *specs, size_t count,
	      struct err *err) MUST_CHECK;

/* The half-open stretch of a window, in the unit of 'by'. Empty when that is not known. */
struct calib_range {
	uint64_t begin, end;
};

struct calib_range calib_window_range(const struct calib_window *window, enum cut_by by);

/* The phase a cut falls in, the first of several; NULL when outside (a control, past the end). */
const struct calib_window *calib_window_of(const struct calib *calib, const struct cut_point *cut);

/*
 * When a cut after a point of the delivery falls, by the calibration's clock: microseconds since
 * the part's delivery began. -1 when the calibration does not know the point.
 */
int64_t calib_anchor_us(const struct calib *calib, const struct cut_point *cut);

/*
 * What a trial's phase is called: that of its cut, "N.changed" when something was done to part N's
 * update and power was not cut, else nothing.
 */
void calib_phase_name(const struct calib *calib, const struct trial_spec *spec,
		      char ret_phase[SCENARIO_NAME_MAX]);

/* How far the installing of a part's module was when power was cut. */
enum calib_progress {
	CALIB_PROGRESS_UNKNOWN = 0, /* the calibration does not know the phase */
	CALIB_NOT_BEGUN = 1,	    /* the old module is whole */
	CALIB_HALF = 2,		    /* neither is whole */
	CALIB_COMPLETE = 3,	    /* the new module is whole */
};

/* By the calibration's clock or count, whichever the cut is placed in. */
enum calib_progress calib_progress_at(const struct calib *calib, const struct cut_point *cut);

#endif
