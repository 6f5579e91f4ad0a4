/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The independent watchdog, RM0033 17. Its clock is the LSI's (17 to 47 kHz from chip to chip:
 * struct vboard_timing), which goes on while the core sleeps or stands still; once started, only a
 * reset stops it.
 */
#include "vboard/board.h"
#include "vboard/flash.h"
#include "vboard/peripherals.h"

enum { IWDG_RELOAD_MAX = 0xfff };

enum iwdg_registers { IWDG_KR = 0x00, IWDG_PR = 0x04, IWDG_RLR = 0x08, IWDG_SR = 0x0c };

enum { CORE_HZ = VBOARD_CYCLES_PER_US * 1000000 };

static void reload(struct vboard *vb)
{
	struct iwdg_state *iwdg = &vb->s.chip.iwdg;
	uint32_t divider = 4u << (iwdg->prescaler > 6 ? 6 : iwdg->prescaler);

	if (!iwdg->running)
		return;
	iwdg->deadline = vb->s.cycles +
			 (uint64_t)CORE_HZ * divider * (iwdg->reload + 1) / vb->s.timing.lsi_hz;
	board_schedule(vb);
}

/* With WDG_SW cleared in the option bytes it runs from every reset on (RM0033 17.3.1). */
void iwdg_reset(struct vboard *vb)
{
	struct iwdg_state *iwdg = &vb->s.chip.iwdg;

	*iwdg = (struct iwdg_state){ .reload = IWDG_RELOAD_MAX };
	if (vb->s.option_bytes & OPTION_WDG_SW)
		return;
	iwdg->running = 1;
	reload(vb);
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
			iwdg->reload = value & IWDG_RELOAD_MAX;
		break;
	default: break;
	}
}
