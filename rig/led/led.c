/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Glue and time: whatever becomes certain because nothing happened is handled at the moment it
 * became so, before the edge that comes later. So the result does not depend on how often
 * led_decoder_advance() is called.
 */
#include "led/led.h"
#include "led/pattern.h"

#include <errno.h>

struct led_decoder {
	const struct board *board;
	int64_t now_us;
	struct duty duty;
	struct light light;
	struct pattern pattern;
};

struct led_decoder *led_decoder_new(const struct board *board,
				    void (*seen)(void *ctx, const struct led_seen *seen), void *ctx)
{
	static const bool all_high[LED_CHANNELS] = { true, true, true };
	static const bool all_low[LED_CHANNELS] = { false, false, false };
	struct led_decoder *dec = calloc(1, sizeof(*dec));

	if (!dec)
		return NULL;
	dec->board = board;
	pattern_init(&dec->pattern, board, seen, ctx);
	led_decoder_reset(dec, 0, board->led.active_low ? all_high : all_low);
	return dec;
}

void led_decoder_free(struct led_decoder *dec)
{
	free(dec);
}

void led_decoder_reset(struct led_decoder *dec, int64_t t_us, const bool high[LED_CHANNELS])
{
	bool lit[LED_CHANNELS];

	for (int i = 0; i < LED_CHANNELS; i++)
		lit[i] = high[i] != dec->board->led.active_low;
	dec->now_us = t_us;
	duty_reset(&dec->duty, t_us, dec->board->led.pwm_hz, lit);
	light_reset(&dec->light);
	pattern_reset(&dec->pattern, t_us);
}

void led_decoder_begin(struct led_decoder *dec, int64_t t_us)
{
	bool dark = dec->board->led.active_low;
	const bool levels[LED_CHANNELS] = { dark, dark, dark };

	led_decoder_reset(dec, t_us, levels);
	dec->pattern.anchored = true;
}

static void led_take(struct led_decoder *dec, const struct duty_sample *sample, int64_t now_us)
{
	struct light_step steps[LIGHT_STEPS_MAX];
	size_t count = light_take(&dec->light, sample, steps);

	for (size_t i = 0; i < count; i++)
		pattern_step(&dec->pattern, &steps[i], now_us, duty_period_us(&dec->duty));
}

static void led_expire_duty(struct led_decoder *dec)
{
	struct duty_sample samples[DUTY_SAMPLES_MAX];
	int64_t now_us = duty_deadline_us(&dec->duty);
	size_t count = duty_expire(&dec->duty, samples);

	for (size_t i = 0; i < count; i++)
		led_take(dec, &samples[i], now_us);
}

/* Handles all that becomes certain up to 't_us', in its order. */
static void led_run(struct led_decoder *dec, int64_t t_us)
{
	for (;;) {
		int64_t duty_us = duty_deadline_us(&dec->duty);
		int64_t pattern_us = pattern_deadline_us(&dec->pattern);

		if (duty_us > t_us && pattern_us > t_us)
			break;
		if (duty_us <= pattern_us)
			led_expire_duty(dec);
		else
			pattern_expire(&dec->pattern);
	}
	dec->now_us = t_us;
}

int led_decoder_edge(struct led_decoder *dec, int64_t t_us, enum led_channel channel, bool high)
{
	struct duty_sample sample;

	if (t_us < dec->now_us || (unsigned int)channel >= LED_CHANNELS)
		return -EINVAL;
	led_run(dec, t_us);
	if (duty_edge(&dec->duty, t_us, channel, high != dec->board->led.active_low, &sample))
		led_take(dec, &sample, t_us);
	return 0;
}

int led_decoder_advance(struct led_decoder *dec, int64_t t_us)
{
	if (t_us < dec->now_us)
		return -EINVAL;
	led_run(dec, t_us);
	return 0;
}

struct led_seen led_decoder_current(const struct led_decoder *dec)
{
	return state_at(&dec->pattern.state, dec->now_us);
}
