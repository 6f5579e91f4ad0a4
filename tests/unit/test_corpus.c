/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "campaign/corpus.h"
#include "lib/edit.h"
#include "lib/testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char good[] = "otarig-corpus 1\n"
			   "00000000000000ab hung s.1.2.1n.500000.l.fuzz-drop1-spoil9v512\n"
			   "ffffffffffffffff updated s.1.4.2o77t500.500000.k.image-bit-flip.12\n";

static int parse(const char *text, size_t len, struct corpus *ret, struct err *err)
{
	return corpus_parse(text, len, "s.corpus", ret, err);
}

START_TEST(what_is_read_is_written_again)
{
	struct err err = ERR_INIT;
	struct corpus corpus;
	char *text;
	size_t len;

	ck_assert_int_eq(parse(good, strlen(good), &corpus, &err), 0);
	ck_assert_uint_eq(corpus.count, 2);
	ck_assert_uint_eq(corpus.entries[0].signature, 0xab);
	ck_assert_int_eq(corpus.entries[0].outcome, OUTCOME_HUNG);
	ck_assert_int_eq(corpus.entries[0].spec.acts.items[1].kind, FUZZ_SPOIL);
	ck_assert_ptr_eq(corpus_find(&corpus, UINT64_MAX), &corpus.entries[1]);
	ck_assert_ptr_null(corpus_find(&corpus, 1));
	ck_assert_int_eq(corpus_format(&corpus, &text, &len, &err), 0);
	ck_assert_str_eq(text, good);
	ck_assert_uint_eq(len, strlen(good));
	free(text);
	corpus_release(&corpus);
}
END_TEST

/* What the reader must say, and where. */
static const struct edit edits[] = {
	{ "otarig-corpus 1", "otarig-corpus 2", 1,
	  "not a corpus: the first line is not 'otarig-corpus 1'" },
	{ "otarig-corpus 1\n", "", 1, "not a corpus: the first line is not 'otarig-corpus 1'" },
	{ "00000000000000ab", "00000000000000AB", 2,
	  "expected a signature of 16 digits in 0-9 and a-f, and a space" },
	{ "00000000000000ab", "000000000000000ab", 2,
	  "expected a signature of 16 digits in 0-9 and a-f, and a space" },
	{ "00000000000000ab", "0000000000000000", 2, "no trial has the signature 0" },
	{ "00000000000000ab ", "00000000000000ab", 2,
	  "expected a signature of 16 digits in 0-9 and a-f, and a space" },
	{ "hung ", "hung", 2, "expected an outcome and a space after the signature" },
	{ "hung", "sung", 2, "'sung' is no outcome that says something of a board" },
	{ "hung", "rig-fault", 2, "'rig-fault' is no outcome that says something of a board" },
	{ "s.1.2.1n.500000.l.fuzz-drop1-spoil9v512", "s.1.2.none.0.l", 2,
	  "nothing is tried in a control" },
	{ "fuzz-drop1", "fuzz-droop1", 2,
	  "trial id 's.1.2.1n.500000.l.fuzz-droop1-spoil9v512': character 24: nothing that is "
	  "done to a transfer is called so" },
	{ "bit-flip.12\n", "bit-flip.12", 3, "the line has no end" },
	{ "bit-flip.12\n", "bit-flip.12\n\n", 4,
	  "expected a signature of 16 digits in 0-9 and a-f, and a space" },
	{ "s.1.4.2o77t500.500000.k.image-bit-flip.12", "s.1.2.1n.500000.l.fuzz-drop1-spoil9v512", 3,
	  "the trial is there already" },
};

START_TEST(bad_files_are_refused_with_their_line)
{
	const struct edit *edit = &edits[_i];
	AUTO_FREE char *text = edit_apply(good, edit);
	struct err err = ERR_INIT;
	struct corpus corpus;

	ck_assert_int_lt(parse(text, strlen(text), &corpus, &err), 0);
	edit_expect(edit, &err, "s.corpus");
}
END_TEST

