/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The instruction loop. It walks decoded instructions with a pointer, so that the ordinary case
 * costs no address arithmetic; a cycle is counted for each instruction. Everything that is not an
 * ordinary instruction (events, exceptions, stops) happens outside: whoever wants attention sets
 * stop_cycle to 0 and the loop ends after the instruction that runs.
 *
 * "b ." is skipped to the next event: with one cycle an instruction the count stays exact.
 */
#include "vboard/cpu.h"

static inline void set_nz(struct cpu_state *cpu, uint32_t result)
{
	cpu->n_of = result;
	cpu->z_of = result;
}

static inline uint32_t add_flags(struct cpu_state *cpu, uint32_t a, uint32_t b)
{
	uint32_t result = a + b;

	set_nz(cpu, result);
	cpu->c = result < a;
	cpu->v = (~(a ^ b) & (a ^ result)) >> 31;
	return result;
}

static inline uint32_t sub_flags(struct cpu_state *cpu, uint32_t a, uint32_t b)
{
	uint32_t result = a - b;

	set_nz(cpu, result);
	cpu->c = a >= b;
	cpu->v = ((a ^ b) & (a ^ result)) >> 31;
	return result;
}

static inline uint32_t shift_left(struct cpu_state *cpu, uint32_t x, uint32_t n)
{
	cpu->c = x >> (32 - n) & 1;
	set_nz(cpu, x << n);
	return x << n;
}

/* 1 <= n <= 32 */
static inline uint32_t shift_right(struct cpu_state *cpu, uint32_t x, uint32_t n)
{
	uint32_t result = n == 32 ? 0 : x >> n;

	cpu->c = x >> (n - 1) & 1;
	set_nz(cpu, result);
	return result;
}

static inline uint32_t asr(uint32_t x, uint32_t n)
{
	return (uint32_t)((int32_t)x >> (n == 32 ? 31 : n));
}

static inline uint32_t shift_arithmetic(struct cpu_state *cpu, uint32_t x, uint32_t n)
{
	uint32_t result = asr(x, n);

	cpu->c = (uint32_t)((int32_t)x >> (n - 1)) & 1;
	set_nz(cpu, result);
	return result;
}

static inline bool push(struct vboard *vb, struct cpu_state *cpu, uint32_t list)
{
	uint32_t address = cpu->r[13] - 4 * (uint32_t)__builtin_popcount(list);
	uint32_t base = address;

	for (; list; list &= list - 1, address += 4)
		if (!bus_write32(vb, address, cpu->r[__builtin_ctz(list)]))
			return false;
	cpu->r[13] = base;
	return true;
}

static inline bool pop(struct vboard *vb, struct cpu_state *cpu, uint32_t list)
{
	uint32_t address = cpu->r[13];

	for (; list; list &= list - 1, address += 4)
		if (!bus_read32(vb, address, &cpu->r[__builtin_ctz(list)]))
			return false;
	cpu->r[13] = address;
	return true;
}

/* The entry for a branch target; outside the present region it is looked up by address. */
static inline const struct insn *branch(const struct code_region *flash, struct vboard *vb,
					uint32_t target)
{
	uint32_t offset = target - FLASH_BASE;

	if (__builtin_expect(offset < VBOARD_FLASH_BYTES, 1))
		return &flash->insns[offset / 2];
	return code_fetch(vb, target);
}

/* Between instructions: skip over "b ." with nothing to do. */
static void idle_branch(struct vboard *vb)
{
	if (vb->s.cycles < vb->stop_cycle)
		vb->s.cycles = vb->stop_cycle;
}

/*
 * Goes to the instruction at 'in', and to the one after it. A jump of its own behind each
 * instruction lets the host's processor guess well which kind comes next: a loop around one
 * switch takes a fifth longer. Labels whose address is taken are GNU C.
 */
#define RUN()                                                            \
	do {                                                             \
		if (__builtin_expect(vb->s.cycles >= vb->stop_cycle, 0)) \
			goto stop;                                       \
		vb->s.cycles++;                                          \
		op = in->op;                                             \
		if (__builtin_expect(cpu->it != 0, 0))                   \
			goto in_it_block;                                \
		goto *at[op];                                            \
	} while (0)
#define NEXT()                 \
	do {                   \
		in += in->len; \
		RUN();         \
	} while (0)
#define AT(name) [OP_##name] = &&name

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

