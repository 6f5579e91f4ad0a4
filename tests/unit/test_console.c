/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The serial line of a real slot, over pseudo terminals. */
#include "base/clock.h"
#include "base/macros.h"
#include "bench/linux/console.h"
#include "lib/fake_tty.h"
#include "lib/fake_usb_tree.h"
#include "lib/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEARD_MAX = 65536, SOON_US = 2000000 };

struct desk {
	struct fake_tty tty;
	struct fake_usb_tree tree;
	struct console *console;
	uint8_t heard[HEARD_MAX];
	size_t count;
	int64_t last_us;
};

static struct desk desk; /* one a test: each runs in a process of its own */

static void on_byte(void *ctx, int64_t t_us, uint8_t byte)
{
	struct desk *d = ctx;

	ck_assert_int_ge(t_us, d->last_us);
	ck_assert_int_le(t_us, clock_now_us());
	ck_assert_uint_lt(d->count, HEARD_MAX);
	d->heard[d->count++] = byte;
	d->last_us = t_us;
}

static int open_with(struct console_settings settings, struct err *err)
{
	settings.listener = (struct console_listener){ &desk, on_byte };
	settings.sysfs = desk.tree.sysfs;
	settings.dev = desk.tree.dev;
	return console_open(&settings, &desk.console, err);
}

/* A uart, by its path. */
static void open_uart(void)
{
	ck_assert_int_eq(open_with((struct console_settings){ .path = desk.tty.path,
							      .line = CONSOLE_LINE_UART },
				   NULL),
			 0);
}

/* The tty of the device that is on 1-1.4 from now on. */
static void plug(const char *name, unsigned int number, const struct fake_tty *tty)
{
	char path[FAKE_TREE_PATH_MAX + 64];

	fake_tree_plug(&desk.tree, "1-1.4", number, 0x2b04, 0xc008, "3b002a000447343138333038");
	fake_tree_folder(&desk.tree, "1-1.4", "1-1.4:1.0/tty");
	snprintf(path, sizeof(path), "1-1.4:1.0/tty/%s", name);
	fake_tree_folder(&desk.tree, "1-1.4", path);
	snprintf(path, sizeof(path), "%s/%s", desk.tree.dev, name);
	ck_assert_int_eq(symlink(tty->path, path), 0);
}

static void unplug(const char *name, struct fake_tty *tty)
{
	char path[FAKE_TREE_PATH_MAX + 64];

	fake_tree_unplug(&desk.tree, "1-1.4");
	snprintf(path, sizeof(path), "%s/%s", desk.tree.dev, name);
	ck_assert_int_eq(unlink(path), 0);
	fake_tty_vanish(tty);
}

static void open_board(void)
{
	ck_assert_int_eq(open_with((struct console_settings){ .port = "1-1.4",
							      .line = CONSOLE_LINE_BOARD_USB },
				   NULL),
			 0);
}

static void set(uint32_t baud)
{
	struct err err = ERR_INIT;

	ck_assert_msg(console_set(desk.console, baud, &err) == 0, "%s", err.text);
}

static size_t send_bytes(const void *bytes, size_t len)
{
	size_t sent = 77777;

	ck_assert_int_eq(console_send(desk.console, bytes, len, &sent, NULL), 0);
	return sent;
}

/* Polls and steps until 'count' bytes were heard, or the line is open or not as 'open' says. */
static void step_until(size_t count, bool open)
{
	int64_t until_us = clock_now_us() + SOON_US;

	while (desk.count < count || console_is_open(desk.console) != open) {
		struct pollfd file = { console_fd(desk.console), POLLIN, 0 };

		ck_assert_int_lt(clock_now_us(), until_us);
		ck_assert(file.fd >= 0 || console_due_us(desk.console) != INT64_MAX);
		poll(&file, 1, 10);
		ck_assert_int_eq(console_step(desk.console, NULL), 0);
	}
}

