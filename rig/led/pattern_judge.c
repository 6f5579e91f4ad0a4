/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/pattern_judge.h"

enum {
	PATTERN_PWM_SLACK = 2, /* periods by which PWM may hide the length of a part */
	PATTERN_SIGMAS = 3,    /* of edges */
	PATTERN_SOS_POSSIBLE = 2,
	PATTERN_LOST_EDGES = 4, /* parts that one missing edge makes uneven */
	PATTERN_AGREED_MIN = 5, /* edges: four periods that agree */
	PATTERN_CHANCES = 1,	/* of 13 edges of no period; of a blink, 8 of them agree */
	PATTERN_PULSES_MIN = 3, /* in a mark: the line is modulated, no edge alone makes a mark */
};

void pattern_end(struct pattern *pattern, int64_t t_us, enum led_reason reason)
{
	/* what is a change for others is a part of a sequence */
	if (!pattern_shows(pattern, LED_PATTERN_SEQUENCE))
		state_end(&pattern->state, t_us, reason);
}

bool pattern_shows(const struct pattern *pattern, enum led_pattern what)
{
	return pattern->state.now.pattern == what;
}

int64_t pattern_slack_us(const struct pattern *pattern)
{
	return PATTERN_PWM_SLACK * pattern->pwm_us + PATTERN_SIGMAS * pattern->noise_us;
}

/* What speaks for a state, of all that was seen; an edge that is missing speaks against it. */
static int32_t pattern_confidence_pct(const struct pattern *pattern)
{
	int64_t lost = pattern->lost - pattern->series_lost;
	int64_t count = pattern->series_count > 0 ? pattern->series_count : 1;

	/* one that was thought to be missing before, and was not */
	if (lost < 0)
		lost = 0;
	return (int32_t)(100 * count / (count + lost));
}

/* Looks for the word and tells the state. False when it was not clear which word. */
bool pattern_found(struct pattern *pattern, struct led_seen seen, const struct hue *hue,
		   int64_t error_us)
{
	colour_set colours = hue ? colour_candidates(hue) : COLOUR_BIT(LED_COLOUR_OFF);
	const struct board_led_state *word;
	bool torn;

	word = words_find(&pattern->words, colours, seen.pattern, seen.period_us, error_us, &torn);
	seen.certain_us = pattern->now_us;
	seen.colour = word ? word->colour : hue ? colour_of(hue) : LED_COLOUR_OFF;
	seen.name = word ? word->name : NULL;
	seen.confidence_pct = pattern_confidence_pct(pattern);
	if (!word)
		seen.reason = torn || colours == 0 ? LED_REASON_COLOUR : LED_REASON_NO_WORD;
	if (torn || (colours == 0 && pattern->noisy)) {
		state_reason(&pattern->state, LED_REASON_COLOUR);
		return false;
	}
	if (word && word->period_us == 0 && seen.pattern == LED_PATTERN_BLINK)
		seen.period_us = 0;
	state_found(&pattern->state, &seen);
	return true;
}

bool pattern_has_sos(const struct pattern *pattern)
{
	return (pattern->series_colours & pattern->words.sos_colours) != 0;
}

/* 't_us': start of the mark or gap that gave 'result'. */
void pattern_judge_sos(struct pattern *pattern, enum sos_result result, int64_t t_us)
{
	if (result == SOS_FITS || !pattern_has_sos(pattern))
		return;
	if (result == SOS_TOLD || result == SOS_LOST_COUNTS)
		pattern_found(pattern,
			      (struct led_seen){ .onset_us = pattern->sos.told_us,
						 .pattern = LED_PATTERN_SOS,
						 .count = pattern->sos.told_count },
			      &pattern->series, 0);
	if (result != SOS_TOLD && pattern_shows(pattern, LED_PATTERN_SOS))
		pattern_end(pattern, t_us, LED_REASON_EARLY);
}

/*
 * An SOS begins like a blink. And where the profile knows an SOS, a blink it does not know may be
 * part of one that was joined half way.
 */
static bool pattern_may_be_sos(const struct pattern *pattern, const struct board_led_state *word)
{
	if (!pattern_has_sos(pattern))
		return false;
	/* one that an edge is missing of was given up */
	if (word && word->period_us == 0 && pattern->lost != pattern->series_lost)
		return true;
	return !word || pattern->sos.marks >= PATTERN_SOS_POSSIBLE;
}

/* A code begins like a blink, and few marks are no blink then. */
static bool pattern_may_be_code(const struct pattern *pattern, colour_set colours,
				int64_t period_us, int64_t error_us)
{
	bool torn;

	return (colours & pattern->words.code_colours) && pattern->code.marks <= CODE_MARKS_MAX &&
	       (words_find(&pattern->words, colours, LED_PATTERN_CODE, period_us, error_us,
			   &torn) ||
		torn);
}

