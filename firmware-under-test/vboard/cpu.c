/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The instruction loop. It walks decoded instructions with a pointer, so that the ordinary case
 * costs no address arithmetic; a cycle is counted for each instruction, in a variable of the loop's
 * own: whoever else is called finds it in vb->s.cycles, and may have moved it. Everything that is
 * not an ordinary instruction (events, exceptions, stops) happens outside: whoever wants attention
 * sets stop_cycle to 0 and the loop ends after the instruction that runs.
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

/* The access of an instruction at '*cycles': only the slow path needs to know, or changes, that. */
#define ACCESS(name, bits, size, value_type, slow)                                       \
	static inline __attribute__((always_inline)) bool name##bits(                    \
		struct vboard *vb, uint64_t *cycles, uint32_t address, value_type value) \
	{                                                                                \
		bool good = bus_##name##bits##_inline(vb, address, value);               \
                                                                                         \
		if (!__builtin_expect(good, 1)) {                                        \
			vb->s.cycles = *cycles;                                          \
			good = slow(vb, address, size, value);                           \
			*cycles = vb->s.cycles;                                          \
		}                                                                        \
		return good;                                                             \
	}

ACCESS(read, 32, 4, uint32_t *, bus_read_slow)
ACCESS(read, 16, 2, uint32_t *, bus_read_slow)
ACCESS(read, 8, 1, uint32_t *, bus_read_slow)
ACCESS(write, 32, 4, uint32_t, bus_write_slow)
ACCESS(write, 16, 2, uint32_t, bus_write_slow)
ACCESS(write, 8, 1, uint32_t, bus_write_slow)

enum { CPU_TURNS_MIN = 2 }; /* of a loop, before it is looked at: that of insn.ra == 0 */

/* A loop that may be one that can be done at once: see after this instruction. */
static __attribute__((noinline)) void look_for_bulk(struct vboard *vb, const struct insn *branch)
{
	vb->bulk_due = true;
	vb->bulk_branch = branch->pc;
	vb->stop_cycle = 0;
}

/*
 * Goes to the instruction at 'in', and to the one after it. A jump of its own behind each
 * instruction lets the host's processor guess well which kind comes next: a loop around one
 * switch takes a fifth longer. Labels whose address is taken are GNU C. In an IT block the table
 * is one that leads to a look at the condition.
 */
#define RUN()                                                      \
	do {                                                       \
		if (__builtin_expect(cycles >= vb->stop_cycle, 0)) \
			goto stop;                                 \
		cycles++;                                          \
		goto *table[in->op];                               \
	} while (0)
#define NEXT()                 \
	do {                   \
		in += in->len; \
		RUN();         \
	} while (0)
#define AT(name) [OP_##name] = &&name
/* Around a call of what may look at the time, or change it. */
#define TELL_TIME()  (vb->s.cycles = cycles)
#define LEARN_TIME() (cycles = vb->s.cycles)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

void cpu_loop(struct vboard *vb)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t *r = cpu->r;
	const struct code_region *flash = &vb->code->flash;
	const struct insn *in = code_fetch(vb, r[15]);
	uint64_t cycles = vb->s.cycles;
	uint32_t pc = r[15];
	uint32_t it_pc = 1; /* instruction of an IT block that ran last, and its ITSTATE */
	uint32_t it_was = 0;
	const struct insn *back = NULL; /* the loop's branch that was taken last, and how often */
	uint32_t back_turns = 0;
	const bool notices = !vb->spin_off;
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
		AT(STRB_POST), AT(LDRB_PRE), AT(STRB_PRE), AT(PUSH), AT(POP), AT(B), AT(B_COND), AT(B_BACK), AT(B_COND_BACK),
		AT(BL), AT(BX), AT(BLX), AT(CBZ), AT(CBNZ), AT(IT), AT(NOP),
		[OP_RARE ... UINT8_MAX] = &&rare,
	};
	static const void *const at_in_it[1 << 8] = { [0 ... UINT8_MAX] = &&in_it_block };
	const void *const *table = cpu->it ? at_in_it : at;
	/* clang-format on */

	if (!in)
		goto abort_at_pc;
	RUN();

in_it_block:
	op = in->op;
	x = cpu->it >> 4; /* the condition */
	if (op == OP_DECODE || op == OP_REFETCH)
		goto *at[op];
	op = in->op_it;
	it_pc = in->pc;
	it_was = cpu->it;
	cpu->it = cpu->it & 7 ? (cpu->it & 0xe0) | (cpu->it << 1 & 0x1f) : 0;
	if (cpu->it == 0)
		table = at;
	if (!cpu_condition(cpu, x) && op != OP_BKPT) /* which is always run */
		NEXT();
	if (op >= OP_RARE)
		goto rare_in_it_block;
	goto *at[op];

DECODE:
	cycles--;
	TELL_TIME();
	in = code_fetch(vb, code_address(vb, in));
	RUN();
REFETCH:
	cycles--;
	pc = in->pc;
	TELL_TIME();
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
	if (!read32(vb, &cycles, in->imm, &r[in->rd]))
		goto abort_here;
	NEXT();
LDR_I:
	if (!read32(vb, &cycles, r[in->rn] + in->imm, &r[in->rd]))
		goto abort_here;
	NEXT();
LDRH_I:
	if (!read16(vb, &cycles, r[in->rn] + in->imm, &r[in->rd]))
		goto abort_here;
	NEXT();
LDRB_I:
	if (!read8(vb, &cycles, r[in->rn] + in->imm, &r[in->rd]))
		goto abort_here;
	NEXT();
