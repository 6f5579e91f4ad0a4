/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of CSV and VCD share: lines, numbers, and the list of edges that grows. */
#ifndef LED_CAPTURE_PARSE_H
#define LED_CAPTURE_PARSE_H

#include "led/capture.h"

#include <string.h>

struct capture_reader {
	const char *at; /* next byte */
	const char *end;
	const char *name;
	unsigned int line; /* of what was read last, from 1 */
	struct capture *capture;
	size_t capacity;
	bool high[LED_CHANNELS]; /* levels now */
	bool known[LED_CHANNELS];
	bool begun;
	int64_t now_us;
	struct err *err;
};

/* A piece of text, not ended by NUL. */
struct slice {
	const char *at;
	size_t len;
};

/* Next line without its end and the blanks around it; false at the end of the text. */
bool capture_line(struct capture_reader *reader, struct slice *ret);

/* Takes the piece up to 'separator' (or the end) off the line, without blanks. */
struct slice slice_take(struct slice *line, char separator);
bool slice_is(const struct slice *slice, const char *text);

/*
 * "12.5" in units of 'unit_ps' picoseconds -> microseconds, rounded down. -EINVAL for anything else
 * than digits and one point, or beyond ten years.
 */
int slice_time(const struct slice *slice, int64_t unit_ps, int64_t *ret_us) MUST_CHECK;

/* ERR_CONFIG with file and line of the reader. */
int capture_fail(const struct capture_reader *reader, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Time is now 't_us'; refuses to go back. */
int capture_time(struct capture_reader *reader, int64_t t_us) MUST_CHECK;

/* A line has this level now; an edge, when it had another one before. */
int capture_level(struct capture_reader *reader, enum led_channel channel, bool high) MUST_CHECK;

/* An edge as the file says, also one to the level that is there: then one is missing. */
int capture_edge(struct capture_reader *reader, enum led_channel channel, bool high) MUST_CHECK;

/* The channel by its name in any case; -EINVAL. */
int capture_channel(const struct slice *name, enum led_channel *ret) MUST_CHECK;

int capture_read_csv(struct capture_reader *reader) MUST_CHECK;
int capture_read_vcd(struct capture_reader *reader) MUST_CHECK;

#endif