#define TTY_OR_SKIP()                  \
	fake_tree_init(&desk.tree);    \
	if (!fake_tty_open(&desk.tty)) \
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
	open_uart();
	ck_assert_int_eq(console_fd(desk.console), -1);
	ck_assert_int_eq(console_due_us(desk.console), INT64_MAX);
	ck_assert_uint_eq(send_bytes("v", 1), 0); /* let go */
	ck_assert_str_eq(console_path(desk.console), "");
	set(115200);
	ck_assert_str_eq(console_path(desk.console), desk.tty.path);
	ck_assert_uint_eq(fake_tty_speed(&desk.tty), 115200);
	fake_tty_write(&desk.tty, "a\0\r\n\xff\x11\x13\x03",
		       8); /* nothing is swallowed or changed */
	step_until(8, true);
	ck_assert_mem_eq(desk.heard, "a\0\r\n\xff\x11\x13\x03", 8);
	ck_assert_uint_eq(send_bytes("v\r\n\0\x11\xff", 6), 6);
	ck_assert_uint_eq(fake_tty_read(&desk.tty, bytes, sizeof(bytes)), 6);
	ck_assert_mem_eq(bytes, "v\r\n\0\x11\xff", 6);
	ck_assert_uint_eq(send_bytes("", 0), 0);
	ck_assert_int_eq(console_step(desk.console, NULL), 0);
	ck_assert_uint_eq(desk.count, 8);
	console_close(desk.console);
}
END_TEST

START_TEST(every_speed)
{
	static const uint32_t speeds[] = { 9600, 14400, 28800, 57600, 115200, 921600, 31250, 300 };

	TTY_OR_SKIP();
	open_uart();
	for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
		set(speeds[i]);
		ck_assert_uint_eq(fake_tty_speed(&desk.tty), speeds[i]);
	}
	console_close(desk.console);
}
END_TEST

START_TEST(speed_that_cannot_be)
{
	struct err err = ERR_INIT;

	TTY_OR_SKIP();
	open_uart();
	ck_assert_int_eq(console_set(desk.console, CONSOLE_BAUD_MAX + 1, &err), -EINVAL);
	fake_tty_calls()->refused_speed = 14400;
	ck_assert_int_eq(console_set(desk.console, 14400, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "14400 baud"));
	ck_assert(!console_is_open(desk.console));
	set(9600);
	ck_assert_int_eq(console_set(desk.console, 14400, &err), -EINVAL);
	ck_assert(console_is_open(desk.console));
	console_close(desk.console);
}
END_TEST

START_TEST(let_go_it_is_silent)
{
	uint8_t bytes[16];

	TTY_OR_SKIP();
	open_uart();
	set(9600);
	set(0);
	ck_assert_int_eq(console_fd(desk.console), -1);
	ck_assert_uint_eq(send_bytes("v", 1), 0);
	ck_assert_int_eq(console_step(desk.console, NULL), 0);
	ck_assert_uint_eq(fake_tty_read(&desk.tty, bytes, sizeof(bytes)), 0);
	set(0);
	set(9600);
	fake_tty_write(&desk.tty, "x", 1);
	step_until(1, true);
	console_close(desk.console);
}
END_TEST

/* More than a line takes: what was taken is told, and the rest can be sent later. */
START_TEST(full_line_takes_less)
{
	static uint8_t bytes[HEARD_MAX], back[HEARD_MAX];
	size_t sent, got = 0, again;

	TTY_OR_SKIP();
	open_uart();
	set(115200);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31);
	sent = send_bytes(bytes, sizeof(bytes));
	ck_assert_uint_gt(sent, 0);
	ck_assert_uint_lt(sent, sizeof(bytes));
	while ((again = send_bytes(bytes + sent, sizeof(bytes) - sent)) > 0)
		sent += again;
	for (int i = 0; i < 10000 && got < sent; i++)
		got += fake_tty_read(&desk.tty, back + got, sizeof(back) - got);
	ck_assert_uint_eq(got, sent);
	ck_assert_mem_eq(back, bytes, sent);
	ck_assert_uint_gt(send_bytes(bytes + sent, 1), 0);
	console_close(desk.console);
}
END_TEST

/* Many bytes at once come over several steps, none lost. */
START_TEST(flood_is_heard)
{
	uint8_t bytes[1000];
	size_t written = 0;

	TTY_OR_SKIP();
	open_uart();
	set(115200);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	while (written < 30000) {
		ssize_t n = write(desk.tty.master, bytes + written % 1000, 1000 - written % 1000);

		if (n > 0)
			written += (size_t)n;
		ck_assert_int_eq(console_step(desk.console, NULL), 0);
	}
	step_until(written, true);
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
	open_uart();
	set(9600);
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
	open_uart();
	set(9600);
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
	open_uart();
	set(9600);
	fake_tty_vanish(&desk.tty);
	ck_assert_int_eq(console_set(desk.console, 115200, &err), -ENODEV);
	console_close(desk.console);
}
END_TEST

