/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What 'led learn' proposes from a capture of a word is a language that reads the capture again. */
#include "cli/led_propose.h"
#include "lib/led_truth.h"
#include "lib/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN_MAX = 64 };

/* A word's edges to a decoder; where the word ends, the capture ends. */
static void listen(const struct led_case *made, const struct board *board,
		   const struct led_listener *listener, struct led_watched *ret)
{
	struct led_decoder *dec = led_decoder_new(board, listener->seen, listener->ctx);
	struct led_look look;
	int r = 0;

	ck_assert_ptr_nonnull(dec);
	led_decoder_begin(dec, made->begin_us);
	if (listener->look)
		led_decoder_listen_looks(dec, listener->look, listener->ctx);
	for (size_t i = 0; i < made->count && made->edges[i].t_us <= made->end_us; i++)
		r |= led_decoder_edge(dec, made->edges[i].t_us, made->edges[i].channel,
				      made->edges[i].high);
	r |= led_decoder_advance(dec, made->end_us);
	ck_assert_int_eq(r, 0);
	if (listener->look && led_decoder_open_look(dec, &look))
		listener->look(listener->ctx, &look);
	*ret = (struct led_watched){ .begin_us = made->begin_us,
				     .end_us = made->end_us,
				     .pwm_hz = led_decoder_pwm_hz(dec),
				     .format = "test" };
	led_decoder_free(dec);
}

/* The proposal as a file of a language: it is indented for a profile. */
static void learn(const struct led_case *made, const char *path)
{
	struct board *nothing = calloc(1, sizeof(*nothing));
	struct led_lesson lesson = { 0 };
	struct led_watched watched;
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(nothing);
	nothing->led.active_low = true;
	listen(made, nothing,
	       &(struct led_listener){
		       .ctx = &lesson, .seen = led_lesson_seen, .look = led_lesson_look },
	       &watched);
	ck_assert_ptr_nonnull(file);
	led_propose(&lesson, &watched, file);
	fclose(file);
	led_lesson_release(&lesson);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "vocabulary: learned\nsource: %s\nactive_low: true\n", made->word->name);
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
		fprintf(file, "%s\n", strncmp(line, "  ", 2) == 0 ? line + 2 : line);
	fclose(file);
	free(text);
	free(nothing);
}

struct told {
	struct led_seen seen[SEEN_MAX];
	size_t count;
};

static void on_seen(void *ctx, const struct led_seen *seen)
{
	struct told *told = ctx;

	if (seen->name && seen->colour != LED_COLOUR_OFF && told->count < SEEN_MAX)
		told->seen[told->count++] = *seen;
}

/* The capture, read by what was learned of it: the word's pattern, and nothing else. */
static void expect(const struct led_case *made)
{
	AUTO_FREE char *path = NULL;
	const struct board_led_state *word = made->word;
	struct err err = ERR_INIT;
	struct led_watched watched;
	struct told told = { 0 };
	struct board *board = calloc(1, sizeof(*board));

	ck_assert_ptr_nonnull(board);
	ck_assert_int_gt(asprintf(&path, "%s/learned.yaml", testing_folder()), 0);
	learn(made, path);
	ck_assert_msg(board_load_language(path, board, &err) == 0, "'%s': %s", word->name,
		      err.text);
	listen(made, board, &(struct led_listener){ .ctx = &told, .seen = on_seen }, &watched);
	ck_assert_msg(told.count > 0 || word->colour == LED_COLOUR_OFF,
		      "'%s' is not told by what was learned", word->name);
	for (size_t i = 0; i < told.count && word->colour != LED_COLOUR_OFF; i++) {
		ck_assert_msg(told.seen[i].pattern == word->pattern &&
				      (told.seen[i].colour == word->colour ||
				       word->pattern == LED_PATTERN_SEQUENCE),
			      "'%s' is learned as '%s'", word->name, told.seen[i].name);
		if (made->code)
			ck_assert_int_eq(told.seen[i].count, made->code);
	}
	remove(path);
	free(board);
}

static const struct led_noise noises[] = {
	{ .bright_pct = 37, .pwm_us = 10000 },
	{ .bright_pct = 90, .pwm_us = 2041 },
	{ .bright_pct = 60,
	  .pwm_us = 10000,
	  .jitter_us = 200,
	  .clock_ppm = 30000,
	  .drop_ppm = 500 },
};

START_TEST(every_word)
{
	struct board board;

	led_truth_board(&board);
	for (size_t i = 0; i < board.led.state_count; i++) {
		struct led_case made;
		uint64_t seed = i;

		/* one blink with a pause is a blink */
		led_truth_make(&made, &board, &board.led.states[i], &noises[_i], seed);
		while (made.word->pattern == LED_PATTERN_CODE && made.code == 1) {
			led_truth_release(&made);
			led_truth_make(&made, &board, &board.led.states[i], &noises[_i], ++seed);
		}
		expect(&made);
		led_truth_release(&made);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("led learn");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, every_word, 0, (int)ARRAY_LEN(noises));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
