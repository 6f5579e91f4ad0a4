/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Observations -> verdict. Pure and total: the same log gives the same verdict for ever, so stored
 * runs can be judged again when the rules improve. Knows no bench, clock or file.
 */
#ifndef VERDICT_VERDICT_H
#define VERDICT_VERDICT_H

#include "obs/obs.h"
#include "plan/plan.h"

/* Worst last; the last three are the rig's own and never count for or against a release.
 * Stored: numbers never change. */
#define OUTCOME_LIST(X)                      \
	X(UNKNOWN, 0, "unknown")             \
	X(UPDATED, 1, "updated")             \
	X(REVERTED, 2, "reverted")           \
	X(STALE, 3, "stale")                 \
	X(MIXED, 4, "mixed")                 \
	X(DEGRADED, 5, "degraded")           \
	X(HUNG, 6, "hung")                   \
	X(NEEDS_DFU, 7, "needs-dfu")         \
	X(BRICKED, 8, "bricked")             \
	X(NOT_DELIVERED, 9, "not-delivered") \
	X(INCONCLUSIVE, 10, "inconclusive")  \
	X(RIG_FAULT, 11, "rig-fault")

enum outcome {
#define X(name, number, text) OUTCOME_##name = (number),
	OUTCOME_LIST(X)
#undef X
		OUTCOME_COUNT
};

enum verdict_limits { VERDICT_REASON_MAX = 160, VERDICT_EVIDENCE_MAX = 8 };

struct verdict {
	enum outcome outcome;
	char reason[VERDICT_REASON_MAX]; /* one line for people */
	enum rung recovered_by;		 /* the rung after which the board was good; NONE = never */
	int64_t recovery_us;		 /* power back -> good, or -> end of the ladder */
	uint32_t evidence[VERDICT_EVIDENCE_MAX]; /* indices of the observations it rests on */
	uint32_t evidence_count;
};

const char *outcome_name(enum outcome outcome);
enum outcome outcome_from_name(const char *name); /* OUTCOME_UNKNOWN when none */

/* A good end: nobody has to go there. */
static inline bool outcome_is_good(enum outcome outcome)
{
	return outcome == OUTCOME_UPDATED || outcome == OUTCOME_REVERTED;
}

/* Says nothing about the release: the rig's own trouble. */
static inline bool outcome_is_void(enum outcome outcome)
{
	return outcome == OUTCOME_UNKNOWN || outcome >= OUTCOME_NOT_DELIVERED;
}

/* Judges one trial. Never fails; what cannot be concluded is UNKNOWN or INCONCLUSIVE with reason.
 */
void verdict_judge(const struct trial_spec *spec, const struct calib *calib,
		   const struct obs_log *log, struct verdict *ret);

#endif
