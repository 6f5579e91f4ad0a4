/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Levels of the three channels -> colour, by ratio alone: brightness plays no part, so a colour
 * keeps its name through a fade. What lies between the named colours is unknown.
 */
#ifndef LED_COLOUR_H
#define LED_COLOUR_H

#include "led/led.h"

/* Level of the brightest channel. */
int32_t colour_peak(const int32_t level_ppm[LED_CHANNELS]);

/* LED_COLOUR_OFF when nothing is lit, LED_COLOUR_UNKNOWN for shades without a name. */
enum led_colour colour_of(const int32_t level_ppm[LED_CHANNELS]);

#endif
