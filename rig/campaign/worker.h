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
 * What a worker does in its own process before its first trial and after its last: takes a slot of
 * its own and lets it go. NULL: the set-up's slot, as it is now, comes along.
 */
struct worker_slot {
	void *ctx;
	size_t number; /* which of the bench's slots */
	int (*take)(void *ctx, size_t number, struct err *err);
	void (*let_go)(void *ctx);
};

/*
 * Forks a worker with the set-up as it is now. The child leaves with _exit() when the parent closes
 * its end. ERR_RIG when there is no process or socket to be had; a slot that cannot be taken is
 * told as a rig fault of every trial that the worker is asked for.
 */
int worker_start(struct worker *worker, const struct trial_setup *setup, const struct plan *plan,
		 const struct worker_slot *slot, struct err *err) MUST_CHECK;

/* Asks for trial 'index' of the plan. */
int worker_ask(const struct worker *worker, uint32_t index, struct err *err) MUST_CHECK;

/*
 * Takes the answer that has begun to arrive. -EPIPE when the worker is gone. The log in *ret must
 * be initialised; it is cleared first.
 */
int worker_take(const struct worker *worker, struct trial_result *ret, struct err *err) MUST_CHECK;

/*
 * Ends it and buries it: it is given 'grace_us' to let its slot go by itself, then killed, whatever
 * it does.
 */
void worker_stop(struct worker *worker, int64_t grace_us);

#endif
