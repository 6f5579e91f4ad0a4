/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/thumb_form.h"
#include "lib/thumb_table.h"

#include <stddef.h>
#include <string.h>

#define TABLE_COUNT (sizeof(thumb_table) / sizeof(thumb_table[0]))

/* An encoding taken apart. */
struct fields {
	uint32_t code; /* first halfword in the upper half */
	bool wide;
	uint32_t d, n, m, t; /* of a 32-bit encoding */
};

static uint32_t part(uint32_t x, unsigned int low, unsigned int count)
{
	return x >> low & ((1u << count) - 1);
}

static struct fields take_apart(uint16_t hw1, uint16_t hw2)
{
	bool wide = hw1 >= 0xe800;

	return (struct fields){
		.code = (uint32_t)hw1 << 16 | (wide ? hw2 : 0),
		.wide = wide,
		.d = part(hw2, 8, 4),
		.n = part(hw1, 0, 4),
		.m = part(hw2, 0, 4),
		.t = part(hw2, 12, 4),
	};
}

static bool high(uint32_t reg)
{
	return reg == 13 || reg == 15;
}

static bool is(const struct thumb_form *form, const char *name)
{
	return strcmp(form->name, name) == 0;
}

static bool begins(const struct thumb_form *form, const char *text)
{
	return strncmp(form->name, text, strlen(text)) == 0;
}

uint32_t thumb_form_count(void)
{
	return TABLE_COUNT;
}

const struct thumb_form *thumb_form_get(uint32_t i)
{
	return &thumb_table[i];
}

/* What fixed bits cannot say. B.W with condition 111x is where the system instructions lie; B with
 * 14 is permanently undefined. */
static bool is_taken(const struct thumb_form *form, const struct fields *f)
{
	if (is(form, "b cond"))
		return part(f->code, 24, 4) != 14;
	if (is(form, "b.w cond"))
		return part(f->code, 23, 3) != 7;
	if (is(form, "coprocessor"))
		return part(f->code, 24, 2) != 3;
	if ((form->value & 0xff100000) == 0xf8000000) /* stores relative to PC */
		return f->n != 15;
	return true;
}

const struct thumb_form *thumb_form_find(uint16_t hw1, uint16_t hw2)
{
	struct fields f = take_apart(hw1, hw2);

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct thumb_form *form = &thumb_table[i];
		bool form_wide = form->value >= 0xe8000000;

		if (form_wide == f.wide && (f.code & form->mask) == form->value &&
		    is_taken(form, &f)) {
			/* SSAT and USAT with ASR #0 are the DSP extension's SSAT16, USAT16 */
			if ((is(form, "ssat asr") || is(form, "usat asr")) && !(f.code & 0x70c0))
				return NULL;
			return form;
		}
	}
	return NULL;
}

static bool bad_register(uint32_t rules, const struct fields *f)
{
	return ((rules & R_D) && high(f->d)) || ((rules & R_N) && high(f->n)) ||
	       ((rules & R_M) && high(f->m)) || ((rules & R_T) && high(f->t)) ||
	       ((rules & R_T2) && high(f->d)) || ((rules & R_N15) && f->n == 15) ||
	       ((rules & R_N13) && f->n == 13) || ((rules & R_D13) && f->d == 13) ||
	       ((rules & R_D15) && f->d == 15) || ((rules & R_T13) && f->t == 13) ||
	       ((rules & R_T15) && f->t == 15);
}

/* Registers of 16-bit forms and of the stack pointer's, which have rules of their own. */
static bool bad_register_own(const struct thumb_form *form, const struct fields *f)
{
	uint32_t rd = part(f->code, 16, 3) | part(f->code, 23, 1) << 3;
	uint32_t rm = part(f->code, 19, 4);
	uint32_t amount = part(f->code, 12, 3) << 2 | part(f->code, 6, 2);

	if (is(form, "add high"))
		return rd == 15 && rm == 15;
	if (is(form, "cmp high"))
		return rd == 15 || rm == 15 || (rd < 8 && rm < 8);
	if (is(form, "blx"))
		return rm == 15;
	if (is(form, "mov.w")) { /* with flags none of the two; without, one may be SP */
		if (f->code & 1u << 20)
			return high(f->d) || high(f->m);
		return f->d == 15 || f->m == 15 || (f->d == 13 && f->m == 13);
	}
	if (is(form, "add sp shifted") || is(form, "sub sp shifted"))
		return f->d == 13 && (part(f->code, 4, 2) != 0 || amount > 3);
	return false;
}

static bool bad_list(const struct thumb_form *form, const struct fields *f)
{
	uint32_t list = f->code & 0xffff;

	if (!f->wide)
		return part(f->code, 16, begins(form, "p") ? 9 : 8) == 0;
	if (begins(form, "ldm") && (list >> 14) == 3)
		return true;
	return __builtin_popcount(list) < 2;
}

