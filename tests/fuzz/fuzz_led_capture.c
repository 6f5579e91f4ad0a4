/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as a capture of an LED; what is accepted is decoded as well. */
#include "led/capture.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct board board = {
	.led = { .active_low = true,
		 .pwm_hz = 100,
		 .state_count = 6,
		 .states = { { .name = "off",
			       .colour = LED_COLOUR_OFF,
			       .pattern = LED_PATTERN_SOLID },
			     { .name = "red",
			       .colour = LED_COLOUR_RED,
			       .pattern = LED_PATTERN_SOLID },
			     { .name = "sos",
			       .colour = LED_COLOUR_RED,
			       .pattern = LED_PATTERN_SOS },
			     { .name = "code",
			       .colour = LED_COLOUR_GREEN,
			       .pattern = LED_PATTERN_CODE,
			       .period_us = 400000,
			       .tolerance_us = 80000,
			       .pause_us = 1000000 },
			     { .name = "breathe",
			       .colour = LED_COLOUR_BLUE,
			       .pattern = LED_PATTERN_FADE,
			       .period_us = 4000000,
			       .tolerance_us = 300000 },
			     { .name = "sequence",
			       .pattern = LED_PATTERN_SEQUENCE,
			       .tolerance_us = 40000,
			       .step_count = 2 } },
		 .step_count = 2,
		 .steps = { { .colour = LED_COLOUR_RED, .us = 100000 },
			    { .colour = LED_COLOUR_OFF, .us = 200000 } } },
};

static void on_seen(void *ctx, const struct led_seen *seen)
{
	int64_t *last_us = ctx;

	assert(seen->onset_us >= *last_us && seen->certain_us >= seen->onset_us);
	assert(seen->confidence_pct >= 0 && seen->confidence_pct <= 100);
	*last_us = seen->onset_us;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct capture capture;
	struct led_decoder *dec;
	int64_t last_us = 0;
	int r = 0;

	if (capture_parse((const char *)data, size, "fuzz", &capture, &err) < 0) {
		assert(err.kind != ERR_NONE && err.text[0] != '\0');
		return 0;
	}
	dec = led_decoder_new(&board, on_seen, &last_us);
	if (dec) {
		led_decoder_reset(dec, capture.begin_us, capture.high);
		for (size_t i = 0; i < capture.count; i++)
			r |= led_decoder_edge(dec, capture.edges[i].t_us, capture.edges[i].channel,
					      capture.edges[i].high);
		r |= led_decoder_advance(dec, capture.end_us);
		assert(r == 0);
	}
	led_decoder_free(dec);
	capture_release(&capture);
	return 0;
}
