/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 32-bit Thumb-2 encodings (DDI 0403E A5.3). */
#include "vboard/decode.h"

static uint32_t ror32(uint32_t x, unsigned int n)
{
	return n ? x >> n | x << (32 - n) : x;
}

/* ThumbExpandImm_C (A5.3.2). *ret_carry: 0, 1, or 2 for unchanged. */
static uint32_t expand_immediate(uint32_t imm12, uint8_t *ret_carry)
{
	uint32_t byte = imm12 & 0xff;
	uint32_t value;

	*ret_carry = 2;
	if (imm12 >> 10 == 0) {
		switch (bits(imm12, 8, 2)) {
		case 0: return byte;
		case 1: return byte << 16 | byte;
		case 2: return byte << 24 | byte << 8;
		default: return byte << 24 | byte << 16 | byte << 8 | byte;
		}
	}
	value = ror32(0x80 | (imm12 & 0x7f), imm12 >> 7);
	*ret_carry = (uint8_t)(value >> 31);
	return value;
}

static uint32_t immediate12(uint16_t hw1, uint16_t hw2)
{
	return bits(hw1, 10, 1) << 11 | bits(hw2, 12, 3) << 8 | bits(hw2, 0, 8);
}

static int dp_is_defined(uint32_t dp)
{
	return dp <= DP_EOR || dp == DP_ADD || dp == DP_ADC || dp == DP_SBC || dp == DP_SUB ||
	       dp == DP_RSB;
}

/* The usual ones have operations of their own: no shift, no flags or none that need care. */
static void shorten_dp_reg(struct insn *in)
{
	uint32_t dp = in->aux & 15;
	int flags = in->aux & DP_S;
	int plain = in->imm == 0;

	if (in->rd == 15) {
		if (plain && dp == DP_SUB)
			in->op = OP_CMP_R;
		else if (plain && dp == DP_AND)
			in->op = OP_TST_R;
		return;
	}
	if (in->rd == 13)
		return;
	if (dp == DP_ADD && !flags && in->imm >> 8 == SHIFT_LSL && !plain) {
		in->op = OP_ADD_SHIFTED;
		return;
	}
	if (dp == DP_ORR && in->rn == 15 && !plain && in->imm >> 8 <= SHIFT_ASR) {
		static const uint8_t shifts[3] = { OP_LSL_I, OP_LSR_I, OP_ASR_I };

		in->op = (uint8_t)(shifts[in->imm >> 8] + (flags ? 1 : 0));
		in->imm &= 0xff;
		return;
	}
	if (!plain)
		return;
	switch (dp) {
	case DP_AND: in->op = flags ? OP_AND_R_S : OP_AND_R; break;
	case DP_BIC: in->op = flags ? OP_BIC_R_S : OP_BIC_R; break;
	case DP_ORR:
		if (in->rn == 15)
			in->op = flags ? OP_MOV_R_S : OP_MOV_R;
		else
			in->op = flags ? OP_ORR_R_S : OP_ORR_R;
		break;
	case DP_ORN:
		if (in->rn == 15)
			in->op = flags ? OP_MVN_R_S : OP_MVN_R;
		break;
	case DP_EOR: in->op = flags ? OP_EOR_R_S : OP_EOR_R; break;
	case DP_ADD: in->op = flags ? OP_ADD_R_S : OP_ADD_R; break;
	case DP_SUB: in->op = flags ? OP_SUB_R_S : OP_SUB_R; break;
	default: break;
	}
}

