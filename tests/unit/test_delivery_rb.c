/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sender of YMODEM against a stock receiver, rb of lrzsz. They agree on blocks, their sums
 * (which rb looks at), the file's name and size, and the end. The console before it is made up.
 */
#include "base/file.h"
#include "base/macros.h"
#include "delivery/delivery.h"
#include "lib/child.h"
#include "lib/peer_module.h"
#include "lib/testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { IMAGE_LEN = 5000, WITHIN_US = 60000000, STEP_MS = 1, TEXT_MAX = 512 };

struct desk {
	struct slot slot;
	struct child child;
	const char *folder;
	bool receiving;
	int64_t now_us;
	struct delivery_port port;
};

static void say(struct desk *desk, const char *text)
{
	for (; *text; text++)
		delivery_port_console(&desk->port, (uint8_t)*text);
}

static void start_receiver(struct desk *desk)
{
	char command[TEXT_MAX];
	const char *const argv[] = { "sh", "-c", command, NULL };

	snprintf(command, sizeof(command), "cd '%s' && exec rb -y", desk->folder);
	ck_assert_int_eq(child_start(&desk->child, CHILD_SOCKET, argv, WITHIN_US), 0);
	desk->receiving = true;
	say(desk, "Waiting for the binary file to be sent ... (press 'a' to abort)\r\n");
}

static int64_t desk_now(void *backend)
{
	struct desk *desk = backend;

	return desk->now_us;
}

/* An idle millisecond of the slot is one of the host at least. */
static int desk_wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	struct desk *desk = backend;
	uint8_t bytes[256];
	ssize_t n = 0;

	(void)err;
	*ret = SLOT_WAIT_DEADLINE;
	if (desk->receiving && child_runs(&desk->child))
		child_poll(&desk->child, STEP_MS);
	if (desk->receiving) /* its last word may come after its end */
		n = child_read(&desk->child, bytes, sizeof(bytes));
	for (ssize_t i = 0; i < n; i++)
		delivery_port_console(&desk->port, bytes[i]);
	if (deadline_us > desk->now_us)
		desk->now_us = deadline_us;
	return 0;
}

static int desk_set(void *backend, uint32_t baud, struct err *err)
{
	(void)backend;
	(void)baud;
	(void)err;
	return 0;
}

static int desk_send(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
		     struct err *err)
{
	struct desk *desk = backend;
	ssize_t n;

	(void)err;
	*ret_sent = len;
	if (desk->receiving) {
		n = child_write(&desk->child, bytes, len);
		*ret_sent = n > 0 ? (size_t)n : 0;
	} else if (bytes[0] == 'i') {
		say(desk, "Your device id is 000000000000000000000000\r\n");
	} else if (bytes[0] == 'f') {
		start_receiver(desk);
	}
	return 0;
}

static int desk_hold(void *backend, enum slot_line line, enum slot_hold hold, struct err *err)
{
	(void)backend;
	(void)line;
	(void)hold;
	(void)err;
	return 0;
}

static const struct slot_time_ops time_ops = { .now_us = desk_now, .wait = desk_wait };
static const struct slot_line_ops line_ops = { .hold = desk_hold };
static const struct slot_console_ops console_ops = { .set = desk_set, .send = desk_send };

static const uint32_t blocks[] = { 128, 1024 };

START_TEST(a_file_arrives_as_it_is)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	const struct delivery_board board = { .name = "p1", .setup_listening_us = 1000 };
	const struct delivery_options options = { .chunk_bytes = blocks[_i],
						  .sum = DELIVERY_SUM_RIGHT };
	struct delivery_context context = {
		.slot = &desk->slot, .board = &board, .options = &options, .port = &desk->port
	};
	struct image image = { .len = IMAGE_LEN };
	const struct delivery_part part = { .number = 1, .name = "user", .image = &image };
	const struct delivery_run run = { .context = &context, .part = &part };
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	uint8_t bytes[IMAGE_LEN];
	AUTO_FREE uint8_t *there = NULL;
	char path[TEXT_MAX];
	size_t len = 0;

	if (system("command -v rb >/dev/null") != 0) {
		free(desk);
		TEST_SKIP("there is no rb (Debian package lrzsz)");
	}
	peer_module_make(bytes, sizeof(bytes), 8, 5);
	image.bytes = bytes;
	desk->folder = testing_folder();
	desk->slot = (struct slot){ .name = "desk",
				    .capabilities = SLOT_SETUP | SLOT_CONSOLE,
				    .backend = desk,
				    .time = &time_ops,
				    .lines = &line_ops,
				    .console = &console_ops };
	delivery_port_init(&desk->port, &desk->slot);
	ck_assert_int_eq(delivery_open(&delivery_ymodem, &context, NULL), 0);
	ck_assert_int_eq(delivery_prepare(&delivery_ymodem, &run, &outcome, NULL), 0);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert_int_eq(delivery_send(&delivery_ymodem, &run, &outcome, NULL), 0);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert_int_eq(child_wait(&desk->child), 0);
	child_end(&desk->child);
	delivery_close(&delivery_ymodem, &context);
	snprintf(path, sizeof(path), "%s/binary", desk->folder);
	ck_assert_int_eq(file_read(path, IMAGE_BYTES_MAX, &there, &len, NULL), 0);
	ck_assert_uint_eq(len, IMAGE_LEN); /* rb cuts off the padding by the size it was told */
	ck_assert_mem_eq(there, bytes, IMAGE_LEN);
	free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery by ymodem, to rb");
	TCase *tcase = tcase_create("rb");

	tcase_set_timeout(tcase, 90);
	tcase_add_loop_test(tcase, a_file_arrives_as_it_is, 0, ARRAY_LEN(blocks));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
