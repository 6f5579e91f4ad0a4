/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was taken, so that it can be given back in reverse: after an error in the middle of opening,
 * and at the end. Each entry leaves its thing safe.
 */
#ifndef BENCH_LINUX_UNDO_H
#define BENCH_LINUX_UNDO_H

#include "base/macros.h"

#include <stddef.h>

enum { UNDO_MAX = 24 };

struct undo {
	struct undo_step {
		void (*run)(void *ctx);
		void *ctx;
	} steps[UNDO_MAX];
	size_t count;
};

/* Registers what gives back what was just taken. More than UNDO_MAX are our mistake (assert). */
void undo_push(struct undo *undo, void (*run)(void *ctx), void *ctx);

/* Runs all, the last first; then there are none. */
void undo_run(struct undo *undo);

#endif
