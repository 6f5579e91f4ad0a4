/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An exhaustive campaign: power cut at every flash operation of the application of P1 1.5.2's
 * system part 1, each in four forms, through the whole ladder, judged and stored, on all
 * processors. OTARIG_SWEEP=N runs N trials of it, evenly spread. Processor time of all processes.
 */
#include "base/clock.h"
#include "base/text.h"
#include "campaign/campaign.h"
#include "lib/apply.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static double cpu_s(void)
{
	struct rusage self;
	struct rusage children;

	if (getrusage(RUSAGE_SELF, &self) != 0 || getrusage(RUSAGE_CHILDREN, &children) != 0)
		return 0;
	return (double)(self.ru_utime.tv_sec + self.ru_stime.tv_sec + children.ru_utime.tv_sec +
			children.ru_stime.tv_sec) +
	       (double)(self.ru_utime.tv_usec + self.ru_stime.tv_usec + children.ru_utime.tv_usec +
			children.ru_stime.tv_usec) /
		       1e6;
}

/* Of the largest process, times how many there were: more than the truth, since they share. */
static double peak_rss_mib(unsigned int jobs)
{
	struct rusage self;
	struct rusage children;

	if (getrusage(RUSAGE_SELF, &self) != 0 || getrusage(RUSAGE_CHILDREN, &children) != 0)
		return 0;
	return ((double)self.ru_maxrss + (double)children.ru_maxrss * jobs) / 1024;
}

static uint32_t trials_wanted(void)
{
	const char *text = getenv("OTARIG_SWEEP");
	uint64_t trials = 0;

	if (text && text_parse_u64(text, UINT32_MAX, &trials, NULL) < 0)
		return 0;
	return (uint32_t)trials;
}

static int sweep(struct loaded *loaded, const char *path, struct err *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct campaign_options options = { .jobs = processors < 1 ? 1 : (unsigned int)processors };
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	struct plan plan = { .count = 0 };
	struct store *store = NULL;
	int64_t begin_us = clock_now_us();
	double begin_cpu_s = cpu_s();
	int64_t run_id;
	int r = calib ? loaded_calibrate(loaded, calib, err) : -ENOMEM;

	if (r == 0)
		r = plan_make(&loaded->scenario, calib, trials_wanted(), NULL, &plan, err);
	if (r == 0)
		r = store_open(path, STORE_WRITE, &store, err);
	if (r == 0)
		r = campaign_run(loaded, calib, &plan, &options, store, &run_id, err);
	if (r == 0) {
		printf("sweep_trials,%zu,1\n", plan.count);
		printf("sweep_trials_per_cpu_s,%.1f,1/s\n",
		       (double)plan.count / (cpu_s() - begin_cpu_s));
		printf("%s,%.1f,s\n", trials_wanted() ? "part_of_sweep_s" : "full_sweep_s",
		       (double)(clock_now_us() - begin_us) / 1e6);
		printf("sweep_peak_rss_mib,%.1f,MiB\n", peak_rss_mib(options.jobs));
		printf("sweep_jobs,%u,1\n", options.jobs);
	}
	store_close(store);
	plan_release(&plan);
	return r;
}

int main(void)
{
	char folder[] = "bench-sweep.XXXXXX";
	struct loaded *loaded = NULL;
	struct err err = ERR_INIT;
	char text[ERR_TEXT_MAX + ERR_FILE_MAX];
	char path[64];
	int r;

	if (apply_scenario("sweeps/p1-1.5.0-part1", &loaded, &err) < 0) {
		err_format(&err, text, sizeof(text));
		printf("# sweep_trials_per_cpu_s, full_sweep_s, sweep_peak_rss_mib skipped: %s\n",
		       text);
		return 0;
	}
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/a.db", folder);
	r = sweep(loaded, path, &err);
	if (r < 0) {
		err_format(&err, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
	}
	loaded_free(loaded);
	unlink(path);
	rmdir(folder);
	return r < 0 ? 1 : 0;
}
