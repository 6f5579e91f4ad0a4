/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What counts allow to be said. Exact binomial, through GSL's beta distribution. */
#ifndef RESULTS_STATS_H
#define RESULTS_STATS_H

#include <stddef.h>
#include <stdint.h>

/*
 * One-sided Clopper-Pearson bounds on a rate after k events in n trials, e.g. confidence 0.95.
 * n == 0 says nothing: 1 and 0. What cannot be computed is 1 and 0 too, never a narrower bound.
 */
double stats_rate_upper(uint64_t k, uint64_t n, double confidence);
double stats_rate_lower(uint64_t k, uint64_t n, double confidence);

/* Fewest trials in all with 'k' events whose upper bound is at most 'limit'; UINT64_MAX when none
 * below 10^9. */
uint64_t stats_trials_needed(uint64_t k, double limit, double confidence);

/* A rate for people, three figures: "1.22 %", "0.0998 %", "0 %". */
void stats_format_rate(double rate, char *buf, size_t size);

#endif
