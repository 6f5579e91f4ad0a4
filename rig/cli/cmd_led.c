/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The LED by itself: decode a capture, watch a slot, learn an unknown board's language. */
#include "base/clock.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/led_propose.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum decode_option { DECODE_BOARD, DECODE_VOCABULARY, DECODE_LINES, DECODE_FORMAT };
enum watch_option {
	WATCH_BOARD,
	WATCH_VOCABULARY,
	WATCH_LINES,
	WATCH_RELEASE,
	WATCH_FOR,
	WATCH_RECORD,
	WATCH_FAST
};
enum learn_option { LEARN_BOARD, LEARN_LINES, LEARN_RELEASE, LEARN_FOR };

enum {
	LED_FOR_US = 30000000,
	LED_BAR_CELLS = 10,
	LED_BAR_US = 50000, /* between two pictures */
	LED_FULL_PPM = 1000000,
};

static void keep(void *ctx, const struct led_seen *seen)
{
	led_timeline_add(ctx, seen);
}

static int take_duration(const char *text, int64_t *ret_us, struct err *err)
{
	struct err cause = ERR_INIT;

	*ret_us = LED_FOR_US;
	if (text && (text_parse_duration(text, ret_us, &cause) < 0 || *ret_us <= 0))
		return err_set(err, ERR_USAGE, -EINVAL, "%s for '--for'",
			       cause.text[0] ? cause.text : "a duration above zero is needed");
	return 0;
}

static int watch_any(const char *name, const struct led_options *options, const struct board *board,
		     const struct led_listener *listener, struct led_watched *ret, struct err *err)
{
	return led_source_is_slot(name) ? led_source_slot(name, options, board, listener, ret, err)
					: led_source_file(name, options, board, listener, ret, err);
}

static int cmd_decode(const struct command_input *input, struct err *err)
{
	const char *format = input->options[DECODE_FORMAT];
	bool json = format && strcmp(format, "json") == 0;
	struct led_options options = { .board = input->options[DECODE_BOARD],
				       .vocabulary = input->options[DECODE_VOCABULARY],
				       .lines = input->options[DECODE_LINES] };
	struct led_timeline timeline = { 0 };
	struct led_watched watched = { 0 };
	struct board board;
	int r;

	if (format && !json && strcmp(format, "text") != 0)
		return err_set(err, ERR_USAGE, -EINVAL, "unknown format '%s', known: text, json",
			       format);
	r = led_source_board(&options, &board, err);
	if (r == 0)
		r = led_source_file(input->argument, &options, &board,
				    &(struct led_listener){ .ctx = &timeline, .seen = keep },
				    &watched, err);
	if (r == 0 && json)
		r = led_timeline_print_json(&timeline, &watched, err);
	else if (r == 0)
		led_timeline_print(&timeline, &watched);
	led_timeline_release(&timeline);
	return r;
}

/* A picture of the LED in one line, drawn over and over. */
struct view {
	struct led_timeline timeline;
	bool terminal;
	bool fast;
	int64_t begin_us; /* of the slot's time; -1 before the first */
	int64_t drawn_us;
	int64_t clock_us; /* host's, at 'begin_us' */
};

static void draw_bar(enum led_channel channel, int32_t ppm)
{
	static const int colours[LED_CHANNELS] = { 41, 42, 44 };
	int cells = (int)(((int64_t)ppm * LED_BAR_CELLS + LED_FULL_PPM - 1) / LED_FULL_PPM);

	printf("%c \033[%dm%*s\033[0m%*s ", "RGB"[channel], colours[channel], cells, "",
	       LED_BAR_CELLS - cells, "");
}

/* The colour itself, as bright as a terminal shows it: ratios count, not the duty. */
static void draw_lamp(const int32_t ppm[LED_CHANNELS])
{
	int32_t peak = 1;
	int rgb[LED_CHANNELS];

	for (int i = 0; i < LED_CHANNELS; i++)
		peak = ppm[i] > peak ? ppm[i] : peak;
	for (int i = 0; i < LED_CHANNELS; i++)
		rgb[i] = (int)((int64_t)ppm[i] * 255 / peak);
	printf("\033[48;2;%d;%d;%dm      \033[0m ", rgb[LED_RED], rgb[LED_GREEN], rgb[LED_BLUE]);
}

static void pace(const struct view *view, int64_t t_us)
{
	int64_t ahead_us = t_us - view->begin_us - (clock_now_us() - view->clock_us);
	struct timespec wait = { .tv_sec = ahead_us / 1000000,
				 .tv_nsec = ahead_us % 1000000 * 1000 };

	if (ahead_us > 0)
		nanosleep(&wait, NULL);
}

static void draw(void *ctx, const struct led_decoder *dec, int64_t t_us)
{
	struct view *view = ctx;
	int32_t ppm[LED_CHANNELS];
	struct led_seen now;
	char text[160];

	if (!view->terminal)
		return;
	if (view->begin_us < 0) {
		view->begin_us = t_us;
		view->clock_us = clock_now_us();
		view->drawn_us = t_us;
	}
	if (t_us - view->drawn_us < LED_BAR_US)
		return;
	view->drawn_us = t_us;
	if (!view->fast)
		pace(view, t_us);
	led_decoder_levels(dec, ppm);
	now = led_decoder_current(dec);
	led_timeline_describe(&now, text, sizeof(text));
	printf("\r\033[K%8.2f s  ", (double)(t_us - view->begin_us) / 1e6);
	draw_lamp(ppm);
	for (int i = 0; i < LED_CHANNELS; i++)
		draw_bar((enum led_channel)i, ppm[i]);
	printf(" %s", text);
	fflush(stdout);
}

