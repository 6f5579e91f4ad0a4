/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a trial costs besides its board: planned, run on a board that costs nothing, judged and
 * stored. Processor time.
 */
#include "base/clock.h"
#include "lib/fake_rig.h"
#include "lib/synthetic.h"

#include <stdio.h>
#include <unistd.h>

enum { BENCH_TRIALS = 1000, BENCH_SEED = 1 };

static int run_trial(struct fake_rig *rig, struct store *store, int64_t run_id,
		     const struct trial_spec *spec, struct obs_log *log, struct err *err)
{
	const struct calib_window *window = calib_window_of(&rig->calib, &spec->cut);
	struct obs_sink sink = obs_log_sink(log);
	struct verdict verdict;
	int64_t attempt_id;
	int64_t board_us;
	int r = store_attempt_begin(store, run_id, spec, window ? window->phase : "", &attempt_id,
				    err);

	obs_log_clear(log);
	if (r == 0)
		r = trial_run(&rig->setup, spec, &sink, &board_us, err);
	if (r < 0)
		return r;
	verdict_judge(spec, &rig->calib, log, &verdict);
	return store_attempt_end(store, attempt_id, &verdict, log, board_us, err);
}

static int run_plan(struct fake_rig *rig, struct store *store, const struct plan *plan,
		    struct err *err)
{
	struct store_run run = synthetic_run();
	struct obs_log log;
	int64_t run_id;
	int r;

	run.trials_planned = (uint32_t)plan->count;
	run.controls_planned = 0;
	r = store_run_begin(store, &run, &rig->calib, &run_id, err);
	obs_log_init(&log);
	for (size_t i = 0; i < plan->count && r == 0; i++)
		r = run_trial(rig, store, run_id, &plan->specs[i], &log, err);
	obs_log_release(&log);
	return r < 0 ? r : store_run_end(store, run_id, run.started_utc, err);
}

static int measure(struct fake_rig *rig, const char *path, struct err *err)
{
	const uint64_t seed = BENCH_SEED;
	struct plan plan = { .count = 0 };
	struct store *store;
	int64_t begin_us;
	int r = fake_rig_learn(rig, err);

	if (r == 0)
		r = store_open(path, STORE_WRITE, &store, err);
	if (r < 0)
		return r;
	begin_us = clock_cpu_us();
	r = plan_make(&rig->scenario, &rig->calib, BENCH_TRIALS, &seed, &plan, err);
	if (r == 0)
		r = run_plan(rig, store, &plan, err);
	if (r == 0)
		printf("trial_overhead_us,%.1f,us\n",
		       (double)(clock_cpu_us() - begin_us) / BENCH_TRIALS);
	plan_release(&plan);
	store_close(store);
	return r;
}

int main(void)
{
	AUTO_FREE struct fake_rig *rig = fake_rig_new(2);
	char folder[] = "bench-trial.XXXXXX";
	struct err err = ERR_INIT;
	char path[64];
	int r;

	if (!rig || !mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/a.db", folder);
	r = measure(rig, path, &err);
	if (r < 0)
		fprintf(stderr, "%s\n", err.text);
	unlink(path);
	rmdir(folder);
	return r < 0 ? 1 : 0;
}
