/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From scenario to gate with the reference firmware: the rig, which sees no more than an LED,
 * judges each era as the order of its steps deserves.
 */
#include "lib/firmware.h"
#include "lib/flow.h"
#include "lib/testing.h"

enum { ENOUGH = 150, FEW = 40, SMALL = 12 };

static const struct row {
	const char *scenario;
	unsigned int trials;
	bool robust;
	bool application_too; /* a cut in the application's copy is as fatal */
} rows[] = {
	{ "robust", ENOUGH, true, false }, { "robust-linear", ENOUGH, true, false },
	{ "era-a", ENOUGH, true, false },  { "era-b", FEW, false, true },
	{ "era-c", FEW, false, false },
};

START_TEST(era_is_judged_as_it_must)
{
	const struct row *row = &rows[_i];
	unsigned int trials = flow_scale(row->trials, SMALL);
	struct flow flow;

	ck_assert(flow_run("reference", row->scenario, trials, 2, &flow));
	flow_check_controls(&flow);
	if (row->robust) {
		flow_check_all_good(&flow);
		ck_assert_uint_gt(flow_count(&flow, "1.apply.system-part1", OUTCOME_UPDATED), 0);
		if (trials == ENOUGH)
			ck_assert_int_eq(flow.gate.word, GATE_ACCEPTED);
	} else {
		const char *copies[] = { "1.apply.system-part1", "2.apply.system-part2" };

		for (size_t i = 0; i < ARRAY_LEN(copies); i++)
			ck_assert_uint_eq(flow_count(&flow, copies[i], -1),
					  flow_count(&flow, copies[i], OUTCOME_NEEDS_DFU));
		ck_assert_uint_eq(flow_count(&flow, "3.apply.user", OUTCOME_NEEDS_DFU),
				  row->application_too ? flow_count(&flow, "3.apply.user", -1) : 0);
		ck_assert_int_eq(flow.gate.word, GATE_REJECTED);
	}
	/* a download that is cut harms nobody */
	ck_assert_uint_eq(flow_count(&flow, "1.stage", -1),
			  flow_count(&flow, "1.stage", OUTCOME_REVERTED));
	flow_release(&flow);
}
END_TEST

static const char *const windows[] = { "window-word", "window-erase", "window-bank", "slow-fall" };

/* Fatal in a part of the update that chance hardly ever hits, or with a supply that few benches
 * have; here every cut is aimed at it. */
START_TEST(narrow_window_is_found)
{
	struct flow flow;

	ck_assert(flow_run("reference", windows[_i], flow_scale(20, SMALL), 2, &flow));
	flow_check_controls(&flow);
	ck_assert_uint_gt(flow_count(&flow, "1.apply", OUTCOME_NEEDS_DFU), 0);
	ck_assert_int_eq(flow.gate.word, GATE_REJECTED);
	flow_release(&flow);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference firmware: gate");
	TCase *tcase = tcase_create("gate");

	tcase_set_timeout(tcase, 560);
	tcase_add_loop_test(tcase, era_is_judged_as_it_must, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(tcase, narrow_window_is_found, 0, ARRAY_LEN(windows));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
