/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many trials: workers run them, the parent judges and stores each before it asks for more. What
 * is stored does not depend on the number of workers.
 */
#ifndef CAMPAIGN_CAMPAIGN_H
#define CAMPAIGN_CAMPAIGN_H

#include "campaign/load.h"
#include "results/store.h"

enum campaign_limits {
	CAMPAIGN_JOBS_MAX = 64,
	CAMPAIGN_RESTARTS_MAX = 16,	      /* workers that may die before the rig gives up */
	CAMPAIGN_TRIAL_US_MAX = 5 * 60000000, /* of the host's clock: a worker that hangs */
	CAMPAIGN_GRACE_US = 5000000,	      /* for a worker to make its slot safe by itself */
};

/* On a real board, which takes its time: three updates, each some minutes at the most. */
#define CAMPAIGN_REAL_TRIAL_US_MAX (40 * 60000000ll)

struct campaign_progress {
	uint32_t done;
	uint32_t total;
	uint32_t bad; /* outcomes that count against the release */
	int64_t elapsed_us;
};

/* What came of one trial, to tell it from others. */
struct campaign_mark {
	uint64_t signature; /* see campaign/signature.h; 0: none */
	enum outcome outcome;
};

struct campaign_options {
	unsigned int jobs; /* 1..CAMPAIGN_JOBS_MAX */
	void (*progress)(void *ctx, const struct campaign_progress *progress);
	void *ctx;
	struct campaign_mark *marks; /* borrowed: one for each trial of the plan; NULL: not asked */
};

/*
 * Runs the trials of a plan and stores them as a new run; the slot is as loaded_calibrate() left
 * it. -EINTR (with 'err') when a signal ended it, -EDQUOT when a slot's relay may not be switched
 * any more today: what was done stays stored. ERR_IO when the store refuses; ERR_RIG when the rig
 * broke.
 */
int campaign_run(struct loaded *loaded, const struct calib *calib, const struct plan *plan,
		 const struct campaign_options *options, struct store *store, int64_t *ret_run_id,
		 struct err *err) MUST_CHECK;

/* Runs one trial in this process and judges it. The log must be initialised. */
int campaign_run_one(const struct loaded *loaded, const struct calib *calib,
		     const struct trial_spec *spec, struct obs_log *log, struct verdict *ret,
		     int64_t *ret_board_us, struct err *err) MUST_CHECK;

#endif
