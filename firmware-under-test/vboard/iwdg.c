/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The independent watchdog, on its own 32 kHz clock: once started, only a reset stops it.
 * RM0033 17. */
#include "vboard/board.h"
#include "vboard/peripherals.h"

enum iwdg_registers { IWDG_KR = 0x00, IWDG_PR = 0x04, IWDG_RLR = 0x08, IWDG_SR = 0x0c };

enum { LSI_CYCLES = 120000000 / 32000 };

static void reload(struct vboard *vb)
{
	struct iwdg_state *iwdg = &vb->s.chip.iwdg;
	uint32_t divider = 4u << (iwdg->prescaler > 6 ? 6 : iwdg->prescaler);

	if (!iwdg->running)
		return;
	iwdg->deadline = vb->s.cycles + (uint64_t)LSI_CYCLES * divider * (iwdg->reload + 1);
	board_schedule(vb);
}

uint64_t iwdg_next(const struct vboard *vb)
{
	return vb->s.chip.iwdg.running ? vb->s.chip.iwdg.deadline : UINT64_MAX;
}

uint32_t iwdg_read(const struct vboard *vb, uint32_t offset)
{
	switch (offset) {
	case IWDG_PR: return vb->s.chip.iwdg.prescaler;
	case IWDG_RLR: return vb->s.chip.iwdg.reload;
	default: return 0;
	}
}

void iwdg_write(struct vboard *vb, uint32_t offset, uint32_t value)
{
	struct iwdg_state *iwdg = &vb->s.chip.iwdg;

	switch (offset) {
	case IWDG_KR:
		iwdg->unlocked = (value & 0xffff) == 0x5555;
		if ((value & 0xffff) == 0xcccc)
			iwdg->running = 1;
		if ((value & 0xffff) == 0xcccc || (value & 0xffff) == 0xaaaa)
			reload(vb);
		break;
	case IWDG_PR:
		if (iwdg->unlocked)
			iwdg->prescaler = value & 7;
		break;
	case IWDG_RLR:
		if (iwdg->unlocked)
			iwdg->reload = value & 0xfff;
		break;
	default: break;
	}
}
