/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SysTick counts down to 0, and loads RVR with the tick after that (DDI 0403E B3.3). Its clock is
 * the core's, or an eighth of it (PM0056 4.5.1).
 */
#include "vboard/board.h"
#include "vboard/cpu.h"
#include "vboard/scs.h"

enum systick_bits {
	SYSTICK_ENABLE = 1 << 0,
	SYSTICK_TICKINT = 1 << 1,
	SYSTICK_CLKSOURCE = 1 << 2,
	SYSTICK_ALL = 7,
	SYSTICK_COUNTFLAG = 1 << 16,
};

static uint64_t tick_cycles(const struct scs_state *scs)
{
	return scs->systick_ctrl & SYSTICK_CLKSOURCE ? 1 : 8;
}

/* From one 0 to the next. */
static uint64_t period_cycles(const struct scs_state *scs)
{
	return (scs->systick_load + 1ull) * tick_cycles(scs);
}

uint64_t systick_next(const struct vboard *vb)
{
	const struct scs_state *scs = &vb->s.chip.scs;

	if (!(scs->systick_ctrl & SYSTICK_ENABLE))
		return UINT64_MAX;
	if (scs->systick_count)
		return scs->systick_epoch + scs->systick_count * tick_cycles(scs);
	return scs->systick_load ? scs->systick_epoch + period_cycles(scs) : UINT64_MAX;
}

void systick_run(struct vboard *vb)
{
	struct scs_state *scs = &vb->s.chip.scs;
	uint64_t next = systick_next(vb);

	if (vb->s.cycles < next)
		return;
	scs->systick_epoch = next;
	scs->systick_count = 0;
	if (scs->systick_load)
		scs->systick_epoch +=
			(vb->s.cycles - next) / period_cycles(scs) * period_cycles(scs);
	scs->systick_countflag = SYSTICK_COUNTFLAG;
	if (scs->systick_ctrl & SYSTICK_TICKINT)
		cpu_pend(vb, EXC_SYSTICK);
}

static uint32_t value_now(const struct vboard *vb)
{
	const struct scs_state *scs = &vb->s.chip.scs;
	uint64_t ticks;

	if (!(scs->systick_ctrl & SYSTICK_ENABLE))
		return scs->systick_count;
	ticks = (vb->s.cycles - scs->systick_epoch) / tick_cycles(scs);
	if (scs->systick_count)
		return scs->systick_count - (uint32_t)ticks; /* systick_run() was here */
	ticks %= scs->systick_load + 1ull;
	return ticks ? scs->systick_load + 1 - (uint32_t)ticks : 0;
}

uint32_t systick_read(struct vboard *vb, enum systick_register which)
{
	struct scs_state *scs = &vb->s.chip.scs;
	uint32_t value;

	systick_run(vb);
	switch (which) {
	case SYSTICK_CSR:
		value = scs->systick_ctrl | scs->systick_countflag;
		scs->systick_countflag = 0;
		return value;
	case SYSTICK_RVR: return scs->systick_load;
	case SYSTICK_CVR: break;
	}
	return value_now(vb);
}

void systick_write(struct vboard *vb, enum systick_register which, uint32_t value)
{
	struct scs_state *scs = &vb->s.chip.scs;

	systick_run(vb);
	scs->systick_count = value_now(vb);
	scs->systick_epoch = vb->s.cycles;
	switch (which) {
	case SYSTICK_CSR: scs->systick_ctrl = value & SYSTICK_ALL; break;
	case SYSTICK_RVR: scs->systick_load = value & 0xffffff; break;
	case SYSTICK_CVR: /* any value: to 0, without an interrupt */
		scs->systick_count = 0;
		scs->systick_countflag = 0;
		break;
	}
	board_schedule(vb);
}
