/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/words.h"
#include "led/sos.h"

enum {
	WORDS_HOLD_MIN_US = 500000, /* a stalled CPU stretches a blink; mostly by less than this */
	WORDS_UNKNOWN_MIN_US = 1500000, /* by then an SOS has shown its first letter */
	WORDS_HOLD_MARGIN = 10,		/* and 1/10 over the longest steady part of any word */
	WORDS_PWM_SLACK = 2, /* periods by which PWM may hide where a part begins and ends */
	WORDS_HZ_DEFAULT = 100,
};

/* The longest the LED holds still inside one turn of the word. */
static int64_t words_still_us(const struct board_led_state *word)
{
	if (word->pattern == LED_PATTERN_BLINK)
		return (word->period_us + word->tolerance_us) / 2;
	if (word->pattern == LED_PATTERN_SOS)
		return sos_longest_mark_us();
	return 0;
}

void words_init(struct words *words, const struct board *board)
{
	int64_t pwm_us = 1000000 / (board->led.pwm_hz ? board->led.pwm_hz : WORDS_HZ_DEFAULT);
	int64_t still_us = 0;
	int64_t blink_us = 0;

	*words = (struct words){ .board = board };
	for (size_t i = 0; i < board->led.state_count; i++) {
		const struct board_led_state *word = &board->led.states[i];

		if (words_still_us(word) > still_us)
			still_us = words_still_us(word);
		if (word->pattern == LED_PATTERN_SOS)
			words->sos_colours |= 1u << word->colour;
		if (word->pattern != LED_PATTERN_BLINK)
			continue;
		if (word->period_us == 0)
			words->any_blink_colours |= 1u << word->colour;
		if (word->period_us > blink_us)
			blink_us = word->period_us;
	}
	words->hold_us = still_us + still_us / WORDS_HOLD_MARGIN + WORDS_PWM_SLACK * pwm_us;
	if (words->hold_us < WORDS_HOLD_MIN_US)
		words->hold_us = WORDS_HOLD_MIN_US;
	/* two periods of the slowest blink, and as long as the last thing may have held before */
	words->unknown_us = 2 * blink_us + words->hold_us;
	if (words->unknown_us < WORDS_UNKNOWN_MIN_US)
		words->unknown_us = WORDS_UNKNOWN_MIN_US;
}

const struct board_led_state *words_find(const struct words *words, enum led_colour colour,
					 enum led_pattern pattern, int64_t period_us,
					 int64_t error_us)
{
	const struct board_led_state *best = NULL;
	int64_t best_off = INT64_MAX;

	if (colour == LED_COLOUR_UNKNOWN)
		return NULL;
	for (size_t i = 0; i < words->board->led.state_count; i++) {
		const struct board_led_state *word = &words->board->led.states[i];
		int64_t off = period_us - word->period_us;

		if (word->colour != colour || word->pattern != pattern)
			continue;
		if (word->period_us == 0) {
			if (!best)
				best = word;
			continue;
		}
		if (off < 0)
			off = -off;
		if (off <= word->tolerance_us + error_us && off < best_off) {
			best = word;
			best_off = off;
		}
	}
	return best;
}

bool words_has_sos(const struct words *words, enum led_colour colour)
{
	return words->sos_colours >> colour & 1;
}

bool words_has_any_blink(const struct words *words, enum led_colour colour)
{
	return words->any_blink_colours >> colour & 1;
}
