/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The states an LED went through, kept and printed: as text, as JSON, or as proposals for a
 * profile. */
#ifndef CLI_LED_TIMELINE_H
#define CLI_LED_TIMELINE_H

#include "cli/led_source.h"

struct led_timeline {
	struct led_seen *items; /* owned; names are borrowed from the board */
	size_t count;
	size_t capacity;
	bool full; /* no memory: later ones are missing */
};

void led_timeline_add(struct led_timeline *timeline, const struct led_seen *seen);
void led_timeline_release(struct led_timeline *timeline);

/* "blinking-green: green blink, period 200 ms" or "unknown: edges are missing". */
void led_timeline_describe(const struct led_seen *seen, char *buf, size_t size);

void led_timeline_print(const struct led_timeline *timeline, const struct led_watched *watched);
int led_timeline_print_json(const struct led_timeline *timeline, const struct led_watched *watched,
			    struct err *err) MUST_CHECK;

#endif
