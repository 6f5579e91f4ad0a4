/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From scenario to gate with released firmware. 1.5.0 clears its record of the pending update
 * before it copies: most cuts during the copy leave a board that only DFU revives. 0.5.2 copies
 * first, with a bootloader that needs nothing of the system: it recovers every time.
 */
#include "lib/firmware.h"
#include "lib/flow.h"
#include "lib/testing.h"

#include <string.h>

START_TEST(most_cuts_while_1_5_0_copies_need_dfu)
{
	unsigned int trials = flow_scale(80, 16);
	struct flow flow;
	unsigned int copies;
	unsigned int lost;

	if (!flow_run("smoke", "p1-power-loss", trials, 2, &flow))
		TEST_SKIP("the firmware of 1.5.0 and 1.5.2 is not in the cache");
	ck_assert_uint_eq(flow.count, trials + 5);
	flow_check_controls(&flow);
	copies = flow_count(&flow, "1.apply.system-part1", -1);
	lost = flow_count(&flow, "1.apply.system-part1", OUTCOME_NEEDS_DFU);
	ck_assert_uint_gt(copies, 0);
	ck_assert_msg(2 * lost > copies, "only %u of %u cuts during the copy need DFU", lost,
		      copies);
	/* a download that is cut harms nobody */
	ck_assert_uint_eq(flow_count(&flow, "1.stage", -1),
			  flow_count(&flow, "1.stage", OUTCOME_REVERTED));
	ck_assert_uint_eq(flow_count(&flow, "2.stage", -1),
			  flow_count(&flow, "2.stage", OUTCOME_REVERTED));
	if (trials >= 80) {
		ck_assert_int_eq(flow.gate.word, GATE_REJECTED);
		ck_assert_int_eq(gate_exit_code(flow.gate.word), 1);
	}
	flow_release(&flow);
}
END_TEST

START_TEST(every_cut_of_0_5_2_recovers)
{
	unsigned int trials = flow_scale(150, 16);
	struct flow flow;

	if (!flow_run("smoke", "p1-0.5.2-restage", trials, 2, &flow))
		TEST_SKIP("the firmware of 0.5.2 is not in the cache");
	flow_check_controls(&flow);
	flow_check_all_good(&flow);
	ck_assert_uint_gt(flow_count(&flow, "1.apply.system-part1", OUTCOME_UPDATED), 0);
	if (trials >= 150)
		ck_assert_int_eq(flow.gate.word, GATE_ACCEPTED);
	flow_release(&flow);
}
END_TEST

static bool same_attempt(const struct store_attempt *a, const struct store_attempt *b)
{
	return strcmp(a->trial_id, b->trial_id) == 0 && strcmp(a->phase, b->phase) == 0 &&
	       a->board_us == b->board_us && a->verdict.outcome == b->verdict.outcome &&
	       a->verdict.recovery_us == b->verdict.recovery_us &&
	       strcmp(a->verdict.reason, b->verdict.reason) == 0;
}

START_TEST(number_of_workers_changes_nothing)
{
	unsigned int trials = flow_scale(12, 4);
	struct flow one;
	struct flow two;

	if (!flow_run("smoke", "p1-power-loss", trials, 1, &one))
		TEST_SKIP("the firmware of 1.5.0 and 1.5.2 is not in the cache");
	ck_assert(flow_run("smoke", "p1-power-loss", trials, 3, &two));
	ck_assert_uint_eq(one.count, two.count);
	for (size_t i = 0; i < one.count; i++)
		ck_assert_msg(same_attempt(&one.attempts[i], &two.attempts[i]), "%s differs",
			      one.attempts[i].trial_id);
	flow_release(&one);
	flow_release(&two);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("find what is there");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 560);
	tcase_add_test(tcase, most_cuts_while_1_5_0_copies_need_dfu);
	tcase_add_test(tcase, every_cut_of_0_5_2_recovers);
	tcase_add_test(tcase, number_of_workers_changes_nothing);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
