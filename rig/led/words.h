/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The LED's language as a board profile lists it, and the times that follow from it: how long a
 * light must hold to be more than a part of a blink.
 */
#ifndef LED_WORDS_H
#define LED_WORDS_H

#include "led/colour.h"
#include "led/wave.h"

struct words {
	const struct board *board;	    /* borrowed */
	int64_t hold_us[LED_COLOUR_COUNT];  /* held this long: solid or off after this colour */
	int64_t pause_us[LED_COLOUR_COUNT]; /* ... and off after marks of this colour */
	int64_t fade_us[LED_COLOUR_COUNT];  /* slowest fade of this colour; 0 = none */
	struct wave_periods fades;	    /* periods of all fades */
	int64_t code_pause_us;		    /* darkness this long is within no code */
	int64_t unknown_us;	      /* without a word for this long: say that it is unknown */
	colour_set colours;	      /* that have a word */
	colour_set sos_colours;	      /* that have an SOS word */
	colour_set any_blink_colours; /* that have a blink word of any period */
	colour_set code_colours;      /* that have counted blinks */
	bool has_sequences;
};

/* Reads the times out of 'board', which must outlive 'words'. */
void words_init(struct words *words, const struct board *board);

/*
 * The word nearest to what was seen, of one of these colours, its tolerance widened by 'error_us'
 * of the measurement; a word with period 0 fits any period when no other does. NULL when nothing
 * fits, or words of two colours do (*ret_torn).
 */
const struct board_led_state *words_find(const struct words *words, colour_set colours,
					 enum led_pattern pattern, int64_t period_us,
					 int64_t error_us, bool *ret_torn);

/* Held for how long a light that is one of these colours is steady, or darkness after it. */
int64_t words_hold_us(const struct words *words, colour_set colours);

/* The same for darkness after marks of one of these colours: a code may have paused. */
int64_t words_pause_us(const struct words *words, colour_set colours);

/* Slowest fade of any of these colours; 0 = none. */
int64_t words_fade_us(const struct words *words, colour_set colours);

#endif
