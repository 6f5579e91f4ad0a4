/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "cli/common.h"
#include "cli/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum run_option { OPT_TRIALS, OPT_SEED, OPT_JOBS, OPT_RESULTS, OPT_POLICY };

struct run_order {
	struct campaign_options options;
	uint64_t seed;
	struct gate_policy policy;
	char *database;
};

static uint64_t processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > CAMPAIGN_JOBS_MAX ? CAMPAIGN_JOBS_MAX : (uint64_t)n;
}

static int read_order(const struct command_input *input, const struct loaded *loaded,
		      struct run_order *ret, struct err *err)
{
	uint64_t trials;
	uint64_t jobs;
	int r = cli_number("trials", input->options[OPT_TRIALS], SCENARIO_TRIALS_MAX, 0, &trials,
			   err);

	if (r == 0)
		r = cli_number("jobs", input->options[OPT_JOBS], CAMPAIGN_JOBS_MAX, processors(),
			       &jobs, err);
	if (r == 0)
		r = cli_number("seed", input->options[OPT_SEED], UINT64_MAX, loaded->scenario.seed,
			       &ret->seed, err);
	if (r == 0 && jobs == 0)
		r = err_set(err, ERR_USAGE, -EINVAL, "--jobs: at least one worker is needed");
	if (r == 0)
		r = cli_policy(input->options[OPT_POLICY], &loaded->scenario, &ret->policy, err);
	if (r == 0)
		r = cli_database(input->options[OPT_RESULTS], loaded->scenario.name, &ret->database,
				 err);
	if (r < 0)
		return r;
	ret->options.trials = (uint32_t)trials;
	ret->options.jobs = (unsigned int)jobs;
	ret->options.seed = &ret->seed;
	return 0;
}

static int write_html(struct store *store, int64_t run_id, const struct run_order *order,
		      char **ret_path, struct err *err)
{
	FILE *out;
	int r;

	if (asprintf(ret_path, "%s.run%" PRId64 ".html", order->database, run_id) < 0)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	out = fopen(*ret_path, "w");
	if (!out)
		return err_set(err, ERR_IO, -errno, "cannot write '%s': %s", *ret_path,
			       strerror(errno));
	r = report_render(store, run_id, &order->policy, REPORT_HTML, out, err);
	if (fclose(out) != 0 && r == 0)
		r = err_set(err, ERR_IO, -errno, "cannot write '%s': %s", *ret_path,
			    strerror(errno));
	return r;
}

static int gate_run(struct store *store, int64_t run_id, const struct run_order *order,
		    struct gate_result *ret, struct err *err)
{
	struct store_attempt *attempts = NULL;
	size_t count = 0;
	int r = store_attempts_get(store, run_id, &attempts, &count, err);

	if (r == 0)
		gate_eval(&order->policy, attempts, count, ret);
	free(attempts);
	return r;
}

static int report_run(struct store *store, int64_t run_id, const struct run_order *order,
		      struct err *err)
{
	struct gate_result gate;
	char *html = NULL;
	int r = report_render(store, run_id, &order->policy, REPORT_TEXT, stdout, err);

	if (r == 0)
		r = write_html(store, run_id, order, &html, err);
	if (r == 0)
		r = gate_run(store, run_id, order, &gate, err);
	if (r == 0) {
		printf("database: %s (run %" PRId64 ")\nreport:   %s\n", order->database, run_id,
		       html);
		r = gate_exit_code(gate.word);
	}
	free(html);
	return r;
}

static int run_loaded(const struct command_input *input, struct loaded *loaded, struct err *err)
{
	struct run_order order = { 0 };
	struct store *store = NULL;
	struct progress progress;
	int64_t run_id = 0;
	int r = read_order(input, loaded, &order, err);

	if (r == 0)
		r = store_open(order.database, STORE_WRITE, &store, err);
	if (r == 0) {
		progress_init(&progress);
		order.options.progress = progress_show;
		order.options.ctx = &progress;
		fprintf(stderr, "%s: %s -> %s on a %s %s\n", loaded->scenario.name,
			loaded->scenario.from, loaded->scenario.to, loaded->slot.name,
			loaded->scenario.board);
		r = campaign_run(loaded, &order.options, store, &run_id, err);
	}
	if (r == 0)
		r = report_run(store, run_id, &order, err);
	store_close(store);
	free(order.database);
	return r;
}

static int cmd_run(const struct command_input *input, struct err *err)
{
	struct loaded *loaded = NULL;
	int r = cli_load(input->argument, &loaded, err);

	if (r < 0)
		return r;
	r = run_loaded(input, loaded, err);
	loaded_free(loaded);
	return r;
}

const struct command command_run = {
	.name = "run",
	.argument = "SCENARIO",
	.summary = "run a scenario, judge every trial, gate the release",
	.options = {
		[OPT_TRIALS] = { "trials", "N", "cut trials, instead of the scenario's number" },
		[OPT_SEED] = { "seed", "S", "seed, instead of the scenario's" },
		[OPT_JOBS] = { "jobs", "N", "boards at once (default: one a processor)" },
		[OPT_RESULTS] = { "results", "DB", "database (default: results/runs/SCENARIO.db)" },
		[OPT_POLICY] = { "policy", "FILE", "gate policy, instead of the scenario's" },
	},
	.run = cmd_run,
};
