/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/uart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

enum { BOARD_PORT = 1, READ_BYTES = 64 };

int uart_open(const char *device)
{
	int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios termios;

	if (fd < 0 || tcgetattr(fd, &termios) < 0) {
		int code = errno;

		if (fd >= 0)
			close(fd);
		return -code;
	}
	cfmakeraw(&termios);
	cfsetspeed(&termios, B115200);
	termios.c_cflag |= CLOCAL | CREAD;
	if (tcsetattr(fd, TCSANOW, &termios) < 0 || tcflush(fd, TCIOFLUSH) < 0) {
		int code = errno;

		close(fd);
		return -code;
	}
	return fd;
}

void uart_put(int fd, uint8_t byte)
{
	if (write(fd, &byte, 1) < 0 && errno != EAGAIN)
		fprintf(stderr, "boards: a serial port takes nothing, %d\n", errno);
}

void uart_read(int fd, struct vboard *vb)
{
	uint8_t bytes[READ_BYTES];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n > 0 && vboard_is_powered(vb))
		vboard_serial_send(vb, BOARD_PORT, bytes, (size_t)n);
}
