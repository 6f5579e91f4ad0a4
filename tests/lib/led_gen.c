/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/led_gen.h"

#include <string.h>

enum { LED_GEN_PERIOD_US = 10000 };

void led_gen_init(struct led_gen *gen, uint64_t seed, int64_t t_us, int32_t brightness_pct,
		  void (*edge)(void *ctx, int64_t t_us, enum led_channel channel, bool high),
		  void *ctx)
{
	*gen = (struct led_gen){ .edge = edge,
				 .ctx = ctx,
				 .t_us = t_us,
				 .period_us = LED_GEN_PERIOD_US,
				 .brightness_pct = brightness_pct };
	rng_init(&gen->rng, seed);
	gen->load = rng_next(&gen->rng) & 1 ? LED_GEN_NEXT : LED_GEN_AT_ONCE;
	led_gen_rephase(gen);
}

void led_gen_rephase(struct led_gen *gen)
{
	gen->phase_us = gen->t_us - (int64_t)rng_below(&gen->rng, (uint64_t)gen->period_us);
}

/* Gives the edges of this moment, in an order of chance. */
static void emit(struct led_gen *gen, const bool lit[LED_CHANNELS])
{
	unsigned int first;

	if (memcmp(lit, gen->lit, sizeof(gen->lit)) == 0)
		return;
	first = (unsigned int)rng_below(&gen->rng, LED_CHANNELS);
	for (unsigned int i = 0; i < LED_CHANNELS; i++) {
		unsigned int channel = (first + i) % LED_CHANNELS;

		if (gen->lit[channel] == lit[channel])
			continue;
		gen->lit[channel] = lit[channel];
		gen->edge(gen->ctx, gen->t_us, (enum led_channel)channel, !lit[channel]);
	}
}

static void run(struct led_gen *gen, int64_t until_us)
{
	for (;;) {
		int64_t at_us = (gen->t_us - gen->phase_us) % gen->period_us;
		int64_t next_us = gen->t_us + gen->period_us - at_us;
		bool lit[LED_CHANNELS];

		for (int i = 0; i < LED_CHANNELS; i++) {
			if (gen->load == LED_GEN_AT_ONCE || at_us == 0)
				gen->acting_us[i] = gen->wanted_us[i];
			lit[i] = at_us < gen->acting_us[i];
			if (lit[i] && gen->t_us + gen->acting_us[i] - at_us < next_us)
				next_us = gen->t_us + gen->acting_us[i] - at_us;
		}
		emit(gen, lit);
		if (next_us >= until_us)
			break;
		gen->t_us = next_us;
	}
	gen->t_us = until_us;
}

/* 'level_ppm' of the colour's full brightness. */
static void set(struct led_gen *gen, uint32_t rgb, int64_t level_ppm)
{
	for (int i = 0; i < LED_CHANNELS; i++) {
		int64_t component = rgb >> (16 - 8 * i) & 0xff;

		gen->wanted_us[i] = component * gen->brightness_pct * gen->period_us / 100 *
				    level_ppm / 255 / 1000000;
	}
}

void led_gen_cut(struct led_gen *gen)
{
	static const bool dark[LED_CHANNELS] = { false, false, false };

	set(gen, LED_GEN_OFF, 0);
	for (int i = 0; i < LED_CHANNELS; i++)
		gen->acting_us[i] = 0;
	emit(gen, dark);
}

void led_gen_solid(struct led_gen *gen, uint32_t rgb, int64_t us)
{
	set(gen, rgb, 1000000);
	run(gen, gen->t_us + us);
}

void led_gen_blink(struct led_gen *gen, uint32_t rgb, int64_t on_us, int64_t off_us, int64_t us)
{
	int64_t end_us = gen->t_us + us;
	bool on = true;

	while (gen->t_us < end_us) {
		int64_t part_us = on ? on_us : off_us;

		if (part_us > end_us - gen->t_us)
			part_us = end_us - gen->t_us;
		led_gen_solid(gen, on ? rgb : LED_GEN_OFF, part_us);
		on = !on;
	}
}

void led_gen_fade(struct led_gen *gen, uint32_t rgb, int64_t period_us, int64_t tick_us,
		  int64_t at_us, int64_t us)
{
	int64_t start_us = gen->t_us - at_us;
	int64_t end_us = gen->t_us + us;

	while (gen->t_us < end_us) {
		int64_t now_us = (gen->t_us - start_us) % period_us;
		int64_t off_us = now_us * 2 > period_us ? period_us - now_us : now_us;
		int64_t next_us = gen->t_us + tick_us;

		set(gen, rgb, 1000000 - off_us * 2000000 / period_us);
		run(gen, next_us < end_us ? next_us : end_us);
	}
}

void led_gen_sos(struct led_gen *gen, uint32_t rgb, int code, int pct)
{
	static const int64_t mark_us[] = { 150000, 300000, 150000 };
	static const int64_t pause_us[] = { 100000, 100000, 900000 };

	for (size_t i = 0; i < ARRAY_LEN(mark_us); i++) {
		for (int k = 0; k < 3; k++) {
			led_gen_solid(gen, rgb, mark_us[i] * pct / 100);
			led_gen_solid(gen, LED_GEN_OFF, 100000 * pct / 100);
		}
		led_gen_solid(gen, LED_GEN_OFF, pause_us[i] * pct / 100);
	}
	for (int k = 0; k < code; k++) {
		led_gen_solid(gen, rgb, 300000 * pct / 100);
		led_gen_solid(gen, LED_GEN_OFF, 300000 * pct / 100);
	}
	led_gen_solid(gen, LED_GEN_OFF, 800000 * pct / 100);
}
