/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/learn.h"
#include "led/blink.h"
#include "led/code.h"
#include "led/sos.h"

enum {
	LEARN_SHARE = 8,	/* times nearer than 1/8 are one */
	LEARN_SLACK_US = 22000, /* two periods of 100 Hz, by which PWM hides a change */
	LEARN_ROUND_US = 1000,
	LEARN_TOLERANCE_MIN_US = 20000,
	LEARN_PAUSE_PCT = 150, /* darkness this much longer than that within a code */
	LEARN_PAUSE_OPEN = 2,  /* half of it, at the end of what was seen */
	LEARN_PAUSES_MIN = 2,
	LEARN_PARTS_MIN = 4,	 /* as sequence.h */
	LEARN_LEVEL_JUMP = 2,	 /* as sequence.c */
	LEARN_HOLD_US = 5000000, /* what holds for so long is no step */
};

/* What all functions here need; a stretch is parts of one colour with darkness between. */
struct learn {
	const struct led_look *parts;
	size_t count;
	struct learn_word *words;
	size_t word_count;
};

static int64_t part_us(const struct led_look *part)
{
	return part->end_us - part->start_us;
}

static bool part_is_dark(const struct led_look *part)
{
	return part->colour == LED_COLOUR_OFF;
}

static bool is_near(int64_t a_us, int64_t b_us)
{
	int64_t off_us = a_us < b_us ? b_us - a_us : a_us - b_us;

	return off_us <= (a_us > b_us ? a_us : b_us) / LEARN_SHARE + LEARN_SLACK_US;
}

static int64_t rounded(int64_t us)
{
	return (us + LEARN_ROUND_US / 2) / LEARN_ROUND_US * LEARN_ROUND_US;
}

static bool is_same_word(const struct learn_word *a, const struct learn_word *b)
{
	if (a->state.pattern != b->state.pattern || a->state.colour != b->state.colour ||
	    a->state.step_count != b->state.step_count ||
	    !is_near(a->state.period_us, b->state.period_us))
		return false;
	for (uint32_t i = 0; i < a->state.step_count; i++)
		if (a->steps[i].colour != b->steps[i].colour ||
		    !is_near(a->steps[i].us, b->steps[i].us))
			return false;
	return true;
}

static void add(struct learn *learn, const struct learn_word *word)
{
	for (size_t i = 0; i < learn->word_count; i++) {
		if (!is_same_word(&learn->words[i], word))
			continue;
		learn->words[i].times += word->times;
		learn->words[i].end_us = word->end_us;
		return;
	}
	if (learn->word_count < LEARN_WORDS_MAX)
		learn->words[learn->word_count++] = *word;
}

/* Where the stretch ends that begins with the lit part 'first'. */
static size_t stretch_end(const struct learn *learn, size_t first)
{
	size_t i = first;

	while (i < learn->count && (part_is_dark(&learn->parts[i])
					    ? part_us(&learn->parts[i]) < LEARN_HOLD_US
					    : learn->parts[i].colour == learn->parts[first].colour))
		i++;
	return i;
}

/* Passes of an SOS in a stretch. */
static bool learn_sos(struct learn *learn, size_t first, size_t end)
{
	struct learn_word word = { .state = { .pattern = LED_PATTERN_SOS,
					      .colour = learn->parts[first].colour } };
	struct sos sos;

	sos_reset(&sos);
	for (size_t i = first; i < end; i++) {
		const struct led_look *part = &learn->parts[i];
		bool last = i + 1 == learn->count;

		if (!part_is_dark(part)) {
			sos_mark(&sos, part->start_us, part_us(part), LEARN_SLACK_US);
			continue;
		}
		/* the pause of the last pass may go on still */
		if (sos_gap(&sos, part_us(part), LEARN_SLACK_US) != SOS_TOLD || last)
			continue;
		if (word.times++ == 0)
			word.start_us = sos.told_us;
		word.end_us = part->end_us;
	}
	if (word.times)
		add(learn, &word);
	return word.times > 0;
}

/* What the gaps of a stretch are like. */
struct gaps {
	int64_t short_us; /* shortest */
	int64_t long_us;  /* longest that is whole */
	int32_t shorts;
	int32_t pauses;
};

static bool is_pause(const struct gaps *gaps, int64_t us)
{
	return us * 100 > gaps->short_us * LEARN_PAUSE_PCT + 100 * LEARN_SLACK_US;
}

