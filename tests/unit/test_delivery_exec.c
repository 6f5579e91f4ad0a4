/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Updates by a command of the user's: what it is given, how its output becomes points, how it ends
 * and is ended, and a stock YMODEM sender (sb of lrzsz) as that command against a board's console.
 */
#include "base/macros.h"
#include "base/text.h"
#include "delivery/delivery.h"
#include "delivery/exec_child.h"
#include "lib/module.h"
#include "lib/testing.h"
#include "lib/ymodem_device.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { POINTS_MAX = 256, BODY = 2400, TEXT_MAX = 512, IDLE_US = 200000 };

/* A slot of which only the time is real, and the board at the far end of a terminal, if any. */
struct desk {
	struct slot slot;
	int64_t now_us;
	int64_t cut_us; /* 0: none */
	unsigned int holds;
	struct ymodem_device *board;
	int terminal; /* our end of the board's line */
	int64_t board_us;
	int64_t idle_us; /* since nothing went over the line */

	struct image image;
	struct delivery_board delivery_board;
	struct delivery_options options;
	struct delivery_context context;
	struct delivery_part part;
	struct fuzz_acts acts;
	struct delivery_progress points[POINTS_MAX];
	size_t point_count;
};

static int64_t desk_now(void *backend)
{
	struct desk *desk = backend;

	return desk->now_us;
}

/* Bytes between the command and the board, until there are none; whether there were some. */
static bool carry(struct desk *desk)
{
	uint8_t bytes[2048];
	size_t ready = ymodem_device_ready(desk->board);
	ssize_t n = read(desk->terminal, bytes, sizeof(bytes));
	bool moved = n > 0;

	if (n > 0)
		ymodem_device_hear(desk->board, bytes, (size_t)n, desk->board_us);
	if (ready > 0) {
		n = write(desk->terminal, desk->board->out, ready);
		if (n > 0)
			ymodem_device_sent(desk->board, (size_t)n);
		moved |= n > 0;
	}
	return moved;
}

/* The board's time goes on when the line is idle, so that a slow host is no silence. */
static void live(struct desk *desk, int64_t us)
{
	int64_t next_us = ymodem_device_deadline(desk->board);

	if (carry(desk)) {
		desk->idle_us = 0;
		return;
	}
	desk->idle_us += us;
	if (next_us == INT64_MAX ||
	    (desk->idle_us < IDLE_US && !desk->board->acks_header && desk->board->out_held == 0))
		return;
	desk->idle_us = 0;
	if (next_us > desk->board_us)
		desk->board_us = next_us;
	ymodem_device_step(desk->board, desk->board_us);
}

static int desk_wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	struct desk *desk = backend;

	(void)err;
	if (desk->board)
		live(desk, deadline_us - desk->now_us);
	if (deadline_us > desk->now_us)
		desk->now_us = deadline_us;
	*ret = desk->cut_us > 0 && desk->now_us >= desk->cut_us ? SLOT_WAIT_CUT
								: SLOT_WAIT_DEADLINE;
	return 0;
}

static int desk_hold(void *backend, enum slot_line line, enum slot_hold hold, struct err *err)
{
	struct desk *desk = backend;

	(void)line;
	(void)err;
	desk->holds += hold == SLOT_HELD;
	return 0;
}

static const struct slot_time_ops time_ops = { .now_us = desk_now, .wait = desk_wait };
static const struct slot_line_ops line_ops = { .hold = desk_hold };

static int on_progress(void *ctx, const struct delivery_progress *progress, struct err *err)
{
	struct desk *desk = ctx;

	(void)err;
	ck_assert_uint_lt(desk->point_count, POINTS_MAX);
	desk->points[desk->point_count++] = *progress;
	return 0;
}

static struct desk *desk_new(void)
{
	const struct image_header header = {
		.start = 0x080a0000,
		.version = 7,
		.platform_id = 8,
		.function = IMAGE_FUNCTION_USER,
		.index = 1,
	};
	struct desk *desk = calloc(1, sizeof(*desk));
	AUTO_FREE uint8_t *bytes = NULL;
	size_t len;

