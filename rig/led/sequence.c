/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "led/sequence.h"

enum {
	SEQUENCE_JUMP = 2, /* brightness that doubles or halves at once is another part */
	SEQUENCE_SIGMAS = 4,
};

void sequence_reset(struct sequence *sequence)
{
	*sequence = (struct sequence){ 0 };
}

static struct sequence_part *sequence_last(struct sequence *sequence)
{
	return &sequence->parts[(sequence->count - 1) % SEQUENCE_PARTS];
}

static void sequence_settle(struct sequence *sequence)
{
	sequence_last(sequence)->colours = colour_candidates(&sequence->hue);
	sequence_last(sequence)->likely = colour_of(&sequence->hue);
}

static bool sequence_goes_on(struct sequence *sequence, const struct light_step *step)
{
	const struct sequence_part *last;
	int32_t noise_ppm;

	if (sequence->count == 0)
		return false;
	last = sequence_last(sequence);
	if (step->dark || last->dark)
		return step->dark && last->dark;
	noise_ppm = SEQUENCE_SIGMAS * step->noise_ppm;
	return !step->fresh && step->level_ppm <= SEQUENCE_JUMP * last->level_ppm + noise_ppm &&
	       last->level_ppm <= SEQUENCE_JUMP * step->level_ppm + noise_ppm;
}

/* What was taken for darkness was a light. */
static void sequence_amend(struct sequence *sequence, const struct light_step *step)
{
	struct sequence_part *last = sequence_last(sequence);

	last->dark = false;
	last->level_ppm = step->level_ppm;
	sequence->hue = step->hue;
}

bool sequence_step(struct sequence *sequence, const struct light_step *step)
{
	bool ended = !sequence_goes_on(sequence, step);

	if (step->amends && sequence->count && sequence_last(sequence)->dark) {
		sequence_amend(sequence, step);
		return false;
	}

	if (ended) {
		/* what it was is settled when it is over */
		if (sequence->count && !sequence_last(sequence)->dark)
			sequence_settle(sequence);
		sequence->count++;
		hue_clear(&sequence->hue);
		*sequence_last(sequence) = (struct sequence_part){
			.start_us = step->start_us,
			.dark = step->dark,
			.colours = COLOUR_BIT(LED_COLOUR_OFF),
			.level_ppm = step->level_ppm,
		};
	}
	if (!step->dark)
		hue_add(&sequence->hue, &step->hue);
	return ended;
}

static const struct sequence_part *sequence_part(const struct sequence *sequence, uint32_t number)
{
	return &sequence->parts[number % SEQUENCE_PARTS];
}

struct led_look sequence_part_seen(const struct sequence *sequence, uint32_t number, int64_t end_us)
{
	const struct sequence_part *part = sequence_part(sequence, number);
	struct led_look seen = { .start_us = part->start_us,
				 .end_us = end_us,
				 .colour = LED_COLOUR_OFF,
				 .level_ppm = part->dark ? 0 : part->level_ppm };

	if (!part->dark)
		seen.colour =
			number + 1 == sequence->count ? colour_of(&sequence->hue) : part->likely;
	return seen;
}

static bool sequence_level_fits(enum led_level wanted, int32_t level_ppm, int32_t most_ppm)
{
	if (wanted == LED_LEVEL_ANY)
		return true;
	return (wanted == LED_LEVEL_HIGH) == (SEQUENCE_JUMP * level_ppm > most_ppm);
}

static int64_t sequence_length_us(const struct sequence *sequence, uint32_t number)
{
	return sequence_part(sequence, number + 1)->start_us -
	       sequence_part(sequence, number)->start_us;
}

/* What is looked for, and how exactly. */
struct sequence_fit {
	const struct sequence *sequence;
	const struct board_led_step *steps;
	const struct board_led_state *word;
	uint32_t end;	     /* the first part that is not looked at */
	int64_t slack_us;    /* of a step's length */
	int64_t fragment_us; /* a part this short may be the change between two others */
	int32_t most_ppm;    /* of all parts that are looked at */
};

static bool sequence_part_fits(const struct sequence_fit *fit, const struct board_led_step *step,
			       uint32_t number)
{
	const struct sequence_part *part = sequence_part(fit->sequence, number);

	if (sequence_length_us(fit->sequence, number) <= fit->fragment_us)
		return true;
	if (step->colour == LED_COLOUR_UNKNOWN ? part->colours == COLOUR_BIT(LED_COLOUR_OFF)
					       : !(part->colours & COLOUR_BIT(step->colour)))
		return false;
	return sequence_level_fits(step->level, part->level_ppm, fit->most_ppm);
}

/*
 * Parts from number 'first' on that make one step, as near to its time as can be; shades of one
 * step may be told apart or not. Returns how many, 0 when they do not.
 */
static uint32_t sequence_take(const struct sequence_fit *fit, const struct board_led_step *step,
			      uint32_t first)
{
	int64_t length_us = 0;
	int64_t best_us = fit->slack_us;
	uint32_t taken = 0;

	for (uint32_t i = first; i < fit->end && sequence_part_fits(fit, step, i); i++) {
		int64_t off_us;

		length_us += sequence_length_us(fit->sequence, i);
		off_us = length_us < step->us ? step->us - length_us : length_us - step->us;
		if (off_us <= best_us) {
			best_us = off_us;
			taken = i + 1 - first;
		}
	}
	return taken;
}

/* Do the parts from 'first' on make so many steps, from step 'turn' on, and no more? */
static bool sequence_matches(struct sequence_fit *fit, uint32_t first, uint32_t turn)
{
	uint32_t steps = fit->word->step_count;
	uint32_t count = steps < SEQUENCE_LEAST ? SEQUENCE_LEAST : steps;

	fit->most_ppm = 0;
	for (uint32_t i = first; i < fit->end; i++)
		if (sequence_part(fit->sequence, i)->level_ppm > fit->most_ppm)
			fit->most_ppm = sequence_part(fit->sequence, i)->level_ppm;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t taken = sequence_take(fit, &fit->steps[(turn + i) % steps], first);

		if (taken == 0)
			return false;
		first += taken;
	}
	return first == fit->end;
}

bool sequence_fits(const struct sequence *sequence, const struct board_led *led,
		   const struct board_led_state *word, int64_t slack_us, int64_t *ret_onset_us)
{
	struct sequence_fit fit = { .sequence = sequence,
				    .steps = &led->steps[word->first_step],
				    .word = word,
				    .end = sequence->count - 1, /* the last part goes on still */
				    .slack_us = slack_us + word->tolerance_us,
				    .fragment_us = slack_us };

	for (uint32_t parts = SEQUENCE_LEAST; parts < SEQUENCE_PARTS && parts <= fit.end; parts++) {
		for (uint32_t turn = 0; turn < word->step_count; turn++) {
			if (!sequence_matches(&fit, fit.end - parts, turn))
				continue;
			*ret_onset_us = sequence_part(sequence, fit.end - parts)->start_us;
			return true;
		}
	}
	return false;
}

int64_t sequence_turn_us(const struct board_led *led, const struct board_led_state *word)
{
	int64_t us = 0;

	for (uint32_t i = 0; i < word->step_count; i++)
		us += led->steps[word->first_step + i].us;
	return us;
}
