/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/align.h"
#include "vboard/cpu.h"

static uint32_t offset_address(const struct cpu_state *cpu, const struct insn *in)
{
	uint32_t base = in->rn == 15 ? 0 : cpu->r[in->rn];

	switch (in->aux & MEM_MODE) {
	case MEM_POST: return base;
	case MEM_REGISTER: return base + (cpu->r[in->rm] << in->imm);
	default: return base + in->imm;
	}
}

static uint32_t kind_bytes(uint32_t kind)
{
	switch (kind) {
	case MEM_STR:
	case MEM_LDR: return 4;
	case MEM_STRH:
	case MEM_LDRH:
	case MEM_LDRSH: return 2;
	default: return 1;
	}
}

/* Multiple, dual and exclusive accesses fault unaligned whatever CCR says: cpu_rare.c. */
static bool is_unaligned(const struct cpu_state *cpu, const struct insn *in, uint8_t op)
{
	switch (op) {
	case OP_LDR_LIT: return (in->imm & 3) != 0;
	case OP_LDR_I:
	case OP_STR_I: return ((cpu->r[in->rn] + in->imm) & 3) != 0;
	case OP_LDRH_I:
	case OP_STRH_I: return ((cpu->r[in->rn] + in->imm) & 1) != 0;
	case OP_LDR_R:
	case OP_STR_R: return ((cpu->r[in->rn] + cpu->r[in->rm]) & 3) != 0;
	case OP_LDRH_R:
	case OP_LDRSH_R:
	case OP_STRH_R: return ((cpu->r[in->rn] + cpu->r[in->rm]) & 1) != 0;
	case OP_LDR_POST:
	case OP_STR_POST: return (cpu->r[in->rn] & 3) != 0;
	case OP_LDR_PC: return (offset_address(cpu, in) & 3) != 0;
	case OP_MEM: return (offset_address(cpu, in) & (kind_bytes(in->aux & 15) - 1)) != 0;
	case OP_TBH: return ((in->rn == 15 ? in->pc + 4 : cpu->r[in->rn]) & 1) != 0;
	default: return false;
	}
}

void align_step(struct vboard *vb)
{
	const struct cpu_state *cpu = &vb->s.chip.cpu;
	const struct insn *in = code_fetch(vb, cpu->r[15]);
	bool runs = cpu->it == 0 || cpu_condition(cpu, cpu->it >> 4);

	if (in && runs && is_unaligned(cpu, in, cpu->it ? in->op_it : in->op)) {
		vb->s.cycles++;
		bus_abort(vb, CFSR_UNALIGNED, 0);
		cpu_fault(vb, cpu->r[15]);
		return;
	}
	vb->stop_cycle = vb->s.cycles + 1;
	cpu_loop(vb);
}
