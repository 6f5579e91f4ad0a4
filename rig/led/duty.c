/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A window runs from one edge to the same edge (channel and direction) of a later period. Channels
 * of one timer turn on together, so when the channel that opened the window goes out, another one
 * that had its edge at the same moment takes over and no time is lost.
 */
#include "led/duty.h"

enum {
	DUTY_HZ_DEFAULT = 100,
	DUTY_SKEW_SHARE = 64, /* edges within 1/64 period are one moment */
	DUTY_SKEW_MIN_US = 5,
	DUTY_FEW = 4,	       /* periods: one that is not whole among more does no harm */
	DUTY_AGREE_SHARE = 16, /* two intervals this near are the PWM period */
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
		duty->edge_us[i][0] = INT64_MIN;
		duty->edge_us[i][1] = INT64_MIN;
	}
}

static void duty_open(struct duty *duty, int64_t t_us, enum led_channel channel, bool lit)
{
	duty->open = true;
	duty->start_us = t_us;
	duty->turn_us = t_us;
	duty->by = channel;
	duty->by_lit = lit;
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

static void duty_measure(struct duty *duty, int64_t interval_us)
{
	int64_t off = interval_us - duty->candidate_us;

	if (interval_us >= duty_timeout_us(duty))
		return;
	if ((off < 0 ? -off : off) <= interval_us / DUTY_AGREE_SHARE)
		duty->period_us = interval_us;
	duty->candidate_us = interval_us;
}

static bool duty_is_near(int64_t a_us, int64_t b_us, int64_t skew_us)
{
	return a_us >= b_us - skew_us && a_us <= b_us + skew_us;
}

/* Is this edge the one that began the running period, one period later? */
static bool duty_is_turn(const struct duty *duty, int64_t t_us, enum led_channel channel, bool lit)
{
	int64_t skew = duty_period_us(duty) / DUTY_SKEW_SHARE;
	int64_t before_us = duty->edge_us[channel][lit];

	if (lit != duty->by_lit)
		return false;
	if (channel == duty->by)
		return true;
	if (skew < DUTY_SKEW_MIN_US)
		skew = DUTY_SKEW_MIN_US;
	/* with the leader then, or when the leader is due now */
	return duty_is_near(before_us, duty->turn_us, skew) ||
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
	return rest_us <= duty->period_us / DUTY_AGREE_SHARE ? DUTY_WINDOW : DUTY_CUT;
}

static bool duty_is_dark(const struct duty *duty)
{
	return !duty->lit[LED_RED] && !duty->lit[LED_GREEN] && !duty->lit[LED_BLUE];
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
	if (!duty->open) {
		duty_open(duty, t_us, channel, lit);
	} else if (duty_is_turn(duty, t_us, channel, lit) && t_us > duty->turn_us) {
		duty_measure(duty, t_us - duty->turn_us);
		duty->turn_us = t_us;
		duty->by = channel;
		duty->by_lit = lit;
		if (t_us - duty->start_us >= DUTY_WINDOW_MIN_US) {
			*ret_sample = duty_close(duty, duty_kind(duty, t_us), t_us);
			duty_open(duty, t_us, channel, lit);
			ended = true;
		}
	} else if (t_us - duty->turn_us > duty_period_us(duty) * 3 / 2) {
		/* the leading channel went out and none was in step with it */
		ended = duty_is_dark(duty) ? still_us > duty->start_us : true;
		if (ended)
			*ret_sample =
				duty_close(duty, DUTY_CUT, duty_is_dark(duty) ? still_us : t_us);
		duty_open(duty, t_us, channel, lit);
	}
	duty_count(duty, channel, t_us);
	duty->edge_us[channel][lit] = t_us;
	duty->lit[channel] = lit;
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
