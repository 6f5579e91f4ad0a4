/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How well the LED is read, over every word of the board's language with everything that a bench
 * spoils (tests/lib/led_truth.h), and how many edges a second of processor time.
 */
#include "campaign/load.h"
#include "lib/led_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BENCH_CASES_PER_WORD = 300, BENCH_SPEED_REPEAT = 20 };

struct tally {
	int total, right, wrong, in_time;
};

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tell_case(const struct led_case *made, const struct led_result *result)
{
	const struct led_noise *noise = &made->noise;

	fprintf(stderr, "%s: ", made->word->name);
	if (result->answer == LED_ANSWER_RIGHT)
		fprintf(stderr, "late by %d of %d ms",
			(int)((result->late_us - result->limit_us) / 1000),
			(int)(result->limit_us / 1000));
	else if (result->answer == LED_ANSWER_WRONG)
		fprintf(stderr, "wrong, told %s", result->said.name);
	else
		fprintf(stderr, "unknown");
	fprintf(stderr, ", jitter %d us, clock %d ppm, drop %d ppm, spikes %d ppm, %d %%\n",
		(int)noise->jitter_us, (int)noise->clock_ppm, (int)noise->drop_ppm,
		(int)noise->spike_ppm, (int)noise->bright_pct);
}

static void count(struct tally *tally, const struct led_case *made, const struct board *board,
		  bool tell)
{
	struct led_result result = led_truth_judge(made, board);
	bool right = result.answer == LED_ANSWER_RIGHT;
	bool in_time = right && result.late_us <= result.limit_us;

	tally->total++;
	tally->right += right;
	tally->wrong += result.answer == LED_ANSWER_WRONG;
	tally->in_time += in_time;
	if (tell && !in_time)
		tell_case(made, &result);
}

static void measure_truth(const struct board *board, int cases, bool tell)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < board->led.state_count; i++) {
		struct tally of = { 0 };

		for (int k = 0; k < cases; k++) {
			uint64_t seed = rng_derive(i, (uint64_t)k);
			struct led_noise noise = led_truth_noise(seed);
			struct led_case made;

			led_truth_make(&made, board, &board->led.states[i], &noise, seed);
			count(&of, &made, board, tell);
			led_truth_release(&made);
		}
		if (tell)
			fprintf(stderr, "%-28s %d: %d right, %d wrong, %d in time\n",
				board->led.states[i].name, of.total, of.right, of.wrong,
				of.in_time);
		tally.total += of.total;
		tally.right += of.right;
		tally.wrong += of.wrong;
		tally.in_time += of.in_time;
	}
	printf("led_cases,%d,cases\n", tally.total);
	printf("led_right_pct,%.3f,%%\n", tally.right * 100.0 / tally.total);
	printf("led_wrong_pct,%.3f,%%\n", tally.wrong * 100.0 / tally.total);
	printf("led_in_time_pct,%.3f,%%\n", tally.in_time * 100.0 / tally.total);
}

/* The same, with a queue that runs over, at PWM of 100 Hz to 1 kHz. */
static void measure_overflow(const struct board *board, int cases, bool tell)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < board->led.state_count; i++) {
		for (int k = 0; k < cases; k++) {
			uint64_t seed = rng_derive(i + 5000, (uint64_t)k);
			struct led_noise noise = led_queue_noise(seed);
			struct led_case made;

			led_truth_make(&made, board, &board->led.states[i], &noise, seed);
			led_queue_spoil(&made, seed);
			count(&tally, &made, board, tell);
			led_truth_release(&made);
		}
	}
	printf("led_overflow_right_pct,%.3f,%%\n", tally.right * 100.0 / tally.total);
	printf("led_overflow_wrong_pct,%.3f,%%\n", tally.wrong * 100.0 / tally.total);
}

static void ignore(void *ctx, const struct led_seen *seen)
{
	(void)ctx;
	(void)seen;
}

/* Every word once, without noise, again and again. */
static void measure_speed(const struct board *board)
{
	struct led_noise noise = { .bright_pct = 37, .pwm_us = 10000 };
	double spent_s = 0;
	double edges = 0;

	for (size_t i = 0; i < board->led.state_count; i++) {
		struct led_decoder *dec = led_decoder_new(board, ignore, NULL);
		struct led_case made;
		double begun_s;

		led_truth_make(&made, board, &board->led.states[i], &noise, i);
		begun_s = cpu_s();
		for (int k = 0; dec && k < BENCH_SPEED_REPEAT; k++) {
			led_decoder_begin(dec, made.begin_us);
			for (size_t e = 0; e < made.count; e++)
				if (led_decoder_edge(dec, made.edges[e].t_us, made.edges[e].channel,
						     made.edges[e].high))
					abort();
		}
		spent_s += cpu_s() - begun_s;
		edges += (double)made.count * BENCH_SPEED_REPEAT;
		led_truth_release(&made);
		led_decoder_free(dec);
	}
	printf("led_edges_per_cpu_s,%.0f,1/s\n", edges / spent_s);
}

int main(int argc, char **argv)
{
	char *folder = data_dir();
	char *path = NULL;
	struct err err = ERR_INIT;
	struct board board;
	int cases = argc > 2 ? (int)strtol(argv[2], NULL, 10) : BENCH_CASES_PER_WORD;
	bool tell = argc > 1 && strcmp(argv[1], "--tell") == 0;

	if (!folder || asprintf(&path, "%s/firmware-under-test/boards/p1.yaml", folder) < 0 ||
	    board_load(path, &board, &err) < 0) {
		fprintf(stderr, "bench_led: %s\n", err.text);
		return 1;
	}
	measure_truth(&board, cases, tell);
	measure_overflow(&board, cases, tell);
	measure_speed(&board);
	free(path);
	free(folder);
	return 0;
}
