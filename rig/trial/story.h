/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sequences of LED states: what a scenario expects to see, and symptoms it has names for. A sink
 * that stands before another: everything passes through, and what is found is put as notes.
 *
 * A sequence is looked for inside one start of the board, from power or RESET to the next; other
 * states may come between its steps. The baseline does not count, and in a trial with a cut only
 * what comes after the cut does.
 */
#ifndef TRIAL_STORY_H
#define TRIAL_STORY_H

#include "obs/obs.h"
#include "scenario/scenario.h"

struct story {
	const struct scenario *scenario; /* borrowed */
	struct obs_sink sink;		 /* the one behind */
	bool awake;			 /* the cut is over, or there is none */
	bool baseline;			 /* what is done before the trial */
	size_t expected;		 /* steps of 'expect' seen in this start */
	bool met;
	size_t seen[SCENARIO_SYMPTOMS_MAX];  /* steps of each symptom */
	bool spoiled[SCENARIO_SYMPTOMS_MAX]; /* what must not be there was, in this start */
	bool told[SCENARIO_SYMPTOMS_MAX];
	int64_t last_us;
};

/* Everything is to go into the returned sink from now on; 'story' must outlive it. */
struct obs_sink story_begin(struct story *story, const struct scenario *scenario,
			    const struct obs_sink *sink, bool has_cut);

/* Says what was expected and did not come. */
void story_end(struct story *story);

#endif
