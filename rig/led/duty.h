/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edges of the three lines -> how long each was lit, over whole PWM periods. The period is taken
 * from the edges; no window is cut where a pulse is, so one window of a steady colour is exact.
 * Knows nothing of colours and patterns. Levels are parts per million of the window's length.
 */
#ifndef LED_DUTY_H
#define LED_DUTY_H

#include "led/led.h"

enum duty_limits {
	DUTY_FULL_PPM = 1000000,
	DUTY_SAMPLES_MAX = 2,	   /* most samples one call can give */
	DUTY_WINDOW_MIN_US = 5000, /* fast PWM: many periods make one window */
};

enum duty_kind {
	DUTY_NONE = 0,
	DUTY_WINDOW, /* whole PWM periods */
	DUTY_CUT,    /* the lines stopped inside a period: good for a colour, not for brightness */
	DUTY_STEADY, /* no line moves since 'start_us': levels are 0 or full, the end is open */
};

struct duty_sample {
	enum duty_kind kind;
	int64_t start_us;
	int64_t end_us;
	int32_t level_ppm[LED_CHANNELS];
};

struct duty {
	int64_t hint_us;		    /* PWM period the profile names */
	int64_t period_us;		    /* PWM period as seen; 0 = not yet */
	int64_t last_us;		    /* last edge */
	int64_t candidate_us[LED_CHANNELS]; /* last interval between coming on and coming on */
	int32_t agreed[LED_CHANNELS];	    /* so many before were the same */
	bool lit[LED_CHANNELS];
	int64_t counted_us[LED_CHANNELS]; /* lit time is in 'lit_us' up to here */
	int64_t lit_us[LED_CHANNELS];	  /* within the open window */
	int64_t on_us[LED_CHANNELS];	  /* came on last */
	bool open;
	bool steady;	     /* told already that nothing moves */
	int64_t start_us;    /* of the open window */
	int64_t turn_us;     /* last period boundary: a channel came on */
	enum led_channel by; /* which */
	bool whole;	     /* the window began with that, not with a channel going out */
};

/* Starts anew at 't_us' with the given lit lines; 'pwm_hz' is a hint, 0 = none. */
void duty_reset(struct duty *duty, int64_t t_us, uint32_t pwm_hz, const bool lit[LED_CHANNELS]);

/* One edge, not before the last; true when it ended a window or cut it, 'ret_sample' then has it.
 */
bool duty_edge(struct duty *duty, int64_t t_us, enum led_channel channel, bool lit,
	       struct duty_sample *ret_sample);

/* When it can be told that no line moves any more; INT64_MAX when that is told. */
int64_t duty_deadline_us(const struct duty *duty);

/* The deadline has come: gives one or two samples (cut, steady), returns how many. */
size_t duty_expire(struct duty *duty, struct duty_sample ret_samples[DUTY_SAMPLES_MAX]);

/* PWM period as measured, or the hint as long as it is not. */
int64_t duty_period_us(const struct duty *duty);

#endif
