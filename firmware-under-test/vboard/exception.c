/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exceptions of ARMv7-M (DDI 0403E B1.5): entry with stacking, late arrival, return, tail-chaining,
 * escalation to HardFault, lockup. An entry or return costs 12 cycles in which no instruction runs,
 * a tail-chain 6.
 */
#include "vboard/board.h"
#include "vboard/cpu.h"
#include "vboard/exception.h"
#include "vboard/memo.h"

enum exception_cycles { ENTRY_CYCLES = 12, TAIL_CHAIN_CYCLES = 6 }; /* TRM DDI 0337E 5.7 */

enum xpsr_bits { XPSR_T = 1u << 24, XPSR_ALIGN = 1u << 9 };

enum scr_bits { SCR_SLEEPONEXIT = 1 << 1 };

#define RETURN_HANDLER 0xfffffff1u
#define RETURN_MAIN    0xfffffff9u
#define RETURN_PROCESS 0xfffffffdu

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

	return cpu_apsr(cpu) | it | (cpu->no_thumb ? 0 : XPSR_T) | cpu->ipsr;
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

static void lock_up(struct vboard *vb)
{
	vb->s.chip.cpu.lockup = 1;
	cpu_attention(vb);
}

/* Time in which no instruction runs, with all that happens meanwhile. */
static void pass_cycles(struct vboard *vb, uint32_t cycles)
{
	vb->s.cycles += cycles;
	vb->s.idle_cycles += cycles;
	board_catch_up(vb);
}

static bool push_frame(struct vboard *vb, uint32_t return_address)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t align = (vb->s.chip.scs.ccr & CCR_STKALIGN) && (cpu->r[13] & 4) ? 1 : 0;
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

static uint32_t fault_number(uint32_t cause)
{
	if (cause & ABORT_BKPT)
		return EXC_DEBUG;
	if (cause & 0xff)
		return EXC_MEMMANAGE;
	return cause & 0xff00 ? EXC_BUSFAULT : EXC_USAGEFAULT;
}

static void note_fault(struct vboard *vb, uint32_t cause, uint32_t pc)
{
	struct scs_state *scs = &vb->s.chip.scs;

	scs->cfsr |= cause & ~(uint32_t)ABORT_BKPT;
	if (cause & CFSR_PRECISERR) {
		scs->bfar = vb->abort_address;
		scs->cfsr |= CFSR_BFARVALID;
	}
	if (cause & CFSR_DACCVIOL) {
		scs->mmfar = vb->abort_address;
		scs->cfsr |= CFSR_MMARVALID;
	}
	if (cause & ABORT_BKPT)
		scs->dfsr |= DFSR_BKPT;
	if (vb->return_pc != 1)
		memo_landmark(vb); /* whoever called looks at the count */
	vb->s.fault_count++;
	vb->s.fault_pc = pc;
	vb->s.fault_cfsr = cause;
}

/*
 * Notes a fault of 'cause' (CFSR bits, ABORT_BKPT, or 0 for SVC) and pends the exception that it
 * becomes: its own when that is enabled and may preempt, else HardFault (B1.5.5). False when even
 * that cannot be taken (B1.5.15); nothing is pending then.
 */
static bool pend_fault(struct vboard *vb, uint32_t cause, uint32_t pc)
{
	uint32_t number = fault_number(cause);
	int32_t running = exception_running_priority(vb);

	note_fault(vb, cause, pc);
	if (cause && exception_bit(vb->s.chip.nvic.enabled, number) &&
	    exception_priority(vb, number) < running) {
		cpu_pend(vb, number);
		return true;
	}
	if (running <= PRIORITY_HARDFAULT)
		return false;
	vb->s.chip.scs.hfsr |= cause & ABORT_BKPT ? HFSR_DEBUGEVT : HFSR_FORCED;
	cpu_pend(vb, EXC_HARDFAULT);
	return true;
}

/*
 * ExceptionTaken (B1.5.6): the most urgent of what is pending begins, with 'exc_return' in LR. What
 * became pending while registers were stacked or unstacked counts: late arrival, tail-chaining.
 */
