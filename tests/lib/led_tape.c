/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/led_tape.h"
#include "lib/testing.h"

static void remember(void *ctx, const struct led_seen *seen)
{
	struct led_tape *tape = ctx;

	ck_assert_uint_lt(tape->count, LED_TAPE_SEEN_MAX);
	if (tape->count)
		ck_assert_int_ge(seen->onset_us, tape->seen[tape->count - 1].onset_us);
	ck_assert_int_ge(seen->certain_us, seen->onset_us);
	tape->seen[tape->count++] = *seen;
}

static void feed(void *ctx, int64_t t_us, enum led_channel channel, bool high)
{
	struct led_tape *tape = ctx;

	if (!tape->deaf)
		ck_assert_int_eq(led_decoder_edge(tape->dec, t_us, channel, high), 0);
}

#define WORD(text, col, pat, ms)                                                        \
	{                                                                               \
		.name = text, .colour = LED_COLOUR_##col, .pattern = LED_PATTERN_##pat, \
		.period_us = MS(ms), .tolerance_us = MS(ms) / 20                        \
	}

const struct board led_tape_board = {
	.led = { .active_low = true,
		 .pwm_hz = 100,
		 .state_count = 27,
		 .states = { WORD("off", OFF, SOLID, 0),
			     WORD("starting", WHITE, SOLID, 0),
			     WORD("red", RED, SOLID, 0),
			     WORD("breathing-white", WHITE, FADE, 4000),
			     WORD("breathing-green", GREEN, FADE, 4000),
			     WORD("breathing-cyan", CYAN, FADE, 4000),
			     WORD("breathing-magenta", MAGENTA, FADE, 4000),
			     WORD("breathing-blue", BLUE, FADE, 4000),
			     WORD("slow-cyan", CYAN, FADE, 8000),
			     WORD("quick-cyan", CYAN, FADE, 1000),
			     WORD("slow-orange", ORANGE, FADE, 4000),
			     WORD("green-200", GREEN, BLINK, 200),
			     WORD("green-100", GREEN, BLINK, 100),
			     WORD("cyan-200", CYAN, BLINK, 200),
			     WORD("cyan-100", CYAN, BLINK, 100),
			     WORD("listening", BLUE, BLINK, 500),
			     WORD("magenta-102", MAGENTA, BLINK, 102),
			     WORD("magenta-202", MAGENTA, BLINK, 202),
			     WORD("dfu", YELLOW, BLINK, 202),
			     WORD("white-100", WHITE, BLINK, 100),
			     WORD("cloud-error", ORANGE, BLINK, 500),
			     WORD("red-102", RED, BLINK, 102),
			     WORD("panic", RED, SOS, 0),
			     WORD("blue-any", BLUE, BLINK, 0),
			     WORD("yellow", YELLOW, SOLID, 0),
			     WORD("magenta", MAGENTA, SOLID, 0),
			     WORD("orange", ORANGE, SOLID, 0) } },
};

