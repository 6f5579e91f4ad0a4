/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/pattern.h"

enum {
	PATTERN_PWM_SLACK = 2,	/* periods by which PWM may hide the length of a part */
	PATTERN_SIGMAS = 3,	/* of edges */
	PATTERN_SOS_LIKELY = 3, /* marks: the first letter */
	PATTERN_SOS_POSSIBLE = 2,
	/*
	 * From here on 4 sigma of 4 windows are more than 4 % of full brightness, the least that
	 * fade.c takes for a bend.
	 */
	PATTERN_NOISY = 50,
	PATTERN_WAIT_SHARE = 4, /* of the hold time: when not clear yet, ask again after it */
};

void pattern_init(struct pattern *pattern, const struct board *board,
		  void (*seen)(void *ctx, const struct led_seen *seen), void *ctx)
{
	*pattern = (struct pattern){ 0 };
	words_init(&pattern->words, board);
	state_init(&pattern->state, seen, ctx);
}

static void pattern_forget(struct pattern *pattern)
{
	blink_reset(&pattern->blink);
	fade_reset(&pattern->fade);
	wave_reset(&pattern->wave);
	sos_reset(&pattern->sos);
	hue_clear(&pattern->hue);
	hue_clear(&pattern->series);
	pattern->series_count = 0;
	pattern->series_lost = pattern->lost;
	pattern->marks = 0;
	pattern->held = false;
	pattern->doubt = false;
	pattern->waved_us = INT64_MIN / 2;
	pattern->run = PATTERN_NONE;
}

void pattern_reset(struct pattern *pattern, int64_t t_us)
{
	state_reset(&pattern->state, t_us);
	pattern->lost = 0;
	pattern_forget(pattern);
	pattern->now_us = t_us;
	pattern->anchored = false;
}

void pattern_lose(struct pattern *pattern, int64_t t_us)
{
	pattern_forget(pattern);
	pattern->now_us = t_us;
	pattern->anchored = false;
	state_end(&pattern->state, t_us, LED_REASON_LOST);
}

static bool pattern_shows(const struct pattern *pattern, enum led_pattern what)
{
	return pattern->state.now.pattern == what;
}

static int64_t pattern_slack_us(const struct pattern *pattern)
{
	return PATTERN_PWM_SLACK * pattern->pwm_us + PATTERN_SIGMAS * pattern->noise_us;
}

/* What speaks for a state, of all that was seen; an edge that is missing speaks against it. */
static int32_t pattern_confidence_pct(const struct pattern *pattern)
{
	int64_t lost = pattern->lost - pattern->series_lost;
	int64_t count = pattern->series_count > 0 ? pattern->series_count : 1;

	return (int32_t)(100 * count / (count + lost));
}

/* Looks for the word and tells the state. False when it was not clear which word. */
static bool pattern_found(struct pattern *pattern, struct led_seen seen, const struct hue *hue,
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

static bool pattern_has_sos(const struct pattern *pattern)
{
	return (colour_candidates(&pattern->series) & pattern->words.sos_colours) != 0;
}

/* 't_us': start of the mark or gap that gave 'result'. */
static void pattern_judge_sos(struct pattern *pattern, enum sos_result result, int64_t t_us)
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
		state_end(&pattern->state, t_us, LED_REASON_EARLY);
}

/*
 * An SOS begins like a blink. And where the profile knows an SOS, a blink it does not know may be
 * part of one that was joined half way.
 */
static bool pattern_may_be_sos(const struct pattern *pattern, const struct board_led_state *word)
{
	if (!pattern_has_sos(pattern))
		return false;
	return !word || pattern->sos.marks >= PATTERN_SOS_POSSIBLE;
}

static void pattern_judge_blink(struct pattern *pattern)
{
	struct led_seen seen = { .pattern = LED_PATTERN_BLINK };
	colour_set colours;
	const struct board_led_state *word;
	int64_t error_us = pattern->pwm_us / 2 + pattern->noise_us;
	bool torn;

	if (!blink_is_running(&pattern->blink))
		return;
	if (blink_is_regular(&pattern->blink, pattern->pwm_us * 5 / 4 + 4 * pattern->noise_us,
			     &seen.period_us, &seen.onset_us)) {
		colours = colour_candidates(&pattern->series);
		word = words_find(&pattern->words, colours, seen.pattern, seen.period_us, error_us,
				  &torn);
		if (!pattern_may_be_sos(pattern, word))
			pattern_found(pattern, seen, &pattern->series, error_us);
	} else if (blink_is_irregular(&pattern->blink, &seen.onset_us)) {
		colours = colour_candidates(&pattern->series);
		word = words_find(&pattern->words, colours, seen.pattern, 0, 0, &torn);
		if ((colours & pattern->words.any_blink_colours) &&
		    !pattern_may_be_sos(pattern, word))
			pattern_found(pattern, seen, &pattern->series, 0);
		else if (pattern_shows(pattern, LED_PATTERN_BLINK))
			state_end(&pattern->state, seen.onset_us, LED_REASON_IRREGULAR);
	}
}

