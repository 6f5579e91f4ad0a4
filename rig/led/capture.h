/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Captures of an LED's lines: text from foreign tools -> edges, in order of time.
 *
 *   edges   CSV, one edge a line: time, line, level. Header "t_us,channel,level"; the time may also
 *           be t_ns, t_ms or t_s (then with a fraction); channel is r, g, b or 0, 1, 2; level 0
 * or 1. samples CSV, one sample a line: time, red, green, blue. Header "t_us,r,g,b" (units as
 * above); of the three lines any may be missing. VCD     as sigrok-cli and PulseView export it:
 * $timescale, $var wire 1 ID NAME, #TIME, 0ID, 1ID. Lines are found by name: r, red, g, green, b,
 * blue; else the first three.
 *
 * A line that begins with ';' or '#' is a comment in a CSV. Levels are of the pin, not of the
 * light.
 */
#ifndef LED_CAPTURE_H
#define LED_CAPTURE_H

#include "led/led.h"

enum capture_limits {
	CAPTURE_BYTES_MAX = 256 << 20,
	CAPTURE_HZ_MAX = 4000000, /* edges a second over a whole capture; more is no LED */
	CAPTURE_NAME_MAX = 32,
};

struct capture_edge {
	int64_t t_us;
	enum led_channel channel;
	bool high;
};

struct capture {
	struct capture_edge *edges; /* owned; times do not decrease */
	size_t count;
	bool high[LED_CHANNELS]; /* levels before the first edge */
	bool there[LED_CHANNELS];
	int64_t begin_us;
	int64_t end_us;
	char format[CAPTURE_NAME_MAX]; /* "CSV of edges", "CSV of samples", "VCD" */
};

/*
 * Parses 'len' bytes; messages name the file 'name'. ERR_CONFIG with the line for times that go
 * back, rates beyond CAPTURE_HZ_MAX, binary rubbish, unknown columns, nothing in it. Caller
 * releases *ret.
 */
int capture_parse(const char *text, size_t len, const char *name, struct capture *ret,
		  struct err *err) MUST_CHECK;
void capture_release(struct capture *capture);

#endif
