/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 16-bit Thumb encodings (DDI 0403E A5.2). 32-bit ones are in decode_wide.c. What a Cortex-M3
 * leaves undefined becomes OP_UDF; what is unpredictable is decoded as the chip most likely does.
 */
#include "vboard/decode.h"

static void set_it(struct insn *in, enum op plain)
{
	in->op_it = (uint8_t)plain;
}

static void decode_shift_add(uint16_t hw, struct insn *in)
{
	static const uint8_t shifts[3] = { OP_LSL_I_S, OP_LSR_I_S, OP_ASR_I_S };
	static const uint8_t shifts_it[3] = { OP_LSL_I, OP_LSR_I, OP_ASR_I };
	uint32_t kind = bits(hw, 11, 2);

	in->rd = (uint8_t)bits(hw, 0, 3);
	if (kind < 3) {
		in->rm = (uint8_t)bits(hw, 3, 3);
		in->imm = bits(hw, 6, 5);
		in->op = shifts[kind];
		set_it(in, shifts_it[kind]);
		if (kind == 0 && in->imm == 0) {
			in->op = OP_MOV_R_S;
			set_it(in, OP_MOV_R);
		} else if (in->imm == 0) {
			in->imm = 32;
		}
		return;
	}
	in->rn = (uint8_t)bits(hw, 3, 3);
	if (hw & 0x0400) {
		in->imm = bits(hw, 6, 3);
		in->op = hw & 0x0200 ? OP_SUB_I_S : OP_ADD_I_S;
		set_it(in, hw & 0x0200 ? OP_SUB_I : OP_ADD_I);
	} else {
		in->rm = (uint8_t)bits(hw, 6, 3);
		in->op = hw & 0x0200 ? OP_SUB_R_S : OP_ADD_R_S;
		set_it(in, hw & 0x0200 ? OP_SUB_R : OP_ADD_R);
	}
}

static void decode_immediate8(uint16_t hw, struct insn *in)
{
	static const uint8_t ops[4] = { OP_MOV_I_S, OP_CMP_I, OP_ADD_I_S, OP_SUB_I_S };
	static const uint8_t ops_it[4] = { OP_MOV_I, OP_CMP_I, OP_ADD_I, OP_SUB_I };
	uint32_t kind = bits(hw, 11, 2);

	in->rd = (uint8_t)bits(hw, 8, 3);
	in->rn = in->rd;
	in->imm = bits(hw, 0, 8);
	in->ra = 2; /* MOV: carry unchanged */
	in->op = ops[kind];
	set_it(in, (enum op)ops_it[kind]);
}

/* DP16_OWN: an operation of its own; the others set flags through aux. */
enum dp16_kind { DP16_OWN, DP16_AUX, DP16_COMPARE };

struct dp16 {
	uint8_t op, op_it;
	uint8_t aux, aux_kind;
};

/* A5.2.2, in order of the opcode. */
static const struct dp16 dp16_table[16] = {
	{ OP_AND_R_S, OP_AND_R, 0, DP16_OWN },
	{ OP_EOR_R_S, OP_EOR_R, 0, DP16_OWN },
	{ OP_SHIFT_REG, OP_SHIFT_REG_PLAIN, SHIFT_LSL, DP16_AUX },
	{ OP_SHIFT_REG, OP_SHIFT_REG_PLAIN, SHIFT_LSR, DP16_AUX },
	{ OP_SHIFT_REG, OP_SHIFT_REG_PLAIN, SHIFT_ASR, DP16_AUX },
	{ OP_DP_REG, OP_DP_REG_PLAIN, DP_ADC, DP16_AUX },
	{ OP_DP_REG, OP_DP_REG_PLAIN, DP_SBC, DP16_AUX },
	{ OP_SHIFT_REG, OP_SHIFT_REG_PLAIN, SHIFT_ROR, DP16_AUX },
	{ OP_TST_R, OP_TST_R, 0, DP16_OWN },
	{ OP_DP_IMM, OP_DP_IMM_PLAIN, DP_RSB, DP16_AUX },
	{ OP_CMP_R, OP_CMP_R, 0, DP16_OWN },
	{ OP_DP_REG, OP_DP_REG, DP_ADD, DP16_COMPARE }, /* CMN: rd = 15, always flags */
	{ OP_ORR_R_S, OP_ORR_R, 0, DP16_OWN },
	{ OP_MUL_S, OP_MUL, 0, DP16_OWN },
	{ OP_BIC_R_S, OP_BIC_R, 0, DP16_OWN },
	{ OP_MVN_R_S, OP_MVN_R, 0, DP16_OWN },
};

