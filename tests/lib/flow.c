/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/flow.h"
#include "lib/firmware.h"
#include "lib/testing.h"

#include <stdio.h>
#include <string.h>

static void load_policy(struct gate_policy *ret)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *path = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_gt(asprintf(&path, "%s/scenarios/policies/default.yaml", data), 0);
	ck_assert_msg(gate_policy_load(path, ret, &err) == 0, "%s", err.text);
}

bool flow_run(const char *folder, const char *name, unsigned int trials, unsigned int jobs,
	      struct flow *ret)
{
	struct campaign_options options = { .jobs = jobs };
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	struct gate_policy policy;
	struct plan plan;
	struct err err = ERR_INIT;
	char path[256];
	int64_t run_id;

	*ret = (struct flow){ .loaded = firmware_scenario_in(folder, name) };
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

void flow_release(struct flow *flow)
{
	free(flow->attempts);
	store_close(flow->store);
	loaded_free(flow->loaded);
}

unsigned int flow_count(const struct flow *flow, const char *phase, int outcome)
{
	unsigned int count = 0;

	for (size_t i = 0; i < flow->count; i++)
		if (!trial_spec_is_control(&flow->attempts[i].spec) &&
		    strncmp(flow->attempts[i].phase, phase, strlen(phase)) == 0 &&
		    (outcome < 0 || (int)flow->attempts[i].verdict.outcome == outcome))
			count++;
	return count;
}

void flow_check_controls(const struct flow *flow)
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

void flow_check_all_good(const struct flow *flow)
{
	for (size_t i = 0; i < flow->count; i++)
		ck_assert_msg(outcome_is_good(flow->attempts[i].verdict.outcome), "%s: %s: %s",
			      flow->attempts[i].trial_id,
			      outcome_name(flow->attempts[i].verdict.outcome),
			      flow->attempts[i].verdict.reason);
}
