/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the virtual bench share. */
#ifndef BENCH_VIRTUAL_BACKEND_H
#define BENCH_VIRTUAL_BACKEND_H

#include "bench/slot.h"
#include "vboard/vboard.h"

struct virtual_backend {
	struct vboard *vb;
	struct slot_listener listener;
	void *storage[SLOT_STORAGE_MAX]; /* kept states, NULL = none */
};

extern const struct slot_stage_ops virtual_stage_ops;

static inline int64_t virtual_us(uint64_t cycle)
{
	return (int64_t)(cycle / VBOARD_CYCLES_PER_US);
}

static inline uint64_t virtual_cycle(int64_t us)
{
	return us <= 0 ? 0 : (uint64_t)us * VBOARD_CYCLES_PER_US;
}

#endif
