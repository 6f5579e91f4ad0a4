/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is there a fade of a given period in the brightness, however noisy it is? A wave of that period
 * is fitted to all levels of one light by least squares: what is left over says how sure its height
 * is. Slower than looking for slopes and turns (fade.h), and right where those drown in noise.
 */
#ifndef LED_WAVE_H
#define LED_WAVE_H

#include "led/led.h"

enum wave_limits { WAVE_PERIODS_MAX = 4 };

/* Sums of a least squares fit of level = a + b cos + d sin. */
struct wave_sums {
	double c, s, cc, ss, cs, yc, ys;
};

struct wave {
	bool live;
	int64_t from_us;
	int64_t last_us;
	int32_t gaps; /* moments of darkness in it */
	double n, y, yy;
	struct wave_sums sums[WAVE_PERIODS_MAX];
};

/* The periods to look for. */
struct wave_periods {
	size_t count;
	int64_t us[WAVE_PERIODS_MAX];
};

enum wave_answer {
	WAVE_OPEN = 0, /* too early, or too noisy */
	WAVE_FLAT,     /* surely no wave of any period */
	WAVE_FOUND,
};

/* The longest of them, 0 = none. */
int64_t wave_slowest_us(const struct wave_periods *periods);

void wave_reset(struct wave *wave);

/* A light begins at 't_us'. When that is soon after it went dark, it goes on. */
void wave_light(struct wave *wave, int64_t t_us);

void wave_level(struct wave *wave, const struct wave_periods *periods, int64_t t_us,
		int32_t level_ppm);

/* *ret_period_us is written with WAVE_FOUND. */
enum wave_answer wave_judge(const struct wave *wave, const struct wave_periods *periods,
			    int64_t *ret_period_us);

#endif
