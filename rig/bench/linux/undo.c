/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/undo.h"

#include <assert.h>

void undo_push(struct undo *undo, void (*run)(void *ctx), void *ctx)
{
	assert(undo->count < UNDO_MAX);
	undo->steps[undo->count++] = (struct undo_step){ run, ctx };
}

void undo_run(struct undo *undo)
{
	while (undo->count > 0) {
		struct undo_step step = undo->steps[--undo->count];

		step.run(step.ctx);
	}
}
