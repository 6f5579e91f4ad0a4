/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker: a process of its own that runs trials on a slot of its own and sends home what was
 * observed. The parent alone judges, stores and talks; a worker that dies is a rig fault of one
 * trial.
 */
#ifndef CAMPAIGN_WORKER_H
#define CAMPAIGN_WORKER_H

#include "trial/trial.h"

#include <sys/types.h>

struct worker {
	pid_t pid; /* 0 = not running */
	int fd;	   /* both ways */
};

/* What a trial brought home. */
struct trial_result {
	struct obs_log log;
	int64_t board_us;
	int error; /* 0, or the negative errno of a rig that failed, with 'err' */
	struct err err;
};

/*
 * Forks a worker with the set-up as it is now (its board comes along). The child leaves with
 * _exit() when the parent closes its end. ERR_RIG when there is no process or socket to be had.
 */
int worker_start(struct worker *worker, const struct trial_setup *setup, const struct plan *plan,
		 struct err *err) MUST_CHECK;

/* Asks for trial 'index' of the plan. */
int worker_ask(const struct worker *worker, uint32_t index, struct err *err) MUST_CHECK;

/*
 * Takes the answer that has begun to arrive. -EPIPE when the worker is gone. The log in *ret must
 * be initialised; it is cleared first.
 */
int worker_take(const struct worker *worker, struct trial_result *ret, struct err *err) MUST_CHECK;

/* Ends it now, whatever it does, and buries it. */
void worker_stop(struct worker *worker);

#endif