/* A wave of a period that the vocabulary knows, found in brightness that is too noisy to follow. */
static bool pattern_judge_wave(struct pattern *pattern, struct led_seen *seen)
{
	bool torn;

	if (!pattern->noisy || pattern->fade.block.n > 0 ||
	    wave_judge(&pattern->wave, &pattern->words.fades, &seen->period_us) != WAVE_FOUND ||
	    !words_find(&pattern->words, colour_candidates(&pattern->hue), seen->pattern,
			seen->period_us, 0, &torn))
		return false;
	pattern->waved_us = pattern->now_us;
	if (!pattern_shows(pattern, LED_PATTERN_FADE) || !pattern->state.now.name)
		pattern_found(pattern, *seen, &pattern->hue, 0);
	return true;
}

/* A wave was found not long ago; what noise makes of the slopes and turns does not count then. */
static bool pattern_waves(const struct pattern *pattern)
{
	return pattern->now_us - pattern->waved_us <= 2 * wave_slowest_us(&pattern->words.fades);
}

static void pattern_judge_fade(struct pattern *pattern, int32_t full_ppm)
{
	const struct fade *fade = &pattern->fade;
	struct led_seen seen = { .onset_us = fade->onset_us, .pattern = LED_PATTERN_FADE };
	const struct board_led_state *word;
	int64_t error_us = pattern_slack_us(pattern);
	bool torn;

	if (pattern_judge_wave(pattern, &seen))
		return;
	if (fade_is_measured(fade, &seen.period_us)) {
		word = words_find(&pattern->words, colour_candidates(&pattern->hue), seen.pattern,
				  seen.period_us, error_us, &torn);
		/* turns that noise has moved must not contradict a wave that was found */
		if (word || (fade->steady && !pattern_waves(pattern)))
			pattern_found(pattern, seen, &pattern->hue, error_us);
	} else if (fade_is_sloping(fade, full_ppm, pattern->pwm_us, &seen.period_us, &error_us)) {
		word = words_find(&pattern->words, colour_candidates(&pattern->hue), seen.pattern,
				  seen.period_us, 0, &torn);
		if (word && 2 * error_us <= word->tolerance_us)
			pattern_found(pattern, seen, &pattern->hue, 0);
	}
	if (fade_is_moving(fade) && !pattern_shows(pattern, LED_PATTERN_FADE))
		state_end(&pattern->state, fade->onset_us, LED_REASON_EARLY);
}

static void pattern_begin_run(struct pattern *pattern, const struct light_step *step)
{
	pattern->run = step->dark ? PATTERN_DARK : PATTERN_LIT;
	pattern->doubt = step->doubt;
	pattern->start_us = step->start_us;
	pattern->flat_us = step->start_us;
	pattern->wait_us = 0;
	pattern->held = false;
}

static void pattern_begin_series(struct pattern *pattern, int64_t t_us)
{
	blink_begin(&pattern->blink, t_us);
	hue_clear(&pattern->series);
	pattern->series_count = 0;
	pattern->series_lost = pattern->lost;
}

/* A mark has ended: it goes on with the series, or begins another one. */
static void pattern_end_mark(struct pattern *pattern, int64_t t_us)
{
	int64_t lit_us = t_us - pattern->start_us;
	bool fits = hue_fits(&pattern->series, &pattern->hue);
	enum sos_result result;

	if (!fits) {
		pattern_judge_sos(pattern, sos_give_up(&pattern->sos), pattern->start_us);
		pattern_begin_series(pattern, pattern->start_us);
		if (pattern->hue.windows > 1)
			state_end(&pattern->state, pattern->start_us, LED_REASON_EARLY);
		pattern->marks = 0;
	}
	pattern->marks++;
	hue_add(&pattern->series, &pattern->hue);
	result = sos_mark(&pattern->sos, pattern->start_us, lit_us, pattern_slack_us(pattern));
	pattern_judge_sos(pattern, result, pattern->start_us);
	if (!fade_is_flat(&pattern->fade))
		blink_reset(&pattern->blink);
	else if (lit_us < words_hold_us(&pattern->words, colour_candidates(&pattern->series)) &&
		 blink_is_running(&pattern->blink))
		blink_edge(&pattern->blink, t_us);
	else
		blink_begin(&pattern->blink, t_us);
}

