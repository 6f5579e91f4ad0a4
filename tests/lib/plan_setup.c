/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/plan_setup.h"
#include "lib/testing.h"

#include <stdio.h>
#include <string.h>

static const struct calib_window update_windows[PLAN_SETUP_WINDOWS] = {
	{ "1.stage", 1, 0, 1000, 0, 10, 0, 500 },
	{ "1.apply", 1, 1000, 4000, 10, 40, 500, 900 },
	{ "1.apply.dct", 1, 4000, 5000, 40, 50, 900, 1000 },
	{ "1.apply2", 1, 5000, 9000, 50, 90, 1000, 1900 },
	{ "1.start", 1, 9000, 9500, 90, 90, 1900, 2000 },
	{ "2.stage", 2, 100, 2100, 0, 20, 0, 0 },
};

struct plan_setup *plan_setup_new(void)
{
	struct plan_setup *setup = calloc(1, sizeof(*setup));

	ck_assert_ptr_nonnull(setup);
	setup->scenario = (struct scenario){
		.path = "nightly/p1.yaml",
		.name = "p1-power-loss",
		.part_count = 2,
		.cut.strategy = CUT_STRATEGY_RANDOM,
		.cut.by = CUT_BY_TIME,
		.power = { .off_us_min = 100000, .off_us_max = 500000, .vbat = VBAT_LOST },
		.trials = 50,
		.seed = 7,
	};
	memcpy(setup->calib.windows, update_windows, sizeof(update_windows));
	setup->calib.window_count = PLAN_SETUP_WINDOWS;
	return setup;
}

void plan_setup_choose(struct plan_setup *setup, const char *phase)
{
	size_t i = setup->scenario.cut.phase_count++;

	snprintf(setup->scenario.cut.phases[i], SCENARIO_NAME_MAX, "%s", phase);
}

void plan_setup_forms(struct plan_setup *setup)
{
	static const struct cut_form_at forms[] = {
		{ CUT_FORM_BEFORE, 0 },
		{ CUT_FORM_TORN, 300 },
		{ CUT_FORM_AFTER, 0 },
	};

	memcpy(setup->scenario.cut.forms, forms, sizeof(forms));
	setup->scenario.cut.form_count = ARRAY_LEN(forms);
}

void plan_setup_list(struct plan_setup *setup)
{
	static const struct cut_point points[] = {
		{ 1, CUT_BY_OPERATION, 89, { CUT_FORM_AFTER, 0 }, CUT_ANCHOR_NONE, 0 },
		{ 2, CUT_BY_TIME, 2099, { 0 }, CUT_ANCHOR_NONE, 0 },
		{ 1, CUT_BY_INSTRUCTION, 1999, { 0 }, CUT_ANCHOR_NONE, 0 },
		{ 2, CUT_BY_OPERATION, 0, { CUT_FORM_TORN, 250 }, CUT_ANCHOR_NONE, 0 },
		{ 1, CUT_BY_OPERATION, 3, { 0 }, CUT_ANCHOR_NONE, 0 },
	};

	setup->scenario.cut.strategy = CUT_STRATEGY_LIST;
	memcpy(setup->scenario.cut.points, points, sizeof(points));
	setup->scenario.cut.point_count = ARRAY_LEN(points);
}

struct plan plan_setup_plan(const struct plan_setup *setup)
{
	struct plan plan = { 0 };
	struct err err = ERR_INIT;

	ck_assert_msg(plan_make(&setup->scenario, &setup->calib, 0, NULL, &plan, &err) == 0, "%s",
		      err.text);
	return plan;
}

void plan_setup_same_id(const struct trial_spec *a, const struct trial_spec *b)
{
	char x[TRIAL_ID_MAX];
	char y[TRIAL_ID_MAX];

	trial_id_format(a, x);
	trial_id_format(b, y);
	ck_assert_str_eq(x, y);
}

const struct trial_spec *plan_setup_nth_cut(const struct plan *plan, size_t j)
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
