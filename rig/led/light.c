/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/light.h"

enum {
	LIGHT_JUMP_SHARE = 8,	  /* brightness that moves by 1/8 of full at once has jumped */
	LIGHT_SIGMAS = 4,	  /* ... or by this many sigma, when that is more */
	LIGHT_MOMENT_US = 200,	  /* the lines of one colour do not switch in one instant */
	LIGHT_FORGET_US = 500000, /* after this darkness the board may have another brightness */
	LIGHT_SPIKE_US = 50,	  /* the longest that crosstalk makes */
	LIGHT_FLASH_US = 5000,	  /* shorter light is a spike; the fastest real mark is 50 ms */
	LIGHT_SHARP_US = 1,	  /* with noise no more than this, each window tells its colour */
	LIGHT_LATELY = 4,	  /* windows that show a change of colour under noise */
	LIGHT_LATELY_SIGMAS = 5,  /* asked often */
};

void light_reset(struct light *light)
{
	*light = (struct light){ .blind = light->blind, .odd.end_us = INT64_MIN };
}

static bool light_is_lit(const struct light *light)
{
	return light->known && !light->shown.dark;
}

static bool light_has_jumped(const struct light *light, const struct light_step *a,
			     const struct light_step *b)
{
	int32_t most = a->level_ppm > b->level_ppm ? a->level_ppm : b->level_ppm;
	int32_t moved = a->level_ppm - b->level_ppm;
	int32_t noise = LIGHT_SIGMAS * (a->noise_ppm > b->noise_ppm ? a->noise_ppm : b->noise_ppm);

	if (light->full_ppm > most)
		most = light->full_ppm;
	most /= LIGHT_JUMP_SHARE;
	return (moved < 0 ? -moved : moved) > (most > noise ? most : noise);
}

static void light_show(struct light *light, struct light_step *step, struct light_step *ret_step)
{
	step->full_ppm = light->full_ppm;
	light->known = true;
	light->shown = *step;
	light->waiting = false;
	light->dawned = false;
	light->odd.end_us = INT64_MIN;
	if (step->dark || step->fresh) {
		hue_clear(&light->run);
		hue_clear(&light->lately);
		light->lately_count = 0;
	}
	hue_add(&light->run, &step->hue);
	*ret_step = *step;
}

/* The level two windows agree on cannot be that of a single odd one. */
static void light_learn_full(struct light *light, int32_t a_ppm, int32_t b_ppm)
{
	int32_t level = a_ppm < b_ppm ? a_ppm : b_ppm;

	if (level > light->full_ppm)
		light->full_ppm = level;
}

/*
 * A light begins with the sample before, when that lies right before and is of this colour (its
 * brightness was not clear yet) or a mix that has no name (the change came in it).
 */
static int64_t light_from_us(const struct light *light, const struct light_step *step)
{
	const struct light_step *odd = &light->odd;

	if (odd->end_us == step->start_us &&
	    (hue_fits(&odd->hue, &step->hue) || colour_of(&odd->hue) == LED_COLOUR_UNKNOWN ||
	     odd->end_us - odd->start_us < LIGHT_MOMENT_US))
		return odd->start_us;
	return step->start_us;
}

/*
 * Light after darkness: it begins with the first of it, be that a window in which edges are missing
 * or one whose noise was not known yet.
 */
static void light_dawn(struct light *light, const struct light_step *step, bool whole)
{
	if (light_is_lit(light))
		return;
	if (!light->dawned) {
		light->dawned = true;
		light->dawn_us = step->start_us;
		hue_clear(&light->dawn);
	}
	if (whole)
		hue_add(&light->dawn, &step->hue);
}

/* What becomes shown began at dawn, if all since then may be of its colour. */
static int64_t light_dawn_us(const struct light *light, const struct light_step *step,
			     int64_t start_us)
{
	struct hue dawn = light->dawn;

	dawn.noise_us = step->hue.noise_us;
	if (light_is_lit(light) || !light->dawned || light->dawn_us > start_us ||
	    !hue_fits(&dawn, &step->hue))
		return start_us;
	return light->dawn_us;
}