static void decode_data_processing(uint16_t hw, struct insn *in)
{
	const struct dp16 *row = &dp16_table[bits(hw, 6, 4)];

	in->rd = (uint8_t)bits(hw, 0, 3);
	in->rn = in->rd;
	in->rm = (uint8_t)bits(hw, 3, 3);
	in->op = row->op;
	set_it(in, (enum op)row->op_it);
	in->aux = row->aux;
	if (row->aux_kind != DP16_OWN)
		in->aux |= DP_S;
	if (row->aux_kind == DP16_COMPARE)
		in->rd = 15;
	if (in->op == OP_DP_IMM) { /* RSBS rd, rn, #0 */
		in->rn = (uint8_t)bits(hw, 3, 3);
		in->ra = 2;
	}
}

static void decode_special(uint16_t hw, struct insn *in)
{
	in->rd = (uint8_t)(bits(hw, 0, 3) | bits(hw, 7, 1) << 3);
	in->rn = in->rd;
	in->rm = (uint8_t)bits(hw, 3, 4);
	switch (bits(hw, 8, 2)) {
	case 0: in->op = OP_ADD_HI; break;
	case 1: in->op = OP_CMP_HI; break;
	case 2: in->op = in->rd >= 13 || in->rm == 15 ? OP_MOV_HI : OP_MOV_R; break;
	default:
		in->op = hw & 0x80 ? OP_BLX : OP_BX;
		if (hw & 7)
			in->op = OP_UDF;
		break;
	}
	set_it(in, (enum op)in->op);
}

static void decode_register_offset(uint16_t hw, struct insn *in)
{
	static const uint8_t ops[8] = { OP_STR_R, OP_STRH_R, OP_STRB_R, OP_LDRSB_R,
					OP_LDR_R, OP_LDRH_R, OP_LDRB_R, OP_LDRSH_R };

	in->rd = (uint8_t)bits(hw, 0, 3);
	in->rn = (uint8_t)bits(hw, 3, 3);
	in->rm = (uint8_t)bits(hw, 6, 3);
	in->op = ops[bits(hw, 9, 3)];
}

static void decode_immediate_offset(uint16_t hw, struct insn *in)
{
	uint32_t kind = bits(hw, 11, 5);
	uint32_t imm = bits(hw, 6, 5);

	in->rd = (uint8_t)bits(hw, 0, 3);
	in->rn = (uint8_t)bits(hw, 3, 3);
	switch (kind) {
	case 0x0c: in->op = OP_STR_I, in->imm = imm * 4; break;
	case 0x0d: in->op = OP_LDR_I, in->imm = imm * 4; break;
	case 0x0e: in->op = OP_STRB_I, in->imm = imm; break;
	case 0x0f: in->op = OP_LDRB_I, in->imm = imm; break;
	case 0x10: in->op = OP_STRH_I, in->imm = imm * 2; break;
	case 0x11: in->op = OP_LDRH_I, in->imm = imm * 2; break;
	default:
		in->op = kind == 0x12 ? OP_STR_I : OP_LDR_I;
		in->rd = (uint8_t)bits(hw, 8, 3);
		in->rn = 13;
		in->imm = bits(hw, 0, 8) * 4;
		break;
	}
}

static void decode_extend_reverse(uint16_t hw, struct insn *in)
{
	static const uint8_t extends[4] = { OP_SXTH, OP_SXTB, OP_UXTH, OP_UXTB };
	static const uint8_t reverses[4] = { OP_REV, OP_REV16, OP_UDF, OP_REVSH };

	in->rd = (uint8_t)bits(hw, 0, 3);
	in->rm = (uint8_t)bits(hw, 3, 3);
	in->op = (hw & 0xff00) == 0xb200 ? extends[bits(hw, 6, 2)] : reverses[bits(hw, 6, 2)];
}

static void decode_hint(uint16_t hw, struct insn *in)
{
	if (hw & 0xf) {
		in->op = OP_IT;
		in->imm = bits(hw, 0, 8);
		return;
	}
	switch (bits(hw, 4, 4)) {
	case 2: in->op = OP_WFE; break;
	case 3: in->op = OP_WFI; break;
	case 4: in->op = OP_SEV; break;
	default: in->op = OP_NOP; break;
	}
}

