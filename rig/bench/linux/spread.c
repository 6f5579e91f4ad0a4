/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/spread.h"

#include <assert.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	int64_t first = *(const int64_t *)a;
	int64_t second = *(const int64_t *)b;

	return (first > second) - (first < second);
}

static int64_t rank(const int64_t *sorted, size_t count, size_t percent)
{
	size_t place = (count * percent + 99) / 100;

	return sorted[place == 0 ? 0 : place - 1];
}

struct spread spread_of(int64_t *times_us, size_t count)
{
	struct spread ret;
	int64_t below;
	int64_t above;

	assert(count > 0);
	qsort(times_us, count, sizeof(times_us[0]), compare);
	ret.p1_us = rank(times_us, count, 1);
	ret.p50_us = rank(times_us, count, 50);
	ret.p99_us = rank(times_us, count, 99);
	ret.max_us = times_us[count - 1];
	below = ret.p50_us - ret.p1_us;
	above = ret.p99_us - ret.p50_us;
	ret.off_us = below > above ? below : above;
	return ret;
}
