/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The delivery "ymodem" against a stock YMODEM receiver, rb of lrzsz. They agree on blocks of both
 * sizes, their numbers, the first header, the end and the last header; so what arrives is compared
 * byte for byte. They do not agree on these:
 * - rb looks at the sums behind blocks, Particle's receiver does not: the sender's usual sums of 0,
 *   which are those of Particle's own host, are refused; its option of right ones is accepted;
 * - after the end of a file rb says ACK and 'C', Particle's receiver ACK alone, and the sender
 * takes a 'C' for a wish to have a block again: the front below keeps this one to itself;
 * - rb takes a block that comes again, Particle's receiver refuses it;
 * - around the transfer there is a console, which is the front's.
 * rb itself lets a second of silence pass three times in a file, which is most of what this takes.
 */
#include "base/macros.h"
#include "delivery/delivery.h"
#include "lib/child.h"
#include "lib/peer_module.h"
#include "lib/testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WITHIN_US = 60000000, WAIT_MS = 1, FIRST_POLLS_MAX = 20000, EOT = 4, IMAGE_MAX = 12000 };

enum front_mode {
	FRONT_CONSOLE = 0,
	FRONT_TRANSFER = 1,
	FRONT_ENDING = 2, /* the end was sent, and not yet acknowledged */
	FRONT_ASKED = 3,  /* acknowledged: rb's 'C' is awaited, and kept */
	FRONT_CLOSING = 4,
	FRONT_OVER = 5,
};

/* A slot with a serial line; behind it a console, and rb while a file is received. */
struct desk {
	struct slot slot;
	int64_t now_us;
	struct image image;
	struct delivery_board board;
	struct delivery_options options;
	struct delivery_port port;
	struct delivery_context context;
	struct delivery_part part;
	struct fuzz_acts acts;

	enum front_mode mode;
	struct child child;
	int start; /* what child_start() said */
	int status;
	uint8_t held[256]; /* from the sender, until rb has asked */
	size_t held_len;
};

static int64_t desk_now(void *backend)
{
	return ((struct desk *)backend)->now_us;
}

static void say(struct desk *desk, const char *text)
{
	for (; *text; text++)
		delivery_port_console(&desk->port, (uint8_t)*text);
}

static void put(struct desk *desk, const uint8_t *bytes, size_t len)
{
	for (size_t sent = 0; sent < len && child_runs(&desk->child);) {
		ssize_t n = child_write(&desk->child, bytes + sent, len - sent);

		if (n < 0)
			return; /* rb has ended */
		sent += (size_t)n;
	}
}

/* What rb says, to the sender. */
static void take(struct desk *desk, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (desk->mode == FRONT_ASKED && bytes[i] == 'C') {
			desk->mode = FRONT_CLOSING;
			put(desk, desk->held, desk->held_len);
			continue;
		}
		if (desk->mode == FRONT_ENDING)
			desk->mode = FRONT_ASKED;
		delivery_port_console(&desk->port, bytes[i]);
	}
}

static void hear(struct desk *desk, int wait_ms)
{
	uint8_t bytes[256];
	ssize_t n;

	if (desk->mode == FRONT_CONSOLE || desk->mode == FRONT_OVER)
		return;
	child_poll(&desk->child, wait_ms);
	while ((n = child_read(&desk->child, bytes, sizeof(bytes))) > 0)
		take(desk, bytes, (size_t)n);
	if (n != -EPIPE && child_runs(&desk->child))
		return;
	child_wait(&desk->child);
	desk->status = child_end(&desk->child);
	desk->mode = FRONT_OVER;
	if (desk->status == 0)
		say(desk, "Restarting system to apply firmware update...\r\n");
}

static int desk_wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	struct desk *desk = backend;

	(void)err;
	hear(desk, WAIT_MS); /* as long as a step of the slot's time */
	desk->now_us = deadline_us;
	*ret = SLOT_WAIT_DEADLINE;
	return 0;
}

/* 'f': rb begins with 'C', as the receiver on a board. */
static void receive(struct desk *desk)
{
	static const char *const argv[] = { "rb", "-q", NULL };
	uint8_t first = 0;

	desk->start = child_start(&desk->child, CHILD_SOCKET, argv, WITHIN_US);
	if (desk->start < 0)
		return;
	for (int i = 0; i < FIRST_POLLS_MAX && first != 'C'; i++) {
		child_poll(&desk->child, WAIT_MS);
		ck_assert_int_ge(child_read(&desk->child, &first, 1), 0);
	}
	ck_assert_int_eq(first, 'C');
	desk->mode = FRONT_TRANSFER;
	say(desk, "Waiting for the binary file to be sent ... (press 'a' to abort)\r\nC");
}

static int desk_send(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
		     struct err *err)
{
	struct desk *desk = backend;

	(void)err;
	*ret_sent = len;
	if (desk->mode == FRONT_CONSOLE && bytes[0] == 'i')
		say(desk, "Your device id is 210000000000000000000000\r\n");
	else if (desk->mode == FRONT_CONSOLE && bytes[0] == 'f')
		receive(desk);
	if (desk->mode == FRONT_CONSOLE || desk->mode == FRONT_OVER || bytes[0] == 'f')
		return 0;
	if (desk->mode == FRONT_ASKED) {
		ck_assert_uint_le(len, sizeof(desk->held));
		memcpy(desk->held, bytes, len);
		desk->held_len = len;
		return 0;
	}
	if (len == 1 && bytes[0] == EOT)
		desk->mode = FRONT_ENDING;
	put(desk, bytes, len);
	return 0;
}