	ck_assert_ptr_nonnull(desk);
	bytes = module_make(header, 0, BODY, &len);
	ck_assert_int_eq(image_parse(bytes, len, &desk->image, NULL), 0);
	desk->slot = (struct slot){ .name = "desk",
				    .capabilities = SLOT_RESET | SLOT_SETUP,
				    .backend = desk,
				    .time = &time_ops,
				    .lines = &line_ops };
	desk->delivery_board.name = "p1";
	desk->context = (struct delivery_context){ .slot = &desk->slot,
						   .board = &desk->delivery_board,
						   .options = &desk->options };
	desk->part = (struct delivery_part){ .number = 1, .name = "user", .image = &desk->image };
	return desk;
}

static void desk_free(struct desk *desk)
{
	image_release(&desk->image);
	free(desk);
}

static void set_command(struct desk *desk, const char *command)
{
	setenv("TEST_FOLDER", testing_folder(), 1);
	ck_assert(text_copy(desk->options.command, sizeof(desk->options.command), command));
}

static int desk_run(struct desk *desk, struct delivery_outcome *ret, struct err *err)
{
	const struct delivery_run run = { .context = &desk->context,
					  .part = &desk->part,
					  .progress = on_progress,
					  .progress_ctx = desk,
					  .acts = &desk->acts };
	int r = delivery_open(&delivery_exec, &desk->context, err);

	*ret = (struct delivery_outcome){ .result = DELIVERY_UNKNOWN };
	if (r == 0)
		r = delivery_prepare(&delivery_exec, &run, ret, err);
	if (r == 0)
		r = delivery_send(&delivery_exec, &run, ret, err);
	delivery_close(&delivery_exec, &desk->context);
	return r;
}

static struct delivery_outcome desk_send(struct desk *desk)
{
	struct delivery_outcome outcome;
	struct err err = ERR_INIT;

	ck_assert_msg(desk_run(desk, &outcome, &err) == 0, "%s", err.text);
	return outcome;
}

