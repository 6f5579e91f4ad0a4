/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/led_truth.h"
#include "campaign/load.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TRUTH_DARK_US = 900000,
	TRUTH_OFF_US = 5000000,
	TRUTH_SOS_PASS_US = 4600000, /* led_gen_sos() without its code */
	TRUTH_SOS_MARK_US = 600000,  /* a mark of the code, and the pause after it */
	/* the pause after an SOS, with a mark of its code and the pause before that */
	TRUTH_SOS_STILL_US = 1700000,
	TRUTH_STILL_MIN_US = 500000,
	TRUTH_SOLID_MIN_US = 3000000,
	TRUTH_SOS_US = 6000000, /* a pass takes at least this long */
	TRUTH_PERIODS = 12,
	TRUTH_FADES_PCT = 240, /* percent of a period */
	TRUTH_MARGIN_US = 100000,
	TRUTH_SOS_CODES = 14,
	TRUTH_CODES = 5,
	TRUTH_SHADES_US = 200000,  /* two shades in one step */
	TRUTH_SHADE_PCT = 17,	   /* ... of which the red of 4B0082 is 5 % */
	TRUTH_LOW_PCT = 85,	   /* brightness of which a sixteenth is 5 % */
	TRUTH_TURNS = 6,	   /* of a sequence */
	TRUTH_IRREGULAR = 14,	   /* parts after which it is surely not regular */
	TRUTH_PART_MIN_US = 60000, /* of a blink without period */
	TRUTH_PART_MAX_US = 300000,
	TRUTH_SPIKE_ROOM_US = 200,
	TRUTH_TICK_US = 25000,
	TRUTH_BARE_US = 1000, /* no PWM: any period at full duty */
};

void led_truth_board(struct board *ret)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *path = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_gt(asprintf(&path, "%s/firmware-under-test/boards/p1.yaml", data), 0);
	ck_assert_msg(board_load(path, ret, &err) == 0, "%s", err.text);
}

struct led_noise led_truth_noise(uint64_t seed)
{
	struct led_noise noise = { .pwm_us = 10000 };
	struct rng rng;

	rng_init(&rng, rng_derive(seed, 1));
	noise.jitter_us = (int64_t)rng_below(&rng, LED_TRUTH_JITTER_US + 1);
	noise.clock_ppm =
		(int64_t)rng_below(&rng, 2 * LED_TRUTH_CLOCK_PPM + 1) - LED_TRUTH_CLOCK_PPM;
	noise.drop_ppm = (int64_t)rng_below(&rng, LED_TRUTH_DROP_PPM + 1);
	noise.spike_ppm = (int64_t)rng_below(&rng, LED_TRUTH_SPIKE_PPM + 1);
	noise.bright_pct =
		LED_TRUTH_BRIGHT_MIN_PCT + (int32_t)rng_below(&rng, 101 - LED_TRUTH_BRIGHT_MIN_PCT);
	return noise;
}

static void add(struct led_case *made, int64_t t_us, enum led_channel channel, bool high)
{
	if (made->count == made->capacity) {
		made->capacity = made->capacity ? 2 * made->capacity : 4096;
		made->edges = realloc(made->edges, made->capacity * sizeof(made->edges[0]));
		if (!made->edges)
			abort();
	}
	made->edges[made->count++] =
		(struct led_edge){ .t_us = t_us, .channel = channel, .high = high };
}

static void on_edge(void *ctx, int64_t t_us, enum led_channel channel, bool high)
{
	add(ctx, t_us, channel, high);
}

static uint32_t rgb_of(enum led_colour colour)
{
	switch (colour) {
	case LED_COLOUR_RED: return LED_GEN_RED;
	case LED_COLOUR_GREEN: return LED_GEN_GREEN;
	case LED_COLOUR_BLUE: return LED_GEN_BLUE;
	case LED_COLOUR_YELLOW: return LED_GEN_YELLOW;
	case LED_COLOUR_CYAN: return LED_GEN_CYAN;
	case LED_COLOUR_MAGENTA: return LED_GEN_MAGENTA;
	case LED_COLOUR_WHITE: return LED_GEN_WHITE;
	case LED_COLOUR_ORANGE: return LED_GEN_ORANGE;
	case LED_COLOUR_UNKNOWN:
	case LED_COLOUR_OFF:
	case LED_COLOUR_COUNT: break;
	}
	return LED_GEN_OFF;
}

