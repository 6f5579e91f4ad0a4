/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The serial line of a real slot, over pseudo terminals: what a uart does. */
#include "base/macros.h"
#include "lib/console_desk.h"
#include "lib/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static struct console_desk desk; /* one a test: each runs in a process of its own */

#define TTY_OR_SKIP()                  \
	if (!console_desk_init(&desk)) \
	TEST_SKIP("there are no pseudo terminals")

START_TEST(settings_that_name_no_line)
{
	static const struct console_settings cases[] = {
		{ .line = CONSOLE_LINE_UART },
		{ .line = CONSOLE_LINE_UART, .path = "ttyS0" },
		{ .line = CONSOLE_LINE_UART, .path = "" },
		{ .line = CONSOLE_LINE_BOARD_USB, .port = "usb1" },
		{ .line = CONSOLE_LINE_BOARD_USB, .serial = "" },
		{ .line = CONSOLE_LINE_BOARD_USB, .port = "1-1", .rest = CONSOLE_REST_BREAK },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct console *console = NULL;
		struct err err = ERR_INIT;

		ck_assert_msg(console_open(&cases[i], &console, &err) == -EINVAL, "case %zu", i);
		ck_assert_int_eq(err.kind, ERR_CONFIG);
		ck_assert_ptr_null(console);
	}
}
END_TEST

START_TEST(hears_and_says)
{
	uint8_t bytes[16];

	TTY_OR_SKIP();
	console_desk_open_uart(&desk);
	ck_assert_int_eq(console_fd(desk.console), -1);
	ck_assert_int_eq(console_due_us(desk.console), INT64_MAX);
	ck_assert_uint_eq(console_desk_send(&desk, "v", 1), 0); /* let go */
	ck_assert_str_eq(console_path(desk.console), "");
	console_desk_set(&desk, 115200);
	ck_assert_str_eq(console_path(desk.console), desk.tty.path);
	ck_assert_uint_eq(fake_tty_speed(&desk.tty), 115200);
	fake_tty_write(&desk.tty, "a\0\r\n\xff\x11\x13\x03",
		       8); /* nothing is swallowed or changed */
	console_desk_step(&desk, 8, true);
	ck_assert_mem_eq(desk.heard, "a\0\r\n\xff\x11\x13\x03", 8);
	ck_assert_uint_eq(console_desk_send(&desk, "v\r\n\0\x11\xff", 6), 6);
	fake_tty_expect(&desk.tty, bytes, 6);
	ck_assert_uint_eq(fake_tty_read(&desk.tty, bytes + 6, sizeof(bytes) - 6), 0);
	ck_assert_mem_eq(bytes, "v\r\n\0\x11\xff", 6);
	ck_assert_uint_eq(console_desk_send(&desk, "", 0), 0);
	ck_assert_int_eq(console_step(desk.console, NULL), 0);
	ck_assert_uint_eq(desk.count, 8);
	console_close(desk.console);
}
END_TEST

START_TEST(every_speed)
{
	static const uint32_t speeds[] = { 9600, 14400, 28800, 57600, 115200, 921600, 31250, 300 };

	TTY_OR_SKIP();
	console_desk_open_uart(&desk);
	for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
		console_desk_set(&desk, speeds[i]);
		ck_assert_uint_eq(fake_tty_speed(&desk.tty), speeds[i]);
	}
	console_close(desk.console);
}
END_TEST

START_TEST(speed_that_cannot_be)
{
	struct err err = ERR_INIT;

	TTY_OR_SKIP();
	console_desk_open_uart(&desk);
	ck_assert_int_eq(console_set(desk.console, CONSOLE_BAUD_MAX + 1, &err), -EINVAL);
	fake_tty_calls()->refused_speed = 14400;
	ck_assert_int_eq(console_set(desk.console, 14400, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "14400 baud"));
	ck_assert(!console_is_open(desk.console));
	console_desk_set(&desk, 9600);
	ck_assert_int_eq(console_set(desk.console, 14400, &err), -EINVAL);
	ck_assert(console_is_open(desk.console));
	console_close(desk.console);
}
END_TEST