STR_I:
	if (!write32(vb, &cycles, r[in->rn] + in->imm, r[in->rd]))
		goto abort_here;
	NEXT();
STRH_I:
	if (!write16(vb, &cycles, r[in->rn] + in->imm, r[in->rd]))
		goto abort_here;
	NEXT();
STRB_I:
	if (!write8(vb, &cycles, r[in->rn] + in->imm, r[in->rd]))
		goto abort_here;
	NEXT();
LDR_R:
	if (!read32(vb, &cycles, r[in->rn] + r[in->rm], &r[in->rd]))
		goto abort_here;
	NEXT();
LDRH_R:
	if (!read16(vb, &cycles, r[in->rn] + r[in->rm], &r[in->rd]))
		goto abort_here;
	NEXT();
LDRB_R:
	if (!read8(vb, &cycles, r[in->rn] + r[in->rm], &r[in->rd]))
		goto abort_here;
	NEXT();
LDRSH_R:
	if (!read16(vb, &cycles, r[in->rn] + r[in->rm], &x))
		goto abort_here;
	r[in->rd] = (uint32_t)(int16_t)x;
	NEXT();
LDRSB_R:
	if (!read8(vb, &cycles, r[in->rn] + r[in->rm], &x))
		goto abort_here;
	r[in->rd] = (uint32_t)(int8_t)x;
	NEXT();
STR_R:
	if (!write32(vb, &cycles, r[in->rn] + r[in->rm], r[in->rd]))
		goto abort_here;
	NEXT();
STRH_R:
	if (!write16(vb, &cycles, r[in->rn] + r[in->rm], r[in->rd]))
		goto abort_here;
	NEXT();
STRB_R:
	if (!write8(vb, &cycles, r[in->rn] + r[in->rm], r[in->rd]))
		goto abort_here;
	NEXT();
LDR_POST:
	if (!read32(vb, &cycles, r[in->rn], &x))
		goto abort_here;
	r[in->rn] += in->imm;
	r[in->rd] = x;
	NEXT();
LDRB_POST:
	if (!read8(vb, &cycles, r[in->rn], &x))
		goto abort_here;
	r[in->rn] += in->imm;
	r[in->rd] = x;
	NEXT();
STR_POST:
	if (!write32(vb, &cycles, r[in->rn], r[in->rd]))
		goto abort_here;
	r[in->rn] += in->imm;
	NEXT();
STRB_POST:
	if (!write8(vb, &cycles, r[in->rn], r[in->rd]))
		goto abort_here;
	r[in->rn] += in->imm;
	NEXT();
LDRB_PRE:
	if (!read8(vb, &cycles, r[in->rn] + in->imm, &x))
		goto abort_here;
	r[in->rn] += in->imm;
	r[in->rd] = x;
	NEXT();
STRB_PRE:
	if (!write8(vb, &cycles, r[in->rn] + in->imm, r[in->rd]))
		goto abort_here;
	r[in->rn] += in->imm;
	NEXT();
PUSH:
	TELL_TIME();
	if (!push(vb, cpu, in->imm))
		goto abort_here;
	LEARN_TIME();
	NEXT();
POP:
	TELL_TIME();
	if (!pop(vb, cpu, in->imm))
		goto abort_here;
	LEARN_TIME();
	NEXT();

B:
	if (in->imm == in->pc && cycles < vb->stop_cycle)
		cycles = vb->stop_cycle; /* nothing to do until then */
	x = in->imm;
	goto jump;
B_COND_BACK:
	if (!cpu_condition(cpu, in->aux))
		NEXT();
B_BACK:
	x = in->imm;
	if (!notices)
		goto jump;
	if (in != back) {
		back = in;
		back_turns = 0;
	} else if (++back_turns >= (uint32_t)CPU_TURNS_MIN << in->ra) {
		look_for_bulk(vb, in);
		back = NULL;
	}
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
	if (in->op == OP_BLX)
		r[14] = in->pc + 3;
	if ((x & 1) && x < 0xf0000000) {
		x &= ~1u;
		goto jump;
	}
	r[15] = in->pc;
	TELL_TIME();
	if (in->op == OP_BLX)
		cpu_jump_plain(vb, x);
	else
		cpu_jump(vb, x);
	LEARN_TIME();
	table = cpu->it ? at_in_it : at;
	x = r[15];
	goto jump;
IT:
	cpu->it = in->imm;
	table = cpu->it ? at_in_it : at;
	NEXT();
NOP:
	NEXT();
rare:
	op = in->op;
rare_in_it_block:
	pc = in->pc;
	r[15] = pc + 2u * in->len;
	TELL_TIME();
	if (!cpu_rare(vb, in, op))
		goto abort_at_pc;
	LEARN_TIME();
	table = cpu->it ? at_in_it : at;
	x = r[15];
	goto jump;

jump:
	if (__builtin_expect(x - FLASH_BASE < VBOARD_FLASH_BYTES, 1)) {
		in = &flash->insns[(x - FLASH_BASE) / 2];
		RUN();
	}
	pc = x;
	TELL_TIME();
	in = code_fetch(vb, x);
	if (!in)
		goto abort_at_pc;
	RUN();

stop:
	TELL_TIME();
	r[15] = code_address(vb, in);
	return;

abort_here: /* whoever said so knows the time */
	pc = in->pc;
abort_at_pc:
	if (pc == it_pc && !(vb->abort_cfsr & CFSR_INVSTATE))
		cpu->it = it_was; /* as if it had not run: a handler may return to it */
	cpu_fault(vb, pc);
}

#pragma GCC diagnostic pop
