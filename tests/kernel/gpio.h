/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boards' side of gpio-sim's lines. What the rig drives is learnt from the kernel's own trace
 * of GPIO, with its time, so it counts at the moment it happened however late this process looks;
 * what is not traced (a line that is let go falls back to its pull) is found by looking now and
 * then. What the boards drive are the lines' pulls.
 */
#ifndef TESTS_KERNEL_GPIO_H
#define TESTS_KERNEL_GPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gpio_limits { GPIO_CHIPS_MAX = 8, GPIO_INPUTS_MAX = 64, GPIO_PATH_MAX = 256 };

enum gpio_level { GPIO_LOW = 0, GPIO_HIGH = 1 };

struct gpio_chip {
	char label[32];
	char folder[GPIO_PATH_MAX]; /* which holds sim_gpioN */
	unsigned int base;	    /* of the numbers in the trace */
};

/* A line that the rig drives. */
struct gpio_input {
	int value_fd;
	unsigned int number; /* in the trace */
	enum gpio_level pull;
	enum gpio_level level;
	int64_t level_ns;  /* since when */
	bool released;	   /* it is no output: rests at its pull, whatever the file says */
	int64_t valued_ns; /* when the trace last told a level, to know open drain from push-pull */
	void *ctx;
	unsigned int id;
};

struct gpio {
	struct gpio_chip chips[GPIO_CHIPS_MAX];
	size_t chip_count;
	struct gpio_input inputs[GPIO_INPUTS_MAX];
	size_t input_count;
	int trace_fd;
	char text[4096]; /* of the trace, not yet whole lines */
	size_t text_len;
	/* a line changed at host time 'ns' */
	void (*changed)(void *ctx, unsigned int id, enum gpio_level level, int64_t ns);
};

/* Opens the trace. Negative errno when the kernel has none. */
int gpio_open(struct gpio *gpio);

/* 'folder': of the chip in sysfs; 'base': its first line's number. False when there are too many.
 */
bool gpio_add_chip(struct gpio *gpio, const char *label, const char *folder, unsigned int base);

/*
 * Line 'offset' of chip 'label' becomes an input that rests at 'pull'; changes are told with 'ctx'
 * and 'id'. Negative errno when it is not there.
 */
int gpio_add_input(struct gpio *gpio, const char *label, unsigned int offset, enum gpio_level pull,
		   void *ctx, unsigned int id);

/* A file descriptor to write levels to, or negative errno. */
int gpio_open_output(const struct gpio *gpio, const char *label, unsigned int offset);
void gpio_put(int output_fd, enum gpio_level level);

/* Tells what the trace has. */
void gpio_read_trace(struct gpio *gpio);

/* Looks at every input, and tells what no trace told. */
void gpio_look(struct gpio *gpio);

#endif