void cpu_loop(struct vboard *vb)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t *r = cpu->r;
	const struct code_region *flash = &vb->code->flash;
	const struct insn *in = code_fetch(vb, r[15]);
	uint32_t pc = r[15];
	uint32_t it_pc = 1; /* instruction of an IT block that ran last, and its ITSTATE */
	uint32_t it_was = 0;
	uint32_t x;
	uint8_t op;
	/* clang-format off */
	static const void *const at[1 << 8] = {
		AT(DECODE), AT(REFETCH), AT(MOV_I), AT(MOV_I_S), AT(ADD_I), AT(ADD_I_S), AT(SUB_I),
		AT(SUB_I_S), AT(CMP_I), AT(AND_I), AT(ORR_I), AT(BIC_I), AT(MOV_R), AT(MOV_R_S),
		AT(ADD_R), AT(ADD_R_S), AT(SUB_R), AT(SUB_R_S), AT(CMP_R), AT(AND_R), AT(AND_R_S),
		AT(ORR_R), AT(ORR_R_S), AT(EOR_R), AT(EOR_R_S), AT(BIC_R), AT(BIC_R_S), AT(MVN_R),
		AT(MVN_R_S), AT(TST_R), AT(MUL), AT(MUL_S), AT(LSL_I), AT(LSL_I_S), AT(LSR_I),
		AT(LSR_I_S), AT(ASR_I), AT(ASR_I_S), AT(ADD_SHIFTED), AT(UBFX), AT(SXTB), AT(SXTH),
		AT(UXTB), AT(UXTH), AT(LDR_LIT), AT(LDR_I), AT(LDRH_I), AT(LDRB_I), AT(STR_I),
		AT(STRH_I), AT(STRB_I), AT(LDR_R), AT(LDRH_R), AT(LDRB_R), AT(LDRSH_R), AT(LDRSB_R),
		AT(STR_R), AT(STRH_R), AT(STRB_R), AT(LDR_POST), AT(LDRB_POST), AT(STR_POST),
		AT(STRB_POST), AT(LDRB_PRE), AT(STRB_PRE), AT(PUSH), AT(POP), AT(B), AT(B_COND),
		AT(BL), AT(BX), AT(BLX), AT(CBZ), AT(CBNZ), AT(IT), AT(NOP),
		[OP_RARE ... UINT8_MAX] = &&rare,
	};
	/* clang-format on */

	if (!in)
		goto abort_at_pc;
	RUN();

in_it_block:
	x = cpu->it >> 4; /* the condition */
	if (op == OP_DECODE || op == OP_REFETCH)
		goto *at[op];
	op = in->op_it;
	it_pc = in->pc;
	it_was = cpu->it;
	cpu->it = cpu->it & 7 ? (cpu->it & 0xe0) | (cpu->it << 1 & 0x1f) : 0;
	if (!cpu_condition(cpu, x) && op != OP_BKPT) /* which is always run */
		NEXT();
	goto *at[op];

DECODE:
	vb->s.cycles--;
	in = code_fetch(vb, code_address(vb, in));
	RUN();
REFETCH:
	vb->s.cycles--;
	pc = in->pc;
	in = code_fetch(vb, pc);
	if (!in)
		goto abort_at_pc;
	RUN();

MOV_I:
	r[in->rd] = in->imm;
	NEXT();
MOV_I_S:
	r[in->rd] = in->imm;
	set_nz(cpu, in->imm);
	if (in->ra != 2)
		cpu->c = in->ra;
	NEXT();
ADD_I:
	r[in->rd] = r[in->rn] + in->imm;
	NEXT();
ADD_I_S:
	r[in->rd] = add_flags(cpu, r[in->rn], in->imm);
	NEXT();
SUB_I:
	r[in->rd] = r[in->rn] - in->imm;
	NEXT();
SUB_I_S:
	r[in->rd] = sub_flags(cpu, r[in->rn], in->imm);
	NEXT();
CMP_I:
	sub_flags(cpu, r[in->rn], in->imm);
	NEXT();
AND_I:
	r[in->rd] = r[in->rn] & in->imm;
	NEXT();
ORR_I:
	r[in->rd] = r[in->rn] | in->imm;
	NEXT();
BIC_I:
	r[in->rd] = r[in->rn] & ~in->imm;
	NEXT();

MOV_R:
	r[in->rd] = r[in->rm];
	NEXT();
MOV_R_S:
	set_nz(cpu, r[in->rd] = r[in->rm]);
	NEXT();
