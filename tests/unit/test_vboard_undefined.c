/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What ARMv7-M without extensions leaves undefined must fault, and what it defines must not: a list
 * by section of the ARM ARM (DDI 0403E), and a sweep against its table of forms.
 */
#include "lib/bare.h"
#include "lib/testing.h"
#include "lib/thumb_form.h"
#include "vboard/cpu.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum { SECOND_HALVES = 192, SEED_STEP = 40503 };

static const struct row {
	const char *section, *text;
	uint16_t hw1, hw2; /* hw2 of 16-bit ones is NOP */
} rows[] = {
	{ "A5.2.5", "SETEND (not in the M profile)", 0xb650, 0xbf00 },
	{ "A5.2.5", "1011 0110 000x", 0xb600, 0xbf00 },
	{ "A5.2.5", "1011 1000", 0xb8ff, 0xbf00 },
	{ "A5.2.5", "1011 1010 10: HLT elsewhere", 0xba80, 0xbf00 },
	{ "A5.2.6", "UDF", 0xde00, 0xbf00 },
	{ "A5.2.6", "UDF #255", 0xdeff, 0xbf00 },
	{ "A5.3.1", "op 0101", 0xf0a0, 0x0000 },
	{ "A5.3.1", "op 0110", 0xf0c0, 0x0000 },
	{ "A5.3.1", "op 0111", 0xf0e0, 0x0000 },
	{ "A5.3.1", "op 1001", 0xf120, 0x0000 },
	{ "A5.3.1", "op 1100", 0xf180, 0x0000 },
	{ "A5.3.1", "op 1111", 0xf1e0, 0x0000 },
	{ "A5.3.3", "op 00001 (ADDW with S)", 0xf210, 0x0000 },
	{ "A5.3.3", "op 00010", 0xf220, 0x0000 },
	{ "A5.3.3", "op 00101 (MOVW with S)", 0xf250, 0x0000 },
	{ "A5.3.3", "op 01000", 0xf280, 0x0000 },
	{ "A5.3.3", "op 01101 (MOVT with S)", 0xf2d0, 0x0000 },
	{ "A5.3.3", "SSAT16 (DSP extension)", 0xf320, 0x0000 },
	{ "A5.3.3", "USAT16 (DSP extension)", 0xf3a0, 0x0000 },
	{ "A5.3.3", "op 11110", 0xf3e0, 0x0000 },
	{ "A5.3.4", "BXJ (not in the M profile)", 0xf3c0, 0x8f00 },
	{ "A5.3.4", "SUBS PC, LR (not in the M profile)", 0xf3de, 0x8f00 },
	{ "A5.3.4", "SMC", 0xf7f0, 0x8000 },
	{ "A5.3.4", "UDF.W", 0xf7f0, 0xa000 },
	{ "A5.3.4", "BLX to ARM state", 0xf000, 0xe800 },
	{ "A5.3.4", "hint space, op1 not 0: CPS.W", 0xf3af, 0x8100 },
	{ "A5.3.4", "miscellaneous control 0000: LEAVEX", 0xf3bf, 0x8f0f },
	{ "A5.3.4", "miscellaneous control 0011", 0xf3bf, 0x8f3f },
	{ "A5.3.4", "miscellaneous control 0111", 0xf3bf, 0x8f7f },
	{ "A5.3.5", "SRSDB (not in the M profile)", 0xe80d, 0xc000 },
	{ "A5.3.5", "RFEDB (not in the M profile)", 0xe810, 0xc000 },
	{ "A5.3.5", "RFEIA (not in the M profile)", 0xe990, 0xc000 },
	{ "A5.3.6", "STREXD (not in the M profile)", 0xe8c0, 0x1270 },
	{ "A5.3.6", "LDREXD (not in the M profile)", 0xe8d0, 0x127f },
	{ "A5.3.6", "op3 0010", 0xe8d0, 0xf020 },
	{ "A5.3.7", "LDR with bits 11:6 between", 0xf850, 0x0040 },
	{ "A5.3.7", "LDR P = 0, W = 0", 0xf850, 0x0800 },
	{ "A5.3.7", "signed word", 0xf950, 0x0000 },
	{ "A5.3.8", "LDRH P = 0, W = 0", 0xf830, 0x0800 },
	{ "A5.3.9", "LDRB P = 0, W = 0", 0xf810, 0x0800 },
	{ "A5.3.10", "STR to a literal", 0xf8cf, 0x0000 },
	{ "A5.3.10", "STRB to a literal, register", 0xf80f, 0x0001 },
	{ "A5.3.10", "STR P = 0, W = 0", 0xf840, 0x0800 },
	{ "A5.3.10", "STRH with bits 11:6 between", 0xf820, 0x0400 },
	{ "A5.3.10", "size 3", 0xf860, 0x0000 },
	{ "A5.3.10", "signed store (NEON elsewhere)", 0xf920, 0x0000 },
	{ "A5.3.11", "PKHBT (DSP extension)", 0xeac0, 0x0000 },
	{ "A5.3.11", "op 0101", 0xeaa0, 0x0000 },
	{ "A5.3.11", "op 1001", 0xeb20, 0x0000 },
	{ "A5.3.11", "op 1100", 0xeb80, 0x0000 },
	{ "A5.3.11", "op 1111", 0xebe0, 0x0000 },
	{ "A5.3.12", "LSL.W without 1111", 0xfa00, 0x0000 },
	{ "A5.3.12", "SXTAH (DSP extension)", 0xfa01, 0xf080 },
	{ "A5.3.12", "SXTAB16 (DSP extension)", 0xfa20, 0xf080 },
	{ "A5.3.12", "UXTB16 (DSP extension)", 0xfa3f, 0xf080 },
	{ "A5.3.13", "SADD8 (DSP extension)", 0xfa80, 0xf000 },
	{ "A5.3.14", "UADD8 (DSP extension)", 0xfa80, 0xf040 },
	{ "A5.3.15", "QADD (DSP extension)", 0xfa80, 0xf080 },
	{ "A5.3.15", "SEL (DSP extension)", 0xfaa0, 0xf080 },
	{ "A5.3.15", "beside CLZ", 0xfab0, 0xf090 },
	{ "A5.3.16", "SMLABB (DSP extension)", 0xfb10, 0x0000 },
	{ "A5.3.16", "SMLAD (DSP extension)", 0xfb20, 0x0000 },
	{ "A5.3.16", "SMMLA (DSP extension)", 0xfb50, 0x0000 },
	{ "A5.3.16", "USAD8 (DSP extension)", 0xfb70, 0xf000 },
	{ "A5.3.16", "bits 7:6 not 00", 0xfb00, 0x0040 },
	{ "A5.3.17", "UMAAL (DSP extension)", 0xfbe0, 0x0160 },
	{ "A5.3.17", "SMLALBB (DSP extension)", 0xfbc0, 0x0180 },
	{ "A5.3.17", "SMLALD (DSP extension)", 0xfbc0, 0x01c0 },
	{ "A5.3.17", "SDIV, op2 not 1111", 0xfb90, 0xf0e0 },
	{ "A5.3.18", "last quarter of the coprocessor space", 0xef00, 0x0000 },
	{ "A5.3.18", "last quarter of the coprocessor space", 0xff80, 0x0110 },
};

