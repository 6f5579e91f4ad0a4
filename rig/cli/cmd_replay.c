/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/needs.h"
#include "cli/command.h"
#include "cli/common.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum replay_option { OPT_RESULTS, OPT_TIMES, OPT_BENCH };

enum { TIMES_MAX = 100000 };

/* The scenario as it was stored with the run: the file may have changed since. */
static int load_stored(struct store *store, const struct store_attempt *attempt,
		       const struct bench *bench, struct loaded **ret, struct err *err)
{
	struct scenario scenario;
	struct store_run run;
	int r = store_run_get(store, attempt->run_id, &run, err);

	if (r < 0)
		return r;
	r = scenario_parse(run.scenario_text, run.scenario_name, &scenario, err);
	store_run_free(&run);
	return r < 0 ? r : loaded_prepare(&scenario, bench, ret, err);
}

/* A real board is never back after just as many microseconds. */
static bool same(const struct loaded *loaded, const struct verdict *a, const struct verdict *b)
{
	return a->outcome == b->outcome && a->recovered_by == b->recovered_by &&
	       (loaded->bench || a->recovery_us == b->recovery_us) &&
	       strcmp(a->reason, b->reason) == 0;
}

static int replay_once(const struct loaded *loaded, const struct calib *calib,
		       const struct store_attempt *attempt, struct obs_log *log, struct err *err)
{
	struct verdict verdict;
	int64_t board_us;
	bool is_same;
	int r = campaign_run_one(loaded, calib, &attempt->spec, log, &verdict, &board_us, err);

	if (r < 0)
		return r;
	is_same = same(loaded, &verdict, &attempt->verdict);
	printf("%s  %s  %s: %s\n", is_same ? "same" : "DIFFERS", attempt->trial_id,
	       outcome_name(verdict.outcome), verdict.reason);
	return is_same ? EXIT_ACCEPTED : EXIT_RIG;
}

static int replay_loaded(struct loaded *loaded, const struct store_attempt *attempt, uint64_t times,
			 struct err *err)
{
	struct calib *calib = NULL;
	struct obs_log log;
	int worst = EXIT_ACCEPTED;
	int r = cli_calibrate(loaded, &calib, err);

	obs_log_init(&log);
	for (uint64_t i = 0; i < times && r >= 0; i++) {
		r = replay_once(loaded, calib, attempt, &log, err);
		if (r > worst)
			worst = r;
	}
	obs_log_release(&log);
	free(calib);
	return r < 0 ? r : worst;
}

static int cmd_replay(const struct command_input *input, struct err *err)
{
	struct store_attempt attempt;
	struct store *store = NULL;
	struct loaded *loaded = NULL;
	AUTO_FREE struct bench *bench = NULL;
	uint64_t times = 1;
	int r = cli_count("times", input->options[OPT_TIMES], TIMES_MAX, 1, &times, err);

	if (r == 0)
		r = cli_bench(input->options[OPT_BENCH], &bench, err);
	if (r == 0)
		r = cli_find_trial(input->argument, input->options[OPT_RESULTS], &store, &attempt,
				   NULL, err);
	if (r < 0)
		return r;
	if (!attempt.ended)
		r = err_set(err, ERR_CONFIG, -EINVAL,
			    "trial '%s' never ended: there is no verdict to compare with",
			    input->argument);
	else
		r = load_stored(store, &attempt, bench, &loaded, err);
	store_close(store);
	if (r < 0)
		return r;
	r = needs_check_trial(loaded, &attempt.spec, err); /* it may have been another bench's */
	if (r == 0)
		r = loaded_open_slot(loaded, 0, err);
	if (r == 0)
		r = replay_loaded(loaded, &attempt, times, err);
	loaded_free(loaded);
	return r;
}

const struct command command_replay = {
	.name = "replay",
	.argument = "TRIAL-ID",
	.summary = "run a stored trial again and compare the verdict",
	.options = {
		[OPT_RESULTS] = { "results", "DB", "database (default: results/runs/SCENARIO.db)" },
		[OPT_TIMES] = { "times", "N", "so many times" },
		[OPT_BENCH] = { "bench", "FILE", "a real board, on this bench's first slot for it" },
	},
	.run = cmd_replay,
};
