/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/corpus_file.h"
#include "cli/progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum run_option { OPT_TRIALS, OPT_SEED, OPT_JOBS, OPT_RESULTS, OPT_POLICY, OPT_BENCH, OPT_CORPUS };

/* What the command line asks for, and what comes of it on the way to the first trial. */
struct run_order {
	struct campaign_options options;
	uint64_t trials; /* 0 = as the scenario says */
	uint64_t seed;
	struct gate_policy policy;
	char *database;
	struct corpus_file corpus;
	struct calib *calib;
	struct plan plan;
};

static uint64_t processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > CAMPAIGN_JOBS_MAX ? CAMPAIGN_JOBS_MAX : (uint64_t)n;
}

/* What is wrong with a database that is there is told before the board is prepared. */
static int check_database(const char *path, struct err *err)
{
	struct store *store = NULL;
	int r;

	if (access(path, F_OK) != 0)
		return 0;
	r = store_open(path, STORE_WRITE, &store, err);
	store_close(store);
	return r;
}

static int read_order(const struct command_input *input, const struct loaded *loaded,
		      struct run_order *order, struct err *err)
{
	uint64_t jobs = 0;
	int r = cli_count("trials", input->options[OPT_TRIALS], SCENARIO_TRIALS_MAX, 0,
			  &order->trials, err);

	if (r == 0)
		r = cli_count("jobs", input->options[OPT_JOBS], CAMPAIGN_JOBS_MAX,
			      loaded->bench ? CAMPAIGN_JOBS_MAX : processors(), &jobs, err);
	if (r == 0)
		r = cli_number("seed", input->options[OPT_SEED], UINT64_MAX, loaded->scenario.seed,
			       &order->seed, err);
	if (r == 0)
		r = cli_policy(input->options[OPT_POLICY], &loaded->scenario, &order->policy, err);
	if (r == 0)
		r = cli_database(input->options[OPT_RESULTS], loaded->scenario.name,
				 &order->database, err);
	if (r == 0)
		r = check_database(order->database, err);
	if (r == 0)
		r = corpus_file_open(input->options[OPT_CORPUS], &loaded->scenario, order->database,
				     &order->corpus, err);
	order->options.jobs = (unsigned int)jobs;
	return r;
}

static int make_plan(struct loaded *loaded, struct run_order *order, struct err *err)
{
	int r = cli_calibrate(loaded, &order->calib, err);

	if (r == 0)
		r = plan_make(&loaded->scenario, order->calib, (uint32_t)order->trials,
			      &order->seed, &order->plan, err);
	if (r == 0)
		r = corpus_file_lead(&order->corpus, loaded, order->calib, &order->plan, err);
	if (r < 0)
		return r;
	order->options.marks = calloc(order->plan.count, sizeof(*order->options.marks));
	return order->options.marks ? 0 : err_set(err, ERR_IO, -ENOMEM, "no memory");
}

/* The default database has a folder that may not be there yet; others must have theirs. */
static int open_database(const struct command_input *input, const struct run_order *order,
			 struct store **ret, struct err *err)
{
	AUTO_FREE char *folder = strdup(order->database);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	int r = 0;

	if (!folder)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	if (slash && !input->options[OPT_RESULTS]) {
		*slash = '\0';
		r = file_make_dirs(folder, err);
	}
	return r < 0 ? r : store_open(order->database, STORE_WRITE, ret, err);
}

/* "results/runs/NAME.db" -> "results/runs/NAME.run7.html" */
static int html_path(const struct run_order *order, int64_t run_id, char **ret, struct err *err)
{
	int len = (int)cli_database_stem(order->database);

	if (asprintf(ret, "%.*s.run%" PRId64 ".html", len, order->database, run_id) >= 0)
		return 0;
	*ret = NULL; /* asprintf leaves it undefined */
	return err_set(err, ERR_IO, -ENOMEM, "no memory");
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
	AUTO_FREE char *html = NULL;
	int r = html_path(order, run_id, &html, err);

	if (r == 0)
		r = cli_report_file(store, run_id, &order->policy, REPORT_HTML, html, err);
	if (r == 0)
		r = gate_run(store, run_id, order, &gate, err);
	if (r == 0)
		r = cli_report_print(store, run_id, &order->policy, REPORT_TEXT, err);
	if (r < 0)
		return r;
	printf("\ndatabase  %s, run %" PRId64 "\nreport    %s\n", order->database, run_id, html);
	return gate_exit_code(gate.word);
}

static int run_campaign(struct loaded *loaded, struct run_order *order, struct store *store,
			int64_t *ret_run_id, struct err *err)
{
	char why[ERR_TEXT_MAX / 2];
	struct progress progress;
	int r;

	progress_init(&progress);
	order->options.progress = progress_show;
	order->options.ctx = &progress;
	fprintf(stderr, "%s: %s -> %s on a %s %s\n", loaded->scenario.name, loaded->scenario.from,
		loaded->scenario.to, loaded->bench ? loaded->bench->name : loaded->slot.name,
		loaded->scenario.board);
	r = campaign_run(loaded, order->calib, &order->plan, &order->options, store, ret_run_id,
			 err);
	progress_end(&progress);
	if (r != -EINTR && r != -EDQUOT)
		return r;
	corpus_file_keep(&order->corpus, &order->plan, order->options.marks);
	text_copy(why, sizeof(why), r == -EINTR ? "interrupted" : err->text);
	return err_set(err, ERR_RIG, r, "%s: %u of %u trials are stored in '%s'", why,
		       progress.newest.done, progress.newest.total, order->database);
}

/* What the gate said is the exit code, unless the corpus cannot be written. */
static int grow_corpus(struct loaded *loaded, struct run_order *order, int gate, struct err *err)
{
	int r = corpus_file_grow(&order->corpus, loaded, order->calib, &order->plan,
				 order->options.marks, err);

	return r < 0 ? r : gate;
}

static int run_loaded(const struct command_input *input, struct loaded *loaded, struct err *err)
{
	struct run_order order = { 0 };
	struct store *store = NULL;
	int64_t run_id = 0;
	int r = read_order(input, loaded, &order, err);

	if (r == 0)
		r = make_plan(loaded, &order, err);
	if (r == 0)
		r = open_database(input, &order, &store, err);
	if (r == 0)
		r = run_campaign(loaded, &order, store, &run_id, err);
	if (r == 0)
		r = report_run(store, run_id, &order, err);
	if (r >= 0)
		r = grow_corpus(loaded, &order, r, err);
	store_close(store);
	corpus_file_close(&order.corpus);
	free(order.options.marks);
	plan_release(&order.plan);
	free(order.calib);
	free(order.database);
	return r;
}

static int cmd_run(const struct command_input *input, struct err *err)
{
	AUTO_FREE struct bench *bench = NULL;
	struct loaded *loaded = NULL;
	int r = cli_bench(input->options[OPT_BENCH], &bench, err);

	if (r == 0)
		r = cli_load(input->argument, bench, &loaded, err);
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
		[OPT_JOBS] = { "jobs", "N", "boards at once (default: one a processor, or bench)" },
		[OPT_RESULTS] = { "results", "DB", "database (default: results/runs/SCENARIO.db)" },
		[OPT_POLICY] = { "policy", "FILE", "gate policy, instead of the scenario's" },
		[OPT_BENCH] = { "bench", "FILE", "real boards, on this bench's slots" },
		[OPT_CORPUS] = { "corpus", "FILE", "trials to try first, and to add to; or none" },
	},
	.run = cmd_run,
};