static void decode_dp_shifted(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t amount = bits(hw2, 12, 3) << 2 | bits(hw2, 6, 2);
	uint32_t type = bits(hw2, 4, 2);

	if (!dp_is_defined(bits(hw1, 5, 4)) || (hw2 & 0x8000))
		return;
	in->op = OP_DP_REG;
	in->aux = (uint8_t)(bits(hw1, 5, 4) | (hw1 & 0x10 ? DP_S : 0));
	in->rd = (uint8_t)bits(hw2, 8, 4);
	in->rn = (uint8_t)bits(hw1, 0, 4);
	in->rm = (uint8_t)bits(hw2, 0, 4);
	if (amount == 0 && type == SHIFT_ROR)
		type = SHIFT_RRX;
	else if (amount == 0 && type != SHIFT_LSL)
		amount = 32;
	in->imm = amount | type << 8;
	if (in->rm == 15 || in->rm == 13 ||
	    (in->rd == 15 && (!(in->aux & DP_S) || (in->aux & 15) == DP_BIC))) {
		in->op = in->rm == 13 && in->imm == 0 ? in->op : OP_UDF;
		if (in->op == OP_UDF)
			return;
	}
	shorten_dp_reg(in);
}

static void decode_dp_immediate(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t dp = bits(hw1, 5, 4);
	int flags = (hw1 & 0x10) != 0;

	if (!dp_is_defined(dp))
		return;
	in->imm = expand_immediate(immediate12(hw1, hw2), &in->ra);
	in->rd = (uint8_t)bits(hw2, 8, 4);
	in->rn = (uint8_t)bits(hw1, 0, 4);
	in->aux = (uint8_t)(dp | (flags ? DP_S : 0));
	in->op = OP_DP_IMM;
	if (in->rd == 15) {
		if (!flags || dp == DP_BIC || dp == DP_ORR || dp == DP_ORN || dp == DP_ADC ||
		    dp == DP_SBC || dp == DP_RSB)
			in->op = OP_UDF;
		else if (dp == DP_SUB)
			in->op = OP_CMP_I;
		return;
	}
	if (in->rd == 13)
		return;
	switch (dp) {
	case DP_ORR:
		if (in->rn == 15)
			in->op = flags ? OP_MOV_I_S : OP_MOV_I;
		else if (!flags)
			in->op = OP_ORR_I;
		break;
	case DP_AND: in->op = flags ? OP_DP_IMM : OP_AND_I; break;
	case DP_BIC: in->op = flags ? OP_DP_IMM : OP_BIC_I; break;
	case DP_ADD: in->op = flags ? OP_ADD_I_S : OP_ADD_I; break;
	case DP_SUB: in->op = flags ? OP_SUB_I_S : OP_SUB_I; break;
	default: break;
	}
}

static void decode_saturate(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t shift = bits(hw2, 12, 3) << 2 | bits(hw2, 6, 2);

	in->op = hw1 & 0x80 ? OP_USAT : OP_SSAT;
	in->imm = bits(hw2, 0, 5) + (hw1 & 0x80 ? 0 : 1);
	in->aux = hw1 & 0x20 ? SHIFT_ASR : SHIFT_LSL;
	in->ra = (uint8_t)shift;
	if ((hw1 & 0x20) && shift == 0)
		in->op = OP_UDF; /* SSAT16, USAT16: DSP extension */
}

static void decode_bitfield(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t lsb = bits(hw2, 12, 3) << 2 | bits(hw2, 6, 2);
	uint32_t field = bits(hw2, 0, 5);

	in->ra = (uint8_t)lsb;
	switch (bits(hw1, 5, 3)) {
	case 2: /* SBFX */
	case 6: /* UBFX */
		in->op = bits(hw1, 5, 3) == 2 ? OP_SBFX : OP_UBFX;
		in->imm = field + 1; /* width */
		if (lsb + field > 31)
			in->op = OP_UDF;
		break;
	default: /* BFI, BFC */
		if (field < lsb) {
			in->op = OP_UDF;
			break;
		}
		in->op = in->rn == 15 ? OP_BFC : OP_BFI;
		in->imm = field - lsb + 1;
		break;
	}
}

