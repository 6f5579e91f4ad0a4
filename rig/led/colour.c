/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/colour.h"

/* Shares of the brightest channel. Orange is FF6000 (0.38), from a theme FF6600 (0.40). */
enum colour_share_pct {
	COLOUR_NONE_PCT = 15,
	COLOUR_PART_MIN_PCT = 27,
	COLOUR_PART_MAX_PCT = 52,
	COLOUR_WHOLE_PCT = 72,
	COLOUR_MAX_PCT = 1000,
};

enum {
	HUE_FITS_PCT = 9,  /* of the sum; named colours lie 22 and more apart */
	HUE_SIGMAS = 4,	   /* beyond which two hues differ */
	COLOUR_SIGMAS = 3, /* within which a colour is possible */
	HUE_PULSES_FEW = 6,
	HUE_WINDOWS_FEW = 4,   /* a spike in most of them is no chance any more */
	HUE_PULSES_MAX = 4096, /* then the sums are halved: old light counts less */
};

enum colour_share { SHARE_NONE = 0, SHARE_PART = 1, SHARE_WHOLE = 2 };

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

void hue_clear(struct hue *hue)
{
	*hue = (struct hue){ 0 };
}

void hue_add(struct hue *hue, const struct hue *more)
{
	for (int i = 0; i < LED_CHANNELS; i++)
		hue->lit_us[i] += more->lit_us[i];
	for (int i = 0; i < LED_CHANNELS; i++)
		hue->on[i] += more->on[i];
	hue->windows += more->windows;
	hue->pulses += more->pulses;
	hue->noise_us = more->noise_us;
	if (hue->pulses <= HUE_PULSES_MAX)
		return;
	for (int i = 0; i < LED_CHANNELS; i++) {
		hue->lit_us[i] /= 2;
		hue->on[i] /= 2;
	}
	hue->windows /= 2;
	hue->pulses /= 2;
}

static int64_t hue_sum_us(const struct hue *hue)
{
	return hue->lit_us[LED_RED] + hue->lit_us[LED_GREEN] + hue->lit_us[LED_BLUE];
}

int64_t hue_peak_us(const struct hue *hue)
{
	int64_t peak = 0;

	for (int i = 0; i < LED_CHANNELS; i++)
		if (hue->lit_us[i] > peak)
			peak = hue->lit_us[i];
	return peak;
}

/* Whole root, rounded up. */
static int64_t root(int64_t n)
{
	int64_t x = 1;

	while (x * x < n)
		x *= 2;
	for (int64_t step = x / 2; step > 0; step /= 2)
		if ((x - step) * (x - step) >= n)
			x -= step;
	return x;
}

/* By how much the time of a channel may be off. */
static int64_t hue_error_us(const struct hue *hue, int64_t sigmas)
{
	return hue->noise_us ? sigmas * hue->noise_us * root(hue->pulses) : 0;
}

bool hue_fits(const struct hue *a, const struct hue *b)
{
	int64_t a_us = hue_sum_us(a);
	int64_t b_us = hue_sum_us(b);
	int64_t slack = a_us * b_us / 100 * HUE_FITS_PCT;

	int64_t most = 0;

	for (int i = 0; i < LED_CHANNELS; i++) {
		int64_t off = a->lit_us[i] * b_us - b->lit_us[i] * a_us;

		off = off < 0 ? -off : off;
		most = off > most ? off : most;
	}
	if (most <= slack)
		return true;
	return most <=
	       slack + hue_error_us(a, HUE_SIGMAS) * b_us + hue_error_us(b, HUE_SIGMAS) * a_us;
}

/*
 * A pulse cannot be shorter than nothing, so late time stamps make short pulses longer on average:
 * when both edges of a pulse of length m are late by even chance up to j > m, by (j - m)^3 / 6 j^2.
 * j is 2.45 sigma of the length.
 */
static int64_t hue_bias_us(const struct hue *hue, int64_t lit_us)
{
	int64_t spread_us = hue->noise_us * 245 / 100;
	int64_t pulses = hue->pulses > 0 ? hue->pulses : 1;
	int64_t short_us = spread_us - lit_us / pulses;

	if (lit_us == 0 || short_us <= 0)
		return 0;
	return pulses * (short_us * short_us / spread_us * short_us / spread_us / 6);
}

static bool share_may_be(enum colour_share share, int64_t low_pct, int64_t high_pct)
{
	switch (share) {
	case SHARE_NONE: return low_pct < COLOUR_NONE_PCT;
	case SHARE_PART: return high_pct >= COLOUR_PART_MIN_PCT && low_pct < COLOUR_PART_MAX_PCT;
	case SHARE_WHOLE: return high_pct >= COLOUR_WHOLE_PCT;
	}
	return false;
}

static int64_t pct_of(int64_t us, int64_t peak_us)
{
	if (us <= 0)
		return 0;
	return peak_us > 0 && us / peak_us < COLOUR_MAX_PCT / 100 ? us * 100 / peak_us
								  : COLOUR_MAX_PCT;
}

colour_set colour_candidates(const struct hue *hue)
{
	int64_t peak_us = hue_peak_us(hue);
	int64_t error_us = hue_error_us(hue, COLOUR_SIGMAS);
	int64_t low_pct[LED_CHANNELS];
	int64_t high_pct[LED_CHANNELS];
	colour_set set = 0;

	if (peak_us <= 0)
		return COLOUR_BIT(LED_COLOUR_OFF);
	peak_us -= hue_bias_us(hue, peak_us);
	for (int i = 0; i < LED_CHANNELS; i++) {
		int64_t bias_us = hue_bias_us(hue, hue->lit_us[i]);
		int64_t lit_us = hue->lit_us[i] - bias_us;

		low_pct[i] = pct_of(lit_us - error_us - bias_us, peak_us + error_us);
		/* however short its pulses seem, a line that makes them is not dark */
		if (low_pct[i] < COLOUR_NONE_PCT && pct_of(lit_us, peak_us) >= COLOUR_NONE_PCT &&
		    hue->windows >= HUE_WINDOWS_FEW && 2 * hue->on[i] > hue->windows)
			low_pct[i] = COLOUR_NONE_PCT;
		/* a channel that never came on is dark, but for one or two windows by chance */
		high_pct[i] =
			lit_us || 4 * hue->on[i] > hue->windows || hue->pulses < HUE_PULSES_FEW
				? pct_of(lit_us + error_us, peak_us - error_us)
				: 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(colour_table); i++)
		if (share_may_be(colour_table[i].red, low_pct[LED_RED], high_pct[LED_RED]) &&
		    share_may_be(colour_table[i].green, low_pct[LED_GREEN], high_pct[LED_GREEN]) &&
		    share_may_be(colour_table[i].blue, low_pct[LED_BLUE], high_pct[LED_BLUE]))
			set |= COLOUR_BIT(colour_table[i].colour);
	return set;
}

enum led_colour colour_of(const struct hue *hue)
{
	struct hue sharp = *hue;
	colour_set set;

	sharp.noise_us = 0;
	set = colour_candidates(&sharp);
	if (!set)
		set = colour_candidates(hue);
	/* a set of one is a colour */
	if (set == 0 || (set & (set - 1)) != 0)
		return LED_COLOUR_UNKNOWN;
	return (enum led_colour)__builtin_ctz(set);
}
