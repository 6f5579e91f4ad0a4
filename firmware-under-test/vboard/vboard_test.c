/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/vboard_test.h"
#include "vboard/rail.h"

struct board_state *vboard_test_state(struct vboard *vb)
{
	return &vb->s;
}

uint64_t vboard_test_hash(const struct vboard *vb)
{
	const uint8_t *bytes = (const uint8_t *)&vb->s;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < sizeof(vb->s); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
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
	vb->s.chip.cpu.r[13] = sp;
	vb->s.chip.cpu.r[15] = pc & ~1u;
}
