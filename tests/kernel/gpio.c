/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/gpio.h"
#include "kernel/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACE "/sys/kernel/tracing/instances/boards"

/* A level and a direction told within this time belong to one call: a driven line. */
enum {
	ONE_CALL_NS = 2000000,
	/* The kernel traces a change before it makes it, and whoever asked for it may be held up in
	 * between: so long the trace is believed, not what the chip shows. */
	TRACED_NS = 10000000,
};

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

int gpio_open(struct gpio *gpio)
{
	static const struct {
		const char *path;
		const char *text;
	} settings[] = {
		{ TRACE "/trace_clock", "mono" },
		{ TRACE "/events/gpio/gpio_value/filter", "get == 0" },
		{ TRACE "/events/gpio/enable", "1" },
	};
	int r;

	if (mkdir(TRACE, 0700) < 0 && errno != EEXIST)
		return -errno;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		r = write_file(settings[i].path, settings[i].text);
		if (r < 0)
			return r;
	}
	gpio->trace_fd = open(TRACE "/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return gpio->trace_fd < 0 ? -errno : 0;
}

bool gpio_add_chip(struct gpio *gpio, const char *label, const char *folder, unsigned int base)
{
	struct gpio_chip *chip = &gpio->chips[gpio->chip_count];

	if (gpio->chip_count == GPIO_CHIPS_MAX)
		return false;
	snprintf(chip->label, sizeof(chip->label), "%s", label);
	snprintf(chip->folder, sizeof(chip->folder), "%s", folder);
	chip->base = base;
	gpio->chip_count++;
	return true;
}

static const struct gpio_chip *chip_named(const struct gpio *gpio, const char *label)
{
	for (size_t i = 0; i < gpio->chip_count; i++)
		if (strcmp(gpio->chips[i].label, label) == 0)
			return &gpio->chips[i];
	return NULL;
}

static int open_line(const struct gpio_chip *chip, unsigned int offset, const char *what, int flags)
{
	char path[GPIO_PATH_MAX + 64];
	int fd;

	if (!chip)
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/sim_gpio%u/%s", chip->folder, offset, what);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void gpio_put(int output_fd, enum gpio_level level)
{
	const char *text = level == GPIO_HIGH ? "pull-up" : "pull-down";

	/* The file has no error that a board could act on; a test sees the line instead. */
	if (output_fd >= 0 && pwrite(output_fd, text, strlen(text), 0) < 0)
		return;
}

int gpio_open_output(const struct gpio *gpio, const char *label, unsigned int offset)
{
	return open_line(chip_named(gpio, label), offset, "pull", O_WRONLY);
}

/* An open-drain line that is let go keeps in gpio-sim what it was driven to. */
static enum gpio_level level_now(const struct gpio_input *input)
{
	char text[4];

	if (input->released)
		return input->pull;

	if (pread(input->value_fd, text, sizeof(text), 0) < 1)
		return input->level;
	return text[0] == '1' ? GPIO_HIGH : GPIO_LOW;
}

int gpio_add_input(struct gpio *gpio, const char *label, unsigned int offset, enum gpio_level pull,
		   void *ctx, unsigned int id)
{
	struct gpio_input *input = &gpio->inputs[gpio->input_count];
	const struct gpio_chip *chip = chip_named(gpio, label);
	int pull_fd;

	if (!chip)
		return -ENODEV;
	if (gpio->input_count == GPIO_INPUTS_MAX)
		return -ENOSPC;
	pull_fd = gpio_open_output(gpio, label, offset);
	if (pull_fd < 0)
		return pull_fd;
	gpio_put(pull_fd, pull);
	close(pull_fd);
	input->value_fd = open_line(chip, offset, "value", O_RDONLY);
	if (input->value_fd < 0)
		return input->value_fd;
	input->number = chip->base + offset;
	input->pull = pull;
	input->ctx = ctx;
	input->id = id;
	input->level_ns = journal_now_ns();
	input->valued_ns = INT64_MIN / 2;
	input->level = pull;
	input->level = level_now(input);
	gpio->input_count++;
	return 0;
}

static void set_level(struct gpio *gpio, struct gpio_input *input, enum gpio_level level,
		      int64_t ns)
{
	if (level == input->level || ns < input->level_ns)
		return;
	input->level = level;
	input->level_ns = ns;
	gpio->changed(input->ctx, input->id, level, ns);
}

/*
 * "TASK-PID [CPU] FLAGS SECONDS.MICROSECONDS: gpio_value: NUMBER set LEVEL" or
 * "...: gpio_direction: NUMBER out (ERROR)". Open drain is told by directions alone: an output is
 * low then, an input rests.
 */
static void read_event(struct gpio *gpio, const char *line)
{
	const char *event = strstr(line, ": gpio_");
	const char *time = event;
	unsigned int number, level;
	char word[8];
	bool is_value;
	int64_t ns;

	if (!event)
		return;
	while (time > line && time[-1] != ' ')
		time--;
	ns = strtoll(time, NULL, 10) * 1000000000 + strtoll(strchr(time, '.') + 1, NULL, 10) * 1000;
	is_value = strncmp(event, ": gpio_value: ", 14) == 0;
	if (is_value ? sscanf(event + 14, "%u set %u", &number, &level) != 2
		     : sscanf(event, ": gpio_direction: %u %7s", &number, word) != 2)
		return;
	for (size_t i = 0; i < gpio->input_count; i++) {
		struct gpio_input *input = &gpio->inputs[i];

		if (input->number != number)
			continue;
		if (is_value) {
			input->valued_ns = ns;
			input->released = false;
			set_level(gpio, input, level ? GPIO_HIGH : GPIO_LOW, ns);
		} else if (strcmp(word, "in") == 0) {
			input->released = true;
			set_level(gpio, input, input->pull, ns);
		} else {
			input->released = false;
			if (ns - input->valued_ns > ONE_CALL_NS)
				set_level(gpio, input, GPIO_LOW, ns);
		}
	}
}

static void read_lines(struct gpio *gpio)
{
	char *begin = gpio->text;
	char *end;

	while ((end = memchr(begin, '\n', gpio->text_len - (size_t)(begin - gpio->text)))) {
		*end = '\0';
		read_event(gpio, begin);
		begin = end + 1;
	}
	gpio->text_len -= (size_t)(begin - gpio->text);
	memmove(gpio->text, begin, gpio->text_len);
	if (gpio->text_len == sizeof(gpio->text))
		gpio->text_len = 0; /* a line that long is none of ours */
}

void gpio_read_trace(struct gpio *gpio)
{
	ssize_t n;

	while ((n = read(gpio->trace_fd, gpio->text + gpio->text_len,
			 sizeof(gpio->text) - gpio->text_len)) > 0) {
		gpio->text_len += (size_t)n;
		read_lines(gpio);
	}
}

void gpio_look(struct gpio *gpio)
{
	enum gpio_level seen[GPIO_INPUTS_MAX];
	int64_t before[GPIO_INPUTS_MAX];
	int64_t now = journal_now_ns();

	for (size_t i = 0; i < gpio->input_count; i++) {
		seen[i] = level_now(&gpio->inputs[i]);
		before[i] = gpio->inputs[i].level_ns;
	}
	/* What is seen may have been traced in the meantime, with its exact time. */
	gpio_read_trace(gpio);
	for (size_t i = 0; i < gpio->input_count; i++)
		if (gpio->inputs[i].level_ns == before[i] && now - before[i] >= TRACED_NS)
			set_level(gpio, &gpio->inputs[i], seen[i], now);
}
