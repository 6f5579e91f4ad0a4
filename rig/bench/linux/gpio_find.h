/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the GPIO part: a chip and a line by what a bench file calls them. */
#ifndef BENCH_LINUX_GPIO_FIND_H
#define BENCH_LINUX_GPIO_FIND_H

#include "bench/bench.h"
#include "bench/linux/gpio_lib.h"

/*
 * Opens the chip and looks the line up; caller closes the chip. ERR_RIG as gpio_open().
 */
int gpio_find(const struct bench_line *where, struct gpio_lib_chip **ret_chip,
	      unsigned int *ret_offset, struct err *err) MUST_CHECK;

/* Why the line of a chip could not be taken: sets 'err' for the code of gpio_lib_request(). */
int gpio_find_refused(const struct bench_line *where, struct gpio_lib_chip *chip,
		      unsigned int offset, int code, struct err *err);

#endif