static void play_irregular(struct led_gen *gen, struct led_case *made, uint32_t rgb)
{
	for (int i = 0; i < 40; i++) {
		int64_t us = TRUTH_PART_MIN_US +
			     (int64_t)rng_below(&gen->rng, TRUTH_PART_MAX_US - TRUTH_PART_MIN_US);

		led_gen_solid(gen, i % 2 ? LED_GEN_OFF : rgb, us);
		if (i < TRUTH_IRREGULAR)
			made->period_us += us / 2;
	}
}

static void play_code(struct led_gen *gen, struct led_case *made, uint32_t rgb)
{
	const struct board_led_state *word = made->word;
	int64_t lit_us = word->lit_us ? word->lit_us : word->period_us / 2;

	made->code = 1 + (int32_t)rng_below(&gen->rng, TRUTH_CODES);
	for (int i = 0; i < 2; i++) {
		led_gen_blink(gen, rgb, lit_us, word->period_us - lit_us,
			      made->code * word->period_us);
		led_gen_solid(gen, LED_GEN_OFF, word->pause_us);
	}
}

static void play_sequence(struct led_gen *gen, const struct led_case *made)
{
	static const uint32_t shades[] = { 0xee82eeu, 0x4b0082u, LED_GEN_YELLOW, 0xffa500u };
	const struct board_led_state *word = made->word;

	for (int turn = 0; turn < TRUTH_TURNS; turn++) {
		for (uint32_t i = 0; i < word->step_count; i++) {
			const struct board_led_step *step = &made->led->steps[word->first_step + i];
			uint32_t rgb = rgb_of(step->colour);

			if (step->colour == LED_COLOUR_UNKNOWN)
				rgb = shades[i % ARRAY_LEN(shades)];
			if (step->colour == LED_COLOUR_UNKNOWN && step->us >= TRUTH_SHADES_US) {
				led_gen_solid(gen, shades[i ? 2 : 0], step->us / 2);
				led_gen_solid(gen, shades[i ? 3 : 1], step->us - step->us / 2);
				continue;
			}
			/* a sixteenth of each channel, as 000A00 beside 00FF00 */
			led_gen_solid(gen,
				      step->level == LED_LEVEL_LOW ? rgb >> 4 & 0x0f0f0fu : rgb,
				      step->us);
		}
	}
}

static void play(struct led_gen *gen, struct led_case *made)
{
	const struct board_led_state *word = made->word;
	uint32_t rgb = rgb_of(word->colour);
	int64_t period_us = word->period_us;

	switch (word->pattern) {
	case LED_PATTERN_SOLID: led_gen_solid(gen, rgb, made->still_us); break;
	case LED_PATTERN_BLINK:
		if (period_us)
			led_gen_blink(gen, rgb, period_us / 2, period_us - period_us / 2,
				      TRUTH_PERIODS * period_us);
		else
			play_irregular(gen, made, rgb);
		break;
	case LED_PATTERN_FADE:
		led_gen_fade(gen, rgb, period_us ? period_us : 4000000, TRUTH_TICK_US, 0,
			     (period_us ? period_us : 4000000) * TRUTH_FADES_PCT / 100);
		break;
	case LED_PATTERN_SOS:
		made->code = 1 + (int32_t)rng_below(&gen->rng, TRUTH_SOS_CODES);
		for (int i = 0; i < 2; i++)
			led_gen_sos(gen, rgb, made->code, 100);
		led_gen_solid(gen, LED_GEN_WHITE, 60000);
		break;
	case LED_PATTERN_CODE: play_code(gen, made, rgb); break;
	case LED_PATTERN_SEQUENCE: play_sequence(gen, made); break;
	case LED_PATTERN_UNKNOWN:
	case LED_PATTERN_COUNT: break;
	}
}

