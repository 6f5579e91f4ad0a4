/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/state.h"

#include <string.h>

enum {
	STATE_PERIOD_SHARE = 8, /* periods nearer than 1/8 are one: PWM hides where edges are */
};

void state_init(struct state *state, void (*seen)(void *ctx, const struct led_seen *seen),
		void *ctx)
{
	*state = (struct state){ .seen = seen, .ctx = ctx };
}

void state_reset(struct state *state, int64_t t_us)
{
	state->now = (struct led_seen){ .onset_us = t_us, .certain_us = t_us };
	state->over = true;
	state->reason = LED_REASON_EARLY;
	state->over_us = t_us;
	state->colour = LED_COLOUR_OFF;
}

void state_reason(struct state *state, enum led_reason reason)
{
	if (state->over)
		state->reason = reason;
}

void state_end(struct state *state, int64_t t_us, enum led_reason reason)
{
	if (state->over || state->now.pattern == LED_PATTERN_UNKNOWN)
		return;
	state->over = true;
	state->over_us = t_us > state->now.onset_us ? t_us : state->now.onset_us;
	state->reason = reason;
	state->colour = LED_COLOUR_OFF;
}

void state_note_colour(struct state *state, enum led_colour colour)
{
	if (state->over && state->colour != colour)
		state->colour = state->colour == LED_COLOUR_OFF ? colour : LED_COLOUR_UNKNOWN;
}

static bool state_is(const struct led_seen *now, const struct led_seen *found)
{
	int64_t off = found->period_us - now->period_us;

	if (now->pattern != found->pattern || now->colour != found->colour)
		return false;
	if (now->pattern == LED_PATTERN_SEQUENCE)
		return now->name == found->name;
	if (now->pattern == LED_PATTERN_CODE)
		return now->name == found->name && now->count == found->count;
	if (now->pattern == LED_PATTERN_SOS)
		return found->count == 0 || found->count == now->count;
	if (now->name && found->name && strcmp(now->name, found->name) == 0)
		return true;
	return (off < 0 ? -off : off) <= now->period_us / STATE_PERIOD_SHARE;
}

void state_found(struct state *state, const struct led_seen *found)
{
	struct led_seen seen = *found;

	if (!state->over && state_is(&state->now, found))
		return;
	if (seen.onset_us < state->now.onset_us)
		seen.onset_us = state->now.onset_us;
	state->now = seen;
	state->over = false;
	state->seen(state->ctx, &seen);
}

void state_give_up(struct state *state, int64_t t_us)
{
	state->now = state_at(state, t_us);
	state->over = false;
	state->seen(state->ctx, &state->now);
}

struct led_seen state_at(const struct state *state, int64_t t_us)
{
	if (!state->over)
		return state->now;
	return (struct led_seen){ .onset_us = state->over_us,
				  .certain_us = t_us,
				  .colour = state->colour,
				  .pattern = LED_PATTERN_UNKNOWN,
				  .reason = state->reason };
}
