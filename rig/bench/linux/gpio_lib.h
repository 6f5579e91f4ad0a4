/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the GPIO part: what both generations of libgpiod can do, as thin as can be. gpio_v1.c
 * makes it of 1.6, gpio_v2.c of 2.x; the Makefile builds one of them. All returns are 0 (or what is
 * said), or a negative errno. Levels are those of the pin.
 */
#ifndef BENCH_LINUX_GPIO_LIB_H
#define BENCH_LINUX_GPIO_LIB_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gpio_lib_limits {
	GPIO_NAME_MAX = 64,
	GPIO_READ_MAX = 16, /* edges taken at one go: what the kernel keeps for 1.6 */
};

enum gpio_level { GPIO_LOW = 0, GPIO_HIGH = 1 };

enum gpio_role {
	GPIO_ROLE_EDGES = 1,	  /* input whose edges are told */
	GPIO_ROLE_LOOK = 2,	  /* input that is only looked at */
	GPIO_ROLE_DRIVE = 3,	  /* output, driven both ways */
	GPIO_ROLE_OPEN_DRAIN = 4, /* pulled low or let go; never driven high */
};

struct gpio_lib_chip_info {
	char name[GPIO_NAME_MAX];  /* "gpiochip0" */
	char label[GPIO_NAME_MAX]; /* "pinctrl-bcm2711" */
	unsigned int lines;
};

struct gpio_lib_line_info {
	char name[GPIO_NAME_MAX];     /* empty: it has none */
	char consumer[GPIO_NAME_MAX]; /* who holds it, as it said; may be empty */
	bool used;
};

/* An edge, by the kernel's clock (CLOCK_MONOTONIC). */
struct gpio_edge {
	int64_t t_us;
	enum gpio_level level; /* from now on */
	uint32_t number;       /* of the line's edges, from 1; 0: they are not numbered */
};

struct gpio_lib_chip;
struct gpio_lib_line;

int gpio_lib_open(const char *path, struct gpio_lib_chip **ret) MUST_CHECK;
void gpio_lib_close(struct gpio_lib_chip *chip);
int gpio_lib_chip_info(struct gpio_lib_chip *chip, struct gpio_lib_chip_info *ret) MUST_CHECK;
int gpio_lib_line_info(struct gpio_lib_chip *chip, unsigned int offset,
		       struct gpio_lib_line_info *ret) MUST_CHECK;

/* Takes the line; on success the chip belongs to it and is closed with it. */
int gpio_lib_request(struct gpio_lib_chip *chip, unsigned int offset, const char *consumer,
		     enum gpio_role role, enum gpio_level first,
		     struct gpio_lib_line **ret) MUST_CHECK;
void gpio_lib_release(struct gpio_lib_line *line);

int gpio_lib_set(struct gpio_lib_line *line, enum gpio_level level) MUST_CHECK;
/* 0 low, 1 high. */
int gpio_lib_get(struct gpio_lib_line *line) MUST_CHECK;
/* To poll for edges. */
int gpio_lib_fd(struct gpio_lib_line *line);
/* Takes up to GPIO_READ_MAX edges, returns how many; waits when there are none. */
int gpio_lib_read(struct gpio_lib_line *line, struct gpio_edge ret[GPIO_READ_MAX]) MUST_CHECK;

#endif