static void decode_dp_plain(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t imm12 = immediate12(hw1, hw2);
	uint32_t pc = (in->pc + 4) & ~3u;

	in->rd = (uint8_t)bits(hw2, 8, 4);
	in->rn = (uint8_t)bits(hw1, 0, 4);
	if (in->rd == 15)
		return;
	switch (bits(hw1, 4, 5)) {
	case 0x00: /* ADDW, ADR */
	case 0x0a: /* SUBW, ADR */
		in->imm = imm12;
		in->op = bits(hw1, 4, 5) == 0 ? OP_ADD_I : OP_SUB_I;
		if (in->rn == 15) {
			in->imm = in->op == OP_ADD_I ? pc + imm12 : pc - imm12;
			in->op = OP_MOV_I;
		} else if (in->rd == 13) {
			in->aux = in->op == OP_ADD_I ? DP_ADD : DP_SUB;
			in->op = OP_DP_IMM;
		}
		break;
	case 0x04:
		in->op = OP_MOV_I;
		in->imm = bits(hw1, 0, 4) << 12 | imm12;
		break;
	case 0x0c:
		in->op = OP_MOVT;
		in->imm = bits(hw1, 0, 4) << 12 | imm12;
		break;
	case 0x10:
	case 0x12:
	case 0x18:
	case 0x1a: decode_saturate(hw1, hw2, in); break;
	case 0x14:
	case 0x16:
	case 0x1c: decode_bitfield(hw1, hw2, in); break;
	default: break;
	}
	if (in->rd == 13 && in->op != OP_DP_IMM)
		in->op = OP_UDF;
}

static void decode_system(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	if ((hw1 & 0xffe0) == 0xf380 && (hw2 & 0xff00) == 0x8800) {
		in->op = OP_MSR;
		in->rn = (uint8_t)bits(hw1, 0, 4);
		in->imm = bits(hw2, 0, 8);
	} else if (hw1 == 0xf3ef && (hw2 & 0xf000) == 0x8000) {
		in->op = OP_MRS;
		in->rd = (uint8_t)bits(hw2, 8, 4);
		in->imm = bits(hw2, 0, 8);
	} else if (hw1 == 0xf3af && (hw2 & 0xff00) == 0x8000) {
		switch (hw2 & 0xff) {
		case 2: in->op = OP_WFE; break;
		case 3: in->op = OP_WFI; break;
		case 4: in->op = OP_SEV; break;
		default: in->op = OP_NOP; break;
		}
	} else if (hw1 == 0xf3bf && (hw2 & 0xff00) == 0x8f00) {
		uint32_t kind = bits(hw2, 4, 4);

		if (kind == 2)
			in->op = OP_CLREX;
		else if (kind >= 4 && kind <= 6)
			in->op = OP_NOP; /* DSB, DMB, ISB: memory is always in order here */
	}
}

static void decode_branch(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t s = bits(hw1, 10, 1);
	uint32_t j1 = bits(hw2, 13, 1);
	uint32_t j2 = bits(hw2, 11, 1);
	uint32_t offset;

	if (!(hw2 & 0x5000)) { /* B<c>.W and system */
		if (bits(hw1, 7, 3) == 7) {
			decode_system(hw1, hw2, in);
			return;
		}
		offset = s << 20 | j2 << 19 | j1 << 18 | bits(hw1, 0, 6) << 12 |
			 bits(hw2, 0, 11) << 1;
		in->op = OP_B_COND;
		in->aux = (uint8_t)bits(hw1, 6, 4);
		in->imm = in->pc + 4 + (uint32_t)((int32_t)(offset << 11) >> 11);
		return;
	}
	if ((hw2 & 0x5000) == 0x4000)
		return; /* BLX to ARM state: none here */
	offset = s << 24 | (1 ^ j1 ^ s) << 23 | (1 ^ j2 ^ s) << 22 | bits(hw1, 0, 10) << 12 |
		 bits(hw2, 0, 11) << 1;
	in->imm = in->pc + 4 + (uint32_t)((int32_t)(offset << 7) >> 7);
	in->op = hw2 & 0x4000 ? OP_BL : OP_B;
}

