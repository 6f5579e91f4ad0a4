/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines looked at so many times a second instead of waiting for their edges: for LEDs dimmed by PWM
 * on a busy host, whose edges would overrun the kernel's queue. A thread of its own; the lines are
 * its alone while it runs. Looks are not evenly spaced: in step with the PWM they would all see the
 * same part of it.
 */
#ifndef BENCH_LINUX_SAMPLER_H
#define BENCH_LINUX_SAMPLER_H

#include "bench/linux/gpio.h"

enum sampler_limits {
	SAMPLER_LINES_MAX = 3,
	SAMPLER_CHANGES_MAX = 4096,
	SAMPLER_PRIORITY = 20,	 /* SCHED_FIFO when allowed; below the cutter */
	SAMPLER_LATE_US = 10000, /* a look that comes so late has missed a period of the PWM */
};

/* A change between two looks, dated in their middle. */
struct sampler_change {
	int64_t t_us;
	int line;
	enum gpio_state state;
};

struct sampler;

/* Lines that are NULL are left out. The thread runs until stopped. ERR_RIG. */
int sampler_start(struct gpio *const lines[SAMPLER_LINES_MAX], uint32_t hz, struct sampler **ret,
		  struct err *err) MUST_CHECK;

/* NULL allowed; the lines are not closed. */
void sampler_stop(struct sampler *sampler);

/* Readable when there is something to take. */
int sampler_fd(const struct sampler *sampler);

/*
 * Takes the changes so far, at most 'max'; returns how many. *ret_lost: looks were too late, or
 * changes did not fit. ERR_RIG: a line could not be read.
 */
int sampler_take(struct sampler *sampler, struct sampler_change *ret, size_t max, bool *ret_lost,
		 struct err *err) MUST_CHECK;

/* The states at the last look. */
void sampler_states(struct sampler *sampler, enum gpio_state ret[SAMPLER_LINES_MAX]);

#endif