static void take(struct vboard *vb, uint32_t exc_return)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	struct nvic_state *nvic = &vb->s.chip.nvic;
	int32_t priority;
	uint32_t number = exception_most_urgent(vb, &priority);
	uint32_t vector = 0;

	cpu_attention(vb);
	cpu->r[14] = exc_return;
	cpu->control &= ~2u;
	cpu->it = 0;
	cpu->asleep = 0;
	cpu->exclusive = 1;
	cpu->event = 1;
	if (!bus_read32(vb, vb->s.chip.scs.vtor + 4 * number, &vector)) {
		vb->s.chip.scs.hfsr |= HFSR_VECTTBL;
		if (number > EXC_HARDFAULT) {
			number = EXC_HARDFAULT; /* the other one stays pending */
			bus_read32(vb, vb->s.chip.scs.vtor + 4 * number, &vector);
		}
		if (vector == 0)
			lock_up(vb);
	}
	cpu->ipsr = number;
	exception_set_bit(nvic->active, number, true);
	exception_set_bit(nvic->pending, number, false);
	cpu->r[15] = vector & ~1u;
	cpu->no_thumb = !(vector & 1); /* its first instruction will fault */
}

/* Stacks the registers and enters what is pending. */
static void enter(struct vboard *vb, uint32_t return_address)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	bool process = on_process_stack(cpu);
	uint32_t exc_return = cpu->ipsr ? RETURN_HANDLER : process ? RETURN_PROCESS : RETURN_MAIN;

	/* the handler runs even so (TRM DDI 0337E 5.12.1): nothing more urgent is needed */
	if (!push_frame(vb, return_address))
		pend_fault(vb, CFSR_STKERR, return_address);
	if (process)
		swap_stacks(cpu);
	cpu->no_thumb = 0;
	pass_cycles(vb, ENTRY_CYCLES);
	take(vb, exc_return);
}

bool cpu_take_exception(struct vboard *vb)
{
	int32_t priority;

	if (exception_most_urgent(vb, &priority) == EXC_NONE ||
	    priority >= exception_running_priority(vb))
		return false;
	enter(vb, vb->s.chip.cpu.r[15]);
	return true;
}

bool cpu_supervisor_call(struct vboard *vb)
{
	if (exception_priority(vb, EXC_SVC) >= exception_running_priority(vb))
		return bus_abort(vb, 0, 0);
	cpu_pend(vb, EXC_SVC);
	return true;
}

/* CCR.BFHFNMIGN: code at priority -1 or -2 probes addresses; the access has no effect. */
static bool ignores_bus_fault(const struct vboard *vb)
{
	return (vb->s.chip.scs.ccr & CCR_BFHFNMIGN) && vb->abort_cfsr == CFSR_PRECISERR &&
	       exception_running_priority(vb) <= PRIORITY_HARDFAULT;
}

void cpu_fault(struct vboard *vb, uint32_t pc)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;

	if ((vb->stop_now && !vb->s.powered) || cpu->lockup)
		return; /* power failed inside the access, or nothing runs any more */
	cpu->r[15] = pc;
	if (ignores_bus_fault(vb)) {
		vb->s.chip.scs.cfsr |= CFSR_PRECISERR | CFSR_BFARVALID;
		vb->s.chip.scs.bfar = vb->abort_address;
		cpu->r[15] = pc + 2u * code_fetch(vb, pc)->len;
		return;
	}
	if (pend_fault(vb, vb->abort_cfsr, pc))
		enter(vb, pc);
	else
		lock_up(vb);
}

struct frame {
	uint32_t r[4];
	uint32_t r12, lr, pc, xpsr;
};

static bool read_frame(struct vboard *vb, uint32_t address, struct frame *ret)
{
	uint32_t words[sizeof(struct frame) / 4];

	for (uint32_t i = 0; i < sizeof(words) / 4; i++)
		if (!bus_read32(vb, address + 4 * i, &words[i]))
			return false;
	memcpy(ret, words, sizeof(*ret));
	return true;
}

/* A level-sensitive line that is still high pends again when its handler ends. */
static void deactivate(struct vboard *vb, uint32_t number)
{
	struct nvic_state *nvic = &vb->s.chip.nvic;

	exception_set_bit(nvic->active, number, false);
	if (exception_bit(nvic->level, number))
		cpu_pend(vb, number);
	if (number != EXC_NMI)
		vb->s.chip.cpu.faultmask = 0;
}

/* A fault of the return itself: its handler follows on the frame that is there. */
static void return_fault(struct vboard *vb, uint32_t cause, uint32_t how)
{
	if (!pend_fault(vb, cause, vb->s.chip.cpu.r[15])) {
		lock_up(vb);
		return;
	}
	pass_cycles(vb, TAIL_CHAIN_CYCLES);
	take(vb, how);
}

