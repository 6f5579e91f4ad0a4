/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line that toggles tells of an edge that is missing: an edge to the level that is there already.
 * The window before it may be spoiled too then, so each window waits for the next one. A line that
 * was modulated and stops while lit has lost an edge most likely, and is taken for dark with a
 * doubt; when the next edge is the one that was missed, the line was lit all the time.
 */
#include "led/duty.h"

enum {
	DUTY_HZ_DEFAULT = 100,
	DUTY_NEVER_US = 1000000000, /* so long before the start: no edge */
	DUTY_PERIOD_MIN_US = 40,    /* 20 kHz, and a fast clock */
	DUTY_PERIOD_MAX_US = 25000, /* 50 Hz, a slow clock and late time stamps */
	DUTY_AGREED = 2,	    /* intervals alike by chance are one or two, not three */
	DUTY_AGREED_ANEW = 6,	    /* where edges are missing, two periods look like one */
	DUTY_AGREE_SHARE = 4,	    /* intervals that differ by less than 1/4 agree: 2 of 10 ms */
	DUTY_AGREE_MIN_US = 5,
	DUTY_NOMINAL_SHARE = 10, /* nearer than this to what the profile says: that is it */
	DUTY_FILTER = 32,
	DUTY_FEW = 8,
	DUTY_STEP = 16,
	DUTY_FULL_PCT = 90, /* a channel lit for so much may well become steady */
	/*
	 * Sigma of the sum of two times of even chance, by the median of its size (1.39); of a
	 * normal distribution it is 1.48.
	 */
	DUTY_MIDDLE_TO_SIGMA_PCT = 145,
	DUTY_LATE_TO_SIGMA_PM = 408, /* sigma of the sum of two times of even chance, root of 1/6 */
	DUTY_GRAIN_US = 1,	     /* times are whole microseconds */
	DUTY_SIGMAS = 3,
	DUTY_USUAL_SHARE = 8, /* as in light.h: more is another brightness */
};

int64_t duty_period_us(const struct duty *duty)
{
	return duty->period_16us ? duty->period_16us / 16 : duty->hint_us;
}

/* What follows from the period. A timer that is set up again stretches a gap to almost two. */
static void duty_plan(struct duty *duty)
{
	int64_t period_us = duty_period_us(duty);
	int64_t slow_us = period_us > duty->hint_us ? period_us : duty->hint_us;
	int64_t half_us = period_us / 2;

	duty->planned_us = period_us;
	/* never below the hint: a period measured on spikes must not make pauses of PWM darkness */
	duty->timeout_us = 2 * slow_us + slow_us / 4 + DUTY_LATE_US + DUTY_LATE_US / 4;
	duty->gap_us = period_us + (half_us > DUTY_LATE_US ? half_us : DUTY_LATE_US);
	duty->window_us = period_us;
	if (period_us < DUTY_WINDOW_MIN_US)
		duty->window_us *= (DUTY_WINDOW_MIN_US + period_us - 1) / period_us;
}

void duty_reset(struct duty *duty, int64_t t_us, uint32_t pwm_hz, const bool lit[LED_CHANNELS])
{
	*duty = (struct duty){ .hint_us = 1000000 / (pwm_hz ? pwm_hz : DUTY_HZ_DEFAULT),
			       .last_us = t_us };
	if (duty->hint_us < DUTY_PERIOD_MIN_US)
		duty->hint_us = DUTY_PERIOD_MIN_US;
	for (int i = 0; i < LED_CHANNELS; i++) {
		duty->lit[i] = lit[i];
		duty->on_us[i] = t_us - DUTY_NEVER_US;
		duty->off_us[i] = t_us - DUTY_NEVER_US;
	}
	duty_plan(duty);
}

/* New light: the first interval of each line may be any. */
static void duty_freshen(struct duty *duty)
{
	for (int i = 0; i < LED_CHANNELS; i++)
		duty->fresh[i] = true;
}

static void duty_open(struct duty *duty, int64_t t_us)
{
	duty->open = true;
	duty->cut = false;
	duty->spoiled = false;
	duty->start_us = t_us;
	duty->end_us = t_us + duty->window_us;
	for (int i = 0; i < LED_CHANNELS; i++) {
		duty->sum_us[i] = 0;
		duty->pulses[i] = 0;
	}
}

/* How far the length of one pulse may be off. */
static int64_t duty_sigma_us(const struct duty *duty)
{
	/* the worst, as long as it was not measured */
	if (!duty->period_16us)
		return DUTY_LATE_US * DUTY_LATE_TO_SIGMA_PM / 1000;
	return duty->noise_16us * DUTY_MIDDLE_TO_SIGMA_PCT / 1600 + DUTY_GRAIN_US;
}