START_TEST(let_go_it_is_silent)
{
	uint8_t bytes[16];

	TTY_OR_SKIP();
	console_desk_open_uart(&desk);
	console_desk_set(&desk, 9600);
	console_desk_set(&desk, 0);
	ck_assert_int_eq(console_fd(desk.console), -1);
	ck_assert_uint_eq(console_desk_send(&desk, "v", 1), 0);
	ck_assert_int_eq(console_step(desk.console, NULL), 0);
	ck_assert_uint_eq(fake_tty_read(&desk.tty, bytes, sizeof(bytes)), 0);
	console_desk_set(&desk, 0);
	console_desk_set(&desk, 9600);
	fake_tty_write(&desk.tty, "x", 1);
	console_desk_step(&desk, 1, true);
	console_close(desk.console);
}
END_TEST

/* More than a line takes: what was taken is told, and the rest can be sent later. */
START_TEST(full_line_takes_less)
{
	static uint8_t bytes[CONSOLE_DESK_HEARD_MAX], back[CONSOLE_DESK_HEARD_MAX];
	size_t sent, again;

	TTY_OR_SKIP();
	console_desk_open_uart(&desk);
	console_desk_set(&desk, 115200);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31);
	sent = console_desk_send(&desk, bytes, sizeof(bytes));
	ck_assert_uint_gt(sent, 0);
	ck_assert_uint_lt(sent, sizeof(bytes));
	while ((again = console_desk_send(&desk, bytes + sent, sizeof(bytes) - sent)) > 0)
		sent += again;
	fake_tty_expect(&desk.tty, back, sent);
	ck_assert_mem_eq(back, bytes, sent);
	ck_assert_uint_gt(console_desk_send(&desk, bytes + sent, 1), 0);
	console_close(desk.console);
}
END_TEST

/* Many bytes at once come over several steps, none lost. */
START_TEST(flood_is_heard)
{
	uint8_t bytes[1000];
	size_t written = 0;

	TTY_OR_SKIP();
	console_desk_open_uart(&desk);
	console_desk_set(&desk, 115200);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	while (written < 30000) {
		ssize_t n = write(desk.tty.master, bytes + written % 1000, 1000 - written % 1000);

		if (n > 0)
			written += (size_t)n;
		ck_assert_int_eq(console_step(desk.console, NULL), 0);
	}
	console_desk_step(&desk, written, true);
	for (size_t i = 0; i < written; i++)
		ck_assert_uint_eq(desk.heard[i], (uint8_t)(i % 1000));
	console_close(desk.console);
}
END_TEST

START_TEST(uart_that_vanishes_is_the_rigs_fault)
{
	struct err err = ERR_INIT;
	size_t sent = 77;

	TTY_OR_SKIP();
	console_desk_open_uart(&desk);
	console_desk_set(&desk, 9600);
	fake_tty_vanish(&desk.tty);
	ck_assert_int_eq(console_step(desk.console, &err), -ENODEV);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_ptr_nonnull(strstr(err.text, "is gone"));
	ck_assert(!console_is_open(desk.console));
	ck_assert_int_eq(console_send(desk.console, (const uint8_t *)"v", 1, &sent, NULL), 0);
	ck_assert_uint_eq(sent, 0);
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -ENODEV);
	console_close(desk.console);
}
END_TEST

START_TEST(line_that_vanishes_in_sending)
{
	struct err err = ERR_INIT;
	size_t sent = 77;

	TTY_OR_SKIP();
	console_desk_open_uart(&desk);
	console_desk_set(&desk, 9600);
	fake_tty_vanish(&desk.tty);
	ck_assert_int_eq(console_send(desk.console, (const uint8_t *)"v", 1, &sent, &err), -ENODEV);
	ck_assert_uint_eq(sent, 77);
	console_close(desk.console);
}
END_TEST

