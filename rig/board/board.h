/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A board profile: what a kind of board is, read from firmware-under-test/boards/NAME.yaml.
 * Memory map, LED vocabulary, button timings, boot times. Facts, not behaviour.
 */
#ifndef BOARD_BOARD_H
#define BOARD_BOARD_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum board_limits {
	BOARD_NAME_MAX = 32,
	BOARD_REGIONS_MAX = 24,
	BOARD_LED_STATES_MAX = 64,
	BOARD_LED_STEPS_MAX = 32, /* of all sequences together */
	BOARD_FILE_MAX = 65536,
};

/* Colours by channel ratio; 'dim' shades are not told apart. Stored: numbers never change. */
#define LED_COLOUR_LIST(X)       \
	X(UNKNOWN, 0, "unknown") \
	X(OFF, 1, "off")         \
	X(RED, 2, "red")         \
	X(GREEN, 3, "green")     \
	X(BLUE, 4, "blue")       \
	X(YELLOW, 5, "yellow")   \
	X(CYAN, 6, "cyan")       \
	X(MAGENTA, 7, "magenta") \
	X(WHITE, 8, "white")     \
	X(ORANGE, 9, "orange")

enum led_colour {
#define X(name, number, text) LED_COLOUR_##name = (number),
	LED_COLOUR_LIST(X)
#undef X
		LED_COLOUR_COUNT
};

#define LED_PATTERN_LIST(X)                                                               \
	X(UNKNOWN, 0, "unknown")                                                          \
	X(SOLID, 1, "solid")                                                              \
	X(BLINK, 2, "blink")                                                              \
	X(FADE, 3, "fade")	   /* "breathing" */                                      \
	X(SOS, 4, "sos")	   /* ... --- ... then N blinks: the count is the code */ \
	X(CODE, 5, "code")	   /* N blinks, then a pause: the count is the code */    \
	X(SEQUENCE, 6, "sequence") /* any colours one after the other, again and again */

enum led_pattern {
#define X(name, number, text) LED_PATTERN_##name = (number),
	LED_PATTERN_LIST(X)
#undef X
		LED_PATTERN_COUNT
};

/* One word of the LED's language. */
struct board_led_state {
	char name[BOARD_NAME_MAX]; /* e.g. "breathing-white" */
	enum led_colour colour;
	enum led_pattern pattern;
	int64_t period_us;    /* whole on+off or down+up; 0 for solid and SOS, or "any" */
	int64_t tolerance_us; /* how far the period may be off; of a sequence, each step */
	int64_t lit_us;	      /* of a code: lit part of the period; 0 = half */
	int64_t pause_us;     /* darkness after a code */
	uint32_t first_step;  /* of a sequence, in 'steps' of the language */
	uint32_t step_count;
};

enum led_level { LED_LEVEL_ANY = 0, LED_LEVEL_LOW = 1, LED_LEVEL_HIGH = 2 };

/* A part of a sequence. */
struct board_led_step {
	enum led_colour colour; /* LED_COLOUR_UNKNOWN: any, for shades without a name */
	enum led_level level;	/* brightness beside that of the other steps */
	int64_t us;
};

/* What an LED says, and how. */
struct board_led {
	bool active_low; /* common anode: pin low is lit */
	uint32_t pwm_hz; /* nominal; the decoder measures the real one */
	struct board_led_state states[BOARD_LED_STATES_MAX];
	size_t state_count;
	struct board_led_step steps[BOARD_LED_STEPS_MAX];
	size_t step_count;
};

struct board_region {
	char name[BOARD_NAME_MAX]; /* "bootloader", "dct", "system-part1", "staging" ... */
	uint32_t start;
	uint32_t size;
	uint8_t function; /* module function code that lives there, 0 = none */
	uint8_t index;
};

struct board {
	char name[BOARD_NAME_MAX];
	uint16_t platform_id;
	char chip[BOARD_NAME_MAX]; /* which virtual chip can stand in, e.g. "stm32f205" */
	uint32_t cpu_hz;
	struct board_led led;
	struct {
		int64_t safe_mode_us; /* SETUP held this long from reset: safe mode */
		int64_t dfu_us;	      /* ... this long: DFU */
		int64_t reset_pulse_us;
		int64_t listening_us; /* SETUP held while the system runs: it listens; 0 unknown */
	} buttons;
	struct {
		char alive[BOARD_NAME_MAX];  /* LED state that proves the system runs */
		char online[BOARD_NAME_MAX]; /* the same with a session to the cloud; empty: unknown
					      */
		char dfu[BOARD_NAME_MAX];    /* LED state of the bootloader's DFU mode */
		char apply[BOARD_NAME_MAX];  /* LED state while slots are applied */
		int64_t alive_us_max;	     /* longest healthy boot, without an update to apply */
		int64_t apply_us_max;	     /* longest application of one update at boot */
		int64_t long_off_us;	     /* a power-off that surely drains everything */
	} boot;
	struct {
		uint16_t vendor; /* 0: nothing is known about its USB */
		uint16_t dfu;	 /* product id in DFU mode */
		uint16_t serial; /* product id while the system runs; 0: unknown */
	} usb;
	struct board_region regions[BOARD_REGIONS_MAX];
	size_t region_count;
};

/* Reads a profile; strict. ERR_CONFIG with file and line. Caller owns *ret, no heap inside. */
int board_load(const char *path, struct board *ret, struct err *err) MUST_CHECK;

/*
 * A language of LEDs by itself, from a file like firmware-under-test/boards/led/particle-gen2.yaml:
 * everything of *ret but 'led' and 'name' is zero. Errors as board_load().
 */
int board_load_language(const char *path, struct board *ret, struct err *err) MUST_CHECK;

/* A word by its name; NULL when there is none. */
const struct board_led_state *board_led_state(const struct board_led *led, const char *name);

/* Region by name, or by the module that lives there, or holding 'address'; NULL when none. */
const struct board_region *board_region_by_name(const struct board *board, const char *name);
const struct board_region *board_region_by_module(const struct board *board, uint8_t function,
						  uint8_t index);
const struct board_region *board_region_at(const struct board *board, uint32_t address);

const char *led_colour_name(enum led_colour colour);
const char *led_pattern_name(enum led_pattern pattern);

#endif