static struct duty_sample duty_sum_up(const struct duty *duty, enum duty_kind kind, int64_t end_us)
{
	struct duty_sample sample = { .kind = kind,
				      .start_us = duty->start_us,
				      .end_us = end_us,
				      .pulses = 1,
				      .noise_us = duty_sigma_us(duty) };

	for (int i = 0; i < LED_CHANNELS; i++) {
		sample.lit_us[i] = duty->sum_us[i] + (duty->lit[i] ? end_us - duty->start_us : 0);
		sample.on[i] = duty->lit[i] || duty->pulses[i] || sample.lit_us[i];
		if (duty->pulses[i] > sample.pulses)
			sample.pulses = duty->pulses[i];
	}
	return sample;
}

/* Gives away the window that waits. */
static size_t duty_flush(struct duty *duty, struct duty_sample *ret_sample)
{
	if (!duty->held)
		return 0;
	duty->held = false;
	*ret_sample = duty->hold;
	return 1;
}

static void duty_learn_usual(struct duty *duty, const struct duty_sample *sample)
{
	for (int i = 0; i < LED_CHANNELS; i++)
		if (duty->pulses[i])
			duty->usual_us[i] = sample->lit_us[i] > 0 ? sample->lit_us[i] : 1;
}

/* The open window is whole: it waits, and the next one begins with the edge at 't_us'. */
static size_t duty_turn(struct duty *duty, int64_t t_us,
			struct duty_sample ret_sample[DUTY_SAMPLES_MAX])
{
	size_t count = duty_flush(duty, ret_sample);
	int64_t start_us = duty->end_us;

	for (int i = 0; i < LED_CHANNELS; i++)
		duty->stuck[i] = false;

	if (duty->spoiled) {
		ret_sample[count++] = duty_sum_up(duty, DUTY_HOLED, duty->end_us);
	} else {
		duty->hold = duty_sum_up(duty, duty->cut ? DUTY_CUT : DUTY_WINDOW, duty->end_us);
		duty->hold.anew = duty->anew && !duty->cut;
		duty->anew &= duty->cut;
		duty->held = true;
		duty_learn_usual(duty, &duty->hold);
	}
	if (t_us - start_us >= duty->window_us)
		start_us += (t_us - start_us) / duty->window_us * duty->window_us;
	duty_open(duty, start_us);
	return count;
}

/* Light ended with the last edge, in the open window or before it. */
static size_t duty_end(struct duty *duty, int64_t end_us,
		       struct duty_sample ret_samples[DUTY_SAMPLES_MAX])
{
	size_t count = duty_flush(duty, ret_samples);

	if (duty->open && end_us > duty->start_us)
		ret_samples[count++] =
			duty_sum_up(duty, duty->spoiled ? DUTY_HOLED : DUTY_CUT, end_us);
	duty->open = false;
	return count;
}

static bool duty_is_near(int64_t a_us, int64_t b_us, int64_t share)
{
	int64_t off_us = a_us - b_us;

	return (off_us < 0 ? -off_us : off_us) <= b_us / share + DUTY_AGREE_MIN_US;
}

/*
 * An interval that agrees with the period makes it better, and tells how far times are off. Both
 * follow the middle of what comes, not the mean: a timer that is set up again must not count.
 */
static void duty_follow(struct duty *duty, int64_t off_16us)
{
	int64_t size = off_16us < 0 ? -off_16us : off_16us;
	int64_t most = 4 * duty->noise_16us + DUTY_FILTER;
	int64_t step = duty->noise_16us / DUTY_STEP + 1;

	if (duty->measured < DUTY_FEW) {
		duty->measured++;
		duty->noise_16us += (size - duty->noise_16us) / duty->measured;
	} else {
		duty->noise_16us += size > duty->noise_16us ? step : -step;
	}
	if (duty->noise_16us < 0)
		duty->noise_16us = 0;
	if (size > most)
		off_16us = off_16us < 0 ? -most : most;
	duty->period_16us += off_16us / DUTY_FILTER;
	if (duty->period_16us / 16 != duty->planned_us)
		duty_plan(duty);
}

/*
 * The period is what lies between three edges in a row by which one channel comes on. The first
 * interval of a light does not count: it may have come on in the middle of a period.
 */
