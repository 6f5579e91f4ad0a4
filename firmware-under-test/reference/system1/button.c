/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SETUP while the system runs, sampled every 10 ms: shorter than 30 ms is a bounce, up to 500 ms a
 * click; clicks within a second count together, five at most (facts 4).
 */
#include "reference/system1/services.h"

enum button_times {
	SETUP_PIN = 7,
	SAMPLE_MS = 10,
	BOUNCE_MS = 30,
	CLICK_MS_MAX = 500,
	QUIET_MS = 1000,
	CLICKS_MAX = 5,
};

static volatile struct {
	uint32_t held_ms;
	uint32_t quiet_ms;
	uint32_t clicks; /* so far */
	uint32_t done;	 /* a finished series, not taken yet */
} button;

static void released(void)
{
	if (button.held_ms >= BOUNCE_MS && button.held_ms < CLICK_MS_MAX) {
		button.clicks += button.clicks < CLICKS_MAX;
		button.quiet_ms = 0;
	}
	button.held_ms = 0;
}

void button_tick(uint32_t now_ms)
{
	if (now_ms % SAMPLE_MS != 0)
		return;
	if (!(GPIOC_IDR >> SETUP_PIN & 1)) {
		button.held_ms += SAMPLE_MS;
		return;
	}
	if (button.held_ms > 0)
		released();
	button.quiet_ms += SAMPLE_MS;
	if (button.clicks > 0 && button.quiet_ms >= QUIET_MS) {
		button.done = button.clicks;
		button.clicks = 0;
	}
}

uint32_t button_held_ms(void)
{
	return button.held_ms < BOUNCE_MS ? 0 : button.held_ms;
}

uint32_t button_take_clicks(void)
{
	uint32_t clicks = button.done;

	button.done = 0;
	return clicks;
}
