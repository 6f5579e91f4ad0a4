/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line of a GPIO chip, found by name and held until it is closed, in the terms of its bench file:
 * active or not. One thread at a time uses a line.
 */
#ifndef BENCH_LINUX_GPIO_H
#define BENCH_LINUX_GPIO_H

#include "bench/bench.h"
#include "bench/linux/gpio_lib.h"

enum gpio_limits { GPIO_EDGES_MAX = 64 };

/* Whether what the line is for is the case. Of a line that is pulled low, active is low. */
enum gpio_state { GPIO_INACTIVE = 0, GPIO_ACTIVE = 1 };

/* An edge in these terms. */
struct gpio_change {
	int64_t t_us;
	enum gpio_state state;
};

struct gpio;

/*
 * Finds and takes a line. Outputs begin with 'first'. 'consumer' is shown to others that want it
 * (at most 31 characters). Caller closes. ERR_RIG: no such chip (names those that are there), no
 * such line (names some), held by another program (names it), no permission (names the group).
 */
int gpio_open(const struct bench_line *where, enum gpio_role role, enum gpio_state first,
	      const char *consumer, struct gpio **ret, struct err *err) MUST_CHECK;

/* NULL allowed. What becomes of an output's level is up to the kernel's driver. */
void gpio_close(struct gpio *gpio);

int gpio_set(struct gpio *gpio, enum gpio_state state, struct err *err) MUST_CHECK;
int gpio_get(struct gpio *gpio, enum gpio_state *ret, struct err *err) MUST_CHECK;

/* To poll for reading, of a line with edges. */
int gpio_fd(struct gpio *gpio);

/*
 * Takes what edges wait, at most GPIO_EDGES_MAX; never waits. *ret_lost: some before or among them
 * are missing, or may be.
 */
int gpio_take(struct gpio *gpio, struct gpio_change ret[GPIO_EDGES_MAX], size_t *ret_count,
	      bool *ret_lost, struct err *err) MUST_CHECK;

#endif