const struct led_part led_tape_words[LED_TAPE_WORDS][3] = {
	{ LED_PART_FIRST_DARK, { LED_PART_SOLID, LED_GEN_WHITE, 0, 0, 2000, "starting", 600 } },
	{ LED_PART_FIRST_DARK, { LED_PART_SOLID, LED_GEN_RED, 0, 0, 3000, "red", 2300 } },
	{ LED_PART_FIRST_DARK, { LED_PART_SOLID, LED_GEN_YELLOW, 0, 0, 2000, "yellow", 600 } },
	{ LED_PART_FIRST_DARK, { LED_PART_SOLID, LED_GEN_ORANGE, 0, 0, 2000, "orange", 650 } },
	{ LED_PART_FIRST_DARK, { LED_PART_SOLID, LED_GEN_MAGENTA, 0, 0, 2000, "magenta", 600 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_FADE, LED_GEN_WHITE, 4000, 25, 9000, "breathing-white", 1000 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_FADE, LED_GEN_GREEN, 4000, 25, 9000, "breathing-green", 1000 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_FADE, LED_GEN_CYAN, 4000, 25, 9000, "breathing-cyan", 1000 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_FADE, LED_GEN_MAGENTA, 4000, 25, 9000, "breathing-magenta", 1000 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_FADE, LED_GEN_BLUE, 4000, 25, 9000, "breathing-blue", 1000 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_FADE, LED_GEN_ORANGE, 4000, 25, 9000, "slow-orange", 1000 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_FADE, LED_GEN_WHITE, 4160, 21, 9000, "breathing-white", 1500 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_FADE, LED_GEN_CYAN, 8000, 25, 17000, "slow-cyan", 1500 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_FADE, LED_GEN_CYAN, 1000, 25, 5000, "quick-cyan", 1600 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_BLINK, LED_GEN_GREEN, 100, 100, 3000, "green-200", 440 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_BLINK, LED_GEN_GREEN, 101, 101, 3000, "green-200", 444 } },
	{ LED_PART_FIRST_DARK, { LED_PART_BLINK, LED_GEN_GREEN, 50, 50, 3000, "green-100", 240 } },
	{ LED_PART_FIRST_DARK, { LED_PART_BLINK, LED_GEN_GREEN, 51, 51, 3000, "green-100", 244 } },
	{ LED_PART_FIRST_DARK, { LED_PART_BLINK, LED_GEN_CYAN, 100, 100, 3000, "cyan-200", 440 } },
	{ LED_PART_FIRST_DARK, { LED_PART_BLINK, LED_GEN_CYAN, 50, 50, 3000, "cyan-100", 240 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_BLINK, LED_GEN_BLUE, 250, 250, 5000, "listening", 1050 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_BLINK, LED_GEN_BLUE, 251, 251, 5000, "listening", 1054 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_BLINK, LED_GEN_MAGENTA, 51, 51, 3000, "magenta-102", 244 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_BLINK, LED_GEN_MAGENTA, 101, 101, 3000, "magenta-202", 444 } },
	{ LED_PART_FIRST_DARK, { LED_PART_BLINK, LED_GEN_YELLOW, 101, 101, 3000, "dfu", 444 } },
	{ LED_PART_FIRST_DARK, { LED_PART_BLINK, LED_GEN_WHITE, 50, 50, 3000, "white-100", 240 } },
	{ LED_PART_FIRST_DARK,
	  { LED_PART_BLINK, LED_GEN_ORANGE, 250, 250, 5000, "cloud-error", 1050 } },
	{ LED_PART_FIRST_DARK, { LED_PART_BLINK, LED_GEN_RED, 51, 51, 3000, "red-102", 244 } },
};

void led_tape_open(struct led_tape *tape, uint64_t seed, int32_t brightness_pct)
{
	static const bool high[LED_CHANNELS] = { true, true, true };
	int64_t t_us = 1000000 + (int64_t)(seed % 7) * 1234567;

	*tape = (struct led_tape){ 0 };
	tape->dec = led_decoder_new(&led_tape_board, remember, tape);
	ck_assert_ptr_nonnull(tape->dec);
	led_gen_init(&tape->gen, seed, t_us, brightness_pct, feed, tape);
	led_decoder_reset(tape->dec, t_us, high);
}

void led_tape_close(struct led_tape *tape)
{
	led_decoder_free(tape->dec);
}

void led_tape_play(struct led_tape *tape, const struct led_part *part)
{
	struct led_gen *gen = &tape->gen;

	switch (part->kind) {
	case LED_PART_END: break;
	case LED_PART_DARK: led_gen_solid(gen, LED_GEN_OFF, MS(part->ms)); break;
	case LED_PART_SOLID: led_gen_solid(gen, part->rgb, MS(part->ms)); break;
	case LED_PART_BLINK:
		led_gen_blink(gen, part->rgb, MS(part->a_ms), MS(part->b_ms), MS(part->ms));
		break;
	case LED_PART_FADE:
		led_gen_fade(gen, part->rgb, MS(part->a_ms), MS(part->b_ms), 0, MS(part->ms));
		break;
	case LED_PART_SOS: led_gen_sos(gen, part->rgb, part->a_ms, part->b_ms); break;
	case LED_PART_CUT:
		led_gen_cut(gen);
		led_gen_solid(gen, LED_GEN_OFF, MS(part->ms));
		break;
	case LED_PART_REPHASE: led_gen_rephase(gen); break;
	}
	ck_assert_int_eq(led_decoder_advance(tape->dec, gen->t_us), 0);
}

void led_tape_join(struct led_tape *tape)
{
	bool high[LED_CHANNELS];

	for (int i = 0; i < LED_CHANNELS; i++)
		high[i] = !tape->gen.lit[i];
	led_decoder_reset(tape->dec, tape->gen.t_us, high);
	tape->deaf = false;
}