/* A light that holds must be told from the slowest pattern of its colour. */
static int64_t still_us(const struct board_led *led, const struct board_led_state *word)
{
	int64_t us = TRUTH_SOLID_MIN_US;

	for (size_t i = 0; i < led->state_count; i++)
		if (led->states[i].colour != word->colour)
			continue;
		else if (led->states[i].pattern == LED_PATTERN_SOS && us < TRUTH_SOS_US)
			us = TRUTH_SOS_US;
		else if (2 * led->states[i].period_us > us)
			us = 2 * led->states[i].period_us;
	return us;
}

/* Some light, long enough to be told, and then nothing. */
static void play_off(struct led_gen *gen, struct led_case *made, const struct led_noise *noise)
{
	struct led_case light = *made;

	do {
		light.word = &made->led->states[rng_below(&gen->rng, made->led->state_count)];
	} while (light.word->colour == LED_COLOUR_OFF ||
		 (noise->bare && (light.word->colour == LED_COLOUR_ORANGE ||
				  light.word->pattern == LED_PATTERN_FADE)) ||
		 (light.word->pattern != LED_PATTERN_SOLID &&
		  light.word->pattern != LED_PATTERN_FADE &&
		  (light.word->pattern != LED_PATTERN_BLINK || !light.word->period_us)));
	light.still_us = still_us(made->led, light.word);
	play(gen, &light);
	made->before = light.word;
	made->onset_us = gen->t_us;
	led_gen_solid(gen, LED_GEN_OFF, TRUTH_OFF_US);
	made->end_us = gen->t_us;
	/* so that there is a spike in the darkness now and then */
	led_gen_solid(gen, LED_GEN_WHITE, 60000);
}

/* A slow or fast clock, and time stamps that come late; order is kept on each line. */
static void spoil_times(struct led_case *made, struct rng *rng)
{
	int64_t last_us[LED_CHANNELS] = { INT64_MIN, INT64_MIN, INT64_MIN };

	for (size_t i = 0; i < made->count; i++) {
		struct led_edge *edge = &made->edges[i];

		edge->t_us += edge->t_us * made->noise.clock_ppm / 1000000 +
			      (int64_t)rng_below(rng, (uint64_t)made->noise.jitter_us + 1);
		if (edge->t_us < last_us[edge->channel])
			edge->t_us = last_us[edge->channel];
		last_us[edge->channel] = edge->t_us;
	}
	made->begin_us += made->begin_us * made->noise.clock_ppm / 1000000;
	made->onset_us += made->onset_us * made->noise.clock_ppm / 1000000;
	made->end_us += made->end_us * made->noise.clock_ppm / 1000000 + made->noise.jitter_us;
}

/* Edges of one line are in order before and after: a merge sort by time keeps that. */
static int by_time(const void *a, const void *b)
{
	const struct led_edge *left = a;
	const struct led_edge *right = b;

	return left->t_us < right->t_us ? -1 : left->t_us > right->t_us;
}

static bool chance(struct rng *rng, int64_t ppm)
{
	return (int64_t)rng_below(rng, 1000000) < ppm;
}

/* Puts spikes in and takes edges out; the last edge of each line may be among them. */
static void spoil_edges(struct led_case *made, struct rng *rng)
{
	struct led_edge *whole = made->edges;
	size_t count = made->count;
	int64_t last_us[LED_CHANNELS] = { made->begin_us, made->begin_us, made->begin_us };

	made->edges = NULL;
	made->count = 0;
	made->capacity = 0;
	for (size_t i = 0; i < count; i++) {
		const struct led_edge *edge = &whole[i];
		int64_t gap_us = edge->t_us - last_us[edge->channel];

		if (gap_us > TRUTH_SPIKE_ROOM_US && chance(rng, made->noise.spike_ppm)) {
			int64_t at_us =
				last_us[edge->channel] + 1 +
				(int64_t)rng_below(rng, (uint64_t)(gap_us - TRUTH_SPIKE_ROOM_US));
			int64_t len_us = 1 + (int64_t)rng_below(rng, LED_TRUTH_SPIKE_US);

			add(made, at_us, edge->channel, edge->high);
			add(made, at_us + len_us, edge->channel, !edge->high);
		}
		last_us[edge->channel] = edge->t_us;
		if (!chance(rng, made->noise.drop_ppm))
			add(made, edge->t_us, edge->channel, edge->high);
	}
	free(whole);
}