/* What means something is followed by what means nothing, so that it can be said again. */
START_TEST(meaningful_speeds_of_a_boards_usb)
{
	TTY_OR_SKIP();
	plug("ttyACM0", 5, &desk.tty);
	open_board();
	set(28800);
	ck_assert_uint_eq(fake_tty_speed(&desk.tty), CONSOLE_BAUD_NEUTRAL);
	ck_assert_uint_eq(fake_tty_calls()->speed_count, 1);
	ck_assert_uint_eq(fake_tty_calls()->speeds[0], 28800);
	set(14400);
	ck_assert_uint_eq(fake_tty_calls()->speed_count, 2);
	ck_assert_uint_eq(fake_tty_calls()->speeds[1], 14400);
	ck_assert_uint_eq(fake_tty_speed(&desk.tty), CONSOLE_BAUD_NEUTRAL);
	/* and a board that leaves on it has heard it */
	fake_tty_calls()->vanish_at_speed = 28800;
	fake_tty_calls()->vanishing = &desk.tty;
	set(28800);
	step_until(0, false);
	console_close(desk.console);
}
END_TEST

START_TEST(board_that_is_not_there)
{
	struct err err = ERR_INIT;

	TTY_OR_SKIP();
	open_board();
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -ENODEV);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_ptr_nonnull(strstr(err.text, "1-1.4"));
	ck_assert_int_eq(console_due_us(desk.console), INT64_MAX);
	/* in DFU mode it has no serial line */
	fake_tree_plug(&desk.tree, "1-1.4", 5, 0x2b04, 0xd008, NULL);
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -ENODEV);
	/* listed, but its node is not there yet */
	fake_tree_unplug(&desk.tree, "1-1.4");
	plug("ttyACM0", 6, &desk.tty);
	fake_tty_vanish(&desk.tty);
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -ENODEV);
	console_close(desk.console);
}
END_TEST

/* It leaves and comes back under another number: found, opened, heard. */
static void leaves_and_returns(uint32_t baud, uint32_t baud_after)
{
	struct fake_tty next;

	plug("ttyACM0", 5, &desk.tty);
	set(baud);
	fake_tty_write(&desk.tty, "one", 3);
	step_until(3, true);
	unplug("ttyACM0", &desk.tty);
	step_until(3, false);
	ck_assert_uint_eq(send_bytes("v", 1), 0);
	ck_assert_int_eq(console_fd(desk.console), -1);
	ck_assert(fake_tty_open(&next));
	plug("ttyACM3", 7, &next);
	step_until(3, true);
	ck_assert_str_eq(console_path(desk.console), next.path);
	ck_assert_uint_eq(fake_tty_speed(&next), baud_after);
	ck_assert_uint_eq(fake_tty_calls()->speed_count, 0);
	fake_tty_write(&next, "two", 3);
	step_until(6, true);
	ck_assert_mem_eq(desk.heard, "onetwo", 6);
	ck_assert_uint_eq(send_bytes("v", 1), 1);
	console_close(desk.console);
	close(next.master);
}

START_TEST(board_that_comes_back)
{
	TTY_OR_SKIP();
	open_board();
	leaves_and_returns(115200, 115200);
}
END_TEST

/* A board that was asked for DFU mode is not asked again when it comes back. */
START_TEST(board_that_comes_back_after_a_touch)
{
	TTY_OR_SKIP();
	open_board();
	leaves_and_returns(14400, CONSOLE_BAUD_NEUTRAL);
}
END_TEST

START_TEST(board_found_by_serial_number)
{
	TTY_OR_SKIP();
	ck_assert_int_eq(open_with((struct console_settings){ .serial = "3B002A000447343138333038",
							      .line = CONSOLE_LINE_BOARD_USB },
				   NULL),
			 0);
	leaves_and_returns(115200, 115200);
}
END_TEST

START_TEST(gone_and_let_go_it_stays_away)
{
	struct fake_tty next;

	TTY_OR_SKIP();
	open_board();
	plug("ttyACM0", 5, &desk.tty);
	set(9600);
	unplug("ttyACM0", &desk.tty);
	step_until(0, false);
	ck_assert_int_lt(console_due_us(desk.console), INT64_MAX);
	set(0);
	ck_assert_int_eq(console_due_us(desk.console), INT64_MAX);
	ck_assert(fake_tty_open(&next));
	plug("ttyACM0", 6, &next);
	ck_assert_int_eq(console_step(desk.console, NULL), 0);
	ck_assert(!console_is_open(desk.console));
	console_close(desk.console);
	close(next.master);
}
END_TEST

