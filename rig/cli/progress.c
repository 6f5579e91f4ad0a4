/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	BAR_WIDTH = 30,
	BAR_EVERY_US = 100000,
	LINES = 10, /* plain lines for a whole campaign */
};

void progress_init(struct progress *progress)
{
	*progress = (struct progress){ .terminal = isatty(STDERR_FILENO) == 1 };
}

static void time_left(const struct campaign_progress *now, char *buf, size_t size)
{
	int64_t left_s;

	if (now->done == 0) {
		snprintf(buf, size, "--:--");
		return;
	}
	left_s = now->elapsed_us * (now->total - now->done) / now->done / 1000000;
	snprintf(buf, size, "%02" PRId64 ":%02" PRId64, left_s / 60, left_s % 60);
}

static double rate(const struct campaign_progress *now)
{
	return now->elapsed_us > 0 ? now->done * 1e6 / (double)now->elapsed_us : 0;
}

static void show_bar(const struct campaign_progress *now)
{
	char bar[BAR_WIDTH + 1];
	char left[32];
	uint32_t full = now->total ? now->done * BAR_WIDTH / now->total : 0;

	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', full);
	bar[BAR_WIDTH] = '\0';
	time_left(now, left, sizeof(left));
	fprintf(stderr, "\r[%s] %u/%u trials  %.1f/s  %s left  %u bad ", bar, now->done, now->total,
		rate(now), left, now->bad);
	if (now->done == now->total)
		fputc('\n', stderr);
	fflush(stderr);
}

static void show_line(const struct campaign_progress *now)
{
	char left[32];

	time_left(now, left, sizeof(left));
	fprintf(stderr, "%u of %u trials, %.1f per second, %s left, %u bad\n", now->done,
		now->total, rate(now), left, now->bad);
}

void progress_show(void *ctx, const struct campaign_progress *now)
{
	struct progress *progress = ctx;
	bool last = now->done == now->total;

	if (progress->terminal) {
		if (!last && now->elapsed_us - progress->told_us < BAR_EVERY_US)
			return;
		show_bar(now);
	} else {
		uint32_t step = now->total / LINES ? now->total / LINES : 1;

		if (!last && (now->done == 0 || now->done < progress->told + step))
			return;
		show_line(now);
	}
	progress->told = now->done;
	progress->told_us = now->elapsed_us;
}
