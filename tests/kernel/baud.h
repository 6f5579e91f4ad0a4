/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_KERNEL_BAUD_H
#define TESTS_KERNEL_BAUD_H

/*
 * Opens a serial port, sets any speed, also one that stty knows no name for, and closes it: the
 * touch that brings a mode. Negative errno.
 */
int baud_touch(const char *path, unsigned int baud);

#endif
