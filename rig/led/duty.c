/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A window runs from a channel's coming on to its coming on in a later period. Channels of one
 * timer come on together, so when the channel that opened the window goes out, another one that
 * came on at the same moment takes over and no time is lost.
 */
#include "led/duty.h"

enum {
	DUTY_HZ_DEFAULT = 100,
	DUTY_SKEW_SHARE = 64, /* of a period */
	DUTY_SKEW_MIN_US = 5,
	DUTY_NEVER_US = 1000000000, /* so long before the start: no edge */
	DUTY_AGREED = 2,
	DUTY_FEW = 4,	       /* periods: one that is not whole among more does no harm */
	DUTY_WHOLE_SHARE = 16, /* a window this near to whole periods is whole */
};

int64_t duty_period_us(const struct duty *duty)
{
	return duty->period_us ? duty->period_us : duty->hint_us;
}

/*
 * Two and a half periods: a timer that is set up again stretches a gap to almost two. Never below
 * the hint, so that a period measured on a glitch cannot make gaps of PWM look like darkness.
 */
static int64_t duty_timeout_us(const struct duty *duty)
{
	int64_t period = duty->period_us > duty->hint_us ? duty->period_us : duty->hint_us;

	return period * 5 / 2;
}

void duty_reset(struct duty *duty, int64_t t_us, uint32_t pwm_hz, const bool lit[LED_CHANNELS])
{
	*duty = (struct duty){ .hint_us = 1000000 / (pwm_hz ? pwm_hz : DUTY_HZ_DEFAULT),
			       .last_us = t_us };
	if (duty->hint_us == 0)
		duty->hint_us = 1;
	for (int i = 0; i < LED_CHANNELS; i++) {
		duty->lit[i] = lit[i];
		duty->on_us[i] = t_us - DUTY_NEVER_US;
	}
}

static void duty_open(struct duty *duty, int64_t t_us, enum led_channel channel, bool lit)
{
	duty->open = true;
	duty->start_us = t_us;
	duty->turn_us = t_us;
	duty->by = channel;
	duty->whole = lit;
	for (int i = 0; i < LED_CHANNELS; i++) {
		duty->counted_us[i] = t_us;
		duty->lit_us[i] = 0;
	}
}

/* Counts lit time of one channel up to 't_us'. */
static void duty_count(struct duty *duty, int channel, int64_t t_us)
{
	if (duty->lit[channel])
		duty->lit_us[channel] += t_us - duty->counted_us[channel];
	duty->counted_us[channel] = t_us;
}

static struct duty_sample duty_close(struct duty *duty, enum duty_kind kind, int64_t t_us)
{
	struct duty_sample sample = { .kind = kind, .start_us = duty->start_us, .end_us = t_us };

	for (int i = 0; i < LED_CHANNELS; i++) {
		duty_count(duty, i, t_us);
		sample.level_ppm[i] =
			(int32_t)(duty->lit_us[i] * DUTY_FULL_PPM / (t_us - duty->start_us));
	}
	duty->open = false;
	return sample;
}

static bool duty_is_near(int64_t a_us, int64_t b_us, int64_t skew_us)
{
	return a_us >= b_us - skew_us && a_us <= b_us + skew_us;
}

/* Edges this near are one moment. */
static int64_t duty_skew_us(int64_t period_us)
{
	int64_t skew = period_us / DUTY_SKEW_SHARE;

	return skew > DUTY_SKEW_MIN_US ? skew : DUTY_SKEW_MIN_US;
}

/*
 * The period is what lies between three edges in a row by which one channel comes on: a change of
 * duty inside a period can make one or two such intervals alike, but not three.
 */
static void duty_measure(struct duty *duty, int64_t t_us, enum led_channel channel)
{
	int64_t interval_us = t_us - duty->on_us[channel];

	if (interval_us == 0 || interval_us >= duty_timeout_us(duty))
		return;
	if (duty_is_near(interval_us, duty->candidate_us[channel], duty_skew_us(interval_us)))
		duty->agreed[channel] += duty->agreed[channel] < DUTY_AGREED;
	else
		duty->agreed[channel] = 0;
	if (duty->agreed[channel] >= DUTY_AGREED)
		duty->period_us = interval_us;
	duty->candidate_us[channel] = interval_us;
}

