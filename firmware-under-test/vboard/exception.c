/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exceptions of ARMv7-M (DDI 0403E B1.5): priorities, entry with stacking, return, escalation to
 * HardFault, lockup. Every entry and return costs 12 cycles in which no instruction runs.
 */
#include "vboard/cpu.h"

enum { EXCEPTION_CYCLES = 12, PRIORITY_NONE = 256, XPSR_T = 1u << 24, XPSR_ALIGN = 1u << 9 };

static bool test_bit(const uint32_t *bits, uint32_t i)
{
	return bits[i / 32] >> (i % 32) & 1;
}

static void set_bit(uint32_t *bits, uint32_t i, bool on)
{
	if (on)
		bits[i / 32] |= 1u << (i % 32);
	else
		bits[i / 32] &= ~(1u << (i % 32));
}

uint32_t cpu_apsr(const struct cpu_state *cpu)
{
	return (cpu->n_of & 0x80000000) | (uint32_t)(cpu->z_of == 0) << 30 | cpu->c << 29 |
	       cpu->v << 28 | cpu->q << 27;
}

void cpu_set_apsr(struct cpu_state *cpu, uint32_t apsr)
{
	cpu->n_of = apsr;
	cpu->z_of = !(apsr >> 30 & 1);
	cpu->c = apsr >> 29 & 1;
	cpu->v = apsr >> 28 & 1;
	cpu->q = apsr >> 27 & 1;
}

uint32_t cpu_xpsr(const struct cpu_state *cpu)
{
	uint32_t it = (cpu->it & 3) << 25 | (cpu->it >> 2) << 10;

	return cpu_apsr(cpu) | it | XPSR_T | cpu->ipsr;
}

static bool on_process_stack(const struct cpu_state *cpu)
{
	return cpu->ipsr == 0 && (cpu->control & 2);
}

static void swap_stacks(struct cpu_state *cpu)
{
	uint32_t sp = cpu->r[13];

	cpu->r[13] = cpu->sp_other;
	cpu->sp_other = sp;
}

void cpu_set_control(struct cpu_state *cpu, uint32_t control)
{
	bool was = on_process_stack(cpu);

	if (cpu->ipsr != 0)
		control = (control & 1) | (cpu->control & 2); /* SPSEL only in thread mode */
	cpu->control = control;
	if (was != on_process_stack(cpu))
		swap_stacks(cpu);
}

/* Group priority: what decides preemption; lower is more urgent. */
static int32_t group_priority(const struct vboard *vb, uint32_t number)
{
	uint32_t prigroup = vb->s.chip.scs.aircr_prigroup;

	switch (number) {
	case EXC_RESET: return -3;
	case EXC_NMI: return -2;
	case EXC_HARDFAULT: return -1;
	default:
		return (int32_t)(vb->s.chip.nvic.priority[number] >> (prigroup + 1)
									     << (prigroup + 1));
	}
}

/* Priority at which the core runs now, masks included. */
static int32_t running_priority(const struct vboard *vb)
{
	const struct nvic_state *nvic = &vb->s.chip.nvic;
	const struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t prigroup = vb->s.chip.scs.aircr_prigroup;
	int32_t best = PRIORITY_NONE;

	for (uint32_t word = 0; word < EXC_COUNT / 32; word++) {
		for (uint32_t left = nvic->active[word]; left; left &= left - 1) {
			uint32_t number = 32 * word + (uint32_t)__builtin_ctz(left);
			int32_t priority = group_priority(vb, number);

			if (priority < best)
				best = priority;
		}
	}
	if (cpu->basepri) {
		int32_t base = (int32_t)(cpu->basepri >> (prigroup + 1) << (prigroup + 1));

		if (base < best)
			best = base;
	}
	if (cpu->primask && best > 0)
		best = 0;
	if (cpu->faultmask && best > -1)
		best = -1;
	return best;
}

/* The most urgent pending and enabled exception, 0 for none. Ties go to the lower number. */
static uint32_t most_urgent(const struct vboard *vb, int32_t *ret_priority)
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
		*ret_priority = group_priority(vb, best);
	return best;
}

bool cpu_would_wake(const struct vboard *vb)
{
	int32_t priority;
	uint32_t number = most_urgent(vb, &priority);
	const struct cpu_state *cpu = &vb->s.chip.cpu;

	if (number == EXC_NONE)
		return false;
	/* PRIMASK does not keep the core asleep, BASEPRI does (B1.5.19) */
	if (cpu->basepri && priority >= (int32_t)cpu->basepri)
		return false;
	return true;
}

static void lock_up(struct vboard *vb)
{
	vb->s.chip.cpu.lockup = 1;
	cpu_attention(vb);
}