START_TEST(bytes_that_are_no_text_are_refused)
{
	static const char nul[] = "otarig-corpus 1\n00000000000000ab hung s\0x\n";
	char line[CORPUS_LINE_MAX + 1];
	struct err err = ERR_INIT;
	struct corpus corpus;

	ck_assert_int_lt(parse("", 0, &corpus, &err), 0);
	ck_assert_str_eq(err.text, "the line has no end");
	ck_assert_int_lt(parse(nul, sizeof(nul) - 1, &corpus, &err), 0);
	ck_assert_uint_eq(err.line, 2);
	ck_assert_str_eq(err.text, "a NUL byte in the line");
	memset(line, 'x', CORPUS_LINE_MAX);
	line[CORPUS_LINE_MAX] = '\n';
	ck_assert_int_lt(parse(line, sizeof(line), &corpus, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "the line is longer than"));
}
END_TEST

static struct corpus_entry entry_of(uint64_t number)
{
	struct corpus_entry entry = { .signature = number + 1, .outcome = OUTCOME_HUNG };

	entry.spec =
		(struct trial_spec){ .scenario = "s",
				     .number = number,
				     .cut.part = 1,
				     .vbat = VBAT_LOST,
				     .acts = { .items = { { .kind = FUZZ_DROP } }, .count = 1 } };
	return entry;
}

START_TEST(a_full_corpus_takes_no_more_but_its_own)
{
	struct err err = ERR_INIT;
	struct corpus corpus;
	struct corpus_entry entry;
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *more = NULL;
	size_t len;

	ck_assert_int_eq(corpus_init(&corpus, &err), 0);
	for (uint64_t i = 0; i < CORPUS_ENTRIES_MAX; i++) {
		entry = entry_of(i);
		ck_assert(corpus_put(&corpus, &entry));
	}
	entry = entry_of(CORPUS_ENTRIES_MAX);
	ck_assert(!corpus_put(&corpus, &entry));
	entry = entry_of(7);
	entry.outcome = OUTCOME_UPDATED;
	ck_assert(corpus_put(&corpus, &entry));
	ck_assert_uint_eq(corpus.count, CORPUS_ENTRIES_MAX);
	ck_assert_int_eq(corpus.entries[7].outcome, OUTCOME_UPDATED);
	ck_assert_int_eq(corpus_format(&corpus, &text, &len, &err), 0);
	corpus_release(&corpus);
	ck_assert_int_gt(asprintf(&more, "%s%016x hung s.0.9999.1n.0.l.fuzz-drop0\n", text, 1u), 0);
	ck_assert_int_lt(parse(more, strlen(more), &corpus, &err), 0);
	ck_assert_uint_eq(err.line, CORPUS_ENTRIES_MAX + 2);
	ck_assert_str_eq(err.text, "more than 256 entries");
}
END_TEST

START_TEST(a_file_is_replaced_and_one_that_is_not_there_is_empty)
{
	AUTO_FREE char *path = NULL;
	struct err err = ERR_INIT;
	struct corpus corpus;
	struct corpus back;
	struct corpus_entry entry = entry_of(3);

	ck_assert_int_gt(asprintf(&path, "%s/s.corpus", testing_folder()), 0);
	ck_assert_int_eq(corpus_load(path, &corpus, &err), 0);
	ck_assert_uint_eq(corpus.count, 0);
	ck_assert(corpus_put(&corpus, &entry));
	ck_assert_int_eq(corpus_write(&corpus, path, &err), 0);
	ck_assert_int_eq(corpus_load(path, &back, &err), 0);
	ck_assert_uint_eq(back.count, 1);
	ck_assert_ptr_eq(corpus_find_trial(&back, &entry.spec), &back.entries[0]);
	corpus_release(&back);
	ck_assert_int_eq(corpus_write(&corpus, "/nonexistent/s.corpus", &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_IO);
	corpus_release(&corpus);
	ck_assert_int_lt(corpus_load(testing_folder(), &back, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("corpus");
	TCase *tcase = tcase_create("file");

	tcase_add_test(tcase, what_is_read_is_written_again);
	tcase_add_loop_test(tcase, bad_files_are_refused_with_their_line, 0, ARRAY_LEN(edits));
	tcase_add_test(tcase, bytes_that_are_no_text_are_refused);
	tcase_add_test(tcase, a_full_corpus_takes_no_more_but_its_own);
	tcase_add_test(tcase, a_file_is_replaced_and_one_that_is_not_there_is_empty);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
