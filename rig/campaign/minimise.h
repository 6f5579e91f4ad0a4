/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trial made as small as it can be while it leads to the same. */
#ifndef CAMPAIGN_MINIMISE_H
#define CAMPAIGN_MINIMISE_H

#include "plan/trial_spec.h"

enum minimise_limits {
	MINIMISE_RUNS_MAX = 64, /* of one trial, its first repetition included */
};

enum minimise_result {
	MINIMISE_UNKNOWN = 0,
	MINIMISE_DONE,	   /* nothing that was tried makes it smaller any more */
	MINIMISE_ENDED,	   /* there were no more runs to be had; it may be smaller than it was */
	MINIMISE_UNSTEADY, /* run again as it is, it led to something else: left as it is */
};

/* Runs one trial and tells its signature; 0 when it has none, or the rig failed at it. */
struct minimise_runner {
	void *ctx;
	uint64_t (*run)(void *ctx, const struct trial_spec *spec);
};

/*
 * Makes *spec smaller: without acts one by one, without the change of its module, without the
 * second cut, the cut, and the slow fall and rise of the supply; then units and values of the acts
 * that stay, to 0 or by halves. Each step is kept only when the trial still has 'signature'.
 * Something stays to be tried, and seed and number are never changed. *runs is how many runs there
 * may be, and what is left of them after.
 */
enum minimise_result minimise(const struct minimise_runner *runner, uint64_t signature,
			      unsigned int *runs, struct trial_spec *spec);

#endif
