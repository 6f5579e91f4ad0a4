/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From scenario to gate with released firmware. 1.5.0 clears its record of the pending update
 * before it copies: most cuts during the copy leave a board that only DFU revives. 0.5.2 copies
 * first, with a bootloader that needs nothing of the system: it recovers every time.
 */
#include "campaign/campaign.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "results/gate.h"

#include <stdio.h>
#include <string.h>

struct flow {
	struct loaded *loaded;
	struct store *store;
	struct store_attempt *attempts;
	size_t count;
	struct gate_result gate;
};

static void load_policy(struct gate_policy *ret)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *path = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_gt(asprintf(&path, "%s/scenarios/policies/default.yaml", data), 0);
	ck_assert_msg(gate_policy_load(path, ret, &err) == 0, "%s", err.text);
}

/* False: the firmware is not there. */
static bool run_flow(const char *name, unsigned int trials, unsigned int jobs, struct flow *ret)
{
	struct campaign_options options = { .jobs = jobs };
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	struct gate_policy policy;
	struct plan plan;
	struct err err = ERR_INIT;
	char path[256];
	int64_t run_id;

	*ret = (struct flow){ .loaded = firmware_scenario(name) };
	if (!ret->loaded)
		return false;
	snprintf(path, sizeof(path), "%s/flow.db", testing_folder());
	ck_assert_msg(store_open(path, STORE_WRITE, &ret->store, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_calibrate(ret->loaded, calib, &err) == 0, "%s", err.text);
	ck_assert_msg(plan_make(&ret->loaded->scenario, calib, trials, NULL, &plan, &err) == 0,
		      "%s", err.text);
	ck_assert_msg(campaign_run(ret->loaded, calib, &plan, &options, ret->store, &run_id,
				   &err) == 0,
		      "%s", err.text);
	plan_release(&plan);
	ck_assert_int_eq(store_attempts_get(ret->store, run_id, &ret->attempts, &ret->count, &err),
			 0);
	load_policy(&policy);
	gate_eval(&policy, ret->attempts, ret->count, &ret->gate);
	return true;
}

static void flow_release(struct flow *flow)
{
	free(flow->attempts);
	store_close(flow->store);
	loaded_free(flow->loaded);
}

/* Trials whose phase is, or begins with, 'phase'; of them, those with that outcome. */
static unsigned int count_in(const struct flow *flow, const char *phase, int outcome)
{
	unsigned int count = 0;

	for (size_t i = 0; i < flow->count; i++)
		if (!trial_spec_is_control(&flow->attempts[i].spec) &&
		    strncmp(flow->attempts[i].phase, phase, strlen(phase)) == 0 &&
		    (outcome < 0 || (int)flow->attempts[i].verdict.outcome == outcome))
			count++;
	return count;
}

static void check_controls(const struct flow *flow)
{
	unsigned int controls = 0;

	for (size_t i = 0; i < flow->count; i++) {
		if (!trial_spec_is_control(&flow->attempts[i].spec))
			continue;
		controls++;
		ck_assert_msg(flow->attempts[i].verdict.outcome == OUTCOME_UPDATED, "%s: %s",
			      flow->attempts[i].trial_id, flow->attempts[i].verdict.reason);
	}
	ck_assert_uint_eq(controls, 5);
}

START_TEST(most_cuts_while_1_5_0_copies_need_dfu)
{
	unsigned int trials = flow_scale(80, 16);
	struct flow flow;
	unsigned int copies;
	unsigned int lost;

	if (!run_flow("p1-power-loss", trials, 2, &flow))
		TEST_SKIP("the firmware of 1.5.0 and 1.5.2 is not in the cache");
	ck_assert_uint_eq(flow.count, trials + 5);
	check_controls(&flow);
	copies = count_in(&flow, "1.apply.system-part1", -1);
	lost = count_in(&flow, "1.apply.system-part1", OUTCOME_NEEDS_DFU);
	ck_assert_uint_gt(copies, 0);
	ck_assert_msg(2 * lost > copies, "only %u of %u cuts during the copy need DFU", lost,
		      copies);
	/* a download that is cut harms nobody */
	ck_assert_uint_eq(count_in(&flow, "1.stage", -1),
			  count_in(&flow, "1.stage", OUTCOME_REVERTED));
	ck_assert_uint_eq(count_in(&flow, "2.stage", -1),
			  count_in(&flow, "2.stage", OUTCOME_REVERTED));
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

	if (!run_flow("p1-0.5.2-restage", trials, 2, &flow))
		TEST_SKIP("the firmware of 0.5.2 is not in the cache");
	check_controls(&flow);
	for (size_t i = 0; i < flow.count; i++)
		ck_assert_msg(outcome_is_good(flow.attempts[i].verdict.outcome), "%s: %s: %s",
			      flow.attempts[i].trial_id,
			      outcome_name(flow.attempts[i].verdict.outcome),
			      flow.attempts[i].verdict.reason);
	ck_assert_uint_gt(count_in(&flow, "1.apply.system-part1", OUTCOME_UPDATED), 0);
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

	if (!run_flow("p1-power-loss", trials, 1, &one))
		TEST_SKIP("the firmware of 1.5.0 and 1.5.2 is not in the cache");
	ck_assert(run_flow("p1-power-loss", trials, 3, &two));
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
