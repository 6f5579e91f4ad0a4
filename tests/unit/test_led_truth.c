/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often the LED is read right, over everything that a bench spoils. */
#include "lib/led_queue.h"
#include "lib/testing.h"

#include <stdio.h>

enum {
	CASES_PER_WORD = 100,
	OVERFLOWS_PER_WORD = 50,
	WIRED_PER_WORD = 40,
	OVERFLOW_RIGHT_PCT_MIN = 35, /* a word of seconds has no two seconds without a gap */
	RIGHT_PER_MILLE_MIN = 995,
	WRONG_PER_MILLE_MAX = 1,
	IN_TIME_PER_MILLE_MIN = 995, /* right, and soon enough */
};

struct tally {
	int total, right, wrong, in_time;
};

static void count(struct tally *tally, const struct led_case *made, const struct board *board,
		  int64_t hidden_us)
{
	struct led_result result = led_truth_judge(made, board);

	tally->total++;
	tally->right += result.answer == LED_ANSWER_RIGHT;
	tally->wrong += result.answer == LED_ANSWER_WRONG;
	if (result.answer == LED_ANSWER_RIGHT)
		tally->in_time += result.late_us <= result.limit_us + hidden_us;
}

/* 'hidden_us': for so long the PWM may hide that the word has begun. */
static void judge(struct tally *tally, const struct board *board, size_t word,
		  const struct led_noise *noise, uint64_t seed, int64_t hidden_us)
{
	struct led_case made;

	led_truth_make(&made, board, &board->led.states[word], noise, seed);
	count(tally, &made, board, hidden_us);
	led_truth_release(&made);
}

START_TEST(spoiled)
{
	struct tally tally = { 0 };
	struct board board;

	led_truth_board(&board);
	for (size_t i = 0; i < board.led.state_count; i++) {
		for (uint64_t k = 0; k < CASES_PER_WORD; k++) {
			uint64_t seed = rng_derive(i + 1000, k);
			struct led_noise noise = led_truth_noise(seed);

			judge(&tally, &board, i, &noise, seed, 0);
		}
	}
	printf("%d of %d right, %d wrong, %d in time\n", tally.right, tally.total, tally.wrong,
	       tally.in_time);
	ck_assert_int_ge(tally.right * 1000, tally.total * RIGHT_PER_MILLE_MIN);
	ck_assert_int_le(tally.wrong * 1000, tally.total * WRONG_PER_MILLE_MAX);
	ck_assert_int_ge(tally.in_time * 1000, tally.total * IN_TIME_PER_MILLE_MIN);
}
END_TEST

/* The bench lost edges in bursts, and knows it: what it tells is right all the same. */
START_TEST(overflowed)
{
	struct tally tally = { 0 };
	struct board board;

	led_truth_board(&board);
	for (size_t i = 0; i < board.led.state_count; i++) {
		for (uint64_t k = 0; k < OVERFLOWS_PER_WORD; k++) {
			uint64_t seed = rng_derive(i + 2000, k);
			struct led_noise noise = led_queue_noise(seed);
			struct led_case made;

			led_truth_make(&made, &board, &board.led.states[i], &noise, seed);
			led_queue_spoil(&made, seed);
			count(&tally, &made, &board, 0);
			led_truth_release(&made);
		}
	}
	printf("%d of %d right, %d wrong\n", tally.right, tally.total, tally.wrong);
	ck_assert_int_le(tally.wrong * 1000, tally.total * WRONG_PER_MILLE_MAX);
	ck_assert_int_ge(tally.right * 100, tally.total * OVERFLOW_RIGHT_PCT_MIN);
}
END_TEST

/* Lines swapped, and each of them missing, one or two, with everything else that a bench spoils. */
START_TEST(wired)
{
	static const struct {
		const char *lines;
		int right_pct; /* words that are clear still, at least */
	} wirings[] = {
		{ "gbr", 99 }, { "bgr", 99 }, { "rg-", 25 }, { "r-b", 20 },
		{ "-gb", 25 }, { "r--", 5 },  { "-g-", 5 },  { "--b", 0 },
	};
	struct tally tally = { 0 };
	struct board board;

	led_truth_board(&board);
	for (size_t i = 0; i < board.led.state_count; i++) {
		for (uint64_t k = 0; k < WIRED_PER_WORD; k++) {
			uint64_t seed = rng_derive(i + 3000, k);
			struct led_noise noise = led_truth_noise(seed);

			noise.lines = wirings[_i].lines;
			judge(&tally, &board, i, &noise, seed, 0);
		}
	}
	printf("%s: %d of %d right, %d wrong\n", wirings[_i].lines, tally.right, tally.total,
	       tally.wrong);
	ck_assert_int_le(tally.wrong * 1000, tally.total * WRONG_PER_MILLE_MAX);
	ck_assert_int_ge(tally.right * 100, tally.total * wirings[_i].right_pct);
}
END_TEST

/* Other PWM, no PWM at all: all right, and within two periods and 100 ms. */
START_TEST(clean)
{
	static const struct led_noise noises[] = {
		{ .bright_pct = 5, .pwm_us = 10000 },	{ .bright_pct = 37, .pwm_us = 10000 },
		{ .bright_pct = 100, .pwm_us = 10000 }, { .bright_pct = 37, .pwm_us = 20000 },
		{ .bright_pct = 37, .pwm_us = 2041 },	{ .bright_pct = 64, .pwm_us = 1000 },
		{ .bright_pct = 37, .pwm_us = 50 },	{ .bare = true },
	};
	struct tally tally = { 0 };
	struct board board;

	led_truth_board(&board);
	for (size_t i = 0; i < board.led.state_count; i++) {
		/* lines without PWM know neither orange nor fades */
		if (noises[_i].bare && (board.led.states[i].colour == LED_COLOUR_ORANGE ||
					board.led.states[i].pattern == LED_PATTERN_FADE))
			continue;
		/* nor levels */
		if (noises[_i].bare && board.led.states[i].pattern == LED_PATTERN_SEQUENCE)
			continue;
		judge(&tally, &board, i, &noises[_i], i, noises[_i].pwm_us);
		ck_assert_msg(tally.right == tally.total && tally.in_time == tally.total,
			      "'%s': %d of %d right, %d in time", board.led.states[i].name,
			      tally.right, tally.total, tally.in_time);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("led truth");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, spoiled);
	tcase_add_test(tcase, overflowed);
	tcase_add_loop_test(tcase, wired, 0, 8);
	tcase_add_loop_test(tcase, clean, 0, 8);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
