/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/pattern.h"
#include "led/pattern_judge.h"

enum {
	PATTERN_SOS_LIKELY = 3, /* marks: the first letter */
	/*
	 * From here on 4 sigma of 4 windows are more than 4 % of full brightness, the least that
	 * fade.c takes for a bend.
	 */
	PATTERN_NOISY = 50,
	PATTERN_FEW_WINDOWS = 8,
	PATTERN_WAIT_SHARE = 4, /* of the hold time: when not clear yet, ask again after it */
};

void pattern_init(struct pattern *pattern, const struct board *board,
		  void (*seen)(void *ctx, const struct led_seen *seen), void *ctx)
{
	*pattern = (struct pattern){ 0 };
	words_init(&pattern->words, board);
	state_init(&pattern->state, seen, ctx);
}

static void pattern_clear_hue(struct pattern *pattern)
{
	hue_clear(&pattern->hue);
	pattern->hue_colours = COLOUR_BIT(LED_COLOUR_OFF);
	pattern->stray = (struct hue_stray){ 0 };
}

static void pattern_forget(struct pattern *pattern)
{
	blink_reset(&pattern->blink);
	fade_reset(&pattern->fade);
	wave_reset(&pattern->wave);
	sos_reset(&pattern->sos);
	code_reset(&pattern->code);
	sequence_reset(&pattern->sequence);
	pattern_clear_hue(pattern);
	hue_clear(&pattern->series);
	pattern->series_colours = COLOUR_BIT(LED_COLOUR_OFF);
	pattern->series_count = 0;
	pattern->series_lost = pattern->lost;
	pattern->marks = 0;
	pattern->held = false;
	pattern->doubt = false;
	pattern->coded = false;
	pattern->code_pending = false;
	pattern->code_whole = false;
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
	pattern->blurred = false;
	pattern->joined = false;
}

void pattern_lose(struct pattern *pattern, int64_t t_us)
{
	pattern_forget(pattern);
	pattern->now_us = t_us;
	pattern->anchored = false;
	pattern->blurred = true;
	pattern->joined = true;
	state_end(&pattern->state, t_us, LED_REASON_LOST);
}

static void pattern_begin_run(struct pattern *pattern, const struct light_step *step)
{
	pattern->joined &= pattern->run == PATTERN_NONE;
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
	pattern->series_colours = COLOUR_BIT(LED_COLOUR_OFF);
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
			pattern_end(pattern, pattern->start_us, LED_REASON_EARLY);
		pattern->marks = 0;
		code_reset(&pattern->code);
		pattern->code_whole = false;
	}
	if (pattern->code_pending) {
		/* too short to tell whether it was another colour */
		pattern->code_pending = false;
		code_reset(&pattern->code);
		pattern->code_whole = false;
	}
	pattern->marks++;
	if (!pattern->joined)
		code_mark(&pattern->code, pattern->start_us, lit_us);
	hue_add(&pattern->series, &pattern->hue);
	pattern->series_colours = colour_candidates(&pattern->series);
	result = sos_mark(&pattern->sos, pattern->start_us, lit_us, pattern_slack_us(pattern));
	pattern_judge_sos(pattern, result, pattern->start_us);
	if (!fade_is_flat(&pattern->fade))
		blink_reset(&pattern->blink);
	else if (lit_us < words_hold_us(&pattern->words, pattern->series_colours) &&
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
		pattern_end(pattern, t_us, LED_REASON_EARLY);
	if (pattern_shows(pattern, LED_PATTERN_SOLID) &&
	    pattern->state.now.colour != LED_COLOUR_OFF)
		pattern_end(pattern, t_us, LED_REASON_EARLY);
	pattern->anchored = true;
	pattern_begin_run(pattern, step);
	pattern_judge_blink(pattern);
}

/* What was told was of another colour. */
static void pattern_check_colour(struct pattern *pattern, colour_set colours, int64_t t_us)
{
	if (!(colours & COLOUR_BIT(pattern->state.now.colour)))
		pattern_end(pattern, t_us, LED_REASON_EARLY);
}

/*
 * What light does to a code before it: after a pause it begins the next one, as another colour it
 * ends it, once it is sure that it is another one.
 */
