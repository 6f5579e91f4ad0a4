/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which tty is the one that a bench file means, by what the kernel lists. */
#ifndef BENCH_LINUX_CONSOLE_FIND_H
#define BENCH_LINUX_CONSOLE_FIND_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { CONSOLE_TTY_MAX = 64, CONSOLE_PATH_MAX = 256, CONSOLE_LINES_MAX = 16 };

/*
 * The name, "ttyACM3", of the 'nth' serial line (by interface number, from 0) of the USB device
 * that is listed on 'port'; false when there is none now.
 */
bool console_find_tty(const char *sysfs, const char *port, unsigned int nth,
		      char ret[CONSOLE_TTY_MAX]);

#endif
