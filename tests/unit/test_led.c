/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/led_tape.h"
#include "lib/testing.h"

#include <errno.h>
#include <string.h>

enum {
	PARTS_MAX = 24,
	ONSET_US_MAX = 11000,	    /* one PWM period, and a little */
	ONSET_FADE_US_MAX = 100000, /* steps of 25 ms are seen, and a line is laid through them */
	LATE_US = 40000,	    /* known after two windows, or 2.5 periods of silence */
};

/*
 * Right after another light, the first turn of a pattern may count for the light before: one of
 * another fade, or of full duty, where no PWM shows the change.
 */
static int64_t onset_us_max(const struct led_part *parts, size_t i, int32_t brightness_pct)
{
	bool lit_before = i > 0 && parts[i - 1].rgb;

	if (parts[i].kind == LED_PART_FADE)
		return ONSET_FADE_US_MAX +
		       (lit_before && parts[i - 1].kind == LED_PART_FADE ? MS(parts[i].a_ms) : 0);
	if (lit_before && brightness_pct == 100 && parts[i].kind == LED_PART_BLINK)
		return ONSET_US_MAX + MS(parts[i].a_ms + parts[i].b_ms);
	return ONSET_US_MAX;
}

/* Plays all parts: the states told must be the named ones, in order, and nothing else. */
static void expect(const struct led_part *parts, uint64_t seed, int32_t brightness_pct)
{
	struct led_tape tape;
	size_t told = 0;
	int64_t onset_us[PARTS_MAX];
	size_t count = 0;

	led_tape_open(&tape, seed, brightness_pct);
	for (; parts[count].kind != LED_PART_END; count++) {
		ck_assert_uint_lt(count, PARTS_MAX);
		onset_us[count] = tape.gen.t_us;
		led_tape_play(&tape, &parts[count]);
	}
	for (size_t i = 0; i < count; i++) {
		const struct led_seen *seen = &tape.seen[told];
		int64_t off_us = seen->onset_us - onset_us[i];
		int64_t off_us_max = onset_us_max(parts, i, brightness_pct);

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
		if (parts[i].kind == LED_PART_SOS)
			ck_assert_int_eq(seen->count, parts[i].a_ms);
		told++;
	}
	ck_assert_msg(told == tape.count, "%zu states too many, first %s %s (seed %u, %d %%)",
		      tape.count - told, led_colour_name(tape.seen[told].colour),
		      led_pattern_name(tape.seen[told].pattern), (unsigned int)seed,
		      brightness_pct);
	led_tape_close(&tape);
}

/* The same at every brightness and several phases. */
static void expect_always(const struct led_part *parts)
{
	static const int32_t brightness_pct[] = { 10, 37, 100 };

	for (size_t i = 0; i < ARRAY_LEN(brightness_pct); i++)
		for (uint64_t seed = 1; seed <= 3; seed++)
			expect(parts, seed, brightness_pct[i]);
}

START_TEST(every_word)
{
	expect_always(led_tape_words[_i]);
}
END_TEST

START_TEST(every_sos_code)
{
	static const int pct[] = { 90, 100, 110 };
	int code = _i;

	for (size_t i = 0; i < ARRAY_LEN(pct); i++) {
		int32_t pass_ms = (4650 + 600 * code + LATE_US / 1000) * pct[i] / 100;
		const struct led_part parts[] = {
			LED_PART_FIRST_DARK,
			{ LED_PART_SOS, LED_GEN_RED, code, pct[i], 0, "panic",
			  pass_ms + LATE_US / 1000 },
			{ LED_PART_SOS, LED_GEN_RED, code, pct[i], 0, NULL, 0 },
			{ LED_PART_SOLID, LED_GEN_WHITE, 0, 0, 700, "starting", 600 },
			{ 0 },
		};

		expect(parts, (uint64_t)code, 37);
		expect(parts, (uint64_t)code + 100, 100);
	}
}
END_TEST

/* A healthy boot after power on, two resets of the timer included. */
static const struct led_part boot[] = {
	LED_PART_FIRST_DARK,
	{ LED_PART_SOLID, LED_GEN_WHITE, 0, 0, 220, "starting", 900 },
	{ LED_PART_REPHASE, 0, 0, 0, 0, NULL, 0 },
	{ LED_PART_SOLID, LED_GEN_WHITE, 0, 0, 330, NULL, 0 },
	{ LED_PART_REPHASE, 0, 0, 0, 0, NULL, 0 },
	{ LED_PART_SOLID, LED_GEN_WHITE, 0, 0, 900, NULL, 0 },
	{ LED_PART_FADE, LED_GEN_WHITE, 4000, 25, 6100, "breathing-white", 1200 },
	{ LED_PART_BLINK, LED_GEN_GREEN, 100, 100, 2000, "green-200", 640 },
	{ LED_PART_BLINK, LED_GEN_GREEN, 50, 50, 2000, "green-100", 240 },
	{ LED_PART_BLINK, LED_GEN_CYAN, 100, 100, 2000, "cyan-200", 440 },
	{ LED_PART_FADE, LED_GEN_CYAN, 4000, 25, 7000, "breathing-cyan", 1200 },
	{ LED_PART_CUT, 0, 0, 0, 3000, "off", 600 },
	{ 0 },
};