/* qsort() of glibc is a merge sort for arrays like these, but nothing promises it. */
static void sort(struct led_case *made)
{
	struct led_edge *half = made->edges;
	struct led_edge held;

	for (size_t i = 1; i < made->count; i++) {
		size_t k = i;

		held = half[i];
		for (; k > 0 && by_time(&half[k - 1], &held) > 0; k--)
			half[k] = half[k - 1];
		half[k] = held;
	}
}

static int64_t longer(int64_t a_us, int64_t b_us)
{
	return a_us > b_us ? a_us : b_us;
}

/* What a steady light must outlast; see led_truth.h. */
static int64_t steady_us(const struct led_case *made)
{
	int64_t us = TRUTH_STILL_MIN_US;
	bool dark = made->word->colour == LED_COLOUR_OFF;

	for (size_t i = 0; i < made->led->state_count; i++) {
		const struct board_led_state *word = &made->led->states[i];

		if (!dark && word->colour != made->word->colour)
			continue;
		us = longer(us, dark ? word->pause_us : word->period_us);
		if (word->pattern == LED_PATTERN_SOS)
			us = longer(us, TRUTH_SOS_STILL_US);
	}
	return us;
}

int64_t led_truth_period_us(const struct led_case *made)
{
	const struct board_led_state *word = made->word;
	int64_t turn_us = 0;

	switch (word->pattern) {
	case LED_PATTERN_SOLID: return steady_us(made);
	case LED_PATTERN_CODE: return made->code * word->period_us + word->pause_us;
	case LED_PATTERN_SOS: return TRUTH_SOS_PASS_US + made->code * (int64_t)TRUTH_SOS_MARK_US;
	case LED_PATTERN_SEQUENCE:
		for (uint32_t i = 0; i < word->step_count; i++)
			turn_us += made->led->steps[word->first_step + i].us;
		return turn_us;
	case LED_PATTERN_BLINK:
	case LED_PATTERN_FADE:
	case LED_PATTERN_UNKNOWN:
	case LED_PATTERN_COUNT: break;
	}
	return word->period_us ? word->period_us : made->period_us;
}

/* The darkest part of a word must not be below the least brightness. */
static int32_t brightness(const struct board *board, const struct board_led_state *word,
			  int32_t pct)
{
	int32_t least_pct = 0;

	for (uint32_t i = 0; i < word->step_count; i++) {
		const struct board_led_step *step = &board->led.steps[word->first_step + i];

		if (step->level == LED_LEVEL_LOW)
			least_pct = TRUTH_LOW_PCT;
		else if (step->colour == LED_COLOUR_UNKNOWN && least_pct < TRUTH_SHADE_PCT)
			least_pct = TRUTH_SHADE_PCT;
	}
	return pct >= least_pct ? pct : least_pct + pct * (100 - least_pct) / 100;
}

void led_truth_make(struct led_case *ret, const struct board *board,
		    const struct board_led_state *word, const struct led_noise *noise,
		    uint64_t seed)
{
	struct led_gen gen;
	struct rng rng;

	*ret = (struct led_case){ .led = &board->led, .word = word, .noise = *noise };
	ret->still_us = still_us(&board->led, word);
	ret->noise.bright_pct = brightness(board, word, noise->bright_pct);
	rng_init(&rng, rng_derive(seed, 2));
	ret->begin_us = 1000000 + (int64_t)rng_below(&rng, 1000000);
	led_gen_init(&gen, rng_derive(seed, 3), ret->begin_us,
		     noise->bare ? 100 : ret->noise.bright_pct, on_edge, ret);
	gen.period_us = noise->bare ? TRUTH_BARE_US : noise->pwm_us;
	led_gen_rephase(&gen);
	led_gen_solid(&gen, LED_GEN_OFF, TRUTH_DARK_US);
	if (word->colour == LED_COLOUR_OFF) {
		play_off(&gen, ret, noise);
	} else {
		ret->onset_us = gen.t_us;
		play(&gen, ret);
		ret->end_us = gen.t_us;
	}
	spoil_times(ret, &rng);
	sort(ret);
	spoil_edges(ret, &rng);
	sort(ret);
}