static void duty_measure(struct duty *duty, int64_t t_us, enum led_channel channel)
{
	int64_t interval_us = t_us - duty->on_us[channel];
	int64_t off_us;

	duty->on_us[channel] = t_us;
	if (interval_us < DUTY_PERIOD_MIN_US || interval_us > DUTY_PERIOD_MAX_US)
		return;
	if (duty->fresh[channel]) {
		duty->fresh[channel] = false;
		return;
	}
	if (duty->period_16us &&
	    duty_is_near(interval_us, duty->period_16us / 16, DUTY_AGREE_SHARE)) {
		duty_follow(duty, interval_us * 16 - duty->period_16us);
		duty->agreed[channel] = 0;
		return;
	}
	off_us = interval_us - duty->candidate_us[channel];
	if (!duty_is_near(interval_us, duty->candidate_us[channel], DUTY_AGREE_SHARE)) {
		duty->agreed[channel] = 0;
		duty->strayed_us[channel] = 0;
	} else {
		duty->agreed[channel]++;
		duty->strayed_us[channel] += off_us < 0 ? -off_us : off_us;
	}
	duty->candidate_us[channel] = interval_us;
	if (duty->agreed[channel] < (duty->period_16us ? DUTY_AGREED_ANEW : DUTY_AGREED))
		return;
	/* two neighbours differ by more than each does from the period: by root 3 */
	duty->noise_16us = 16 * duty->strayed_us[channel] * 4 / 7 / duty->agreed[channel];
	duty->measured = duty->agreed[channel];
	duty->period_16us =
		16 * (duty_is_near(interval_us, duty->hint_us, DUTY_NOMINAL_SHARE) ? duty->hint_us
										   : interval_us);
	/* the windows before were no whole periods */
	if (!duty_is_near(duty->planned_us, duty->period_16us / 16, DUTY_NOMINAL_SHARE)) {
		duty->cut = true;
		if (duty->hold.kind == DUTY_WINDOW)
			duty->hold.kind = DUTY_CUT;
		duty->anew = true;
	}
	duty_plan(duty);
}

static bool duty_is_dark(const struct duty *duty)
{
	return !duty->lit[LED_RED] && !duty->lit[LED_GREEN] && !duty->lit[LED_BLUE];
}

/*
 * This channel made pulses, and short ones, or others that did are dark now: it does not stay lit
 * by itself.
 */
static bool duty_is_stuck(const struct duty *duty, int channel)
{
	bool alone = false;

	if (!duty->lit[channel] || !duty->usual_us[channel])
		return false;
	for (int i = 0; i < LED_CHANNELS; i++)
		alone |= !duty->lit[i] && duty->usual_us[i];
	return alone || duty->usual_us[channel] * 100 < duty->window_us * DUTY_FULL_PCT;
}

static size_t duty_rest(struct duty *duty, int64_t t_us,
			struct duty_sample ret_samples[DUTY_SAMPLES_MAX])
{
	size_t count = 0;

	if (t_us - duty->last_us > duty->gap_us && duty_is_dark(duty)) {
		/* whole, when darkness filled it; the light ended with its last edge all the same
		 */
		count = duty_end(duty, duty->last_us, ret_samples);
		duty_open(duty, t_us);
	} else if (t_us >= duty->end_us) {
		count = duty_turn(duty, t_us, ret_samples);
	}
	return count;
}

/* An edge of this channel, of which the one at 't_us' tells, is missing after this moment. */
static int64_t duty_missing_us(const struct duty *duty, int64_t t_us, enum led_channel channel,
			       bool lit)
{
	int64_t pulse_us = t_us - duty_period_us(duty);

	if (lit)
		return duty->on_us[channel];
	return duty->off_us[channel] > pulse_us ? duty->off_us[channel] : pulse_us;
}

/* The open window is as those before: the pulse that is missing belongs to the next one. */
static bool duty_is_usual(const struct duty *duty, enum led_channel channel)
{
	int64_t off_us = duty->sum_us[channel] - duty->usual_us[channel];

	return duty->usual_us[channel] && duty->pulses[channel] &&
	       (off_us < 0 ? -off_us : off_us) <= duty->usual_us[channel] / DUTY_USUAL_SHARE +
							  DUTY_SIGMAS * duty_sigma_us(duty);
}

/* The line is at 'lit' already: what may be wrong for that does not count. */
static void duty_distrust(struct duty *duty, int64_t t_us, enum led_channel channel, bool lit)
{
	int64_t since_us = duty_missing_us(duty, t_us, channel, lit) +
			   DUTY_SIGMAS * duty_sigma_us(duty); /* a little less is as noise */

	if (duty->held && since_us < duty->hold.end_us)
		duty->hold.kind = DUTY_HOLED;
	if (duty->open && since_us < duty->end_us &&
	    (lit || t_us < duty->end_us || !duty_is_usual(duty, channel)))
		duty->spoiled = true;
}

/* The line goes out, and nothing came on since it was taken for dark but what comes on now. */
static bool duty_was_lit(const struct duty *duty, int64_t t_us, enum led_channel channel, bool lit)
{
	return duty->stuck[channel] && !lit &&
	       (duty->open ? t_us - duty->start_us <= DUTY_LATE_US : duty_is_dark(duty));
}

