/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/guard.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RETRY_MS = 20, RETRY_US_MAX = 5000000 };

struct guard {
	pid_t pid;
	int fd; /* what is written here is the word that all is well; closed without it, it is not
		 */
};

static const char word = 'q';

/* Nothing of the parent's may be kept open: its lines would stay taken. */
static int leave_everything(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < 3 && null >= 0; i++)
		dup2(null, i);
	if (fd != 3)
		dup2(fd, 3);
	close_range(4, ~0U, 0);
	return 3;
}

static void ignore_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT };

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		signal(signals[i], SIG_IGN);
}

static void watch(int fd, int (*safe)(void *ctx, struct err *err), void *ctx)
{
	int64_t until_us;
	char said = 0;
	ssize_t len;

	prctl(PR_SET_NAME, "otarig-guard");
	setsid();
	ignore_signals();
	fd = leave_everything(fd);
	do
		len = read(fd, &said, 1);
	while (len < 0 && errno == EINTR);
	if (len == 1 && said == word)
		return;
	until_us = clock_now_us() + RETRY_US_MAX;
	while (safe(ctx, NULL) < 0 && clock_now_us() < until_us)
		poll(NULL, 0, RETRY_MS);
}

int guard_start(int (*safe)(void *ctx, struct err *err), void *ctx, struct guard **ret,
		struct err *err)
{
	struct guard *guard = calloc(1, sizeof(*guard));
	int ends[2] = { -1, -1 };
	int r = 0;

	if (!guard)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a guard");
	if (pipe2(ends, O_CLOEXEC) != 0)
		r = -errno;
	if (r == 0)
		guard->pid = fork();
	if (guard->pid < 0)
		r = -errno;
	if (r == 0 && guard->pid == 0) {
		close(ends[1]);
		watch(ends[0], safe, ctx);
		_exit(0);
	}
	if (ends[0] >= 0)
		close(ends[0]);
	if (r < 0) {
		if (ends[1] >= 0)
			close(ends[1]);
		free(guard);
		return err_set(err, ERR_RIG, r, "cannot start a guard: %s", strerror(-r));
	}
	guard->fd = ends[1];
	*ret = guard;
	return 0;
}

void guard_dismiss(struct guard *guard)
{
	if (!guard)
		return;
	IGNORE(write(guard->fd, &word, 1) < 0, "a guard that is gone needs no word");
	close(guard->fd);
	while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(guard);
}
