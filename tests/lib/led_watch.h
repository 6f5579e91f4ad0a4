/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The LED of a virtual board, decoded: what it shows, by the words of the board's profile. */
#ifndef TESTS_LIB_LED_WATCH_H
#define TESTS_LIB_LED_WATCH_H

#include "led/led.h"
#include "vboard/vboard.h"

enum { LED_WATCH_STATES = 64 };

struct led_watch {
	struct vboard *vb;
	struct board board;
	struct led_decoder *decoder;
	struct led_seen seen[LED_WATCH_STATES];
	size_t count;
	int64_t begun_us; /* for the test: when power was given */
};

/* Watches from now on; the board's LED is dark now. */
void led_watch_begin(struct led_watch *watch, struct vboard *vb);
void led_watch_end(struct led_watch *watch);

/* Lets the board run for 'ms'. */
void led_watch_run(struct led_watch *watch, unsigned int ms);

/* The board's time. */
int64_t led_watch_now_us(const struct led_watch *watch);

/* Was the word seen, from state number 'from' on? Its number, or -1. */
int led_watch_find(const struct led_watch *watch, const char *word, size_t from);

#endif
