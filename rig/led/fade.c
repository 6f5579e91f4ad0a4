/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/fade.h"

#include <math.h>

enum {
	FADE_SIGMAS = 4,		  /* a slope this sure is one */
	FADE_MIN_POINTS = 4 * FADE_BLOCK, /* before a slope is spoken of */
	FADE_BEND_SHARE = 25,		  /* a block 4 % of the peak off the line is off it */
	FADE_LEAVE_SHARE = 100,	   /* a window 1 % of the peak off the line may have left it */
	FADE_LOW_SHARE = 4,	   /* below 1/4 of the peak a fade may turn or be dark */
	FADE_DARK_MAX_US = 250000, /* at its lowest point; 1/32 of the slowest, 8 s */
	FADE_HALF_MIN_US = 200000,
	FADE_ONSET_NEAR_US = 60000, /* the firmware moves brightness in steps of 21 to 25 ms */
	FADE_FULL_PCT = 90,	    /* of full: the fade began at its top */
	FADE_FLAT_SHARE = 4,	    /* levels within 1/4 of each other */
	FADE_SLOWEST_US = 8000000,  /* its slope is twice the peak in this time */
	FADE_US_PER_MS = 1000,
};

static void line_add(struct fade_line *line, int64_t t_us, int32_t level_ppm)
{
	double t = (double)(t_us - line->from_us) / FADE_US_PER_MS;
	double y = (double)level_ppm;

	line->n += 1;
	line->t += t;
	line->y += y;
	line->tt += t * t;
	line->ty += t * y;
	line->yy += y * y;
}

/* Joins two fits whose times count from the same moment. */
static void line_join(struct fade_line *line, const struct fade_line *more)
{
	line->n += more->n;
	line->t += more->t;
	line->y += more->y;
	line->tt += more->tt;
	line->ty += more->ty;
	line->yy += more->yy;
}

struct fit {
	double slope;  /* ppm per ms */
	double level;  /* at the middle */
	double middle; /* ms */
	double spread; /* sum of squared distances of the times from the middle */
	double sigma;  /* of one point */
	double slope_sigma;
};

static bool line_fit(const struct fade_line *line, struct fit *ret)
{
	double rest;

	if (line->n < FADE_BLOCK)
		return false;
	ret->middle = line->t / line->n;
	ret->level = line->y / line->n;
	ret->spread = line->tt - line->t * ret->middle;
	if (ret->spread <= 0)
		return false;
	ret->slope = (line->ty - line->t * ret->level) / ret->spread;
	rest = line->yy - line->y * ret->level - ret->slope * ret->slope * ret->spread;
	ret->sigma = rest > 0 ? sqrt(rest / (line->n - 2)) : 0;
	ret->slope_sigma = ret->sigma / sqrt(ret->spread);
	return true;
}

static double fit_at(const struct fit *fit, double t)
{
	return fit->level + fit->slope * (t - fit->middle);
}

void fade_reset(struct fade *fade)
{
	*fade = (struct fade){ 0 };
}

void fade_begin(struct fade *fade, int64_t t_us, int32_t level_ppm, bool whole)
{
	*fade = (struct fade){ .live = true,
			       .whole = whole,
			       .begin_us = t_us,
			       .onset_us = t_us,
			       .flat_us = t_us,
			       .level_ppm = level_ppm,
			       .main.from_us = t_us,
			       .block.from_us = t_us };
}

static void fade_clear_line(struct fade_line *line, int64_t from_us)
{
	*line = (struct fade_line){ .from_us = from_us };
}

static bool fit_is_sure(const struct fit *fit, double points)
{
	return points >= FADE_MIN_POINTS && fabs(fit->slope) > FADE_SIGMAS * fit->slope_sigma;
}

/* The slope is sure and makes a difference that is worth to be called one. */
static bool fade_slope(const struct fade *fade, struct fit *ret)
{
	double least = (double)fade->peak_ppm * FADE_US_PER_MS / FADE_SLOWEST_US;

	return line_fit(&fade->main, ret) && fit_is_sure(ret, fade->main.n) &&
	       fabs(ret->slope) > least &&
	       fabs(ret->slope) * 2 * sqrt(3 * ret->spread / fade->main.n) >
		       (double)fade->peak_ppm / FADE_BEND_SHARE;
}

/* False when a triangle does not turn here. */
static bool fade_turn(struct fade *fade, int64_t turn_us, int direction, double level)
{
	if (direction > 0 && level > (double)fade->peak_ppm / FADE_LOW_SHARE)
		return false;
	if (fade->turned && turn_us - fade->turn_us < FADE_HALF_MIN_US)
		return false;
	if (fade->turned) {
		int64_t half_us = turn_us - fade->turn_us;
		int64_t off_us = half_us - fade->half_us;
		bool steady = (off_us < 0 ? -off_us : off_us) < half_us / FADE_FLAT_SHARE;

		/* another period than before began with the turn before */
		if (fade->half_us && !steady)
			fade->onset_us = fade->turn_us;
		fade->steady = steady;
		fade->half_us = half_us;
	}
	fade->turned = true;
	fade->turn_us = turn_us;
	return true;
}