static void unstack(struct vboard *vb, const struct frame *frame, uint32_t how)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	bool to_process = how == RETURN_PROCESS;
	bool aligned = (frame->xpsr & XPSR_ALIGN) && (vb->s.chip.scs.ccr & CCR_STKALIGN);
	uint32_t *sp = to_process ? &cpu->sp_other : &cpu->r[13];

	memcpy(cpu->r, frame->r, sizeof(frame->r));
	cpu->r[12] = frame->r12;
	cpu->r[14] = frame->lr;
	cpu->r[15] = frame->pc & ~1u;
	*sp = (*sp + (uint32_t)sizeof(*frame)) | (aligned ? 4u : 0);
	cpu->ipsr = frame->xpsr & 0x1ff;
	cpu->control = (cpu->control & 1) | (to_process ? 2u : 0);
	if (to_process)
		swap_stacks(cpu);
	cpu_set_apsr(cpu, frame->xpsr);
	cpu->it = (frame->xpsr >> 25 & 3) | (frame->xpsr >> 10 & 0x3f) << 2;
	cpu->no_thumb = !(frame->xpsr & XPSR_T);
	cpu->exclusive = 1;
	cpu->event = 1;
}

/* Whether a return as 'how' says fits what is active (B1.5.8). */
static bool may_return(const struct vboard *vb, uint32_t how)
{
	if (!exception_bit(vb->s.chip.nvic.active, vb->s.chip.cpu.ipsr))
		return false;
	if (how == RETURN_HANDLER)
		return true;
	return (how == RETURN_MAIN || how == RETURN_PROCESS) &&
	       (exception_active_count(vb) == 1 || (vb->s.chip.scs.ccr & CCR_NONBASETHRDENA));
}

/* Exception return (B1.5.8) with EXC_RETURN value 'how'. */
static void exception_return(struct vboard *vb, uint32_t how)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	bool good = may_return(vb, how);
	bool base = exception_active_count(vb) == 1;
	struct frame frame;
	int32_t priority;

	deactivate(vb, cpu->ipsr);
	if (!good) {
		return_fault(vb, CFSR_INVPC, how);
		return;
	}
	if (exception_most_urgent(vb, &priority) != EXC_NONE &&
	    priority < exception_running_priority(vb)) {
		pass_cycles(vb, TAIL_CHAIN_CYCLES);
		take(vb, how);
		return;
	}
	if (!read_frame(vb, how == RETURN_PROCESS ? cpu->sp_other : cpu->r[13], &frame)) {
		return_fault(vb, CFSR_UNSTKERR, how);
		return;
	}
	if (((frame.xpsr & 0x1ff) != 0) != (how == RETURN_HANDLER)) {
		return_fault(vb, CFSR_INVPC, how);
		return;
	}
	unstack(vb, &frame, how);
	pass_cycles(vb, ENTRY_CYCLES);
	if (how != RETURN_HANDLER && base && (vb->s.chip.scs.scr & SCR_SLEEPONEXIT))
		cpu->asleep = CPU_WAITS_FOR_INTERRUPT;
	cpu_attention(vb);
}

void cpu_jump(struct vboard *vb, uint32_t target)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;

	if (target >= 0xf0000000 && cpu->ipsr != 0) {
		exception_return(vb, target);
		return;
	}
	cpu_jump_plain(vb, target);
}

void cpu_jump_plain(struct vboard *vb, uint32_t target)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;

	cpu->r[15] = target & ~1u;
	if (target & 1)
		return;
	cpu->no_thumb = 1; /* the instruction there will fault (A2.3.1) */
	cpu_attention(vb);
}

void cpu_reset(struct vboard *vb, uint32_t vectors)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t sp = 0;
	uint32_t pc = 0;

	*cpu = (struct cpu_state){ .exclusive = 1, .z_of = 1 };
	cpu->r[14] = 0xffffffff;
	if (!bus_read32(vb, vectors, &sp) || !bus_read32(vb, vectors + 4, &pc))
		lock_up(vb);
	cpu->r[13] = sp & ~3u;
	cpu->r[15] = pc & ~1u;
	cpu->no_thumb = !(pc & 1);
	cpu_attention(vb);
}
