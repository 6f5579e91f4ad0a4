/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fall and rise of the supply in a plan. */
#include "lib/plan_setup.h"
#include "lib/testing.h"

#include <stdlib.h>

static struct plan setup_plan(const struct plan_setup *setup)
{
	struct plan plan = { 0 };
	struct err err = ERR_INIT;

	ck_assert_msg(plan_make(&setup->scenario, &setup->calib, 0, NULL, &plan, &err) == 0, "%s",
		      err.text);
	return plan;
}

/* What else is drawn for a trial stays what it is without them. */
START_TEST(ramps_are_drawn_from_their_range)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	bool first = false;
	bool last = false;
	struct plan without;
	struct plan with;
	char id[TRIAL_ID_MAX];
	char want[TRIAL_ID_MAX];

	setup->scenario.trials = 200;
	setup->scenario.controls = 1;
	setup->scenario.power.vbat = VBAT_RANDOM;
	without = setup_plan(setup);
	setup->scenario.power.fall_us_min = 10;
	setup->scenario.power.fall_us_max = 20;
	setup->scenario.power.rise_us_min = 700;
	setup->scenario.power.rise_us_max = 700;
	with = setup_plan(setup);
	for (size_t i = 0; i < with.count; i++) {
		struct trial_spec spec = with.specs[i];
		bool control = trial_spec_is_control(&spec);

		first |= spec.fall_us == 10;
		last |= spec.fall_us == 20;
		ck_assert(control ? spec.fall_us == 0 : spec.fall_us >= 10 && spec.fall_us <= 20);
		ck_assert_int_eq(spec.rise_us, control ? 0 : 700);
		spec.fall_us = 0;
		spec.rise_us = 0;
		trial_id_format(&spec, id);
		trial_id_format(&without.specs[i], want);
		ck_assert_str_eq(id, want);
	}
	ck_assert(first && last);
	plan_release(&without);
	plan_release(&with);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan_supply");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, ramps_are_drawn_from_their_range);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
