/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is a bench as its file says? Looks at everything, and goes on after what is bad. */
#ifndef BENCH_LINUX_CHECK_H
#define BENCH_LINUX_CHECK_H

#include "bench/bench.h"

enum check_result {
	CHECK_UNKNOWN = 0,
	CHECK_GOOD = 1,
	CHECK_NOTE = 2, /* works, or cannot be told; people should know */
	CHECK_BAD = 3,
};

struct check_row {
	const char *part; /* "power", "red", "console" */
	char where[2 * BENCH_TEXT_MAX + 2];
	enum check_result result;
	char text[ERR_TEXT_MAX]; /* what is the matter; may be empty */
};

struct check_sink {
	void *ctx;
	void (*put)(void *ctx, const struct check_row *row);
};

/*
 * Takes every line of the slot by itself, then the slot as a whole; switches power off, and on and
 * off once when a rail or a looped-back line can prove it, or the switch itself can be asked. The
 * slot is safe in the end. 'all' is for what others of its slots have to do with this one. Returns
 * the number of bad rows.
 */
int check_slot(const struct bench_slot *bench, const struct bench *all,
	       const struct check_sink *sink);

#endif
