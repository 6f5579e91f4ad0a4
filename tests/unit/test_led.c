/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/led.h"
#include "lib/led_gen.h"
#include "lib/testing.h"

#include <errno.h>
#include <string.h>

#define MS(ms) ((int64_t)(ms)*1000)

enum {
	SEEN_MAX = 96,
	PARTS_MAX = 24,
	ONSET_US_MAX = 11000, /* one PWM period, and a little */
	ONSET_FULL_US_MAX =
		25000,	 /* 100 % that dims: seen at the end of the period, by an edge pair */
	LATE_US = 40000, /* a change is known after two windows, or 2.5 periods of silence */
	RANDOM_SEQUENCES = 200,
	UNKNOWN_PCT_MAX = 5,
};

struct tape {
	struct led_decoder *dec;
	bool deaf; /* the decoder does not get the edges yet */
	struct led_gen gen;
	struct led_seen seen[SEEN_MAX];
	size_t count;
};

static void remember(void *ctx, const struct led_seen *seen)
{
	struct tape *tape = ctx;

	ck_assert_uint_lt(tape->count, SEEN_MAX);
	if (tape->count)
		ck_assert_int_ge(seen->onset_us, tape->seen[tape->count - 1].onset_us);
	ck_assert_int_ge(seen->certain_us, seen->onset_us);
	tape->seen[tape->count++] = *seen;
}

static void feed(void *ctx, int64_t t_us, enum led_channel channel, bool high)
{
	struct tape *tape = ctx;

	if (!tape->deaf)
		ck_assert_int_eq(led_decoder_edge(tape->dec, t_us, channel, high), 0);
}

#define WORD(text, col, pat, ms)                                                        \
	{                                                                               \
		.name = text, .colour = LED_COLOUR_##col, .pattern = LED_PATTERN_##pat, \
		.period_us = MS(ms), .tolerance_us = MS(ms) / 20                        \
	}

