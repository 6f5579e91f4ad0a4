/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/led_propose.h"
#include "led/learn.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	PROPOSE_MAX = 64,
	PROPOSE_LOOKS_FIRST = 256,
	PROPOSE_TOLERANCE_SHARE = 10, /* clocks are off by up to 5 %, and the PWM's grain */
	PROPOSE_TOLERANCE_MIN_US = 20000,
	PROPOSE_ROUND_US = 1000,
	PROPOSE_SHOWN_MIN_US = 250000,
	PROPOSE_SAME_SHARE = 8, /* periods nearer than 1/8 are one word */
};

/* A word that an unknown state would have. */
struct proposal {
	struct led_seen seen;
	int times;
	int64_t shown_us;
};

void led_lesson_seen(void *ctx, const struct led_seen *seen)
{
	struct led_lesson *lesson = ctx;

	led_timeline_add(&lesson->timeline, seen);
}

void led_lesson_look(void *ctx, const struct led_look *look)
{
	struct led_lesson *lesson = ctx;

	if (lesson->count == lesson->capacity) {
		size_t capacity = lesson->capacity ? 2 * lesson->capacity : PROPOSE_LOOKS_FIRST;
		struct led_look *looks =
			capacity <= LEARN_PARTS_MAX
				? realloc(lesson->looks, capacity * sizeof(looks[0]))
				: NULL;

		if (!looks) {
			lesson->full = true;
			return;
		}
		lesson->looks = looks;
		lesson->capacity = capacity;
	}
	lesson->looks[lesson->count++] = *look;
}

void led_lesson_release(struct led_lesson *lesson)
{
	led_timeline_release(&lesson->timeline);
	free(lesson->looks);
	*lesson = (struct led_lesson){ 0 };
}

static int64_t state_end_us(const struct led_timeline *timeline, size_t i,
			    const struct led_watched *watched)
{
	return i + 1 < timeline->count ? timeline->items[i + 1].onset_us : watched->end_us;
}

/* More than half of the first lies in the second. */
static bool is_within(int64_t start_us, int64_t end_us, int64_t from_us, int64_t to_us)
{
	int64_t first_us = start_us > from_us ? start_us : from_us;
	int64_t last_us = end_us < to_us ? end_us : to_us;

	return 2 * (last_us - first_us) > end_us - start_us;
}

/* The decoder has told it: by a name, or as a fade, whose levels look like steps. */
static bool is_told(const struct led_lesson *lesson, const struct led_watched *watched,
		    const struct learn_word *word)
{
	for (size_t i = 0; i < lesson->timeline.count; i++) {
		const struct led_seen *seen = &lesson->timeline.items[i];
		bool fade =
			seen->pattern == LED_PATTERN_FADE &&
			(word->state.pattern == LED_PATTERN_SEQUENCE || word->state.period_us == 0);

		if ((fade || (seen->name && seen->colour != LED_COLOUR_OFF)) &&
		    is_within(word->start_us, word->end_us, seen->onset_us,
			      state_end_us(&lesson->timeline, i, watched)))
			return true;
	}
	return false;
}

static bool is_same(const struct led_seen *a, const struct led_seen *b)
{
	int64_t off_us = a->period_us - b->period_us;

	return a->pattern == b->pattern && a->colour == b->colour &&
	       (off_us < 0 ? -off_us : off_us) <= a->period_us / PROPOSE_SAME_SHARE;
}

static void propose_add(struct proposal *list, size_t *count, const struct led_seen *seen,
			int64_t end_us)
{
	size_t i = 0;

	while (i < *count && !is_same(&list[i].seen, seen))
		i++;
	if (i == PROPOSE_MAX)
		return;
	if (i == *count) {
		list[(*count)++] = (struct proposal){ .seen = *seen };
	} else {
		/* the mean of the periods that were seen */
		list[i].seen.period_us +=
			(seen->period_us - list[i].seen.period_us) / (list[i].times + 1);
	}
	list[i].times++;
	list[i].shown_us += end_us - seen->onset_us;
}

static void print_ms(FILE *out, const char *key, int64_t us)
{
	fprintf(out, ", %s: %" PRId64 "ms", key, us / PROPOSE_ROUND_US);
}

static void print_proposal(const struct proposal *proposal, FILE *out)
{
	static const char *const verbs[LED_PATTERN_COUNT] = {
		[LED_PATTERN_SOLID] = "solid",
		[LED_PATTERN_BLINK] = "blinking",
		[LED_PATTERN_FADE] = "breathing",
	};
	const struct led_seen *seen = &proposal->seen;
	const char *colour = led_colour_name(seen->colour);
	int64_t period_us =
		(seen->period_us + PROPOSE_ROUND_US / 2) / PROPOSE_ROUND_US * PROPOSE_ROUND_US;
	int64_t tolerance_us = period_us / PROPOSE_TOLERANCE_SHARE;

	if (tolerance_us < PROPOSE_TOLERANCE_MIN_US)
		tolerance_us = PROPOSE_TOLERANCE_MIN_US;
	if (seen->colour == LED_COLOUR_OFF)
		fprintf(out, "    - {name: off, colour: off, pattern: solid");
	else
		fprintf(out, "    - {name: %s-%s", verbs[seen->pattern], colour);
	if (seen->colour != LED_COLOUR_OFF && period_us)
		fprintf(out, "-%" PRId64, period_us / PROPOSE_ROUND_US);
	if (seen->colour != LED_COLOUR_OFF)
		fprintf(out, ", colour: %s, pattern: %s", colour, led_pattern_name(seen->pattern));
	if (period_us) {
		print_ms(out, "period", period_us);
		print_ms(out, "tolerance", tolerance_us);
	}
	fprintf(out, "}  # seen %d times, %.1f s in all\n", proposal->times,
		(double)proposal->shown_us / 1e6);
}