static void tell(void *ctx, const struct led_seen *seen)
{
	struct view *view = ctx;

	led_timeline_add(&view->timeline, seen);
}

static int open_record(const char *path, FILE **ret, struct err *err)
{
	if (!path)
		return 0;
	*ret = fopen(path, "we");
	return *ret ? 0
		    : err_set(err, ERR_IO, -errno, "cannot write '%s': %s", path, strerror(errno));
}

static int close_record(FILE *record, const char *path, int r, struct err *err)
{
	bool bad = record && ferror(record);

	if (record && (fclose(record) != 0 || bad) && r == 0)
		return err_set(err, ERR_IO, -EIO, "cannot write '%s'", path);
	return r;
}

static int cmd_watch(const struct command_input *input, struct err *err)
{
	struct view view = { .terminal = isatty(STDOUT_FILENO) == 1,
			     .fast = input->options[WATCH_FAST] != NULL,
			     .begin_us = -1 };
	struct led_options options = { .board = input->options[WATCH_BOARD],
				       .vocabulary = input->options[WATCH_VOCABULARY],
				       .lines = input->options[WATCH_LINES],
				       .release = input->options[WATCH_RELEASE] };
	struct led_listener listener = { .ctx = &view, .seen = tell, .tick = draw };
	struct led_watched watched = { 0 };
	char slot_board[BOARD_NAME_MAX];
	struct board board;
	int r = take_duration(input->options[WATCH_FOR], &options.for_us, err);

	if (r == 0 && !options.board && led_source_is_slot(input->argument)) {
		r = led_source_slot_board(input->argument, slot_board, err);
		options.board = slot_board;
	}
	if (r == 0)
		r = led_source_board(&options, &board, err);
	if (r == 0)
		r = open_record(input->options[WATCH_RECORD], &options.record, err);
	if (r == 0)
		r = watch_any(input->argument, &options, &board, &listener, &watched, err);
	if (view.terminal)
		printf("\r\033[K");
	r = close_record(options.record, input->options[WATCH_RECORD], r, err);
	if (r == 0)
		led_timeline_print(&view.timeline, &watched);
	led_timeline_release(&view.timeline);
	return r;
}

static int cmd_learn(const struct command_input *input, struct err *err)
{
	struct led_options options = { .board = input->options[LEARN_BOARD],
				       .lines = input->options[LEARN_LINES],
				       .release = input->options[LEARN_RELEASE] };
	struct led_lesson lesson = { 0 };
	struct led_watched watched = { 0 };
	struct board board = { .led = { .active_low = true } };
	int r = take_duration(input->options[LEARN_FOR], &options.for_us, err);

	/* a board that is half known: only what is new is proposed */
	if (r == 0 && options.board)
		r = led_source_board(&options, &board, err);
	if (r == 0)
		r = watch_any(input->argument, &options, &board,
			      &(struct led_listener){ .ctx = &lesson,
						      .seen = led_lesson_seen,
						      .look = led_lesson_look },
			      &watched, err);
	if (r == 0)
		led_propose(&lesson, &watched, stdout);
	led_lesson_release(&lesson);
	return r;
}

#define LINES_HELP "colours of the first, second and third line (default rgb, '-' = none)"

const struct command command_led_decode = {
	.name = "led decode",
	.argument = "FILE",
	.summary = "print what an LED said: CSV of edges or samples, or VCD",
	.options = {
		[DECODE_BOARD] = { "board", "NAME", "board profile (default p1)" },
		[DECODE_VOCABULARY] = { "vocabulary", "NAME", "language without a profile" },
		[DECODE_LINES] = { "lines", "RGB", LINES_HELP },
		[DECODE_FORMAT] = { "format", "FORMAT", "text (default) or json" },
	},
	.run = cmd_decode,
};

const struct command command_led_watch = {
	.name = "led watch",
	.argument = "SLOT",
	.summary = "show an LED live: virtual:BOARD, bench:FILE:SLOT, or a capture",
	.options = {
		[WATCH_BOARD] = { "board", "NAME", "board profile (default: the slot's, or p1)" },
		[WATCH_VOCABULARY] = { "vocabulary", "NAME", "language without a profile" },
		[WATCH_LINES] = { "lines", "RGB", LINES_HELP },
		[WATCH_RELEASE] = { "release", "NAME", "what a virtual board boots" },
		[WATCH_FOR] = { "for", "DURATION", "of the board's time (default 30s)" },
		[WATCH_RECORD] = { "record", "FILE", "write the edges, for 'led decode'" },
		[WATCH_FAST] = { "fast", NULL, "do not wait for the board's time" },
	},
	.run = cmd_watch,
};

const struct command command_led_learn = {
	.name = "led learn",
	.argument = "SLOT",
	.summary = "propose entries of a profile for what an LED shows: virtual:BOARD, bench:FILE:SLOT, or a capture",
	.options = {
		[LEARN_BOARD] = { "board", "NAME", "profile whose words are known already" },
		[LEARN_LINES] = { "lines", "RGB", LINES_HELP },
		[LEARN_RELEASE] = { "release", "NAME", "what a virtual board boots" },
		[LEARN_FOR] = { "for", "DURATION", "of the board's time (default 30s)" },
	},
	.run = cmd_learn,
};
