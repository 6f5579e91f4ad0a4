/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/colour.h"

/* Shares of the brightest channel. Orange is FF6000 (0.38), from a theme FF6600 (0.40). */
enum colour_share_pct {
	COLOUR_NONE_PCT = 15,
	COLOUR_PART_MIN_PCT = 27,
	COLOUR_PART_MAX_PCT = 52,
	COLOUR_WHOLE_PCT = 72,
};

enum colour_share { SHARE_NONE = 0, SHARE_PART = 1, SHARE_WHOLE = 2, SHARE_OTHER = 3 };

static const struct {
	enum colour_share red, green, blue;
	enum led_colour colour;
} colour_table[] = {
	{ SHARE_WHOLE, SHARE_NONE, SHARE_NONE, LED_COLOUR_RED },
	{ SHARE_NONE, SHARE_WHOLE, SHARE_NONE, LED_COLOUR_GREEN },
	{ SHARE_NONE, SHARE_NONE, SHARE_WHOLE, LED_COLOUR_BLUE },
	{ SHARE_WHOLE, SHARE_WHOLE, SHARE_NONE, LED_COLOUR_YELLOW },
	{ SHARE_NONE, SHARE_WHOLE, SHARE_WHOLE, LED_COLOUR_CYAN },
	{ SHARE_WHOLE, SHARE_NONE, SHARE_WHOLE, LED_COLOUR_MAGENTA },
	{ SHARE_WHOLE, SHARE_WHOLE, SHARE_WHOLE, LED_COLOUR_WHITE },
	{ SHARE_WHOLE, SHARE_PART, SHARE_NONE, LED_COLOUR_ORANGE },
};

int32_t colour_peak(const int32_t level_ppm[LED_CHANNELS])
{
	int32_t peak = 0;

	for (int i = 0; i < LED_CHANNELS; i++)
		if (level_ppm[i] > peak)
			peak = level_ppm[i];
	return peak;
}

static enum colour_share colour_share(int32_t level_ppm, int32_t peak_ppm)
{
	int64_t pct = (int64_t)level_ppm * 100 / peak_ppm;

	if (pct < COLOUR_NONE_PCT)
		return SHARE_NONE;
	if (pct >= COLOUR_WHOLE_PCT)
		return SHARE_WHOLE;
	if (pct >= COLOUR_PART_MIN_PCT && pct < COLOUR_PART_MAX_PCT)
		return SHARE_PART;
	return SHARE_OTHER;
}

enum led_colour colour_of(const int32_t level_ppm[LED_CHANNELS])
{
	int32_t peak = colour_peak(level_ppm);
	enum colour_share share[LED_CHANNELS];

	if (peak <= 0)
		return LED_COLOUR_OFF;
	for (int i = 0; i < LED_CHANNELS; i++)
		share[i] = colour_share(level_ppm[i], peak);
	for (size_t i = 0; i < ARRAY_LEN(colour_table); i++)
		if (colour_table[i].red == share[LED_RED] &&
		    colour_table[i].green == share[LED_GREEN] &&
		    colour_table[i].blue == share[LED_BLUE])
			return colour_table[i].colour;
	return LED_COLOUR_UNKNOWN;
}