static void print_steps(const struct learn_word *word, FILE *out)
{
	static const char *const levels[] = { [LED_LEVEL_ANY] = "",
					      [LED_LEVEL_LOW] = ", level: low",
					      [LED_LEVEL_HIGH] = ", level: high" };

	fprintf(out, "      pattern: sequence\n      tolerance: %" PRId64 "ms\n      steps:\n",
		word->state.tolerance_us / PROPOSE_ROUND_US);
	for (uint32_t i = 0; i < word->state.step_count; i++) {
		const struct board_led_step *step = &word->steps[i];

		fprintf(out, "        - {colour: %s%s, for: %" PRId64 "ms}\n",
			step->colour == LED_COLOUR_UNKNOWN ? "any" : led_colour_name(step->colour),
			levels[step->level], step->us / PROPOSE_ROUND_US);
	}
}

static void print_word(const struct learn_word *word, size_t number, FILE *out)
{
	const char *colour = led_colour_name(word->state.colour);
	double shown_s = (double)(word->end_us - word->start_us) / 1e6;

	switch (word->state.pattern) {
	case LED_PATTERN_SOS:
		fprintf(out, "    - {name: sos-%s, colour: %s, pattern: sos}", colour, colour);
		break;
	case LED_PATTERN_BLINK:
		fprintf(out, "    - {name: blinking-%s, colour: %s, pattern: blink}", colour,
			colour);
		break;
	case LED_PATTERN_CODE:
		fprintf(out, "    - {name: code-%s-%" PRId64 ", colour: %s, pattern: code", colour,
			word->state.period_us / PROPOSE_ROUND_US, colour);
		print_ms(out, "period", word->state.period_us);
		print_ms(out, "lit", word->state.lit_us);
		print_ms(out, "tolerance", word->state.tolerance_us);
		print_ms(out, "pause", word->state.pause_us);
		fprintf(out, "}");
		break;
	case LED_PATTERN_SEQUENCE:
		fprintf(out, "    - name: sequence-%zu  # seen %d times, %.1f s in all\n", number,
			word->times, shown_s);
		print_steps(word, out);
		return;
	case LED_PATTERN_SOLID:
	case LED_PATTERN_FADE:
	case LED_PATTERN_UNKNOWN:
	case LED_PATTERN_COUNT: return;
	}
	fprintf(out, "  # seen %d times, %.1f s in all\n", word->times, shown_s);
}

/* What the decoder told without a name, but for what is a part of a word that was learned. */
static size_t collect(const struct led_lesson *lesson, const struct led_watched *watched,
		      const struct learn_word *words, size_t word_count,
		      struct proposal list[PROPOSE_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < lesson->timeline.count; i++) {
		const struct led_seen *seen = &lesson->timeline.items[i];
		int64_t end_us = state_end_us(&lesson->timeline, i, watched);
		/* the beginning of a slow fade is told as steady for a moment */
		bool part = seen->name || seen->pattern == LED_PATTERN_UNKNOWN ||
			    seen->colour == LED_COLOUR_UNKNOWN ||
			    end_us - seen->onset_us < PROPOSE_SHOWN_MIN_US;

		for (size_t k = 0; k < word_count && !part; k++)
			part = is_within(seen->onset_us, end_us, words[k].start_us,
					 words[k].end_us);
		if (!part)
			propose_add(list, &count, seen, end_us);
	}
	return count;
}

void led_propose(const struct led_lesson *lesson, const struct led_watched *watched, FILE *out)
{
	struct proposal list[PROPOSE_MAX];
	struct learn_word words[LEARN_WORDS_MAX];
	size_t learned = learn_words(lesson->looks, lesson->count, words);
	size_t word_count = 0;
	size_t named = 0;
	size_t count;

	for (size_t i = 0; i < learned; i++)
		if (!is_told(lesson, watched, &words[i]))
			words[word_count++] = words[i];
	for (size_t i = 0; i < lesson->timeline.count; i++)
		named += lesson->timeline.items[i].name != NULL;
	count = collect(lesson, watched, words, word_count, list);
	fprintf(out, "# %s, %.1f s: %zu states without a name, %zu with one\n", watched->format,
		(double)(watched->end_us - watched->begin_us) / 1e6, count + word_count, named);
	if (lesson->full)
		fprintf(out, "# too long to be looked at as a whole\n");
	if (watched->pwm_hz)
		fprintf(out, "  pwm_hz: %" PRId32 "\n", watched->pwm_hz);
	fprintf(out, "  states:\n");
	for (size_t i = 0; i < count; i++)
		print_proposal(&list[i], out);
	for (size_t i = 0; i < word_count; i++)
		print_word(&words[i], i + 1, out);
}