static int desk_set(void *backend, uint32_t baud, struct err *err)
{
	(void)backend;
	(void)baud;
	(void)err;
	return 0;
}

static int desk_hold(void *backend, enum slot_line line, enum slot_hold hold, struct err *err)
{
	(void)backend;
	(void)line;
	(void)hold;
	(void)err;
	ck_abort_msg("a board that listens is not pressed");
	return 0;
}

static const struct slot_time_ops time_ops = { .now_us = desk_now, .wait = desk_wait };
static const struct slot_line_ops line_ops = { .hold = desk_hold };
static const struct slot_console_ops console_ops = { .set = desk_set, .send = desk_send };

static struct desk *desk_new(size_t len)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	uint8_t bytes[IMAGE_MAX];

	ck_assert_ptr_nonnull(desk);
	peer_module_make(bytes, len, 8, 5);
	ck_assert_int_eq(image_parse(bytes, len, &desk->image, NULL), 0);
	desk->slot = (struct slot){ .name = "desk",
				    .capabilities = SLOT_SETUP | SLOT_CONSOLE,
				    .backend = desk,
				    .time = &time_ops,
				    .lines = &line_ops,
				    .console = &console_ops };
	delivery_port_init(&desk->port, &desk->slot);
	desk->board = (struct delivery_board){ .name = "p1", .setup_listening_us = 3000000 };
	desk->context = (struct delivery_context){ .slot = &desk->slot,
						   .board = &desk->board,
						   .options = &desk->options,
						   .port = &desk->port };
	desk->part = (struct delivery_part){ .number = 1, .name = "user", .image = &desk->image };
	return desk;
}

static void desk_free(struct desk *desk)
{
	delivery_close(&delivery_ymodem, &desk->context);
	if (desk->mode != FRONT_CONSOLE)
		child_end(&desk->child);
	image_release(&desk->image);
	free(desk);
}

static struct delivery_outcome send_part(struct desk *desk)
{
	const struct delivery_run run = { .context = &desk->context,
					  .part = &desk->part,
					  .acts = &desk->acts };
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct err err = ERR_INIT;

	/* rb writes into the folder that it runs in */
	ck_assert_int_eq(chdir(testing_folder()), 0);
	ck_assert_msg(delivery_open(&delivery_ymodem, &desk->context, &err) == 0, "%s", err.text);
	ck_assert_msg(delivery_prepare(&delivery_ymodem, &run, &outcome, &err) == 0, "%s",
		      err.text);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert_msg(delivery_send(&delivery_ymodem, &run, &outcome, &err) == 0, "%s", err.text);
	return outcome;
}

/* The file that rb has made is the module, to the byte: rb cuts the padding off. */
static void check_file(const struct image *image)
{
	FILE *file = fopen("binary", "rb");
	uint8_t bytes[IMAGE_MAX + 1];

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fread(bytes, 1, sizeof(bytes), file), image->len);
	ck_assert_mem_eq(bytes, image->bytes, image->len);
	fclose(file);
}

static const struct row {
	uint32_t block;
	size_t bytes;
	struct fuzz_act act; /* FUZZ_NONE: nothing is done */
} rows[] = {
	{ 128, 1300, { FUZZ_NONE, 0, 0 } },
	{ 1024, 4096, { FUZZ_NONE, 0, 0 } },
	{ 1024, IMAGE_MAX, { FUZZ_DELAY, 3, 100000 } },
	{ 1024, 5000, { FUZZ_TWICE, 2, 0 } },
	/* a block that is damaged is refused, which a board does not do, and sent again */
	{ 1024, 5000, { FUZZ_SPOIL, 2, 99 } },
};

START_TEST(a_module_arrives_as_it_was)
{
	const struct row *row = &rows[_i];
	struct desk *desk = desk_new(row->bytes);
	struct delivery_outcome outcome;

	desk->options.chunk_bytes = row->block;
	desk->options.sum = DELIVERY_SUM_RIGHT;
	desk->acts =
		(struct fuzz_acts){ .items = { row->act }, .count = row->act.kind != FUZZ_NONE };
	outcome = send_part(desk);
	if (desk->start == -ENOENT) {
		desk_free(desk);
		TEST_SKIP("there is no rb (Debian package lrzsz)");
	}
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert_int_eq(desk->mode, FRONT_OVER);
	ck_assert_int_eq(desk->status, 0);
	check_file(&desk->image);
	desk_free(desk);
}
END_TEST

/* What boards are sent by default: rb wants none of it, and nothing of it is kept. */
START_TEST(sums_of_zero_are_refused)
{
	struct desk *desk = desk_new(1300);
	struct delivery_outcome outcome = send_part(desk);

	if (desk->start == -ENOENT) {
		desk_free(desk);
		TEST_SKIP("there is no rb (Debian package lrzsz)");
	}
	ck_assert_int_eq(outcome.result, DELIVERY_REFUSED);
	ck_assert_str_eq(outcome.text, "the file's name was refused again and again");
	ck_assert_int_ne(access("binary", F_OK), 0);
	desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery by ymodem, against rb");
	TCase *tcase = tcase_create("rb");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, a_module_arrives_as_it_was, 0, ARRAY_LEN(rows));
	tcase_add_test(tcase, sums_of_zero_are_refused);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