/* An update is applied, then DFU, each ended by a power cut. */
static const struct led_part apply[] = {
	LED_PART_FIRST_DARK,
	{ LED_PART_BLINK, LED_GEN_MAGENTA, 51, 51, 3080, "magenta-102", 244 },
	{ LED_PART_CUT, 0, 0, 0, 900, "off", 600 },
	{ LED_PART_BLINK, LED_GEN_YELLOW, 101, 101, 3060, "dfu", 444 },
	{ LED_PART_CUT, 0, 0, 0, 1500, "off", 600 },
	{ LED_PART_SOLID, LED_GEN_WHITE, 0, 0, 630, "starting", 600 },
	{ LED_PART_CUT, 0, 0, 0, 700, "off", 600 },
	{ 0 },
};

/* Lights too short to be told stay unnamed; what comes after is right. */
static const struct led_part fleeting[] = {
	LED_PART_FIRST_DARK,
	{ LED_PART_SOLID, LED_GEN_WHITE, 0, 0, 300, NULL, 0 },
	{ LED_PART_BLINK, LED_GEN_MAGENTA, 101, 101, 2020, "magenta-202", 444 },
	{ LED_PART_SOLID, LED_GEN_ORANGE, 0, 0, 250, NULL, 0 },
	{ LED_PART_DARK, 0, 0, 0, 100, NULL, 0 },
	{ LED_PART_SOLID, LED_GEN_RED, 0, 0, 8, NULL, 0 },
	{ LED_PART_SOLID, LED_GEN_GREEN, 0, 0, 30, NULL, 0 },
	{ LED_PART_BLINK, LED_GEN_YELLOW, 101, 101, 2020, "dfu", 444 },
	{ 0 },
};

/* One long stall is a light that holds; short ones are part of the blink. */
static const struct led_part stalls[] = {
	LED_PART_FIRST_DARK,
	{ LED_PART_BLINK, LED_GEN_MAGENTA, 51, 51, 1020, "magenta-102", 244 },
	{ LED_PART_SOLID, LED_GEN_MAGENTA, 0, 0, 430, NULL, 0 },
	{ LED_PART_DARK, 0, 0, 0, 51, NULL, 0 },
	{ LED_PART_SOLID, LED_GEN_MAGENTA, 0, 0, 51, NULL, 0 },
	{ LED_PART_DARK, 0, 0, 0, 300, NULL, 0 },
	{ LED_PART_SOLID, LED_GEN_MAGENTA, 0, 0, 51, NULL, 0 },
	{ LED_PART_DARK, 0, 0, 0, 200, NULL, 0 },
	{ LED_PART_BLINK, LED_GEN_MAGENTA, 51, 51, 1020, NULL, 0 },
	{ LED_PART_SOLID, LED_GEN_MAGENTA, 0, 0, 1000, "magenta", 900 },
	{ LED_PART_DARK, 0, 0, 0, 51, "magenta-102", 300 },
	{ LED_PART_BLINK, LED_GEN_MAGENTA, 51, 51, 3060, NULL, 0 },
	{ 0 },
};

/* A light of 100 % that dims never moves a line before; a fade after a steady light. */
static const struct led_part after_steady[] = {
	LED_PART_FIRST_DARK,
	{ LED_PART_SOLID, LED_GEN_CYAN, 0, 0, 300, NULL, 0 },
	{ LED_PART_FADE, LED_GEN_CYAN, 4000, 25, 5000, "breathing-cyan", 1200 },
	{ LED_PART_FADE, LED_GEN_CYAN, 1000, 25, 3250, "quick-cyan", 1600 },
	{ LED_PART_CUT, 0, 0, 0, 1000, "off", 600 },
	{ 0 },
};

static const struct led_part *const sequences[] = { boot, apply, fleeting, stalls, after_steady };

START_TEST(sequence)
{
	expect_always(sequences[_i]);
}
END_TEST

/* Near its lowest point an orange of 3 % is lit for 3 us, its green part for 1. */
START_TEST(dim_fade_keeps_its_colour)
{
	static const struct led_part parts[] = {
		LED_PART_FIRST_DARK,
		{ LED_PART_FADE, LED_GEN_ORANGE, 4000, 25, 13000, "slow-orange", 1500 },
		{ 0 },
	};

	expect(parts, (uint64_t)_i, 3);
}
END_TEST