/* Vanishing in any call of a board's USB line is no error of the rig's, but a line that is gone. */
START_TEST(board_that_vanishes_in_any_call)
{
	struct err err = ERR_INIT;
	size_t sent = 77;

	TTY_OR_SKIP();
	open_board();
	plug("ttyACM0", 5, &desk.tty);
	set(9600);
	unplug("ttyACM0", &desk.tty);
	ck_assert_int_eq(console_send(desk.console, (const uint8_t *)"v", 1, &sent, &err), 0);
	ck_assert_uint_eq(sent, 0);
	ck_assert(!console_is_open(desk.console));
	ck_assert(fake_tty_open(&desk.tty));
	plug("ttyACM1", 6, &desk.tty);
	step_until(0, true);
	unplug("ttyACM1", &desk.tty);
	ck_assert_int_eq(console_set(desk.console, 115200, &err), -ENODEV);
	ck_assert(!console_is_open(desk.console));
	set(0);
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
	open_uart();
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.text, "in use"));
	ck_assert(!console_is_open(desk.console));
	close(other);
	set(9600);
	console_close(desk.console);
}
END_TEST

/* Somebody looks at each port that comes, for a while: that is waited for. */
START_TEST(line_that_another_program_has_for_a_while)
{
	struct fake_tty next;
	int other;

	TTY_OR_SKIP();
	open_board();
	plug("ttyACM0", 5, &desk.tty);
	set(9600);
	unplug("ttyACM0", &desk.tty);
	step_until(0, false);
	ck_assert(fake_tty_open(&next));
	other = open(next.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_eq(flock(other, LOCK_EX), 0);
	plug("ttyACM0", 6, &next);
	for (int i = 0; i < 4; i++) {
		usleep(21000);
		ck_assert_int_eq(console_step(desk.console, NULL), 0);
		ck_assert(!console_is_open(desk.console));
	}
	close(other);
	step_until(0, true);
	console_close(desk.console);
	close(next.master);
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
	ck_assert_int_eq(open_with(settings, &err), -ENOTTY);
	ck_assert_ptr_nonnull(strstr(err.text, "held low"));
	fake_tty_calls()->break_errno = 0;
	ck_assert_int_eq(open_with(settings, NULL), 0);
	ck_assert_int_eq(fake_tty_calls()->breaks, 1);
	ck_assert(!console_is_open(desk.console));
	ck_assert_uint_eq(send_bytes("v", 1), 0);
	fake_tty_write(&desk.tty, "x", 1);
	ck_assert_int_eq(console_step(desk.console, NULL), 0);
	ck_assert_uint_eq(desk.count, 0);
	set(115200);
	ck_assert_int_eq(fake_tty_calls()->breaks, 0);
	ck_assert_uint_eq(send_bytes("v", 1), 1);
	set(0);
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
	ck_assert_int_eq(
		open_with((struct console_settings){ .path = path, .line = CONSOLE_LINE_UART },
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

/* A node that has just come may not have got its group yet: that is "not there", for a while. */
START_TEST(permission_of_a_node_that_is_just_coming)
{
	struct err err = ERR_INIT;
	char path[FAKE_TREE_PATH_MAX + 16];

	TTY_OR_SKIP();
	fake_tree_plug(&desk.tree, "1-1.4", 5, 0x2b04, 0xc008, NULL);
	fake_tree_folder(&desk.tree, "1-1.4", "1-1.4:1.0/tty");
	fake_tree_folder(&desk.tree, "1-1.4", "1-1.4:1.0/tty/ttyACM0");
	snprintf(path, sizeof(path), "%s/ttyACM0", desk.tree.dev);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	open_board();
	if (!fake_tree_become_nobody(&desk.tree))
		TEST_SKIP("only root can give its rights up");
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -ENODEV);
	ck_assert_ptr_nonnull(strstr(err.text, "just coming"));
	console_close(desk.console);
}
END_TEST

START_TEST(path_that_is_no_serial_line)
{
	struct err err = ERR_INIT;

	TTY_OR_SKIP();
	ck_assert_int_eq(open_with((struct console_settings){ .path = "/dev/null",
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
		meaningful_speeds_of_a_boards_usb,
		board_that_is_not_there,
		board_that_comes_back,
		board_that_comes_back_after_a_touch,
		board_found_by_serial_number,
		gone_and_let_go_it_stays_away,
		board_that_vanishes_in_any_call,
		line_that_another_program_has,
		line_that_another_program_has_for_a_while,
		rests_in_break,
		permission,
		permission_of_a_node_that_is_just_coming,
		path_that_is_no_serial_line,
	};
	Suite *suite = suite_create("console");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 30);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
