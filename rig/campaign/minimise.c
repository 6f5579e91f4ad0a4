/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/minimise.h"

#include <assert.h>

struct search {
	const struct minimise_runner *runner;
	uint64_t signature;
	unsigned int runs; /* that are left */
	bool ended;	   /* one more was wanted */
	struct trial_spec spec;
};

/* True: the candidate leads to the same, and is taken. */
static bool attempt(struct search *search, const struct trial_spec *candidate)
{
	if (trial_spec_is_control(candidate))
		return false;
	if (search->runs == 0) {
		search->ended = true;
		return false;
	}
	search->runs--;
	if (search->runner->run(search->runner->ctx, candidate) != search->signature)
		return false;
	search->spec = *candidate;
	return true;
}

static void remove_act(struct fuzz_acts *acts, size_t i)
{
	acts->count--;
	for (; i < acts->count; i++)
		acts->items[i] = acts->items[i + 1];
	acts->items[acts->count] = (struct fuzz_act){ 0 };
}

static void drop_acts(struct search *search)
{
	for (size_t i = search->spec.acts.count; i-- > 0;) {
		struct trial_spec candidate = search->spec;

		remove_act(&candidate.acts, i);
		IGNORE(attempt(search, &candidate), "what cannot be left out stays");
	}
}

static bool without_image(struct trial_spec *spec)
{
	bool there = spec->image.kind != IMAGE_MUTATION_UNKNOWN;

	spec->image = (struct image_mutation){ 0 };
	return there;
}

static bool without_again(struct trial_spec *spec)
{
	bool there = trial_spec_cuts_again(spec);

	spec->again = (struct cut_again){ 0 };
	return there;
}

static bool without_cut(struct trial_spec *spec)
{
	bool there = spec->cut.by != CUT_BY_NONE;

	spec->cut = (struct cut_point){ .part = spec->cut.part };
	spec->again = (struct cut_again){ 0 };
	return there;
}

static bool without_ramps(struct trial_spec *spec)
{
	bool there = spec->fall_us != 0 || spec->rise_us != 0;

	spec->fall_us = 0;
	spec->rise_us = 0;
	return there;
}

/* What is done besides the acts, one after the other. */
static void drop_others(struct search *search)
{
	static bool (*const without[])(struct trial_spec * spec) = { without_image, without_again,
								     without_cut, without_ramps };

	for (size_t i = 0; i < ARRAY_LEN(without); i++) {
		struct trial_spec candidate = search->spec;

		if (without[i](&candidate))
			IGNORE(attempt(search, &candidate), "what cannot be left out stays");
	}
}

/* The trial with its i-th act replaced; *i is where it is then. False, too: it has one like it. */
static bool attempt_act(struct search *search, size_t *i, const struct fuzz_act *act)
{
	struct trial_spec candidate = search->spec;

	remove_act(&candidate.acts, *i);
	if (!fuzz_acts_put(&candidate.acts, act) || !attempt(search, &candidate))
		return false;
	for (size_t k = 0; k < candidate.acts.count; k++)
		if (candidate.acts.items[k].kind == act->kind &&
		    candidate.acts.items[k].unit == act->unit)
			*i = k;
	return true;
}

/* To 0, else by halves as long as that goes. */
static void shrink_value(struct search *search, size_t *i)
{
	struct fuzz_act act = search->spec.acts.items[*i];
	uint64_t value = act.value;

	if (value == 0)
		return;
	act.value = 0;
	if (attempt_act(search, i, &act))
		return;
	do {
		value /= 2;
		act.value = value;
	} while (value > 0 && attempt_act(search, i, &act));
}

static void shrink_unit(struct search *search, size_t *i)
{
	struct fuzz_act act = search->spec.acts.items[*i];
	uint32_t unit = act.unit;

	if (unit == 0)
		return;
	act.unit = 0;
	if (attempt_act(search, i, &act))
		return;
	do {
		unit /= 2;
		act.unit = unit;
	} while (unit > 0 && attempt_act(search, i, &act));
}

/*
 * From the last act on: one that moves to the front passes others that are still to come, so one of
 * them may be looked at twice and another not. That costs a little size, never truth.
 */
static void shrink_acts(struct search *search)
{
	for (size_t n = search->spec.acts.count; n-- > 0;) {
		size_t i = n;

		shrink_value(search, &i);
		shrink_unit(search, &i);
	}
}

enum minimise_result minimise(const struct minimise_runner *runner, uint64_t signature,
			      unsigned int *runs, struct trial_spec *spec)
{
	struct search search = {
		.runner = runner, .signature = signature, .runs = *runs, .spec = *spec
	};
	bool steady;

	assert(signature != 0 && !trial_spec_is_control(spec));
	steady = attempt(&search, spec);
	if (steady) {
		drop_acts(&search);
		drop_others(&search);
		shrink_acts(&search);
		*spec = search.spec;
	}
	*runs = search.runs;
	if (search.ended)
		return MINIMISE_ENDED;
	return steady ? MINIMISE_DONE : MINIMISE_UNSTEADY;
}
