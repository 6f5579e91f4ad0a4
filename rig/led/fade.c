/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The firmware moves brightness in steps (21 to 25 ms), so a fade is a staircase. The moments at
 * which steps begin lie on the straight line; they are known to within one PWM period.
 */
#include "led/fade.h"

enum {
	FADE_STEPS_MIN = 10,	 /* steps one way before it is more than a change of brightness */
	FADE_EARLY_STEPS = 5,	 /* slope up to here and from here must agree */
	FADE_STRAIGHT_SHARE = 3, /* ... to within one third */
	FADE_STEP_SHARE = 128,	 /* smallest step, as a share of the peak */
	FADE_STEP_MIN_PPM = 400,
	FADE_JUMP_SHARE = 8,	      /* more than 1/8 of full at once is no fade */
	FADE_LOW_SHARE = 8,	      /* below 1/8 of the peak a fade may turn or be dark */
	FADE_PLATEAU_MAX_US = 200000, /* steps of the slowest fade come faster than this */
	FADE_HALF_MIN_US = 200000,
	FADE_ONSET_NEAR_US = 30000,
	FADE_FULL_PCT = 93, /* of full: the fade began at its top */
};

void fade_reset(struct fade *fade)
{
	*fade = (struct fade){ 0 };
}

void fade_begin(struct fade *fade, int64_t t_us, enum led_colour colour, int32_t level_ppm,
		bool whole)
{
	*fade = (struct fade){ .live = true,
			       .whole = whole,
			       .colour = colour,
			       .begin_us = t_us,
			       .onset_us = t_us,
			       .since_us = t_us,
			       .level_ppm = level_ppm,
			       .peak_ppm = level_ppm };
}

bool fade_goes_on(const struct fade *fade, int64_t t_us, enum led_colour colour)
{
	return fade->live && fade->direction < 0 && fade->colour == colour &&
	       fade->level_ppm == 0 && t_us - fade->since_us <= FADE_PLATEAU_MAX_US;
}

/* False when a triangle does not turn here. */
static bool fade_turn(struct fade *fade, int64_t t_us)
{
	int64_t turn_us = (fade->since_us + t_us) / 2;

	if (fade->direction < 0 && fade->level_ppm > fade->peak_ppm / FADE_LOW_SHARE)
		return false;
	if (fade->turned && turn_us - fade->turn_us < FADE_HALF_MIN_US)
		return false;
	if (fade->turned)
		fade->half_us = turn_us - fade->turn_us;
	fade->turned = true;
	fade->turn_us = turn_us;
	fade->direction = -fade->direction;
	fade->steps = 0;
	return true;
}

/*
 * The line through the steps meets the peak where the fade began. When the light came on at about
 * that time, the fade began with it.
 */
static void fade_place_onset(struct fade *fade)
{
	int64_t us = fade->since_us - fade->first_us;
	int32_t moved = fade->level_ppm - fade->first_ppm;

	if (moved < 0)
		us = us * (fade->peak_ppm - fade->first_ppm) / -moved;
	else
		us = 0;
	if (fade->first_us - us - fade->begin_us > FADE_ONSET_NEAR_US)
		fade->onset_us = fade->first_us - us;
}

static void fade_step(struct fade *fade, int64_t t_us, int32_t level_ppm)
{
	fade->since_us = t_us;
	fade->level_ppm = level_ppm;
	if (level_ppm > fade->peak_ppm)
		fade->peak_ppm = level_ppm;
	fade->steps++;
	if (fade->steps == 1) {
		fade->first_us = t_us;
		fade->first_ppm = level_ppm;
	} else if (fade->steps == FADE_EARLY_STEPS) {
		fade->early_us = t_us;
		fade->early_ppm = level_ppm;
	} else if (fade->steps == FADE_STEPS_MIN && !fade->turned) {
		fade_place_onset(fade);
	}
}

static int32_t most(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

bool fade_level(struct fade *fade, int64_t t_us, int32_t level_ppm, int32_t full_ppm)
{
	int32_t moved = level_ppm - fade->level_ppm;
	int32_t size = moved < 0 ? -moved : moved;
	int direction = moved < 0 ? -1 : 1;
	bool was_moving = fade->direction != 0;

	if (size < most(fade->peak_ppm / FADE_STEP_SHARE, FADE_STEP_MIN_PPM)) {
		if (!was_moving || t_us - fade->since_us <= FADE_PLATEAU_MAX_US)
			return true;
		fade_begin(fade, fade->since_us, fade->colour, level_ppm, fade->whole);
		return false;
	}
	if (size > most(most(fade->peak_ppm, level_ppm), full_ppm) / FADE_JUMP_SHARE) {
		fade_begin(fade, t_us, fade->colour, level_ppm, fade->whole);
		return !was_moving;
	}
	if (!was_moving && direction > 0 && t_us - fade->begin_us <= FADE_ONSET_NEAR_US) {
		/* the light came on inside a PWM period, only now its level shows */
		fade->level_ppm = level_ppm;
		fade->peak_ppm = level_ppm;
		return true;
	}
	if (!was_moving) {
		fade->direction = direction;
	} else if (direction != fade->direction && !fade_turn(fade, t_us)) {
		fade_begin(fade, t_us, fade->colour, level_ppm, fade->whole);
		return false;
	}
	fade_step(fade, t_us, level_ppm);
	return true;
}

bool fade_dark(struct fade *fade, int64_t t_us)
{
	bool fits = fade->live && fade->direction < 0 &&
		    fade->level_ppm <= fade->peak_ppm / FADE_LOW_SHARE;

	if (fits)
		fade_step(fade, t_us, 0);
	else
		fade_reset(fade);
	return fits;
}

bool fade_is_moving(const struct fade *fade)
{
	return fade->live && fade->steps >= FADE_STEPS_MIN;
}

bool fade_is_measured(const struct fade *fade, int64_t *ret_period_us)
{
	if (!fade->live || !fade->half_us)
		return false;
	*ret_period_us = 2 * fade->half_us;
	return true;
}

/* Time the line takes from full to dark, by two of its points; 0 when it does not fall. */
static int64_t fade_fall_us(int64_t us, int32_t drop_ppm, int32_t peak_ppm)
{
	return drop_ppm > 0 ? us * peak_ppm / drop_ppm : 0;
}

bool fade_is_sloping(const struct fade *fade, int32_t full_ppm, int64_t pwm_us,
		     int64_t *ret_period_us, int64_t *ret_error_us)
{
	int64_t us = fade->since_us - fade->first_us;
	int64_t early_us;
	int64_t late_us;
	int64_t fall_us;

	if (!fade->live || !fade->whole || fade->turned || fade->direction >= 0 ||
	    fade->steps < FADE_STEPS_MIN ||
	    fade->peak_ppm < (int64_t)full_ppm * FADE_FULL_PCT / 100)
		return false;
	fall_us = fade_fall_us(us, fade->first_ppm - fade->level_ppm, fade->peak_ppm);
	early_us = fade_fall_us(fade->early_us - fade->first_us, fade->first_ppm - fade->early_ppm,
				fade->peak_ppm);
	late_us = fade_fall_us(fade->since_us - fade->early_us, fade->early_ppm - fade->level_ppm,
			       fade->peak_ppm);
	if (us <= 0 || early_us < late_us - late_us / FADE_STRAIGHT_SHARE ||
	    early_us > late_us + late_us / FADE_STRAIGHT_SHARE)
		return false;
	*ret_period_us = 2 * fall_us;
	*ret_error_us = 2 * fall_us * pwm_us / us;
	return true;
}
