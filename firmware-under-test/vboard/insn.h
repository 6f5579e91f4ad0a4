/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A decoded ARMv7-M instruction: what the interpreter's loop runs on. Decoding is done once per
 * address and thrown away when the memory below changes. Encodings: ARMv7-M ARM (DDI 0403E), A5.
 */
#ifndef VBOARD_INSN_H
#define VBOARD_INSN_H

#include <stdint.h>

/*
 * Operations. "_S" sets flags. Register forms take rm as it is; SHIFTED forms take rm through
 * (aux: type, imm: amount). Operations above OP_RARE are run out of the loop, by cpu_rare.c.
 */
enum op {
	OP_DECODE = 0, /* nothing known of this address yet */
	OP_REFETCH,    /* outside the cached regions: look the address up again */
	/* moves and arithmetic on immediates: rd, rn, imm */
	OP_MOV_I,
	OP_MOV_I_S,
	OP_ADD_I,
	OP_ADD_I_S,
	OP_SUB_I,
	OP_SUB_I_S,
	OP_CMP_I,
	OP_AND_I,
	OP_ORR_I,
	OP_BIC_I,
	/* on registers: rd, rn, rm */
	OP_MOV_R,
	OP_MOV_R_S,
	OP_ADD_R,
	OP_ADD_R_S,
	OP_SUB_R,
	OP_SUB_R_S,
	OP_CMP_R,
	OP_AND_R,
	OP_AND_R_S,
	OP_ORR_R,
	OP_ORR_R_S,
	OP_EOR_R,
	OP_EOR_R_S,
	OP_BIC_R,
	OP_BIC_R_S,
	OP_MVN_R,
	OP_MVN_R_S,
	OP_TST_R,
	OP_MUL,
	OP_MUL_S,
	/* shifts by an immediate (never 0 for LSR, ASR: the decoder turns those into 32) */
	OP_LSL_I,
	OP_LSL_I_S,
	OP_LSR_I,
	OP_LSR_I_S,
	OP_ASR_I,
	OP_ASR_I_S,
	/* any data processing on a shifted register or a modified immediate: aux holds the rest */
	OP_ADD_SHIFTED, /* without flags, LSL only: array indexing */
	OP_UBFX,
	OP_SXTB,
	OP_SXTH,
	OP_UXTB,
	OP_UXTH,
	/* loads and stores: rn + imm, or rn + (rm << aux) */
	OP_LDR_LIT, /* imm: absolute address */
	OP_LDR_I,
	OP_LDRH_I,
	OP_LDRB_I,
	OP_STR_I,
	OP_STRH_I,
	OP_STRB_I,
	OP_LDR_R,
	OP_LDRH_R,
	OP_LDRB_R,
	OP_LDRSH_R,
	OP_LDRSB_R,
	OP_STR_R,
	OP_STRH_R,
	OP_STRB_R,
	OP_LDR_POST,  /* LDR rd, [rn], #imm */
	OP_LDRB_POST, /* LDRB rd, [rn], #imm */
	OP_STR_POST,
	OP_STRB_POST,
	OP_LDRB_PRE, /* LDRB rd, [rn, #imm]! */
	OP_STRB_PRE,
	OP_PUSH, /* imm: register list */
	OP_POP,	 /* without PC */
	/* branches: imm: absolute target */
	OP_B,
	OP_B_COND, /* aux: condition */
	/* the same, a short way back, of a loop: ra: how seldom it is looked at (bulk.h) */
	OP_B_BACK,
	OP_B_COND_BACK,
	OP_BL,
	OP_BX,
	OP_BLX,
	OP_CBZ,
	OP_CBNZ,
	OP_IT,
	OP_NOP,
	OP_RARE,	     /* first operation that leaves the loop */
	OP_DP_IMM = OP_RARE, /* aux: enum dp | DP_S; imm; ra: carry out 0, 1, or 2 = unchanged */
	OP_DP_REG,	     /* aux: enum dp | DP_S; imm: amount | type << 8 */
	OP_SHIFT_REG,	     /* aux: type | DP_S: rd = rn shifted by rm */
	OP_DP_IMM_PLAIN,     /* the three inside an IT block: 16-bit forms leave the flags */
	OP_DP_REG_PLAIN,
	OP_SHIFT_REG_PLAIN,
	OP_MOV_HI, /* may write PC */
	OP_ADD_HI,
	OP_CMP_HI,
	OP_LDR_PC, /* any load into PC: aux: enum mem_mode */
	OP_MEM,	   /* load or store not above: aux: enum mem_kind | mem_mode */
	OP_LDM,	   /* imm: list; aux: MULTIPLE_* */
	OP_STM,
	OP_LDRD,
	OP_STRD,
	OP_LDREX, /* aux: size */
	OP_STREX,
	OP_CLREX,
	OP_TBB,
	OP_TBH,
	OP_MOVT,
	OP_BFI,
	OP_BFC,
	OP_SBFX,
	OP_SSAT,
	OP_USAT,
	OP_EXTEND, /* with rotation: aux kind, imm amount */
	OP_REV,
	OP_REV16,
	OP_REVSH,
	OP_RBIT,
	OP_CLZ,
	OP_MLA,
	OP_MLS,
	OP_SMULL,
	OP_UMULL,
	OP_SMLAL,
	OP_UMLAL,
	OP_SDIV,
	OP_UDIV,
	OP_MRS,
	OP_MSR,
	OP_CPS,
	OP_SVC,
	OP_BKPT,
	OP_WFI,
	OP_WFE,
	OP_SEV,
	OP_NOCP,
	OP_UDF,
	OP_FETCH_FAULT,
	OP_STOP, /* not an instruction: an address at which the host wants to be told */
	OP_COUNT
};