static void pattern_dark(struct pattern *pattern, const struct light_step *step)
{
	int64_t t_us = step->start_us;

	if (pattern->run == PATTERN_LIT)
		pattern_end_mark(pattern, t_us);
	if (!fade_dark(&pattern->fade, t_us) && pattern_shows(pattern, LED_PATTERN_FADE) &&
	    !pattern_waves(pattern))
		state_end(&pattern->state, t_us, LED_REASON_EARLY);
	if (pattern_shows(pattern, LED_PATTERN_SOLID) &&
	    pattern->state.now.colour != LED_COLOUR_OFF)
		state_end(&pattern->state, t_us, LED_REASON_EARLY);
	pattern->anchored = true;
	pattern_begin_run(pattern, step);
	pattern_judge_blink(pattern);
}

/* What was told was of another colour. */
static void pattern_check_colour(struct pattern *pattern, colour_set colours, int64_t t_us)
{
	if (!(colours & COLOUR_BIT(pattern->state.now.colour)))
		state_end(&pattern->state, t_us, LED_REASON_EARLY);
}

/* The LED comes on, or changes its colour. */
static void pattern_light(struct pattern *pattern, const struct light_step *step)
{
	int64_t t_us = step->start_us;
	bool was_dark = pattern->run == PATTERN_DARK;
	int64_t dark_us = t_us - pattern->start_us;
	colour_set colours = colour_candidates(&step->hue);
	bool goes_on = was_dark && hue_fits(&pattern->series, &step->hue);

	if (was_dark)
		pattern_judge_sos(pattern,
				  sos_gap(&pattern->sos, dark_us, pattern_slack_us(pattern)),
				  pattern->start_us);
	if (!goes_on)
		pattern_judge_sos(pattern, sos_give_up(&pattern->sos), t_us);
	if (goes_on && blink_is_running(&pattern->blink) &&
	    dark_us < words_hold_us(&pattern->words, colour_candidates(&pattern->series))) {
		blink_edge(&pattern->blink, t_us);
		pattern_judge_blink(pattern);
	} else if (goes_on) {
		blink_begin(&pattern->blink, t_us);
	} else {
		pattern_begin_series(pattern, t_us);
	}
	if (!pattern->noisy && pattern->lost == pattern->series_lost)
		pattern_check_colour(pattern, colours, t_us);
	if (!goes_on || !fade_goes_on(&pattern->fade, t_us)) {
		if (pattern_shows(pattern, LED_PATTERN_FADE) &&
		    !(goes_on && pattern_waves(pattern)))
			state_end(&pattern->state, was_dark ? pattern->start_us : t_us,
				  LED_REASON_EARLY);
		fade_begin(&pattern->fade, t_us, step->level_ppm, pattern->anchored);
		if (!goes_on || !pattern_waves(pattern))
			hue_clear(&pattern->hue);
	}
	if (!goes_on)
		wave_reset(&pattern->wave);
	wave_light(&pattern->wave, t_us);
	pattern_begin_run(pattern, step);
	state_note_colour(&pattern->state, colour_of(&step->hue));
}

static void pattern_level(struct pattern *pattern, const struct light_step *step)
{
	struct fade *fade = &pattern->fade;

	if (!step->exact) {
		/* no line moves: brightness holds and is known */
		if (fade_jump(fade, step->start_us, step->level_ppm)) {
			pattern->flat_us = step->start_us;
			pattern->held = false;
		}
		wave_reset(&pattern->wave);
		wave_light(&pattern->wave, step->start_us);
		pattern_judge_fade(pattern, step->full_ppm);
		return;
	}
	/* the first window after lines that did not move */
	if (step->anew) {
		fade_begin(fade, fade->begin_us, step->level_ppm, fade->whole);
		fade->flat_us = step->start_us;
		wave_reset(&pattern->wave);
		wave_light(&pattern->wave, step->start_us);
	} else if (fade->blocks == 0 && fade->block.n == 0 && fade->direction == 0)
		fade_begin(fade, step->start_us, step->level_ppm, fade->whole);
	/* without noise, slopes and turns say all */
	pattern->noisy = step->noise_ppm * PATTERN_NOISY > step->full_ppm;
	if (pattern->noisy)
		wave_level(&pattern->wave, &pattern->words.fades, step->start_us, step->level_ppm);
	if (!fade_level(fade, (step->start_us + step->end_us) / 2, step->level_ppm,
			step->full_ppm) &&
	    pattern_shows(pattern, LED_PATTERN_FADE) && !pattern_waves(pattern)) {
		state_end(&pattern->state, fade->flat_us, LED_REASON_IRREGULAR);
	}
	/* not by the first windows: those may lack an edge */
	if (fade->block.n == 0)
		pattern_check_colour(pattern, colour_candidates(&pattern->hue), pattern->start_us);
	if (fade->flat_us > pattern->flat_us) {
		pattern->flat_us = fade->flat_us;
		pattern->held = false;
	}
	pattern_judge_fade(pattern, step->full_ppm);
}

