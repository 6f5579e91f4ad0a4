/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 1.6: version 1 of the kernel's interface, 16 edges kept a line, the newest dropped. */
#include "bench/linux/gpio_lib.h"

#include "base/text.h"

#include <errno.h>
#include <gpiod.h>

struct gpio_lib_chip {
	struct gpiod_chip *chip;
};

struct gpio_lib_line {
	struct gpio_lib_chip *chip;
	struct gpiod_line *line;
};

static int error_of(void)
{
	return errno ? -errno : -EIO;
}

static void copy(char ret[GPIO_NAME_MAX], const char *text)
{
	text_copy(ret, GPIO_NAME_MAX, text ? text : "");
}

int gpio_lib_open(const char *path, struct gpio_lib_chip **ret)
{
	struct gpio_lib_chip *chip = calloc(1, sizeof(*chip));
	int r;

	if (!chip)
		return -ENOMEM;
	errno = 0;
	chip->chip = gpiod_chip_open(path);
	if (!chip->chip) {
		r = error_of();
		free(chip);
		return r;
	}
	*ret = chip;
	return 0;
}

void gpio_lib_close(struct gpio_lib_chip *chip)
{
	if (!chip)
		return;
	gpiod_chip_close(chip->chip);
	free(chip);
}

int gpio_lib_chip_info(struct gpio_lib_chip *chip, struct gpio_lib_chip_info *ret)
{
	copy(ret->name, gpiod_chip_name(chip->chip));
	copy(ret->label, gpiod_chip_label(chip->chip));
	ret->lines = gpiod_chip_num_lines(chip->chip);
	return 0;
}

int gpio_lib_line_info(struct gpio_lib_chip *chip, unsigned int offset,
		       struct gpio_lib_line_info *ret)
{
	struct gpiod_line *line;

	errno = 0;
	line = gpiod_chip_get_line(chip->chip, offset);
	if (!line)
		return error_of();
	copy(ret->name, gpiod_line_name(line));
	copy(ret->consumer, gpiod_line_consumer(line));
	ret->used = gpiod_line_is_used(line);
	return 0;
}

static int request(struct gpiod_line *line, const char *consumer, enum gpio_role role,
		   enum gpio_level first)
{
	switch (role) {
	case GPIO_ROLE_EDGES: return gpiod_line_request_both_edges_events(line, consumer);
	case GPIO_ROLE_LOOK: return gpiod_line_request_input(line, consumer);
	case GPIO_ROLE_DRIVE: return gpiod_line_request_output(line, consumer, (int)first);
	case GPIO_ROLE_OPEN_DRAIN:
		return gpiod_line_request_output_flags(
			line, consumer, GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN, (int)first);
	}
	errno = EINVAL;
	return -1;
}

int gpio_lib_request(struct gpio_lib_chip *chip, unsigned int offset, const char *consumer,
		     enum gpio_role role, enum gpio_level first, struct gpio_lib_line **ret)
{
	struct gpio_lib_line *line = calloc(1, sizeof(*line));
	int r;

	if (!line)
		return -ENOMEM;
	errno = 0;
	line->chip = chip;
	line->line = gpiod_chip_get_line(chip->chip, offset);
	if (!line->line || request(line->line, consumer, role, first) < 0) {
		r = error_of();
		free(line);
		return r;
	}
	*ret = line;
	return 0;
}

void gpio_lib_release(struct gpio_lib_line *line)
{
	if (!line)
		return;
	gpiod_line_release(line->line);
	gpio_lib_close(line->chip);
	free(line);
}

int gpio_lib_set(struct gpio_lib_line *line, enum gpio_level level)
{
	errno = 0;
	return gpiod_line_set_value(line->line, (int)level) < 0 ? error_of() : 0;
}

int gpio_lib_get(struct gpio_lib_line *line)
{
	int value;

	errno = 0;
	value = gpiod_line_get_value(line->line);
	return value < 0 ? error_of() : value;
}

int gpio_lib_fd(struct gpio_lib_line *line)
{
	return gpiod_line_event_get_fd(line->line);
}

int gpio_lib_read(struct gpio_lib_line *line, struct gpio_edge ret[GPIO_READ_MAX])
{
	struct gpiod_line_event events[GPIO_READ_MAX];
	int count;

	errno = 0;
	count = gpiod_line_event_read_multiple(line->line, events, GPIO_READ_MAX);
	if (count < 0)
		return error_of();
	for (int i = 0; i < count; i++)
		ret[i] = (struct gpio_edge){
			.t_us = (int64_t)events[i].ts.tv_sec * 1000000 +
				events[i].ts.tv_nsec / 1000,
			.level = events[i].event_type == GPIOD_LINE_EVENT_RISING_EDGE ? GPIO_HIGH
										      : GPIO_LOW,
		};
	return count;
}
