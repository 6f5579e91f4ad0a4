/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clopper and Pearson (1934): the bounds are quantiles of beta distributions, so no rate is ever
 * claimed more surely than the counts allow, however few they are.
 */
#include "results/stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>

enum stats_limits {
	STATS_TRIALS_MAX = 1000000000,
	STATS_BISECTIONS = 64, /* steps to well below the smallest rate of interest, 1e-9 */
};

/*
 * The x where the beta distribution's mass below x is 'p'. GSL's own inverse does not converge for
 * counts as plain as 2 of 10,000, so its distribution function is bisected instead: it only rises.
 * The default error handler would abort the process; what GSL cannot compute is NaN here.
 */
static double beta_quantile(double p, double a, double b)
{
	gsl_error_handler_t *old = gsl_set_error_handler_off();
	double low = 0;
	double high = 1;

	for (unsigned int i = 0; i < STATS_BISECTIONS; i++) {
		double middle = low + (high - low) / 2;
		double mass = gsl_cdf_beta_P(middle, a, b);

		if (isnan(mass))
			low = high = mass;
		else if (mass < p)
			low = middle;
		else
			high = middle;
	}
	gsl_set_error_handler(old);
	return high;
}

double stats_rate_upper(uint64_t k, uint64_t n, double confidence)
{
	double x;

	if (k >= n)
		return 1;
	x = beta_quantile(confidence, (double)k + 1, (double)(n - k));
	return isnan(x) ? 1 : x;
}

double stats_rate_lower(uint64_t k, uint64_t n, double confidence)
{
	double x;

	if (k == 0 || n == 0)
		return 0;
	if (k > n)
		k = n;
	x = beta_quantile(1 - confidence, (double)k, (double)(n - k) + 1);
	return isnan(x) ? 0 : x;
}

uint64_t stats_trials_needed(uint64_t k, double limit, double confidence)
{
	uint64_t low = k;
	uint64_t high = STATS_TRIALS_MAX;

	if (k > high || !(stats_rate_upper(k, high, confidence) <= limit))
		return UINT64_MAX;
	while (low < high) { /* the bound falls as trials grow */
		uint64_t middle = low + (high - low) / 2;

		if (stats_rate_upper(k, middle, confidence) <= limit)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void stats_format_rate(double rate, char *buf, size_t size)
{
	snprintf(buf, size, "%.3g %%", rate * 100);
}
