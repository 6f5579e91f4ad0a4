/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/words.h"
#include "led/code.h"
#include "led/sos.h"

enum {
	WORDS_HOLD_MIN_US = 500000, /* a stalled CPU stretches a blink; mostly by less than this */
	WORDS_UNKNOWN_MIN_US = 1500000, /* by then an SOS has shown its first letter */
	WORDS_HOLD_MARGIN = 10,		/* and 1/10 over the longest steady part of any word */
	WORDS_PWM_SLACK = 2, /* periods by which PWM may hide where a part begins and ends */
	WORDS_HZ_DEFAULT = 100,
};

/*
 * The longest the LED may seem to hold still inside one turn of the word: an edge that is missing
 * joins two parts, so it is a whole period.
 */
static int64_t words_still_us(const struct board_led_state *word)
{
	if (word->pattern == LED_PATTERN_BLINK)
		return word->period_us + word->tolerance_us;
	if (word->pattern == LED_PATTERN_CODE)
		return word->period_us + word->tolerance_us;
	if (word->pattern == LED_PATTERN_SOS)
		return sos_longest_mark_us();
	return 0;
}

static int64_t longer(int64_t a_us, int64_t b_us)
{
	return a_us > b_us ? a_us : b_us;
}

static void words_add_fade(struct words *words, int64_t period_us)
{
	struct wave_periods *fades = &words->fades;

	for (size_t i = 0; i < fades->count; i++)
		if (fades->us[i] == period_us)
			return;
	if (period_us && fades->count < WAVE_PERIODS_MAX)
		fades->us[fades->count++] = period_us;
}

void words_init(struct words *words, const struct board *board)
{
	int64_t pwm_us = 1000000 / (board->led.pwm_hz ? board->led.pwm_hz : WORDS_HZ_DEFAULT);
	int64_t blink_us = 0;
	int64_t longest_us = 0;

	*words = (struct words){ .board = board };
	for (size_t i = 0; i < LED_COLOUR_COUNT; i++)
		words->hold_us[i] = WORDS_HOLD_MIN_US;
	for (size_t i = 0; i < board->led.state_count; i++) {
		const struct board_led_state *word = &board->led.states[i];
		int64_t still_us = words_still_us(word);

		words->colours |= COLOUR_BIT(word->colour);
		still_us += still_us / WORDS_HOLD_MARGIN + WORDS_PWM_SLACK * pwm_us;
		words->hold_us[word->colour] = longer(words->hold_us[word->colour], still_us);
		words->pause_us[word->colour] =
			longer(words->pause_us[word->colour], still_us + word->pause_us * 11 / 10);
		longest_us = longer(longest_us, words->pause_us[word->colour]);
		if (word->pattern == LED_PATTERN_SOS)
			words->sos_colours |= COLOUR_BIT(word->colour);
		if (word->pattern == LED_PATTERN_CODE) {
			words->code_colours |= COLOUR_BIT(word->colour);
			words->code_pause_us = longer(words->code_pause_us, code_pause_us(word));
		}
		words->has_sequences |= word->pattern == LED_PATTERN_SEQUENCE;
		if (word->pattern == LED_PATTERN_FADE)
			words->fade_us[word->colour] =
				longer(words->fade_us[word->colour], word->period_us);
		if (word->pattern == LED_PATTERN_FADE)
			words_add_fade(words, word->period_us);
		if (word->pattern != LED_PATTERN_BLINK)
			continue;
		if (word->period_us == 0)
			words->any_blink_colours |= COLOUR_BIT(word->colour);
		blink_us = longer(blink_us, word->period_us);
	}
	/* two periods of the slowest blink, and as long as the last thing may have held before */
	words->unknown_us = longer(2 * blink_us + longest_us, WORDS_UNKNOWN_MIN_US);
}

static int64_t words_most(const int64_t us[LED_COLOUR_COUNT], colour_set colours)
{
	int64_t most_us = 0;

	for (size_t i = 0; i < LED_COLOUR_COUNT; i++)
		if (colours & COLOUR_BIT(i))
			most_us = longer(most_us, us[i]);
	return most_us;
}

int64_t words_hold_us(const struct words *words, colour_set colours)
{
	return longer(words_most(words->hold_us, colours), WORDS_HOLD_MIN_US);
}

int64_t words_pause_us(const struct words *words, colour_set colours)
{
	return longer(words_most(words->pause_us, colours), WORDS_HOLD_MIN_US);
}

int64_t words_fade_us(const struct words *words, colour_set colours)
{
	return words_most(words->fade_us, colours);
}

const struct board_led_state *words_find(const struct words *words, colour_set colours,
					 enum led_pattern pattern, int64_t period_us,
					 int64_t error_us, bool *ret_torn)
{
	const struct board_led_state *best = NULL;
	int64_t best_off = INT64_MAX;
	colour_set found = 0;

	for (size_t i = 0; i < words->board->led.state_count; i++) {
		const struct board_led_state *word = &words->board->led.states[i];
		int64_t off = period_us - word->period_us;

		if (!(colours & COLOUR_BIT(word->colour)) || word->pattern != pattern)
			continue;
		if (word->period_us == 0) {
			if (!best)
				best = word;
			found |= COLOUR_BIT(word->colour);
			continue;
		}
		if (off < 0)
			off = -off;
		if (off > word->tolerance_us + error_us)
			continue;
		found |= COLOUR_BIT(word->colour);
		if (off < best_off) {
			best = word;
			best_off = off;
		}
	}
	*ret_torn = (found & (found - 1)) != 0;
	return *ret_torn ? NULL : best;
}
