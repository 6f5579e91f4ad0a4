/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/plan_setup.h"
#include "lib/testing.h"

static struct plan make_plan(const struct plan_setup *setup)
{
	struct plan plan = { 0 };
	struct err err = ERR_INIT;

	ck_assert_msg(plan_make(&setup->scenario, &setup->calib, 0, NULL, &plan, &err) == 0, "%s",
		      err.text);
	return plan;
}

static void assert_same_id(const struct trial_spec *a, const struct trial_spec *b)
{
	char x[TRIAL_ID_MAX];
	char y[TRIAL_ID_MAX];

	trial_id_format(a, x);
	trial_id_format(b, y);
	ck_assert_str_eq(x, y);
}

/* The j-th trial that is no control. */
static const struct trial_spec *nth_cut(const struct plan *plan, size_t j)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (trial_spec_is_control(&plan->specs[i]))
			continue;
		if (j-- == 0)
			return &plan->specs[i];
	}
	ck_abort_msg("the plan has too few cuts");
	return NULL;
}

/* Trials given by hand come behind the first control, and one that is drawn, too, comes once. */
START_TEST(given_trials_lead)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	struct trial_spec given[2] = { 0 };
	struct err err = ERR_INIT;
	struct plan drawn;
	struct plan plan;

	setup->scenario.controls = (uint32_t)_i;
	drawn = make_plan(setup);
	plan = make_plan(setup);
	given[0] = *nth_cut(&drawn, 7);
	given[0].cut.at++;
	given[1] = *nth_cut(&drawn, 9);
	ck_assert_int_eq(plan_lead(&plan, given, ARRAY_LEN(given), &err), 0);
	ck_assert_uint_eq(plan.count, drawn.count + 1);
	ck_assert_uint_eq(plan.seed, 7);
	ck_assert_int_eq(trial_spec_is_control(&plan.specs[0]), _i > 0);
	assert_same_id(nth_cut(&plan, 0), &given[0]);
	assert_same_id(nth_cut(&plan, 1), &given[1]);
	for (size_t j = 0; j < 50; j++)
		if (j != 9)
			assert_same_id(nth_cut(&plan, j < 9 ? j + 2 : j + 1), nth_cut(&drawn, j));
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
