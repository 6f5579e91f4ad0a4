/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/vboard_test.h"
#include "vboard/cpu.h"
#include "vboard/memo.h"
#include "vboard/rail.h"

#include <string.h>

struct board_state *vboard_test_state(struct vboard *vb)
{
	if (vb->running)
		return &vb->s; /* asked by a listener: what is being told is not in it */
	memo_settle(vb);
	cpu_plain_flags(&vb->s.chip.cpu);
	return &vb->s;
}

uint64_t vboard_test_hash(struct vboard *vb)
{
	const uint8_t *bytes = (const uint8_t *)vboard_test_state(vb);
	uint64_t hash = 0xcbf29ce484222325u;
	uint64_t word;

	_Static_assert(sizeof(vb->s) % sizeof(word) == 0, "hashed word by word");
	for (size_t i = 0; i < sizeof(vb->s); i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		hash = (hash ^ word) * 0x100000001b3u;
		hash ^= hash >> 32;
	}
	return hash;
}

void vboard_test_begin_time(struct vboard *vb)
{
	vb->s.chip = (struct chip_state){ 0 };
	rail_drop(vb);
	vb->s.cycles = 0;
	vb->s.idle_cycles = 0;
	vb->s.flash_ops = 0;
	vb->s.reset_count = 0;
	vb->s.fault_count = 0;
	vb->s.fault_pc = 0;
	vb->s.fault_cfsr = 0;
	vb->spin_cycle = 0;
	vb->cut_by = VBOARD_CUT_NONE;
}

void vboard_test_skip_waits(struct vboard *vb, bool skip)
{
	vb->spin_off = !skip;
}

void vboard_test_start(struct vboard *vb, uint32_t pc, uint32_t sp)
{
	vb->s.chip.cpu.lockup = 0;
	vb->s.chip.cpu.no_thumb = 0;
	vb->s.chip.cpu.r[13] = sp;
	vb->s.chip.cpu.r[15] = pc & ~1u;
}