static void decode_multiple(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t mode = bits(hw1, 7, 2);
	int load = (hw1 & 0x10) != 0;

	in->rn = (uint8_t)bits(hw1, 0, 4);
	in->imm = hw2;
	if ((mode != 1 && mode != 2) || in->rn == 15 || (hw2 & 0x2000) || hw2 == 0 ||
	    (!load && (hw2 & 0x8000)) || (hw2 & 0xc000) == 0xc000)
		return;
	in->op = load ? OP_LDM : OP_STM;
	in->aux = mode == 2 ? MULTIPLE_BEFORE : 0;
	if (hw1 & 0x20)
		in->aux |= MULTIPLE_WRITEBACK;
	if ((hw1 & 0x20) && (hw2 >> in->rn & 1))
		in->op = OP_UDF;
}

static void decode_dual_exclusive(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t op1 = bits(hw1, 7, 2);
	uint32_t op2 = bits(hw1, 4, 2);

	in->rn = (uint8_t)bits(hw1, 0, 4);
	in->rd = (uint8_t)bits(hw2, 12, 4);
	in->ra = (uint8_t)bits(hw2, 8, 4);
	in->imm = bits(hw2, 0, 8) * 4;
	if (op1 == 0 && op2 == 0) { /* STREX rd=ra, rt=rd */
		in->op = OP_STREX;
		in->aux = 2;
	} else if (op1 == 0 && op2 == 1) {
		in->op = OP_LDREX;
		in->aux = 2;
	} else if (op1 == 1 && op2 == 0) {
		if (bits(hw2, 4, 4) == 4 || bits(hw2, 4, 4) == 5) {
			in->op = OP_STREX;
			in->aux = bits(hw2, 4, 4) == 4 ? 0 : 1;
			in->ra = (uint8_t)bits(hw2, 0, 4);
			in->imm = 0;
		}
	} else if (op1 == 1 && op2 == 1) {
		uint32_t kind = bits(hw2, 4, 4);

		if (kind == 0 || kind == 1) {
			in->op = kind ? OP_TBH : OP_TBB;
			in->rm = (uint8_t)bits(hw2, 0, 4);
		} else if (kind == 4 || kind == 5) {
			in->op = OP_LDREX;
			in->aux = kind == 4 ? 0 : 1;
			in->imm = 0;
		}
	} else { /* LDRD, STRD */
		in->op = hw1 & 0x10 ? OP_LDRD : OP_STRD;
		in->aux = (uint8_t)(!(hw1 & 0x100) ? MEM_POST : hw1 & 0x20 ? MEM_PRE : MEM_OFFSET);
		if (!(hw1 & 0x80))
			in->imm = 0 - in->imm;
		if (in->rd == 15 || in->ra == 15 || in->rd == 13 || in->ra == 13)
			in->op = OP_UDF;
	}
}

/* The commonest plain forms get operations of their own. */
static void shorten_memory(struct insn *in, uint32_t kind)
{
	uint32_t mode = in->aux & MEM_MODE;
	static const uint8_t offset[10] = { OP_STRB_I, OP_STRH_I, OP_STR_I, 0, OP_LDRB_I,
					    OP_LDRH_I, OP_LDR_I,  0,	    0, 0 };
	static const uint8_t post[10] = {
		OP_STRB_POST, 0, OP_STR_POST, 0, OP_LDRB_POST, 0, 0, 0, 0, 0
	};

	if (in->rd == 13 || in->rn == 15)
		return;
	if (mode == MEM_OFFSET && offset[kind])
		in->op = offset[kind];
	else if (mode == MEM_POST && post[kind] && in->rn != 13)
		in->op = post[kind];
	else if (mode == MEM_POST && kind == MEM_LDR && in->rn != 13)
		in->op = OP_LDR_POST;
	else if (mode == MEM_PRE && kind == MEM_LDRB && in->rn != 13)
		in->op = OP_LDRB_PRE;
	else if (mode == MEM_PRE && kind == MEM_STRB && in->rn != 13)
		in->op = OP_STRB_PRE;
}

