/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "deep/thumb_gen.h"
#include "base/rng.h"
#include "lib/thumb_form.h"

#include <string.h>

enum {
	PERCENT_RANDOM = 20, /* of cases: no form, plain random halfwords */
	PERCENT_IT = 25,
	PERCENT_UNPREDICTABLE = 8, /* of encodings: not drawn again when unpredictable */
	TRIES = 40,
	CODE_FIRST = 0x08004000, /* jumps backwards stay in flash */
	CODE_BYTES = 0x000f0000,
	DATA_FIRST = RAM_BASE + 0x8000,
	DATA_BYTES = 0x10000,
};

static uint32_t word_of(struct rng *rng)
{
	return (uint32_t)rng_next(rng);
}

static bool percent(struct rng *rng, uint32_t share)
{
	return rng_below(rng, 100) < share;
}

static uint32_t pointer(struct rng *rng)
{
	uint32_t address = DATA_FIRST + (uint32_t)rng_below(rng, DATA_BYTES);

	return percent(rng, 80) ? address & ~3u : address;
}

static uint32_t value(struct rng *rng)
{
	static const uint32_t odd_ones[] = { 0,		 1,	     UINT32_MAX, 0x80000000,
					     0x7fffffff, 0x80000001, 31,	 32 };

	switch (rng_below(rng, 8)) {
	case 0:
	case 1: return pointer(rng);
	case 2: return (uint32_t)rng_below(rng, 64);
	case 3: return odd_ones[rng_below(rng, 8)];
	case 4: return 1u << rng_below(rng, 32);
	default: return word_of(rng);
	}
}

static uint32_t encoding_of(struct rng *rng, const struct thumb_form *form)
{
	uint32_t code = (word_of(rng) & ~form->mask) | form->value;

	return percent(rng, 95) ? (code & ~form->should_mask) | form->should_value : code;
}

/*
 * IT comes with its block only, for Unicorn cannot stop inside of one; what may let exceptions
 * through, which keep the rest of a case from being compared, stands alone.
 */
static bool may_stand(const struct thumb_form *form, enum thumb_it it)
{
	if (strcmp(form->name, "it") == 0)
		return false;
	return it == THUMB_IT_NONE ||
	       (strcmp(form->name, "msr") != 0 && strcmp(form->name, "cps") != 0);
}

/* Appends one encoding of 'form', or of a form drawn when NULL. */
static void append_form(struct rng *rng, struct thumb_case *c, const struct thumb_form *wanted,
			enum thumb_it it)
{
	const struct thumb_form *form = wanted;
	bool any = percent(rng, PERCENT_UNPREDICTABLE);
	uint16_t hw1 = 0;
	uint16_t hw2 = 0;

	for (int i = 0; i < TRIES; i++) {
		uint32_t code;

		if (!wanted)
			form = thumb_form_get((uint32_t)rng_below(rng, thumb_form_count()));
		code = encoding_of(rng, form);
		hw1 = (uint16_t)(code >> 16);
		hw2 = (uint16_t)code;
		if (!may_stand(form, it))
			continue;
		if (any || (thumb_form_find(hw1, hw2) == form &&
			    thumb_form_unpredictable(form, hw1, hw2, it) == 0))
			break;
	}
	c->code[c->code_count++] = hw1;
	if (insn_is_wide(hw1))
		c->code[c->code_count++] = hw2;
	c->insn_count++;
}

static void append_random(struct rng *rng, struct thumb_case *c)
{
	uint16_t hw1;

	do
		hw1 = (uint16_t)(word_of(rng) | (percent(rng, 60) ? 0xe800 : 0));
	while ((hw1 & 0xff00) == 0xbf00 && (hw1 & 0xf)); /* IT: see append_block() */
	c->code[c->code_count++] = hw1;
	if (insn_is_wide(hw1))
		c->code[c->code_count++] = (uint16_t)word_of(rng);
	c->insn_count++;
}

static void append_block(struct rng *rng, struct thumb_case *c)
{
	uint32_t mask = 1 + (uint32_t)rng_below(rng, 15);
	uint32_t count = 4 - (uint32_t)__builtin_ctz(mask);
	uint32_t cond = (uint32_t)rng_below(rng, 15);

	if (cond == 14)
		mask &= 0u - mask; /* always: no "else" */
	c->code[c->code_count++] = (uint16_t)(0xbf00 | cond << 4 | mask);
	c->insn_count++;
	count = 4 - (uint32_t)__builtin_ctz(mask);
	for (uint32_t i = 1; i <= count; i++)
		append_form(rng, c, NULL, i == count ? THUMB_IT_LAST : THUMB_IT_INSIDE);
}

/* Base and index of a memory access, so that most of them find RAM. */
static void aim(struct rng *rng, struct thumb_case *c, uint32_t at)
{
	uint16_t hw1 = c->code[at];
	uint32_t base = hw1 & 15;
	uint32_t index = 16;

	if (insn_is_wide(hw1)) {
		bool by_register = (hw1 & 0xfe80) == 0xf800 && !(c->code[at + 1] & 0x800);

		if ((hw1 & 0xfe40) != 0xe840 && (hw1 & 0xfe00) != 0xf800 &&
		    (hw1 & 0xfe40) != 0xe800)
			return;
		if (by_register || (hw1 & 0xfff0) == 0xe8d0)
			index = c->code[at + 1] & 15;
	} else if (hw1 >> 12 >= 5 && hw1 >> 12 <= 8) {
		base = hw1 >> 3 & 7;
		if (hw1 >> 12 == 5)
			index = hw1 >> 6 & 7;
	} else if (hw1 >> 12 == 12) {
		base = hw1 >> 8 & 7;
	} else {
		return;
	}
	if (index < 13 && index != base)
		c->in[index] = (uint32_t)rng_below(rng, 256);
	if (base < 13)
		c->in[base] = pointer(rng);
}

static void fill_in(struct rng *rng, struct thumb_case *c)
{
	for (int i = 0; i < THUMB_SP; i++)
		c->in[i] = value(rng);
	c->in[THUMB_SP] = pointer(rng) & ~3u;
	c->in[THUMB_LR] = percent(rng, 50) ? pointer(rng) | 1 : value(rng);
	c->in[THUMB_APSR] = word_of(rng) & 0xf8000000;
	c->in[THUMB_FAULTMASK] = 1;
	c->in[THUMB_PSP] = pointer(rng) & ~3u;
	for (uint32_t at = 0; at < c->code_count; at += thumb_insn_len(c, at))
		if (percent(rng, 85))
			aim(rng, c, at);
}

static struct rng begin(uint64_t seed, struct thumb_case *ret)
{
	struct rng rng;

	rng_init(&rng, seed);
	*ret = (struct thumb_case){ .address = CODE_FIRST +
					       2 * (uint32_t)rng_below(&rng, CODE_BYTES / 2) };
	return rng;
}

void thumb_gen_case(uint64_t seed, struct thumb_case *ret)
{
	struct rng rng = begin(seed, ret);

	if (percent(&rng, PERCENT_RANDOM))
		append_random(&rng, ret);
	else if (percent(&rng, PERCENT_IT))
		append_block(&rng, ret);
	else
		append_form(&rng, ret, NULL, THUMB_IT_NONE);
	fill_in(&rng, ret);
}

void thumb_gen_case_of(uint64_t seed, uint32_t form, struct thumb_case *ret)
{
	struct rng rng = begin(seed, ret);

	append_form(&rng, ret, thumb_form_get(form), THUMB_IT_NONE);
	fill_in(&rng, ret);
}
