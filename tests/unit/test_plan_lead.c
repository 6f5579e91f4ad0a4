/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/plan_setup.h"
#include "lib/testing.h"

/* Trials given by hand come behind the first control, and one that is drawn, too, comes once. */
START_TEST(given_trials_lead)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	struct trial_spec given[2] = { 0 };
	struct err err = ERR_INIT;
	struct plan drawn;
	struct plan plan;

	setup->scenario.controls = (uint32_t)_i;
	drawn = plan_setup_plan(setup);
	plan = plan_setup_plan(setup);
	given[0] = *plan_setup_nth_cut(&drawn, 7);
	given[0].cut.at++;
	given[1] = *plan_setup_nth_cut(&drawn, 9);
	ck_assert_int_eq(plan_lead(&plan, given, ARRAY_LEN(given), &err), 0);
	ck_assert_uint_eq(plan.count, drawn.count + 1);
	ck_assert_uint_eq(plan.seed, 7);
	ck_assert_int_eq(trial_spec_is_control(&plan.specs[0]), _i > 0);
	plan_setup_same_id(plan_setup_nth_cut(&plan, 0), &given[0]);
	plan_setup_same_id(plan_setup_nth_cut(&plan, 1), &given[1]);
	for (size_t j = 0; j < 50; j++)
		if (j != 9)
			plan_setup_same_id(plan_setup_nth_cut(&plan, j < 9 ? j + 2 : j + 1),
					   plan_setup_nth_cut(&drawn, j));
	plan_release(&drawn);
	plan_release(&plan);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trials that lead a plan");
	TCase *tcase = tcase_create("plan");

	tcase_add_loop_test(tcase, given_trials_lead, 0, 4);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
