/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happened, one line an event, in the order of being noticed:
 *
 *	HOST_US NAME BOARD_US EVENT...
 *
 * with the kernel's CLOCK_MONOTONIC and the board's own time, so that a test can say where in a
 * board's time something fell.
 */
#ifndef TESTS_KERNEL_JOURNAL_H
#define TESTS_KERNEL_JOURNAL_H

#include <stdint.h>
#include <stdio.h>

struct journal {
	FILE *file; /* NULL: nothing is kept */
};

/* CLOCK_MONOTONIC, which the kernel's GPIO events carry too. */
int64_t journal_now_ns(void);

/* 'host_ns' and 'board_us' are the event's; 'name' the board's. */
__attribute__((format(printf, 5, 6))) void journal_put(struct journal *journal, int64_t host_ns,
						       const char *name, uint64_t board_us,
						       const char *format, ...);

#endif