/*
 * Light that was too short for two windows is still light; one in which edges are missing all the
 * time has no colour that could be told, and fits any.
 */
static bool light_flashed(struct light *light, int64_t dark_us, struct light_step *ret_step)
{
	struct light_step flash = light->next;

	if (light_is_lit(light) || (!light->waiting && !light->dawned))
		return false;
	if (light->waiting) {
		flash.hue.noise_us = light->noise_us;
		flash.start_us = light_dawn_us(light, &flash, light->from_us);
	} else {
		flash = (struct light_step){ .start_us = light->dawn_us, .end_us = dark_us };
		flash.hue.noise_us = light->noise_us;
		flash.hue.blind = light->blind;
	}
	flash.fresh = true;
	if (dark_us - flash.start_us < LIGHT_FLASH_US)
		return false;
	light_show(light, &flash, ret_step);
	return true;
}

static size_t light_take_dark(struct light *light, struct light_step *dark,
			      struct light_step *ret_steps)
{
	size_t count = 0;

	if (light->spiked && light_is_lit(light))
		dark->start_us = light->end_us;
	if (light_flashed(light, dark->start_us, &ret_steps[count]))
		count++;
	light->waiting = false;
	light->dawned = false;
	if (!light->known || light_is_lit(light))
		light_show(light, dark, &ret_steps[count++]);
	return count;
}

/* No line moves and some are lit: nothing to wait for. */
static size_t light_take_full(struct light *light, struct light_step *step,
			      struct light_step *ret_steps)
{
	step->fresh = !light_is_lit(light) || !hue_fits(&light->run, &step->hue);
	step->start_us = light_dawn_us(light, step, light_from_us(light, step));
	light_learn_full(light, step->level_ppm, step->level_ppm);
	light_show(light, step, ret_steps);
	return 1;
}

static void light_wait(struct light *light, const struct light_step *step)
{
	/* what came on after darkness came on with the first sample, whole periods or not */
	bool same =
		light->waiting && !light_is_lit(light) && hue_fits(&light->next.hue, &step->hue);

	if (step->exact || !light->waiting) {
		light->from_us = same ? light->from_us : light_from_us(light, step);
		light->waiting = true;
		light->pairs = step->exact;
		light->next = *step;
	}
	light->odd = *step;
}

/* Single windows may be too noisy to tell one colour from another; many are not. */
static bool light_has_drifted(struct light *light, struct light_step *step)
{
	bool drifted = false;

	if (step->hue.noise_us <= LIGHT_SHARP_US)
		return false;
	if (light->lately_count++ == 0)
		light->lately_us = step->start_us;
	hue_add(&light->lately, &step->hue);
	if (light->lately_count < LIGHT_LATELY)
		return false;
	drifted = !hue_fits_within(&light->run, &light->lately, LIGHT_LATELY_SIGMAS);
	if (drifted)
		step->start_us = light->lately_us;
	hue_clear(&light->lately);
	light->lately_count = 0;
	return drifted;
}

static size_t light_take_window(struct light *light, struct light_step *step,
				struct light_step *ret_steps)
{
	if (light_is_lit(light) && hue_fits(&light->run, &step->hue) &&
	    !light_has_jumped(light, &light->shown, step)) {
		light_learn_full(light, light->shown.level_ppm, step->level_ppm);
		step->fresh = light_has_drifted(light, step);
		light_show(light, step, ret_steps);
		return 1;
	}
	if (light->waiting && light->pairs && hue_fits(&light->next.hue, &step->hue) &&
	    !light_has_jumped(light, &light->next, step)) {
		struct light_step first = light->next;

		first.hue.noise_us = light->noise_us;
		first.start_us = light_dawn_us(light, step, light->from_us);
		first.fresh = !light_is_lit(light) || !hue_fits(&light->run, &first.hue);
		/* the first may be of the light before, and only the second of another one */
		step->fresh = !first.fresh && !hue_fits(&light->run, &step->hue);
		light_learn_full(light, first.level_ppm, step->level_ppm);
		light_show(light, &first, &ret_steps[0]);
		light_show(light, step, &ret_steps[1]);
		return 2;
	}
	light_wait(light, step);
	return 0;
}

