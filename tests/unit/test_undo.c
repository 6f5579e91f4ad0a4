/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/undo.h"
#include "lib/testing.h"

struct note {
	char *at;
	char letter;
};

static void write_letter(void *ctx)
{
	struct note *note = ctx;
	char *end = note->at;

	while (*end)
		end++;
	*end = note->letter;
}

START_TEST(what_was_taken_last_is_given_back_first)
{
	char text[8] = "";
	struct note notes[] = { { text, 'a' }, { text, 'b' }, { text, 'c' } };
	struct undo undo = { .count = 0 };

	for (size_t i = 0; i < ARRAY_LEN(notes); i++)
		undo_push(&undo, write_letter, &notes[i]);
	undo_run(&undo);
	ck_assert_str_eq(text, "cba");
	undo_run(&undo);
	ck_assert_str_eq(text, "cba");
	undo_push(&undo, write_letter, &notes[1]);
	undo_run(&undo);
	ck_assert_str_eq(text, "cbab");
}
END_TEST

struct chain {
	struct undo undo;
	char text[8];
	struct note note;
};

static void push_another(void *ctx)
{
	struct chain *chain = ctx;

	undo_push(&chain->undo, write_letter, &chain->note);
}

START_TEST(what_a_step_takes_is_given_back_too)
{
	struct chain chain = { .undo = { .count = 0 } };

	chain.note = (struct note){ chain.text, 'z' };
	undo_push(&chain.undo, push_another, &chain);
	undo_run(&chain.undo);
	ck_assert_str_eq(chain.text, "z");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("undo");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, what_was_taken_last_is_given_back_first);
	tcase_add_test(tcase, what_a_step_takes_is_given_back_too);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
