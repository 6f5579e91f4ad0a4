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
	HUE_DUE_US = 100,  /* a spike is not longer, and the darkest shade of a fade is shorter */
	HUE_STRAY_WINDOWS = 16,
	HUE_STRAY_PCT = 130, /* of what is explained; noise itself is known to within 15 % */
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
	hue->blind = more->blind;
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

/*
 * However late its edges, a line that makes pulses has them, and one that is dark has none: a
 * window in which a line is silent that was never silent in the run, or the other way round, is of
 * another colour. (Windows in which an edge is missing do not come here.)
 */
static bool hue_has_other_lines(const struct hue *run, const struct hue *window)
{
	int64_t run_us = hue_sum_us(run);
	int64_t window_us = hue_sum_us(window);

	if (window->windows != 1 || run->windows < HUE_WINDOWS_FEW)
		return false;
	for (int i = 0; i < LED_CHANNELS; i++) {
		int64_t due_us = run_us > 0 ? run->lit_us[i] * window_us / run_us : 0;

		if (!window->on[i] && run->on[i] == run->windows &&
		    due_us > HUE_DUE_US + run->noise_us / 2)
			return true;
		if (window->on[i] && run->on[i] == 0 && window->lit_us[i] > HUE_DUE_US)
			return true;
	}
	return false;
}

bool hue_fits_within(const struct hue *a, const struct hue *b, int64_t sigmas)
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
	if (hue_has_other_lines(a, b))
		return false;
	return most <= slack + hue_error_us(a, sigmas) * b_us + hue_error_us(b, sigmas) * a_us;
}

bool hue_fits(const struct hue *a, const struct hue *b)
{
	return hue_fits_within(a, b, HUE_SIGMAS);
}

void hue_stray_add(struct hue_stray *stray, const struct hue *run, const struct hue *window)
{
	int64_t run_us = hue_sum_us(run);
	int64_t window_us = hue_sum_us(window);
	int64_t shade_us = window_us * HUE_FITS_PCT / 100;

	if (run_us <= 0)
		return;
	stray->windows++;
	stray->explained_us2 += shade_us * shade_us;
	for (int i = 0; i < LED_CHANNELS; i++) {
		int64_t off_us = window->lit_us[i] - run->lit_us[i] * window_us / run_us;

		stray->seen_us2 += off_us * off_us;
		if (window->on[i])
			stray->explained_us2 +=
				window->noise_us * window->noise_us * window->pulses;
	}
	if (stray->windows > HUE_PULSES_MAX) {
		stray->windows /= 2;
		stray->seen_us2 /= 2;
		stray->explained_us2 /= 2;
	}
}

bool hue_strays(const struct hue_stray *stray)
{
	return stray->windows >= HUE_STRAY_WINDOWS &&
	       stray->seen_us2 * 100 > stray->explained_us2 * HUE_STRAY_PCT;
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

/* Could a light of these colours look dark, for want of a line? */
bool colour_may_hide(colour_set colours, uint8_t blind)
{
	for (size_t i = 0; i < ARRAY_LEN(colour_table) && blind; i++) {
		const enum colour_share shares[] = { colour_table[i].red, colour_table[i].green,
						     colour_table[i].blue };
		bool seen = false;

		for (int c = 0; c < LED_CHANNELS; c++)
			seen |= shares[c] != SHARE_NONE && !(blind >> c & 1);
		if (!seen && (colours & COLOUR_BIT(colour_table[i].colour)))
			return true;
	}
	return false;
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

		if (hue->blind >> i & 1) {
			low_pct[i] = 0;
			high_pct[i] = COLOUR_MAX_PCT;
			continue;
		}
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
	/* beside a brighter one that nobody sees, a whole share may be a part */
	for (int i = 0; i < LED_CHANNELS && hue->blind; i++)
		if (low_pct[i] > COLOUR_NONE_PCT)
			low_pct[i] = COLOUR_NONE_PCT;
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
