/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/macros.h"
#include "fuzz/acts.h"
#include "lib/testing.h"

#include <string.h>

static const char *const good[] = {
	"",
	"drop0",
	"drop137",
	"drop137-spoil137v9",
	"address0v4294705152",
	"delay1v5-delay2v6-delay3v7-reset4294967295v18446744073709551615",
};

START_TEST(a_list_reads_back_as_it_was_written)
{
	char text[FUZZ_ACTS_TEXT_MAX];
	struct fuzz_acts acts;
	const char *why;
	size_t at;

	ck_assert(fuzz_acts_parse(good[_i], strlen(good[_i]), &acts, &at, &why));
	fuzz_acts_format(&acts, text);
	ck_assert_str_eq(text, good[_i]);
}
END_TEST

static const struct {
	const char *text;
	size_t at;
	const char *why;
} bad[] = {
	{ "drip1", 0, "nothing that is done to a transfer is called so" },
	{ "none1", 0, "nothing that is done to a transfer is called so" },
	{ "1", 0, "expected what is done to the transfer" },
	{ "abcdefghijklmnopqrst1", 0, "expected what is done to the transfer" },
	{ "drop", 4, "expected a digit" },
	{ "drop01", 5, "a number has no leading zeros" },
	{ "drop00", 5, "a number has no leading zeros" },
	{ "drop4294967296", 13, "the number is too large" },
	{ "drop1v0", 7, "a value of 0 is not spelled" },
	{ "drop1v18446744073709551616", 25, "the number is too large" },
	{ "drop1drop2", 5, "expected '-'" },
	{ "drop1-", 6, "expected what is done to the transfer" },
	{ "drop2-drop1", 11, "what is done stands in the order of its units" },
	{ "drop1-drop1-drop1-drop1-drop1", 23, "more is done to a transfer than may be" },
};

START_TEST(what_is_no_list_is_refused_where_it_is_wrong)
{
	struct fuzz_acts acts = { .count = 77 };
	const char *why = NULL;
	size_t at = 99;

	ck_assert(!fuzz_acts_parse(bad[_i].text, strlen(bad[_i].text), &acts, &at, &why));
	ck_assert_str_eq(why, bad[_i].why);
	ck_assert_msg(at == bad[_i].at, "'%s' at %zu", bad[_i].text, at);
	ck_assert_uint_eq(acts.count, 77); /* untouched */
}
END_TEST

START_TEST(a_list_is_parsed_no_further_than_told)
{
	struct fuzz_acts acts;
	const char *why;
	size_t at;

	ck_assert(fuzz_acts_parse("drop1.l", 5, &acts, &at, &why));
	ck_assert_uint_eq(acts.count, 1);
}
END_TEST

START_TEST(the_longest_list_fits)
{
	char text[FUZZ_ACTS_TEXT_MAX];
	struct fuzz_acts acts = { .count = FUZZ_ACTS_MAX };

	for (int kind = FUZZ_NONE + 1; kind < FUZZ_COUNT; kind++) {
		for (size_t i = 0; i < FUZZ_ACTS_MAX; i++)
			acts.items[i] = (struct fuzz_act){ (enum fuzz_act_kind)kind, UINT32_MAX,
							   UINT64_MAX };
		fuzz_acts_format(&acts, text);
		ck_assert_ptr_nonnull(strrchr(text, '5')); /* the last digit is there */
		ck_assert_uint_lt(strlen(text), FUZZ_ACTS_TEXT_MAX - 1);
		ck_assert_str_eq(text + strlen(text) - 5, "51615");
		ck_assert_int_eq(fuzz_act_from_name(fuzz_act_name((enum fuzz_act_kind)kind)), kind);
	}
}
END_TEST

START_TEST(what_destroys_a_board_says_why)
{
	ck_assert_ptr_nonnull(fuzz_act_danger(FUZZ_INDEX));
	ck_assert_ptr_nonnull(fuzz_act_danger(FUZZ_ADDRESS));
	ck_assert_ptr_null(fuzz_act_danger(FUZZ_DROP));
}
END_TEST

START_TEST(an_act_is_found_by_unit_and_kind)
{
	const struct fuzz_acts acts = { { { FUZZ_DROP, 3, 0 }, { FUZZ_DELAY, 3, 9 } }, 2 };

	ck_assert_ptr_null(fuzz_act_at(NULL, 3, FUZZ_DROP));
	ck_assert_ptr_null(fuzz_act_at(&acts, 2, FUZZ_DROP));
	ck_assert_ptr_null(fuzz_act_at(&acts, 3, FUZZ_TWICE));
	ck_assert_uint_eq(fuzz_act_at(&acts, 3, FUZZ_DELAY)->value, 9);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("what is done to a transfer");
	TCase *tcase = tcase_create("acts");

	tcase_add_loop_test(tcase, a_list_reads_back_as_it_was_written, 0, ARRAY_LEN(good));
	tcase_add_loop_test(tcase, what_is_no_list_is_refused_where_it_is_wrong, 0, ARRAY_LEN(bad));
	tcase_add_test(tcase, a_list_is_parsed_no_further_than_told);
	tcase_add_test(tcase, the_longest_list_fits);
	tcase_add_test(tcase, what_destroys_a_board_says_why);
	tcase_add_test(tcase, an_act_is_found_by_unit_and_kind);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