static bool push_frame(struct vboard *vb, uint32_t return_address)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t align = (vb->s.chip.scs.ccr & 0x200) && (cpu->r[13] & 4) ? 1 : 0;
	uint32_t frame = cpu->r[13] - 0x20 - 4 * align;
	uint32_t xpsr = cpu_xpsr(cpu) | (align ? XPSR_ALIGN : 0);
	bool good = true;

	cpu->r[13] = frame;
	for (uint32_t i = 0; i < 4; i++)
		good = good && bus_write32(vb, frame + 4 * i, cpu->r[i]);
	good = good && bus_write32(vb, frame + 16, cpu->r[12]);
	good = good && bus_write32(vb, frame + 20, cpu->r[14]);
	good = good && bus_write32(vb, frame + 24, return_address);
	good = good && bus_write32(vb, frame + 28, xpsr);
	return good;
}

/* Enters 'number': the registers are stacked, the handler's first instruction is next. */
static void enter(struct vboard *vb, uint32_t number, uint32_t return_address)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	bool process = on_process_stack(cpu);
	uint32_t vector = 0;
	bool stacked = push_frame(vb, return_address);

	if (!stacked)
		vb->s.chip.scs.cfsr |= CFSR_STKERR;
	cpu->r[14] = cpu->ipsr ? 0xfffffff1 : process ? 0xfffffffd : 0xfffffff9;
	if (process)
		swap_stacks(cpu);
	cpu->control &= ~2u;
	cpu->ipsr = number;
	cpu->it = 0;
	cpu->exclusive = 1;
	set_bit(vb->s.chip.nvic.active, number, true);
	set_bit(vb->s.chip.nvic.pending, number, false);
	vb->s.cycles += EXCEPTION_CYCLES;
	vb->s.idle_cycles += EXCEPTION_CYCLES;
	cpu_attention(vb);
	if (!stacked && number <= EXC_HARDFAULT) {
		lock_up(vb);
		return;
	}
	if (!bus_read32(vb, vb->s.chip.scs.vtor + 4 * number, &vector) || !(vector & 1)) {
		/* vector read error, or a handler that is not Thumb code */
		vb->s.chip.scs.hfsr |= 2;
		cpu->r[15] = vector & ~1u;
		if (number <= EXC_HARDFAULT) {
			lock_up(vb);
			return;
		}
		vb->abort_cfsr = vector & 1 ? 0 : CFSR_INVSTATE;
		cpu_fault(vb, vector & ~1u);
		return;
	}
	cpu->r[15] = vector & ~1u;
	if (!stacked) {
		vb->abort_cfsr = CFSR_STKERR;
		cpu_fault(vb, cpu->r[15]);
	}
}

void cpu_pend(struct vboard *vb, uint32_t number)
{
	set_bit(vb->s.chip.nvic.pending, number, true);
	cpu_attention(vb);
}

bool cpu_supervisor_call(struct vboard *vb)
{
	if (group_priority(vb, EXC_SVC) >= running_priority(vb))
		return bus_abort(vb, 0, 0);
	cpu_pend(vb, EXC_SVC);
	return true;
}

void cpu_irq_line(struct vboard *vb, uint32_t irq, bool high)
{
	struct nvic_state *nvic = &vb->s.chip.nvic;
	uint32_t number = EXC_IRQ0 + irq;
	bool was = test_bit(nvic->level, number);

	set_bit(nvic->level, number, high);
	if (high && !was)
		cpu_pend(vb, number);
}

bool cpu_take_exception(struct vboard *vb)
{
	int32_t priority;
	uint32_t number = most_urgent(vb, &priority);

	if (number == EXC_NONE || priority >= running_priority(vb))
		return false;
	enter(vb, number, vb->s.chip.cpu.r[15]);
	return true;
}

static uint32_t fault_number(uint32_t cfsr)
{
	if (cfsr & 0xff)
		return EXC_MEMMANAGE;
	return cfsr & 0xff00 ? EXC_BUSFAULT : EXC_USAGEFAULT;
}

