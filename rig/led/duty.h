/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edges of the three lines -> how long each was lit, over whole PWM periods. The period is taken
 * from the edges, and so is how far their times are off. Windows lie on a grid of whole periods, so
 * a steady light gives the same in each, wherever its pulses lie. Knows nothing of colours.
 */
#ifndef LED_DUTY_H
#define LED_DUTY_H

#include "led/led.h"

enum duty_limits {
	DUTY_FULL_PPM = 1000000,
	DUTY_SAMPLES_MAX = 3,	   /* most samples one call can give */
	DUTY_WINDOW_MIN_US = 5000, /* fast PWM: many periods make one window */
	DUTY_LATE_US = 2000,	   /* a time stamp comes up to this late */
};

enum duty_kind {
	DUTY_NONE = 0,
	DUTY_WINDOW, /* whole PWM periods */
	DUTY_CUT,    /* not whole: good for a colour, not for brightness */
	DUTY_STEADY, /* no line moves since 'start_us', the end is open */
	DUTY_STUCK,  /* ... but a line that was modulated stopped while lit: an edge is missing */
	DUTY_HOLED,  /* some line was lit, but an edge is missing: how long is not known */
};

struct duty_sample {
	enum duty_kind kind;
	int64_t start_us;
	int64_t end_us;
	int64_t lit_us[LED_CHANNELS]; /* STEADY: the whole length or 0 */
	int64_t pulses;		      /* of the channel that has most; at least 1 */
	bool on[LED_CHANNELS];	      /* was lit or came on, for however short */
	int64_t noise_us;	      /* how far the length of one pulse may be off (1 sigma) */
	bool doubt;		      /* STEADY: lit only if no edge is missing */
	bool amends;		      /* STEADY: takes the place of the STUCK that began here */
	bool anew;		      /* levels before were wrong: the PWM has another period */
};

struct duty {
	int64_t hint_us;     /* PWM period the profile names */
	int64_t period_16us; /* PWM period as seen, in 1/16 us; 0 = not yet */
	int64_t planned_us;  /* ... for which what follows was planned */
	int64_t noise_16us;  /* median deviation of the intervals from it */
	int64_t measured;    /* intervals in it, as far as they matter */
	int64_t window_us;   /* length of a window: whole periods */
	int64_t timeout_us;  /* without an edge for this long: no line moves */
	int64_t gap_us;	     /* dark for this long: what comes is new light */
	int64_t last_us;     /* last edge */
	bool open;
	bool steady;  /* told already that nothing moves */
	bool spoiled; /* an edge is missing in the open window */
	bool lit[LED_CHANNELS];
	int64_t start_us; /* of the open window */
	int64_t end_us;
	int64_t sum_us[LED_CHANNELS]; /* times of going out less times of coming on, from start */
	int32_t pulses[LED_CHANNELS]; /* in the open window */
	int64_t on_us[LED_CHANNELS];  /* came on last */
	int64_t off_us[LED_CHANNELS]; /* went out last */
	bool fresh[LED_CHANNELS];     /* the next interval is the first one of this light */
	int64_t candidate_us[LED_CHANNELS]; /* last interval between coming on and coming on */
	int32_t agreed[LED_CHANNELS];	    /* so many before were the same */
	int64_t strayed_us[LED_CHANNELS];   /* by so much, summed up, they differed */
	int64_t usual_us[LED_CHANNELS];	    /* lit in the last window; 0 = no pulse in this light */
	bool stuck[LED_CHANNELS];	    /* taken for dark, with no edge that says so */
	int64_t stuck_us;		    /* ... from here on */
	bool held;			    /* 'hold' is a window that may yet be spoiled */
	struct duty_sample hold;
	bool cut;     /* the open window was planned by another period */
	bool anew;    /* the period is another one than was thought */
	int32_t lost; /* edges found missing since the last reset */
};

/* Starts anew at 't_us' with the given lit lines; 'pwm_hz' is a hint, 0 = none. */
void duty_reset(struct duty *duty, int64_t t_us, uint32_t pwm_hz, const bool lit[LED_CHANNELS]);

/* One edge, not before the last; returns how many samples it made known. */
size_t duty_edge(struct duty *duty, int64_t t_us, enum led_channel channel, bool lit,
		 struct duty_sample ret_samples[DUTY_SAMPLES_MAX]);

/* When it can be told that no line moves any more; INT64_MAX when that is told. */
static inline int64_t duty_deadline_us(const struct duty *duty)
{
	return duty->steady ? INT64_MAX : duty->last_us + duty->timeout_us;
}

/* The deadline has come: gives what is left of the window and what holds; returns how many. */
size_t duty_expire(struct duty *duty, struct duty_sample ret_samples[DUTY_SAMPLES_MAX]);

/* Edges are missing, nobody knows which: the lines are now as said. */
void duty_lose(struct duty *duty, int64_t t_us, const bool lit[LED_CHANNELS]);

/* PWM period as measured, or the hint as long as it is not. */
int64_t duty_period_us(const struct duty *duty);

#endif
