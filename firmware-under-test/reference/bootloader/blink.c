/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bootloader's time and its one LED pattern, both driven by SysTick. */
#include "reference/bootloader/bootloader.h"

static struct {
	volatile uint32_t now_ms;
	uint32_t color;
	uint32_t half_ms; /* 0: does not blink */
	uint32_t left_ms;
	bool lit;
} blink;

uint32_t blink_now_ms(void)
{
	return blink.now_ms;
}

void blink_begin(uint32_t color, uint32_t half_ms)
{
	if (blink.color == color && blink.half_ms == half_ms)
		return;
	blink.half_ms = 0; /* the interrupt looks at it first */
	blink.color = color;
	blink.left_ms = half_ms;
	blink.lit = true;
	led_show(color, 255);
	blink.half_ms = half_ms;
}

void blink_tick(void)
{
	blink.now_ms++;
	if (blink.half_ms == 0 || blink.left_ms-- > 0)
		return;
	blink.left_ms = blink.half_ms;
	blink.lit = !blink.lit;
	led_show(blink.color, blink.lit ? 255 : 0);
}

void blink_wait_ms(uint32_t ms)
{
	uint32_t begin = blink.now_ms;

	while (blink.now_ms - begin < ms)
		chip_sleep();
}