void led_truth_release(struct led_case *made)
{
	free(made->edges);
	free(made->gaps);
	made->edges = NULL;
	made->gaps = NULL;
}

struct hearing {
	const struct led_case *made;
	struct led_result result;
	bool told;
};

static bool is_truth(const struct led_case *made, const struct led_seen *seen)
{
	return seen->name && strcmp(seen->name, made->word->name) == 0 &&
	       (made->code == 0 || seen->count == made->code);
}

static void on_seen(void *ctx, const struct led_seen *seen)
{
	struct hearing *hearing = ctx;
	const struct led_case *made = hearing->made;

	if (seen->certain_us < made->onset_us || !seen->name)
		return;
	/* told late, but of what was there before */
	if (made->before && seen->onset_us < made->onset_us &&
	    strcmp(seen->name, made->before->name) == 0)
		return;
	if (is_truth(made, seen)) {
		if (!hearing->told)
			hearing->result.late_us = seen->certain_us - made->onset_us;
		hearing->told = true;
	} else if (hearing->result.answer != LED_ANSWER_WRONG &&
		   !(strcmp(seen->name, made->word->name) == 0 && seen->count == 0)) {
		hearing->result.answer = LED_ANSWER_WRONG;
		hearing->result.said = *seen;
	}
}

static int64_t limit_us(const struct led_case *made)
{
	int64_t two_us = 2 * led_truth_period_us(made);

	return two_us + two_us * made->noise.clock_ppm / 1000000 + TRUTH_MARGIN_US;
}

/* A colour's edges and levels come by the line that the bench has for it, when it has one. */
static void feed_edge(struct led_decoder *dec, const struct led_wiring *wiring,
		      const struct led_edge *edge)
{
	for (int i = 0; i < LED_CHANNELS; i++)
		if (wiring->line[i] == edge->channel && wiring->there[edge->channel] &&
		    led_decoder_edge(dec, edge->t_us, (enum led_channel)i, edge->high) != 0)
			abort();
}

static void feed_gap(struct led_decoder *dec, const struct led_wiring *wiring,
		     const struct led_gap *gap)
{
	bool high[LED_CHANNELS];

	for (int i = 0; i < LED_CHANNELS; i++)
		high[i] = gap->high[wiring->line[i]];
	if (led_decoder_lose(dec, gap->t_us, high) != 0)
		abort();
}

/* All edges, and the moments at which some are known to be lost, in order of time. */
static void feed(struct led_decoder *dec, const struct led_case *made)
{
	const struct led_gap *gap = made->gaps;
	const struct led_gap *end = gap + made->gap_count;
	struct led_wiring wiring;

	if (led_wiring_parse(made->noise.lines ? made->noise.lines : "rgb", &wiring) != 0)
		abort();
	led_decoder_wire(dec, &wiring);
	led_decoder_begin(dec, made->begin_us);
	for (size_t i = 0; i < made->count && made->edges[i].t_us <= made->end_us; i++) {
		for (; gap < end && gap->t_us <= made->edges[i].t_us; gap++)
			feed_gap(dec, &wiring, gap);
		feed_edge(dec, &wiring, &made->edges[i]);
	}
	for (; gap < end && gap->t_us <= made->end_us; gap++)
		feed_gap(dec, &wiring, gap);
}

struct led_result led_truth_judge(const struct led_case *made, const struct board *board)
{
	struct hearing hearing = { .made = made };
	struct led_decoder *dec = led_decoder_new(board, on_seen, &hearing);
	struct led_seen last;

	if (!dec)
		abort();
	feed(dec, made);
	if (led_decoder_advance(dec, made->end_us) != 0)
		abort();
	last = led_decoder_current(dec);
	/* an SOS is over when its last pause is, and so is what holds */
	if (hearing.result.answer != LED_ANSWER_WRONG && hearing.told &&
	    (made->code || is_truth(made, &last)))
		hearing.result.answer = LED_ANSWER_RIGHT;
	hearing.result.limit_us = limit_us(made);
	hearing.result.reason = last.reason;
	led_decoder_free(dec);
	return hearing.result;
}
