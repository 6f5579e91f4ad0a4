/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where measured times lie. Pure. */
#ifndef BENCH_LINUX_SPREAD_H
#define BENCH_LINUX_SPREAD_H

#include <stddef.h>
#include <stdint.h>

struct spread {
	int64_t p1_us;
	int64_t p50_us;
	int64_t p99_us;
	int64_t max_us;
	int64_t off_us; /* how far p1 and p99 lie from p50, the greater of the two */
};

/* Of 'count' times, at least one; they are sorted in place. Percentiles by nearest rank. */
struct spread spread_of(int64_t *times_us, size_t count);

#endif
