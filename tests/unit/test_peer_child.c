/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs run by a test: what goes over the wire, how they end, and that none is left. */
#include "lib/child.h"
#include "lib/testing.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONG_US = 60000000, SHORT_US = 50000, POLL_MS = 1000 };

static const enum child_wire wires[] = { CHILD_SOCKET, CHILD_PTY };

static void no_child_is_left(void)
{
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}

START_TEST(bytes_go_both_ways)
{
	static const char *const argv[] = { "cat", NULL };
	/* what a terminal that is not raw would change or act upon */
	static const char bytes[] = "\x03\x04\x11\x13\r\n\x18\xff\x1a";
	struct child child;
	char heard[64];
	size_t count = 0;

	ck_assert_int_eq(child_start(&child, wires[_i], argv, LONG_US), 0);
	ck_assert_int_eq(child_read(&child, heard, sizeof(heard)), 0); /* does not wait */
	ck_assert_int_eq(child_write(&child, bytes, sizeof(bytes)), (int)sizeof(bytes));
	while (count < sizeof(bytes) && child_runs(&child)) {
		ssize_t n;

		child_poll(&child, POLL_MS);
		n = child_read(&child, heard + count, sizeof(heard) - count);
		ck_assert_int_ge(n, 0);
		count += (size_t)n;
	}
	ck_assert_uint_eq(count, sizeof(bytes));
	ck_assert_mem_eq(heard, bytes, sizeof(bytes));
	ck_assert_int_eq(child_end(&child), -SIGKILL);
	ck_assert(child.killed);
	no_child_is_left();
}
END_TEST

START_TEST(an_exit_code_and_what_was_said_before)
{
	static const char *const argv[] = { "sh", "-c", "echo out; echo err >&2; exit 3", NULL };
	struct child child;
	char text[64] = "";
	ssize_t n;

	ck_assert_int_eq(child_start(&child, wires[_i], argv, LONG_US), 0);
	ck_assert_int_eq(child_wait(&child), 3);
	ck_assert(!child.killed);
	child_poll(&child, POLL_MS);
	n = child_read(&child, text, sizeof(text) - 1);
	ck_assert_int_eq(n, 4);
	ck_assert_str_eq(text, "out\n");
	ck_assert_int_eq(child_read(&child, text, sizeof(text)), -EPIPE);
	child_errors(&child, text, sizeof(text));
	ck_assert_str_eq(text, "err\n");
	ck_assert_int_eq(child_end(&child), 3);
	ck_assert_int_eq(child_end(&child), 3);
	no_child_is_left();
}
END_TEST

START_TEST(a_child_dies_at_its_deadline_with_its_own_children)
{
	/* the pipe's other end is held by a grandchild too: end of file means that both are gone */
	static const char *const argv[] = { "sh", "-c", "sleep 1000 & sleep 1000", NULL };
	struct child child;
	char byte;

	ck_assert_int_eq(child_start(&child, wires[_i], argv, SHORT_US), 0);
	ck_assert_int_eq(child_wait(&child), -SIGKILL);
	ck_assert(child.killed);
	child_poll(&child, -1);
	ck_assert_int_eq(child_read(&child, &byte, 1), -EPIPE);
	child_end(&child);
	no_child_is_left();
}
END_TEST

START_TEST(a_program_that_is_not_there)
{
	static const char *const argv[] = { "no-such-program-here", NULL };
	struct child child;

	ck_assert_int_eq(child_start(&child, wires[_i], argv, LONG_US), -ENOENT);
	no_child_is_left();
}
END_TEST

START_TEST(writing_to_one_that_is_gone_does_not_kill_the_test)
{
	static const char *const argv[] = { "true", NULL };
	struct child child;

	ck_assert_int_eq(child_start(&child, CHILD_SOCKET, argv, LONG_US), 0);
	ck_assert_int_eq(child_wait(&child), 0);
	ck_assert_int_eq(child_write(&child, "x", 1), -EPIPE);
	child_end(&child);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_child");
	TCase *tcase = tcase_create("child");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, bytes_go_both_ways, 0, 2);
	tcase_add_loop_test(tcase, an_exit_code_and_what_was_said_before, 0, 2);
	tcase_add_loop_test(tcase, a_child_dies_at_its_deadline_with_its_own_children, 0, 2);
	tcase_add_loop_test(tcase, a_program_that_is_not_there, 0, 2);
	tcase_add_test(tcase, writing_to_one_that_is_gone_does_not_kill_the_test);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
