/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what the recognisers found to words, and to the state: the half of pattern.c that decides.
 */
#ifndef LED_PATTERN_JUDGE_H
#define LED_PATTERN_JUDGE_H

#include "led/pattern.h"

enum pattern_judge_limits {
	PATTERN_BLIND_MARKS = 2, /* fewer may be a part of something, where a colour has no line */
};

/* The state that was told last has this pattern. */
bool pattern_shows(const struct pattern *pattern, enum led_pattern what);

/* What was told is over, unless that is a sequence: it ends by its own parts. */
void pattern_end(struct pattern *pattern, int64_t t_us, enum led_reason reason);

/* By how much the length of a part may be off. */
int64_t pattern_slack_us(const struct pattern *pattern);

/*
 * Looks for the word and tells the state. False when it was not clear which word. 'hue' NULL: dark.
 */
bool pattern_found(struct pattern *pattern, struct led_seen seen, const struct hue *hue,
		   int64_t error_us);

/* The series may be of a colour that has an SOS. */
bool pattern_has_sos(const struct pattern *pattern);

/* 't_us': start of the mark or gap that gave 'result'. */
void pattern_judge_sos(struct pattern *pattern, enum sos_result result, int64_t t_us);

void pattern_judge_blink(struct pattern *pattern);

/* A wave was found not long ago; what noise makes of the slopes and turns does not count then. */
bool pattern_waves(const struct pattern *pattern);

void pattern_judge_fade(struct pattern *pattern, int32_t full_ppm);

/* The marks so far were a whole code, when they fit one. */
void pattern_judge_code(struct pattern *pattern, const struct hue *hue);

/* Darkness this long ends a code that the marks so far fit; INT64_MAX when they fit none. */
int64_t pattern_code_pause_us(const struct pattern *pattern);

/* A part of a sequence has ended. */
void pattern_judge_sequence(struct pattern *pattern);

#endif