void pattern_step(struct pattern *pattern, const struct light_step *step, int64_t now_us,
		  int64_t pwm_us)
{
	pattern->now_us = now_us;
	pattern->pwm_us = pwm_us;
	if (step->dark) {
		pattern_dark(pattern, step);
		return;
	}
	pattern->noise_us = step->hue.noise_us;
	if (pattern->run != PATTERN_LIT || step->fresh)
		pattern_light(pattern, step);
	hue_add(&pattern->hue, &step->hue);
	pattern->series_count++;
	pattern_level(pattern, step);
}

/* For how long what is seen now must go on before it is neither part of a blink nor of an SOS. */
static int64_t pattern_hold_us(const struct pattern *pattern)
{
	bool lit = pattern->run == PATTERN_LIT;
	colour_set colours = colour_candidates(lit ? &pattern->hue : &pattern->series);
	int64_t hold_us = words_hold_us(&pattern->words, colours);
	int64_t sos_us = sos_longest_still_us() + 2 * pattern_slack_us(pattern);

	if ((colours & pattern->words.sos_colours) &&
	    (lit || pattern->marks >= PATTERN_SOS_LIKELY) && sos_us > hold_us)
		return sos_us;
	return hold_us;
}

static int64_t pattern_hold_deadline_us(const struct pattern *pattern)
{
	int64_t deadline_us;

	if (pattern->run == PATTERN_NONE || pattern->held)
		return INT64_MAX;
	deadline_us = pattern->flat_us + pattern_hold_us(pattern);
	return deadline_us > pattern->wait_us ? deadline_us : pattern->wait_us;
}

static int64_t pattern_unknown_deadline_us(const struct pattern *pattern)
{
	bool likely = pattern->sos.marks >= PATTERN_SOS_LIKELY && pattern_has_sos(pattern);

	int64_t unknown_us = pattern->words.unknown_us;

	if (!pattern->state.over || likely)
		return INT64_MAX;
	if (colour_candidates(&pattern->hue) & pattern->words.sos_colours)
		unknown_us += sos_longest_still_us();
	return pattern->state.over_us + unknown_us;
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

/* Not clear yet: asks again later. */
static void pattern_wait(struct pattern *pattern, colour_set colours)
{
	pattern->held = false;
	pattern->wait_us =
		pattern->now_us + words_hold_us(&pattern->words, colours) / PATTERN_WAIT_SHARE;
}

/* The light has held for long enough, unless it could be a slow fade under noise. */
static void pattern_hold(struct pattern *pattern)
{
	struct led_seen seen = { .onset_us = pattern_flat_onset_us(pattern),
				 .pattern = LED_PATTERN_SOLID };
	colour_set colours = colour_candidates(&pattern->hue);
	int64_t fade_us = words_fade_us(&pattern->words, colours);
	bool lit = pattern->run == PATTERN_LIT;

	if (colours == 0 && pattern->noisy)
		fade_us = wave_slowest_us(&pattern->words.fades);
	if (lit && fade_us && fade_may_be(&pattern->fade, fade_us) &&
	    wave_judge(&pattern->wave, &pattern->words.fades, &fade_us) != WAVE_FLAT) {
		pattern_wait(pattern, colours);
		return;
	}
	pattern_judge_sos(pattern, sos_give_up(&pattern->sos), pattern->start_us);
	pattern->held = true;
	pattern->marks = 0;
	if (pattern->doubt)
		state_end(&pattern->state, pattern->start_us, LED_REASON_LOST);
	else if (!pattern_found(pattern, seen, lit ? &pattern->hue : NULL, 0))
		pattern_wait(pattern, colours);
}

void pattern_expire(struct pattern *pattern)
{
	int64_t hold = pattern_hold_deadline_us(pattern);
	int64_t unknown = pattern_unknown_deadline_us(pattern);
	int64_t deadline = hold < unknown ? hold : unknown;

	if (deadline > pattern->now_us)
		pattern->now_us = deadline;
	if (unknown < hold)
		state_give_up(&pattern->state, pattern->now_us);
	else
		pattern_hold(pattern);
}