/* A new course begins at a turn that was seen as such. */
static void fade_restart(struct fade *fade, int64_t turn_us, int direction)
{
	fade->direction = direction;
	fade->bent = false;
	fade->flat_us = turn_us;
	fade_clear_line(&fade->main, fade->begin_us);
	fade_clear_line(&fade->block, fade->begin_us);
}

/* A new course has become clear; where it meets the old one is where brightness bent. */
static bool fade_settle(struct fade *fade, const struct fit *fit)
{
	int direction = fit->slope < 0 ? -1 : 1;
	struct fit before;
	double t;
	int64_t bend_us = fade->flat_us;

	if (fade->bent && line_fit(&fade->before, &before) && before.slope != fit->slope) {
		t = (fit_at(&before, 0) - fit_at(fit, 0)) / (fit->slope - before.slope);
		bend_us = fade->main.from_us + (int64_t)(t * FADE_US_PER_MS);
		if (bend_us < fade->flat_us - FADE_HALF_MIN_US ||
		    bend_us > fade->flat_us + FADE_HALF_MIN_US)
			bend_us = fade->flat_us;
		else
			fade->flat_us = bend_us;
		fade->bent = false;
		if (!fade->turned && direction < 0 && fade->direction <= 0 &&
		    bend_us - fade->begin_us > FADE_ONSET_NEAR_US)
			fade->onset_us = bend_us;
		if (fade->direction == -direction)
			if (!fade_turn(fade, bend_us, direction, fit_at(fit, t)))
				return false;
	}
	fade->direction = direction;
	return true;
}

/* The block does not lie on the line 'fit': another course begins where windows leave it. */
static void fade_bend(struct fade *fade, const struct fit *fit)
{
	double near = (double)fade->peak_ppm / FADE_LEAVE_SHARE;
	uint32_t first = fade->points > FADE_KEPT ? fade->points - FADE_KEPT : 0;

	if (2 * fit->sigma > near)
		near = 2 * fit->sigma;
	fade->before = fade->main;
	fade->bent = true;
	for (uint32_t i = first; i < fade->points; i++) {
		const struct fade_point *point = &fade->kept[i % FADE_KEPT];
		double t = (double)(point->t_us - fade->main.from_us) / FADE_US_PER_MS;

		if (point->t_us >= fade->flat_us &&
		    fabs((double)point->level_ppm - fit_at(fit, t)) <= near)
			first = i + 1;
	}
	fade_clear_line(&fade->main, fade->begin_us);
	if (first == fade->points)
		first--;
	fade->flat_us = fade->kept[first % FADE_KEPT].t_us;
	for (uint32_t i = first; i < fade->points; i++)
		line_add(&fade->main, fade->kept[i % FADE_KEPT].t_us,
			 fade->kept[i % FADE_KEPT].level_ppm);
}

static bool block_is_off(const struct fade *fade, const struct fit *fit)
{
	double block_level = fade->block.y / fade->block.n;
	double t = fade->block.t / fade->block.n;
	double reach = t - fit->middle;
	double sigma = fit->sigma *
		       sqrt(1.0 / FADE_BLOCK + 1.0 / fade->main.n + reach * reach / fit->spread);
	double slack = (double)fade->peak_ppm / FADE_BEND_SHARE;

	if (FADE_SIGMAS * sigma > slack)
		slack = FADE_SIGMAS * sigma;
	return fabs(block_level - fit_at(fit, t)) > slack;
}

static bool fade_take_block(struct fade *fade)
{
	int32_t level_ppm = (int32_t)(fade->block.y / fade->block.n);
	struct fit fit;
	bool ok = true;

	if (fade->blocks++ == 0)
		fade->trough_ppm = level_ppm;
	if (fade->main.n < FADE_BLOCK || level_ppm < fade->low_ppm)
		fade->low_ppm = level_ppm;
	if (fade->main.n < FADE_BLOCK || level_ppm > fade->high_ppm)
		fade->high_ppm = level_ppm;
	if (level_ppm > fade->peak_ppm)
		fade->peak_ppm = level_ppm;
	if (level_ppm < fade->trough_ppm)
		fade->trough_ppm = level_ppm;
	if (line_fit(&fade->main, &fit) && block_is_off(fade, &fit)) {
		fade_bend(fade, &fit);
		fade->low_ppm = level_ppm;
		fade->high_ppm = level_ppm;
	} else {
		line_join(&fade->main, &fade->block);
		if (fade_slope(fade, &fit))
			ok = fade_settle(fade, &fit);
	}
	fade_clear_line(&fade->block, fade->begin_us);
	return ok;
}