ADD_R:
	r[in->rd] = r[in->rn] + r[in->rm];
	NEXT();
ADD_R_S:
	r[in->rd] = add_flags(cpu, r[in->rn], r[in->rm]);
	NEXT();
SUB_R:
	r[in->rd] = r[in->rn] - r[in->rm];
	NEXT();
SUB_R_S:
	r[in->rd] = sub_flags(cpu, r[in->rn], r[in->rm]);
	NEXT();
CMP_R:
	sub_flags(cpu, r[in->rn], r[in->rm]);
	NEXT();
AND_R:
	r[in->rd] = r[in->rn] & r[in->rm];
	NEXT();
AND_R_S:
	set_nz(cpu, r[in->rd] = r[in->rn] & r[in->rm]);
	NEXT();
ORR_R:
	r[in->rd] = r[in->rn] | r[in->rm];
	NEXT();
ORR_R_S:
	set_nz(cpu, r[in->rd] = r[in->rn] | r[in->rm]);
	NEXT();
EOR_R:
	r[in->rd] = r[in->rn] ^ r[in->rm];
	NEXT();
EOR_R_S:
	set_nz(cpu, r[in->rd] = r[in->rn] ^ r[in->rm]);
	NEXT();
BIC_R:
	r[in->rd] = r[in->rn] & ~r[in->rm];
	NEXT();
BIC_R_S:
	set_nz(cpu, r[in->rd] = r[in->rn] & ~r[in->rm]);
	NEXT();
MVN_R:
	r[in->rd] = ~r[in->rm];
	NEXT();
MVN_R_S:
	set_nz(cpu, r[in->rd] = ~r[in->rm]);
	NEXT();
TST_R:
	set_nz(cpu, r[in->rn] & r[in->rm]);
	NEXT();
MUL:
	r[in->rd] = r[in->rn] * r[in->rm];
	NEXT();
MUL_S:
	set_nz(cpu, r[in->rd] = r[in->rn] * r[in->rm]);
	NEXT();

LSL_I:
	r[in->rd] = r[in->rm] << in->imm;
	NEXT();
LSL_I_S:
	r[in->rd] = shift_left(cpu, r[in->rm], in->imm);
	NEXT();
LSR_I:
	r[in->rd] = in->imm == 32 ? 0 : r[in->rm] >> in->imm;
	NEXT();
LSR_I_S:
	r[in->rd] = shift_right(cpu, r[in->rm], in->imm);
	NEXT();
ASR_I:
	r[in->rd] = asr(r[in->rm], in->imm);
	NEXT();
ASR_I_S:
	r[in->rd] = shift_arithmetic(cpu, r[in->rm], in->imm);
	NEXT();
ADD_SHIFTED:
	r[in->rd] = r[in->rn] + (r[in->rm] << in->imm);
	NEXT();
UBFX:
	r[in->rd] = (uint32_t)(r[in->rn] >> in->ra & ((1ull << in->imm) - 1));
	NEXT();
SXTB:
	r[in->rd] = (uint32_t)(int8_t)r[in->rm];
	NEXT();
SXTH:
	r[in->rd] = (uint32_t)(int16_t)r[in->rm];
	NEXT();
UXTB:
	r[in->rd] = (uint8_t)r[in->rm];
	NEXT();
UXTH:
	r[in->rd] = (uint16_t)r[in->rm];
	NEXT();

LDR_LIT:
	if (!bus_read32(vb, in->imm, &r[in->rd]))
		goto abort_here;
	NEXT();
LDR_I:
	if (!bus_read32(vb, r[in->rn] + in->imm, &r[in->rd]))
		goto abort_here;
	NEXT();
LDRH_I:
	if (!bus_read16(vb, r[in->rn] + in->imm, &r[in->rd]))
		goto abort_here;
	NEXT();
LDRB_I:
	if (!bus_read8(vb, r[in->rn] + in->imm, &r[in->rd]))
		goto abort_here;
	NEXT();
STR_I:
	if (!bus_write32(vb, r[in->rn] + in->imm, r[in->rd]))
		goto abort_here;
	NEXT();
STRH_I:
	if (!bus_write16(vb, r[in->rn] + in->imm, r[in->rd]))
		goto abort_here;
	NEXT();
STRB_I:
	if (!bus_write8(vb, r[in->rn] + in->imm, r[in->rd]))
		goto abort_here;
	NEXT();
