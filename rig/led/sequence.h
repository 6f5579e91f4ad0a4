/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recognises custom sequences: colours (or darkness, or two levels of brightness) one after the
 * other, each for its time, again and again. One whole turn must be seen, and four parts at least.
 */
#ifndef LED_SEQUENCE_H
#define LED_SEQUENCE_H

#include "led/colour.h"
#include "led/light.h"

enum sequence_limits {
	SEQUENCE_PARTS = 16, /* last parts that are kept */
	SEQUENCE_LEAST = 4,  /* fewer are no sequence */
};

struct sequence_part {
	int64_t start_us;
	bool dark;
	colour_set colours; /* once it has ended */
	enum led_colour likely;
	int32_t level_ppm;
};

struct sequence {
	struct sequence_part parts[SEQUENCE_PARTS]; /* a ring; the last one is still going on */
	uint32_t count;
	struct hue hue; /* of the last one */
};

void sequence_reset(struct sequence *sequence);

/* Takes what the LED showed. True when a part has ended with it. */
bool sequence_step(struct sequence *sequence, const struct light_step *step);

/* Part 'number' of those that are kept, when it ends or goes on at 'end_us'. */
struct led_look sequence_part_seen(const struct sequence *sequence, uint32_t number,
				   int64_t end_us);

/* Do the parts that have ended fit the word? *ret_onset_us: where they begin. */
bool sequence_fits(const struct sequence *sequence, const struct board_led *led,
		   const struct board_led_state *word, int64_t slack_us, int64_t *ret_onset_us);

/* Length of all steps. */
int64_t sequence_turn_us(const struct board_led *led, const struct board_led_state *word);

#endif
