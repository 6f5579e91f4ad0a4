/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the edges of an LED come from, for the led commands: a file, or a slot that is opened. */
#ifndef CLI_LED_SOURCE_H
#define CLI_LED_SOURCE_H

#include "board/board.h"
#include "led/led.h"

#include <stdio.h>

/* What is common to all led commands; NULL or 0 = not given. */
struct led_options {
	const char *board;	/* profile by name; "p1" when nothing is given */
	const char *vocabulary; /* or a language by itself */
	const char *lines;	/* led_wiring_parse() */
	const char *release;	/* what a virtual board boots */
	int64_t for_us;		/* how long a slot is watched */
	FILE *record;		/* edges are written here too, as CSV */
};

/* Who listens. */
struct led_listener {
	void *ctx;
	void (*seen)(void *ctx, const struct led_seen *seen);
	/* Time has come this far; for what is drawn while it goes on. May be NULL. */
	void (*tick)(void *ctx, const struct led_decoder *dec, int64_t t_us);
	/* What it looked like, part by part, the last included; for who learns. May be NULL. */
	void (*look)(void *ctx, const struct led_look *look);
};

/* What was watched, when it is over. */
struct led_watched {
	int64_t begin_us;
	int64_t end_us;
	struct led_seen last; /* what holds at the end */
	int32_t pwm_hz;
	int32_t lost;
	char format[40];
};

/* The board profile, or the language that stands in for one. ERR_CONFIG, ERR_USAGE. */
int led_source_board(const struct led_options *options, struct board *ret,
		     struct err *err) MUST_CHECK;

/* Decodes a capture. */
int led_source_file(const char *path, const struct led_options *options, const struct board *board,
		    const struct led_listener *listener, struct led_watched *ret,
		    struct err *err) MUST_CHECK;

/*
 * Opens "virtual:BOARD" and boots a release on it, or "bench:FILE:SLOT" and gives it power; watches
 * it. ERR_USAGE, ERR_CONFIG, ERR_RIG.
 */
int led_source_slot(const char *name, const struct led_options *options, const struct board *board,
		    const struct led_listener *listener, struct led_watched *ret,
		    struct err *err) MUST_CHECK;

/* The board that such a slot has. */
int led_source_slot_board(const char *name, char ret_board[BOARD_NAME_MAX],
			  struct err *err) MUST_CHECK;

/* "virtual:p1" and "bench:FILE:SLOT" are slots; all else is a file. */
bool led_source_is_slot(const char *name);

#endif