bool fade_jump(struct fade *fade, int64_t t_us, int32_t level_ppm)
{
	bool moved = fade->blocks > 0 || fade->block.n > 0;
	bool top = fade->direction > 0 && level_ppm >= fade->peak_ppm;

	if (!top || !fade_turn(fade, t_us, -1, level_ppm)) {
		fade_begin(fade, t_us, level_ppm, fade->whole);
		return moved;
	}
	fade->level_ppm = level_ppm;
	fade_restart(fade, t_us, -1);
	return true;
}

bool fade_level(struct fade *fade, int64_t t_us, int32_t level_ppm, int32_t full_ppm)
{
	(void)full_ppm;
	fade->level_ppm = level_ppm;
	line_add(&fade->block, t_us, level_ppm);
	fade->kept[fade->points++ % FADE_KEPT] =
		(struct fade_point){ .t_us = t_us, .level_ppm = level_ppm };
	if (fade->block.n < FADE_BLOCK)
		return true;
	if (fade_take_block(fade))
		return true;
	fade_begin(fade, fade->flat_us, level_ppm, fade->whole);
	return false;
}

bool fade_dark(struct fade *fade, int64_t t_us)
{
	bool fits = fade->live && fade->direction < 0 &&
		    fade->level_ppm <= fade->peak_ppm / FADE_LOW_SHARE;

	if (!fits) {
		fade_reset(fade);
		return false;
	}
	fade->dark = true;
	fade->dark_us = t_us;
	return true;
}

bool fade_goes_on(struct fade *fade, int64_t t_us)
{
	int64_t turn_us = (fade->dark_us + t_us) / 2;

	if (!fade->live || !fade->dark || t_us - fade->dark_us > FADE_DARK_MAX_US ||
	    !fade_turn(fade, turn_us, 1, 0))
		return false;
	fade->dark = false;
	fade_restart(fade, turn_us, 1);
	return true;
}

bool fade_is_moving(const struct fade *fade)
{
	struct fit fit;

	return fade->live && fade_slope(fade, &fit);
}

bool fade_may_be(const struct fade *fade, int64_t period_us)
{
	double least = (double)fade->peak_ppm * FADE_US_PER_MS / (double)(4 * period_us);
	double span_us;
	struct fit fit;

	if (!fade->live || (fade->blocks == 0 && fade->block.n == 0))
		return false;
	if (fade->main.n < FADE_MIN_POINTS || !line_fit(&fade->main, &fit))
		return true;
	/*
	 * Over a quarter of its period a fade has gone through a quarter of its height at least: it
	 * has turned half way then.
	 */
	span_us = 2 * sqrt(3 * fit.spread / fade->main.n) * FADE_US_PER_MS;
	if (span_us > (double)period_us / 4)
		return fade->high_ppm - fade->low_ppm > fade->peak_ppm / (2 * FADE_FLAT_SHARE);
	/* the slope is 8 times 'least' in a fade and nothing in a steady light */
	return fabs(fit.slope) + FADE_SIGMAS * fit.slope_sigma > least;
}

bool fade_is_flat(const struct fade *fade)
{
	struct fit fit;

	if (fade->blocks == 0 ||
	    fade->peak_ppm - fade->trough_ppm <= fade->peak_ppm / FADE_FLAT_SHARE)
		return true;
	return !fade->direction &&
	       !(line_fit(&fade->main, &fit) && fit_is_sure(&fit, fade->main.n));
}

bool fade_is_measured(const struct fade *fade, int64_t *ret_period_us)
{
	if (!fade->live || !fade->half_us)
		return false;
	*ret_period_us = 2 * fade->half_us;
	return true;
}

bool fade_is_sloping(const struct fade *fade, int32_t full_ppm, int64_t pwm_us,
		     int64_t *ret_period_us, int64_t *ret_error_us)
{
	struct fit fit;
	double top;
	double period_ms;
	double span_ms;
	double noise_share;
	double late_share;

	if (!fade->live || !fade->whole || fade->turned || fade->direction >= 0 ||
	    !fade_slope(fade, &fit) || fit.slope >= 0)
		return false;
	top = fit_at(&fit, (double)(fade->onset_us - fade->main.from_us) / FADE_US_PER_MS);
	if (top * 100 < (double)full_ppm * FADE_FULL_PCT)
		return false;
	period_ms = -2 * top / fit.slope;
	span_ms = 2 * sqrt(3 * fit.spread / fade->main.n);
	*ret_period_us = (int64_t)(period_ms * FADE_US_PER_MS);
	noise_share = 2 * fit.slope_sigma / -fit.slope;
	late_share = (double)pwm_us / FADE_US_PER_MS / span_ms;
	*ret_error_us = (int64_t)(period_ms * FADE_US_PER_MS *
				  (noise_share > late_share ? noise_share : late_share));
	return true;
}