static bool overlaps(const struct thumb_form *form, uint32_t rules, const struct fields *f)
{
	uint32_t list = f->code & 0xffff;

	if ((rules & RULE_BACK) && f->n == f->t)
		return true;
	if ((rules & RULE_TWICE) && f->n != f->m)
		return true;
	if ((rules & RULE_HALVES) && f->d == f->t)
		return true;
	if (f->wide && (rules & RULE_LIST) && (f->code & 1u << 21) && (list >> f->n & 1))
		return true;
	if (is(form, "stm")) /* the stored base is unknown unless it comes first */
		return (f->code >> 16 & 0xff & (1u << part(f->code, 24, 3))) &&
		       __builtin_ctz(f->code >> 16 & 0xff) != (int)part(f->code, 24, 3);
	if (is(form, "strex"))
		return f->d == f->n || f->d == f->t;
	if (begins(form, "strex"))
		return f->m == f->n || f->m == f->t;
	if (begins(form, "ldrd") && f->t == f->d)
		return true;
	if ((begins(form, "ldrd") || begins(form, "strd")) && (f->code & 1u << 21))
		return f->n == f->t || f->n == f->d || f->n == 15;
	return false;
}

static bool bad_immediate(const struct thumb_form *form, uint32_t rules, const struct fields *f)
{
	uint32_t low = part(f->code, 12, 3) << 2 | part(f->code, 6, 2);
	uint32_t field = part(f->code, 0, 5);

	if ((rules & RULE_EXPAND) && !(f->code & 1u << 26) && !(f->code & 0x40ff) &&
	    (f->code & 0x3000))
		return true;
	if (is(form, "sbfx") || is(form, "ubfx"))
		return low + field > 31;
	if (is(form, "bfi") || is(form, "bfc"))
		return field < low;
	return is(form, "cps") && !(f->code & 0x30000);
}

static bool bad_special(const struct thumb_form *form, const struct fields *f)
{
	uint32_t number = f->code & 0xff;
	bool known = number <= 3 || (number >= 5 && number <= 9) || (number >= 16 && number <= 20);

	if (is(form, "msr"))
		return !known || part(f->code, 10, 2) != 2;
	return is(form, "mrs") && !known;
}

static bool bad_it_place(const struct thumb_form *form, uint32_t rules, const struct fields *f,
			 enum thumb_it it)
{
	uint32_t rd = part(f->code, 16, 3) | part(f->code, 23, 1) << 3;
	bool to_pc = false;

	if (it == THUMB_IT_NONE)
		return false;
	if (rules & RULE_IT_NEVER)
		return true;
	if (is(form, "lsls imm") && part(f->code, 22, 5) == 0)
		return true; /* MOVS of registers */
	if (it == THUMB_IT_LAST)
		return false;
	if (is(form, "add high") || is(form, "mov high"))
		to_pc = rd == 15;
	else if (is(form, "pop"))
		to_pc = f->code & 1u << 24;
	else if (rules & RULE_IT_LAST_PC)
		to_pc = rules & RULE_LIST ? f->code & 0x8000 : f->t == 15;
	return to_pc || (rules & RULE_IT_LAST);
}

uint32_t thumb_form_unpredictable(const struct thumb_form *form, uint16_t hw1, uint16_t hw2,
				  enum thumb_it it)
{
	struct fields f = take_apart(hw1, hw2);
	uint32_t rules = form->rules;
	uint32_t first = part(f.code, 20, 4);
	uint32_t result = 0;

	if ((f.wide && bad_register(rules, &f)) || bad_register_own(form, &f))
		result |= UNPREDICTABLE_REGISTER;
	if ((f.code & form->should_mask) != form->should_value)
		result |= UNPREDICTABLE_SHOULD_BE;
	if (bad_it_place(form, rules, &f, it))
		result |= UNPREDICTABLE_IT;
	if ((rules & RULE_LIST) && bad_list(form, &f))
		result |= UNPREDICTABLE_LIST;
	if (overlaps(form, rules, &f))
		result |= UNPREDICTABLE_OVERLAP;
	if (bad_immediate(form, rules, &f))
		result |= UNPREDICTABLE_IMMEDIATE;
	if (bad_special(form, &f))
		result |= UNPREDICTABLE_SPECIAL;
	if (is(form, "it") &&
	    (first == 15 || (first == 14 && __builtin_popcount(part(f.code, 16, 4)) != 1)))
		result |= UNPREDICTABLE_CONDITION;
	return result;
}

bool thumb_form_is_coprocessor(const struct thumb_form *form)
{
	return is(form, "coprocessor");
}

const char *thumb_unpredictable_text(uint32_t bit)
{
	static const char *const texts[UNPREDICTABLE_KINDS] = {
		"R13 or R15 where the instruction excludes it (A5.1.3, A7.7)",
		"a (0) or (1) bit that is not as it should be (A5.1.2)",
		"not allowed in an IT block, or only as its last (A7.7)",
		"register list too short, with SP, or with PC and LR (A7.7)",
		"one register in two parts: base and data, both halves (A7.7)",
		"constant of replicated zeros, bit field beyond bit 31 (A5.3.2, A7.7)",
		"special register or mask that does not exist (B5.2)",
		"IT with a condition that cannot be (A7.7, IT)",
	};

	return texts[bit];
}
