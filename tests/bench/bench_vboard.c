/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtual board at work, with released firmware: how fast it executes while the bootloader
 * applies an update, from reset to the handover to the system, every instruction run and counted;
 * what a snapshot and the way back to it take; and how many whole trials of a scenario a processor
 * does. Processor time.
 */
#include "base/clock.h"
#include "bench/virtual/virtual.h"
#include "campaign/campaign.h"
#include "lib/apply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum {
	BENCH_APPLIES = 5,
	BENCH_CUTS = 40,
	BENCH_SNAPSHOTS = 1000,
	SNAPSHOT_AT_CYCLES = 4 * 120000000, /* the copy is under way */
	SNAPSHOT_RUN_CYCLES = 2 * 120000,
	BENCH_SEED = 1,
};

struct measure {
	struct loaded *loaded;
	struct calib calib;
};

static int apply_once(const struct measure *bench, uint64_t *insns, int64_t *cpu_us,
		      struct err *err)
{
	struct vboard *vb = NULL;
	uint64_t begin_insns;
	int64_t begin_us;
	int r = apply_stage(bench->loaded, &vb, err);

	if (r < 0)
		return r;
	begin_insns = vboard_insns(vb);
	begin_us = clock_cpu_us();
	vboard_test_skip_waits(vb, false); /* every instruction counted is one executed */
	if (vboard_run_to_handover(vb, vboard_cycle(vb) + APPLY_CYCLES_MAX, APPLY_VECTORS) !=
	    VBOARD_STOP_HANDOVER)
		r = err_set(err, ERR_RIG, -ETIMEDOUT, "the update was not applied");
	vboard_test_skip_waits(vb, true);
	*cpu_us += clock_cpu_us() - begin_us;
	*insns += vboard_insns(vb) - begin_insns;
	return r;
}

static int bench_apply(const struct measure *bench, struct err *err)
{
	uint64_t insns = 0;
	int64_t cpu_us = 0;
	int r = 0;

	for (int i = 0; i < BENCH_APPLIES && r == 0; i++)
		r = apply_once(bench, &insns, &cpu_us, err);
	if (r == 0) /* per microsecond is millions per second */
		printf("apply_minstr_per_cpu_s,%.1f,Minstr/s\n", (double)insns / (double)cpu_us);
	return r;
}

/* What branching costs: a snapshot in the middle of the copy, and back to it 2 ms later. */
static int bench_snapshots(const struct measure *bench, struct err *err)
{
	struct vboard *vb = virtual_board(bench->loaded->setup.slot);
	struct vboard_snapshot *snapshot = vboard_snapshot_new();
	int64_t cpu_us = 0;
	int r = apply_stage(bench->loaded, &vb, err);

	vboard_run(vb, vboard_cycle(vb) + SNAPSHOT_AT_CYCLES);
	for (int i = 0; i < BENCH_SNAPSHOTS && r == 0 && snapshot; i++) {
		int64_t begin_us = clock_cpu_us();

		vboard_snapshot_take(snapshot, vb);
		cpu_us += clock_cpu_us() - begin_us;
		vboard_run(vb, vboard_cycle(vb) + SNAPSHOT_RUN_CYCLES);
		begin_us = clock_cpu_us();
		vboard_snapshot_restore(snapshot, vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN);
		cpu_us += clock_cpu_us() - begin_us;
		vboard_run(vb, vboard_cycle(vb) + SNAPSHOT_RUN_CYCLES / 10);
	}
	vboard_snapshot_free(snapshot);
	if (r == 0)
		printf("snapshot_us,%.1f,us\n", (double)cpu_us / BENCH_SNAPSHOTS);
	return r;
}

static int bench_cuts(const struct measure *bench, struct err *err)
{
	const struct loaded *loaded = bench->loaded;
	const uint64_t seed = BENCH_SEED;
	struct plan plan = { .count = 0 };
	struct verdict verdict;
	struct obs_log log;
	int64_t board_us;
	int64_t begin_us;
	size_t cuts = 0;
	int r = plan_make(&loaded->scenario, &bench->calib, BENCH_CUTS, &seed, &plan, err);

	obs_log_init(&log);
	begin_us = clock_cpu_us();
	for (size_t i = 0; i < plan.count && r == 0; i++) {
		if (trial_spec_is_control(&plan.specs[i]))
			continue;
		r = campaign_run_one(loaded, &bench->calib, &plan.specs[i], &log, &verdict,
				     &board_us, err);
		cuts++;
	}
	if (r == 0)
		printf("cut_trials_per_cpu_s,%.2f,1/s\n",
		       (double)cuts * 1e6 / (double)(clock_cpu_us() - begin_us));
	obs_log_release(&log);
	plan_release(&plan);
	return r;
}

static int measure(struct measure *bench, struct err *err)
{
	struct rusage usage;
	int r = loaded_calibrate(bench->loaded, &bench->calib, err);

	if (r == 0)
		r = bench_cuts(bench, err);
	if (r == 0) /* from here on the board executes everything */
		r = bench_apply(bench, err);
	if (r == 0)
		r = bench_snapshots(bench, err);
	if (r == 0 && getrusage(RUSAGE_SELF, &usage) == 0)
		printf("peak_rss_mib,%.1f,MiB\n", (double)usage.ru_maxrss / 1024);
	return r;
}

int main(void)
{
	AUTO_FREE struct measure *bench = calloc(1, sizeof(*bench));
	struct err err = ERR_INIT;
	char text[ERR_TEXT_MAX + ERR_FILE_MAX];
	int r;

	if (!bench)
		return 1;
	r = apply_load(&bench->loaded, &err);
	if (r < 0) {
		err_format(&err, text, sizeof(text));
		printf("# apply_minstr_per_cpu_s, snapshot_us, cut_trials_per_cpu_s, peak_rss_mib "
		       "skipped: %s\n",
		       text);
		return 0;
	}
	r = measure(bench, &err);
	if (r < 0) {
		err_format(&err, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
	}
	loaded_free(bench->loaded);
	return r < 0 ? 1 : 0;
}
