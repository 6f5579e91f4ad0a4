/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long each channel was lit -> colour, by ratio alone: brightness plays no part, so a colour
 * keeps its name through a fade. Late time stamps blur the ratio; then several colours are possible
 * and more light makes them fewer. What lies between the named colours is unknown.
 */
#ifndef LED_COLOUR_H
#define LED_COLOUR_H

#include "led/led.h"

/* Light of one colour, summed up. */
struct hue {
	int64_t lit_us[LED_CHANNELS];
	int64_t pulses;	  /* of the channel that has most */
	int64_t noise_us; /* how far the length of one pulse may be off (1 sigma) */
	uint8_t blind;	  /* bit n: channel n has no line, it may be lit or not */
	int32_t windows;
	int32_t on[LED_CHANNELS]; /* in so many of them */
};

/* A set of colours: bit n is colour n. */
typedef uint32_t colour_set;

#define COLOUR_BIT(colour) ((colour_set)1 << (colour))

void hue_clear(struct hue *hue);
void hue_add(struct hue *hue, const struct hue *more);

/* May both be of one colour? A hue without light fits any. */
bool hue_fits(const struct hue *a, const struct hue *b);

/*
 * How far windows of one light stray from its colour, summed up, beside what noise explains. A
 * light that changes its colour faster than noise lets see each one strays too far.
 */
struct hue_stray {
	int64_t windows;
	int64_t seen_us2;
	int64_t explained_us2;
};

void hue_stray_add(struct hue_stray *stray, const struct hue *run, const struct hue *window);
bool hue_strays(const struct hue_stray *stray);

/* The same, when what differs by up to so many sigma may still be one colour. */
bool hue_fits_within(const struct hue *a, const struct hue *b, int64_t sigmas);

/* Longest time of any channel. */
int64_t hue_peak_us(const struct hue *hue);

/* All colours it can be, 0 when none has a name. LED_COLOUR_OFF when nothing is lit. */
colour_set colour_candidates(const struct hue *hue);

/* Could a light of any of these colours look dark, when the 'blind' channels have no line? */
bool colour_may_hide(colour_set colours, uint8_t blind);

/* The one it is most likely, LED_COLOUR_UNKNOWN for shades without a name. */
enum led_colour colour_of(const struct hue *hue);

#endif