static int32_t ppm_of(int64_t us, int64_t of_us)
{
	return of_us > 0 ? (int32_t)(us * DUTY_FULL_PPM / of_us) : 0;
}

/* Something shorter than a pulse of light, with darkness around it. */
static bool light_is_spike(struct light *light, const struct duty_sample *sample,
			   const struct light_step *step)
{
	bool lit = light_is_lit(light);

	if (sample->kind == DUTY_STEADY || sample->kind == DUTY_STUCK) {
		if (!step->dark) {
			light->spiked = false;
			light->end_us = INT64_MAX; /* not yet */
		}
		return false;
	}
	light->spiked = sample->kind == DUTY_CUT && hue_peak_us(&step->hue) <= LIGHT_SPIKE_US &&
			(!lit || sample->start_us > light->end_us);
	if (!light->spiked)
		light->end_us = sample->end_us;
	return light->spiked;
}

size_t light_take(struct light *light, const struct duty_sample *sample,
		  struct light_step ret_steps[LIGHT_STEPS_MAX])
{
	int64_t length_us = sample->end_us - sample->start_us;
	struct light_step step = { .start_us = sample->start_us,
				   .end_us = sample->end_us,
				   .exact = sample->kind == DUTY_WINDOW };
	bool still = sample->kind == DUTY_STEADY || sample->kind == DUTY_STUCK;

	for (int i = 0; i < LED_CHANNELS; i++) {
		step.hue.lit_us[i] = sample->lit_us[i];
		step.hue.on[i] = sample->on[i];
	}
	step.hue.windows = 1;
	step.hue.blind = light->blind;
	step.hue.pulses = sample->pulses;
	step.hue.noise_us = sample->noise_us;
	step.level_ppm = ppm_of(hue_peak_us(&step.hue), length_us);
	/* late time stamps add up over the pulses of a window, but each edge counts for two */
	step.noise_ppm = ppm_of(sample->noise_us, length_us);
	step.dark = step.level_ppm == 0;
	step.anew = sample->anew;
	if (step.anew) {
		light->full_ppm = 0;
		light->shown.level_ppm = step.level_ppm;
	}
	step.doubt = sample->doubt || sample->kind == DUTY_STUCK;
	if (sample->amends) {
		const struct light_step *dark = &light->shown;

		if (!light->known || !dark->dark || dark->start_us != step.start_us)
			return 0;
		step.amends = true;
	}
	if (!still)
		light->noise_us = sample->noise_us;
	if (light_is_spike(light, sample, &step)) {
		/* unless light follows at once: then its lines came on one after the other */
		light->odd = step;
		return 0;
	}
	if (!step.dark && !still)
		light_dawn(light, &step, sample->kind != DUTY_HOLED);
	if (sample->kind == DUTY_HOLED)
		return 0;
	if (step.dark && still)
		return light_take_dark(light, &step, ret_steps);
	if (step.dark && (!step.exact || !light_is_lit(light)))
		return 0;
	/* pulses that late time stamps made nothing of are as much a level as those made longer */
	step.dark = false;
	if (light->known && !light_is_lit(light) && !light->waiting &&
	    step.start_us - light->shown.start_us > LIGHT_FORGET_US)
		light->full_ppm = 0;
	if (still)
		return light_take_full(light, &step, ret_steps);
	if (step.exact)
		return light_take_window(light, &step, ret_steps);
	light_wait(light, &step);
	return 0;
}
