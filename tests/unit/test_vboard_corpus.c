/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core against a corpus on which Unicorn agreed ('make check-deep' says how it is made): the
 * same encodings from the same state must leave the same state. Every operation of the decoder is
 * in it.
 */
#include "campaign/load.h"
#include "lib/testing.h"
#include "lib/thumb_case.h"
#include "vboard/insn.h"

#include <stdlib.h>

enum { CASES_MIN = 2000, LINE_MAX_BYTES = 2048 };

static FILE *open_corpus(void)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *path = NULL;
	FILE *file;

	ck_assert_int_gt(asprintf(&path, "%s/tests/unit/vboard_corpus.txt", data), 0);
	file = fopen(path, "r");
	ck_assert_msg(file, "cannot open '%s'", path);
	return file;
}

static void note_ops(const struct thumb_case *c, bool ret_seen[OP_COUNT])
{
	bool block = (c->code[0] & 0xff00) == 0xbf00 && (c->code[0] & 0xf);

	for (uint32_t at = 0; at < c->code_count; at += thumb_insn_len(c, at)) {
		struct insn in;

		insn_decode(c->code[at], at + 1 < c->code_count ? c->code[at + 1] : 0,
			    c->address + 2 * at, &in);
		ret_seen[block && at > 0 ? in.op_it : in.op] = true;
	}
}

static void check_case(struct vboard *vb, unsigned int line, const struct thumb_case *c,
		       const struct thumb_result *wanted)
{
	struct thumb_result result;

	thumb_board_run(vb, c, &result);
	ck_assert_msg(result.end == wanted->end, "line %u ended as '%s', not '%s'", line,
		      thumb_end_name(result.end), thumb_end_name(wanted->end));
	for (unsigned int i = 0; i < THUMB_WORDS; i++)
		ck_assert_msg(result.out[i] == wanted->out[i], "line %u: word %u is %08x, not %08x",
			      line, i, result.out[i], wanted->out[i]);
	ck_assert_msg(thumb_result_equal(&result, wanted), "line %u: other words of RAM", line);
}

START_TEST(core_does_what_the_corpus_says)
{
	struct vboard *vb = thumb_board_new();
	FILE *file = open_corpus();
	char line[LINE_MAX_BYTES];
	bool seen[OP_COUNT] = { false };
	unsigned int cases = 0;
	unsigned int number = 0;

	while (fgets(line, sizeof(line), file)) {
		struct thumb_case c;
		struct thumb_result wanted;

		number++;
		if (line[0] == '#')
			continue;
		ck_assert_msg(thumb_case_read(line, &c, &wanted), "line %u is no case", number);
		check_case(vb, number, &c, &wanted);
		note_ops(&c, seen);
		cases++;
	}
	fclose(file);
	ck_assert_uint_ge(cases, CASES_MIN);
	for (unsigned int op = OP_REFETCH + 1; op < OP_COUNT; op++)
		/* these are not decoded but put there, by code.c */
		ck_assert_msg(seen[op] || op == OP_FETCH_FAULT || op == OP_STOP ||
				      op == OP_B_BACK || op == OP_B_COND_BACK,
			      "no case has operation %u of insn.h", op);
	vboard_free(vb);
}
END_TEST

/* A line that is not a case must not pass for one. */
START_TEST(bad_lines_are_told)
{
	static const char *const lines[] = {
		"",
		"8001000",
		"8001000 4770",
		"8001000 4770 > ",
		"8001000 4770 > flew 15=8001002",
		"8001000 4770 0 > ran",
		"8001000 4770 22=1 > ran",
		"8001000 4770 0=x > ran",
		"8001000 4770 20000000=1 > ran",
		"8001000 47x0 > ran",
		"8001000 1.2.3.4.5.6.7.8.9.a.b > ran",
	};
	struct thumb_case c;
	struct thumb_result result;

	ck_assert(!thumb_case_read(lines[_i], &c, &result));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_corpus");
	TCase *tc = tcase_create("corpus");

	tcase_add_test(tc, core_does_what_the_corpus_says);
	tcase_add_loop_test(tc, bad_lines_are_told, 0, 11);
	suite_add_tcase(suite, tc);
	return testing_run(suite);
}