/* Two kinds of gaps, and all of a kind alike? */
static bool sort_gaps(const struct learn *learn, size_t first, size_t end, struct gaps *ret)
{
	struct gaps gaps = { .short_us = INT64_MAX };

	for (size_t i = first; i < end; i++)
		if (part_is_dark(&learn->parts[i]) && part_us(&learn->parts[i]) < gaps.short_us)
			gaps.short_us = part_us(&learn->parts[i]);
	for (size_t i = first; i < end; i++) {
		int64_t us = part_us(&learn->parts[i]);
		bool open = i + 1 == learn->count;

		if (!part_is_dark(&learn->parts[i]))
			continue;
		if (!is_pause(&gaps, us)) {
			gaps.shorts++;
		} else if (gaps.long_us == 0 && !open) {
			gaps.long_us = us;
			gaps.pauses++;
		} else if (is_near(us, gaps.long_us) ||
			   (open && us * LEARN_PAUSE_OPEN > gaps.long_us)) {
			gaps.pauses++;
		} else if (i + 1 < end || us < gaps.long_us) {
			return false;
		} else {
			gaps.pauses++; /* ... and then it stayed dark */
		}
	}
	*ret = gaps;
	return gaps.shorts > 0 && gaps.pauses >= LEARN_PAUSES_MIN;
}

/* Counted blinks: marks alike, at two kinds of distance. */
static bool learn_code(struct learn *learn, size_t first, size_t end)
{
	struct learn_word word = { .state = { .pattern = LED_PATTERN_CODE,
					      .colour = learn->parts[first].colour } };
	int64_t lit_us = part_us(&learn->parts[first]);
	int32_t marks = 0;
	struct gaps gaps;

	if (!sort_gaps(learn, first, end, &gaps))
		return false;
	for (size_t i = first; i < end; i++) {
		const struct led_look *part = &learn->parts[i];

		if (part_is_dark(part) && is_pause(&gaps, part_us(part))) {
			marks = 0;
			word.times++;
		} else if (!part_is_dark(part) &&
			   (!is_near(part_us(part), lit_us) || ++marks > CODE_MARKS_MAX)) {
			return false;
		}
	}
	word.start_us = learn->parts[first].start_us;
	word.end_us = learn->parts[end - 1].end_us;
	word.state.lit_us = rounded(lit_us);
	word.state.period_us = rounded(lit_us + gaps.short_us);
	word.state.pause_us = rounded(gaps.long_us);
	word.state.tolerance_us = word.state.period_us / LEARN_SHARE;
	if (word.state.tolerance_us < LEARN_TOLERANCE_MIN_US)
		word.state.tolerance_us = LEARN_TOLERANCE_MIN_US;
	if (word.state.pause_us < word.state.period_us ||
	    word.state.tolerance_us >= word.state.period_us)
		return false;
	add(learn, &word);
	return true;
}

/* Marks and gaps of which no two periods agree. */
static bool learn_flicker(struct learn *learn, size_t first, size_t end)
{
	struct learn_word word = { .state = { .pattern = LED_PATTERN_BLINK,
					      .colour = learn->parts[first].colour },
				   .times = 1,
				   .start_us = learn->parts[first].start_us };
	int regular = 0;
	struct blink blink;

	if (end - first < BLINK_IRREGULAR_EDGES)
		return false;
	blink_reset(&blink);
	for (size_t i = first; i < end; i++) {
		int64_t period_us;
		int64_t onset_us;

		/* light next to light is a fade, or a sequence */
		if (i > first &&
		    part_is_dark(&learn->parts[i]) == part_is_dark(&learn->parts[i - 1]))
			return false;
		blink_edge(&blink, learn->parts[i].start_us);
		regular += blink_is_regular(&blink, LEARN_SLACK_US, LEARN_SLACK_US, 0, &period_us,
					    &onset_us);
	}
	/* by chance one or the other is */
	if (regular * LEARN_SHARE > (int)(end - first))
		return false;
	word.end_us = learn->parts[end - 1].end_us;
	add(learn, &word);
	return true;
}

static bool same_look(const struct led_look *a, const struct led_look *b)
{
	if (part_is_dark(a) || part_is_dark(b))
		return part_is_dark(a) && part_is_dark(b);
	return a->level_ppm <= LEARN_LEVEL_JUMP * b->level_ppm &&
	       b->level_ppm <= LEARN_LEVEL_JUMP * a->level_ppm &&
	       (a->colour == b->colour || a->colour == LED_COLOUR_UNKNOWN ||
		b->colour == LED_COLOUR_UNKNOWN);
}

/* How many parts from 'first' on repeat those 'turn' before them. */
static size_t repeats(const struct learn *learn, size_t first, size_t turn)
{
	size_t i = first;

	/* the last part goes on still */
	while (i + turn + 1 < learn->count &&
	       same_look(&learn->parts[i], &learn->parts[i + turn]) &&
	       is_near(part_us(&learn->parts[i]), part_us(&learn->parts[i + turn])))
		i++;
	return i - first;
}

/* The mean step over all turns; of several looks it is any light. */
static struct board_led_step step_of(const struct learn *learn, size_t first, size_t turn,
				     size_t turns, int32_t *ret_level_ppm)
{
	struct board_led_step step = { .colour = learn->parts[first].colour };
	int64_t level = 0;

	for (size_t k = 0; k < turns; k++) {
		const struct led_look *part = &learn->parts[first + k * turn];

		step.us += part_us(part);
		level += part->level_ppm;
		if (part->colour != step.colour)
			step.colour = LED_COLOUR_UNKNOWN;
	}
	step.us /= (int64_t)turns;
	*ret_level_ppm = (int32_t)(level / (int64_t)turns);
	return step;
}

