/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of an LED's language, as they stand in a board profile or in a file of their own that
 * many boards share.
 */
#ifndef BOARD_LANGUAGE_LOAD_H
#define BOARD_LANGUAGE_LOAD_H

#include "base/yaml.h"
#include "board/board.h"

struct cyaml_schema_value;

enum { LANGUAGE_DURATION_TEXT = 24 };

/* A step and a word as they stand in the file: durations are texts there. */
struct raw_step {
	struct board_led_step step;
	char *lasts;
};

struct raw_word {
	struct board_led_state state;
	char *period;
	char *tolerance;
	char *lit;
	char *pause;
	struct raw_step *steps;
	uint32_t steps_count;
};

/* Schema of one word, an entry of a list of struct raw_word. */
extern const struct cyaml_schema_value language_word_schema;

/*
 * Adds words that were read to 'led'. 'at' is the path of their list in 'doc' ("led.states").
 * ERR_CONFIG for what is wrong or doubled.
 */
int language_add(const struct yaml_doc *doc, const char *at, const struct raw_word *words,
		 size_t count, struct board_led *led, struct err *err) MUST_CHECK;

#endif
