/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of a board profile for what an LED showed that has no word yet. */
#ifndef CLI_LED_PROPOSE_H
#define CLI_LED_PROPOSE_H

#include "cli/led_timeline.h"

/* What was seen: the states that were told, and what they were made of. */
struct led_lesson {
	struct led_timeline timeline;
	struct led_look *looks; /* owned */
	size_t count;
	size_t capacity;
	bool full; /* no memory, or too much of it: later ones are missing */
};

/* For struct led_listener; 'ctx' is the lesson. */
void led_lesson_seen(void *ctx, const struct led_seen *seen);
void led_lesson_look(void *ctx, const struct led_look *look);
void led_lesson_release(struct led_lesson *lesson);

/* Writes entries for 'led.states' as YAML, and what they were seen like as comments. */
void led_propose(const struct led_lesson *lesson, const struct led_watched *watched, FILE *out);

#endif