static void decode_misc(uint16_t hw, struct insn *in)
{
	uint32_t kind = bits(hw, 8, 4);

	switch (kind) {
	case 0x0: /* ADD or SUB sp, #imm */
		in->rd = 13;
		in->rn = 13;
		in->imm = bits(hw, 0, 7) * 4;
		in->op = hw & 0x80 ? OP_SUB_I : OP_ADD_I;
		break;
	case 0x1:
	case 0x3:
	case 0x9:
	case 0xb:
		in->op = kind & 8 ? OP_CBNZ : OP_CBZ;
		in->rn = (uint8_t)bits(hw, 0, 3);
		in->imm = in->pc + 4 + (bits(hw, 3, 5) << 1 | bits(hw, 9, 1) << 6);
		break;
	case 0x2:
	case 0xa: decode_extend_reverse(hw, in); break;
	case 0x4:
	case 0x5:
		in->op = OP_PUSH;
		in->imm = bits(hw, 0, 8) | bits(hw, 8, 1) << 14;
		break;
	case 0x6:
		in->op = (hw & 0xffe8) == 0xb660 ? OP_CPS : OP_UDF;
		in->imm = bits(hw, 0, 5);
		break;
	case 0xc:
	case 0xd:
		in->op = OP_POP;
		in->imm = bits(hw, 0, 8);
		if (hw & 0x100) {
			in->op = OP_LDM;
			in->rn = 13;
			in->aux = MULTIPLE_WRITEBACK;
			in->imm |= 1u << 15;
		}
		break;
	case 0xe: in->op = OP_BKPT; break;
	case 0xf: decode_hint(hw, in); break;
	default: in->op = OP_UDF; break;
	}
	if ((in->op == OP_PUSH || in->op == OP_POP) && in->imm == 0)
		in->op = OP_UDF;
}

static void decode_branch16(uint16_t hw, struct insn *in)
{
	uint32_t cond = bits(hw, 8, 4);

	if ((hw & 0xf800) == 0xe000) {
		in->op = OP_B;
		in->imm = in->pc + 4 + ((uint32_t)((int32_t)((uint32_t)hw << 21) >> 20));
		return;
	}
	if (cond == 14) {
		in->op = OP_UDF;
	} else if (cond == 15) {
		in->op = OP_SVC;
		in->imm = bits(hw, 0, 8);
	} else {
		in->op = OP_B_COND;
		in->aux = (uint8_t)cond;
		in->imm = in->pc + 4 + ((uint32_t)((int32_t)((uint32_t)hw << 24) >> 23));
	}
}

static void decode_narrow(uint16_t hw, struct insn *in)
{
	switch (hw >> 11) {
	case 0x00:
	case 0x01:
	case 0x02:
	case 0x03: decode_shift_add(hw, in); break;
	case 0x04:
	case 0x05:
	case 0x06:
	case 0x07: decode_immediate8(hw, in); break;
	case 0x08:
		if (hw & 0x0400)
			decode_special(hw, in);
		else
			decode_data_processing(hw, in);
		break;
	case 0x09:
		in->op = OP_LDR_LIT;
		in->rd = (uint8_t)bits(hw, 8, 3);
		in->imm = ((in->pc + 4) & ~3u) + bits(hw, 0, 8) * 4;
		break;
	case 0x0a:
	case 0x0b: decode_register_offset(hw, in); break;
	case 0x0c:
	case 0x0d:
	case 0x0e:
	case 0x0f:
	case 0x10:
	case 0x11:
	case 0x12:
	case 0x13: decode_immediate_offset(hw, in); break;
	case 0x14: /* ADR: a constant */
		in->op = OP_MOV_I;
		in->rd = (uint8_t)bits(hw, 8, 3);
		in->imm = ((in->pc + 4) & ~3u) + bits(hw, 0, 8) * 4;
		break;
	case 0x15:
		in->op = OP_ADD_I;
		in->rd = (uint8_t)bits(hw, 8, 3);
		in->rn = 13;
		in->imm = bits(hw, 0, 8) * 4;
		break;
	case 0x16:
	case 0x17: decode_misc(hw, in); break;
	case 0x18:
	case 0x19:
		in->op = hw & 0x0800 ? OP_LDM : OP_STM;
		in->rn = (uint8_t)bits(hw, 8, 3);
		in->imm = bits(hw, 0, 8);
		in->aux = MULTIPLE_WRITEBACK;
		if (in->op == OP_LDM && (in->imm >> in->rn & 1))
			in->aux = 0; /* base in the list: no write-back */
		if (in->imm == 0)
			in->op = OP_UDF;
		break;
	default: decode_branch16(hw, in); break;
	}
}

void insn_decode(uint16_t hw1, uint16_t hw2, uint32_t pc, struct insn *ret)
{
	*ret = (struct insn){ .op = OP_UDF, .len = 1, .pc = pc };
	if (insn_is_wide(hw1)) {
		ret->len = 2;
		decode_wide(hw1, hw2, ret);
		ret->op_it = ret->op;
		return;
	}
	ret->op_it = 0;
	decode_narrow(hw1, ret);
	if (ret->op_it == 0)
		ret->op_it = ret->op;
}
