/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	BAR_WIDTH = 30,
	COLUMNS_MAX = 80,
	FIGURES_MAX = 512, /* the longest number that a double can be */
	BAR_EVERY_US = 100000,
	LINES = 10, /* plain lines for a whole campaign */
	SECOND_US = 1000000,
	MINUTE_S = 60,
	HOUR_S = 3600,
};

/* Back to the line's begin, and nothing right of what follows. */
static const char rewrite[] = "\r\033[K";

void progress_init(struct progress *progress)
{
	*progress = (struct progress){ .terminal = isatty(STDERR_FILENO) == 1 };
}

/* The last column stays empty: some terminals begin a new line behind it. */
static int columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ||
	    size.ws_col > COLUMNS_MAX)
		return COLUMNS_MAX - 1;
	return size.ws_col - 1;
}

static void time_left(const struct campaign_progress *now, char *buf, size_t size)
{
	int64_t left_s;

	if (now->done == 0) {
		snprintf(buf, size, "--:--");
		return;
	}
	left_s = now->elapsed_us * (now->total - now->done) / now->done / SECOND_US;
	if (left_s < HOUR_S)
		snprintf(buf, size, "%02" PRId64 ":%02" PRId64, left_s / MINUTE_S,
			 left_s % MINUTE_S);
	else
		snprintf(buf, size, "%" PRId64 ":%02" PRId64 ":%02" PRId64, left_s / HOUR_S,
			 left_s % HOUR_S / MINUTE_S, left_s % MINUTE_S);
}

static double rate(const struct campaign_progress *now)
{
	return now->elapsed_us > 0 ? now->done * 1e6 / (double)now->elapsed_us : 0;
}

/* The bar takes what the figures leave of the line, and is left out when that is nothing. */
static void show_bar(const struct campaign_progress *now)
{
	static const char filled[] = "##############################";
	static const char empty[] = "..............................";
	char figures[FIGURES_MAX];
	char left[32];
	int room = columns();
	int bar;
	int full;

	time_left(now, left, sizeof(left));
	snprintf(figures, sizeof(figures), "%u/%u trials  %.1f/s  %s left  %u bad", now->done,
		 now->total, rate(now), left, now->bad);
	bar = room - (int)strlen(figures) - (int)strlen("[] ");
	if (bar > BAR_WIDTH)
		bar = BAR_WIDTH;
	if (bar > 0) {
		full = now->total ? (int)((uint64_t)now->done * (uint64_t)bar / now->total) : 0;
		fprintf(stderr, "%s[%.*s%.*s] %s", rewrite, full, filled, bar - full, empty,
			figures);
	} else {
		fprintf(stderr, "%s%.*s", rewrite, room, figures);
	}
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

static bool is_due(const struct progress *progress, const struct campaign_progress *now)
{
	uint32_t step = now->total / LINES + (now->total % LINES != 0);

	if (now->done == now->total)
		return true;
	if (progress->terminal)
		return !progress->shown || now->elapsed_us - progress->told_us >= BAR_EVERY_US;
	return now->done >= progress->told + step;
}

void progress_show(void *ctx, const struct campaign_progress *now)
{
	struct progress *progress = ctx;

	progress->newest = *now;
	if (!is_due(progress, now))
		return;
	if (progress->terminal)
		show_bar(now);
	else
		show_line(now);
	progress->shown = true;
	progress->told = now->done;
	progress->told_us = now->elapsed_us;
}

void progress_end(struct progress *progress)
{
	if (progress->terminal && progress->shown && progress->newest.done < progress->newest.total)
		fputc('\n', stderr);
}

void progress_note(const char *text)
{
	if (isatty(STDERR_FILENO) != 1)
		return;
	fprintf(stderr, "%s%.*s", rewrite, columns(), text ? text : "");
	fflush(stderr);
}
