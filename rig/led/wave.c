/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/wave.h"

#include <math.h>

enum {
	WAVE_SIGMAS = 5,
	WAVE_GAP_MAX_US = 250000, /* dark at the lowest point: 1/32 of the slowest fade, 8 s */
	WAVE_POINTS_MIN = 64,
	WAVE_TURNS_MAX = 2, /* of the slowest; then all begins anew, so that it follows a change */
	/*
	 * A triangle down to nothing has a wave of 8/pi^2 = 81 % of its mean; late time stamps
	 * that hide short pulses leave at least 25 % of it (see docs/led.md).
	 */
	WAVE_LEAST_PCT = 20,
	WAVE_FLAT_PCT = 20,
	WAVE_FLAT_SIGMAS = 3,
};

int64_t wave_slowest_us(const struct wave_periods *periods)
{
	int64_t slowest_us = 0;

	for (size_t i = 0; i < periods->count; i++)
		if (periods->us[i] > slowest_us)
			slowest_us = periods->us[i];
	return slowest_us;
}

void wave_reset(struct wave *wave)
{
	*wave = (struct wave){ 0 };
}

void wave_light(struct wave *wave, int64_t t_us)
{
	if (wave->live && t_us - wave->last_us <= WAVE_GAP_MAX_US) {
		wave->gaps++;
		return;
	}
	*wave = (struct wave){ .live = true, .from_us = t_us, .last_us = t_us };
}

void wave_level(struct wave *wave, const struct wave_periods *periods, int64_t t_us,
		int32_t level_ppm)
{
	double y = (double)level_ppm;

	if (t_us - wave->from_us > WAVE_TURNS_MAX * wave_slowest_us(periods))
		*wave = (struct wave){ .live = true, .from_us = t_us };
	wave->last_us = t_us;
	wave->n += 1;
	wave->y += y;
	wave->yy += y * y;
	for (size_t i = 0; i < periods->count; i++) {
		struct wave_sums *sums = &wave->sums[i];
		double at =
			(double)((t_us - wave->from_us) % periods->us[i]) / (double)periods->us[i];
		double c = cos(2 * M_PI * at);
		double s = sin(2 * M_PI * at);

		sums->c += c;
		sums->s += s;
		sums->cc += c * c;
		sums->ss += s * s;
		sums->cs += c * s;
		sums->yc += y * c;
		sums->ys += y * s;
	}
}

struct wave_fit {
	double mean;
	double height;
	double sigma; /* of the height */
	double rest;  /* sum of squares that is left */
};

/* Cramer's rule for b and d, with the means taken out. */
static bool wave_fit(const struct wave *wave, const struct wave_sums *sums, struct wave_fit *ret)
{
	double n = wave->n;
	double cc = sums->cc - sums->c * sums->c / n;
	double ss = sums->ss - sums->s * sums->s / n;
	double cs = sums->cs - sums->c * sums->s / n;
	double yc = sums->yc - wave->y * sums->c / n;
	double ys = sums->ys - wave->y * sums->s / n;
	double det = cc * ss - cs * cs;
	double b;
	double d;

	/* for whole periods det is n^2/4 */
	if (n < WAVE_POINTS_MIN || det < n * n / 16)
		return false;
	b = (yc * ss - ys * cs) / det;
	d = (ys * cc - yc * cs) / det;
	ret->mean = (wave->y - b * sums->c - d * sums->s) / n;
	ret->height = sqrt(b * b + d * d);
	ret->rest = wave->yy - wave->y * wave->y / n - b * yc - d * ys;
	if (ret->rest < 0)
		ret->rest = 0;
	ret->sigma = sqrt(ret->rest / (n - 3) * (cc + ss) / 2 / det);
	return ret->mean > 0;
}

enum wave_answer wave_judge(const struct wave *wave, const struct wave_periods *periods,
			    int64_t *ret_period_us)
{
	int64_t watched_us = wave->last_us - wave->from_us;
	double least = 0;
	int64_t best_us = 0;
	size_t flat = 0;

	if (!wave->live)
		return WAVE_OPEN;
	for (size_t i = 0; i < periods->count; i++) {
		int64_t turns = watched_us / periods->us[i];
		struct wave_fit fit;

		if (!wave_fit(wave, &wave->sums[i], &fit))
			continue;
		if ((fit.height + WAVE_FLAT_SIGMAS * fit.sigma) * 100 < fit.mean * WAVE_FLAT_PCT)
			flat++;
		if (turns < 1 || wave->gaps > 2 * (turns + 1) ||
		    fit.height < WAVE_SIGMAS * fit.sigma ||
		    fit.height * 100 < fit.mean * WAVE_LEAST_PCT)
			continue;
		if (best_us == 0 || fit.rest < least) {
			least = fit.rest;
			best_us = periods->us[i];
		}
	}
	if (best_us && watched_us >= wave_slowest_us(periods)) {
		*ret_period_us = best_us;
		return WAVE_FOUND;
	}
	return flat == periods->count ? WAVE_FLAT : WAVE_OPEN;
}
