/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/testing.h"
#include "plan/plan.h"

/* Two parts; instructions were counted in the first only, and "2.wait" does nothing to flash. */
static const struct calib update = {
	.windows = {
		{ "1.stage", 1, 0, 1000, 0, 10, 0, 500 },
		{ "1.apply", 1, 1000, 5000, 10, 50, 500, 900 },
		{ "2.stage", 2, 0, 700, 0, 7, 0, 0 },
		{ "2.wait", 2, 700, 900, 7, 7, 0, 0 },
	},
	.window_count = 4,
	.states = {
		{ { 15800, 300000, 0 } },
		{ { 15900, 400000, 0 } },
		{ { 15800, 304000, 9000 } },
	},
	.state_count = 3,
	.tolerance_us = 1000,
};

static const struct {
	struct cut_point cut;
	const char *phase; /* NULL: outside */
} places[] = {
	{ { 1, CUT_BY_TIME, 0, { 0 } }, "1.stage" },
	{ { 1, CUT_BY_TIME, 999, { 0 } }, "1.stage" },
	{ { 1, CUT_BY_TIME, 1000, { 0 } }, "1.apply" },
	{ { 1, CUT_BY_TIME, 4999, { 0 } }, "1.apply" },
	{ { 1, CUT_BY_TIME, 5000, { 0 } }, NULL },
	{ { 1, CUT_BY_TIME, UINT64_MAX, { 0 } }, NULL },
	{ { 2, CUT_BY_TIME, 699, { 0 } }, "2.stage" },
	{ { 2, CUT_BY_TIME, 700, { 0 } }, "2.wait" },
	{ { 3, CUT_BY_TIME, 0, { 0 } }, NULL },
	{ { 1, CUT_BY_OPERATION, 9, { CUT_FORM_AFTER, 0 } }, "1.stage" },
	{ { 1, CUT_BY_OPERATION, 10, { CUT_FORM_BEFORE, 0 } }, "1.apply" },
	{ { 1, CUT_BY_OPERATION, 50, { CUT_FORM_BEFORE, 0 } }, NULL },
	{ { 2, CUT_BY_OPERATION, 7, { CUT_FORM_BEFORE, 0 } }, NULL },
	{ { 1, CUT_BY_INSTRUCTION, 500, { 0 } }, "1.apply" },
	{ { 2, CUT_BY_INSTRUCTION, 0, { 0 } }, NULL },
	{ { 0 }, NULL },
	{ { 1, CUT_BY_NONE, 0, { 0 } }, NULL },
};

START_TEST(a_cut_falls_in_a_phase)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const struct calib_window *window = calib_window_of(&update, &places[i].cut);

		if (!places[i].phase) {
			ck_assert_msg(!window, "row %zu is in '%s'", i, window->phase);
			continue;
		}
		ck_assert_msg(window != NULL, "row %zu is outside", i);
		ck_assert_str_eq(window->phase, places[i].phase);
	}
}
END_TEST

START_TEST(windows_that_make_no_sense_are_empty)
{
	static const struct calib_window windows[] = {
		{ .phase = "1.stage", .part = 1, .begin_us = -5, .end_us = 10 },
		{ .phase = "1.stage", .part = 1, .begin_us = 20, .end_us = 10 },
	};

	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		struct calib_range range = calib_window_range(&windows[i], CUT_BY_TIME);

		ck_assert_uint_eq(range.begin, range.end);
	}
}
END_TEST

static const struct {
	struct boot_signature seen;
	int state;
	const char *why;
} boots[] = {
	{ { { 15800, 300000, 0 } }, 0, "the very same" },
	{ { { 16800, 299000, 0 } }, 0, "just within, on both sides" },
	{ { { 16801, 300000, 0 } }, -1, "first feature a microsecond off" },
	{ { { 15800, 301001, 0 } }, -1, "second feature a microsecond off" },
	{ { { 15900, 400000, 0 } }, 1, "another state" },
	{ { { 15900, 400000, 9000 } }, -1, "saw what that state does not show" },
	{ { { 15800, 0, 0 } }, -1, "did not see what all states show" },
	{ { { 15800, 304000, 8000 } }, 2, "all three features" },
	{ { { 15800, 304000, 0 } }, -1, "missed the third feature" },
	{ { { 0, 0, 0 } }, -1, "saw nothing" },
};

START_TEST(a_boot_is_known_by_all_its_features)
{
	for (size_t i = 0; i < ARRAY_LEN(boots); i++)
		ck_assert_msg(calib_state_of(&update, &boots[i].seen) == boots[i].state, "%s: %d",
			      boots[i].why, calib_state_of(&update, &boots[i].seen));
}
END_TEST

START_TEST(two_states_within_tolerance_are_none)
{
	static const struct calib alike = {
		.states = { { { 1000, 0, 0 } }, { { 1500, 0, 0 } } },
		.state_count = 2,
		.tolerance_us = 300,
	};

	/* 1210 is nearer to state 0, and yet both would explain it */
	ck_assert_int_eq(calib_state_of(&alike, &(struct boot_signature){ { 1210, 0, 0 } }), -1);
	ck_assert_int_eq(calib_state_of(&alike, &(struct boot_signature){ { 1199, 0, 0 } }), 0);
	ck_assert_int_eq(calib_state_of(&alike, &(struct boot_signature){ { 1301, 0, 0 } }), 1);
}
END_TEST

START_TEST(a_state_nobody_saw_boot_is_never_recognised)
{
	static const struct calib dark = { .state_count = 1, .tolerance_us = 1000 };

	ck_assert_int_eq(calib_state_of(&dark, &(struct boot_signature){ { 0, 0, 0 } }), -1);
	ck_assert_int_eq(calib_state_of(&dark, &(struct boot_signature){ { 500, 0, 0 } }), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("calib");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, a_cut_falls_in_a_phase);
	tcase_add_test(tcase, windows_that_make_no_sense_are_empty);
	tcase_add_test(tcase, a_boot_is_known_by_all_its_features);
	tcase_add_test(tcase, two_states_within_tolerance_are_none);
	tcase_add_test(tcase, a_state_nobody_saw_boot_is_never_recognised);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
