/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's own structures, which the C library's do not go together with. */
#include "kernel/baud.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/termios.h>
#include <sys/syscall.h>
#include <unistd.h>

int baud_touch(const char *path, unsigned int baud)
{
	struct termios2 settings;
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_ioctl, fd, TCGETS2, &settings) < 0) {
		r = -errno;
	} else {
		settings.c_cflag &= ~(tcflag_t)(CBAUD | CBAUD << IBSHIFT);
		settings.c_cflag |= BOTHER | BOTHER << IBSHIFT;
		settings.c_ispeed = settings.c_ospeed = baud;
		if (syscall(SYS_ioctl, fd, TCSETS2, &settings) < 0)
			r = -errno;
	}
	close(fd);
	return r;
}