/*
 * Edges are missing, and one that is missing could join two parts: where one edge makes a part, on
 * a line without PWM.
 */
static bool pattern_may_lack_marks(const struct pattern *pattern, int32_t marks)
{
	return pattern->lost != pattern->series_lost &&
	       pattern->series.pulses < (int64_t)marks * PATTERN_PULSES_MIN;
}

/* Parts that were joined must not look like no period at all. */
static int32_t pattern_irregular_edges(const struct pattern *pattern)
{
	bool joined = pattern_may_lack_marks(pattern, BLINK_IRREGULAR_EDGES / 2);

	return BLINK_IRREGULAR_EDGES + (joined ? PATTERN_LOST_EDGES : 0);
}

/* Where any blink is a word, one with a period must look like it in all its parts. */
static int64_t pattern_even_us(const struct pattern *pattern)
{
	if (!(pattern->series_colours & pattern->words.any_blink_colours))
		return INT64_MAX;
	/* each end of a part may be hidden for a period; for two whole ones, what is even is rare
	 */
	return pattern->pwm_us * 7 / 4 + PATTERN_SIGMAS * pattern->noise_us;
}

/* How often parts of no period may be even by chance; joined parts are that no more often. */
static int32_t pattern_chances(const struct pattern *pattern)
{
	if (pattern_even_us(pattern) == INT64_MAX ||
	    pattern_may_lack_marks(pattern, BLINK_IRREGULAR_EDGES / 2))
		return 0;
	return PATTERN_CHANCES;
}

/* Irregular parts are even by chance now and then. */
static bool pattern_may_be_chance(const struct pattern *pattern)
{
	const struct led_seen *now = &pattern->state.now;

	bool shown = !pattern->state.over && now->pattern == LED_PATTERN_BLINK && now->name &&
		     now->period_us == 0;

	if (pattern_even_us(pattern) == INT64_MAX || pattern->blink.agreed >= PATTERN_AGREED_MIN)
		return false;
	return shown || pattern->blink.before > 1;
}

/* With one line alone, all that flickers in that colour looks like a blink without period. */
static bool pattern_sees_one_line(const struct pattern *pattern)
{
	return __builtin_popcount(pattern->blind) >= LED_CHANNELS - 1;
}

void pattern_judge_blink(struct pattern *pattern)
{
	struct led_seen seen = { .pattern = LED_PATTERN_BLINK };
	colour_set colours;
	const struct board_led_state *word;
	int64_t error_us = pattern->pwm_us / 2 + pattern->noise_us;
	bool torn;

	if (!blink_is_running(&pattern->blink))
		return;
	if (blink_is_regular(&pattern->blink, pattern->pwm_us * 5 / 4 + 4 * pattern->noise_us,
			     pattern_even_us(pattern), pattern_chances(pattern), &seen.period_us,
			     &seen.onset_us)) {
		colours = pattern->series_colours;
		word = words_find(&pattern->words, colours, seen.pattern, seen.period_us, error_us,
				  &torn);
		if (!pattern_may_be_chance(pattern) && !pattern_may_be_sos(pattern, word) &&
		    !pattern_may_be_code(pattern, colours, seen.period_us, error_us))
			pattern_found(pattern, seen, &pattern->series, error_us);
	} else if (blink_is_irregular(&pattern->blink, pattern_irregular_edges(pattern),
				      &seen.onset_us)) {
		colours = pattern->series_colours;
		word = words_find(&pattern->words, colours, seen.pattern, 0, 0, &torn);
		if ((colours & pattern->words.any_blink_colours) &&
		    !pattern_sees_one_line(pattern) && !pattern_may_be_sos(pattern, word))
			pattern_found(pattern, seen, &pattern->series, 0);
		else if (pattern_shows(pattern, LED_PATTERN_BLINK))
			pattern_end(pattern, seen.onset_us, LED_REASON_IRREGULAR);
	}
}

/* A wave of a period that the vocabulary knows, found in brightness that is too noisy to follow. */
static bool pattern_judge_wave(struct pattern *pattern, struct led_seen *seen)
{
	bool torn;

	if (!pattern->noisy || pattern->fade.block.n > 0 ||
	    wave_judge(&pattern->wave, &pattern->words.fades, &seen->period_us) != WAVE_FOUND ||
	    !words_find(&pattern->words, pattern->hue_colours, seen->pattern, seen->period_us, 0,
			&torn))
		return false;
	pattern->waved_us = pattern->now_us;
	if (!pattern_shows(pattern, LED_PATTERN_FADE) || !pattern->state.now.name)
		pattern_found(pattern, *seen, &pattern->hue, 0);
	return true;
}

/* A wave was found not long ago; what noise makes of the slopes and turns does not count then. */
bool pattern_waves(const struct pattern *pattern)
{
	return pattern->now_us - pattern->waved_us <= 2 * wave_slowest_us(&pattern->words.fades);
}

