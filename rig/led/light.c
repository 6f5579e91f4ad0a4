/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/light.h"
#include "led/colour.h"

enum {
	LIGHT_JUMP_SHARE = 8,	  /* brightness that moves by 1/8 of full at once has jumped */
	LIGHT_MOMENT_US = 200,	  /* the lines of one colour do not switch in one instant */
	LIGHT_FORGET_US = 500000, /* after this darkness the board may have another brightness */
};

void light_reset(struct light *light)
{
	*light = (struct light){ .odd.end_us = INT64_MIN };
}

static bool light_is_lit(const struct light *light)
{
	return light->known && light->shown.colour != LED_COLOUR_OFF;
}

static bool light_is_like(const struct light *light, const struct light_step *a,
			  const struct light_step *b)
{
	int32_t most = a->level_ppm > b->level_ppm ? a->level_ppm : b->level_ppm;
	int32_t moved = a->level_ppm - b->level_ppm;

	if (light->full_ppm > most)
		most = light->full_ppm;
	return a->colour == b->colour && (moved < 0 ? -moved : moved) <= most / LIGHT_JUMP_SHARE;
}

static void light_show(struct light *light, struct light_step *step, struct light_step *ret_step)
{
	step->full_ppm = light->full_ppm;
	light->known = true;
	light->shown = *step;
	light->waiting = false;
	light->odd.end_us = INT64_MIN;
	*ret_step = *step;
}

/* The level two windows agree on cannot be that of a single odd one. */
static void light_learn_full(struct light *light, int32_t a_ppm, int32_t b_ppm)
{
	int32_t level = a_ppm < b_ppm ? a_ppm : b_ppm;

	if (level > light->full_ppm)
		light->full_ppm = level;
}

static size_t light_take_dark(struct light *light, struct light_step *dark,
			      struct light_step *ret_steps)
{
	size_t count = 0;

	if (light->waiting && !light_is_lit(light)) {
		/* a flash too short for two windows is still a flash */
		light->next.start_us = light->from_us;
		light_show(light, &light->next, &ret_steps[count++]);
	}
	light->waiting = false;
	if (!light->known || light_is_lit(light))
		light_show(light, dark, &ret_steps[count++]);
	return count;
}

/*
 * A light begins with the sample before, when that lies right before and is of this colour (its
 * brightness was not clear yet) or a mix that has no name (the change came in it).
 */
static int64_t light_from_us(const struct light *light, const struct light_step *step)
{
	const struct light_step *odd = &light->odd;

	if (odd->end_us == step->start_us &&
	    (odd->colour == step->colour || odd->colour == LED_COLOUR_UNKNOWN ||
	     odd->end_us - odd->start_us < LIGHT_MOMENT_US))
		return odd->start_us;
	return step->start_us;
}

/* No line moves and some are lit: nothing to wait for. */
static size_t light_take_full(struct light *light, struct light_step *step,
			      struct light_step *ret_steps)
{
	step->start_us = light_from_us(light, step);
	light_learn_full(light, step->level_ppm, step->level_ppm);
	light_show(light, step, ret_steps);
	return 1;
}

static void light_wait(struct light *light, const struct light_step *step, enum duty_kind kind)
{
	if (kind == DUTY_WINDOW || !light->waiting) {
		light->from_us = light_from_us(light, step);
		light->waiting = true;
		light->pairs = kind == DUTY_WINDOW;
		light->next = *step;
	}
	light->odd = *step;
}

static size_t light_take_window(struct light *light, struct light_step *step,
				struct light_step *ret_steps)
{
	if (light_is_lit(light) && light_is_like(light, &light->shown, step)) {
		light_learn_full(light, light->shown.level_ppm, step->level_ppm);
		light_show(light, step, ret_steps);
		return 1;
	}
	if (light->waiting && light->pairs && light_is_like(light, &light->next, step)) {
		struct light_step first = light->next;

		first.start_us = light->from_us;
		light_learn_full(light, first.level_ppm, step->level_ppm);
		light_show(light, &first, &ret_steps[0]);
		light_show(light, step, &ret_steps[1]);
		return 2;
	}
	light_wait(light, step, DUTY_WINDOW);
	return 0;
}

size_t light_take(struct light *light, const struct duty_sample *sample,
		  struct light_step ret_steps[LIGHT_STEPS_MAX])
{
	struct light_step step = { .start_us = sample->start_us,
				   .end_us = sample->end_us,
				   .colour = colour_of(sample->level_ppm),
				   .level_ppm = colour_peak(sample->level_ppm) };

	if (step.colour == LED_COLOUR_OFF)
		return sample->kind == DUTY_STEADY ? light_take_dark(light, &step, ret_steps) : 0;
	if (light->known && !light_is_lit(light) && !light->waiting &&
	    step.start_us - light->shown.start_us > LIGHT_FORGET_US)
		light->full_ppm = 0;
	if (sample->kind == DUTY_STEADY)
		return light_take_full(light, &step, ret_steps);
	if (sample->kind == DUTY_WINDOW)
		return light_take_window(light, &step, ret_steps);
	light_wait(light, &step, sample->kind);
	return 0;
}
