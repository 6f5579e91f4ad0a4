/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/testing.h"
#include "verdict/verdict.h"

enum kind_of_end { END_GOOD, END_BAD, END_VOID };

/* Numbers and names stand in databases: they are written out here a second time on purpose. */
static const struct {
	int number;
	const char *name;
	enum kind_of_end end;
} stored[] = {
	{ 0, "unknown", END_VOID },	  { 1, "updated", END_GOOD },
	{ 2, "reverted", END_GOOD },	  { 3, "stale", END_BAD },
	{ 4, "mixed", END_BAD },	  { 5, "degraded", END_BAD },
	{ 6, "hung", END_BAD },		  { 7, "needs-dfu", END_BAD },
	{ 8, "bricked", END_BAD },	  { 9, "not-delivered", END_VOID },
	{ 10, "inconclusive", END_VOID }, { 11, "rig-fault", END_VOID },
};

START_TEST(names_and_numbers_are_those_stored)
{
	ck_assert_uint_eq(ARRAY_LEN(stored), OUTCOME_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(stored); i++) {
		ck_assert_str_eq(outcome_name((enum outcome)stored[i].number), stored[i].name);
		ck_assert_int_eq((int)outcome_from_name(stored[i].name), stored[i].number);
	}
}
END_TEST

START_TEST(each_end_is_good_bad_or_void)
{
	for (size_t i = 0; i < ARRAY_LEN(stored); i++) {
		enum outcome outcome = (enum outcome)stored[i].number;

		ck_assert_msg(outcome_is_good(outcome) == (stored[i].end == END_GOOD), "%s",
			      stored[i].name);
		ck_assert_msg(outcome_is_void(outcome) == (stored[i].end == END_VOID), "%s",
			      stored[i].name);
	}
}
END_TEST

START_TEST(what_is_not_an_outcome_is_unknown)
{
	static const char *const names[] = { "", "Updated", "updated ", "brick", "bricked2" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		ck_assert_int_eq(outcome_from_name(names[i]), OUTCOME_UNKNOWN);
	ck_assert_str_eq(outcome_name(OUTCOME_COUNT), "unknown");
	ck_assert_str_eq(outcome_name((enum outcome) - 1), "unknown");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outcome");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, names_and_numbers_are_those_stored);
	tcase_add_test(tcase, each_end_is_good_bad_or_void);
	tcase_add_test(tcase, what_is_not_an_outcome_is_unknown);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
