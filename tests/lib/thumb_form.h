/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The encodings of ARMv7-M without the DSP and floating-point extensions, as the ARM ARM (DDI
 * 0403E) lists them: a second opinion on what the decoder takes, written from the book and not from
 * it. What no form matches is UNDEFINED.
 */
#ifndef TESTS_LIB_THUMB_FORM_H
#define TESTS_LIB_THUMB_FORM_H

#include <stdbool.h>
#include <stdint.h>

/* Why an encoding is UNPREDICTABLE. */
enum thumb_unpredictable {
	UNPREDICTABLE_REGISTER = 1 << 0,  /* R13 or R15 where the form excludes it */
	UNPREDICTABLE_SHOULD_BE = 1 << 1, /* a (0) or (1) bit that is not */
	UNPREDICTABLE_IT = 1 << 2,	  /* may not be in an IT block, or only at its end */
	UNPREDICTABLE_LIST = 1 << 3,	  /* register list too short, SP in it, both PC and LR */
	UNPREDICTABLE_OVERLAP = 1 << 4,	  /* one register with two parts to play */
	UNPREDICTABLE_IMMEDIATE = 1 << 5, /* zero replicated, bit field beyond bit 31, empty CPS */
	UNPREDICTABLE_SPECIAL = 1 << 6,	  /* a special register or mask that is not there */
	UNPREDICTABLE_CONDITION = 1 << 7, /* IT with a condition that cannot be */
	UNPREDICTABLE_KINDS = 8,
};

/* What of an encoding the form's rules look at. R_x: that register is neither R13 nor R15. */
enum thumb_rule {
	R_D = 1 << 0,
	R_N = 1 << 1,
	R_M = 1 << 2,
	R_T = 1 << 3,	/* bits 15:12 of the second halfword: Rt, Ra, RdLo */
	R_T2 = 1 << 4,	/* bits 11:8 as a second Rt or RdHi */
	R_N15 = 1 << 5, /* not R15 alone */
	R_N13 = 1 << 6,
	R_D13 = 1 << 7,
	R_D15 = 1 << 8,
	R_T13 = 1 << 9,
	R_T15 = 1 << 10,
	RULE_LIST = 1 << 11,
	RULE_IT_NEVER = 1 << 12,
	RULE_IT_LAST = 1 << 13,
	RULE_IT_LAST_PC = 1 << 14, /* at the end when Rt, or the list, has R15 */
	RULE_BACK = 1 << 15,	   /* write-back (bit 8) into Rt */
	RULE_EXPAND = 1 << 16,	   /* modified immediate */
	RULE_TWICE = 1 << 17,	   /* Rm is encoded twice */
	RULE_HALVES = 1 << 18,	   /* RdHi and RdLo differ */
	RULE_OWN = 1 << 19,	   /* more: see thumb_form.c, by the form's name */
};

struct thumb_form {
	const char *name;
	const char *section;  /* DDI 0403E */
	uint32_t mask, value; /* first halfword in the upper half; 16-bit forms have 0 below */
	uint32_t should_mask, should_value;
	uint32_t rules; /* enum thumb_rule */
};

enum thumb_it { THUMB_IT_NONE = 0, THUMB_IT_INSIDE = 1, THUMB_IT_LAST = 2 };

/* Number of forms, and one of them. */
uint32_t thumb_form_count(void);
const struct thumb_form *thumb_form_get(uint32_t i);

/* The form of an encoding; NULL when UNDEFINED. 'hw2' counts for 32-bit encodings only. */
const struct thumb_form *thumb_form_find(uint16_t hw1, uint16_t hw2);

/* enum thumb_unpredictable bits of an encoding of 'form' at a place in an IT block. */
uint32_t thumb_form_unpredictable(const struct thumb_form *form, uint16_t hw1, uint16_t hw2,
				  enum thumb_it it);

/* Whether the form is in the coprocessor space, which ends in a NOCP fault on a Cortex-M3. */
bool thumb_form_is_coprocessor(const struct thumb_form *form);

/* Text of one enum thumb_unpredictable bit number, and where the book says it. */
const char *thumb_unpredictable_text(uint32_t bit);

#endif