/* A change in the middle makes two intervals of half a period each: that is not the PWM's. */
START_TEST(colour_changes_inside_a_period)
{
	struct led_tape tape;
	int64_t start_us;

	led_tape_open(&tape, 1, 97);
	tape.gen.load = LED_GEN_AT_ONCE;
	tape.gen.phase_us = tape.gen.t_us;
	led_gen_solid(&tape.gen, 0xee82eeu, MS(1000) + 500 * (int64_t)_i);
	start_us = tape.gen.t_us;
	led_gen_blink(&tape.gen, LED_GEN_CYAN, MS(100), MS(100), MS(2000));
	ck_assert_uint_eq(tape.count, 2);
	ck_assert_str_eq(tape.seen[1].name, "cyan-200");
	ck_assert_int_ge(tape.seen[1].onset_us, start_us - ONSET_US_MAX);
	ck_assert_int_le(tape.seen[1].onset_us, start_us + ONSET_US_MAX);
	led_tape_close(&tape);
}
END_TEST

/* The profile says 100 Hz; what the edges say counts. */
START_TEST(other_pwm_frequencies)
{
	static const int64_t period_us[] = { 20000, 4000, 1000, 250, 50 };
	static const struct led_part parts[] = {
		LED_PART_FIRST_DARK,
		{ LED_PART_SOLID, LED_GEN_WHITE, 0, 0, 1500, "starting", 0 },
		{ LED_PART_BLINK, LED_GEN_MAGENTA, 101, 101, 2000, "magenta-202", 0 },
		{ LED_PART_FADE, LED_GEN_CYAN, 4000, 25, 8000, "breathing-cyan", 0 },
		{ LED_PART_SOLID, LED_GEN_ORANGE, 0, 0, 1000, "orange", 0 },
		{ LED_PART_CUT, 0, 0, 0, 1000, "off", 0 },
	};
	struct led_tape tape;
	size_t told = 0;

	led_tape_open(&tape, (uint64_t)_i, 37);
	tape.gen.period_us = period_us[_i];
	led_gen_rephase(&tape.gen);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		led_tape_play(&tape, &parts[i]);
	for (size_t i = 0; i < tape.count; i++) {
		if (!tape.seen[i].name)
			continue;
		ck_assert_uint_lt(told, ARRAY_LEN(parts));
		ck_assert_str_eq(tape.seen[i].name, parts[told++].name);
	}
	ck_assert_uint_eq(told, ARRAY_LEN(parts));
	led_tape_close(&tape);
}
END_TEST

START_TEST(dark_for_ever)
{
	struct led_tape tape;
	int64_t start_us;

	led_tape_open(&tape, 1, 37);
	start_us = tape.gen.t_us;
	ck_assert_int_eq(led_decoder_current(tape.dec).pattern, LED_PATTERN_UNKNOWN);
	ck_assert_int_eq(led_decoder_advance(tape.dec, start_us + MS(20000)), 0);
	ck_assert_uint_eq(tape.count, 1);
	ck_assert_str_eq(tape.seen[0].name, "off");
	ck_assert_int_eq(tape.seen[0].colour, LED_COLOUR_OFF);
	ck_assert_int_eq(tape.seen[0].onset_us, start_us);
	ck_assert_int_le(tape.seen[0].certain_us, start_us + MS(600));
	ck_assert_str_eq(led_decoder_current(tape.dec).name, "off");
	led_tape_close(&tape);
}
END_TEST

START_TEST(edges_out_of_order_are_refused)
{
	struct led_tape tape;
	int64_t t_us;

	led_tape_open(&tape, 1, 37);
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
	led_tape_close(&tape);
}
END_TEST

/* The slope tells nothing then, the turning points do, within about one period. */
START_TEST(fade_joined_half_way)
{
	int64_t at_us = MS(200 * (int64_t)_i);
	struct led_tape tape;
	const struct led_seen *last;
	int64_t start_us;

	led_tape_open(&tape, (uint64_t)_i, 37);
	tape.deaf = true;
	led_gen_fade(&tape.gen, LED_GEN_CYAN, MS(4000), MS(25), at_us, MS(500));
	led_tape_join(&tape);
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
	ck_assert_int_ge(last->period_us, MS(3900));
	ck_assert_int_le(last->period_us, MS(4100));
	ck_assert_int_le(last->certain_us - start_us, MS(4600));
	led_tape_close(&tape);
}
END_TEST

