/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <sys/resource.h>
#include <time.h>

int64_t clock_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t usage_us(int who)
{
	struct rusage usage;

	if (getrusage(who, &usage) != 0)
		return 0;
	return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

int64_t clock_cpu_us(void)
{
	return usage_us(RUSAGE_SELF) + usage_us(RUSAGE_CHILDREN);
}

int64_t clock_unix_s(void)
{
	return (int64_t)time(NULL);
}

void clock_utc(char ret_text[CLOCK_UTC_MAX])
{
	time_t now = time(NULL);
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(ret_text, CLOCK_UTC_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