static const struct board test_board = {
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

/* What the LED does for a while, and the word it must be told by (NULL: too short to tell). */
struct part {
	enum { END = 0, DARK, SOLID, BLINK, FADE, SOS, CUT, REPHASE } kind;
	uint32_t rgb;
	int32_t a_ms; /* blink: lit; fade: period; SOS: code */
	int32_t b_ms; /* blink: dark; fade: step; SOS: percent of the nominal times */
	int32_t ms;
	const char *name;
	int32_t certain_ms; /* at the latest, after its onset */
};

static void tape_open(struct tape *tape, uint64_t seed, int32_t brightness_pct)
{
	static const bool high[LED_CHANNELS] = { true, true, true };
	int64_t t_us = 1000000 + (int64_t)(seed % 7) * 1234567;

	*tape = (struct tape){ 0 };
	tape->dec = led_decoder_new(&test_board, remember, tape);
	ck_assert_ptr_nonnull(tape->dec);
	led_gen_init(&tape->gen, seed, t_us, brightness_pct, feed, tape);
	led_decoder_reset(tape->dec, t_us, high);
}

static void tape_close(struct tape *tape)
{
	led_decoder_free(tape->dec);
}

static void play(struct tape *tape, const struct part *part)
{
	struct led_gen *gen = &tape->gen;

	switch (part->kind) {
	case END: break;
	case DARK: led_gen_solid(gen, LED_GEN_OFF, MS(part->ms)); break;
	case SOLID: led_gen_solid(gen, part->rgb, MS(part->ms)); break;
	case BLINK:
		led_gen_blink(gen, part->rgb, MS(part->a_ms), MS(part->b_ms), MS(part->ms));
		break;
	case FADE:
		led_gen_fade(gen, part->rgb, MS(part->a_ms), MS(part->b_ms), 0, MS(part->ms));
		break;
	case SOS: led_gen_sos(gen, part->rgb, part->a_ms, part->b_ms); break;
	case CUT:
		led_gen_cut(gen);
		led_gen_solid(gen, LED_GEN_OFF, MS(part->ms));
		break;
	case REPHASE: led_gen_rephase(gen); break;
	}
	ck_assert_int_eq(led_decoder_advance(tape->dec, gen->t_us), 0);
}

/* Plays all parts: the states told must be the named ones, in order, and nothing else. */
static void expect(const struct part *parts, uint64_t seed, int32_t brightness_pct)
{
	struct tape tape;
	size_t told = 0;
	int64_t onset_us[PARTS_MAX];
	size_t count = 0;

	tape_open(&tape, seed, brightness_pct);
	for (; parts[count].kind != END; count++) {
		ck_assert_uint_lt(count, PARTS_MAX);
		onset_us[count] = tape.gen.t_us;
		play(&tape, &parts[count]);
	}
	for (size_t i = 0; i < count; i++) {
		const struct led_seen *seen = &tape.seen[told];
		int64_t off_us = seen->onset_us - onset_us[i];
		int64_t off_us_max = parts[i].kind == FADE && brightness_pct == 100
					     ? ONSET_FULL_US_MAX
					     : ONSET_US_MAX;

		if (!parts[i].name)
			continue;
		ck_assert_msg(told < tape.count, "part %zu '%s' not told (seed %u, %d %%)", i,
			      parts[i].name, (unsigned int)seed, brightness_pct);
		ck_assert_msg(seen->name && strcmp(seen->name, parts[i].name) == 0,
			      "part %zu is '%s', told %s %s %d us '%s' (seed %u, %d %%)", i,
			      parts[i].name, led_colour_name(seen->colour),
			      led_pattern_name(seen->pattern), (int)seen->period_us,
			      seen->name ? seen->name : "", (unsigned int)seed, brightness_pct);
		ck_assert_msg(off_us >= -off_us_max && off_us <= off_us_max,
			      "'%s' begins %d us off (seed %u, %d %%)", parts[i].name, (int)off_us,
			      (unsigned int)seed, brightness_pct);
		ck_assert_msg(seen->certain_us - onset_us[i] <= MS(parts[i].certain_ms),
			      "'%s' certain after %d us (seed %u, %d %%)", parts[i].name,
			      (int)(seen->certain_us - onset_us[i]), (unsigned int)seed,
			      brightness_pct);
		if (parts[i].kind == SOS)
			ck_assert_int_eq(seen->count, parts[i].a_ms);
		told++;
	}
	ck_assert_msg(told == tape.count, "%zu states too many, first %s %s (seed %u, %d %%)",
		      tape.count - told, led_colour_name(tape.seen[told].colour),
		      led_pattern_name(tape.seen[told].pattern), (unsigned int)seed,
		      brightness_pct);
	tape_close(&tape);
}

/* The same at every brightness and several phases. */
static void expect_always(const struct part *parts)
{
	static const int32_t brightness_pct[] = { 10, 37, 64, 100 };

	for (size_t i = 0; i < ARRAY_LEN(brightness_pct); i++)
		for (uint64_t seed = 1; seed <= 6; seed++)
			expect(parts, seed, brightness_pct[i]);
}

#define FIRST_DARK                             \
	{                                      \
		DARK, 0, 0, 0, 700, "off", 600 \
	}

static const struct part single[][3] = {
	{ FIRST_DARK, { SOLID, LED_GEN_WHITE, 0, 0, 2000, "starting", 600 } },
	{ FIRST_DARK, { SOLID, LED_GEN_RED, 0, 0, 2000, "red", 600 } },
	{ FIRST_DARK, { SOLID, LED_GEN_YELLOW, 0, 0, 2000, "yellow", 600 } },
	{ FIRST_DARK, { SOLID, LED_GEN_ORANGE, 0, 0, 2000, "orange", 600 } },
	{ FIRST_DARK, { SOLID, LED_GEN_MAGENTA, 0, 0, 2000, "magenta", 600 } },
	{ FIRST_DARK, { FADE, LED_GEN_WHITE, 4000, 25, 9000, "breathing-white", 600 } },
	{ FIRST_DARK, { FADE, LED_GEN_GREEN, 4000, 25, 9000, "breathing-green", 600 } },
	{ FIRST_DARK, { FADE, LED_GEN_CYAN, 4000, 25, 9000, "breathing-cyan", 600 } },
	{ FIRST_DARK, { FADE, LED_GEN_MAGENTA, 4000, 25, 9000, "breathing-magenta", 600 } },
	{ FIRST_DARK, { FADE, LED_GEN_BLUE, 4000, 25, 9000, "breathing-blue", 600 } },
	{ FIRST_DARK, { FADE, LED_GEN_ORANGE, 4000, 25, 9000, "slow-orange", 600 } },
	{ FIRST_DARK, { FADE, LED_GEN_WHITE, 4160, 21, 9000, "breathing-white", 1500 } },
	{ FIRST_DARK, { FADE, LED_GEN_CYAN, 8000, 25, 17000, "slow-cyan", 1000 } },
	{ FIRST_DARK, { FADE, LED_GEN_CYAN, 1000, 25, 5000, "quick-cyan", 600 } },
	{ FIRST_DARK, { BLINK, LED_GEN_GREEN, 100, 100, 3000, "green-200", 440 } },
	{ FIRST_DARK, { BLINK, LED_GEN_GREEN, 101, 101, 3000, "green-200", 444 } },
	{ FIRST_DARK, { BLINK, LED_GEN_GREEN, 50, 50, 3000, "green-100", 240 } },
	{ FIRST_DARK, { BLINK, LED_GEN_GREEN, 51, 51, 3000, "green-100", 244 } },
	{ FIRST_DARK, { BLINK, LED_GEN_CYAN, 100, 100, 3000, "cyan-200", 440 } },
	{ FIRST_DARK, { BLINK, LED_GEN_CYAN, 50, 50, 3000, "cyan-100", 240 } },
	{ FIRST_DARK, { BLINK, LED_GEN_BLUE, 250, 250, 5000, "listening", 1050 } },
	{ FIRST_DARK, { BLINK, LED_GEN_BLUE, 251, 251, 5000, "listening", 1054 } },
	{ FIRST_DARK, { BLINK, LED_GEN_MAGENTA, 51, 51, 3000, "magenta-102", 244 } },
	{ FIRST_DARK, { BLINK, LED_GEN_MAGENTA, 101, 101, 3000, "magenta-202", 444 } },
	{ FIRST_DARK, { BLINK, LED_GEN_YELLOW, 101, 101, 3000, "dfu", 444 } },
	{ FIRST_DARK, { BLINK, LED_GEN_WHITE, 50, 50, 3000, "white-100", 240 } },
	{ FIRST_DARK, { BLINK, LED_GEN_ORANGE, 250, 250, 5000, "cloud-error", 1050 } },
	{ FIRST_DARK, { BLINK, LED_GEN_RED, 51, 51, 3000, "red-102", 244 } },
};

START_TEST(every_word)
{
	expect_always(single[_i]);
}
END_TEST

START_TEST(every_sos_code)
{
	static const int pct[] = { 90, 100, 110 };
	int code = _i;

	for (size_t i = 0; i < ARRAY_LEN(pct); i++) {
		int32_t pass_ms = (4650 + 600 * code + LATE_US / 1000) * pct[i] / 100;
		const struct part parts[] = {
			FIRST_DARK,
			{ SOS, LED_GEN_RED, code, pct[i], 0, "panic", pass_ms + LATE_US / 1000 },
			{ SOS, LED_GEN_RED, code, pct[i], 0, NULL, 0 },
			{ SOLID, LED_GEN_WHITE, 0, 0, 700, "starting", 600 },
			{ 0 },
		};

		expect(parts, (uint64_t)code, 37);
		expect(parts, (uint64_t)code + 100, 100);
	}
}
END_TEST

/* A healthy boot after power on, two resets of the timer included. */
static const struct part boot[] = {
	FIRST_DARK,
	{ SOLID, LED_GEN_WHITE, 0, 0, 220, "starting", 600 },
	{ REPHASE, 0, 0, 0, 0, NULL, 0 },
	{ SOLID, LED_GEN_WHITE, 0, 0, 330, NULL, 0 },
	{ REPHASE, 0, 0, 0, 0, NULL, 0 },
	{ SOLID, LED_GEN_WHITE, 0, 0, 900, NULL, 0 },
	{ FADE, LED_GEN_WHITE, 4000, 25, 6100, "breathing-white", 600 },
	{ BLINK, LED_GEN_GREEN, 100, 100, 2000, "green-200", 440 },
	{ BLINK, LED_GEN_GREEN, 50, 50, 2000, "green-100", 240 },
	{ BLINK, LED_GEN_CYAN, 100, 100, 2000, "cyan-200", 440 },
	{ FADE, LED_GEN_CYAN, 4000, 25, 7000, "breathing-cyan", 600 },
	{ CUT, 0, 0, 0, 3000, "off", 600 },
	{ 0 },
};

/* An update is applied, then DFU, each ended by a power cut. */
static const struct part apply[] = {
	FIRST_DARK,
	{ BLINK, LED_GEN_MAGENTA, 51, 51, 3080, "magenta-102", 244 },
	{ CUT, 0, 0, 0, 900, "off", 600 },
	{ BLINK, LED_GEN_YELLOW, 101, 101, 3060, "dfu", 444 },
	{ CUT, 0, 0, 0, 1500, "off", 600 },
	{ SOLID, LED_GEN_WHITE, 0, 0, 630, "starting", 600 },
	{ CUT, 0, 0, 0, 700, "off", 600 },
	{ 0 },
};

/* Lights too short to be told stay unnamed; what comes after is right. */
static const struct part fleeting[] = {
	FIRST_DARK,
	{ SOLID, LED_GEN_WHITE, 0, 0, 300, NULL, 0 },
	{ BLINK, LED_GEN_MAGENTA, 101, 101, 2020, "magenta-202", 444 },
	{ SOLID, LED_GEN_ORANGE, 0, 0, 250, NULL, 0 },
	{ DARK, 0, 0, 0, 100, NULL, 0 },
	{ SOLID, LED_GEN_RED, 0, 0, 8, NULL, 0 },
	{ SOLID, LED_GEN_GREEN, 0, 0, 30, NULL, 0 },
	{ BLINK, LED_GEN_YELLOW, 101, 101, 2020, "dfu", 444 },
	{ 0 },
};

/* One long stall is a light that holds; short ones are part of the blink. */
static const struct part stalls[] = {
	FIRST_DARK,
	{ BLINK, LED_GEN_MAGENTA, 51, 51, 1020, "magenta-102", 244 },
	{ SOLID, LED_GEN_MAGENTA, 0, 0, 430, NULL, 0 },
	{ DARK, 0, 0, 0, 51, NULL, 0 },
	{ SOLID, LED_GEN_MAGENTA, 0, 0, 51, NULL, 0 },
	{ DARK, 0, 0, 0, 300, NULL, 0 },
	{ SOLID, LED_GEN_MAGENTA, 0, 0, 51, NULL, 0 },
	{ DARK, 0, 0, 0, 200, NULL, 0 },
	{ BLINK, LED_GEN_MAGENTA, 51, 51, 1020, NULL, 0 },
	{ SOLID, LED_GEN_MAGENTA, 0, 0, 1000, "magenta", 600 },
	{ DARK, 0, 0, 0, 51, "magenta-102", 300 },
	{ BLINK, LED_GEN_MAGENTA, 51, 51, 3060, NULL, 0 },
	{ 0 },
};

/* A light of 100 % that dims never moves a line before; a fade after a steady light. */
static const struct part after_steady[] = {
	FIRST_DARK,
	{ SOLID, LED_GEN_CYAN, 0, 0, 300, NULL, 0 },
	{ FADE, LED_GEN_CYAN, 4000, 25, 5000, "breathing-cyan", 600 },
	{ FADE, LED_GEN_CYAN, 1000, 25, 3250, "quick-cyan", 600 },
	{ CUT, 0, 0, 0, 1000, "off", 600 },
	{ 0 },
};

static const struct part *const sequences[] = { boot, apply, fleeting, stalls, after_steady };

START_TEST(sequence)
{
	expect_always(sequences[_i]);
}
END_TEST

/* Near its lowest point an orange of 3 % is lit for 3 us, its green part for 1. */
START_TEST(dim_fade_keeps_its_colour)
{
	static const struct part parts[] = {
		FIRST_DARK,
		{ FADE, LED_GEN_ORANGE, 4000, 25, 13000, "slow-orange", 1500 },
		{ 0 },
	};

	expect(parts, (uint64_t)_i, 3);
}
END_TEST

/* A change in the middle makes two intervals of half a period each: that is not the PWM's. */
START_TEST(colour_changes_inside_a_period)
{
	struct tape tape;
	int64_t start_us;

	tape_open(&tape, 1, 97);
	tape.gen.load = LED_GEN_AT_ONCE;
	tape.gen.phase_us = tape.gen.t_us;
	led_gen_solid(&tape.gen, 0xee82eeu, MS(1000) + 500 * (int64_t)_i);
	start_us = tape.gen.t_us;
	led_gen_blink(&tape.gen, LED_GEN_CYAN, MS(100), MS(100), MS(2000));
	ck_assert_uint_eq(tape.count, 2);
	ck_assert_str_eq(tape.seen[1].name, "cyan-200");
	ck_assert_int_ge(tape.seen[1].onset_us, start_us - ONSET_US_MAX);
	ck_assert_int_le(tape.seen[1].onset_us, start_us + ONSET_US_MAX);
	tape_close(&tape);
}
END_TEST

/* The profile says 100 Hz; what the edges say counts. */
START_TEST(other_pwm_frequencies)
{
	static const int64_t period_us[] = { 20000, 4000, 1000, 250 };
	static const struct part parts[] = {
		FIRST_DARK,
		{ SOLID, LED_GEN_WHITE, 0, 0, 1000, "starting", 0 },
		{ BLINK, LED_GEN_MAGENTA, 101, 101, 2000, "magenta-202", 0 },
		{ FADE, LED_GEN_CYAN, 4000, 25, 5000, "breathing-cyan", 0 },
		{ SOLID, LED_GEN_ORANGE, 0, 0, 1000, "orange", 0 },
		{ CUT, 0, 0, 0, 1000, "off", 0 },
	};
	struct tape tape;

	tape_open(&tape, (uint64_t)_i, 37);
	tape.gen.period_us = period_us[_i];
	led_gen_rephase(&tape.gen);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		play(&tape, &parts[i]);
	ck_assert_uint_eq(tape.count, ARRAY_LEN(parts));
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		ck_assert_str_eq(tape.seen[i].name, parts[i].name);
	tape_close(&tape);
}
END_TEST

START_TEST(dark_for_ever)
{
	struct tape tape;
	int64_t start_us;

	tape_open(&tape, 1, 37);
	start_us = tape.gen.t_us;
	ck_assert_int_eq(led_decoder_current(tape.dec).pattern, LED_PATTERN_UNKNOWN);
	ck_assert_int_eq(led_decoder_advance(tape.dec, start_us + MS(20000)), 0);
	ck_assert_uint_eq(tape.count, 1);
	ck_assert_str_eq(tape.seen[0].name, "off");
	ck_assert_int_eq(tape.seen[0].colour, LED_COLOUR_OFF);
	ck_assert_int_eq(tape.seen[0].onset_us, start_us);
	ck_assert_int_le(tape.seen[0].certain_us, start_us + MS(600));
	ck_assert_str_eq(led_decoder_current(tape.dec).name, "off");
	tape_close(&tape);
}
END_TEST

START_TEST(edges_out_of_order_are_refused)
{
	struct tape tape;
	int64_t t_us;

	tape_open(&tape, 1, 37);
	t_us = tape.gen.t_us + MS(100);
	ck_assert_int_eq(led_decoder_edge(tape.dec, t_us, LED_RED, false), 0);
	ck_assert_int_eq(led_decoder_edge(tape.dec, t_us, LED_GREEN, false), 0);
	ck_assert_int_eq(led_decoder_edge(tape.dec, t_us - 1, LED_BLUE, false), -EINVAL);
	ck_assert_int_eq(led_decoder_edge(tape.dec, t_us, LED_CHANNELS, false), -EINVAL);
	ck_assert_int_eq(led_decoder_advance(tape.dec, t_us - 1), -EINVAL);
	ck_assert_int_eq(led_decoder_edge(tape.dec, t_us + 1, LED_BLUE, false), 0);
	ck_assert_int_eq(led_decoder_advance(tape.dec, t_us + MS(700)), 0);
	ck_assert_str_eq(tape.seen[tape.count - 1].name, "starting");
	ck_assert_int_eq(tape.seen[tape.count - 1].onset_us, t_us);
	tape_close(&tape);
}
END_TEST

/* The decoder starts to listen now, in the middle of what goes on. */
static void tape_join(struct tape *tape)
{
	bool high[LED_CHANNELS];

	for (int i = 0; i < LED_CHANNELS; i++)
		high[i] = !tape->gen.lit[i];
	led_decoder_reset(tape->dec, tape->gen.t_us, high);
	tape->deaf = false;
}

/* The slope tells nothing then, the turning points do, within about one period. */
START_TEST(fade_joined_half_way)
{
	int64_t at_us = MS(200 * (int64_t)_i);
	struct tape tape;
	const struct led_seen *last;
	int64_t start_us;

	tape_open(&tape, (uint64_t)_i, 37);
	tape.deaf = true;
	led_gen_fade(&tape.gen, LED_GEN_CYAN, MS(4000), MS(25), at_us, MS(500));
	tape_join(&tape);
	start_us = tape.gen.t_us;
	led_gen_fade(&tape.gen, LED_GEN_CYAN, MS(4000), MS(25), at_us + MS(500), MS(9000));
	for (size_t i = 0; i + 1 < tape.count; i++) {
		ck_assert_int_eq(tape.seen[i].pattern, LED_PATTERN_UNKNOWN);
		ck_assert_int_eq(tape.seen[i].colour, LED_COLOUR_CYAN);
	}
	ck_assert_uint_ge(tape.count, 1);
	ck_assert_uint_le(tape.count, 2);
	last = &tape.seen[tape.count - 1];
	ck_assert_str_eq(last->name, "breathing-cyan");
	ck_assert_int_ge(last->period_us, MS(3950));
	ck_assert_int_le(last->period_us, MS(4050));
	ck_assert_int_le(last->certain_us - start_us, MS(4300));
	tape_close(&tape);
}
END_TEST

/* Another colour takes over the phase, as the firmware does: never another period. */
START_TEST(fade_that_changes_colour)
{
	int64_t at_us = MS(200 * (int64_t)_i) + MS(4100);
	struct tape tape;

	tape_open(&tape, (uint64_t)_i, 37);
	led_gen_solid(&tape.gen, LED_GEN_OFF, MS(700));
	led_gen_fade(&tape.gen, LED_GEN_BLUE, MS(4000), MS(25), 0, at_us);
	led_gen_fade(&tape.gen, LED_GEN_CYAN, MS(4000), MS(25), at_us, MS(9000));
	for (size_t i = 0; i < tape.count; i++)
		if (tape.seen[i].name && tape.seen[i].colour == LED_COLOUR_CYAN)
			ck_assert_str_eq(tape.seen[i].name, "breathing-cyan");
	ck_assert_str_eq(tape.seen[1].name, "breathing-blue");
	ck_assert_str_eq(tape.seen[tape.count - 1].name, "breathing-cyan");
	tape_close(&tape);
}
END_TEST

START_TEST(sos_joined_half_way)
{
	struct tape tape;
	size_t sos = 0;

	tape_open(&tape, (uint64_t)_i, 37);
	tape.deaf = true;
	led_gen_solid(&tape.gen, LED_GEN_RED, MS(20 * (int64_t)_i));
	tape_join(&tape);
	for (int i = 0; i < _i % 8; i++) {
		led_gen_solid(&tape.gen, LED_GEN_OFF, MS(100));
		led_gen_solid(&tape.gen, LED_GEN_RED, MS(i < 4 ? 300 : 150));
	}
	led_gen_solid(&tape.gen, LED_GEN_OFF, MS(1000));
	led_gen_blink(&tape.gen, LED_GEN_RED, MS(300), MS(300), MS(600 * 5));
	led_gen_solid(&tape.gen, LED_GEN_OFF, MS(800));
	led_gen_sos(&tape.gen, LED_GEN_RED, 5, 100);
	led_gen_solid(&tape.gen, LED_GEN_WHITE, MS(100));
	ck_assert_uint_ge(tape.count, 1);
	for (size_t i = 0; i < tape.count; i++) {
		ck_assert_int_ne(tape.seen[i].pattern, LED_PATTERN_BLINK);
		if (tape.seen[i].pattern == LED_PATTERN_SOS) {
			ck_assert_int_eq(tape.seen[i].count, 5);
			sos++;
		}
	}
	ck_assert_uint_eq(sos, 1);
	tape_close(&tape);
}
END_TEST

/* Power goes while the code is blinked: it was an SOS, and nobody knows which. */
START_TEST(sos_cut_short)
{
	const struct part dark = FIRST_DARK;
	const struct part end = { CUT, 0, 0, 0, 3000, NULL, 0 };
	struct tape tape;

	tape_open(&tape, 3, 37);
	play(&tape, &dark);
	for (int i = 0; i < 9; i++) {
		led_gen_solid(&tape.gen, LED_GEN_RED, MS(i / 3 == 1 ? 300 : 150));
		led_gen_solid(&tape.gen, LED_GEN_OFF, MS(i % 3 < 2 ? 100 : i < 8 ? 200 : 1000));
	}
	led_gen_blink(&tape.gen, LED_GEN_RED, MS(300), MS(300), MS(1300));
	play(&tape, &end);
	ck_assert_uint_eq(tape.count, 3);
	ck_assert_str_eq(tape.seen[1].name, "panic");
	ck_assert_int_eq(tape.seen[1].count, 0);
	ck_assert_str_eq(tape.seen[2].name, "off");
	tape_close(&tape);
}
END_TEST

/* Chunk by chunk: lit and dark for any time. Blue has a word for that, green has none. */
START_TEST(irregular_blink)
{
	static const struct {
		uint32_t rgb;
		enum led_pattern pattern;
		const char *name;
	} cases[] = {
		{ LED_GEN_BLUE, LED_PATTERN_BLINK, "blue-any" },
		{ LED_GEN_GREEN, LED_PATTERN_UNKNOWN, NULL },
	};
	static const int32_t part_ms[] = { 60, 200, 130, 40, 300, 90, 210, 350, 70, 160 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tape tape;

		tape_open(&tape, i, 37);
		led_gen_solid(&tape.gen, LED_GEN_OFF, MS(700));
		for (int k = 0; k < 30; k++)
			led_gen_solid(&tape.gen, k % 2 ? LED_GEN_OFF : cases[i].rgb,
				      MS(part_ms[k * 3 % 10]));
		ck_assert_uint_ge(tape.count, 2);
		ck_assert_int_eq(tape.seen[tape.count - 1].pattern, cases[i].pattern);
		if (cases[i].name)
			ck_assert_str_eq(tape.seen[tape.count - 1].name, cases[i].name);
		else
			ck_assert_ptr_null(tape.seen[tape.count - 1].name);
		tape_close(&tape);
	}
}
END_TEST

/* What was told, and when it was certain, does not depend on how often time is advanced. */
START_TEST(advance_changes_nothing)
{
	struct tape coarse;
	struct tape fine;

	tape_open(&coarse, 5, 37);
	tape_open(&fine, 5, 37);
	for (const struct part *part = boot; part->kind != END; part++) {
		struct part slice = *part;

		play(&coarse, part);
		if (part->kind != DARK && part->kind != SOLID && part->kind != CUT) {
			play(&fine, part);
			continue;
		}
		for (slice.ms = 1; fine.gen.t_us < coarse.gen.t_us;)
			play(&fine, &slice);
	}
	ck_assert_uint_eq(fine.count, coarse.count);
	for (size_t i = 0; i < fine.count; i++) {
		ck_assert_int_eq(fine.seen[i].onset_us, coarse.seen[i].onset_us);
		ck_assert_int_eq(fine.seen[i].certain_us, coarse.seen[i].certain_us);
		ck_assert_ptr_eq(fine.seen[i].name, coarse.seen[i].name);
	}
	tape_close(&fine);
	tape_close(&coarse);
}
END_TEST

/* A part of a random sequence: most must be told, some are too short for that. Colours differ from
 * those of the two parts before, so that parts do not run into one another. */
static struct part random_part(struct rng *rng, const struct part *last)
{
	static const uint32_t colours[] = { LED_GEN_OFF,    LED_GEN_RED,     LED_GEN_GREEN,
					    LED_GEN_YELLOW, LED_GEN_CYAN,    LED_GEN_ORANGE,
					    LED_GEN_BLUE,   LED_GEN_MAGENTA, 0xee82eeu };
	struct part part;

	do {
		uint64_t choice = rng_below(rng, 8);

		if (choice == 0) {
			part = (struct part){ CUT, LED_GEN_OFF, 0, 0, 700, "off", 0 };
		} else if (choice == 1) {
			part = (struct part){ SOS, LED_GEN_RED, 0, 0, 0, "panic", 0 };
			part.a_ms = 1 + (int32_t)rng_below(rng, 14);
			part.b_ms = 92 + (int32_t)rng_below(rng, 17);
		} else if (choice <= 5) {
			part = single[rng_below(rng, ARRAY_LEN(single))][1];
			part.ms = 2500 + (int32_t)rng_below(rng, 4000);
		} else {
			part = (struct part){ SOLID, 0, 0, 0, 0, NULL, 0 };
			part.rgb = colours[rng_below(rng, ARRAY_LEN(colours))];
			part.ms = 5 + (int32_t)rng_below(rng, part.rgb ? 300 : 150);
		}
	} while (part.rgb == last[0].rgb || part.rgb == last[-1].rgb ||
		 (last[0].kind == SOS && !part.rgb && !part.name));
	return part;
}

/* Darkness at the end of a part looks like the beginning of the next when that is dark. */
static int64_t trailing_dark_us(const struct part *part)
{
	if (part->kind == BLINK)
		return MS(part->b_ms);
	if (part->kind == FADE)
		return MS(100);
	return part->kind == SOS ? MS(1300) : 0;
}

START_TEST(random_sequences)
{
	struct part parts[PARTS_MAX] = { { DARK, 0, 0, 0, 1, NULL, 0 }, FIRST_DARK };
	int64_t start_us[PARTS_MAX + 1];
	int64_t unknown_us = 0;
	struct tape tape;
	struct rng rng;
	size_t part = 0;

	rng_init(&rng, (uint64_t)_i);
	tape_open(&tape, (uint64_t)_i, 10 + (int32_t)rng_below(&rng, 91));
	for (size_t i = 0; i < PARTS_MAX; i++) {
		if (i > 1)
			parts[i] = random_part(&rng, &parts[i - 1]);
		start_us[i] = tape.gen.t_us;
		play(&tape, &parts[i]);
		if (parts[i].kind == SOS)
			play(&tape, &parts[i]); /* firmware panics twice before it resets */
	}
	start_us[PARTS_MAX] = tape.gen.t_us;
	for (size_t i = 0; i < tape.count; i++) {
		const struct led_seen *seen = &tape.seen[i];
		int64_t next_us = i + 1 < tape.count ? seen[1].onset_us : start_us[PARTS_MAX];
		int64_t early_us;

		if (seen->pattern == LED_PATTERN_UNKNOWN)
			unknown_us += next_us - seen->onset_us;
		if (!seen->name)
			continue;
		while (part < PARTS_MAX && !parts[part].name)
			part++;
		ck_assert_msg(part < PARTS_MAX && strcmp(seen->name, parts[part].name) == 0,
			      "'%s' at %d us is '%s' at %d us", seen->name, (int)seen->onset_us,
			      part < PARTS_MAX ? parts[part].name : "", (int)start_us[part]);
		early_us = ONSET_FULL_US_MAX + (part ? trailing_dark_us(&parts[part - 1]) : 0);
		ck_assert_msg(seen->onset_us >= start_us[part] - early_us &&
				      seen->onset_us <= start_us[part] + ONSET_FULL_US_MAX,
			      "'%s' begins at %d us, told %d us", seen->name, (int)start_us[part],
			      (int)seen->onset_us);
		if (parts[part].kind == SOS)
			ck_assert_int_eq(seen->count, parts[part].a_ms);
		part++;
	}
	while (part < PARTS_MAX && !parts[part].name)
		part++;
	ck_assert_msg(part == PARTS_MAX || (part == PARTS_MAX - 1 && parts[part].kind == SOS),
		      "'%s' at %d us not told", parts[part].name, (int)start_us[part]);
	ck_assert_int_le(unknown_us * 100, UNKNOWN_PCT_MAX * (start_us[PARTS_MAX] - start_us[0]));
	tape_close(&tape);
}
END_TEST

static void check_order(void *ctx, const struct led_seen *seen)
{
	struct led_seen *last = ctx;

	ck_assert_int_ge(seen->onset_us, last->onset_us);
	ck_assert_int_ge(seen->certain_us, last->certain_us);
	ck_assert_int_ge(seen->certain_us, seen->onset_us);
	*last = *seen;
}

/* Lines that toggle without any sense, also all at one moment or after hours. */
START_TEST(senseless_edges)
{
	static const uint64_t gap_us[] = { 1, 200, 12000, 40000, 900000, 4000000000u };
	struct led_seen last = { 0 };
	struct led_decoder *dec = led_decoder_new(&test_board, check_order, &last);
	int64_t t_us = 0;
	struct rng rng;

	ck_assert_ptr_nonnull(dec);
	rng_init(&rng, (uint64_t)_i);
	for (int i = 0; i < 20000; i++) {
		enum led_channel channel = (enum led_channel)rng_below(&rng, LED_CHANNELS);

		t_us += (int64_t)rng_below(&rng, gap_us[rng_below(&rng, ARRAY_LEN(gap_us))]);
		ck_assert_int_eq(led_decoder_edge(dec, t_us, channel, rng_next(&rng) & 1), 0);
	}
	led_decoder_free(dec);
}
END_TEST

static Suite *led_suite(void)
{
	Suite *suite = suite_create("led");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, every_word, 0, (int)ARRAY_LEN(single));
	tcase_add_loop_test(tcase, every_sos_code, 1, 15);
	tcase_add_loop_test(tcase, sequence, 0, (int)ARRAY_LEN(sequences));
	tcase_add_loop_test(tcase, dim_fade_keeps_its_colour, 0, 4);
	tcase_add_loop_test(tcase, colour_changes_inside_a_period, 0, 20);
	tcase_add_loop_test(tcase, other_pwm_frequencies, 0, 4);
	tcase_add_test(tcase, dark_for_ever);
	tcase_add_test(tcase, edges_out_of_order_are_refused);
	tcase_add_loop_test(tcase, fade_joined_half_way, 0, 20);
	tcase_add_loop_test(tcase, fade_that_changes_colour, 0, 20);
	tcase_add_loop_test(tcase, sos_joined_half_way, 1, 16);
	tcase_add_test(tcase, sos_cut_short);
	tcase_add_test(tcase, irregular_blink);
	tcase_add_test(tcase, advance_changes_nothing);
	tcase_add_loop_test(tcase, senseless_edges, 0, 5);
	tcase_add_loop_test(tcase, random_sequences, 0, RANDOM_SEQUENCES);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return testing_run(led_suite());
}
