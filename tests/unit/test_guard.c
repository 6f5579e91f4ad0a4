/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard acts when its process ends without a word, whatever it died of, and only then. */
#include "bench/linux/guard.h"
#include "lib/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOON_MS = 30000 };

/* The guard leaves all open files: what it did is seen in the file system. */
struct place {
	char fifo[256];
	char tries[256];
};

static int make_safe(void *ctx, struct err *err)
{
	const struct place *place = ctx;
	int fd;

	(void)err;
	/* the first time it fails: a line is held a moment longer */
	if (access(place->tries, F_OK) != 0) {
		fd = open(place->tries, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		close(fd);
		return -EBUSY;
	}
	fd = open(place->fifo, O_WRONLY | O_CLOEXEC);
	if (write(fd, "safe", 4) != 4)
		return -EIO;
	close(fd);
	return 0;
}

static void live_and_die(struct place *place, int how)
{
	struct guard *guard;

	if (guard_start(make_safe, place, &guard, NULL) < 0)
		_exit(77);
	if (how == 0)
		guard_dismiss(guard);
	if (how > 0) {
		signal(how, SIG_DFL); /* Check has handlers of its own */
		raise(how);
	}
	_exit(0);
}

static const int ways[] = { SIGKILL, SIGSEGV, SIGTERM, SIGHUP, SIGINT, SIGABRT, -1 /* _exit() */ };

static int begin(struct place *place, int how, int *ret_status)
{
	const char *folder = testing_folder();
	pid_t pid;
	int fd;

	snprintf(place->fifo, sizeof(place->fifo), "%s/fifo", folder);
	snprintf(place->tries, sizeof(place->tries), "%s/tries", folder);
	ck_assert_int_eq(mkfifo(place->fifo, 0600), 0);
	fd = open(place->fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	pid = fork();
	if (pid == 0)
		live_and_die(place, how);
	ck_assert_int_eq(waitpid(pid, ret_status, 0), pid);
	return fd;
}

START_TEST(a_death_makes_it_safe)
{
	struct place place;
	struct pollfd file = { .events = POLLIN };
	char said[8] = "";
	int status;

	file.fd = begin(&place, ways[_i], &status);
	ck_assert(ways[_i] < 0 ? WIFEXITED(status)
			       : WIFSIGNALED(status) && WTERMSIG(status) == ways[_i]);
	ck_assert_int_eq(poll(&file, 1, SOON_MS), 1);
	ck_assert_int_eq(read(file.fd, said, sizeof(said) - 1), 4);
	ck_assert_str_eq(said, "safe");
	close(file.fd);
}
END_TEST

START_TEST(a_word_is_enough)
{
	struct place place;
	int status;
	int fd = begin(&place, 0, &status);

	/* guard_dismiss() has waited for the guard: nothing is still to come */
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_ne(access(place.tries, F_OK), 0);
	close(fd);
	guard_dismiss(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guard");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_death_makes_it_safe, 0, ARRAY_LEN(ways));
	tcase_add_test(tcase, a_word_is_enough);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