static void pattern_light_code(struct pattern *pattern, bool goes_on, int64_t dark_us)
{
	const struct led_seen *now = &pattern->state.now;
	bool named = !pattern->state.over && now->name && now->pattern != LED_PATTERN_CODE;

	if (pattern->code.marks && !goes_on) {
		pattern->code_pending = !pattern->coded;
		pattern->code_hue = pattern->series;
	} else if (pattern->code.marks && dark_us >= pattern_code_pause_us(pattern)) {
		if (!pattern->coded)
			pattern_judge_code(pattern, &pattern->series);
		code_reset(&pattern->code);
	}
	pattern->coded = false;
	if (pattern->code.marks == 0)
		pattern->code_whole = named || dark_us >= pattern->words.code_pause_us;
}

/* Enough was seen of the light after a code. */
static void pattern_settle_code(struct pattern *pattern)
{
	bool other = !hue_fits(&pattern->code_hue, &pattern->hue);

	pattern->code_pending = false;
	if (other && (!pattern->blind || pattern->code.marks >= PATTERN_BLIND_MARKS))
		pattern_judge_code(pattern, &pattern->code_hue);
	code_reset(&pattern->code);
	pattern->code_whole = other;
}

/* The LED comes on, or changes its colour. */
static void pattern_light(struct pattern *pattern, const struct light_step *step)
{
	int64_t t_us = step->start_us;
	bool was_dark = pattern->run == PATTERN_DARK;
	int64_t dark_us = t_us - pattern->start_us;
	colour_set colours = colour_candidates(&step->hue);
	bool goes_on = was_dark && !step->amends && hue_fits(&pattern->series, &step->hue);

	if (was_dark)
		pattern_judge_sos(pattern,
				  sos_gap(&pattern->sos, dark_us, pattern_slack_us(pattern)),
				  pattern->start_us);
	if (!goes_on)
		pattern_judge_sos(pattern, sos_give_up(&pattern->sos), t_us);
	pattern_light_code(pattern, goes_on, was_dark ? dark_us : 0);
	if (goes_on && blink_is_running(&pattern->blink) &&
	    dark_us < words_hold_us(&pattern->words, pattern->series_colours)) {
		/* noise may be known better than when the marks before were seen */
		pattern->series.noise_us = step->hue.noise_us;
		pattern->series_colours = colour_candidates(&pattern->series);
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
			pattern_end(pattern, was_dark ? pattern->start_us : t_us, LED_REASON_EARLY);
		fade_begin(&pattern->fade, t_us, step->level_ppm, pattern->anchored);
		if (!goes_on || !pattern_waves(pattern))
			pattern_clear_hue(pattern);
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
		pattern_end(pattern, fade->flat_us, LED_REASON_IRREGULAR);
	}
	/* not by the first windows: those may lack an edge */
	if (fade->block.n == 0 && pattern->code_pending)
		pattern_settle_code(pattern);
	if (fade->block.n == 0)
		pattern_check_colour(pattern, pattern->hue_colours, pattern->start_us);
	if (fade->flat_us > pattern->flat_us) {
		pattern->flat_us = fade->flat_us;
		pattern->held = false;
	}
	pattern_judge_fade(pattern, step->full_ppm);
}

/* A part is over, but for the first, which is only begun. */
static void pattern_tell_part(const struct pattern *pattern)
{
	const struct sequence *sequence = &pattern->sequence;
	struct led_look part;

	if (!pattern->part || sequence->count < 2)
		return;
	part = sequence_part_seen(sequence, sequence->count - 2,
				  sequence_part_seen(sequence, sequence->count - 1, 0).start_us);
	pattern->part(pattern->part_ctx, &part);
}

void pattern_step(struct pattern *pattern, const struct light_step *step, int64_t now_us,
		  int64_t pwm_us)
{
	pattern->now_us = now_us;
	pattern->pwm_us = pwm_us;
	if ((pattern->words.has_sequences || pattern->part) &&
	    sequence_step(&pattern->sequence, step)) {
		pattern_tell_part(pattern);
		pattern_judge_sequence(pattern);
	}
	if (step->dark) {
		pattern_dark(pattern, step);
		return;
	}
	pattern->noise_us = step->hue.noise_us;
	if (pattern->run != PATTERN_LIT || step->fresh)
		pattern_light(pattern, step);
	if (step->doubt || step->exact)
		pattern->doubt = step->doubt;
	hue_add(&pattern->hue, &step->hue);
	/* new light can change the colours that are possible, much light more of it cannot */
	if (pattern->hue.windows <= PATTERN_FEW_WINDOWS || pattern->fade.block.n == 0)
		pattern->hue_colours = colour_candidates(&pattern->hue);
	if (step->exact && pattern->noisy)
		hue_stray_add(&pattern->stray, &pattern->hue, &step->hue);
	pattern->series_count++;
	pattern_level(pattern, step);
}

