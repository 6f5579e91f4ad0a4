/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words that no profile has yet, out of the parts an LED was seen to show: an SOS, counted blinks,
 * sequences, and blinks without a period. What repeats evenly (blinks, fades) and what holds are
 * told by the decoder itself, also without words.
 */
#ifndef LED_LEARN_H
#define LED_LEARN_H

#include "led/led.h"

enum learn_limits {
	LEARN_PARTS_MAX = 65536, /* at ten a second, two hours */
	LEARN_WORDS_MAX = 32,
	LEARN_STEPS_MAX = 12, /* of one sequence */
};

struct learn_word {
	struct board_led_state state; /* without a name; 'step_count' of a sequence */
	struct board_led_step steps[LEARN_STEPS_MAX];
	int times;	  /* turns, passes or codes that were seen */
	int64_t start_us; /* where it was seen first, and until when */
	int64_t end_us;
};

/*
 * The words in 'count' parts; times are rounded to milliseconds. Returns how many. Each part
 * belongs to one word at most: an SOS before a code before a sequence.
 */
size_t learn_words(const struct led_look *parts, size_t count,
		   struct learn_word ret[LEARN_WORDS_MAX]);

#endif
