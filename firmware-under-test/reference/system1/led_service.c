/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shows the pattern of the highest priority. From 0.6.1 on it looks every 25 ms, so every edge
 * falls on that grid; a fade is a triangle that begins bright. Before, blinking toggled a
 * millisecond late each time and breathing went in 99 steps of 21 ms each way (facts 3.2).
 */
#include "reference/common/defects.h"
#include "reference/system1/services.h"

enum led_service_times {
	GRID_MS = HAS_OLD_LED_TIMES ? 1 : 25,
	BLINK_LATE_MS = HAS_OLD_LED_TIMES ? 1 : 0,
	OLD_FADE_STEP_MS = 21,
	OLD_FADE_STEPS = 99,
	LEVEL_MAX = 255,
};

struct request {
	bool set;
	uint32_t color;
	enum led_pattern pattern;
	uint32_t period_ms;
};

static struct {
	struct request requests[LED_PRIORITIES];
	struct request shown;
	uint32_t begun_ms;
	bool refused; /* the caller may not use the LED */
	bool open;
} service;

static uint32_t fade_level(uint32_t elapsed_ms, uint32_t period_ms)
{
	uint32_t half_ms = HAS_OLD_LED_TIMES ? OLD_FADE_STEP_MS * OLD_FADE_STEPS : period_ms / 2;
	uint32_t at_ms = elapsed_ms % (2 * half_ms);
	uint32_t from_bright_ms = at_ms < half_ms ? at_ms : 2 * half_ms - at_ms;

	if (HAS_OLD_LED_TIMES)
		return LEVEL_MAX - LEVEL_MAX * (from_bright_ms / OLD_FADE_STEP_MS) / OLD_FADE_STEPS;
	return LEVEL_MAX - LEVEL_MAX * from_bright_ms / half_ms;
}

static uint32_t level(const struct request *request, uint32_t elapsed_ms)
{
	switch (request->pattern) {
	case LED_SOLID: return LEVEL_MAX;
	case LED_BLINK:
		return elapsed_ms / (request->period_ms / 2 + BLINK_LATE_MS) % 2 ? 0 : LEVEL_MAX;
	case LED_FADE: return fade_level(elapsed_ms, request->period_ms);
	}
	return 0;
}

static const struct request *most_urgent(void)
{
	for (int i = LED_PRIORITIES - 1; i >= 0; i--)
		if (service.requests[i].set)
			return &service.requests[i];
	return NULL;
}

void led_service_tick(uint32_t now_ms)
{
	const struct request *request = most_urgent();

	if (now_ms % GRID_MS != 0)
		return;
	if (!request) {
		led_show(LED_OFF, 0);
		service.shown.set = false;
		return;
	}
	/* another colour alone keeps the phase */
	if (!service.shown.set || request->pattern != service.shown.pattern ||
	    request->period_ms != service.shown.period_ms)
		service.begun_ms = now_ms;
	service.shown = *request;
	led_show(request->color, level(request, now_ms - service.begun_ms));
}

void led_service_set(enum led_priority priority, uint32_t color, enum led_pattern pattern,
		     uint32_t period_ms)
{
	struct request *request = &service.requests[priority];

	if (service.refused && priority != LED_IMPORTANT)
		return;
	request->set = false; /* the interrupt must not see half of it */
	request->color = color;
	request->pattern = pattern;
	request->period_ms = period_ms;
	request->set = true;
}

void led_service_clear(enum led_priority priority)
{
	service.requests[priority].set = false;
}

void led_service_open(uint16_t version_of_caller)
{
	service.open = !HAS_DEFECT(DARK_LED) || version_of_caller == MODULE_VERSION;
	service.refused = !service.open;
	if (service.refused)
		led_service_clear(LED_NORMAL);
}

bool led_service_is_open(void)
{
	return service.open;
}
