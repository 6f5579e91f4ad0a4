/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A GPIO chip in memory in the place of libgpiod (bench/linux/gpio_lib.h): "/fake", with 16 lines
 * named "a" to "p". Every order is noted; a line may be tied to another, whose level it then has.
 */
#ifndef TESTS_LIB_FAKE_GPIO_H
#define TESTS_LIB_FAKE_GPIO_H

#include "bench/linux/gpio_lib.h"

enum { FAKE_GPIO_LINES = 16, FAKE_GPIO_NOTES_MAX = 4096 };

/* All lines free, not tied, low; nothing noted. */
void fake_gpio_reset(void);

/* What was ordered: "+a0" taken with level 0, "+oa1" open drain, "+ai" an input, "a1" set, "-a"
 * given back; a blank after each. */
const char *fake_gpio_notes(void);
void fake_gpio_forget(void);

/* Another program has the line. */
void fake_gpio_hold(char line, const char *consumer);
/* From now on input 'to' has the level of output 'from', or its opposite. */
enum fake_gpio_tie { FAKE_GPIO_SAME = 0, FAKE_GPIO_OPPOSITE = 1 };
void fake_gpio_tie(char from, char to, enum fake_gpio_tie how);
/* An input's level changes; its edge waits to be read, or is lost. */
enum fake_gpio_edge { FAKE_GPIO_TOLD = 0, FAKE_GPIO_LOST = 1 };
void fake_gpio_put(char line, enum gpio_level level, enum fake_gpio_edge edge);
enum gpio_level fake_gpio_level(char line);
/* The next orders for the line fail with this code; 0: they do not. */
void fake_gpio_break(char line, int code);

#endif