START_TEST(undefined_encodings_fault)
{
	const struct row *row = &rows[_i];
	struct vboard *vb = bare_new();
	uint16_t code[2] = { row->hw1, row->hw2 };

	ck_assert_msg(!thumb_form_find(row->hw1, row->hw2), "%s: in the table of forms", row->text);
	bare_code(vb, BARE_CODE, code, 2);
	bare_run(vb, 1);
	ck_assert_msg(vb->s.fault_count == 1 && vb->s.fault_cfsr == CFSR_UNDEFINSTR &&
			      vb->s.fault_pc == BARE_CODE,
		      "%s %s (%04x %04x): %u faults, CFSR %08x", row->section, row->text, row->hw1,
		      row->hw2, vb->s.fault_count, vb->s.fault_cfsr);
	vboard_free(vb);
}
END_TEST

static void check_decoded(uint16_t hw1, uint16_t hw2)
{
	const struct thumb_form *form = thumb_form_find(hw1, hw2);
	struct insn in;

	insn_decode(hw1, hw2, BARE_CODE, &in);
	if (!form)
		ck_assert_msg(in.op == OP_UDF, "%04x %04x is undefined and decoded", hw1, hw2);
	else if (thumb_form_is_coprocessor(form))
		ck_assert_msg(in.op == OP_NOCP, "%04x %04x is a coprocessor's", hw1, hw2);
	else if (thumb_form_unpredictable(form, hw1, hw2, THUMB_IT_NONE) == 0)
		ck_assert_msg(in.op != OP_UDF && in.op != OP_NOCP, "%04x %04x is %s (%s)", hw1, hw2,
			      form->name, form->section);
}

START_TEST(every_first_halfword_as_the_book_has_it)
{
	uint16_t hw2 = 0;

	for (uint32_t hw1 = 0; hw1 <= UINT16_MAX; hw1++) {
		if (!insn_is_wide((uint16_t)hw1)) {
			check_decoded((uint16_t)hw1, 0);
			continue;
		}
		for (int i = 0; i < SECOND_HALVES; i++, hw2 = (uint16_t)(hw2 + SEED_STEP))
			check_decoded((uint16_t)hw1, hw2);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_undefined");
	TCase *tc = tcase_create("undefined");

	tcase_add_loop_test(tc, undefined_encodings_fault, 0, COUNT(rows));
	tcase_add_test(tc, every_first_halfword_as_the_book_has_it);
	suite_add_tcase(suite, tc);
	return testing_run(suite);
}
