/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A cut at a moment: a thread of its own that sleeps until shortly before, spins on the clock, and
 * switches. It runs with real-time priority and locked memory when it may. One thread arms, disarms
 * and asks; times are microseconds of CLOCK_MONOTONIC.
 */
#ifndef BENCH_LINUX_CUTTER_H
#define BENCH_LINUX_CUTTER_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum cutter_limits {
	CUTTER_SPIN_US = 300, /* longer than a sleep is late on an idle host */
	CUTTER_PRIORITY = 80, /* SCHED_FIFO; above threads of the kernel that serve interrupts */
};

/* What the thread does at the moment. Called in the thread. */
struct cutter_action {
	void *ctx;
	/* Switches off; 0, or a negative errno with 'err'. */
	int (*fire)(void *ctx, struct err *err);
	/* The clock; NULL: CLOCK_MONOTONIC. */
	int64_t (*now_us)(void *ctx);
};

/* What became of a cut. */
struct cutter_result {
	int64_t aimed_us;
	int64_t commanded_us; /* right before the switch was told */
	int64_t done_us;      /* right after */
	int code;	      /* 0, or why it could not be switched, with 'err' */
	struct err err;
};

/* What was not granted; each says that cuts may be late by milliseconds on a busy host. */
enum cutter_lack { CUTTER_NO_PRIORITY = 1 << 0, CUTTER_NO_LOCK = 1 << 1 };

struct cutter;

/* Starts the thread; caller stops it. ERR_RIG when there is none to be had. */
int cutter_start(const struct cutter_action *action, struct cutter **ret,
		 struct err *err) MUST_CHECK;

/* An armed cut does not happen any more. NULL allowed. */
void cutter_stop(struct cutter *cutter);

/* Arms a cut for 'aim_us', at once when that has passed; in the place of one that is armed. */
void cutter_arm(struct cutter *cutter, int64_t aim_us);

/* When it returns the cut has been disarmed, or has happened. */
void cutter_disarm(struct cutter *cutter);

/* Readable from when a cut has happened until it is taken. */
int cutter_fd(const struct cutter *cutter);

/* Takes what happened; false when nothing did. */
bool cutter_take(struct cutter *cutter, struct cutter_result *ret);

/* Bits of enum cutter_lack. */
unsigned int cutter_lacks(const struct cutter *cutter);

#endif
