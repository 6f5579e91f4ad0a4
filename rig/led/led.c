/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Glue and time: whatever becomes certain because nothing happened is handled at the moment it
 * became so, before the edge that comes later. So the result does not depend on how often
 * led_decoder_advance() is called.
 */
#include "led/led.h"
#include "led/pattern.h"

#include <errno.h>
#include <string.h>

struct led_decoder {
	const struct board *board;
	int64_t now_us;
	int64_t wake_us; /* when something becomes certain without an edge */
	struct led_wiring wiring;
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
	for (int i = 0; i < LED_CHANNELS; i++) {
		dec->wiring.line[i] = (enum led_channel)i;
		dec->wiring.there[i] = true;
	}
	pattern_init(&dec->pattern, board, seen, ctx);
	led_decoder_reset(dec, 0, board->led.active_low ? all_high : all_low);
	return dec;
}

void led_decoder_free(struct led_decoder *dec)
{
	free(dec);
}

static void led_levels(const struct led_decoder *dec, const bool high[LED_CHANNELS],
		       bool ret_lit[LED_CHANNELS])
{
	for (int i = 0; i < LED_CHANNELS; i++)
		ret_lit[dec->wiring.line[i]] = dec->wiring.there[dec->wiring.line[i]] &&
					       high[i] != dec->board->led.active_low;
}

void led_decoder_reset(struct led_decoder *dec, int64_t t_us, const bool high[LED_CHANNELS])
{
	bool lit[LED_CHANNELS];

	led_levels(dec, high, lit);
	dec->now_us = t_us;
	duty_reset(&dec->duty, t_us, dec->board->led.pwm_hz, lit);
	light_reset(&dec->light);
	pattern_reset(&dec->pattern, t_us);
	dec->wake_us = pattern_deadline_us(&dec->pattern);
}

void led_decoder_begin(struct led_decoder *dec, int64_t t_us)
{
	bool dark = dec->board->led.active_low;
	const bool levels[LED_CHANNELS] = { dark, dark, dark };

	led_decoder_reset(dec, t_us, levels);
	dec->pattern.anchored = true;
}

static void led_take(struct led_decoder *dec, const struct duty_sample *samples, size_t count,
		     int64_t now_us)
{
	int64_t pwm_us = duty_period_us(&dec->duty);

	dec->pattern.lost = dec->duty.lost;
	for (size_t i = 0; i < count; i++) {
		struct light_step steps[LIGHT_STEPS_MAX];
		size_t made = light_take(&dec->light, &samples[i], steps);

		for (size_t k = 0; k < made; k++)
			pattern_step(&dec->pattern, &steps[k], now_us, pwm_us);
	}
	dec->wake_us = pattern_deadline_us(&dec->pattern);
}

/* Handles all that becomes certain up to 't_us', in its order. */
static void led_run(struct led_decoder *dec, int64_t t_us)
{
	for (;;) {
		int64_t duty_us = duty_deadline_us(&dec->duty);

		if (duty_us > t_us && dec->wake_us > t_us)
			break;
		if (duty_us <= dec->wake_us) {
			struct duty_sample samples[DUTY_SAMPLES_MAX];
			size_t count = duty_expire(&dec->duty, samples);

			led_take(dec, samples, count, duty_us);
		} else {
			pattern_expire(&dec->pattern);
			dec->wake_us = pattern_deadline_us(&dec->pattern);
		}
	}
}

int led_decoder_edge(struct led_decoder *dec, int64_t t_us, enum led_channel channel, bool high)
{
	struct duty_sample samples[DUTY_SAMPLES_MAX];
	size_t count;

	if (t_us < dec->now_us || (unsigned int)channel >= LED_CHANNELS)
		return -EINVAL;
	led_run(dec, t_us);
	dec->now_us = t_us;
	channel = dec->wiring.line[channel];
	if (!dec->wiring.there[channel])
		return 0;
	count = duty_edge(&dec->duty, t_us, channel, high != dec->board->led.active_low, samples);
	if (count)
		led_take(dec, samples, count, t_us);
	return 0;
}

