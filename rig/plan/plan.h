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
	CALIB_STATES_MAX = SCENARIO_PARTS_MAX + 1,
	CALIB_FEATURES = 3,
};

/* A phase of the update of one part: half-open windows in time, operations and instructions. */
struct calib_window {
	char phase[SCENARIO_NAME_MAX]; /* "1.stage", "1.slot", "1.apply.dct", "1.start" ... */
	uint32_t part;		       /* 1-based */
	int64_t begin_us, end_us;      /* since the part's delivery began */
	uint64_t begin_op, end_op;     /* flash operations since then; equal when none */
	uint64_t begin_insn, end_insn; /* instructions since then; 0,0 when not known */
};

/*
 * How a board in a known state boots, as a bench sees it: times from power-on. state 0 runs the
 * old release, state k has the first k parts installed.
 */
struct boot_signature {
	int64_t feature_us[CALIB_FEATURES]; /* 0 = not seen */
};

struct calib {
	struct calib_window windows[CALIB_WINDOWS_MAX];
	size_t window_count;
	struct boot_signature states[CALIB_STATES_MAX];
	size_t state_count;
	int64_t tolerance_us; /* how far two boots of the same state may differ */
};

struct plan {
	struct trial_spec *specs; /* owned */
	size_t count;
};

/*
 * 'trials' replaces the scenario's number when not 0, 'seed' the scenario's when not NULL.
 * Controls come first and are spread evenly after that. ERR_CONFIG for an impossible cut: a part,
 * phase or operation that the update does not have.
 */
int plan_make(const struct scenario *scenario, const struct calib *calib, uint32_t trials,
	      const uint64_t *seed, struct plan *ret, struct err *err) MUST_CHECK;
void plan_release(struct plan *plan);

/* The half-open stretch of a window, in the unit of 'by'. Empty when that is not known. */
struct calib_range {
	uint64_t begin, end;
};

struct calib_range calib_window_range(const struct calib_window *window, enum cut_by by);

/* The phase a cut falls in, the first of several; NULL when outside (a control, past the end). */
const struct calib_window *calib_window_of(const struct calib *calib, const struct cut_point *cut);

/*
 * Which known state boots like 'seen': its number, or -1 when none does or several do; the nearest
 * of several is a guess. Every feature must agree within the tolerance; one that neither has seen
 * is left out, one that only one of them has seen disagrees. At least one must be seen.
 */
int calib_state_of(const struct calib *calib, const struct boot_signature *seen);

#endif