void cpu_fault(struct vboard *vb, uint32_t pc)
{
	struct scs_state *scs = &vb->s.chip.scs;
	uint32_t number = fault_number(vb->abort_cfsr);
	uint32_t enable_bit = number - EXC_MEMMANAGE + 16; /* SHCSR */
	int32_t running = running_priority(vb);

	if (vb->stop_now && !vb->s.powered)
		return; /* power failed inside the access */
	if (vb->abort_cfsr & CFSR_INVSTATE)
		pc = vb->s.chip.cpu.r[15]; /* the jump was taken: the instruction there faults */
	scs->cfsr |= vb->abort_cfsr;
	if (vb->abort_cfsr & CFSR_PRECISERR) {
		scs->bfar = vb->abort_address;
		scs->cfsr |= CFSR_BFARVALID;
	}
	if (vb->abort_cfsr & CFSR_DACCVIOL) {
		scs->mmfar = vb->abort_address;
		scs->cfsr |= CFSR_MMARVALID;
	}
	vb->s.fault_count++;
	vb->s.fault_pc = pc;
	vb->s.fault_cfsr = vb->abort_cfsr;
	vb->s.chip.cpu.r[15] = pc;
	if (vb->abort_cfsr && (scs->shcsr >> enable_bit & 1) &&
	    group_priority(vb, number) < running) {
		enter(vb, number, pc);
		return;
	}
	if (running <= -1) {
		lock_up(vb);
		return;
	}
	scs->hfsr |= 1u << 30; /* FORCED */
	enter(vb, EXC_HARDFAULT, pc);
}

static bool pop_frame(struct vboard *vb, uint32_t frame, uint32_t *ret_pc, uint32_t *ret_xpsr)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	bool good = true;

	for (uint32_t i = 0; i < 4; i++)
		good = good && bus_read32(vb, frame + 4 * i, &cpu->r[i]);
	good = good && bus_read32(vb, frame + 16, &cpu->r[12]);
	good = good && bus_read32(vb, frame + 20, &cpu->r[14]);
	good = good && bus_read32(vb, frame + 24, ret_pc);
	good = good && bus_read32(vb, frame + 28, ret_xpsr);
	if (!good)
		vb->abort_cfsr = CFSR_UNSTKERR;
	return good;
}

/* A level-sensitive line that is still high pends again when its handler ends. */
static void deactivate(struct vboard *vb, uint32_t number)
{
	struct nvic_state *nvic = &vb->s.chip.nvic;

	set_bit(nvic->active, number, false);
	if (test_bit(nvic->level, number))
		set_bit(nvic->pending, number, true);
	if (number != EXC_NMI)
		vb->s.chip.cpu.faultmask = 0;
}

/* Exception return (B1.5.8) with EXC_RETURN value 'how'. */
static bool exception_return(struct vboard *vb, uint32_t how)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t number = cpu->ipsr;
	bool to_process = (how & 0xf) == 0xd;
	bool to_handler = (how & 0xf) == 0x1;
	uint32_t frame;
	uint32_t pc;
	uint32_t xpsr;

	if (!test_bit(vb->s.chip.nvic.active, number) ||
	    ((how & 0xf) != 0x1 && (how & 0xf) != 0x9 && !to_process))
		return bus_abort(vb, CFSR_INVPC, 0);
	deactivate(vb, number);
	frame = to_process ? cpu->sp_other : cpu->r[13];
	if (!pop_frame(vb, frame, &pc, &xpsr))
		return false;
	frame += 0x20 + ((xpsr & XPSR_ALIGN) && (vb->s.chip.scs.ccr & 0x200) ? 4u : 0u);
	if (to_process)
		cpu->sp_other = frame;
	else
		cpu->r[13] = frame;
	cpu->ipsr = xpsr & 0x1ff;
	cpu->control = (cpu->control & 1) | (to_process ? 2u : 0);
	if (to_process)
		swap_stacks(cpu);
	if ((cpu->ipsr != 0) != to_handler)
		return bus_abort(vb, CFSR_INVPC, 0);
	cpu_set_apsr(cpu, xpsr);
	cpu->it = (xpsr >> 25 & 3) | (xpsr >> 10 & 0x3f) << 2;
	cpu->r[15] = pc & ~1u;
	cpu->exclusive = 1;
	vb->s.cycles += EXCEPTION_CYCLES;
	vb->s.idle_cycles += EXCEPTION_CYCLES;
	cpu_attention(vb);
	if (!(xpsr & XPSR_T))
		return bus_abort(vb, CFSR_INVSTATE, 0);
	return true;
}

bool cpu_jump(struct vboard *vb, uint32_t target)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;

	if (target >= 0xf0000000 && cpu->ipsr != 0)
		return exception_return(vb, target);
	cpu->r[15] = target & ~1u;
	return target & 1 ? true : bus_abort(vb, CFSR_INVSTATE, 0);
}

void cpu_reset(struct vboard *vb, uint32_t vectors)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t sp = 0;
	uint32_t pc = 0;

	*cpu = (struct cpu_state){ .exclusive = 1, .z_of = 1 };
	cpu->r[14] = 0xffffffff;
	if (!bus_read32(vb, vectors, &sp) || !bus_read32(vb, vectors + 4, &pc) || !(pc & 1))
		lock_up(vb); /* an erased first sector: 0xffffffff is odd, and faults when fetched
			      */
	cpu->r[13] = sp & ~3u;
	cpu->r[15] = pc & ~1u;
	cpu_attention(vb);
}
