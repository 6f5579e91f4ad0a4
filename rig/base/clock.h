/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's clock, for progress, rates and dates. A trial's time is its slot's, never this. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

enum { CLOCK_UTC_MAX = 32 };

/* Monotonic microseconds; only differences mean something. */
int64_t clock_now_us(void);

/* Processor time of this process and of its ended children, microseconds. */
int64_t clock_cpu_us(void);

/* Seconds since 1970, UTC. */
int64_t clock_unix_s(void);

/* Date and time now, ISO 8601 in UTC with seconds. */
void clock_utc(char ret_text[CLOCK_UTC_MAX]);

#endif
