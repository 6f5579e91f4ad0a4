/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Boards that show, while their power is off, that they have some: a trial with such a one says
 * nothing about the release, and says why. Edges that the bench lost are no such sign.
 */
#include "lib/fake_rig.h"
#include "lib/testing.h"
#include "verdict/verdict.h"

#include <string.h>

enum { IN_COMMIT_US = 450000 };

static const struct fed_case {
	enum fake_off off;
	enum outcome outcome;
	const char *reason;
} fed_cases[] = {
	{ FAKE_OFF_DARK, OUTCOME_REVERTED, NULL },
	{ FAKE_OFF_LOST_DARK, OUTCOME_REVERTED, NULL },
	{ FAKE_OFF_LIT, OUTCOME_NOT_DELIVERED, "power was off, but the LED stayed lit" },
	{ FAKE_OFF_LOST_LIT, OUTCOME_NOT_DELIVERED, "power was off, but the LED stayed lit" },
	{ FAKE_OFF_USB, OUTCOME_NOT_DELIVERED, "power was off, but 1234:5679 stayed on the USB" },
};

START_TEST(what_is_seen_of_a_board_that_is_off)
{
	const struct fed_case *c = &fed_cases[_i];
	struct trial_spec spec = fake_rig_spec(1, IN_COMMIT_US);
	struct fake_rig *rig = fake_rig_new(1);
	struct verdict verdict;
	struct obs_sink sink;
	struct obs_log log;
	int64_t board_us;

	ck_assert_ptr_nonnull(rig);
	ck_assert_int_eq(fake_rig_learn(rig, NULL), 0);
	rig->fake.off = c->off;
	obs_log_init(&log);
	sink = obs_log_sink(&log);
	ck_assert_int_eq(trial_run(&rig->setup, &spec, &sink, &board_us, NULL), 0);
	verdict_judge(&spec, &rig->calib, &log, &verdict);
	ck_assert_str_eq(outcome_name(verdict.outcome), outcome_name(c->outcome));
	if (c->reason)
		ck_assert_str_eq(verdict.reason, c->reason);
	obs_log_release(&log);
	free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fed");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, what_is_seen_of_a_board_that_is_off, 0, ARRAY_LEN(fed_cases));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
