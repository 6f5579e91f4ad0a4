/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/pattern.h"

enum {
	PATTERN_PWM_SLACK = 2,	 /* periods by which PWM may hide the length of a part */
	PATTERN_FLAT_SHARE = 32, /* brightness within 1/32 holds */
	PATTERN_MARK_SHARE = 4,	 /* a mark of a blink is flat to within 1/4 */
	PATTERN_SOS_LIKELY = 3,	 /* marks: the first letter */
	PATTERN_SOS_POSSIBLE = 2,
};

void pattern_init(struct pattern *pattern, const struct board *board,
		  void (*seen)(void *ctx, const struct led_seen *seen), void *ctx)
{
	*pattern = (struct pattern){ 0 };
	words_init(&pattern->words, board);
	state_init(&pattern->state, seen, ctx);
}

void pattern_reset(struct pattern *pattern, int64_t t_us)
{
	state_reset(&pattern->state, t_us);
	blink_reset(&pattern->blink);
	fade_reset(&pattern->fade);
	sos_reset(&pattern->sos);
	pattern->now_us = t_us;
	pattern->anchored = false;
	pattern->held = false;
	pattern->colour = LED_COLOUR_UNKNOWN;
	pattern->start_us = INT64_MAX;
}

static bool pattern_is_lit(const struct pattern *pattern)
{
	return pattern->start_us != INT64_MAX && pattern->colour != LED_COLOUR_OFF;
}

static int64_t pattern_slack_us(const struct pattern *pattern)
{
	return PATTERN_PWM_SLACK * pattern->pwm_us;
}

static void pattern_found(struct pattern *pattern, struct led_seen seen,
			  const struct board_led_state *word)
{
	seen.certain_us = pattern->now_us;
	seen.name = word ? word->name : NULL;
	state_found(&pattern->state, &seen);
}

static void pattern_found_sos(struct pattern *pattern)
{
	const struct sos *sos = &pattern->sos;

	pattern_found(pattern,
		      (struct led_seen){ .onset_us = sos->told_us,
					 .colour = sos->colour,
					 .pattern = LED_PATTERN_SOS,
					 .count = sos->told_count },
		      words_find(&pattern->words, sos->colour, LED_PATTERN_SOS, 0, 0));
}

/* 't_us': start of the mark or gap that gave 'result'. */
static void pattern_judge_sos(struct pattern *pattern, enum sos_result result, int64_t t_us)
{
	if (!words_has_sos(&pattern->words, pattern->sos.colour))
		return;
	if (result == SOS_TOLD || result == SOS_LOST_COUNTS)
		pattern_found_sos(pattern);
	if (result != SOS_FITS && result != SOS_TOLD &&
	    pattern->state.now.pattern == LED_PATTERN_SOS)
		state_end(&pattern->state, t_us);
}

/*
 * An SOS begins like a blink. And where the profile knows an SOS, a blink it does not know may be
 * part of one that was joined half way.
 */
static bool pattern_may_be_sos(const struct pattern *pattern, const struct board_led_state *word)
{
	if (!words_has_sos(&pattern->words, pattern->blink.colour))
		return false;
	return !word || (pattern->sos.marks >= PATTERN_SOS_POSSIBLE &&
			 pattern->sos.colour == pattern->blink.colour);
}

static void pattern_judge_blink(struct pattern *pattern)
{
	struct led_seen seen = { .colour = pattern->blink.colour, .pattern = LED_PATTERN_BLINK };
	const struct board_led_state *word;

	if (blink_is_regular(&pattern->blink, pattern->pwm_us * 5 / 4, &seen.period_us,
			     &seen.onset_us)) {
		word = words_find(&pattern->words, seen.colour, seen.pattern, seen.period_us,
				  pattern->pwm_us / 2);
		if (!pattern_may_be_sos(pattern, word))
			pattern_found(pattern, seen, word);
	} else if (blink_is_irregular(&pattern->blink, &seen.onset_us)) {
		word = words_find(&pattern->words, seen.colour, seen.pattern, 0, 0);
		if (words_has_any_blink(&pattern->words, seen.colour) &&
		    !pattern_may_be_sos(pattern, word))
			pattern_found(pattern, seen, word);
		else if (pattern->state.now.pattern == LED_PATTERN_BLINK)
			state_end(&pattern->state, seen.onset_us);
	}
}

