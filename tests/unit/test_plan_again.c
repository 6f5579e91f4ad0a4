/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans that leave nothing out: every operation, and every second cut after each first one. */
#include "lib/plan_setup.h"
#include "lib/testing.h"

static struct plan setup_plan(const struct plan_setup *setup)
{
	struct plan plan = { 0 };
	struct err err = ERR_INIT;

	ck_assert_msg(plan_make(&setup->scenario, &setup->calib, 0, NULL, &plan, &err) == 0, "%s",
		      err.text);
	return plan;
}

/* Exhaustive: every operation of what was chosen, in every form. */
START_TEST(exhaustive_takes_all)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	struct plan plan;

	setup->scenario.cut.strategy = CUT_STRATEGY_EXHAUSTIVE;
	setup->scenario.cut.by = CUT_BY_OPERATION;
	setup->scenario.cut.stride = 1;
	setup->scenario.trials = 0;
	plan_setup_forms(setup);
	plan_setup_choose(setup, "1.stage");
	plan = setup_plan(setup);
	ck_assert_uint_eq(plan.count, 3 * 10);
	for (size_t i = 0; i < plan.count; i++)
		ck_assert_uint_eq(plan.specs[i].cut.at, i / 3);
	plan_release(&plan);
}
END_TEST

START_TEST(each_cut_with_every_second_one)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	static const uint64_t seconds[] = { 0, 4, 8 };
	struct plan plan;

	setup->scenario.cut.again_within = 9;
	setup->scenario.cut.again_stride = 4;
	plan = setup_plan(setup);
	ck_assert_uint_eq(plan.count, 3 * 50);
	for (size_t i = 0; i < plan.count; i++) {
		ck_assert_uint_eq(plan.specs[i].again.at, seconds[i % 3]);
		ck_assert_int_eq(plan.specs[i].again.form.form, CUT_FORM_TORN);
	}
	plan_release(&plan);
}
END_TEST

START_TEST(a_second_cut_is_drawn_and_changes_no_first_one)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	struct plan single = setup_plan(setup);
	uint64_t largest = 0;
	struct plan twice;

	setup->scenario.cut.again_within = 1000;
	twice = setup_plan(setup);
	ck_assert_uint_eq(twice.count, single.count);
	for (size_t i = 0; i < twice.count; i++) {
		ck_assert(trial_spec_cuts_again(&twice.specs[i]));
		ck_assert(!trial_spec_cuts_again(&single.specs[i]));
		ck_assert_uint_lt(twice.specs[i].again.at, 1000);
		ck_assert_uint_eq(twice.specs[i].cut.at, single.specs[i].cut.at);
		ck_assert_int_eq(twice.specs[i].off_us, single.specs[i].off_us);
		if (twice.specs[i].again.at > largest)
			largest = twice.specs[i].again.at;
	}
	ck_assert_uint_gt(largest, 700);
	plan_release(&single);
	plan_release(&twice);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan_again");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, exhaustive_takes_all);
	tcase_add_test(tcase, each_cut_with_every_second_one);
	tcase_add_test(tcase, a_second_cut_is_drawn_and_changes_no_first_one);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
