/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The RGB LED. Below: the three PWM channels. Above: a service that shows the pattern of the
 * highest priority that is set (facts 3.1, 3.2).
 */
#ifndef REFERENCE_COMMON_LED_H
#define REFERENCE_COMMON_LED_H

#include "reference/common/chip.h"

enum led_color {
	LED_OFF = 0,
	LED_RED = 0xff0000,
	LED_GREEN = 0x00ff00,
	LED_BLUE = 0x0000ff,
	LED_YELLOW = 0xffff00,
	LED_CYAN = 0x00ffff,
	LED_MAGENTA = 0xff00ff,
	LED_WHITE = 0xffffff,
	LED_ORANGE = 0xff6000,
};

enum led_pattern { LED_SOLID = 0, LED_BLINK = 1, LED_FADE = 2 };

enum led_period_ms {
	LED_BLINK_FAST = 100,
	LED_BLINK_NORMAL = 200,
	LED_BLINK_SLOW = 500,
	LED_FADE_NORMAL = 4000,
};

enum led_priority {
	LED_BACKGROUND = 0,
	LED_NORMAL = 1,
	LED_IMPORTANT = 2,
	LED_CRITICAL = 3,
	LED_PRIORITIES = 4,
};

/* Ports and timer; the LED is dark. */
void led_init(void);

/* Shows 'color' (0xRRGGBB) at 'level' of 255, at the usual brightness. */
void led_show(uint32_t color, uint32_t level);

#endif
