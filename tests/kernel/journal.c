/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/journal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <time.h>

int64_t journal_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void journal_put(struct journal *journal, int64_t host_ns, const char *name, uint64_t board_us,
		 const char *format, ...)
{
	va_list args;

	if (!journal->file)
		return;
	fprintf(journal->file, "%" PRId64 " %s %" PRIu64 " ", host_ns / 1000, name, board_us);
	va_start(args, format);
	vfprintf(journal->file, format, args);
	va_end(args);
	fputc('\n', journal->file);
	fflush(journal->file);
}