LDR_R:
	if (!bus_read32(vb, r[in->rn] + r[in->rm], &r[in->rd]))
		goto abort_here;
	NEXT();
LDRH_R:
	if (!bus_read16(vb, r[in->rn] + r[in->rm], &r[in->rd]))
		goto abort_here;
	NEXT();
LDRB_R:
	if (!bus_read8(vb, r[in->rn] + r[in->rm], &r[in->rd]))
		goto abort_here;
	NEXT();
LDRSH_R:
	if (!bus_read16(vb, r[in->rn] + r[in->rm], &x))
		goto abort_here;
	r[in->rd] = (uint32_t)(int16_t)x;
	NEXT();
LDRSB_R:
	if (!bus_read8(vb, r[in->rn] + r[in->rm], &x))
		goto abort_here;
	r[in->rd] = (uint32_t)(int8_t)x;
	NEXT();
STR_R:
	if (!bus_write32(vb, r[in->rn] + r[in->rm], r[in->rd]))
		goto abort_here;
	NEXT();
STRH_R:
	if (!bus_write16(vb, r[in->rn] + r[in->rm], r[in->rd]))
		goto abort_here;
	NEXT();
STRB_R:
	if (!bus_write8(vb, r[in->rn] + r[in->rm], r[in->rd]))
		goto abort_here;
	NEXT();
LDR_POST:
	if (!bus_read32(vb, r[in->rn], &x))
		goto abort_here;
	r[in->rn] += in->imm;
	r[in->rd] = x;
	NEXT();
LDRB_POST:
	if (!bus_read8(vb, r[in->rn], &x))
		goto abort_here;
	r[in->rn] += in->imm;
	r[in->rd] = x;
	NEXT();
STR_POST:
	if (!bus_write32(vb, r[in->rn], r[in->rd]))
		goto abort_here;
	r[in->rn] += in->imm;
	NEXT();
STRB_POST:
	if (!bus_write8(vb, r[in->rn], r[in->rd]))
		goto abort_here;
	r[in->rn] += in->imm;
	NEXT();
LDRB_PRE:
	if (!bus_read8(vb, r[in->rn] + in->imm, &x))
		goto abort_here;
	r[in->rn] += in->imm;
	r[in->rd] = x;
	NEXT();
STRB_PRE:
	if (!bus_write8(vb, r[in->rn] + in->imm, r[in->rd]))
		goto abort_here;
	r[in->rn] += in->imm;
	NEXT();
PUSH:
	if (!push(vb, cpu, in->imm))
		goto abort_here;
	NEXT();
POP:
	if (!pop(vb, cpu, in->imm))
		goto abort_here;
	NEXT();

B:
	if (in->imm == in->pc)
		idle_branch(vb);
	x = in->imm;
	goto jump;
B_COND:
	if (!cpu_condition(cpu, in->aux))
		NEXT();
	x = in->imm;
	goto jump;
BL:
	r[14] = in->pc + 5;
	x = in->imm;
	goto jump;
CBZ:
	if (r[in->rn] != 0)
		NEXT();
	x = in->imm;
	goto jump;
CBNZ:
	if (r[in->rn] == 0)
		NEXT();
	x = in->imm;
	goto jump;
BLX:
BX:
	x = in->rm == 15 ? in->pc + 4 : r[in->rm];
	if (op == OP_BLX)
		r[14] = in->pc + 3;
	if ((x & 1) && x < 0xf0000000) {
		x &= ~1u;
		goto jump;
	}
	r[15] = in->pc;
	if (op == OP_BLX)
		cpu_jump_plain(vb, x);
	else
		cpu_jump(vb, x);
	x = r[15];
	goto jump;
IT:
	cpu->it = in->imm;
	NEXT();
NOP:
	NEXT();
rare:
	pc = in->pc;
	r[15] = pc + 2u * in->len;
	if (!cpu_rare(vb, in, op))
		goto abort_at_pc;
	x = r[15];
	goto jump;

jump:
	pc = x;
	in = branch(flash, vb, x);
	if (!in)
		goto abort_at_pc;
	RUN();

stop:
	r[15] = code_address(vb, in);
	return;

abort_here:
	pc = in->pc;
abort_at_pc:
	if (pc == it_pc && !(vb->abort_cfsr & CFSR_INVSTATE))
		cpu->it = it_was; /* as if it had not run: a handler may return to it */
	cpu_fault(vb, pc);
}

#pragma GCC diagnostic pop
