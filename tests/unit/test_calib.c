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
	.parts = { { "apply", 0 } },
	.part_count = 2,
};

static const struct {
	struct cut_point cut;
	const char *phase; /* NULL: outside */
} places[] = {
	{ { 1, CUT_BY_TIME, 0, { 0 }, CUT_ANCHOR_NONE, 0 }, "1.stage" },
	{ { 1, CUT_BY_TIME, 999, { 0 }, CUT_ANCHOR_NONE, 0 }, "1.stage" },
	{ { 1, CUT_BY_TIME, 1000, { 0 }, CUT_ANCHOR_NONE, 0 }, "1.apply" },
	{ { 1, CUT_BY_TIME, 4999, { 0 }, CUT_ANCHOR_NONE, 0 }, "1.apply" },
	{ { 1, CUT_BY_TIME, 5000, { 0 }, CUT_ANCHOR_NONE, 0 }, NULL },
	{ { 1, CUT_BY_TIME, UINT64_MAX, { 0 }, CUT_ANCHOR_NONE, 0 }, NULL },
	{ { 2, CUT_BY_TIME, 699, { 0 }, CUT_ANCHOR_NONE, 0 }, "2.stage" },
	{ { 2, CUT_BY_TIME, 700, { 0 }, CUT_ANCHOR_NONE, 0 }, "2.wait" },
	{ { 3, CUT_BY_TIME, 0, { 0 }, CUT_ANCHOR_NONE, 0 }, NULL },
	{ { 1, CUT_BY_OPERATION, 9, { CUT_FORM_AFTER, 0 }, CUT_ANCHOR_NONE, 0 }, "1.stage" },
	{ { 1, CUT_BY_OPERATION, 10, { CUT_FORM_BEFORE, 0 }, CUT_ANCHOR_NONE, 0 }, "1.apply" },
	{ { 1, CUT_BY_OPERATION, 50, { CUT_FORM_BEFORE, 0 }, CUT_ANCHOR_NONE, 0 }, NULL },
	{ { 2, CUT_BY_OPERATION, 7, { CUT_FORM_BEFORE, 0 }, CUT_ANCHOR_NONE, 0 }, NULL },
	{ { 1, CUT_BY_INSTRUCTION, 500, { 0 }, CUT_ANCHOR_NONE, 0 }, "1.apply" },
	{ { 2, CUT_BY_INSTRUCTION, 0, { 0 }, CUT_ANCHOR_NONE, 0 }, NULL },
	{ { 1, CUT_BY_ANCHOR, 999, { 0 }, CUT_ANCHOR_READY, 0 }, "1.stage" },
	{ { 1, CUT_BY_ANCHOR, 1000, { 0 }, CUT_ANCHOR_READY, 0 }, "1.apply" },
	{ { 1, CUT_BY_ANCHOR, 4999, { 0 }, CUT_ANCHOR_READY, 0 }, "1.apply" },
	{ { 1, CUT_BY_ANCHOR, 5000, { 0 }, CUT_ANCHOR_READY, 0 }, "1.stage" }, /* after its end */
	{ { 1, CUT_BY_ANCHOR, UINT64_MAX, { 0 }, CUT_ANCHOR_READY, 0 }, "1.stage" },
	{ { 1, CUT_BY_ANCHOR, 1000, { 0 }, CUT_ANCHOR_CHUNK, 7 }, "1.stage" },
	{ { 1, CUT_BY_ANCHOR, 0, { 0 }, CUT_ANCHOR_TAKEN, 0 }, NULL },
	{ { 1, CUT_BY_ANCHOR, 0, { 0 }, CUT_ANCHOR_INSTALLED, 0 }, NULL },
	{ { 0 }, NULL },
	{ { 1, CUT_BY_NONE, 0, { 0 }, CUT_ANCHOR_NONE, 0 }, NULL },
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

static const struct calib install = {
	.windows = {
		{ "1.boot", 1, 0, 100, 0, 0, 0, 50 },
		{ "1.apply.dct", 1, 100, 200, 0, 10, 50, 60 },
		{ "1.apply.part", 1, 200, 400, 10, 30, 60, 90 },
		{ "1.apply.dct", 1, 400, 500, 30, 40, 90, 99 },
		{ "1.apply.part", 1, 500, 600, 40, 50, 99, 120 },
		{ "1.start", 1, 600, 900, 50, 50, 120, 200 },
		{ "2.apply.other", 2, 0, 10, 0, 5, 0, 5 },
	},
	.window_count = 7,
	.parts = { { "part", 400 }, { "elsewhere", 0 } },
	.part_count = 2,
};

static const struct {
	struct cut_point cut;
	enum calib_progress progress;
} cuts[] = {
	{ { 1, CUT_BY_TIME, 0, { 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_NOT_BEGUN },
	{ { 1, CUT_BY_TIME, 200, { 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_NOT_BEGUN },
	{ { 1, CUT_BY_TIME, 201, { 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_HALF },
	{ { 1, CUT_BY_TIME, 450, { 0 }, CUT_ANCHOR_NONE, 0 },
	  CALIB_HALF }, /* between its two windows */
	{ { 1, CUT_BY_TIME, 599, { 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_HALF },
	{ { 1, CUT_BY_TIME, 600, { 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_COMPLETE },
	{ { 1, CUT_BY_OPERATION, 10, { CUT_FORM_BEFORE, 0 }, CUT_ANCHOR_NONE, 0 },
	  CALIB_NOT_BEGUN },
	{ { 1, CUT_BY_OPERATION, 10, { CUT_FORM_TORN, 1 }, CUT_ANCHOR_NONE, 0 }, CALIB_HALF },
	{ { 1, CUT_BY_OPERATION, 10, { CUT_FORM_AFTER, 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_HALF },
	{ { 1, CUT_BY_OPERATION, 49, { CUT_FORM_TORN, 999 }, CUT_ANCHOR_NONE, 0 }, CALIB_HALF },
	{ { 1, CUT_BY_OPERATION, 49, { CUT_FORM_AFTER, 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_COMPLETE },
	{ { 1, CUT_BY_OPERATION, 50, { CUT_FORM_BEFORE, 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_COMPLETE },
	{ { 1, CUT_BY_INSTRUCTION, 61, { 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_HALF },
	{ { 1, CUT_BY_INSTRUCTION, 120, { 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_COMPLETE },
	{ { 2, CUT_BY_TIME, 5, { 0 }, CUT_ANCHOR_NONE, 0 },
	  CALIB_PROGRESS_UNKNOWN }, /* its module has no phase */
	{ { 3, CUT_BY_TIME, 5, { 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_PROGRESS_UNKNOWN },
	{ { 0, CUT_BY_NONE, 0, { 0 }, CUT_ANCHOR_NONE, 0 }, CALIB_PROGRESS_UNKNOWN },
};

START_TEST(how_far_the_install_was)
{
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++)
		ck_assert_msg(calib_progress_at(&install, &cuts[i].cut) == cuts[i].progress,
			      "row %zu: %d", i, (int)calib_progress_at(&install, &cuts[i].cut));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("calib");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, a_cut_falls_in_a_phase);
	tcase_add_test(tcase, windows_that_make_no_sense_are_empty);
	tcase_add_test(tcase, how_far_the_install_was);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
