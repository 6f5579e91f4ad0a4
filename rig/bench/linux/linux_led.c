/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The LED's lines. A board without power pulls its pins low, which says "lit" with a common anode:
 * while power is off, the lines are dark whatever they show, until the supply had its time to
 * drain. What moves after that, or is high, has power from somewhere. Each line has a queue of its
 * own in the kernel, so edges are put in order here; what is younger than the look waits for the
 * next.
 */
#include "bench/linux/backend.h"

#include <errno.h>
#include <string.h>

enum {
	LOST_STEP_US = 50000, /* less than it takes to believe that an LED is solid */
	/* That an edge was lost is sure at the second look after it: by then it was none of before
	 * the supply was drained. */
	DRAINED_LOOKS = 2,
};

static bool dark_level(const struct linux_backend *be)
{
	return be->bench.led.lit == BENCH_LIT_LOW;
}

static void tell(struct linux_backend *be, int64_t t_us, int channel, bool high)
{
	if (be->led.high[channel] == high)
		return;
	be->led.high[channel] = high;
	if (be->listener.led)
		be->listener.led(be->listener.ctx, t_us, channel, high);
}

void linux_led_dark(struct linux_backend *be, int64_t t_us)
{
	if (t_us < be->now_us)
		t_us = be->now_us;
	for (int i = 0; i < BENCH_LEDS; i++)
		tell(be, t_us, i, dark_level(be));
	be->led.count = 0;
	be->led.resync = false;
	be->led.drained_looks = 0;
}

/* Off, and for so long that nothing of the board's should move. */
static bool is_drained(const struct linux_backend *be, int64_t t_us)
{
	return !be->on && t_us >= be->switched_us + be->bench.power.discharge_us;
}

/* It has power although it should not, which is over when power is given: until then it counts as
 * lit, so that one that blinks is not missed. */
static void tell_fed(struct linux_backend *be, int64_t t_us, int channel)
{
	tell(be, t_us, channel, !dark_level(be));
}

/* Puts an edge in its place; false when there is no room. */
static bool put(struct linux_backend *be, struct linux_edge edge)
{
	size_t i = be->led.count;

	if (i == LINUX_EDGES_MAX)
		return false;
	if (edge.t_us < be->now_us) /* it was on its way when the last look ended */
		edge.t_us = be->now_us;
	for (; i > 0 && be->led.edges[i - 1].t_us > edge.t_us; i--)
		be->led.edges[i] = be->led.edges[i - 1];
	be->led.edges[i] = edge;
	be->led.count++;
	return true;
}

static int take_line(struct linux_backend *be, int channel, bool *lost, struct err *err)
{
	struct gpio *gpio = be->lines[LINE_RED + channel];
	struct gpio_change changes[GPIO_EDGES_MAX];
	bool line_lost = false;
	size_t count = 0;
	int r;

	do {
		r = gpio_take(gpio, changes, &count, &line_lost, err);
		if (r < 0)
			return r;
		*lost |= line_lost;
		if (count > be->led.read_most)
			be->led.read_most = count;
		for (size_t i = 0; i < count; i++)
			*lost |= !put(be, (struct linux_edge){ changes[i].t_us, channel,
							       changes[i].state == GPIO_ACTIVE });
	} while (count == GPIO_EDGES_MAX && be->led.count < LINUX_EDGES_MAX);
	return 0;
}

static int take_samples(struct linux_backend *be, bool *lost, struct err *err)
{
	struct sampler_change changes[GPIO_EDGES_MAX];
	bool late = false;
	int count;

	do {
		count = sampler_take(be->sampler, changes, GPIO_EDGES_MAX, &late, err);
		*lost |= late;
		for (int i = 0; i < count; i++)
			*lost |= !put(be, (struct linux_edge){ changes[i].t_us, changes[i].line,
							       changes[i].state == GPIO_ACTIVE });
	} while (count == GPIO_EDGES_MAX);
	return count < 0 ? count : 0;
}

