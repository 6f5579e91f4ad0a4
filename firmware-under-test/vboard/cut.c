/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/cut.h"
#include "vboard/board.h"
#include "vboard/memo.h"
#include "vboard/rail.h"

void cut_happened(struct vboard *vb)
{
	if (vb->listener.cut)
		vb->listener.cut(vb->listener.ctx, vb->cut_cycle, vb->s.cycles);
	vb->stop = VBOARD_STOP_CUT;
	vb->stop_now = true;
}

void board_cut(struct vboard *vb, uint64_t cycle)
{
	memo_drop(vb);
	vb->cut_by = VBOARD_CUT_NONE;
	vb->cut_cycle = cycle;
	if (vb->s.supply.fall_us) {
		rail_switch_off(vb, cycle, true);
		return;
	}
	if (!memo_tell_events(vb))
		board_run_events(vb); /* of a flash operation that was cut: its LED edges */
	rail_drop(vb);
	cut_happened(vb);
}

void vboard_arm_cut(struct vboard *vb, const struct vboard_cut *cut)
{
	memo_settle(vb);
	vb->cut_by = cut->by;
	vb->cut_form = cut->form;
	vb->cut_permille = cut->permille;
	switch (cut->by) {
	case VBOARD_CUT_CYCLE: vb->cut_at = vb->s.cycles + cut->at; break;
	case VBOARD_CUT_OP: vb->cut_at = vb->s.flash_ops + cut->at; break;
	case VBOARD_CUT_INSN: vb->cut_at = board_insns(vb) + cut->at; break;
	case VBOARD_CUT_NONE: break;
	}
}

uint64_t cut_at_cycle(const struct vboard *vb)
{
	if (vb->cut_by == VBOARD_CUT_CYCLE)
		return vb->cut_at;
	if (vb->cut_by == VBOARD_CUT_INSN)
		return vb->s.cycles + (vb->cut_at - board_insns(vb));
	return UINT64_MAX;
}

bool cut_is_due(const struct vboard *vb)
{
	if (vb->cut_by == VBOARD_CUT_CYCLE)
		return vb->s.cycles >= vb->cut_at;
	return vb->cut_by == VBOARD_CUT_INSN && board_insns(vb) >= vb->cut_at;
}