static void pattern_judge_fade(struct pattern *pattern, int32_t full_ppm)
{
	const struct fade *fade = &pattern->fade;
	struct led_seen seen = { .onset_us = fade->onset_us,
				 .colour = fade->colour,
				 .pattern = LED_PATTERN_FADE };
	const struct board_led_state *word;
	int64_t error_us;

	if (fade_is_measured(fade, &seen.period_us)) {
		word = words_find(&pattern->words, seen.colour, seen.pattern, seen.period_us,
				  pattern_slack_us(pattern));
		pattern_found(pattern, seen, word);
	} else if (fade_is_sloping(fade, full_ppm, pattern->pwm_us, &seen.period_us, &error_us)) {
		word = words_find(&pattern->words, seen.colour, seen.pattern, seen.period_us, 0);
		if (word && 2 * error_us <= word->tolerance_us)
			pattern_found(pattern, seen, word);
	}
	if (fade_is_moving(fade) && pattern->state.now.pattern != LED_PATTERN_FADE)
		state_end(&pattern->state, fade->onset_us);
}

static void pattern_begin_run(struct pattern *pattern, const struct light_step *step)
{
	pattern->colour = step->colour;
	pattern->start_us = step->start_us;
	pattern->flat_us = step->start_us;
	pattern->flat_ppm = step->level_ppm;
	pattern->bent = false;
	pattern->min_ppm = step->level_ppm;
	pattern->max_ppm = step->level_ppm;
	pattern->held = false;
}

static void pattern_dark(struct pattern *pattern, const struct light_step *step)
{
	int64_t t_us = step->start_us;
	int64_t lit_us = t_us - pattern->start_us;
	bool lit = pattern_is_lit(pattern);
	bool flat = pattern->max_ppm - pattern->min_ppm <= pattern->max_ppm / PATTERN_MARK_SHARE;

	if (lit) {
		pattern_judge_sos(pattern,
				  sos_mark(&pattern->sos, pattern->colour, pattern->start_us,
					   lit_us, pattern_slack_us(pattern)),
				  pattern->start_us);
		if (!flat)
			blink_reset(&pattern->blink);
		else if (lit_us < pattern->words.hold_us &&
			 blink_is_running(&pattern->blink, pattern->colour))
			blink_edge(&pattern->blink, t_us);
		else
			blink_begin(&pattern->blink, t_us, pattern->colour);
	}
	if (!fade_dark(&pattern->fade, t_us) && pattern->state.now.pattern == LED_PATTERN_FADE)
		state_end(&pattern->state, t_us);
	if (pattern->state.now.pattern == LED_PATTERN_SOLID &&
	    pattern->state.now.colour != LED_COLOUR_OFF)
		state_end(&pattern->state, t_us);
	pattern->anchored = true;
	pattern_begin_run(pattern, step);
	pattern_judge_blink(pattern);
}

/* The LED comes on, or changes its colour. */
static void pattern_light(struct pattern *pattern, const struct light_step *step)
{
	int64_t t_us = step->start_us;
	bool was_dark = pattern->colour == LED_COLOUR_OFF;
	int64_t dark_us = t_us - pattern->start_us;

	if (was_dark)
		pattern_judge_sos(pattern,
				  sos_gap(&pattern->sos, dark_us, pattern_slack_us(pattern)),
				  pattern->start_us);
	if (was_dark && dark_us < pattern->words.hold_us &&
	    blink_is_running(&pattern->blink, step->colour)) {
		blink_edge(&pattern->blink, t_us);
		pattern_judge_blink(pattern);
	} else {
		blink_begin(&pattern->blink, t_us, step->colour);
	}
	if (pattern->state.now.colour != step->colour)
		state_end(&pattern->state, t_us);
	if (!fade_goes_on(&pattern->fade, t_us, step->colour)) {
		if (pattern->state.now.pattern == LED_PATTERN_FADE)
			state_end(&pattern->state, was_dark ? pattern->start_us : t_us);
		fade_begin(&pattern->fade, t_us, step->colour, step->level_ppm, pattern->anchored);
	}
	pattern_begin_run(pattern, step);
	state_note_colour(&pattern->state, step->colour);
}