/* Addressing modes of single loads and stores (A5.3.7 to A5.3.10); returns 0 when undefined. */
static int decode_memory_mode(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	if (in->rn == 15) { /* literal: loads only */
		uint32_t pc = (in->pc + 4) & ~3u;

		in->imm = hw1 & 0x80 ? pc + bits(hw2, 0, 12) : pc - bits(hw2, 0, 12);
		in->aux |= MEM_OFFSET;
		return 1;
	}
	if (hw1 & 0x80) {
		in->imm = bits(hw2, 0, 12);
		in->aux |= MEM_OFFSET;
		return 1;
	}
	if (hw2 & 0x800) {
		uint32_t puw = bits(hw2, 8, 3); /* P, U, W */

		in->imm = bits(hw2, 0, 8);
		if (!(puw & 2))
			in->imm = 0 - in->imm;
		if ((puw & 5) == 0)
			return 0;
		in->aux |= (uint8_t)((puw & 5) == 4 ? MEM_OFFSET : puw & 4 ? MEM_PRE : MEM_POST);
		return 1; /* LDRT and its kin behave as plain accesses in privileged code */
	}
	if (hw2 & 0x7c0)
		return 0;
	in->rm = (uint8_t)bits(hw2, 0, 4);
	in->imm = bits(hw2, 4, 2);
	in->aux |= MEM_REGISTER;
	return 1;
}

static void decode_memory(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t size = bits(hw1, 5, 2);
	int load = (hw1 & 0x10) != 0;
	int is_signed = (hw1 & 0x100) != 0;
	uint32_t kind;

	if (size == 3 || (is_signed && (!load || size == 2)))
		return;
	in->rn = (uint8_t)bits(hw1, 0, 4);
	in->rd = (uint8_t)bits(hw2, 12, 4);
	if (in->rn == 15 && !load)
		return;
	kind = is_signed ? MEM_LDRSB + size : load ? MEM_LDRB + size : size;
	in->aux = (uint8_t)kind;
	if (!decode_memory_mode(hw1, hw2, in))
		return;
	if (in->rd == 15) {
		if (kind == MEM_LDR)
			in->op = OP_LDR_PC;
		else if (load)
			in->op = (in->aux & MEM_MODE) == MEM_OFFSET ||
						 (in->aux & MEM_MODE) == MEM_REGISTER
					 ? OP_NOP
					 : /* PLD, PLI: hints */
					 OP_UDF;
		return;
	}
	if (in->rn == 15 && kind == MEM_LDR && in->rd != 13) {
		in->op = OP_LDR_LIT;
		return;
	}
	in->op = OP_MEM;
	shorten_memory(in, kind);
}

static void decode_dp_register(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t op1 = bits(hw1, 4, 4);
	uint32_t op2 = bits(hw2, 4, 4);

	in->rd = (uint8_t)bits(hw2, 8, 4);
	in->rn = (uint8_t)bits(hw1, 0, 4);
	in->rm = (uint8_t)bits(hw2, 0, 4);
	if ((hw2 & 0xf000) != 0xf000 || in->rd == 13 || in->rd == 15 || in->rm == 13 ||
	    in->rm == 15)
		return;
	if (op1 < 8 && op2 == 0) {
		in->op = OP_SHIFT_REG;
		in->aux = (uint8_t)(op1 >> 1 | (op1 & 1 ? DP_S : 0));
	} else if (op1 < 6 && (op2 & 8) && in->rn == 15) {
		static const uint8_t kinds[6] = { EXTEND_SXTH, EXTEND_UXTH, 0,
						  0,	       EXTEND_SXTB, EXTEND_UXTB };
		static const uint8_t plain[4] = { OP_SXTB, OP_SXTH, OP_UXTB, OP_UXTH };

		if (op1 == 2 || op1 == 3)
			return;
		in->aux = kinds[op1];
		in->imm = bits(hw2, 4, 2) * 8;
		in->op = in->imm ? (uint8_t)OP_EXTEND : plain[in->aux];
	} else if (op1 == 9 && (op2 & 12) == 8) {
		static const uint8_t ops[4] = { OP_REV, OP_REV16, OP_RBIT, OP_REVSH };

		in->op = ops[op2 & 3];
	} else if (op1 == 11 && op2 == 8) {
		in->op = OP_CLZ;
	}
}

