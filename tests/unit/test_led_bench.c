/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a bench does to the edges: lines swapped or missing, queues that run over, odd PWM, codes.
 */
#include "lib/led_tape.h"
#include "lib/led_truth.h"
#include "lib/testing.h"

#include <errno.h>
#include <string.h>

struct heard {
	struct led_decoder *dec;
	struct led_wiring wiring;
	struct led_seen last;
	size_t named;
};

static void on_seen(void *ctx, const struct led_seen *seen)
{
	struct heard *heard = ctx;

	heard->last = *seen;
	heard->named += seen->name != NULL;
}

/* The LED's colour comes by the line that the bench has for it. */
static void on_edge(void *ctx, int64_t t_us, enum led_channel channel, bool high)
{
	struct heard *heard = ctx;

	for (int i = 0; i < LED_CHANNELS; i++)
		if (heard->wiring.line[i] == channel && heard->wiring.there[channel])
			ck_assert_int_eq(
				led_decoder_edge(heard->dec, t_us, (enum led_channel)i, high), 0);
}

static void hear(struct heard *heard, const struct board *board, const char *lines,
		 struct led_gen *gen)
{
	*heard = (struct heard){ .dec = led_decoder_new(board, on_seen, heard) };
	ck_assert_ptr_nonnull(heard->dec);
	ck_assert_int_eq(led_wiring_parse(lines, &heard->wiring), 0);
	led_decoder_wire(heard->dec, &heard->wiring);
	led_gen_init(gen, 7, 1000000, 37, on_edge, heard);
	led_decoder_begin(heard->dec, 1000000);
}

static const struct {
	const char *lines;
	uint32_t rgb;
	const char *name; /* NULL: unknown */
} wirings[] = {
	{ "rgb", LED_GEN_ORANGE, "orange" },
	{ "bgr", LED_GEN_ORANGE, "orange" },
	{ "gbr", LED_GEN_YELLOW, "yellow" },
	{ "brg", LED_GEN_RED, "red" },
	/* no blue: this may be red or magenta; nothing but orange is red with a part of green */
	{ "rg-", LED_GEN_MAGENTA, NULL },
	{ "-rg", LED_GEN_ORANGE, "orange" },
};

START_TEST(lines_swapped_or_missing)
{
	struct heard heard;
	struct led_gen gen;

	hear(&heard, &led_tape_board, wirings[_i].lines, &gen);
	led_gen_solid(&gen, wirings[_i].rgb, MS(9000));
	ck_assert_int_eq(led_decoder_advance(heard.dec, gen.t_us), 0);
	if (wirings[_i].name) {
		ck_assert_ptr_nonnull(heard.last.name);
		ck_assert_str_eq(heard.last.name, wirings[_i].name);
	} else {
		ck_assert_uint_eq(heard.named, 0);
		ck_assert_int_eq(led_decoder_current(heard.dec).reason, LED_REASON_COLOUR);
	}
	led_decoder_free(heard.dec);
}
END_TEST

static struct led_result judge_wired(const struct board *board, size_t word, const char *lines)
{
	struct led_noise noise = { .bright_pct = 37, .pwm_us = 10000, .lines = lines };
	struct led_case made;
	struct led_result result;

	led_truth_make(&made, board, &board->led.states[word], &noise, word);
	result = led_truth_judge(&made, board);
	led_truth_release(&made);
	return result;
}

static const char *const swapped[] = { "rgb", "rbg", "grb", "gbr", "brg", "bgr" };

START_TEST(every_word_by_swapped_lines)
{
	struct board board;

	led_truth_board(&board);
	for (size_t i = 0; i < board.led.state_count; i++)
		ck_assert_msg(judge_wired(&board, i, swapped[_i]).answer == LED_ANSWER_RIGHT,
			      "'%s' not told by lines %s", board.led.states[i].name, swapped[_i]);
}
END_TEST

/*
 * A channel without a line, in any order of the others. The words that are clear all the same: no
 * other colour that looks like theirs has such a pattern.
 */
static const struct {
	const char *lines[4];
	const char *const told[12];
} missing[] = {
	{ { "rg-", "gr-", "-rg", "r-g" },
	  { "solid-orange", "breathing-white", "breathing-magenta", "blinking-white-fast",
	    "receiving-update", "cloud-error", "cloud-error-slow", "blinking-magenta",
	    "signal-bars", "sos" } },
	{ { "r-b", "br-", "-rb", "b-r" },
	  { "blinking-cyan", "blinking-blue", "blinking-red-fast", "receiving-update",
	    "cloud-error", "cloud-error-slow", "blinking-yellow", "sos" } },
	{ { "-gb", "bg-", "gb-", "g-b" },
	  { "solid-white", "solid-orange", "solid-magenta", "breathing-green",
	    "blinking-green-fast", "receiving-update", "cloud-error", "cloud-error-slow",
	    "blinking-magenta", "signal-bars" } },
};

static bool is_told(size_t row, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(missing[row].told) && missing[row].told[i]; i++)
		if (strcmp(missing[row].told[i], name) == 0)
			return true;
	return false;
}