void pattern_judge_fade(struct pattern *pattern, int32_t full_ppm)
{
	const struct fade *fade = &pattern->fade;
	struct led_seen seen = { .onset_us = fade->onset_us, .pattern = LED_PATTERN_FADE };
	const struct board_led_state *word;
	int64_t error_us = pattern_slack_us(pattern);
	bool torn;

	if (pattern_judge_wave(pattern, &seen))
		return;
	if (fade_is_measured(fade, &seen.period_us)) {
		word = words_find(&pattern->words, pattern->hue_colours, seen.pattern,
				  seen.period_us, error_us, &torn);
		/* turns that noise has moved must not contradict a wave that was found */
		if (word || (fade->steady && !pattern_waves(pattern)))
			pattern_found(pattern, seen, &pattern->hue, error_us);
	} else if (fade_is_sloping(fade, full_ppm, pattern->pwm_us, &seen.period_us, &error_us)) {
		word = words_find(&pattern->words, pattern->hue_colours, seen.pattern,
				  seen.period_us, 0, &torn);
		if (word && 2 * error_us <= word->tolerance_us)
			pattern_found(pattern, seen, &pattern->hue, 0);
	}
	if (fade_is_moving(fade) && !pattern_shows(pattern, LED_PATTERN_FADE))
		pattern_end(pattern, fade->onset_us, LED_REASON_EARLY);
}

/* A mark that is missing as a whole makes the count unknown. */
static int32_t pattern_code_count(const struct pattern *pattern)
{
	if (!pattern->code_whole || pattern_may_lack_marks(pattern, pattern->code.marks))
		return 0;
	return pattern->code.marks;
}

void pattern_judge_code(struct pattern *pattern, const struct hue *hue)
{
	const struct board_led *led = &pattern->words.board->led;
	colour_set possible = colour_candidates(hue);
	colour_set colours = possible & pattern->words.code_colours;
	const struct board_led_state *found = NULL;
	struct led_seen seen = { .onset_us = pattern->code.start_us[0],
				 .certain_us = pattern->now_us,
				 .pattern = LED_PATTERN_CODE,
				 .count = pattern_code_count(pattern),
				 .confidence_pct = pattern_confidence_pct(pattern) };

	/* for want of a line, one mark of another colour looks like this one */
	if (pattern->blind && pattern->code.marks < PATTERN_BLIND_MARKS && colours != possible)
		return;
	for (size_t i = 0; i < led->state_count && colours; i++) {
		const struct board_led_state *word = &led->states[i];

		if (word->pattern != LED_PATTERN_CODE || !(colours & COLOUR_BIT(word->colour)) ||
		    !code_fits(&pattern->code, word, pattern_slack_us(pattern)))
			continue;
		if (found)
			return; /* two words: not clear */
		found = word;
	}
	if (!found)
		return;
	seen.colour = found->colour;
	seen.period_us = found->period_us;
	seen.name = found->name;
	state_found(&pattern->state, &seen);
}

int64_t pattern_code_pause_us(const struct pattern *pattern)
{
	const struct board_led *led = &pattern->words.board->led;
	colour_set colours = pattern->series_colours & pattern->words.code_colours;
	int64_t pause_us = INT64_MAX;

	for (size_t i = 0; i < led->state_count && colours; i++) {
		const struct board_led_state *word = &led->states[i];

		if (word->pattern == LED_PATTERN_CODE && (colours & COLOUR_BIT(word->colour)) &&
		    code_fits(&pattern->code, word, pattern_slack_us(pattern)) &&
		    code_pause_us(word) < pause_us)
			pause_us = code_pause_us(word);
	}
	return pause_us;
}

void pattern_judge_sequence(struct pattern *pattern)
{
	const struct board_led *led = &pattern->words.board->led;
	int64_t turn_us = 0;

	for (size_t i = 0; i < led->state_count; i++) {
		struct led_seen seen = { .certain_us = pattern->now_us,
					 .pattern = LED_PATTERN_SEQUENCE,
					 .name = led->states[i].name,
					 .confidence_pct = pattern_confidence_pct(pattern) };

		if (led->states[i].pattern != LED_PATTERN_SEQUENCE)
			continue;
		turn_us += sequence_turn_us(led, &led->states[i]);
		if (!sequence_fits(&pattern->sequence, led, &led->states[i],
				   pattern_slack_us(pattern), &seen.onset_us))
			continue;
		pattern->sequenced_us = pattern->now_us;
		state_found(&pattern->state, &seen);
		return;
	}
	if (pattern_shows(pattern, LED_PATTERN_SEQUENCE) &&
	    pattern->now_us - pattern->sequenced_us > 2 * turn_us)
		state_end(&pattern->state, pattern->now_us, LED_REASON_IRREGULAR);
}
