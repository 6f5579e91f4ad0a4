/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/led_queue.h"

#include <stdlib.h>

/* The reader is away, while these edges come. */
struct away {
	size_t first;
	size_t end;
	int32_t waiting[LED_CHANNELS];
	int64_t full_us; /* the last event of the first queue that was full; INT64_MAX = none was */
};

static void add_gap(struct led_case *made, int64_t t_us, const bool high[LED_CHANNELS])
{
	struct led_gap *gaps = realloc(made->gaps, (made->gap_count + 1) * sizeof(gaps[0]));

	if (!gaps)
		abort();
	made->gaps = gaps;
	gaps[made->gap_count] = (struct led_gap){ .t_us = t_us };
	for (int i = 0; i < LED_CHANNELS; i++)
		gaps[made->gap_count].high[i] = high[i];
	made->gap_count++;
}

/* Which events the queues hold; 'high' follows the lines themselves. */
static void wait(struct away *away, const struct led_case *made, bool kept[],
		 bool high[LED_CHANNELS])
{
	for (size_t i = away->first; i < away->end; i++) {
		const struct led_edge *edge = &made->edges[i];

		high[edge->channel] = edge->high;
		kept[i] = away->waiting[edge->channel] < LED_QUEUE_DEPTH;
		if (!kept[i])
			continue;
		if (++away->waiting[edge->channel] == LED_QUEUE_DEPTH && away->full_us == INT64_MAX)
			away->full_us = edge->t_us;
	}
}

/* What came after the last event of a full queue is not to be had whole: none of it counts. */
static void forget_after(const struct away *away, const struct led_case *made, bool kept[])
{
	for (size_t i = away->first; i < away->end; i++)
		if (made->edges[i].t_us > away->full_us)
			kept[i] = false;
}

static void keep_only(struct led_case *made, const bool kept[])
{
	size_t count = 0;

	for (size_t i = 0; i < made->count; i++)
		if (kept[i])
			made->edges[count++] = made->edges[i];
	made->count = count;
}

struct led_noise led_queue_noise(uint64_t seed)
{
	static const int64_t pwm_us[] = { 10000, 5000, 2041, 1000 };
	struct led_noise noise = led_truth_noise(seed);
	struct rng rng;

	rng_init(&rng, rng_derive(seed, 5));
	noise.pwm_us = pwm_us[rng_below(&rng, ARRAY_LEN(pwm_us))];
	noise.jitter_us = noise.jitter_us * noise.pwm_us / pwm_us[0];
	return noise;
}

void led_queue_spoil(struct led_case *made, uint64_t seed)
{
	bool high[LED_CHANNELS] = { true, true, true };
	bool *kept = malloc(made->count ? made->count : 1);
	int64_t t_us = made->begin_us;
	size_t next = 0;
	struct rng rng;

	if (!kept)
		abort();
	rng_init(&rng, rng_derive(seed, 4));
	while (next < made->count) {
		struct away away = { .full_us = INT64_MAX };

		t_us += (int64_t)rng_below(&rng, LED_QUEUE_FREE_US);
		for (; next < made->count && made->edges[next].t_us < t_us; next++) {
			high[made->edges[next].channel] = made->edges[next].high;
			kept[next] = true;
		}
		t_us += (int64_t)rng_below(&rng, LED_QUEUE_BUSY_US);
		away.first = next;
		while (next < made->count && made->edges[next].t_us < t_us)
			next++;
		away.end = next;
		wait(&away, made, kept, high);
		if (away.full_us < INT64_MAX) {
			forget_after(&away, made, kept);
			add_gap(made, t_us, high);
		}
	}
	keep_only(made, kept);
	free(kept);
}
