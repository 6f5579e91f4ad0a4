/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/timer.h"
#include "vboard/board.h"
#include "vboard/cpu.h"

enum timer_registers {
	TIM_CR1 = 0x00,
	TIM_CR2 = 0x04,
	TIM_SMCR = 0x08,
	TIM_DIER = 0x0c,
	TIM_SR = 0x10,
	TIM_EGR = 0x14,
	TIM_CCMR1 = 0x18,
	TIM_CCMR2 = 0x1c,
	TIM_CCER = 0x20,
	TIM_CNT = 0x24,
	TIM_PSC = 0x28,
	TIM_ARR = 0x2c,
	TIM_CCR1 = 0x34,
	TIM_CCR4 = 0x40,
};

enum timer_bits { CR1_CEN = 1, CR1_ARPE = 1 << 7, EGR_UG = 1, SR_UIF = 1 };

enum { TIMER_CLOCK_CYCLES = 2 }; /* timer clock 60 MHz: twice APB1, half the core's */

static uint64_t tick_cycles(const struct timer_state *timer)
{
	return (uint64_t)TIMER_CLOCK_CYCLES * (timer->psc_now + 1ull);
}

static uint64_t period_ticks(const struct timer_state *timer)
{
	return timer->arr_now + 1ull;
}

static uint32_t count_at(const struct timer_state *timer, uint64_t cycle)
{
	if (!(timer->cr1 & CR1_CEN))
		return timer->count;
	return (uint32_t)((timer->count + (cycle - timer->epoch) / tick_cycles(timer)) %
			  period_ticks(timer));
}

/* Makes 'cycle' the new epoch, so that rates may change. The fraction of a tick is kept. */
static void rebase(struct timer_state *timer, uint64_t cycle)
{
	uint64_t fraction = timer->cr1 & CR1_CEN ? (cycle - timer->epoch) % tick_cycles(timer) : 0;

	timer->count = count_at(timer, cycle);
	timer->epoch = cycle - fraction;
	if (timer->seen < cycle)
		timer->seen = cycle;
}

static void take_preloads(struct timer_state *timer)
{
	timer->psc_now = timer->psc;
	timer->arr_now = timer->arr;
	for (int i = 0; i < 4; i++)
		timer->ccr_now[i] = timer->ccr[i];
}

static uint32_t channel_mode(const struct timer_state *timer, uint32_t index)
{
	return timer->ccmr[index / 2] >> (8 * (index % 2)) & 0xff;
}

static void update_irq(struct vboard *vb)
{
	const struct timer_state *timer = &vb->s.chip.tim2;

	cpu_irq_line(vb, IRQ_TIM2, (timer->sr & timer->dier & 0x1f) != 0);
}

void timer_reset(struct vboard *vb)
{
	vb->s.chip.tim2 = (struct timer_state){ .arr = UINT32_MAX,
						.epoch = vb->s.cycles,
						.seen = vb->s.cycles };
	take_preloads(&vb->s.chip.tim2);
}

/* Cycles from 'from' until the counter next becomes 'value'. */
static uint64_t until_count(const struct timer_state *timer, uint64_t from, uint64_t value)
{
	uint64_t tick = tick_cycles(timer);
	uint64_t ticks_done = (from - timer->epoch) / tick;
	uint64_t now = (timer->count + ticks_done) % period_ticks(timer);
	uint64_t ahead = (value + period_ticks(timer) - now) % period_ticks(timer);

	if (ahead == 0)
		ahead = period_ticks(timer);
	return timer->epoch + (ticks_done + ahead) * tick;
}

uint64_t timer_next(const struct vboard *vb)
{
	const struct timer_state *timer = &vb->s.chip.tim2;
	uint64_t from = timer->seen;
	uint64_t next;

	if (!(timer->cr1 & CR1_CEN) || timer->arr_now == 0)
		return UINT64_MAX;
	next = until_count(timer, from, 0);
	for (uint32_t i = 0; i < 4; i++) {
		uint64_t match;

		if (timer->ccr_now[i] == 0 || timer->ccr_now[i] > timer->arr_now)
			continue;
		match = until_count(timer, from, timer->ccr_now[i]);
		if (match < next)
			next = match;
	}
	return next;
}

