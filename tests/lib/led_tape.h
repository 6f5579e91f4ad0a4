/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A decoder that listens to a synthetic LED and remembers what it told; the board whose words it
 * knows; and parts, of which what an LED does is put together.
 */
#ifndef TESTS_LIB_LED_TAPE_H
#define TESTS_LIB_LED_TAPE_H

#include "lib/led_gen.h"

#define MS(ms) ((int64_t)(ms)*1000)

enum led_tape_limits {
	LED_TAPE_SEEN_MAX = 96,
	LED_TAPE_WORDS = 28,
};

struct led_tape {
	struct led_decoder *dec;
	bool deaf; /* the decoder does not get the edges yet */
	struct led_gen gen;
	struct led_seen seen[LED_TAPE_SEEN_MAX];
	size_t count;
};

/* What the LED does for a while, and the word it must be told by (NULL: too short to tell). */
struct led_part {
	enum {
		LED_PART_END = 0,
		LED_PART_DARK,
		LED_PART_SOLID,
		LED_PART_BLINK,
		LED_PART_FADE,
		LED_PART_SOS,
		LED_PART_CUT,
		LED_PART_REPHASE
	} kind;
	uint32_t rgb;
	int32_t a_ms; /* blink: lit; fade: period; SOS: code */
	int32_t b_ms; /* blink: dark; fade: step; SOS: percent of the nominal times */
	int32_t ms;
	const char *name;
	int32_t certain_ms; /* at the latest, after its onset */
};

/* Dark long enough to be told. */
#define LED_PART_FIRST_DARK                             \
	{                                               \
		LED_PART_DARK, 0, 0, 0, 700, "off", 600 \
	}

/* A board with the LED's language of the facts. */
extern const struct board led_tape_board;

/* Every word of it with a pattern of its own, as darkness and the word; ended by a zero part. */
extern const struct led_part led_tape_words[LED_TAPE_WORDS][3];

/*
 * A dark LED of that brightness and a decoder that listens to it. Phase, kind of timer and start
 * time come from the seed. The test fails on edges refused and states told out of order.
 */
void led_tape_open(struct led_tape *tape, uint64_t seed, int32_t brightness_pct);
void led_tape_close(struct led_tape *tape);

/* The LED does this, and the decoder hears of the time that passed. */
void led_tape_play(struct led_tape *tape, const struct led_part *part);

/* A deaf decoder starts to listen now, in the middle of what goes on. */
void led_tape_join(struct led_tape *tape);

#endif
