/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The generated truth of the LED: a word of a board's language, played by a synthetic LED and then
 * spoiled as a bench spoils it: late time stamps, a wrong clock, edges that are missing, spikes.
 * Everything of a case comes from its seed.
 */
#ifndef TESTS_LIB_LED_TRUTH_H
#define TESTS_LIB_LED_TRUTH_H

#include "lib/led_gen.h"

enum led_truth_limits {
	LED_TRUTH_JITTER_US = 2000,  /* a time stamp comes up to this late */
	LED_TRUTH_CLOCK_PPM = 50000, /* the board's clock is off by up to this, either way */
	LED_TRUTH_DROP_PPM = 10000,  /* share of edges that are lost, up to this */
	LED_TRUTH_SPIKE_PPM = 10000, /* share of gaps between edges with a spike, up to this */
	LED_TRUTH_SPIKE_US = 50,     /* longest spike */
	LED_TRUTH_BRIGHT_MIN_PCT = 5,
};

/* How a case is spoiled; all zero but the brightness = not at all. */
struct led_noise {
	int64_t jitter_us;
	int64_t clock_ppm;
	int64_t drop_ppm;
	int64_t spike_ppm;
	int32_t bright_pct;
	int64_t pwm_us;	   /* period of the PWM */
	bool bare;	   /* lines without PWM: a channel is on or off */
	const char *lines; /* how they hang on the bench, led_wiring_parse(); NULL = "rgb" */
};

struct led_edge {
	int64_t t_us;
	enum led_channel channel;
	bool high;
};

/* Before this moment the bench lost edges, and knows it; the lines are now as said. */
struct led_gap {
	int64_t t_us;
	bool high[LED_CHANNELS];
};

/* A case: the edges, when the word began and when all ended (of the spoiled clock). */
struct led_case {
	const struct board_led *led;
	const struct board_led_state *word;
	struct led_noise noise;
	struct led_edge *edges; /* owned */
	size_t count;
	size_t capacity;
	struct led_gap *gaps; /* owned */
	size_t gap_count;
	int64_t begin_us; /* the LED is dark from here */
	int64_t onset_us; /* ... and shows the word from here */
	int64_t end_us;
	int64_t still_us;  /* how long a light is played to be no part of any pattern */
	int64_t period_us; /* what counts as the word's period, see led_truth_period_us() */
	int32_t code;	   /* of an SOS or of a counted blink */
	const struct board_led_state *before; /* off: what was played before; else NULL */
};

enum led_answer { LED_ANSWER_UNKNOWN = 0, LED_ANSWER_RIGHT, LED_ANSWER_WRONG };

struct led_result {
	enum led_answer answer;
	int64_t late_us;	/* right: certain this long after the onset */
	int64_t limit_us;	/* two periods of the pattern and 100 ms */
	struct led_seen said;	/* wrong: the first wrong one */
	enum led_reason reason; /* why nothing is told at the end */
};

/*
 * The period of which two, and 100 ms, are allowed until a word must be certain:
 * - blink, fade: the period of the word;
 * - sequence: one turn;
 * - code: its blinks, and the pause after them;
 * - SOS: one pass, from the first dot to the end of the pause after the code;
 * - a steady light has none. What it must outlast to be none of the other words of its colour takes
 *   its place: the longest period of a blink or a fade of that colour, or the longest time that
 *   nothing changes in an SOS when one edge is missing; half a second at least;
 * - darkness, likewise: the longest pause in any word;
 * - a blink of any period has none either. It is half the time of the first fourteen parts as they
 *   are played: so many must be seen before a blink that stalled now and then is excluded.
 * Nominal: the clock of the board is not in it.
 */
int64_t led_truth_period_us(const struct led_case *made);

/* The P1's profile, with its language; the test fails when it cannot be loaded. */
void led_truth_board(struct board *ret);

/* Noise of chance, everything up to its limit. */
struct led_noise led_truth_noise(uint64_t seed);

/* Makes a case of one word; abort() on lack of memory. Caller ends with led_truth_release(). */
void led_truth_make(struct led_case *ret, const struct board *board,
		    const struct board_led_state *word, const struct led_noise *noise,
		    uint64_t seed);
void led_truth_release(struct led_case *made);

/* Lets a decoder hear a case and judges what it told. */
struct led_result led_truth_judge(const struct led_case *made, const struct board *board);

#endif