/* Steps of one colour are told apart by their brightness. */
static void set_levels(struct learn_word *word, const int32_t level_ppm[LEARN_STEPS_MAX])
{
	int32_t most_ppm = 0;

	for (uint32_t i = 0; i < word->state.step_count; i++)
		if (level_ppm[i] > most_ppm)
			most_ppm = level_ppm[i];
	for (uint32_t i = 0; i < word->state.step_count; i++) {
		struct board_led_step *step = &word->steps[i];

		for (uint32_t k = 0; k < word->state.step_count; k++)
			if (k != i && word->steps[k].colour == step->colour &&
			    (level_ppm[k] > LEARN_LEVEL_JUMP * level_ppm[i] ||
			     level_ppm[i] > LEARN_LEVEL_JUMP * level_ppm[k]))
				step->level = LEARN_LEVEL_JUMP * level_ppm[i] > most_ppm
						      ? LED_LEVEL_HIGH
						      : LED_LEVEL_LOW;
	}
}

/* The steps of a turn; shades that have no name, one after the other, are one step. */
static bool make_steps(const struct learn *learn, size_t first, size_t turn, size_t turns,
		       struct learn_word *word)
{
	int32_t level_ppm[LEARN_STEPS_MAX];
	int64_t least_us = INT64_MAX;
	uint32_t count = 0;

	for (size_t i = 0; i < turn; i++) {
		int32_t level;
		struct board_led_step step = step_of(learn, first + i, turn, turns, &level);
		bool shade = step.colour == LED_COLOUR_UNKNOWN;

		if (count && shade && word->steps[count - 1].colour == LED_COLOUR_UNKNOWN) {
			word->steps[count - 1].us += step.us;
			continue;
		}
		level_ppm[count] = level;
		word->steps[count++] = step;
	}
	for (uint32_t i = 0; i < count; i++) {
		word->steps[i].us = rounded(word->steps[i].us);
		if (word->steps[i].us < least_us)
			least_us = word->steps[i].us;
	}
	word->state.step_count = count;
	word->state.tolerance_us = rounded(least_us * 2 / 5);
	if (word->state.tolerance_us < LEARN_TOLERANCE_MIN_US)
		word->state.tolerance_us = LEARN_TOLERANCE_MIN_US;
	set_levels(word, level_ppm);
	return count > 1;
}

/* One colour and darkness in turns is a blink, or a code. */
static bool is_plain(const struct learn *learn, size_t first, size_t turn)
{
	const struct led_look *lit = NULL;
	bool dark = false;

	for (size_t i = first; i < first + turn; i++) {
		const struct led_look *part = &learn->parts[i];

		if (part_us(part) >= LEARN_HOLD_US)
			return true;
		dark |= part_is_dark(part);
		if (part_is_dark(part))
			continue;
		if (lit && !same_look(lit, part))
			return false;
		lit = part;
	}
	return dark || turn < LEARN_PAUSES_MIN;
}

/* A sequence that begins with part 'first'; returns how many parts are of it. */
static size_t learn_sequence(struct learn *learn, size_t first)
{
	for (size_t turn = 2; turn <= LEARN_STEPS_MAX; turn++) {
		size_t same = repeats(learn, first, turn);
		size_t turns = same / turn + 1;
		struct learn_word word = { .state.pattern = LED_PATTERN_SEQUENCE,
					   .times = (int)turns };

		if (turns < LEARN_PAUSES_MIN || turns * turn < LEARN_PARTS_MIN ||
		    is_plain(learn, first, turn))
			continue;
		if (!make_steps(learn, first, turn, turns, &word))
			continue;
		word.start_us = learn->parts[first].start_us;
		word.end_us = learn->parts[first + same + turn - 1].end_us;
		add(learn, &word);
		return same + turn;
	}
	return 0;
}

size_t learn_words(const struct led_look *parts, size_t count,
		   struct learn_word ret[LEARN_WORDS_MAX])
{
	struct learn learn = { .parts = parts, .count = count, .words = ret };

	for (size_t i = 0, tried = 0; i < count;) {
		size_t end = tried;
		size_t taken = 0;

		if (part_is_dark(&parts[i])) {
			i++;
			continue;
		}
		/* a stretch is looked at as a whole, and once */
		if (i >= tried) {
			end = stretch_end(&learn, i);
			if (learn_sos(&learn, i, end) || learn_code(&learn, i, end))
				taken = end - i;
		}
		if (!taken)
			taken = learn_sequence(&learn, i);
		if (!taken && i >= tried && learn_flicker(&learn, i, end))
			taken = end - i;
		tried = end;
		i += taken ? taken : 1;
	}
	return learn.word_count;
}
