/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recognises a fade ("breathing"): brightness goes in a straight line from full to nothing and
 * back. Lines are fitted to the levels by least squares, so noise is known and a slope is believed
 * only when it is surely none. The period is told early from the slope when the fade was seen to
 * begin at full, else from the time between two turning points.
 */
#ifndef LED_FADE_H
#define LED_FADE_H

#include "led/led.h"

/* Sums of a least squares fit of level over time. */
struct fade_line {
	int64_t from_us; /* times count from here, in ms */
	double n, t, y, tt, ty, yy;
};

enum fade_limits {
	FADE_BLOCK = 4, /* windows that are held against the line together */
	FADE_KEPT = 16, /* last windows that are kept, for when a new line begins in them */
};

struct fade_point {
	int64_t t_us;
	int32_t level_ppm;
};

struct fade {
	bool live;
	bool whole;	    /* seen from its beginning, not joined half way */
	int64_t begin_us;   /* this light came on, or jumped to another brightness */
	int64_t onset_us;   /* the fade began */
	int64_t flat_us;    /* brightness changed its course here */
	int32_t level_ppm;  /* last */
	int32_t peak_ppm;   /* highest of a block */
	int32_t trough_ppm; /* lowest of a block */
	int32_t low_ppm;    /* lowest and highest block on the line that holds now */
	int32_t high_ppm;
	int32_t blocks;
	struct fade_line main;
	struct fade_line block;
	struct fade_point kept[FADE_KEPT]; /* a ring */
	uint32_t points;
	struct fade_line before; /* the line before the break */
	bool bent;		 /* 'before' holds one */
	int direction;		 /* of the last sure slope: -1 down, 1 up */
	bool turned;
	int64_t turn_us;
	int64_t half_us; /* between the last two turning points; 0 = not seen yet */
	bool steady;	 /* the half before was about as long */
	int64_t dark_us; /* dark since; only while dark */
	bool dark;
};

void fade_reset(struct fade *fade);

/* A light of 'level_ppm' begins at 't_us'. */
void fade_begin(struct fade *fade, int64_t t_us, int32_t level_ppm, bool whole);

/* Does a fade run that was dark for a moment at its lowest point? */
bool fade_goes_on(struct fade *fade, int64_t t_us);

/*
 * At 't_us' the brightness was 'level_ppm'. False when that is no fade any more; all begins anew
 * then (at 'flat_us').
 */
bool fade_level(struct fade *fade, int64_t t_us, int32_t level_ppm, int32_t full_ppm);

/*
 * From 't_us' on brightness is 'level_ppm' and holds, by lines that do not move. True when it was
 * another one before. At the top of a fade up to full duty that is a turn.
 */
bool fade_jump(struct fade *fade, int64_t t_us, int32_t level_ppm);

/* It is dark from 't_us' on. False when a fade would not be dark now. */
bool fade_dark(struct fade *fade, int64_t t_us);

/* Brightness surely goes up or down. */
bool fade_is_moving(const struct fade *fade);

/* Brightness could still be that of a fade of this period. */
bool fade_may_be(const struct fade *fade, int64_t period_us);

/* All the light since its beginning was about equally bright. */
bool fade_is_flat(const struct fade *fade);

/* Period from turning points. */
bool fade_is_measured(const struct fade *fade, int64_t *ret_period_us);

/*
 * Period from the slope, and by how much it may be off, given that edges show a change of
 * brightness up to 'pwm_us' late and 'full_ppm' is what full brightness is.
 */
bool fade_is_sloping(const struct fade *fade, int32_t full_ppm, int64_t pwm_us,
		     int64_t *ret_period_us, int64_t *ret_error_us);

#endif