static void read_text(const char *name, char *ret, size_t size)
{
	char path[TEXT_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", getenv("TEST_FOLDER"), name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ret[fread(ret, 1, size - 1, file)] = '\0';
	fclose(file);
}

/* Whether the process does anything any more; a zombie of another parent does not. */
static bool is_gone(pid_t pid)
{
	char path[TEXT_MAX];
	char text[TEXT_MAX];
	const char *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return true;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	at = strrchr(text, ')');
	return at && at[2] == 'Z';
}

/* Killed is not yet gone: the kernel takes its time. */
static bool goes_away(const char *name)
{
	char text[TEXT_MAX];
	pid_t pid;

	read_text(name, text, sizeof(text));
	pid = (pid_t)strtol(text, NULL, 10);
	ck_assert_int_gt(pid, 1);
	for (int i = 0; i < 1000 && !is_gone(pid); i++)
		usleep(5000);
	return is_gone(pid);
}

START_TEST(is_given_what_it_needs)
{
	struct desk *desk = desk_new();
	char text[TEXT_MAX];
	char expected[TEXT_MAX];
	struct delivery_outcome outcome;

	setenv("OTARIG_PART", "something else", 1);
	set_command(desk,
		    "cd \"$TEST_FOLDER\" && wc -c <\"$OTARIG_IMAGE\" >said && "
		    "echo \"$OTARIG_PART $OTARIG_BOARD $OTARIG_SLOT $OTARIG_IMAGE\" >>said && "
		    "cp \"$OTARIG_IMAGE\" image && cat && echo all right");
	outcome = desk_send(desk);
	unsetenv("OTARIG_PART");
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	read_text("said", text, sizeof(text));
	snprintf(expected, sizeof(expected), "%zu\nuser p1 desk ", desk->image.len);
	ck_assert_msg(strncmp(text, expected, strlen(expected)) == 0, "%s", text);
	text[strlen(text) - 1] = '\0';
	ck_assert_int_ne(access(text + strlen(expected), F_OK), 0); /* the file is gone */
	ck_assert_uint_eq(desk->point_count, 4); /* no chunks without a pattern */
	ck_assert_int_eq(desk->points[0].point, DELIVERY_BEGUN);
	ck_assert_int_eq(desk->points[1].point, DELIVERY_READY);
	ck_assert_int_eq(desk->points[2].point, DELIVERY_SENT);
	ck_assert_int_eq(desk->points[3].point, DELIVERY_TAKEN);
	ck_assert_uint_eq(desk->points[3].bytes, desk->image.len);
	desk_free(desk);
}
END_TEST

/* The module has 2468 bytes. */
static const struct progress {
	const char *command;
	const char *pattern;
	uint32_t chunk_bytes;
	size_t chunks;
	uint64_t first_bytes;
} progresses[] = {
	{ "echo at 10%; printf 'at 50%%\\r'; echo at 100%", "at ([0-9]+)", 0, 99, 25 },
	{ "echo 7% and 9%", "([0-9]+%)", 0, 99, 25 },
	{ "echo sent 600; echo sent 500; echo sent 2468", "sent ([0-9]+)", 0, 5, 512 },
	{ "echo sent 99999999 >&2", "sent ([0-9]+)", 1000, 3, 1000 },
	{ "printf 'sent 40\\nsent 2000'", "sent (([0-9])+)", 100, 25, 100 },
	{ "echo nothing of that kind", "sent ([0-9]+)", 100, 25, 100 },
	{ "echo sent 0x10; echo sent x", "sent ([x0-9]+)", 0, 5, 512 },
};

START_TEST(output_becomes_points)
{
	const struct progress *row = &progresses[_i];
	struct desk *desk = desk_new();
	struct delivery_outcome outcome;

	ck_assert_uint_eq(desk->image.len, 2468);
	set_command(desk, row->command);
	snprintf(desk->options.progress, sizeof(desk->options.progress), "%s", row->pattern);
	desk->options.chunk_bytes = row->chunk_bytes;
	outcome = desk_send(desk);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert_uint_eq(desk->point_count, row->chunks + 4);
	ck_assert_int_eq(desk->points[1].point, DELIVERY_READY);
	for (size_t i = 0; i < row->chunks; i++) {
		ck_assert_int_eq(desk->points[2 + i].point, DELIVERY_CHUNK);
		ck_assert_uint_eq(desk->points[2 + i].chunk, i);
	}
	ck_assert_uint_eq(desk->points[2].bytes, row->first_bytes);
	ck_assert_uint_eq(desk->points[1 + row->chunks].bytes, desk->image.len);
	ck_assert_int_eq(desk->points[2 + row->chunks].point, DELIVERY_SENT);
	desk_free(desk);
}
END_TEST

/* A module that was cut down to nothing is the command's affair. */
START_TEST(nothing_to_send)
{
	struct desk *desk = desk_new();
	struct delivery_outcome outcome;
	size_t len = desk->image.len;

	set_command(desk, "echo at 50%; test ! -s \"$OTARIG_IMAGE\"");
	text_copy(desk->options.progress, sizeof(desk->options.progress), "([0-9]+)%");
	desk->image.len = 0;
	outcome = desk_send(desk);
	desk->image.len = len;
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert_uint_eq(desk->point_count, 4);
	desk_free(desk);
}
END_TEST

static const struct end {
	const char *command;
	int64_t timeout_us;
	int64_t cut_us;
	enum delivery_result result;
	const char *text;
} ends[] = {
	{ "true", 0, 0, DELIVERY_DONE, "" },
	{ "echo first; echo the reason; exit 3", 0, 0, DELIVERY_REFUSED,
	  "the command's exit code is 3: the reason" },
	{ "printf 'no line end' >&2; exit 1", 0, 0, DELIVERY_REFUSED,
	  "the command's exit code is 1: no line end" },
	{ "exit 9", 0, 0, DELIVERY_REFUSED, "the command's exit code is 9: " },
	{ "kill -SEGV $$", 0, 0, DELIVERY_REFUSED, "the command was ended by signal 11" },
	{ "exec sleep 1000", 50000, 0, DELIVERY_REFUSED, "the command did not end in time" },
	{ "exec sleep 1000", 0, 50000, DELIVERY_CUT, "" },
	{ "exec >&- 2>&-; sleep 0.05; exit 4", 0, 0, DELIVERY_REFUSED,
	  "the command's exit code is 4: " },
};

START_TEST(how_it_ends)
{
	struct desk *desk = desk_new();
	struct delivery_outcome outcome;

	set_command(desk, ends[_i].command);
	desk->options.timeout_us = ends[_i].timeout_us;
	desk->cut_us = ends[_i].cut_us;
	outcome = desk_send(desk);
	ck_assert_str_eq(outcome.text, ends[_i].text);
	ck_assert_int_eq(outcome.result, ends[_i].result);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no zombie is left */
	ck_assert_int_eq(errno, ECHILD);
	desk_free(desk);
}
END_TEST

/* All of its group goes: what it waits for, and what it left behind. */
static const char *const families[] = {
	"sleep 1000 & echo $! >\"$TEST_FOLDER\"/pid; wait",
	"sleep 1000 & echo $! >\"$TEST_FOLDER\"/pid; exit 0",
};

START_TEST(nobody_is_left)
{
	struct desk *desk = desk_new();
	struct delivery_outcome outcome;

	set_command(desk, families[_i]);
	desk->options.timeout_us = 200000;
	outcome = desk_send(desk);
	ck_assert_int_eq(outcome.result, _i == 0 ? DELIVERY_REFUSED : DELIVERY_DONE);
	ck_assert(goes_away("pid"));
	desk_free(desk);
}
END_TEST

static int count_line(void *ctx, const char *line, struct err *err)
{
	unsigned int *count = ctx;

	(void)line;
	(void)err;
	++*count;
	return 0;
}

START_TEST(one_that_does_not_want_to_end)
{
	static const struct exec_variable none[] = { { NULL, NULL } };
	struct exec_child child;
	unsigned int lines = 0;

	ck_assert_int_eq(exec_child_start(&child,
					  "trap '' TERM; echo on; while :; do sleep 1; done", none,
					  NULL),
			 0);
	for (int i = 0; i < 1000 && lines == 0; i++)
		ck_assert_int_eq(exec_child_hear(&child, 10, count_line, &lines, NULL), 0);
	ck_assert_uint_eq(lines, 1);
	ck_assert(!child.exited);
	exec_child_end(&child, 30);
	ck_assert(WIFSIGNALED(child.status));
	ck_assert_int_eq(WTERMSIG(child.status), SIGKILL);
	exec_child_end(&child, 30); /* once more does nothing */
}
END_TEST

static const struct mistake {
	const char *command;
	const char *pattern;
	const char *text;
} mistakes[] = {
	{ "", "", "delivery 'exec' has no command" },
	{ "true", "sent [0-9]+",
	  "pattern 'sent [0-9]+' of the progress has no group for the number" },
	{ "true", "(", "pattern '(' of the progress: Unmatched ( or \\(" },
	{ "no-such-program-of-anybody", "", NULL },
	{ "./", "", NULL },
};

START_TEST(mistakes_of_the_user)
{
	struct desk *desk = desk_new();
	struct delivery_outcome outcome;
	struct err err = ERR_INIT;

	set_command(desk, mistakes[_i].command);
	snprintf(desk->options.progress, sizeof(desk->options.progress), "%s",
		 mistakes[_i].pattern);
	ck_assert_int_lt(desk_run(desk, &outcome, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	if (mistakes[_i].text)
		ck_assert_str_eq(err.text, mistakes[_i].text);
	else
		ck_assert_msg(strstr(err.text, "the command cannot be run: "), "%s", err.text);
	desk_free(desk);
}
END_TEST

START_TEST(acts)
{
	static const struct fuzz_act deeds[] = { { FUZZ_RESET, 1, 20 },
						 { FUZZ_SETUP, 2, 20 },
						 { FUZZ_DELAY, 1, 100000 },
						 { FUZZ_ABORT, 1, 0 } };
	struct desk *desk = desk_new();
	struct delivery_outcome outcome;

	set_command(desk, "for i in 600 1200 1800 2400; do echo sent $i; done");
	snprintf(desk->options.progress, sizeof(desk->options.progress), "sent ([0-9]+)");
	desk->acts = (struct fuzz_acts){ .items = { deeds[_i] }, .count = 1 };
	ck_assert(delivery_exec.acts >> deeds[_i].kind & 1);
	outcome = desk_send(desk);
	ck_assert_int_eq(outcome.result,
			 deeds[_i].kind == FUZZ_ABORT ? DELIVERY_LOST : DELIVERY_DONE);
	ck_assert_uint_eq(desk->holds,
			  deeds[_i].kind == FUZZ_RESET || deeds[_i].kind == FUZZ_SETUP);
	if (deeds[_i].kind == FUZZ_DELAY)
		ck_assert_int_ge(desk->now_us, 100000);
	desk_free(desk);
}
END_TEST

/* The board at the far end of a terminal; its path is told to the command. */
static void put_board(struct desk *desk, const struct ymodem_device_config *config)
{
	const char *path;
	struct termios raw;
	int far;

	desk->board = ymodem_device_new(config);
	ck_assert_ptr_nonnull(desk->board);
	desk->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	ck_assert(desk->terminal >= 0 && unlockpt(desk->terminal) == 0);
	path = ptsname(desk->terminal);
	far = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC); /* the line stays when the command goes */
	ck_assert(far >= 0 && tcgetattr(far, &raw) == 0);
	cfmakeraw(&raw);
	ck_assert_int_eq(tcsetattr(far, TCSANOW, &raw), 0);
	setenv("BOARD_LINE", path, 1);
	ymodem_device_set_baud(desk->board, YMODEM_DEVICE_BAUD_LISTEN, 0);
	ymodem_device_hear(desk->board, (const uint8_t *)"f", 1, 0);
	desk->board_us = 1000000;
	ymodem_device_step(desk->board, desk->board_us);
	ymodem_device_sent(desk->board, ymodem_device_ready(desk->board));
}

START_TEST(stock_sender_as_the_command)
{
	const struct ymodem_device_config config = { .era = YMODEM_ERA_08 };
	struct desk *desk = desk_new();
	struct delivery_outcome outcome;

	if (system("command -v sb >/dev/null") != 0) {
		desk_free(desk);
		TEST_SKIP("there is no sb (Debian package lrzsz)");
	}
	put_board(desk, &config);
	set_command(desk, "sb -b -v \"$OTARIG_IMAGE\" <\"$BOARD_LINE\" >\"$BOARD_LINE\"");
	snprintf(desk->options.progress, sizeof(desk->options.progress), "Bytes Sent: *([0-9]+)");
	desk->options.timeout_us = 30000000;
	desk->options.chunk_bytes = 1024;
	outcome = desk_send(desk);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert_uint_eq(desk->board->file_bytes, desk->image.len);
	ck_assert_mem_eq(desk->board->staging, desk->image.bytes, desk->image.len);
	ck_assert_uint_eq(desk->point_count, 3 + 4);
	unsetenv("BOARD_LINE");
	ymodem_device_free(desk->board);
	desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery by a command");
	TCase *tcase = tcase_create("exec");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, is_given_what_it_needs);
	tcase_add_loop_test(tcase, output_becomes_points, 0, ARRAY_LEN(progresses));
	tcase_add_test(tcase, nothing_to_send);
	tcase_add_loop_test(tcase, how_it_ends, 0, ARRAY_LEN(ends));
	tcase_add_loop_test(tcase, nobody_is_left, 0, ARRAY_LEN(families));
	tcase_add_test(tcase, one_that_does_not_want_to_end);
	tcase_add_loop_test(tcase, mistakes_of_the_user, 0, ARRAY_LEN(mistakes));
	tcase_add_loop_test(tcase, acts, 0, 4);
	tcase_add_test(tcase, stock_sender_as_the_command);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
