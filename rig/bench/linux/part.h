/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the slot expects of a part that has file descriptors of its own: the console (console.h) and
 * the USB (usb.h). Between two slot_wait() nothing is asked of a part; within one, linux.c polls
 * the descriptors of all and calls step() of a part when one is ready or its time has come.
 *
 * A part is made without touching the device, which may not be there yet. What it tells the
 * listener is dated 'now_us' or earlier, never later. Time is CLOCK_MONOTONIC, microseconds.
 */
#ifndef BENCH_LINUX_PART_H
#define BENCH_LINUX_PART_H

#include "bench/slot.h"

#include <poll.h>

enum part_limits { PART_FDS_MAX = 16 };

struct part_ops {
	/* Writes what is to be polled now into 'ret' (at most 'max') and returns how many. */
	size_t (*fds)(void *part, struct pollfd *ret, size_t max);
	/* When step() is wanted although nothing is ready; INT64_MAX: never. */
	int64_t (*due_us)(void *part);
	/* Does what there is to do, without waiting. A device that left is no error. */
	int (*step)(void *part, int64_t now_us, const struct slot_listener *listener,
		    struct err *err);
	/* Power is about to go, or is gone: nothing may drive the board from here on. */
	void (*let_go)(void *part);
	/* let_go(), then frees. */
	void (*close)(void *part);
};

#endif
