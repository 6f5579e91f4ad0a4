/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The LED's language as a board profile lists it, and the times that follow from it: how long a
 * light must hold to be more than a part of a blink.
 */
#ifndef LED_WORDS_H
#define LED_WORDS_H

#include "led/led.h"

struct words {
	const struct board *board;  /* borrowed */
	int64_t hold_us;	    /* held this long: solid or off, no blink */
	int64_t unknown_us;	    /* without a word for this long: say that it is unknown */
	uint32_t sos_colours;	    /* bit n: colour n has an SOS word */
	uint32_t any_blink_colours; /* bit n: colour n has a blink word of any period */
};

/* Reads the times out of 'board', which must outlive 'words'. */
void words_init(struct words *words, const struct board *board);

/*
 * The word nearest to what was seen, its tolerance widened by 'error_us' of the measurement; a
 * word with period 0 fits any period when no other does. NULL when nothing fits.
 */
const struct board_led_state *words_find(const struct words *words, enum led_colour colour,
					 enum led_pattern pattern, int64_t period_us,
					 int64_t error_us);

bool words_has_sos(const struct words *words, enum led_colour colour);
bool words_has_any_blink(const struct words *words, enum led_colour colour);

#endif
