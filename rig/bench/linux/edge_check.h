/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Were edges of a line lost before we could read them? Pure: no clock, no files. libgpiod 2.x
 * numbers edges, so a gap says so. 1.6 does not, and the kernel drops the newest when 16 wait: then
 * two edges in the same direction, a full queue, or a level that the last edge does not explain say
 * that some are, or may be, missing.
 */
#ifndef BENCH_LINUX_EDGE_CHECK_H
#define BENCH_LINUX_EDGE_CHECK_H

#include "bench/linux/gpio_lib.h"

/* What is known of a line. All zero: nothing. */
struct edge_check {
	bool known; /* 'level' is */
	enum gpio_level level;
	uint32_t number; /* of the last edge; 0: none yet, or not numbered */
	bool suspect;	 /* the level was not what the edges said, when last looked at */
};

/* Takes edges as they were read at one go; true when some were lost among or before them. */
bool edge_check_take(struct edge_check *check, const struct gpio_edge *edges, size_t count);

/*
 * The line was looked at when no edge waited; true when the level is not what the edges said, twice
 * in a row: an edge may be on its way from the interrupt to the queue.
 */
bool edge_check_level(struct edge_check *check, enum gpio_level level);

#endif