START_TEST(every_word_without_a_line)
{
	struct board board;

	led_truth_board(&board);
	for (size_t k = 0; k < ARRAY_LEN(missing[_i].lines); k++) {
		for (size_t i = 0; i < board.led.state_count; i++) {
			const char *name = board.led.states[i].name;
			struct led_result result = judge_wired(&board, i, missing[_i].lines[k]);
			bool told = is_told((size_t)_i, name);

			ck_assert_msg(
				result.answer == (told ? LED_ANSWER_RIGHT : LED_ANSWER_UNKNOWN),
				"'%s' by lines %s: answer %d, '%s'", name, missing[_i].lines[k],
				(int)result.answer, result.said.name ? result.said.name : "");
			ck_assert_msg(told || result.reason != LED_REASON_NONE,
				      "'%s' is unknown without a reason", name);
		}
	}
}
END_TEST

/* Darkness says nothing when a colour may hide in it. */
START_TEST(dark_without_a_line)
{
	struct heard heard;
	struct led_gen gen;

	hear(&heard, &led_tape_board, "rg-", &gen);
	led_gen_solid(&gen, LED_GEN_BLUE, MS(5000));
	ck_assert_int_eq(led_decoder_advance(heard.dec, gen.t_us), 0);
	ck_assert_uint_eq(heard.named, 0);
	led_decoder_free(heard.dec);
}
END_TEST

START_TEST(bad_wirings)
{
	static const char *const bad[] = { "", "rg", "rgbr", "rrb", "rgx", "RGB" };
	struct led_wiring wiring;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_int_eq(led_wiring_parse(bad[i], &wiring), -EINVAL);
	ck_assert_int_eq(led_wiring_parse("-g-", &wiring), 0);
	ck_assert(!wiring.there[LED_RED] && wiring.there[LED_GREEN]);
	ck_assert_int_eq(wiring.line[1], LED_GREEN);
}
END_TEST

/* A queue ran over: what held does not hold any more, and comes back by itself. */
START_TEST(edges_are_lost)
{
	static const bool dark[LED_CHANNELS] = { true, true, true };
	struct heard heard;
	struct led_gen gen;

	hear(&heard, &led_tape_board, "rgb", &gen);
	led_gen_blink(&gen, LED_GEN_GREEN, MS(100), MS(100), MS(2000));
	ck_assert_str_eq(heard.last.name, "green-200");
	ck_assert_int_eq(led_decoder_lost(heard.dec), 0);
	ck_assert_int_eq(led_decoder_lose(heard.dec, gen.t_us, dark), 0);
	ck_assert_int_eq(led_decoder_current(heard.dec).pattern, LED_PATTERN_UNKNOWN);
	ck_assert_int_eq(led_decoder_current(heard.dec).reason, LED_REASON_LOST);
	ck_assert_int_eq(led_decoder_lost(heard.dec), 1);
	ck_assert_int_eq(led_decoder_lose(heard.dec, gen.t_us - 1, dark), -EINVAL);
	led_gen_blink(&gen, LED_GEN_GREEN, MS(100), MS(100), MS(1000));
	ck_assert_str_eq(led_decoder_current(heard.dec).name, "green-200");
	led_decoder_free(heard.dec);
}
END_TEST

/* The light goes out and that edge is missing: nobody may say that it is on, nor that it is off. */
START_TEST(last_edge_is_missing)
{
	struct led_decoder *dec;
	struct heard heard = { 0 };
	int64_t t_us = 1000000;
	int r = 0;

	dec = led_decoder_new(&led_tape_board, on_seen, &heard);
	ck_assert_ptr_nonnull(dec);
	led_decoder_begin(dec, t_us);
	for (int i = 0; i < 60; i++, t_us += 10000) {
		r |= led_decoder_edge(dec, t_us, LED_GREEN, false);
		if (i < 59)
			r |= led_decoder_edge(dec, t_us + 3700, LED_GREEN, true);
	}
	r |= led_decoder_advance(dec, t_us + MS(20000));
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(led_decoder_current(dec).pattern, LED_PATTERN_UNKNOWN);
	ck_assert_int_eq(led_decoder_current(dec).reason, LED_REASON_LOST);
	ck_assert_int_eq(led_decoder_lost(dec), 1);
	led_decoder_free(dec);
}
END_TEST

/* Frequencies found by themselves, whatever the profile says. */
START_TEST(pwm_is_measured)
{
	static const int64_t period_us[] = { 20000, 10526, 10000, 9524, 2041, 1000, 100, 50 };
	struct heard heard;
	struct led_gen gen;
	int32_t hz = (int32_t)(1000000 / period_us[_i]);

	hear(&heard, &led_tape_board, "rgb", &gen);
	gen.period_us = period_us[_i];
	led_gen_rephase(&gen);
	led_gen_solid(&gen, LED_GEN_YELLOW, MS(1500));
	ck_assert_int_ge(led_decoder_pwm_hz(heard.dec), hz - hz / 50 - 1);
	ck_assert_int_le(led_decoder_pwm_hz(heard.dec), hz + hz / 50 + 1);
	led_decoder_free(heard.dec);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("led bench");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, lines_swapped_or_missing, 0, (int)ARRAY_LEN(wirings));
	tcase_add_loop_test(tcase, every_word_by_swapped_lines, 0, (int)ARRAY_LEN(swapped));
	tcase_add_loop_test(tcase, every_word_without_a_line, 0, (int)ARRAY_LEN(missing));
	tcase_add_test(tcase, dark_without_a_line);
	tcase_add_test(tcase, bad_wirings);
	tcase_add_test(tcase, edges_are_lost);
	tcase_add_test(tcase, last_edge_is_missing);
	tcase_add_loop_test(tcase, pwm_is_measured, 0, 8);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
