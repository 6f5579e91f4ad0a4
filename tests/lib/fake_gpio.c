/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/fake_gpio.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { EDGES_MAX = 16 };

struct gpio_lib_chip {
	int unused;
};

struct gpio_lib_line {
	struct gpio_lib_chip *chip;
	bool taken;
	char holder[GPIO_NAME_MAX];
	enum gpio_role role;
	enum gpio_level level;
	struct gpio_edge edges[EDGES_MAX];
	size_t count;
	int event;
	int tied_to; /* offset; -1 none */
	bool opposite;
	int code;
};

/* The functions of libgpiod have no context: there is one fake chip in a test. The cutting thread
 * gives orders too. */
static struct {
	pthread_mutex_t lock;
	struct gpio_lib_line lines[FAKE_GPIO_LINES];
	char notes[FAKE_GPIO_NOTES_MAX];
	int64_t edge_us; /* of the last edge: no two have one time */
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void note(const char *before, char line, const char *after)
{
	size_t len = strlen(fake.notes);
	size_t more = strlen(before) + 1 + strlen(after) + 1;

	if (len + more >= sizeof(fake.notes))
		abort();
	memcpy(fake.notes + len, before, strlen(before));
	len += strlen(before);
	fake.notes[len++] = line;
	memcpy(fake.notes + len, after, strlen(after));
	len += strlen(after);
	fake.notes[len++] = ' ';
	fake.notes[len] = '\0';
}

static const char *digit(enum gpio_level level)
{
	return level == GPIO_HIGH ? "1" : "0";
}

static char letter(const struct gpio_lib_line *line)
{
	return (char)('a' + (line - fake.lines));
}

void fake_gpio_reset(void)
{
	memset(fake.lines, 0, sizeof(fake.lines));
	for (int i = 0; i < FAKE_GPIO_LINES; i++) {
		fake.lines[i].tied_to = -1;
		fake.lines[i].event = -1;
	}
	fake_gpio_forget();
}

const char *fake_gpio_notes(void)
{
	return fake.notes;
}

void fake_gpio_forget(void)
{
	fake.notes[0] = '\0';
}

void fake_gpio_hold(char line, const char *consumer)
{
	text_copy(fake.lines[line - 'a'].holder, GPIO_NAME_MAX, consumer);
}

/* Lock held. */
static void put(struct gpio_lib_line *line, enum gpio_level level, enum fake_gpio_edge edge)
{
	const uint64_t one = 1;

	if (line->level == level)
		return;
	line->level = level;
	if (!line->taken || line->role != GPIO_ROLE_EDGES || edge == FAKE_GPIO_LOST ||
	    line->count == EDGES_MAX)
		return;
	fake.edge_us = clock_now_us() > fake.edge_us ? clock_now_us() : fake.edge_us + 1;
	line->edges[line->count++] = (struct gpio_edge){ .t_us = fake.edge_us, .level = level };
	IGNORE(write(line->event, &one, sizeof(one)) < 0, "a counter that is not full");
}

/* Lock held. */
static void follow(struct gpio_lib_line *line)
{
	if (line->tied_to >= 0)
		put(&fake.lines[line->tied_to],
		    (line->level == GPIO_HIGH) != line->opposite ? GPIO_HIGH : GPIO_LOW,
		    FAKE_GPIO_TOLD);
}

void fake_gpio_tie(char from, char to, enum fake_gpio_tie how)
{
	fake.lines[from - 'a'].tied_to = to - 'a';
	fake.lines[from - 'a'].opposite = how == FAKE_GPIO_OPPOSITE;
	follow(&fake.lines[from - 'a']);
}

void fake_gpio_put(char line, enum gpio_level level, enum fake_gpio_edge edge)
{
	pthread_mutex_lock(&fake.lock);
	put(&fake.lines[line - 'a'], level, edge);
	pthread_mutex_unlock(&fake.lock);
}

enum gpio_level fake_gpio_level(char line)
{
	return fake.lines[line - 'a'].level;
}

void fake_gpio_break(char line, int code)
{
	fake.lines[line - 'a'].code = code;
}

int gpio_lib_open(const char *path, struct gpio_lib_chip **ret)
{
	if (strcmp(path, "/fake") != 0)
		return -ENOENT;
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

void gpio_lib_close(struct gpio_lib_chip *chip)
{
	free(chip);
}

int gpio_lib_chip_info(struct gpio_lib_chip *chip, struct gpio_lib_chip_info *ret)
{
	(void)chip;
	*ret = (struct gpio_lib_chip_info){ "gpiochip9", "fake", FAKE_GPIO_LINES };
	return 0;
}

int gpio_lib_line_info(struct gpio_lib_chip *chip, unsigned int offset,
		       struct gpio_lib_line_info *ret)
{
	const struct gpio_lib_line *line = &fake.lines[offset];

	(void)chip;
	*ret = (struct gpio_lib_line_info){ .used = line->taken || line->holder[0] };
	ret->name[0] = (char)('a' + offset);
	text_copy(ret->consumer, sizeof(ret->consumer), line->holder);
	return 0;
}

int gpio_lib_request(struct gpio_lib_chip *chip, unsigned int offset, const char *consumer,
		     enum gpio_role role, enum gpio_level first, struct gpio_lib_line **ret)
{
	struct gpio_lib_line *line = &fake.lines[offset];

	(void)consumer;
	if (line->taken || line->holder[0])
		return -EBUSY;
	line->chip = chip;
	line->taken = true;
	line->role = role;
	line->count = 0;
	if (role == GPIO_ROLE_DRIVE || role == GPIO_ROLE_OPEN_DRAIN) {
		note(role == GPIO_ROLE_DRIVE ? "+" : "+o", letter(line), digit(first));
		line->level = first;
		follow(line);
	} else {
		note("+", letter(line), "i");
	}
	if (role == GPIO_ROLE_EDGES)
		line->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	*ret = line;
	return 0;
}

void gpio_lib_release(struct gpio_lib_line *line)
{
	note("-", letter(line), "");
	gpio_lib_close(line->chip);
	line->taken = false;
	if (line->event >= 0)
		close(line->event);
	line->event = -1;
}

int gpio_lib_set(struct gpio_lib_line *line, enum gpio_level level)
{
	int code;

	pthread_mutex_lock(&fake.lock);
	code = line->code;
	note("", letter(line), digit(level));
	if (code == 0) {
		line->level = level;
		follow(line);
	}
	pthread_mutex_unlock(&fake.lock);
	return code;
}

int gpio_lib_get(struct gpio_lib_line *line)
{
	int level;

	pthread_mutex_lock(&fake.lock);
	level = line->code ? line->code : (int)line->level;
	pthread_mutex_unlock(&fake.lock);
	return level;
}

int gpio_lib_fd(struct gpio_lib_line *line)
{
	return line->event;
}

int gpio_lib_read(struct gpio_lib_line *line, struct gpio_edge ret[GPIO_READ_MAX])
{
	uint64_t ready;
	int count;

	pthread_mutex_lock(&fake.lock);
	count = (int)line->count;
	memcpy(ret, line->edges, line->count * sizeof(ret[0]));
	line->count = 0;
	IGNORE(read(line->event, &ready, sizeof(ready)) < 0, "it may be empty");
	pthread_mutex_unlock(&fake.lock);
	return count;
}
