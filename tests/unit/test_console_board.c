/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The serial line of a real slot that is the board's own USB device: it comes and goes with it. */
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

/* What means something is followed by what means nothing, so that it can be said again. */
START_TEST(meaningful_speeds_of_a_boards_usb)
{
	TTY_OR_SKIP();
	console_desk_plug(&desk, "ttyACM0", 5, &desk.tty);
	console_desk_open_board(&desk);
	console_desk_set(&desk, 28800);
	ck_assert_uint_eq(fake_tty_speed(&desk.tty), CONSOLE_BAUD_NEUTRAL);
	ck_assert_uint_eq(fake_tty_calls()->speed_count, 1);
	ck_assert_uint_eq(fake_tty_calls()->speeds[0], 28800);
	console_desk_set(&desk, 14400);
	ck_assert_uint_eq(fake_tty_calls()->speed_count, 2);
	ck_assert_uint_eq(fake_tty_calls()->speeds[1], 14400);
	ck_assert_uint_eq(fake_tty_speed(&desk.tty), CONSOLE_BAUD_NEUTRAL);
	/* and a board that leaves on it has heard it */
	fake_tty_calls()->vanish_at_speed = 28800;
	fake_tty_calls()->vanishing = &desk.tty;
	console_desk_set(&desk, 28800);
	console_desk_step(&desk, 0, false);
	console_close(desk.console);
}
END_TEST

START_TEST(board_that_is_not_there)
{
	struct err err = ERR_INIT;

	TTY_OR_SKIP();
	console_desk_open_board(&desk);
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -ENODEV);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_ptr_nonnull(strstr(err.text, "1-1.4"));
	ck_assert_int_eq(console_due_us(desk.console), INT64_MAX);
	/* in DFU mode it has no serial line */
	fake_tree_plug(&desk.tree, "1-1.4", 5, 0x2b04, 0xd008, NULL);
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -ENODEV);
	/* listed, but its node is not there yet */
	fake_tree_unplug(&desk.tree, "1-1.4");
	console_desk_plug(&desk, "ttyACM0", 6, &(struct fake_tty){ .path = "/dev/pts/nowhere" });
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -ENODEV);
	console_close(desk.console);
}
END_TEST

/* It leaves and comes back under another number: found, opened, heard. */
static void leaves_and_returns(uint32_t baud, uint32_t baud_after)
{
	struct fake_tty next;

	console_desk_plug(&desk, "ttyACM0", 5, &desk.tty);
	console_desk_set(&desk, baud);
	fake_tty_write(&desk.tty, "one", 3);
	console_desk_step(&desk, 3, true);
	console_desk_unplug(&desk, "ttyACM0", &desk.tty);
	console_desk_step(&desk, 3, false);
	ck_assert_uint_eq(console_desk_send(&desk, "v", 1), 0);
	ck_assert_int_eq(console_fd(desk.console), -1);
	ck_assert(fake_tty_open(&next));
	console_desk_plug(&desk, "ttyACM3", 7, &next);
	console_desk_step(&desk, 3, true);
	ck_assert_str_eq(console_path(desk.console), next.path);
	ck_assert_uint_eq(fake_tty_speed(&next), baud_after);
	ck_assert_uint_eq(fake_tty_calls()->speed_count, 0);
	fake_tty_write(&next, "two", 3);
	console_desk_step(&desk, 6, true);
	ck_assert_mem_eq(desk.heard, "onetwo", 6);
	ck_assert_uint_eq(console_desk_send(&desk, "v", 1), 1);
	console_close(desk.console);
	close(next.master);
}

START_TEST(board_that_comes_back)
{
	TTY_OR_SKIP();
	console_desk_open_board(&desk);
	leaves_and_returns(115200, 115200);
}
END_TEST

/* A board that was asked for DFU mode is not asked again when it comes back. */
START_TEST(board_that_comes_back_after_a_touch)
{
	TTY_OR_SKIP();
	console_desk_open_board(&desk);
	leaves_and_returns(14400, CONSOLE_BAUD_NEUTRAL);
}
END_TEST

START_TEST(board_found_by_serial_number)
{
	TTY_OR_SKIP();
	ck_assert_int_eq(
		console_desk_open(&desk,
				  (struct console_settings){ .serial = "3B002A000447343138333038",
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
	console_desk_open_board(&desk);
	console_desk_plug(&desk, "ttyACM0", 5, &desk.tty);
	console_desk_set(&desk, 9600);
	console_desk_unplug(&desk, "ttyACM0", &desk.tty);
	console_desk_step(&desk, 0, false);
	ck_assert_int_lt(console_due_us(desk.console), INT64_MAX);
	console_desk_set(&desk, 0);
	ck_assert_int_eq(console_due_us(desk.console), INT64_MAX);
	ck_assert(fake_tty_open(&next));
	console_desk_plug(&desk, "ttyACM0", 6, &next);
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
	console_desk_open_board(&desk);
	console_desk_plug(&desk, "ttyACM0", 5, &desk.tty);
	console_desk_set(&desk, 9600);
	console_desk_unplug(&desk, "ttyACM0", &desk.tty);
	ck_assert_int_eq(console_send(desk.console, (const uint8_t *)"v", 1, &sent, &err), 0);
	ck_assert_uint_eq(sent, 0);
	ck_assert(!console_is_open(desk.console));
	ck_assert(fake_tty_open(&desk.tty));
	console_desk_plug(&desk, "ttyACM1", 6, &desk.tty);
	console_desk_step(&desk, 0, true);
	console_desk_unplug(&desk, "ttyACM1", &desk.tty);
	ck_assert_int_eq(console_set(desk.console, 115200, &err), -ENODEV);
	ck_assert(!console_is_open(desk.console));
	console_desk_set(&desk, 0);
	console_close(desk.console);
}
END_TEST

/* Somebody looks at each port that comes, for a while: that is waited for. */
START_TEST(line_that_another_program_has_for_a_while)
{
	struct fake_tty next;
	int other;

	TTY_OR_SKIP();
	console_desk_open_board(&desk);
	console_desk_plug(&desk, "ttyACM0", 5, &desk.tty);
	console_desk_set(&desk, 9600);
	console_desk_unplug(&desk, "ttyACM0", &desk.tty);
	console_desk_step(&desk, 0, false);
	ck_assert(fake_tty_open(&next));
	other = open(next.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_eq(flock(other, LOCK_EX), 0);
	console_desk_plug(&desk, "ttyACM0", 6, &next);
	for (int i = 0; i < 4; i++) {
		usleep(21000);
		ck_assert_int_eq(console_step(desk.console, NULL), 0);
		ck_assert(!console_is_open(desk.console));
	}
	close(other);
	console_desk_step(&desk, 0, true);
	console_close(desk.console);
	close(next.master);
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
	console_desk_open_board(&desk);
	if (!fake_tree_become_nobody(&desk.tree))
		TEST_SKIP("only root can give its rights up");
	ck_assert_int_eq(console_set(desk.console, 9600, &err), -ENODEV);
	ck_assert_ptr_nonnull(strstr(err.text, "just coming"));
	console_close(desk.console);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		meaningful_speeds_of_a_boards_usb,
		board_that_is_not_there,
		board_that_comes_back,
		board_that_comes_back_after_a_touch,
		board_found_by_serial_number,
		gone_and_let_go_it_stays_away,
		board_that_vanishes_in_any_call,
		line_that_another_program_has_for_a_while,
		permission_of_a_node_that_is_just_coming,
	};
	Suite *suite = suite_create("console: a board's usb");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 30);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
