/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/gpio.h"

#include "base/text.h"
#include "bench/linux/edge_check.h"
#include "bench/linux/gpio_find.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

struct gpio {
	struct gpio_lib_line *line;
	enum gpio_role role;
	enum gpio_level active;
	struct edge_check check;
	char name[2 * BENCH_TEXT_MAX]; /* "chip:line", for errors */
};

static enum gpio_level level_of(const struct gpio *gpio, enum gpio_state state)
{
	bool high = (state == GPIO_ACTIVE) == (gpio->active == GPIO_HIGH);

	return high ? GPIO_HIGH : GPIO_LOW;
}

static enum gpio_state state_of(const struct gpio *gpio, enum gpio_level level)
{
	return level == gpio->active ? GPIO_ACTIVE : GPIO_INACTIVE;
}

static int fail(const struct gpio *gpio, int code, const char *what, struct err *err)
{
	return err_set(err, ERR_RIG, code, "cannot %s GPIO line '%s': %s", what, gpio->name,
		       strerror(-code));
}

int gpio_open(const struct bench_line *where, enum gpio_role role, enum gpio_state first,
	      const char *consumer, struct gpio **ret, struct err *err)
{
	bool low = role == GPIO_ROLE_OPEN_DRAIN || where->active == BENCH_ACTIVE_LOW;
	struct gpio_lib_chip *chip = NULL;
	struct gpio *gpio = calloc(1, sizeof(*gpio));
	unsigned int offset = 0;
	int r = gpio ? gpio_find(where, &chip, &offset, err)
		     : err_set(err, ERR_RIG, -ENOMEM, "no memory for a GPIO line");

	if (r < 0) {
		free(gpio);
		return r;
	}
	gpio->role = role;
	gpio->active = low ? GPIO_LOW : GPIO_HIGH;
	snprintf(gpio->name, sizeof(gpio->name), "%s:%s", where->chip, where->line);
	r = gpio_lib_request(chip, offset, consumer, role, level_of(gpio, first), &gpio->line);
	if (r < 0) {
		r = gpio_find_refused(where, chip, offset, r, err);
		gpio_lib_close(chip);
		free(gpio);
		return r;
	}
	*ret = gpio;
	return 0;
}

void gpio_close(struct gpio *gpio)
{
	if (!gpio)
		return;
	gpio_lib_release(gpio->line);
	free(gpio);
}

int gpio_set(struct gpio *gpio, enum gpio_state state, struct err *err)
{
	int r = gpio_lib_set(gpio->line, level_of(gpio, state));

	return r < 0 ? fail(gpio, r, "set", err) : 0;
}

int gpio_get(struct gpio *gpio, enum gpio_state *ret, struct err *err)
{
	int r = gpio_lib_get(gpio->line);

	if (r < 0)
		return fail(gpio, r, "read", err);
	*ret = state_of(gpio, r ? GPIO_HIGH : GPIO_LOW);
	return 0;
}

int gpio_fd(struct gpio *gpio)
{
	return gpio->role == GPIO_ROLE_EDGES ? gpio_lib_fd(gpio->line) : -1;
}

/* 1: an edge waits. */
static int is_ready(struct gpio *gpio)
{
	struct pollfd file = { .fd = gpio_lib_fd(gpio->line), .events = POLLIN };
	int r = poll(&file, 1, 0);

	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	if (r == 1 && !(file.revents & POLLIN))
		return -ENODEV; /* the chip went away */
	return r;
}

int gpio_take(struct gpio *gpio, struct gpio_change ret[GPIO_EDGES_MAX], size_t *ret_count,
	      bool *ret_lost, struct err *err)
{
	struct gpio_edge edges[GPIO_READ_MAX];
	size_t count = 0;
	bool lost = false;
	int r = 0;

	while (count + GPIO_READ_MAX <= GPIO_EDGES_MAX && (r = is_ready(gpio)) == 1) {
		r = gpio_lib_read(gpio->line, edges);
		if (r < 0)
			return fail(gpio, r, "read edges of", err);
		lost |= edge_check_take(&gpio->check, edges, (size_t)r);
		for (int i = 0; i < r; i++)
			ret[count++] =
				(struct gpio_change){ .t_us = edges[i].t_us,
						      .state = state_of(gpio, edges[i].level) };
	}
	/* all taken: the level must be what the last edge said, or an edge waits again */
	if (r == 0) {
		r = gpio_lib_get(gpio->line);
		if (r >= 0 && is_ready(gpio) == 0)
			lost |= edge_check_level(&gpio->check, r ? GPIO_HIGH : GPIO_LOW);
	}
	if (r < 0)
		return fail(gpio, r, "watch", err);
	*ret_count = count;
	*ret_lost = lost;
	return 0;
}