/* Lines that are not wired stay dark. */
static int read_levels(struct linux_backend *be, bool ret_high[BENCH_LEDS], struct err *err)
{
	enum gpio_state states[BENCH_LEDS] = { GPIO_INACTIVE };
	int r = 0;

	if (be->sampler)
		sampler_states(be->sampler, states);
	for (int i = 0; i < BENCH_LEDS && r == 0; i++) {
		struct gpio *gpio = be->lines[LINE_RED + i];

		if (gpio && !be->sampler)
			r = gpio_get(gpio, &states[i], err);
		ret_high[i] = gpio ? states[i] == GPIO_ACTIVE : dark_level(be);
	}
	return r;
}

static void tell_until(struct linux_backend *be, int64_t now_us)
{
	size_t told = 0;

	while (told < be->led.count && be->led.edges[told].t_us <= now_us) {
		const struct linux_edge *edge = &be->led.edges[told++];

		if (be->on)
			tell(be, edge->t_us, edge->channel, edge->high);
		else if (is_drained(be, edge->t_us))
			tell_fed(be, edge->t_us, edge->channel);
	}
	be->led.count -= told;
	memmove(be->led.edges, be->led.edges + told, be->led.count * sizeof(be->led.edges[0]));
}

/*
 * Some edges since the last look are missing; which, is not known, so none of them is told. Silence
 * would mean that the LED stayed as it was: until now it is said over and over that nothing is
 * known.
 */
static int tell_lost(struct linux_backend *be, int64_t now_us, struct err *err)
{
	bool high[BENCH_LEDS];
	int r = read_levels(be, high, err);

	if (r < 0)
		return r;
	be->led.count = 0;
	if (!be->on && be->led.drained_looks == DRAINED_LOOKS)
		for (int i = 0; i < BENCH_LEDS; i++)
			if (be->lines[LINE_RED + i])
				tell_fed(be, now_us, i);
	if (!be->on)
		return 0;
	if (!be->listener.led_lost) {
		for (int i = 0; i < BENCH_LEDS; i++)
			tell(be, now_us, i, high[i]);
		return 0;
	}
	for (int64_t t_us = be->now_us; t_us < now_us; t_us += LOST_STEP_US)
		be->listener.led_lost(be->listener.ctx, t_us, be->led.high);
	memcpy(be->led.high, high, sizeof(high));
	be->listener.led_lost(be->listener.ctx, now_us, high);
	return 0;
}

static int resync(struct linux_backend *be, int64_t now_us, struct err *err)
{
	bool high[BENCH_LEDS];
	int r;

	if (!be->on || !be->led.resync || now_us < be->switched_us + be->bench.power.settle_us ||
	    be->led.count > 0)
		return 0;
	r = read_levels(be, high, err);
	if (r < 0)
		return r;
	be->led.resync = false;
	for (int i = 0; i < BENCH_LEDS; i++)
		tell(be, now_us, i, high[i]);
	return 0;
}

/* Once, when the supply is drained. Low says nothing. */
static int look_when_drained(struct linux_backend *be, int64_t now_us, struct err *err)
{
	bool high[BENCH_LEDS];
	int r;

	if (!is_drained(be, now_us) || be->led.drained_looks == DRAINED_LOOKS)
		return 0;
	if (be->led.drained_looks++ > 0 || dark_level(be))
		return 0;
	r = read_levels(be, high, err);
	for (int i = 0; i < BENCH_LEDS && r == 0; i++)
		if (high[i])
			tell_fed(be, now_us, i);
	return r;
}

int linux_led_look(struct linux_backend *be, int64_t now_us, struct err *err)
{
	bool lost = false;
	int r = 0;

	be->led.read_most = 0;
	if (be->sampler)
		r = take_samples(be, &lost, err);
	for (int i = 0; i < BENCH_LEDS && r == 0 && !be->sampler; i++)
		if (be->lines[LINE_RED + i])
			r = take_line(be, i, &lost, err);
	if (r < 0)
		return r;
	if (lost)
		return tell_lost(be, now_us, err);
	tell_until(be, now_us);
	r = look_when_drained(be, now_us, err);
	return r < 0 ? r : resync(be, now_us, err);
}
