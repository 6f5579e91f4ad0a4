/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "cli/common.h"

#include <errno.h>
#include <stdio.h>

enum gate_option { OPT_POLICY, OPT_RUN };

static int gate_store(struct store *store, int64_t run_id, const struct gate_policy *policy,
		      struct err *err)
{
	struct store_attempt *attempts = NULL;
	struct gate_result result;
	size_t count = 0;
	int r = store_attempts_get(store, run_id, &attempts, &count, err);

	if (r < 0)
		return r;
	gate_eval(policy, attempts, count, &result);
	free(attempts);
	printf("%s: %s\n", gate_word_name(result.word), result.reason);
	return gate_exit_code(result.word);
}

static int cmd_gate(const struct command_input *input, struct err *err)
{
	struct gate_policy policy;
	struct store *store = NULL;
	uint64_t run_id = 0;
	int r = cli_count("run", input->options[OPT_RUN], INT64_MAX, 0, &run_id, err);

	if (r == 0 && !input->options[OPT_POLICY])
		r = err_set(err, ERR_USAGE, -EINVAL, "gate: --policy is missing");
	if (r == 0)
		r = gate_policy_load(input->options[OPT_POLICY], &policy, err);
	if (r == 0)
		r = store_open(input->argument, STORE_READ, &store, err);
	if (r == 0)
		r = gate_store(store, (int64_t)run_id, &policy, err);
	store_close(store);
	return r;
}

const struct command command_gate = {
	.name = "gate",
	.argument = "DB",
	.summary = "accept or reject a release by a stored run; the exit code says which",
	.options = {
		[OPT_POLICY] = { "policy", "FILE", "the rates that are allowed" },
		[OPT_RUN] = { "run", "N", "run number (default: the newest)" },
	},
	.run = cmd_gate,
};
