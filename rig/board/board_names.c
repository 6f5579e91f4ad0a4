/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board/board.h"

static const char *const led_colour_names[LED_COLOUR_COUNT] = {
#define X(name, number, text) [LED_COLOUR_##name] = (text),
	LED_COLOUR_LIST(X)
#undef X
};

static const char *const led_pattern_names[LED_PATTERN_COUNT] = {
#define X(name, number, text) [LED_PATTERN_##name] = (text),
	LED_PATTERN_LIST(X)
#undef X
};

const char *led_colour_name(enum led_colour colour)
{
	return (unsigned int)colour < LED_COLOUR_COUNT ? led_colour_names[colour]
						       : led_colour_names[LED_COLOUR_UNKNOWN];
}

const char *led_pattern_name(enum led_pattern pattern)
{
	return (unsigned int)pattern < LED_PATTERN_COUNT ? led_pattern_names[pattern]
							 : led_pattern_names[LED_PATTERN_UNKNOWN];
}