void timer_event(struct vboard *vb, uint64_t cycle)
{
	struct timer_state *timer = &vb->s.chip.tim2;
	uint32_t count = count_at(timer, cycle);

	timer->seen = cycle;
	if (count == 0) {
		rebase(timer, cycle);
		timer->sr |= SR_UIF;
		take_preloads(timer);
	}
	for (uint32_t i = 0; i < 4; i++)
		if (timer->ccr_now[i] == count)
			timer->sr |= 2u << i;
	update_irq(vb);
}

int timer_output(const struct vboard *vb, uint32_t channel, uint64_t cycle)
{
	const struct timer_state *timer = &vb->s.chip.tim2;
	uint32_t index = channel - 1;
	uint32_t enable = timer->ccer >> (4 * index) & 3;
	uint32_t mode = channel_mode(timer, index) >> 4 & 7;
	bool active;

	if (!(enable & 1))
		return -1;
	switch (mode) {
	case 5: active = true; break;
	case 6: active = count_at(timer, cycle) < timer->ccr_now[index]; break;
	case 7: active = count_at(timer, cycle) >= timer->ccr_now[index]; break;
	default: active = false; break;
	}
	return (enable & 2) ? !active : active;
}

uint32_t timer_read(struct vboard *vb, uint32_t offset)
{
	const struct timer_state *timer = &vb->s.chip.tim2;

	switch (offset) {
	case TIM_CR1: return timer->cr1;
	case TIM_CR2: return timer->cr2;
	case TIM_SMCR: return timer->smcr;
	case TIM_DIER: return timer->dier;
	case TIM_SR: return timer->sr;
	case TIM_CCMR1: return timer->ccmr[0];
	case TIM_CCMR2: return timer->ccmr[1];
	case TIM_CCER: return timer->ccer;
	case TIM_CNT: return count_at(timer, vb->s.cycles);
	case TIM_PSC: return timer->psc;
	case TIM_ARR: return timer->arr;
	default:
		if (offset >= TIM_CCR1 && offset <= TIM_CCR4)
			return timer->ccr[(offset - TIM_CCR1) / 4];
		return 0;
	}
}

static void generate_update(struct vboard *vb)
{
	struct timer_state *timer = &vb->s.chip.tim2;

	timer->count = 0;
	timer->epoch = vb->s.cycles;
	take_preloads(timer);
	if (!(timer->cr1 & 4)) /* URS: UG sets no flag */
		timer->sr |= SR_UIF;
}

static void compare_write(struct timer_state *timer, uint32_t index, uint32_t value)
{
	timer->ccr[index] = value;
	if (!(channel_mode(timer, index) & 8)) /* OCxPE: preload */
		timer->ccr_now[index] = value;
}

void timer_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	struct timer_state *timer = &vb->s.chip.tim2;
	uint32_t whole;

	board_catch_up(vb); /* an update in this very cycle comes before the write */
	whole = (timer_read(vb, offset) & ~mask) | (value & mask);
	rebase(timer, vb->s.cycles);
	switch (offset) {
	case TIM_CR1: timer->cr1 = whole; break;
	case TIM_CR2: timer->cr2 = whole; break;
	case TIM_SMCR: timer->smcr = whole; break;
	case TIM_DIER: timer->dier = whole; break;
	case TIM_SR: timer->sr &= value | ~mask; break; /* cleared by writing 0 */
	case TIM_EGR:
		if (value & mask & EGR_UG)
			generate_update(vb);
		timer->sr |= value & mask & 0x1e;
		break;
	case TIM_CCMR1: timer->ccmr[0] = whole; break;
	case TIM_CCMR2: timer->ccmr[1] = whole; break;
	case TIM_CCER: timer->ccer = whole; break;
	case TIM_CNT: timer->count = whole, timer->epoch = vb->s.cycles; break;
	case TIM_PSC: timer->psc = whole & 0xffff; break;
	case TIM_ARR:
		timer->arr = whole;
		if (!(timer->cr1 & CR1_ARPE))
			timer->arr_now = whole;
		break;
	default:
		if (offset >= TIM_CCR1 && offset <= TIM_CCR4)
			compare_write(timer, (offset - TIM_CCR1) / 4, whole);
		break;
	}
	if (timer->count > timer->arr_now)
		timer->count = 0;
	update_irq(vb);
	board_schedule(vb);
	board_update_leds(vb, vb->s.cycles);
}
