/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recognises a fade ("breathing"): brightness goes in a straight line from full to nothing and
 * back. The period is told early from the slope when the fade was seen to begin at full, else from
 * the time between two turning points.
 */
#ifndef LED_FADE_H
#define LED_FADE_H

#include "led/led.h"

struct fade {
	bool live;
	bool whole; /* seen from its beginning, not joined half way */
	enum led_colour colour;
	int64_t begin_us; /* this light came on, or jumped to another brightness */
	int64_t onset_us; /* the fade began */
	int64_t since_us; /* brightness is 'level_ppm' since */
	int32_t level_ppm;
	int32_t peak_ppm;
	int direction;	  /* -1 down, 1 up, 0 has not moved yet */
	int32_t steps;	  /* in this direction */
	int64_t first_us; /* first step of this direction */
	int32_t first_ppm;
	int64_t early_us; /* a few steps later, to see whether the line is straight */
	int32_t early_ppm;
	bool turned;
	int64_t turn_us; /* last turning point */
	int64_t half_us; /* between the last two; 0 = not seen yet */
};

void fade_reset(struct fade *fade);

/* A light of 'colour' and 'level_ppm' begins at 't_us'. */
void fade_begin(struct fade *fade, int64_t t_us, enum led_colour colour, int32_t level_ppm,
		bool whole);

/* Does a fade of this colour run that was dark for a moment at its lowest point? */
bool fade_goes_on(const struct fade *fade, int64_t t_us, enum led_colour colour);

/*
 * From 't_us' on the brightness is 'level_ppm'. False when that is no fade any more; all begins
 * anew then (at 'begin_us').
 */
bool fade_level(struct fade *fade, int64_t t_us, int32_t level_ppm, int32_t full_ppm);

/* It is dark from 't_us' on. False when a fade would not be dark now. */
bool fade_dark(struct fade *fade, int64_t t_us);

/* Brightness has moved far enough that the light is not steady. */
bool fade_is_moving(const struct fade *fade);

/* Period from turning points. */
bool fade_is_measured(const struct fade *fade, int64_t *ret_period_us);

/*
 * Period from the slope, and by how much it may be off, given that edges show a change of
 * brightness up to 'pwm_us' late and 'full_ppm' is what full brightness is.
 */
bool fade_is_sloping(const struct fade *fade, int32_t full_ppm, int64_t pwm_us,
		     int64_t *ret_period_us, int64_t *ret_error_us);

#endif