/* Data processing as encoded in 32-bit instructions (A5.3.11). */
enum dp {
	DP_AND = 0,
	DP_BIC = 1,
	DP_ORR = 2, /* rn == 15: MOV */
	DP_ORN = 3, /* rn == 15: MVN */
	DP_EOR = 4,
	DP_ADD = 8,
	DP_ADC = 10,
	DP_SBC = 11,
	DP_SUB = 13,
	DP_RSB = 14,
	DP_S = 16, /* sets flags */
		   /* with DP_S and rd == 15: AND is TST, EOR is TEQ, ADD is CMN, SUB is CMP */
};

enum shift_type { SHIFT_LSL = 0, SHIFT_LSR = 1, SHIFT_ASR = 2, SHIFT_ROR = 3, SHIFT_RRX = 4 };

enum mem_kind {
	MEM_STRB = 0,
	MEM_STRH = 1,
	MEM_STR = 2,
	MEM_LDRB = 4,
	MEM_LDRH = 5,
	MEM_LDR = 6,
	MEM_LDRSB = 8,
	MEM_LDRSH = 9
};

enum mem_mode {
	MEM_OFFSET = 0x00,
	MEM_PRE = 0x10,
	MEM_POST = 0x20,
	MEM_REGISTER = 0x30, /* rn + (rm << imm) */
	MEM_MODE = 0x30,
};

enum multiple_flags { MULTIPLE_BEFORE = 1, MULTIPLE_WRITEBACK = 2 }; /* else: increment after */

enum extend_kind { EXTEND_SXTB = 0, EXTEND_SXTH = 1, EXTEND_UXTB = 2, EXTEND_UXTH = 3 };

struct insn {
	uint8_t op;  /* enum op */
	uint8_t len; /* in halfwords */
	uint8_t rd;
	uint8_t rn;
	uint8_t rm;
	uint8_t ra;
	uint8_t aux;
	uint8_t op_it; /* what a 16-bit instruction is inside an IT block (no flags) */
	uint32_t imm;
	uint32_t pc; /* address of the instruction */
};

/* Decodes 'hw1' (and 'hw2', for 32-bit encodings) at 'pc'. Never fails: undefined is OP_UDF. */
void insn_decode(uint16_t hw1, uint16_t hw2, uint32_t pc, struct insn *ret);

/* Whether the first halfword begins a 32-bit instruction (A5.1). */
static inline int insn_is_wide(uint16_t hw1)
{
	return hw1 >= 0xe800;
}

#endif
