/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A serial port of the lab's machine that a board's USART1 is wired to: TX to RX, RX to TX.
 */
#ifndef TESTS_KERNEL_UART_H
#define TESTS_KERNEL_UART_H

#include "vboard/vboard.h"

/* Opens 'device' as the reference firmware speaks: 115200 baud, 8N1. The file, not waiting for
 * anything, or a negative errno. */
int uart_open(const char *device);

/* What the board has sent; lost when the port takes no more, as on a wire. */
void uart_put(int fd, uint8_t byte);

/* What has come, to the board; lost when it does not receive. */
void uart_read(int fd, struct vboard *vb);

#endif
