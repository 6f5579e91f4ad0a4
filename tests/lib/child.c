/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { NOTHING_RAN = 127, POLL_MS = 10 };

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Both ends of a raw terminal; no echo and no signals on it, whatever the child does not change. */
static int open_terminal(int ret_ends[2])
{
	struct termios raw;
	char name[64];
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave = -1;

	if (master < 0)
		return -errno;
	if (grantpt(master) == 0 && unlockpt(master) == 0 &&
	    ptsname_r(master, name, sizeof(name)) == 0)
		slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &raw) != 0) {
		int error = errno;

		if (slave >= 0)
			close(slave);
		close(master);
		return -error;
	}
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	ret_ends[0] = master;
	ret_ends[1] = slave;
	return 0;
}

/* In the child: never returns. What goes wrong is told on 'report'. */
static void become(enum child_wire wire, const char *const argv[], int end, int errors_fd,
		   int report)
{
	char *args[CHILD_ARGS_MAX + 1] = { NULL };
	int error;

	for (size_t i = 0; argv[i] && i < CHILD_ARGS_MAX; i++)
		args[i] = strdup(argv[i]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	if (wire == CHILD_PTY)
		ioctl(end, TIOCSCTTY, 0);
	if (dup2(end, STDIN_FILENO) >= 0 && dup2(end, STDOUT_FILENO) >= 0 &&
	    dup2(errors_fd, STDERR_FILENO) >= 0)
		execvp(args[0], args);
	error = errno;
	if (write(report, &error, sizeof(error)) != (ssize_t)sizeof(error))
		_exit(NOTHING_RAN - 1);
	_exit(NOTHING_RAN);
}

/* The child's errno when it could not become the program, 0 when it has. */
static int hear_report(int report)
{
	int error = 0;
	ssize_t n;

	do
		n = read(report, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(error) ? error : 0;
}

int child_start(struct child *child, enum child_wire wire, const char *const argv[],
		int64_t within_us)
{
	int ends[2], report[2];
	int error;

	*child = (struct child){ .fd = -1, .errors_fd = -1 };
	if (wire == CHILD_PTY)
		error = open_terminal(ends);
	else
		error = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : -errno;
	if (error < 0)
		return error;
	child->errors_fd = memfd_create("errors", MFD_CLOEXEC);
	if (child->errors_fd < 0 || pipe2(report, O_CLOEXEC) != 0) {
		error = errno;
		close(ends[0]);
		close(ends[1]);
		return -error;
	}
	child->fd = ends[0];
	fcntl(child->fd, F_SETFL, O_NONBLOCK);
	child->deadline_us = now_us() + within_us;
	child->pid = fork();
	if (child->pid == 0)
		become(wire, argv, ends[1], child->errors_fd, report[1]);
	error = child->pid < 0 ? errno : 0;
	close(ends[1]);
	close(report[1]);
	if (child->pid > 0)
		error = hear_report(report[0]);
	else
		child->pid = 0;
	close(report[0]);
	if (error != 0)
		child_end(child);
	return -error;
}

ssize_t child_read(struct child *child, void *bytes, size_t size)
{
	ssize_t n = read(child->fd, bytes, size);

	if (n > 0)
		return n;
	if (n == 0 || errno == EIO || errno == ECONNRESET)
		return -EPIPE;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

ssize_t child_write(struct child *child, const void *bytes, size_t len)
{
	struct stat kind;
	ssize_t n;

	/* a socket whose reader is gone would end the test by a signal */
	if (fstat(child->fd, &kind) == 0 && S_ISSOCK(kind.st_mode))
		n = send(child->fd, bytes, len, MSG_NOSIGNAL);
	else
		n = write(child->fd, bytes, len);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

void child_poll(struct child *child, int wait_ms)
{
	struct pollfd wire = { .fd = child->fd, .events = POLLIN };

	poll(&wire, 1, wait_ms);
}

static void reap(struct child *child, int options)
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(child->pid, &status, options);
	while (pid < 0 && errno == EINTR);
	if (pid != child->pid)
		return;
	child->status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	child->pid = 0;
}

/* Its session may have others in it. */
static void kill_all(struct child *child)
{
	child->killed = true;
	kill(-child->pid, SIGKILL);
	kill(child->pid, SIGKILL);
	reap(child, 0);
}

bool child_runs(struct child *child)
{
	if (child->pid > 0)
		reap(child, WNOHANG);
	if (child->pid > 0 && now_us() >= child->deadline_us)
		kill_all(child);
	return child->pid > 0;
}

int child_wait(struct child *child)
{
	while (child_runs(child))
		poll(NULL, 0, POLL_MS);
	return child->status;
}

int child_end(struct child *child)
{
	if (child->pid > 0)
		reap(child, WNOHANG);
	if (child->pid > 0)
		kill_all(child);
	if (child->fd >= 0)
		close(child->fd);
	if (child->errors_fd >= 0)
		close(child->errors_fd);
	child->fd = -1;
	child->errors_fd = -1;
	return child->status;
}

void child_errors(const struct child *child, char *ret_text, size_t size)
{
	ssize_t n = pread(child->errors_fd, ret_text, size - 1, 0);

	ret_text[n > 0 ? n : 0] = '\0';
}