/* For how long what is seen now must go on before it is neither part of a blink nor of an SOS. */
static int64_t pattern_hold_us(const struct pattern *pattern)
{
	bool lit = pattern->run == PATTERN_LIT;
	colour_set colours = lit ? pattern->hue_colours : pattern->series_colours;
	bool pause = !lit && (pattern->marks || pattern->blurred);
	bool likely = lit || pattern->blurred || pattern->marks >= PATTERN_SOS_LIKELY;
	int64_t sos_us = sos_longest_still_us() + 2 * pattern_slack_us(pattern);
	int64_t hold_us;

	/* marks of any colour may have been before the edges that were lost */
	if (!lit && pattern->blurred)
		colours = pattern->words.colours;
	hold_us = pause ? words_pause_us(&pattern->words, colours)
			: words_hold_us(&pattern->words, colours);
	if ((colours & pattern->words.sos_colours) && likely && sos_us > hold_us)
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
	if (pattern->hue_colours & pattern->words.sos_colours)
		unknown_us += sos_longest_still_us();
	return pattern->state.over_us + unknown_us;
}

/* The pause after a code has lasted long enough. */
static int64_t pattern_code_deadline_us(const struct pattern *pattern)
{
	int64_t pause_us;

	if (pattern->run != PATTERN_DARK || pattern->coded || pattern->code.marks == 0)
		return INT64_MAX;
	pause_us = pattern_code_pause_us(pattern);
	return pause_us < INT64_MAX ? pattern->start_us + pause_us : INT64_MAX;
}

int64_t pattern_deadline_us(const struct pattern *pattern)
{
	int64_t hold = pattern_hold_deadline_us(pattern);
	int64_t unknown = pattern_unknown_deadline_us(pattern);
	int64_t code = pattern_code_deadline_us(pattern);

	if (code < hold)
		hold = code;
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
	colour_set colours = pattern->hue_colours;
	int64_t fade_us = words_fade_us(&pattern->words, colours);
	bool lit = pattern->run == PATTERN_LIT;

	if (colours == 0 && pattern->noisy)
		fade_us = wave_slowest_us(&pattern->words.fades);
	if (lit && fade_us && fade_may_be(&pattern->fade, fade_us) &&
	    wave_judge(&pattern->wave, &pattern->words.fades, &fade_us) != WAVE_FLAT) {
		pattern_wait(pattern, colours);
		return;
	}
	if (lit && hue_strays(&pattern->stray)) {
		state_reason(&pattern->state, LED_REASON_COLOUR);
		pattern_wait(pattern, colours);
		return;
	}
	pattern_judge_sos(pattern, sos_give_up(&pattern->sos), pattern->start_us);
	pattern->held = true;
	if (pattern->doubt || (!lit && colour_may_hide(pattern->words.colours, pattern->blind))) {
		enum led_reason reason = pattern->doubt ? LED_REASON_LOST : LED_REASON_COLOUR;

		pattern_end(pattern, pattern->start_us, reason);
		state_reason(&pattern->state, reason);
	} else if (!pattern_found(pattern, seen, lit ? &pattern->hue : NULL, 0)) {
		pattern_wait(pattern, colours);
	} else if (pattern->state.now.name) {
		/* what marks there were before are over */
		pattern->marks = 0;
		pattern->blurred = false;
	}
}

void pattern_expire(struct pattern *pattern)
{
	int64_t hold = pattern_hold_deadline_us(pattern);
	int64_t unknown = pattern_unknown_deadline_us(pattern);
	int64_t code = pattern_code_deadline_us(pattern);
	int64_t deadline = pattern_deadline_us(pattern);

	if (deadline > pattern->now_us)
		pattern->now_us = deadline;
	if (deadline == code) {
		pattern->coded = true;
		pattern_judge_code(pattern, &pattern->series);
		return;
	}
	if (unknown < hold)
		state_give_up(&pattern->state, pattern->now_us);
	else
		pattern_hold(pattern);
}
