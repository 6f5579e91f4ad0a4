/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/cpu.h"
#include "vboard/exception.h"

enum { SCR_SEVONPEND = 1 << 4 };

/* Without the bits that only order exceptions of one group. */
static int32_t group_of(const struct vboard *vb, uint32_t priority)
{
	uint32_t shift = vb->s.chip.scs.aircr_prigroup + 1;

	return (int32_t)(priority >> shift << shift);
}

int32_t exception_priority(const struct vboard *vb, uint32_t number)
{
	switch (number) {
	case EXC_RESET: return -3;
	case EXC_NMI: return -2;
	case EXC_HARDFAULT: return PRIORITY_HARDFAULT;
	default: return group_of(vb, vb->s.chip.nvic.priority[number]);
	}
}

int32_t exception_priority_to_wake(const struct vboard *vb)
{
	const struct nvic_state *nvic = &vb->s.chip.nvic;
	const struct cpu_state *cpu = &vb->s.chip.cpu;
	int32_t best = PRIORITY_NONE;

	for (uint32_t word = 0; word < EXC_COUNT / 32; word++) {
		for (uint32_t left = nvic->active[word]; left; left &= left - 1) {
			uint32_t number = 32 * word + (uint32_t)__builtin_ctz(left);
			int32_t priority = exception_priority(vb, number);

			if (priority < best)
				best = priority;
		}
	}
	if (cpu->basepri && group_of(vb, cpu->basepri) < best)
		best = group_of(vb, cpu->basepri);
	if (cpu->faultmask && best > PRIORITY_HARDFAULT)
		best = PRIORITY_HARDFAULT;
	return best;
}

int32_t exception_running_priority(const struct vboard *vb)
{
	int32_t priority = exception_priority_to_wake(vb);

	return vb->s.chip.cpu.primask && priority > 0 ? 0 : priority;
}

uint32_t exception_most_urgent(const struct vboard *vb, int32_t *ret_priority)
{
	const struct nvic_state *nvic = &vb->s.chip.nvic;
	uint32_t best = EXC_NONE;
	uint32_t best_full = UINT32_MAX;

	for (uint32_t word = 0; word < EXC_COUNT / 32; word++) {
		for (uint32_t left = nvic->pending[word] & nvic->enabled[word]; left;
		     left &= left - 1) {
			uint32_t number = 32 * word + (uint32_t)__builtin_ctz(left);
			uint32_t full =
				number <= EXC_HARDFAULT ? number : nvic->priority[number] + 16u;

			if (full < best_full) {
				best_full = full;
				best = number;
			}
		}
	}
	if (best != EXC_NONE)
		*ret_priority = exception_priority(vb, best);
	return best;
}

uint32_t exception_active_count(const struct vboard *vb)
{
	uint32_t count = 0;

	for (uint32_t word = 0; word < EXC_COUNT / 32; word++)
		count += (uint32_t)__builtin_popcount(vb->s.chip.nvic.active[word]);
	return count;
}

void cpu_pend(struct vboard *vb, uint32_t number)
{
	uint32_t *pending = vb->s.chip.nvic.pending;

	if (!exception_bit(pending, number) && (vb->s.chip.scs.scr & SCR_SEVONPEND))
		vb->s.chip.cpu.event = 1; /* enabled or not (B3.2.7) */
	exception_set_bit(pending, number, true);
	cpu_attention(vb);
}

void cpu_unpend(struct vboard *vb, uint32_t number)
{
	const struct nvic_state *nvic = &vb->s.chip.nvic;

	/* a line that is still high stays pending (B3.4) */
	if (!exception_bit(nvic->level, number) || exception_bit(nvic->active, number))
		exception_set_bit(vb->s.chip.nvic.pending, number, false);
}

void cpu_irq_line(struct vboard *vb, uint32_t irq, bool high)
{
	struct nvic_state *nvic = &vb->s.chip.nvic;
	uint32_t number = EXC_IRQ0 + irq;
	bool was = exception_bit(nvic->level, number);

	exception_set_bit(nvic->level, number, high);
	if (high && !was)
		cpu_pend(vb, number);
}

/* Only code of less than priority -1 may raise itself to it (B5.2.1, B5.2.3). */
void cpu_set_faultmask(struct vboard *vb, uint32_t mask)
{
	if (!mask || exception_running_priority(vb) > PRIORITY_HARDFAULT)
		vb->s.chip.cpu.faultmask = mask;
}

void cpu_wait(struct vboard *vb, enum cpu_sleep what)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;

	if (what == CPU_WAITS_FOR_EVENT && cpu->event) {
		cpu->event = 0;
		return;
	}
	cpu->asleep = what;
	cpu_attention(vb);
}

/* Whether something ends the sleep, and uses up the event that did. */
static bool wake_up(struct vboard *vb)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	int32_t priority;

	if (cpu->asleep == CPU_WAITS_FOR_EVENT && cpu->event) {
		cpu->event = 0;
		return true;
	}
	if (exception_most_urgent(vb, &priority) == EXC_NONE)
		return false;
	return priority < (cpu->asleep == CPU_WAITS_FOR_EVENT ? exception_running_priority(vb)
							      : exception_priority_to_wake(vb));
}

bool cpu_attend(struct vboard *vb)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;

	if (cpu->lockup)
		return false;
	if (cpu->no_thumb) {
		bus_abort(vb, CFSR_INVSTATE, 0);
		cpu_fault(vb, cpu->r[15]);
		return true;
	}
	if (cpu->asleep && wake_up(vb))
		cpu->asleep = 0;
	return !cpu->asleep && cpu_take_exception(vb);
}
