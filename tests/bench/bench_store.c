/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What it costs to store a trial: processor time and wall time of begin and end together. */
#include "lib/synthetic.h"
#include "results/store.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum bench_sizes { BENCH_TRIALS = 2000, BENCH_OBSERVATIONS = 60 };

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double store_run_of(const char *path, size_t observations, double *ret_wall_s)
{
	struct store *store;
	double cpu_s;
	double wall_s;

	if (store_open(path, STORE_WRITE, &store, NULL) < 0)
		return 0;
	cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID);
	wall_s = seconds(CLOCK_MONOTONIC);
	if (synthetic_store(store, BENCH_TRIALS, observations) < 0)
		fprintf(stderr, "the store refused\n");
	*ret_wall_s = seconds(CLOCK_MONOTONIC) - wall_s;
	cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
	store_close(store);
	return cpu_s;
}

int main(void)
{
	static const size_t observations[] = { 0, BENCH_OBSERVATIONS };

	for (size_t i = 0; i < ARRAY_LEN(observations); i++) {
		char folder[] = "bench-store.XXXXXX";
		char path[64];
		double wall_s = 0;
		double cpu_s;

		if (!mkdtemp(folder))
			return 1;
		snprintf(path, sizeof(path), "%s/a.db", folder);
		cpu_s = store_run_of(path, observations[i], &wall_s);
		printf("store_trial_%zu_obs_us,%.0f,us\n", observations[i],
		       cpu_s * 1e6 / BENCH_TRIALS);
		printf("store_trial_%zu_obs_wall_us,%.0f,us\n", observations[i],
		       wall_s * 1e6 / BENCH_TRIALS);
		unlink(path);
		rmdir(folder);
	}
	return 0;
}
