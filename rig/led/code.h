/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recognises counted blinks: a few marks of equal length and distance, then a pause that is longer
 * than the distance. Fed with marks and gaps; what the lengths should be says the word.
 */
#ifndef LED_CODE_H
#define LED_CODE_H

#include "led/led.h"

enum code_limits { CODE_MARKS_MAX = 16 };

struct code {
	int32_t marks; /* since the last pause; more than CODE_MARKS_MAX: a blink, no code */
	int64_t start_us[CODE_MARKS_MAX];
	int64_t lit_us[CODE_MARKS_MAX];
};

void code_reset(struct code *code);

/* A mark was lit from 'start_us' for 'lit_us'. */
void code_mark(struct code *code, int64_t start_us, int64_t lit_us);

/* Darkness of this length ends a code of this word. */
int64_t code_pause_us(const struct board_led_state *word);

/* Do all marks so far fit the word, give or take 'slack_us'? */
bool code_fits(const struct code *code, const struct board_led_state *word, int64_t slack_us);

#endif
