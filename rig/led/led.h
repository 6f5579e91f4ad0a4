/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The RGB LED as a sensor: edges of three lines -> duty over whole PWM periods -> colour by
 * channel ratio -> pattern -> named state of the board profile. Pure and streaming: the same code
 * serves GPIO edges, a virtual board and a stored capture. What cannot be told is 'unknown'.
 */
#ifndef LED_LED_H
#define LED_LED_H

#include "board/board.h"

#include <stdbool.h>
#include <stdint.h>

enum led_channel { LED_RED = 0, LED_GREEN = 1, LED_BLUE = 2, LED_CHANNELS = 3 };

/* Why a state is unknown. Stored with observations: numbers never change. */
#define LED_REASON_LIST(X)                         \
	X(NONE, 0, "")                             \
	X(EARLY, 1, "not watched for long enough") \
	X(NO_WORD, 2, "not in the vocabulary")     \
	X(IRREGULAR, 3, "no pattern")              \
	X(COLOUR, 4, "the colour is not clear")    \
	X(LOST, 5, "edges are missing")

enum led_reason {
#define X(name, number, text) LED_REASON_##name = (number),
	LED_REASON_LIST(X)
#undef X
		LED_REASON_COUNT
};

const char *led_reason_text(enum led_reason reason);

/*
 * What the LED showed from 'onset_us' on. Dark is LED_PATTERN_SOLID of LED_COLOUR_OFF. A blink with
 * no period of its own (a word of the profile with period 0) has period 0; an SOS that ended inside
 * its code has count 0.
 */
struct led_seen {
	int64_t onset_us;   /* when the state began */
	int64_t certain_us; /* when it could be told */
	enum led_colour colour;
	enum led_pattern pattern;
	int64_t period_us; /* of blink or fade; 0 for others */
	int32_t count;	   /* of an SOS or a code; else 0 */
	const char *name;  /* word of the profile, borrowed from it; NULL = not in the vocabulary */
	enum led_reason reason; /* why it has no name */
	int32_t confidence_pct; /* share of what was seen that speaks for it; 0 when unknown */
};

/* Packs colour and pattern for obs.code. */
#define LED_CODE(colour, pattern) ((int32_t)(colour) << 8 | (int32_t)(pattern))

/*
 * How the lines of a bench hang on the LED: people swap them, or leave one away. line[i] is the
 * colour that the bench's i-th line shows, there[] which colours have a line at all.
 */
struct led_wiring {
	enum led_channel line[LED_CHANNELS];
	bool there[LED_CHANNELS];
};

/* Lines in order, "rgb" or "bgr"; '-' for a line that is none: "r-b". -EINVAL for anything else. */
int led_wiring_parse(const char *text, struct led_wiring *ret) MUST_CHECK;

struct led_decoder;

/*
 * A decoder for one LED of the kind 'board' describes (borrowed, must outlive the decoder).
 * 'seen' is called once for every change of state, in order of onset. When the last state is over
 * and nothing could be told for a while, that is told as LED_PATTERN_UNKNOWN; what is told later
 * may then have the same onset and takes its place. NULL on lack of memory.
 */
struct led_decoder *led_decoder_new(const struct board *board,
				    void (*seen)(void *ctx, const struct led_seen *seen),
				    void *ctx);
void led_decoder_free(struct led_decoder *dec);

/*
 * From now on edges come by these lines; before the first reset or edge. A colour without a line
 * makes others possible: what cannot be told then is unknown.
 */
void led_decoder_wire(struct led_decoder *dec, const struct led_wiring *wiring);

/*
 * Starts anew at 't_us' with given pin levels (true = high); what was pending is dropped.
 * Used when power or the sink changes.
 */
void led_decoder_reset(struct led_decoder *dec, int64_t t_us, const bool high[LED_CHANNELS]);

/*
 * The same for a board that is being powered or reset at 't_us': the LED is dark, and what comes on
 * is seen from its beginning.
 */
void led_decoder_begin(struct led_decoder *dec, int64_t t_us);

/*
 * One edge, O(1). Times must not decrease: an edge that lies before the last one, or before the
 * time last advanced to, is -EINVAL and changes nothing. An edge to the level that is there is
 * ignored.
 */
int led_decoder_edge(struct led_decoder *dec, int64_t t_us, enum led_channel channel,
		     bool high) MUST_CHECK;

/*
 * Nothing happened until 't_us': lets silence become "off" or "solid". How often this is called
 * changes nothing in what is told. -EINVAL when 't_us' lies before what was handled already.
 */
int led_decoder_advance(struct led_decoder *dec, int64_t t_us) MUST_CHECK;

/*
 * The bench lost edges (a queue ran over) before 't_us'; the pins are now as said. What held is
 * uncertain from here on.
 */
int led_decoder_lose(struct led_decoder *dec, int64_t t_us,
		     const bool high[LED_CHANNELS]) MUST_CHECK;

/*
 * A stretch of one look: darkness, or light of one colour and about one brightness. What a word is
 * made of, for who looks for words that no profile has yet (led/learn.h).
 */
struct led_look {
	int64_t start_us;
	int64_t end_us;
	enum led_colour colour; /* OFF: dark; UNKNOWN: a shade without a name */
	int32_t level_ppm;	/* of the brightest channel */
};

/* From now on 'part' gets each part when it is over, in order. */
void led_decoder_listen_looks(struct led_decoder *dec,
			      void (*part)(void *ctx, const struct led_look *part), void *ctx);

/* The part that goes on still, as of now; false when nothing was seen yet. */
bool led_decoder_open_look(const struct led_decoder *dec, struct led_look *ret);

/* How bright each colour is, in parts per million of full, as of the last window. */
void led_decoder_levels(const struct led_decoder *dec, int32_t ret_ppm[LED_CHANNELS]);

/* Edges that must be missing, as far as it was noticed, since the last reset. */
int32_t led_decoder_lost(const struct led_decoder *dec);

/* PWM frequency as measured, in hertz; 0 = none seen. */
int32_t led_decoder_pwm_hz(const struct led_decoder *dec);

/* The state that holds now (certain), or one with pattern UNKNOWN. */
struct led_seen led_decoder_current(const struct led_decoder *dec);

#endif