static void decode_multiply(uint16_t hw1, uint16_t hw2, struct insn *in)
{
	uint32_t op1 = bits(hw1, 4, 3);
	uint32_t op2 = bits(hw2, 4, 4);

	in->rn = (uint8_t)bits(hw1, 0, 4);
	in->rm = (uint8_t)bits(hw2, 0, 4);
	in->rd = (uint8_t)bits(hw2, 8, 4);
	in->ra = (uint8_t)bits(hw2, 12, 4);
	if (!(hw1 & 0x80)) {
		if (in->rd == 15 || in->rd == 13 || op1 != 0)
			return;
		if (op2 == 0)
			in->op = in->ra == 15 ? OP_MUL : OP_MLA;
		else if (op2 == 1 && in->ra != 15)
			in->op = OP_MLS;
		return;
	}
	if (op1 == 1 && op2 == 15)
		in->op = OP_SDIV;
	else if (op1 == 3 && op2 == 15)
		in->op = OP_UDIV;
	else if (op2 == 0 && op1 == 0)
		in->op = OP_SMULL;
	else if (op2 == 0 && op1 == 2)
		in->op = OP_UMULL;
	else if (op2 == 0 && op1 == 4)
		in->op = OP_SMLAL;
	else if (op2 == 0 && op1 == 6)
		in->op = OP_UMLAL;
	if (in->rd == 15 || in->rd == 13)
		in->op = OP_UDF;
	if (in->op != OP_SDIV && in->op != OP_UDIV && in->op != OP_UDF &&
	    (in->ra == 13 || in->ra == 15 || in->ra == in->rd))
		in->op = OP_UDF;
}

/* No coprocessor is there (A5.3.18); the last quarter of the space is nobody's. */
static void decode_coprocessor(uint16_t hw1, struct insn *in)
{
	in->op = bits(hw1, 8, 2) == 3 ? OP_UDF : OP_NOCP;
}

void decode_wide(uint16_t hw1, uint16_t hw2, struct insn *ret)
{
	uint32_t op2 = bits(hw1, 4, 7);

	switch (bits(hw1, 11, 2)) {
	case 1:
		if (op2 & 0x40)
			decode_coprocessor(hw1, ret);
		else if (op2 & 0x20)
			decode_dp_shifted(hw1, hw2, ret);
		else if (op2 & 4)
			decode_dual_exclusive(hw1, hw2, ret);
		else
			decode_multiple(hw1, hw2, ret);
		break;
	case 2:
		if (hw2 & 0x8000)
			decode_branch(hw1, hw2, ret);
		else if (op2 & 0x20)
			decode_dp_plain(hw1, hw2, ret);
		else
			decode_dp_immediate(hw1, hw2, ret);
		break;
	default:
		if (op2 & 0x40)
			decode_coprocessor(hw1, ret);
		else if ((op2 & 0x70) == 0x20)
			decode_dp_register(hw1, hw2, ret);
		else if ((op2 & 0x70) == 0x30)
			decode_multiply(hw1, hw2, ret);
		else
			decode_memory(hw1, hw2, ret);
		break;
	}
}