/* It was no missing edge: what was taken for dark was lit, until now. */
static struct duty_sample duty_amend(struct duty *duty, int64_t t_us)
{
	struct duty_sample sample = { .kind = DUTY_STEADY,
				      .start_us = duty->stuck_us,
				      .end_us = t_us,
				      .pulses = 1,
				      .amends = true };

	for (int i = 0; i < LED_CHANNELS; i++) {
		if (!duty->stuck[i])
			continue;
		duty->stuck[i] = false;
		duty->lit[i] = true;
		duty->lost--;
		sample.lit_us[i] = t_us - duty->stuck_us;
		sample.on[i] = true;
	}
	return sample;
}

size_t duty_edge(struct duty *duty, int64_t t_us, enum led_channel channel, bool lit,
		 struct duty_sample ret_samples[DUTY_SAMPLES_MAX])
{
	bool missing;
	size_t count = 0;

	if (duty_was_lit(duty, t_us, channel, lit)) {
		ret_samples[0] = duty_amend(duty, t_us);
		duty->lit[channel] = false;
		duty->last_us = t_us;
		duty->steady = false;
		return 1;
	}
	duty->stuck[channel] = false;
	missing = duty->lit[channel] == lit;
	if (missing) {
		duty->lost++;
		duty_distrust(duty, t_us, channel, lit);
	}
	if (!duty->open) {
		duty_open(duty, t_us);
		duty_freshen(duty);
	} else if (t_us >= duty->end_us) {
		count = duty_rest(duty, t_us, ret_samples);
	}
	duty->spoiled |= missing;
	duty->last_us = t_us;
	duty->steady = false;
	if (!lit)
		duty->off_us[channel] = t_us;
	if (missing && !lit)
		return count;
	if (lit) {
		if (!duty->lit[channel])
			duty->sum_us[channel] -= t_us - duty->start_us;
		duty->lit[channel] = true;
		duty->pulses[channel]++;
		duty_measure(duty, t_us, channel);
	} else {
		duty->sum_us[channel] += t_us - duty->start_us;
		duty->lit[channel] = false;
	}
	return count;
}

/* Lines that were modulated are taken for dark from where their pulse would have ended. */
static bool duty_unstick(struct duty *duty, int64_t *ret_end_us)
{
	int64_t end_us = INT64_MIN;
	bool stuck = false;
	bool is_stuck[LED_CHANNELS];

	for (int i = 0; i < LED_CHANNELS; i++) {
		is_stuck[i] = duty_is_stuck(duty, i);
		stuck |= is_stuck[i];
	}
	for (int i = 0; i < LED_CHANNELS; i++) {
		int64_t off_us = duty->on_us[i] + duty->usual_us[i];

		if (stuck)
			duty->stuck[i] = is_stuck[i];
		if (!is_stuck[i])
			continue;
		duty->lit[i] = false;
		duty->lost++;
		if (off_us > end_us)
			end_us = off_us;
	}
	if (!stuck)
		return false;
	duty->stuck_us = end_us > duty->last_us ? end_us : duty->last_us;
	*ret_end_us = duty->stuck_us;
	return true;
}

size_t duty_expire(struct duty *duty, struct duty_sample ret_samples[DUTY_SAMPLES_MAX])
{
	int64_t now_us = duty_deadline_us(duty);
	int64_t end_us = duty->last_us;
	bool stuck = duty_unstick(duty, &end_us);
	struct duty_sample still = { .kind = stuck && duty_is_dark(duty) ? DUTY_STUCK : DUTY_STEADY,
				     .start_us = end_us,
				     .end_us = now_us,
				     .pulses = 1 };
	size_t count;

	duty->spoiled |= stuck;
	still.doubt = stuck;
	count = duty_end(duty, end_us, ret_samples);
	for (int i = 0; i < LED_CHANNELS; i++) {
		still.lit_us[i] = duty->lit[i] ? still.end_us - still.start_us : 0;
		still.on[i] = duty->lit[i];
		still.doubt |= duty->lit[i] && duty->usual_us[i];
		duty->usual_us[i] = 0;
	}
	duty->steady = true;
	ret_samples[count++] = still;
	return count;
}

void duty_lose(struct duty *duty, int64_t t_us, const bool lit[LED_CHANNELS])
{
	duty->lost++;
	duty->held = false;
	duty->open = false;
	duty->steady = false;
	duty->last_us = t_us;
	for (int i = 0; i < LED_CHANNELS; i++) {
		duty->lit[i] = lit[i];
		duty->stuck[i] = false;
		duty->usual_us[i] = 0;
	}
}
