/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/plan_setup.h"
#include "lib/testing.h"

#include <errno.h>
#include <string.h>

static void no_strategy(struct plan_setup *setup)
{
	setup->scenario.cut.strategy = CUT_STRATEGY_UNKNOWN;
}

static void random_without_number(struct plan_setup *setup)
{
	setup->scenario.trials = 0;
	setup->scenario.controls = 3;
}

static void nothing_at_all(struct plan_setup *setup)
{
	setup->scenario.cut.strategy = CUT_STRATEGY_NONE;
	setup->scenario.trials = 0;
}

static void unknown_phase(struct plan_setup *setup)
{
	plan_setup_choose(setup, "1.stage");
	plan_setup_choose(setup, "1.app");
}

static void phase_without_operations(struct plan_setup *setup)
{
	setup->scenario.cut.by = CUT_BY_OPERATION;
	plan_setup_choose(setup, "1.start");
}

static void bench_without_operations(struct plan_setup *setup)
{
	setup->scenario.cut.by = CUT_BY_OPERATION;
	for (size_t i = 0; i < setup->calib.window_count; i++)
		setup->calib.windows[i].begin_op = setup->calib.windows[i].end_op = 0;
}

static void part_without_instructions(struct plan_setup *setup)
{
	setup->scenario.cut.by = CUT_BY_INSTRUCTION;
	plan_setup_choose(setup, "2");
}

static void windows_without_length(struct plan_setup *setup)
{
	for (size_t i = 0; i < setup->calib.window_count; i++)
		setup->calib.windows[i].end_us = setup->calib.windows[i].begin_us;
}

static void no_windows(struct plan_setup *setup)
{
	setup->calib.window_count = 0;
}

static void windows_without_end(struct plan_setup *setup)
{
	setup->scenario.cut.by = CUT_BY_OPERATION;
	setup->calib.windows[0].end_op = UINT64_MAX;
}

static void linear_without_stride(struct plan_setup *setup)
{
	setup->scenario.cut.strategy = CUT_STRATEGY_LINEAR;
}

static void linear_too_fine(struct plan_setup *setup)
{
	setup->scenario.cut.strategy = CUT_STRATEGY_LINEAR;
	setup->scenario.cut.stride = 1;
	setup->scenario.trials = 0;
	setup->calib.windows[0].end_us = INT64_MAX;
}

static void controls_too_many(struct plan_setup *setup)
{
	setup->scenario.trials = SCENARIO_TRIALS_MAX;
	setup->scenario.controls = 1;
}

static void empty_list(struct plan_setup *setup)
{
	setup->scenario.cut.strategy = CUT_STRATEGY_LIST;
}

static void list_of(struct plan_setup *setup, struct cut_point last)
{
	plan_setup_list(setup);
	setup->scenario.cut.points[4] = last;
}

static void point_of_part_3(struct plan_setup *setup)
{
	list_of(setup, (struct cut_point){ 3, CUT_BY_TIME, 0, { 0 }, CUT_ANCHOR_NONE, 0 });
}

static void point_of_part_0(struct plan_setup *setup)
{
	list_of(setup, (struct cut_point){ 0, CUT_BY_TIME, 0, { 0 }, CUT_ANCHOR_NONE, 0 });
}

static void point_after_the_end(struct plan_setup *setup)
{
	list_of(setup, (struct cut_point){ 1, CUT_BY_TIME, 9500, { 0 }, CUT_ANCHOR_NONE, 0 });
}

static void operation_after_the_end(struct plan_setup *setup)
{
	list_of(setup,
		(struct cut_point){
			2, CUT_BY_OPERATION, 20, { CUT_FORM_BEFORE, 0 }, CUT_ANCHOR_NONE, 0 });
}

static void instruction_not_counted(struct plan_setup *setup)
{
	list_of(setup, (struct cut_point){ 2, CUT_BY_INSTRUCTION, 0, { 0 }, CUT_ANCHOR_NONE, 0 });
}

static void point_without_cut(struct plan_setup *setup)
{
	list_of(setup, (struct cut_point){ 0 });
}

static const struct {
	void (*spoil)(struct plan_setup *setup);
	const char *text;
} impossible[] = {
	{ no_strategy, "no strategy" },
	{ random_without_number, "random cuts need a number of trials" },
	{ nothing_at_all, "no trial at all" },
	{ unknown_phase, "the update has no phase '1.app'" },
	{ phase_without_operations, "counted no flash operations" },
	{ bench_without_operations, "counted no flash operations" },
	{ part_without_instructions, "counted no instructions" },
	{ windows_without_length, "counted no microseconds" },
	{ no_windows, "counted no microseconds" },
	{ windows_without_end, "more flash operations than can be counted" },
	{ linear_without_stride, "need a stride" },
	{ linear_too_fine, "at most 1000000 in all" },
	{ controls_too_many, "1000000 cuts and 1 controls, at most 1000000 in all" },
	{ empty_list, "list of cuts is empty" },
	{ point_of_part_3, "cut point 5 '3t0': part 3 of an update with 2" },
	{ point_of_part_0, "cut point 5 '0t0': part 0 of an update with 2" },
	{ point_after_the_end, "cut point 5 '1t9500': part 1 ends at 9500" },
	{ operation_after_the_end, "cut point 5 '2o20b': part 2 ends at 20" },
	{ instruction_not_counted, "cut point 5 '2i0': the calibration counted none" },
	{ point_without_cut, "cut point 5 cuts nothing" },
};

START_TEST(impossible_cuts_are_refused)
{
	for (size_t i = 0; i < ARRAY_LEN(impossible); i++) {
		AUTO_FREE struct plan_setup *setup = plan_setup_new();
		struct plan plan = { .count = 77 };
		struct err err = ERR_INIT;

		impossible[i].spoil(setup);
		ck_assert_msg(plan_make(&setup->scenario, &setup->calib, 0, NULL, &plan, &err) ==
				      -EINVAL,
			      "planned in spite of: %s", impossible[i].text);
		ck_assert_int_eq(err.kind, ERR_CONFIG);
		ck_assert_str_eq(err.file, "nightly/p1.yaml");
		ck_assert_msg(strstr(err.text, impossible[i].text) != NULL, "%s", err.text);
		ck_assert_uint_eq(plan.count, 77);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan_refusals");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, impossible_cuts_are_refused);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
