/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libgpiod 2.x: edges are numbered, so every loss is seen; the kernel keeps as many as asked for.
 */
#include "bench/linux/gpio_lib.h"

#include "base/text.h"

#include <errno.h>
#include <gpiod.h>

enum { KERNEL_EDGES = 1024 };

struct gpio_lib_chip {
	struct gpiod_chip *chip;
};

struct gpio_lib_line {
	struct gpio_lib_chip *chip;
	struct gpiod_line_request *request;
	struct gpiod_edge_event_buffer *buffer;
	unsigned int offset;
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
	struct gpiod_chip_info *info;

	errno = 0;
	info = gpiod_chip_get_info(chip->chip);
	if (!info)
		return error_of();
	copy(ret->name, gpiod_chip_info_get_name(info));
	copy(ret->label, gpiod_chip_info_get_label(info));
	ret->lines = (unsigned int)gpiod_chip_info_get_num_lines(info);
	gpiod_chip_info_free(info);
	return 0;
}

int gpio_lib_line_info(struct gpio_lib_chip *chip, unsigned int offset,
		       struct gpio_lib_line_info *ret)
{
	struct gpiod_line_info *info;

	errno = 0;
	info = gpiod_chip_get_line_info(chip->chip, offset);
	if (!info)
		return error_of();
	copy(ret->name, gpiod_line_info_get_name(info));
	copy(ret->consumer, gpiod_line_info_get_consumer(info));
	ret->used = gpiod_line_info_is_used(info);
	gpiod_line_info_free(info);
	return 0;
}

static enum gpiod_line_value value_of(enum gpio_level level)
{
	return level == GPIO_HIGH ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
}

static int fill_settings(struct gpiod_line_settings *settings, enum gpio_role role,
			 enum gpio_level first)
{
	bool output = role == GPIO_ROLE_DRIVE || role == GPIO_ROLE_OPEN_DRAIN;
	int r = gpiod_line_settings_set_direction(settings, output ? GPIOD_LINE_DIRECTION_OUTPUT
								   : GPIOD_LINE_DIRECTION_INPUT);

	if (r == 0 && output)
		r = gpiod_line_settings_set_output_value(settings, value_of(first));
	if (r == 0 && role == GPIO_ROLE_OPEN_DRAIN)
		r = gpiod_line_settings_set_drive(settings, GPIOD_LINE_DRIVE_OPEN_DRAIN);
	if (r == 0 && role == GPIO_ROLE_EDGES)
		r = gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
	if (r == 0 && role == GPIO_ROLE_EDGES)
		r = gpiod_line_settings_set_event_clock(settings, GPIOD_LINE_CLOCK_MONOTONIC);
	return r;
}

static struct gpiod_line_request *request(struct gpiod_chip *chip, unsigned int offset,
					  const char *consumer, enum gpio_role role,
					  enum gpio_level first)
{
	struct gpiod_line_settings *settings = gpiod_line_settings_new();
	struct gpiod_line_config *lines = gpiod_line_config_new();
	struct gpiod_request_config *config = gpiod_request_config_new();
	struct gpiod_line_request *ret = NULL;
	int kept;

	if (settings && lines && config && fill_settings(settings, role, first) == 0 &&
	    gpiod_line_config_add_line_settings(lines, &offset, 1, settings) == 0) {
		gpiod_request_config_set_consumer(config, consumer);
		gpiod_request_config_set_event_buffer_size(config, KERNEL_EDGES);
		ret = gpiod_chip_request_lines(chip, config, lines);
	}
	kept = errno;
	gpiod_request_config_free(config);
	gpiod_line_config_free(lines);
	gpiod_line_settings_free(settings);
	errno = kept;
	return ret;
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
	line->offset = offset;
	line->buffer = gpiod_edge_event_buffer_new(GPIO_READ_MAX);
	if (line->buffer)
		line->request = request(chip->chip, offset, consumer, role, first);
	if (!line->request) {
		r = error_of();
		gpiod_edge_event_buffer_free(line->buffer);
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
	gpiod_line_request_release(line->request);
	gpiod_edge_event_buffer_free(line->buffer);
	gpio_lib_close(line->chip);
	free(line);
}

int gpio_lib_set(struct gpio_lib_line *line, enum gpio_level level)
{
	errno = 0;
	return gpiod_line_request_set_value(line->request, line->offset, value_of(level)) < 0
		       ? error_of()
		       : 0;
}

int gpio_lib_get(struct gpio_lib_line *line)
{
	enum gpiod_line_value value;

	errno = 0;
	value = gpiod_line_request_get_value(line->request, line->offset);
	if (value == GPIOD_LINE_VALUE_ERROR)
		return error_of();
	return value == GPIOD_LINE_VALUE_ACTIVE;
}

int gpio_lib_fd(struct gpio_lib_line *line)
{
	return gpiod_line_request_get_fd(line->request);
}

int gpio_lib_read(struct gpio_lib_line *line, struct gpio_edge ret[GPIO_READ_MAX])
{
	int count;

	errno = 0;
	count = gpiod_line_request_read_edge_events(line->request, line->buffer, GPIO_READ_MAX);
	if (count < 0)
		return error_of();
	for (int i = 0; i < count; i++) {
		struct gpiod_edge_event *event =
			gpiod_edge_event_buffer_get_event(line->buffer, (unsigned long)i);

		ret[i] = (struct gpio_edge){
			.t_us = (int64_t)(gpiod_edge_event_get_timestamp_ns(event) / 1000),
			.level = gpiod_edge_event_get_event_type(event) ==
						 GPIOD_EDGE_EVENT_RISING_EDGE
					 ? GPIO_HIGH
					 : GPIO_LOW,
			.number = (uint32_t)gpiod_edge_event_get_line_seqno(event),
		};
	}
	return count;
}
