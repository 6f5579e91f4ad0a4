/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SETUP held since the reset: the longer, the more. What it has come to is shown by the LED, and
 * happens when it is let go (facts 4).
 */
#include "reference/bootloader/bootloader.h"
#include "reference/common/defects.h"

enum button_times {
	SETUP_PIN = 7, /* PC7, low while held */
	BOUNCE_MS = 10,
	LOOP_MAX_MS = 12000,
};

static const struct stage {
	uint32_t from_ms;
	enum button_choice choice;
	uint32_t color;
	uint32_t half_ms;
	bool needs_factory;
} stages[] = {
	{ 1000, BUTTON_SAFE_MODE, LED_MAGENTA, BLINK_HALF_NORMAL, false },
	{ 3000, BUTTON_DFU, LED_YELLOW, BLINK_HALF_NORMAL, false },
	{ 6500, BUTTON_FACTORY, LED_GREEN, BLINK_HALF_FAST, true },
	{ 10000, BUTTON_FACTORY_AND_WIPE, LED_WHITE, BLINK_HALF_FAST, false },
};

static bool is_held(void)
{
	return !(GPIOC_IDR >> SETUP_PIN & 1);
}

enum button_choice button_ask(void)
{
	enum button_choice choice = BUTTON_NOTHING;
	bool has_factory = apply_has_factory();
	uint32_t begin = blink_now_ms();

	GPIOC_PUPDR |= 1u << (2 * SETUP_PIN);
	blink_wait_ms(BOUNCE_MS);
	while (is_held() && blink_now_ms() - begin < LOOP_MAX_MS) {
		uint32_t held_ms = blink_now_ms() - begin;

		for (unsigned int i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
			const struct stage *stage = &stages[i];

			if (held_ms < stage->from_ms || (stage->needs_factory && !has_factory))
				continue;
			if (stage->choice <= choice)
				continue;
			choice = stage->choice;
			blink_begin(stage->color, stage->half_ms);
		}
		if (ERA == ERA_A && choice == BUTTON_DFU && !has_factory)
			break; /* 0.5: nothing more can be chosen, so DFU begins at once */
		chip_sleep();
	}
	return choice;
}