START_TEST(line_that_vanishes_in_setting)
{
	struct err err = ERR_INIT;

	TTY_OR_SKIP();
	console_desk_open_uart(&desk);
	console_desk_set(&desk, 9600);
	fake_tty_vanish(&desk.tty);
	ck_assert_int_eq(console_set(desk.console, 115200, &err), -ENODEV);
	console_close(desk.console);
}
END_TEST

START_TEST(line_that_another_program_has)
{
	struct err err = ERR_INIT;
	int other;

	TTY_OR_SKIP();
	other = open(desk.tty.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(other, 0);
	ck_assert_int_eq(flock(other, LOCK_EX), 0);
	console_desk_open_uart(&desk);
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.text, "in use"));
	ck_assert(!console_is_open(desk.console));
	close(other);
	console_desk_set(&desk, 9600);
	console_close(desk.console);
}
END_TEST

START_TEST(rests_in_break)
{
	struct console_settings settings = { .path = desk.tty.path,
					     .line = CONSOLE_LINE_UART,
					     .rest = CONSOLE_REST_BREAK };
	struct err err = ERR_INIT;

	TTY_OR_SKIP();
	fake_tty_calls()->break_errno = ENOTTY;
	ck_assert_int_eq(console_desk_open(&desk, settings, &err), -ENOTTY);
	ck_assert_ptr_nonnull(strstr(err.text, "held low"));
	fake_tty_calls()->break_errno = 0;
	ck_assert_int_eq(console_desk_open(&desk, settings, NULL), 0);
	ck_assert_int_eq(fake_tty_calls()->breaks, 1);
	ck_assert(!console_is_open(desk.console));
	ck_assert_uint_eq(console_desk_send(&desk, "v", 1), 0);
	fake_tty_write(&desk.tty, "x", 1);
	ck_assert_int_eq(console_step(desk.console, NULL), 0);
	ck_assert_uint_eq(desk.count, 0);
	console_desk_set(&desk, 115200);
	ck_assert_int_eq(fake_tty_calls()->breaks, 0);
	ck_assert_uint_eq(console_desk_send(&desk, "v", 1), 1);
	console_desk_set(&desk, 0);
	ck_assert_int_eq(fake_tty_calls()->breaks, 1);
	console_close(desk.console);
	ck_assert_int_eq(fake_tty_calls()->breaks, 0);
}
END_TEST

START_TEST(permission)
{
	struct err err = ERR_INIT;
	char path[FAKE_TREE_PATH_MAX + 16];

	TTY_OR_SKIP();
	snprintf(path, sizeof(path), "%s/ttyAMA0", desk.tree.dev);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	ck_assert_int_eq(console_desk_open(&desk,
					   (struct console_settings){ .path = path,
								      .line = CONSOLE_LINE_UART },
					   NULL),
			 0);
	if (!fake_tree_become_nobody(&desk.tree))
		TEST_SKIP("only root can give its rights up");
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -EACCES);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_ptr_nonnull(strstr(err.text, "group 'root'"));
	ck_assert_ptr_nonnull(strstr(err.text, "SUBSYSTEM==\"tty\""));
	console_close(desk.console);
}
END_TEST

START_TEST(path_that_is_no_serial_line)
{
	struct err err = ERR_INIT;

	TTY_OR_SKIP();
	ck_assert_int_eq(console_desk_open(&desk,
					   (struct console_settings){ .path = "/dev/null",
								      .line = CONSOLE_LINE_UART },
					   NULL),
			 0);
	ck_assert_int_lt(console_set(desk.console, 9600, &err), 0);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_ptr_nonnull(strstr(err.text, "/dev/null"));
	console_close(desk.console);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		settings_that_name_no_line,
		hears_and_says,
		every_speed,
		speed_that_cannot_be,
		let_go_it_is_silent,
		full_line_takes_less,
		flood_is_heard,
		uart_that_vanishes_is_the_rigs_fault,
		line_that_vanishes_in_sending,
		line_that_vanishes_in_setting,
		line_that_another_program_has,
		rests_in_break,
		permission,
		path_that_is_no_serial_line,
	};
	Suite *suite = suite_create("console: a uart");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 30);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