/* Brightness holds until two windows in a row are off it: one may be bent by a timer's restart. */
static void pattern_flat(struct pattern *pattern, const struct light_step *step)
{
	int32_t moved = step->level_ppm - pattern->flat_ppm;

	if (step->level_ppm < pattern->min_ppm)
		pattern->min_ppm = step->level_ppm;
	if (step->level_ppm > pattern->max_ppm)
		pattern->max_ppm = step->level_ppm;
	if ((moved < 0 ? -moved : moved) <= pattern->flat_ppm / PATTERN_FLAT_SHARE) {
		pattern->bent = false;
		return;
	}
	if (pattern->bent) {
		pattern->flat_us = pattern->bent_us;
		pattern->flat_ppm = step->level_ppm;
		pattern->held = false;
	}
	pattern->bent = !pattern->bent;
	pattern->bent_us = step->start_us;
}

static void pattern_level(struct pattern *pattern, const struct light_step *step)
{
	pattern_flat(pattern, step);
	if (!fade_level(&pattern->fade, step->start_us, step->level_ppm, step->full_ppm) &&
	    pattern->state.now.pattern == LED_PATTERN_FADE)
		state_end(&pattern->state, pattern->fade.begin_us);
	pattern_judge_fade(pattern, step->full_ppm);
}

void pattern_step(struct pattern *pattern, const struct light_step *step, int64_t now_us,
		  int64_t pwm_us)
{
	pattern->now_us = now_us;
	pattern->pwm_us = pwm_us;
	if (step->colour == LED_COLOUR_OFF) {
		pattern_dark(pattern, step);
		return;
	}
	if (!pattern_is_lit(pattern) || step->colour != pattern->colour)
		pattern_light(pattern, step);
	pattern_level(pattern, step);
}

static int64_t pattern_hold_deadline_us(const struct pattern *pattern)
{
	int64_t hold_us = pattern->words.hold_us;

	if (pattern->start_us == INT64_MAX || pattern->held)
		return INT64_MAX;
	if (pattern->colour == LED_COLOUR_OFF) {
		int64_t sos_us = 0;

		/* once more the slack: a light is known two windows after it came on */
		if (words_has_sos(&pattern->words, pattern->sos.colour))
			sos_us = sos_dark_us(&pattern->sos, 2 * pattern_slack_us(pattern));
		if (sos_us > hold_us)
			hold_us = sos_us;
	}
	return pattern->flat_us + hold_us;
}

static int64_t pattern_unknown_deadline_us(const struct pattern *pattern)
{
	bool likely = pattern->sos.marks >= PATTERN_SOS_LIKELY &&
		      words_has_sos(&pattern->words, pattern->sos.colour);

	if (!pattern->state.over || likely)
		return INT64_MAX;
	return pattern->state.over_us + pattern->words.unknown_us;
}

int64_t pattern_deadline_us(const struct pattern *pattern)
{
	int64_t hold = pattern_hold_deadline_us(pattern);
	int64_t unknown = pattern_unknown_deadline_us(pattern);

	return hold < unknown ? hold : unknown;
}

/* Brightness has settled in the first moments of a run: then the run began steady. */
static int64_t pattern_flat_onset_us(const struct pattern *pattern)
{
	if (pattern->flat_us - pattern->start_us <= pattern_slack_us(pattern))
		return pattern->start_us;
	return pattern->flat_us;
}

void pattern_expire(struct pattern *pattern)
{
	int64_t hold = pattern_hold_deadline_us(pattern);
	int64_t unknown = pattern_unknown_deadline_us(pattern);
	int64_t deadline = hold < unknown ? hold : unknown;

	if (deadline > pattern->now_us)
		pattern->now_us = deadline;
	if (unknown < hold) {
		state_give_up(&pattern->state, pattern->now_us);
		return;
	}
	pattern_judge_sos(pattern, sos_give_up(&pattern->sos), pattern->start_us);
	pattern->held = true;
	pattern_found(pattern,
		      (struct led_seen){ .onset_us = pattern_flat_onset_us(pattern),
					 .colour = pattern->colour,
					 .pattern = LED_PATTERN_SOLID },
		      words_find(&pattern->words, pattern->colour, LED_PATTERN_SOLID, 0, 0));
}
