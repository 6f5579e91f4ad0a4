/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Cortex-M3 core: the instruction loop, exceptions, and what the rest of the chip may ask it.
 */
#ifndef VBOARD_CPU_H
#define VBOARD_CPU_H

#include "vboard/bus.h"

/* cpu_state.asleep */
enum cpu_sleep { CPU_AWAKE = 0, CPU_WAITS_FOR_INTERRUPT = 1, CPU_WAITS_FOR_EVENT = 2 };

enum ccr_bits {
	CCR_NONBASETHRDENA = 1 << 0,
	CCR_USERSETMPEND = 1 << 1,
	CCR_UNALIGN_TRP = 1 << 3,
	CCR_DIV_0_TRP = 1 << 4,
	CCR_BFHFNMIGN = 1 << 8,
	CCR_STKALIGN = 1 << 9,
	CCR_ALL = 0x31b,
};

enum fault_status_bits { HFSR_VECTTBL = 1 << 1, HFSR_FORCED = 1 << 30, DFSR_BKPT = 1 << 1 };

#define HFSR_DEBUGEVT (1u << 31)

/* Runs instructions until cycles reach vb->stop_cycle. */
void cpu_loop(struct vboard *vb);

/* One of the operations from OP_RARE on ('op': in->op or in->op_it). r[15] is the next
 * instruction's address on entry and may be changed. False when it faulted (abort_cfsr). */
bool cpu_rare(struct vboard *vb, const struct insn *in, uint8_t op);

/* Core registers as reset leaves them, then the vectors at 'vectors' are taken. */
void cpu_reset(struct vboard *vb, uint32_t vectors);

/* A fault of the instruction at 'pc' with vb->abort_cfsr: goes to its handler, or to lockup. */
void cpu_fault(struct vboard *vb, uint32_t pc);

/* Takes the most urgent pending exception if it may be taken now. True when one was. */
bool cpu_take_exception(struct vboard *vb);

/* What has to happen before the next instruction. True when something did: look again. */
bool cpu_attend(struct vboard *vb);

/* An exception of a number becomes pending (software, system). */
void cpu_pend(struct vboard *vb, uint32_t number);
/* No longer pending, unless its line is still high. */
void cpu_unpend(struct vboard *vb, uint32_t number);

/* SVC: pends it, or goes to HardFault when it cannot be taken now (B1.5.6); as cpu_rare(). */
bool cpu_supervisor_call(struct vboard *vb);

/* FAULTMASK as MSR and CPS set it. */
void cpu_set_faultmask(struct vboard *vb, uint32_t mask);

/* WFI, WFE: the core sleeps until what it waits for comes, if that is not there yet. */
void cpu_wait(struct vboard *vb, enum cpu_sleep what);

/* A peripheral's interrupt line is high or low; high pends it, and again after its handler. */
void cpu_irq_line(struct vboard *vb, uint32_t irq, bool high);

/*
 * A jump of BX, POP, LDR, LDM to 'target': an exception return, or a branch. Sets r[15]. When bit 0
 * is not set, the next instruction will fault.
 */
void cpu_jump(struct vboard *vb, uint32_t target);
/* The same for BLX, which never returns from an exception (A7.7.19). */
void cpu_jump_plain(struct vboard *vb, uint32_t target);

uint32_t cpu_apsr(const struct cpu_state *cpu);
void cpu_set_apsr(struct cpu_state *cpu, uint32_t apsr);
uint32_t cpu_xpsr(const struct cpu_state *cpu);
/* CONTROL, with the change of stack pointer that it brings. */
void cpu_set_control(struct cpu_state *cpu, uint32_t control);

/*
 * Flags are kept as the results they come from; only what they say counts. This leaves the same
 * flags in their one plain form, so that states can be compared.
 */
static inline void cpu_plain_flags(struct cpu_state *cpu)
{
	cpu->n_of &= 0x80000000;
	cpu->z_of = cpu->z_of != 0;
}

/* Something may have to be looked at before the next instruction. */
static inline void cpu_attention(struct vboard *vb)
{
	vb->attention = true;
	vb->stop_cycle = 0;
}

/* Condition 'cond' (A7.3). */
static inline bool cpu_condition(const struct cpu_state *cpu, uint32_t cond)
{
	bool result;

	switch (cond >> 1) {
	case 0: result = cpu->z_of == 0; break;
	case 1: result = cpu->c != 0; break;
	case 2: result = cpu->n_of >> 31 != 0; break;
	case 3: result = cpu->v != 0; break;
	case 4: result = cpu->c && cpu->z_of != 0; break;
	case 5: result = cpu->n_of >> 31 == cpu->v; break;
	case 6: result = cpu->z_of != 0 && cpu->n_of >> 31 == cpu->v; break;
	default: return true;
	}
	return cond & 1 ? !result : result;
}

#endif
