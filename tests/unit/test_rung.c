/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/testing.h"
#include "scenario/scenario.h"

/* Names stand in scenarios, names and numbers in databases: written out here a second time. */
static const char *const stored[] = {
	[0] = "none",	  [1] = "wait",	       [2] = "reset",	  [3] = "power-cycle",
	[4] = "long-off", [5] = "dfu-buttons", [6] = "dfu-flash",
};

START_TEST(names_and_numbers_are_those_stored)
{
	ck_assert_uint_eq(ARRAY_LEN(stored), RUNG_COUNT);
	for (unsigned int i = 0; i < ARRAY_LEN(stored); i++) {
		ck_assert_str_eq(rung_name((enum rung)i), stored[i]);
		ck_assert_uint_eq((unsigned int)rung_from_name(stored[i]), i);
	}
}
END_TEST

START_TEST(what_is_not_a_rung_is_none)
{
	ck_assert_int_eq(rung_from_name(""), RUNG_NONE);
	ck_assert_int_eq(rung_from_name("Reset"), RUNG_NONE);
	ck_assert_int_eq(rung_from_name("long-off "), RUNG_NONE);
	ck_assert_str_eq(rung_name(RUNG_COUNT), "none");
	ck_assert_str_eq(rung_name((enum rung) - 1), "none");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rung");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, names_and_numbers_are_those_stored);
	tcase_add_test(tcase, what_is_not_a_rung_is_none);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
