/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs of light and darkness -> solid, off, blink, fade, SOS. Asks the recognisers, settles who is
 * right when several could be, and hands what is certain to the state.
 */
#ifndef LED_PATTERN_H
#define LED_PATTERN_H

#include "led/blink.h"
#include "led/fade.h"
#include "led/light.h"
#include "led/sos.h"
#include "led/state.h"
#include "led/words.h"

struct pattern {
	struct words words;
	struct state state;
	struct blink blink;
	struct fade fade;
	struct sos sos;
	int64_t now_us; /* when what is being handled became known */
	int64_t pwm_us;
	bool anchored;		/* darkness was seen: what comes on is seen from its beginning */
	bool held;		/* the run was told as solid or off */
	enum led_colour colour; /* of the run; OFF = dark, UNKNOWN before the first */
	int64_t start_us;	/* of the run; INT64_MAX before the first */
	int64_t flat_us;	/* brightness is 'flat_ppm' since */
	int32_t flat_ppm;
	bool bent; /* the last window was off that, the next one decides */
	int64_t bent_us;
	int32_t min_ppm;
	int32_t max_ppm;
};

/* 'board' is borrowed; 'seen' as in led_decoder_new(). */
void pattern_init(struct pattern *pattern, const struct board *board,
		  void (*seen)(void *ctx, const struct led_seen *seen), void *ctx);

void pattern_reset(struct pattern *pattern, int64_t t_us);

/* Takes what the LED showed; known at 'now_us', edges blurred by PWM of 'pwm_us'. */
void pattern_step(struct pattern *pattern, const struct light_step *step, int64_t now_us,
		  int64_t pwm_us);

/* When something becomes certain through nothing happening; INT64_MAX = never. */
int64_t pattern_deadline_us(const struct pattern *pattern);

/* That time has come. */
void pattern_expire(struct pattern *pattern);

#endif