/* Does this channel come on where the running period began, one period later? */
static bool duty_is_turn(const struct duty *duty, int64_t t_us, enum led_channel channel)
{
	int64_t skew = duty_skew_us(duty_period_us(duty));

	/* a duty that grows inside a period can light a channel twice in it */
	if (t_us - duty->turn_us < duty->period_us - skew)
		return false;
	if (channel == duty->by)
		return true;
	/* with the leader then, or when the leader is due now */
	return duty_is_near(duty->on_us[channel], duty->turn_us, skew) ||
	       duty_is_near(t_us, duty->turn_us + duty_period_us(duty), skew);
}

/*
 * A light that comes on inside a period, or a timer that is set up again, makes a window that is
 * not whole periods.
 */
static enum duty_kind duty_kind(const struct duty *duty, int64_t t_us)
{
	int64_t rest_us;

	if (!duty->period_us || t_us - duty->start_us > DUTY_FEW * duty->period_us)
		return DUTY_WINDOW;
	rest_us = (t_us - duty->start_us) % duty->period_us;
	if (rest_us > duty->period_us / 2)
		rest_us = duty->period_us - rest_us;
	return rest_us <= duty->period_us / DUTY_WHOLE_SHARE ? DUTY_WINDOW : DUTY_CUT;
}

static bool duty_is_dark(const struct duty *duty)
{
	return !duty->lit[LED_RED] && !duty->lit[LED_GREEN] && !duty->lit[LED_BLUE];
}

/*
 * A channel comes on in an open window; 'still_us' is when the edge before it was. True when that
 * ended the window.
 */
static bool duty_go_on(struct duty *duty, int64_t t_us, int64_t still_us, enum led_channel channel,
		       struct duty_sample *ret_sample)
{
	bool stray = !duty->whole || t_us - duty->turn_us > duty_period_us(duty) * 3 / 2;
	enum duty_kind kind = stray ? DUTY_CUT : duty_kind(duty, t_us);
	/* when all were dark for a while, this is new light and no part of the window */
	bool fresh = duty_is_dark(duty) && t_us - still_us > duty_period_us(duty);
	int64_t end_us = fresh ? still_us : t_us;

	if (t_us == duty->turn_us || (!stray && !duty_is_turn(duty, t_us, channel)))
		return false;
	duty->turn_us = t_us;
	duty->by = channel;
	if (!stray && t_us - duty->start_us < DUTY_WINDOW_MIN_US)
		return false;
	if (end_us > duty->start_us)
		*ret_sample = duty_close(duty, kind, end_us);
	else
		kind = DUTY_NONE;
	duty_open(duty, t_us, channel, true);
	return kind != DUTY_NONE;
}

bool duty_edge(struct duty *duty, int64_t t_us, enum led_channel channel, bool lit,
	       struct duty_sample *ret_sample)
{
	int64_t still_us = duty->last_us;
	bool ended = false;

	if (duty->lit[channel] == lit)
		return false;
	duty->last_us = t_us;
	duty->steady = false;
	if (!duty->open)
		duty_open(duty, t_us, channel, lit);
	else if (lit)
		ended = duty_go_on(duty, t_us, still_us, channel, ret_sample);
	duty_count(duty, channel, t_us);
	duty->lit[channel] = lit;
	if (lit) {
		duty_measure(duty, t_us, channel);
		duty->on_us[channel] = t_us;
	}
	return ended;
}

int64_t duty_deadline_us(const struct duty *duty)
{
	return duty->steady ? INT64_MAX : duty->last_us + duty_timeout_us(duty);
}

size_t duty_expire(struct duty *duty, struct duty_sample ret_samples[DUTY_SAMPLES_MAX])
{
	struct duty_sample steady = { .kind = DUTY_STEADY,
				      .start_us = duty->last_us,
				      .end_us = duty_deadline_us(duty) };
	size_t count = 0;

	if (duty->open && duty->last_us > duty->start_us)
		ret_samples[count++] = duty_close(duty, DUTY_CUT, duty->last_us);
	for (int i = 0; i < LED_CHANNELS; i++)
		steady.level_ppm[i] = duty->lit[i] ? DUTY_FULL_PPM : 0;
	duty->open = false;
	duty->steady = true;
	ret_samples[count++] = steady;
	return count;
}
