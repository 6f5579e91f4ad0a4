/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state the LED is in, and the duty to tell each change once: what was found is told when it
 * differs from what holds; that the last state is over is told, as unknown, only when nothing else
 * was found for a while.
 */
#ifndef LED_STATE_H
#define LED_STATE_H

#include "led/led.h"

struct state {
	void (*seen)(void *ctx, const struct led_seen *seen);
	void *ctx;
	struct led_seen now; /* last state told */
	bool over;	     /* it has ended, what follows is not known yet */
	int64_t over_us;
	enum led_colour colour; /* lit since; OFF = none yet, UNKNOWN = several */
	enum led_reason reason; /* why nothing is known since */
};

void state_init(struct state *state, void (*seen)(void *ctx, const struct led_seen *seen),
		void *ctx);

/* Nothing is known at 't_us'. */
void state_reset(struct state *state, int64_t t_us);

/* The state that held ended at 't_us'; does nothing when it had ended before. */
void state_end(struct state *state, int64_t t_us, enum led_reason reason);

/* Why it is not known what follows; matters only while the state is unknown. */
void state_reason(struct state *state, enum led_reason reason);

/* A light of this colour was seen; matters only while the state is unknown. */
void state_note_colour(struct state *state, enum led_colour colour);

/* This is certain. Told unless it is what holds already. */
void state_found(struct state *state, const struct led_seen *found);

/* Nothing was found for long enough: tells that the state is unknown. */
void state_give_up(struct state *state, int64_t t_us);

/* What holds at 't_us'. */
struct led_seen state_at(const struct state *state, int64_t t_us);

#endif
