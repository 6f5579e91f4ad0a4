/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people are told about device nodes that cannot be opened. */
#include "base/macros.h"
#include "bench/linux/node.h"
#include "lib/fake_usb_tree.h"
#include "lib/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void check_text(const struct err *err, int code, const char *const words[], size_t count)
{
	ck_assert_int_eq(err->kind, ERR_RIG);
	ck_assert_int_eq(err->code, code);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(strstr(err->text, words[i]) != NULL, "'%s' is not in: %s", words[i],
			      err->text);
}

START_TEST(other_reasons_are_told_as_they_are)
{
	const char *const words[] = { "'/dev/x'", "No such device" };
	struct err err = ERR_INIT;

	ck_assert_int_eq(node_refused("/dev/x", NODE_USB, -ENODEV, &err), -ENODEV);
	check_text(&err, -ENODEV, words, ARRAY_LEN(words));
}
END_TEST

START_TEST(node_that_is_not_there)
{
	const char *const words[] = { "no permission", "/nowhere/x" };
	struct err err = ERR_INIT;

	ck_assert_int_eq(node_refused("/nowhere/x", NODE_USB, -EACCES, &err), -EACCES);
	check_text(&err, -EACCES, words, ARRAY_LEN(words));
}
END_TEST

START_TEST(group_and_rule_are_named)
{
	static const struct {
		mode_t mode;
		gid_t group;
		enum node_kind kind;
		const char *words[3];
	} cases[] = {
		/* the group may write: to be in it is all that is missing */
		{ 0660, 20, NODE_TTY, { "group 'dialout'", "not in it", "tty" } },
		{ 0660, 46, NODE_USB, { "group 'plugdev'", "not in it", "tty" } },
		{ 0660, 64321, NODE_USB, { "group '64321'", "not in it", "tty" } },
		/* it may not: a rule is needed */
		{ 0600, 0, NODE_USB, { "group 'root'", "mode 600", "SUBSYSTEM==\"usb\"" } },
		{ 0644, 0, NODE_TTY, { "group 'root'", "mode 644", "SUBSYSTEM==\"tty\"" } },
		{ 0644, 0, NODE_USB_PORT_FILE, { "group 'root'", "disable", "DRIVER==\"hub\"" } },
	};
	struct fake_usb_tree tree;
	char path[FAKE_TREE_PATH_MAX + 16];

	fake_tree_init(&tree);
	snprintf(path, sizeof(path), "%s/tty", tree.dev);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;

		if (getuid() != 0)
			TEST_SKIP("only root can give files away");
		ck_assert_int_eq(chown(path, 0, cases[i].group), 0);
		ck_assert_int_eq(chmod(path, cases[i].mode), 0);
		ck_assert_int_eq(node_refused(path, cases[i].kind, -EACCES, &err), -EACCES);
		check_text(&err, -EACCES, cases[i].words, 3);
	}
}
END_TEST

START_TEST(holder_is_named)
{
	const char *const words[] = { "in use by", "sleep (process " };
	const char *const nobody[] = { "in use by another program" };
	struct err err = ERR_INIT;
	char name[64];
	int slave, master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int ready[2];
	pid_t pid;
	char byte;

	if (master < 0)
		TEST_SKIP("there are no pseudo terminals");
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	ck_assert_int_eq(ptsname_r(master, name, sizeof(name)), 0);
	ck_assert_int_eq(node_refused(name, NODE_TTY, -EBUSY, &err), -EBUSY);
	check_text(&err, -EBUSY, nobody, ARRAY_LEN(nobody));
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(slave, 0);
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		ck_assert_int_eq(dup2(slave, 9), 9); /* which outlives what follows */
		execlp("sleep", "sleep", "60", (char *)NULL);
		_exit(1);
	}
	close(slave);
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 0); /* closed by the program that began */
	ck_assert_int_eq(node_refused(name, NODE_TTY, -EAGAIN, &err), -EBUSY);
	check_text(&err, -EBUSY, words, ARRAY_LEN(words));
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("device nodes");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, other_reasons_are_told_as_they_are);
	tcase_add_test(tcase, node_that_is_not_there);
	tcase_add_test(tcase, group_and_rule_are_named);
	tcase_add_test(tcase, holder_is_named);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
