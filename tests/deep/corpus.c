/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A few cases for each form of the book, for each operation of the decoder, of undefined encodings
 * and of IT blocks. A word that has no say in the outcome is made 0, so that a line is short.
 */
#include "deep/corpus.h"
#include "base/rng.h"
#include "deep/thumb_gen.h"
#include "lib/thumb_form.h"
#include "vboard/insn.h"

#include <string.h>

enum {
	CORPUS_SEED = 77,
	A_FORM = 7,	  /* cases of each form */
	AN_OPERATION = 7, /* of each operation, at least */
	UNDEFINED = 150,
	BLOCKS = 300,
	FORM_TRIES = 400,
	TRIES = 400000,
};

struct corpus {
	FILE *file;
	struct vboard *vb;
	struct unicorn_core *other;
	uint32_t ops[OP_COUNT]; /* cases that hold the operation */
	uint32_t written;
};

/* Counts the operations of a case; whether one is still wanted. */
static bool count_ops(struct corpus *corpus, const struct thumb_case *c, uint32_t add)
{
	bool block = (c->code[0] & 0xff00) == 0xbf00 && (c->code[0] & 0xf);
	bool wanted = false;

	for (uint32_t at = 0; at < c->code_count; at += thumb_insn_len(c, at)) {
		struct insn in;
		uint8_t op;

		insn_decode(c->code[at], at + 1 < c->code_count ? c->code[at + 1] : 0,
			    c->address + 2 * at, &in);
		op = block && at > 0 ? in.op_it : in.op;
		wanted |= corpus->ops[op] < AN_OPERATION;
		corpus->ops[op] += add;
	}
	return wanted;
}

/* Runs a case in both; true when they agree and the end is not one that depends on the host. */
static bool agree(struct corpus *corpus, const struct thumb_case *c, struct diff *ret)
{
	return diff_run(corpus->vb, corpus->other, c, ret) &&
	       thumb_result_equal(&ret->ours, &ret->theirs) && !diff_ran_undefined(ret) &&
	       ret->ours.store_count <= THUMB_STORES_MAX;
}

/* Whether 'now' is 'before' but for word 'i', which was left alone in both. */
static bool same_but(const struct thumb_result *before, const struct thumb_result *now, uint32_t i,
		     uint32_t was)
{
	struct thumb_result moved = *now;

	if (before->out[i] == was && now->out[i] == 0)
		moved.out[i] = was;
	return thumb_result_equal(before, &moved);
}

static void shorten(struct corpus *corpus, struct thumb_case *c, struct diff *diff)
{
	struct thumb_case shorter = *c;
	struct diff again;

	for (uint32_t i = 0; i < THUMB_WORDS; i++) {
		uint32_t was = shorter.in[i];
		struct thumb_result now;

		if (was == 0 || i == THUMB_FAULTMASK)
			continue;
		shorter.in[i] = 0;
		thumb_board_run(corpus->vb, &shorter, &now);
		if (same_but(&diff->ours, &now, i, was))
			diff->ours = now;
		else
			shorter.in[i] = was;
	}
	if (agree(corpus, &shorter, &again)) {
		*c = shorter;
		diff->ours = again.ours;
	} else {
		agree(corpus, c, diff);
	}
}

static bool take(struct corpus *corpus, struct thumb_case *c)
{
	struct diff diff;

	if (!agree(corpus, c, &diff))
		return false;
	shorten(corpus, c, &diff);
	thumb_case_write(corpus->file, c, &diff.ours);
	count_ops(corpus, c, 1);
	corpus->written++;
	return true;
}

static void take_forms(struct corpus *corpus)
{
	for (uint32_t form = 0; form < thumb_form_count(); form++) {
		uint32_t taken = 0;

		for (uint32_t i = 0; i < FORM_TRIES && taken < A_FORM; i++) {
			struct thumb_case c;

			thumb_gen_case_of(rng_derive(CORPUS_SEED + form, i), form, &c);
			if (c.code_count)
				taken += take(corpus, &c);
		}
		if (taken == 0)
			printf("form without a case: %s\n", thumb_form_get(form)->name);
	}
}

static void take_random(struct corpus *corpus)
{
	uint32_t undefined = 0;
	uint32_t blocks = 0;

	for (uint32_t i = 0; i < TRIES; i++) {
		struct thumb_case c;
		bool block;
		bool bad;

		thumb_gen_case(rng_derive(CORPUS_SEED, i), &c);
		block = c.insn_count > 1;
		bad = !block && !thumb_form_find(c.code[0], c.code[1]);
		if (!(block && blocks < BLOCKS) && !(bad && undefined < UNDEFINED) &&
		    !count_ops(corpus, &c, 0))
			continue;
		if (!take(corpus, &c))
			continue;
		blocks += block;
		undefined += bad;
	}
}

int corpus_write(const char *path, struct vboard *vb, struct unicorn_core *other)
{
	struct corpus corpus = { .vb = vb, .other = other };
	int status = 0;

	corpus.file = fopen(path, "w");
	if (!corpus.file) {
		perror(path);
		return 1;
	}
	fprintf(corpus.file, "# Made by 'test_unicorn --corpus FILE': cases on which Unicorn and "
			     "the board's core agree.\n"
			     "# address code, words before (number=value, r0 to r15, APSR and on: "
			     "thumb_case.h), '>', end,\n"
			     "# words that changed and PC, words of RAM that changed. Numbers of "
			     "words are decimal.\n");
	take_forms(&corpus);
	take_random(&corpus);
	for (uint32_t op = OP_REFETCH + 1; op < OP_COUNT; op++)
		if (corpus.ops[op] < AN_OPERATION && op != OP_FETCH_FAULT && op != OP_STOP) {
			printf("operation %u of insn.h has %u cases\n", op, corpus.ops[op]);
			status |= corpus.ops[op] == 0;
		}
	printf("%u cases\n", corpus.written);
	fclose(corpus.file);
	return status;
}