int led_decoder_advance(struct led_decoder *dec, int64_t t_us)
{
	if (t_us < dec->now_us)
		return -EINVAL;
	led_run(dec, t_us);
	dec->now_us = t_us;
	return 0;
}

int led_decoder_lose(struct led_decoder *dec, int64_t t_us, const bool high[LED_CHANNELS])
{
	bool lit[LED_CHANNELS];

	if (t_us < dec->now_us)
		return -EINVAL;
	led_run(dec, t_us);
	dec->now_us = t_us;
	led_levels(dec, high, lit);
	duty_lose(&dec->duty, t_us, lit);
	light_reset(&dec->light);
	dec->pattern.lost = dec->duty.lost;
	pattern_lose(&dec->pattern, t_us);
	dec->wake_us = pattern_deadline_us(&dec->pattern);
	return 0;
}

int led_wiring_parse(const char *text, struct led_wiring *ret)
{
	static const char names[] = "rgb";
	struct led_wiring wiring = { 0 };
	bool free_line[LED_CHANNELS] = { false };

	for (int i = 0; i < LED_CHANNELS; i++) {
		const char *name = text[i] ? strchr(names, text[i]) : NULL;

		if (!name && text[i] != '-')
			return -EINVAL;
		free_line[i] = !name;
		if (!name)
			continue;
		if (wiring.there[name - names])
			return -EINVAL;
		wiring.line[i] = (enum led_channel)(name - names);
		wiring.there[name - names] = true;
	}
	if (text[LED_CHANNELS] != '\0')
		return -EINVAL;
	/* a line that is none gets a colour that has none */
	for (int i = 0, next = 0; i < LED_CHANNELS; i++) {
		if (!free_line[i])
			continue;
		while (wiring.there[next])
			next++;
		wiring.line[i] = (enum led_channel)next++;
	}
	*ret = wiring;
	return 0;
}

void led_decoder_wire(struct led_decoder *dec, const struct led_wiring *wiring)
{
	dec->wiring = *wiring;
	dec->light.blind = 0;
	for (int i = 0; i < LED_CHANNELS; i++)
		if (!wiring->there[i])
			dec->light.blind |= (uint8_t)(1u << i);
	dec->pattern.blind = dec->light.blind;
}

void led_decoder_listen_looks(struct led_decoder *dec,
			      void (*part)(void *ctx, const struct led_look *part), void *ctx)
{
	dec->pattern.part = part;
	dec->pattern.part_ctx = ctx;
}

bool led_decoder_open_look(const struct led_decoder *dec, struct led_look *ret)
{
	const struct sequence *sequence = &dec->pattern.sequence;

	if (sequence->count == 0)
		return false;
	*ret = sequence_part_seen(sequence, sequence->count - 1, dec->now_us);
	return true;
}

void led_decoder_levels(const struct led_decoder *dec, int32_t ret_ppm[LED_CHANNELS])
{
	const struct light_step *shown = &dec->light.shown;
	int64_t length_us = shown->end_us - shown->start_us;

	for (int i = 0; i < LED_CHANNELS; i++)
		ret_ppm[i] = dec->light.known && !shown->dark && length_us > 0
				     ? (int32_t)(shown->hue.lit_us[i] * DUTY_FULL_PPM / length_us)
				     : 0;
}

int32_t led_decoder_lost(const struct led_decoder *dec)
{
	return dec->duty.lost;
}

int32_t led_decoder_pwm_hz(const struct led_decoder *dec)
{
	return dec->duty.period_16us ? (int32_t)(16000000 / dec->duty.period_16us) : 0;
}

struct led_seen led_decoder_current(const struct led_decoder *dec)
{
	return state_at(&dec->pattern.state, dec->now_us);
}

const char *led_reason_text(enum led_reason reason)
{
	static const char *const texts[LED_REASON_COUNT] = {
#define X(name, number, text) [LED_REASON_##name] = (text),
		LED_REASON_LIST(X)
#undef X
	};

	return (unsigned int)reason < LED_REASON_COUNT ? texts[reason] : "";
}
