/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/led_tape.h"
#include "lib/testing.h"

#include <string.h>

enum {
	PARTS_MAX = 24,
	ONSET_US_MAX = 60000, /* two steps of a fade, and the PWM */
	RANDOM_SEQUENCES = 80,
	UNKNOWN_PCT_MAX = 7,
};

/*
 * A part of a random sequence: most must be told, some are too short for that. Colours differ from
 * those of the two parts before, so that parts do not run into one another.
 */
static struct led_part random_part(struct rng *rng, const struct led_part *last)
{
	static const uint32_t colours[] = { LED_GEN_OFF,    LED_GEN_RED,     LED_GEN_GREEN,
					    LED_GEN_YELLOW, LED_GEN_CYAN,    LED_GEN_ORANGE,
					    LED_GEN_BLUE,   LED_GEN_MAGENTA, 0xee82eeu };
	struct led_part part;

	do {
		uint64_t choice = rng_below(rng, 8);

		if (choice == 0) {
			part = (struct led_part){ LED_PART_CUT, LED_GEN_OFF, 0, 0, 2500, "off", 0 };
		} else if (choice == 1) {
			part = (struct led_part){ LED_PART_SOS, LED_GEN_RED, 0, 0, 0, "panic", 0 };
			part.a_ms = 1 + (int32_t)rng_below(rng, 14);
			part.b_ms = 92 + (int32_t)rng_below(rng, 17);
		} else if (choice <= 5) {
			part = led_tape_words[rng_below(rng, LED_TAPE_WORDS)][1];
			part.ms = 2500 + (int32_t)rng_below(rng, 4000);
			if (part.kind == LED_PART_FADE)
				part.ms += part.a_ms;
		} else {
			part = (struct led_part){ LED_PART_SOLID, 0, 0, 0, 0, NULL, 0 };
			part.rgb = colours[rng_below(rng, ARRAY_LEN(colours))];
			part.ms = 25 + (int32_t)rng_below(rng, part.rgb ? 300 : 150);
		}
	} while (part.rgb == last[0].rgb || part.rgb == last[-1].rgb ||
		 (last[0].kind == LED_PART_SOS && !part.rgb && !part.name));
	return part;
}

/* Darkness at the end of a part looks like the beginning of the next when that is dark. */
static int64_t trailing_dark_us(const struct led_part *part)
{
	if (part->kind == LED_PART_BLINK)
		return MS(part->b_ms);
	if (part->kind == LED_PART_FADE)
		return MS(100);
	return part->kind == LED_PART_SOS ? MS(1300) : 0;
}

/* The first turn of a pattern may be lost in the light before it. */
static int64_t late_us(const struct led_part *part)
{
	int64_t turn_us = 0;

	if (part->kind == LED_PART_BLINK)
		turn_us = MS(part->a_ms + part->b_ms);
	else if (part->kind == LED_PART_FADE)
		turn_us = MS(part->a_ms);
	else if (part->kind == LED_PART_SOS)
		turn_us = MS((4650 + 600 * part->a_ms) * part->b_ms / 100);
	return ONSET_US_MAX + turn_us;
}

START_TEST(random_sequences)
{
	struct led_part parts[PARTS_MAX] = { { LED_PART_DARK, 0, 0, 0, 1, NULL, 0 },
					     LED_PART_FIRST_DARK };
	int64_t start_us[PARTS_MAX + 1];
	int64_t unknown_us = 0;
	struct led_tape tape;
	struct rng rng;
	size_t part = 0;

	rng_init(&rng, (uint64_t)_i);
	led_tape_open(&tape, (uint64_t)_i, 10 + (int32_t)rng_below(&rng, 86));
	for (size_t i = 0; i < PARTS_MAX; i++) {
		if (i > 1)
			parts[i] = random_part(&rng, &parts[i - 1]);
		start_us[i] = tape.gen.t_us;
		led_tape_play(&tape, &parts[i]);
		/* firmware panics twice before it resets */
		if (parts[i].kind == LED_PART_SOS)
			led_tape_play(&tape, &parts[i]);
	}
	start_us[PARTS_MAX] = tape.gen.t_us;
	for (size_t i = 0; i < tape.count; i++) {
		const struct led_seen *seen = &tape.seen[i];
		int64_t next_us = i + 1 < tape.count ? seen[1].onset_us : start_us[PARTS_MAX];
		int64_t early_us;

		if (seen->pattern == LED_PATTERN_UNKNOWN)
			unknown_us += next_us - seen->onset_us;
		if (!seen->name)
			continue;
		while (part < PARTS_MAX && !parts[part].name)
			part++;
		ck_assert_msg(part < PARTS_MAX && strcmp(seen->name, parts[part].name) == 0,
			      "'%s' at %d us is '%s' at %d us", seen->name, (int)seen->onset_us,
			      part < PARTS_MAX ? parts[part].name : "", (int)start_us[part]);
		early_us = ONSET_US_MAX + (part ? trailing_dark_us(&parts[part - 1]) : 0);
		ck_assert_msg(seen->onset_us >= start_us[part] - early_us &&
				      seen->onset_us <= start_us[part] + late_us(&parts[part]),
			      "'%s' begins at %d us, told %d us", seen->name, (int)start_us[part],
			      (int)seen->onset_us);
		if (parts[part].kind == LED_PART_SOS)
			ck_assert_int_eq(seen->count, parts[part].a_ms);
		part++;
	}
	while (part < PARTS_MAX && !parts[part].name)
		part++;
	ck_assert_msg(part == PARTS_MAX ||
			      (part == PARTS_MAX - 1 && parts[part].kind == LED_PART_SOS),
		      "'%s' at %d us not told", parts[part].name, (int)start_us[part]);
	ck_assert_int_le(unknown_us * 100, UNKNOWN_PCT_MAX * (start_us[PARTS_MAX] - start_us[0]));
	led_tape_close(&tape);
}
END_TEST

static void check_order(void *ctx, const struct led_seen *seen)
{
	struct led_seen *last = ctx;

	ck_assert_int_ge(seen->onset_us, last->onset_us);
	ck_assert_int_ge(seen->certain_us, last->certain_us);
	ck_assert_int_ge(seen->certain_us, seen->onset_us);
	*last = *seen;
}

/* Lines that toggle without any sense, also all at one moment or after hours. */
START_TEST(senseless_edges)
{
	static const uint64_t gap_us[] = { 1, 200, 12000, 40000, 900000, 4000000000u };
	struct led_seen last = { 0 };
	struct led_decoder *dec = led_decoder_new(&led_tape_board, check_order, &last);
	int64_t t_us = 0;
	struct rng rng;

	ck_assert_ptr_nonnull(dec);
	rng_init(&rng, (uint64_t)_i);
	for (int i = 0; i < 20000; i++) {
		enum led_channel channel = (enum led_channel)rng_below(&rng, LED_CHANNELS);

		t_us += (int64_t)rng_below(&rng, gap_us[rng_below(&rng, ARRAY_LEN(gap_us))]);
		ck_assert_int_eq(led_decoder_edge(dec, t_us, channel, rng_next(&rng) & 1), 0);
	}
	led_decoder_free(dec);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("led_random");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, senseless_edges, 0, 5);
	tcase_add_loop_test(tcase, random_sequences, 0, RANDOM_SEQUENCES);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