/* Another colour takes over the phase, as the firmware does: never another period. */
START_TEST(fade_that_changes_colour)
{
	int64_t at_us = MS(200 * (int64_t)_i) + MS(4100);
	struct led_tape tape;

	led_tape_open(&tape, (uint64_t)_i, 37);
	led_gen_solid(&tape.gen, LED_GEN_OFF, MS(700));
	led_gen_fade(&tape.gen, LED_GEN_BLUE, MS(4000), MS(25), 0, at_us);
	led_gen_fade(&tape.gen, LED_GEN_CYAN, MS(4000), MS(25), at_us, MS(9000));
	for (size_t i = 0; i < tape.count; i++)
		if (tape.seen[i].name && tape.seen[i].colour == LED_COLOUR_CYAN)
			ck_assert_str_eq(tape.seen[i].name, "breathing-cyan");
	ck_assert_str_eq(tape.seen[1].name, "breathing-blue");
	ck_assert_str_eq(tape.seen[tape.count - 1].name, "breathing-cyan");
	led_tape_close(&tape);
}
END_TEST

START_TEST(sos_joined_half_way)
{
	struct led_tape tape;
	size_t sos = 0;

	led_tape_open(&tape, (uint64_t)_i, 37);
	tape.deaf = true;
	led_gen_solid(&tape.gen, LED_GEN_RED, MS(20 * (int64_t)_i));
	led_tape_join(&tape);
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
	led_tape_close(&tape);
}
END_TEST

/* Power goes while the code is blinked: it was an SOS, and nobody knows which. */
START_TEST(sos_cut_short)
{
	const struct led_part dark = LED_PART_FIRST_DARK;
	const struct led_part end = { LED_PART_CUT, 0, 0, 0, 3000, NULL, 0 };
	struct led_tape tape;

	led_tape_open(&tape, 3, 37);
	led_tape_play(&tape, &dark);
	for (int i = 0; i < 9; i++) {
		led_gen_solid(&tape.gen, LED_GEN_RED, MS(i / 3 == 1 ? 300 : 150));
		led_gen_solid(&tape.gen, LED_GEN_OFF, MS(i % 3 < 2 ? 100 : i < 8 ? 200 : 1000));
	}
	led_gen_blink(&tape.gen, LED_GEN_RED, MS(300), MS(300), MS(1300));
	led_tape_play(&tape, &end);
	ck_assert_uint_eq(tape.count, 3);
	ck_assert_str_eq(tape.seen[1].name, "panic");
	ck_assert_int_eq(tape.seen[1].count, 0);
	ck_assert_str_eq(tape.seen[2].name, "off");
	led_tape_close(&tape);
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
		struct led_tape tape;

		led_tape_open(&tape, i, 37);
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
		led_tape_close(&tape);
	}
}
END_TEST

/* What was told, and when it was certain, does not depend on how often time is advanced. */
START_TEST(advance_changes_nothing)
{
	struct led_tape coarse;
	struct led_tape fine;

	led_tape_open(&coarse, 5, 37);
	led_tape_open(&fine, 5, 37);
	for (const struct led_part *part = boot; part->kind != LED_PART_END; part++) {
		struct led_part slice = *part;

		led_tape_play(&coarse, part);
		if (part->kind != LED_PART_DARK && part->kind != LED_PART_SOLID &&
		    part->kind != LED_PART_CUT) {
			led_tape_play(&fine, part);
			continue;
		}
		for (slice.ms = 1; fine.gen.t_us < coarse.gen.t_us;)
			led_tape_play(&fine, &slice);
	}
	ck_assert_uint_eq(fine.count, coarse.count);
	for (size_t i = 0; i < fine.count; i++) {
		ck_assert_int_eq(fine.seen[i].onset_us, coarse.seen[i].onset_us);
		ck_assert_int_eq(fine.seen[i].certain_us, coarse.seen[i].certain_us);
		ck_assert_ptr_eq(fine.seen[i].name, coarse.seen[i].name);
	}
	led_tape_close(&fine);
	led_tape_close(&coarse);
}
END_TEST

static Suite *led_suite(void)
{
	Suite *suite = suite_create("led");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, every_word, 0, LED_TAPE_WORDS);
	tcase_add_loop_test(tcase, every_sos_code, 1, 15);
	tcase_add_loop_test(tcase, sequence, 0, (int)ARRAY_LEN(sequences));
	tcase_add_loop_test(tcase, dim_fade_keeps_its_colour, 0, 4);
	tcase_add_loop_test(tcase, colour_changes_inside_a_period, 0, 20);
	tcase_add_loop_test(tcase, other_pwm_frequencies, 0, 5);
	tcase_add_test(tcase, dark_for_ever);
	tcase_add_test(tcase, edges_out_of_order_are_refused);
	tcase_add_loop_test(tcase, fade_joined_half_way, 0, 20);
	tcase_add_loop_test(tcase, fade_that_changes_colour, 0, 20);
	tcase_add_loop_test(tcase, sos_joined_half_way, 1, 16);
	tcase_add_test(tcase, sos_cut_short);
	tcase_add_test(tcase, irregular_blink);
	tcase_add_test(tcase, advance_changes_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return testing_run(led_suite());
}
