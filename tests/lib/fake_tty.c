/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/fake_tty.h"

#include "lib/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/termios.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

static const char listed[] = "/sys/class/tty/pts/";

static struct fake_tty_calls calls;

/* The calls below stand before those of the C library, in this program and the libraries it uses;
 * some of them have another name in the library's older programs. */
int ioctl(int fd, unsigned long request, ...);
int __lxstat(int version, const char *path, struct stat *st);
ssize_t __readlink_chk(const char *path, char *buf, size_t len, size_t size);

struct fake_tty_calls *fake_tty_calls(void)
{
	return &calls;
}

static int kernel_ioctl(int fd, unsigned long request, void *argument)
{
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

int ioctl(int fd, unsigned long request, ...)
{
	const struct termios2 *termios;
	va_list args;
	void *argument;
	int r;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (request == TCSETS2) {
		termios = argument;
		if (termios->c_ospeed == calls.refused_speed) {
			errno = EINVAL;
			return -1;
		}
		if (calls.speed_count < FAKE_TTY_SPEEDS_MAX)
			calls.speeds[calls.speed_count++] = termios->c_ospeed;
	}
	if (request == TIOCSBRK || request == TIOCCBRK) {
		if (request == TIOCSBRK && calls.break_errno) {
			errno = calls.break_errno;
			return -1;
		}
		calls.breaks += request == TIOCSBRK ? 1 : -1;
		return 0;
	}
	r = kernel_ioctl(fd, request, argument);
	if (request == TCSETS2 && calls.vanishing &&
	    ((const struct termios2 *)argument)->c_ospeed == calls.vanish_at_speed)
		fake_tty_vanish(calls.vanishing);
	if (r == 0 || (errno != ENOTTY && errno != EINVAL))
		return r;
	if (request == TIOCMGET)
		*(int *)argument = 0;
	return request == TIOCMGET || request == TIOCMBIS || request == TIOCMBIC ? 0 : r;
}

static int list_one(const char *path, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFLNK | 0777;
	return strncmp(path, listed, sizeof(listed) - 1) == 0 ? 0 : -1;
}

int lstat(const char *restrict path, struct stat *restrict st)
{
	return list_one(path, st) == 0 ? 0 : fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int __lxstat(int version, const char *path, struct stat *st)
{
	(void)version;
	return lstat(path, st);
}

ssize_t readlink(const char *restrict path, char *restrict buf, size_t len)
{
	static const char target[] = "../../devices/virtual/tty";

	if (strncmp(path, listed, sizeof(listed) - 1) != 0)
		return readlinkat(AT_FDCWD, path, buf, len);
	memcpy(buf, target, sizeof(target) - 1);
	return sizeof(target) - 1;
}

ssize_t __readlink_chk(const char *path, char *buf, size_t len, size_t size)
{
	(void)size;
	return readlink(path, buf, len);
}

bool fake_tty_open(struct fake_tty *tty)
{
	memset(&calls, 0, sizeof(calls));
	tty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (tty->master < 0)
		return false;
	ck_assert_int_eq(grantpt(tty->master), 0);
	ck_assert_int_eq(unlockpt(tty->master), 0);
	ck_assert_int_eq(ptsname_r(tty->master, tty->path, sizeof(tty->path)), 0);
	return true;
}

void fake_tty_vanish(struct fake_tty *tty)
{
	close(tty->master);
	tty->master = -1;
}

uint32_t fake_tty_speed(const struct fake_tty *tty)
{
	struct termios2 termios;

	ck_assert_int_eq(kernel_ioctl(tty->master, TCGETS2, &termios), 0);
	return termios.c_ospeed;
}

size_t fake_tty_read(const struct fake_tty *tty, uint8_t *ret, size_t max)
{
	ssize_t n = read(tty->master, ret, max);

	return n < 0 ? 0 : (size_t)n;
}

void fake_tty_expect(const struct fake_tty *tty, uint8_t *ret, size_t len)
{
	struct pollfd file = { tty->master, POLLIN, 0 };
	size_t got = 0;

	while (got < len) {
		ck_assert_int_eq(poll(&file, 1, PATIENCE_MS), 1);
		got += fake_tty_read(tty, ret + got, len - got);
	}
}

void fake_tty_write(const struct fake_tty *tty, const void *bytes, size_t len)
{
	ck_assert_int_eq(write(tty->master, bytes, len), (ssize_t)len);
}
