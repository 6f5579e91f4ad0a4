/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A strategy says how many cuts there are and where the j-th one is; what all cut trials share
 * (form, off time, VBAT, number) is done once for all of them. The j-th cut comes from j alone, so
 * nothing is remembered from one trial to the next.
 */
#include "plan/places.h"
#include "base/rng.h"
#include "base/text.h"
#include "base/yaml.h"
#include "fuzz/draw.h"

#include <errno.h>
#include <inttypes.h>

enum plan_units {
	MS_US = 1000,
	TORN_PERMILLES = 999, /* 1..999: 0 and 1000 are the forms before and after */
};

struct planner {
	const struct scenario *scenario;
	const struct calib *calib;
	uint64_t seed;
	uint64_t asked; /* 'trials' */
	uint64_t cuts;	/* what the strategy makes of it */
	uint64_t controls;
	struct places places; /* random and linear */
	uint64_t points;      /* linear: every stride-th place */
	uint64_t seconds;     /* second cuts that each first one gets; at least 1 */
};

struct strategy {
	/* Refuses impossible cuts and sets planner->cuts (none: controls). */
	int (*prepare)(struct planner *planner, struct err *err);
	/* The j-th cut, or with strategy "none" the part that something is done to. */
	struct cut_point (*cut)(const struct planner *planner, uint64_t j, struct rng *rng);
};

/* How many forms each place gets: time and instructions have none to choose from. */
static uint64_t form_count(const struct scenario *scenario)
{
	return scenario->cut.by == CUT_BY_OPERATION && scenario->cut.form_count > 0
		       ? scenario->cut.form_count
		       : 1;
}

static struct cut_form_at form_at(const struct scenario *scenario, uint64_t i)
{
	if (scenario->cut.by == CUT_BY_OPERATION && scenario->cut.form_count > 0)
		return scenario->cut.forms[i];
	return (struct cut_form_at){ .form = CUT_FORM_NONE };
}

/* Trials in which something is done to the update, or more controls. */
static int none_prepare(struct planner *planner, struct err *err)
{
	(void)err;
	planner->cuts = scenario_meddles(planner->scenario) ? planner->asked : 0;
	planner->controls += planner->asked - planner->cuts;
	return 0;
}

static struct cut_point none_cut(const struct planner *planner, uint64_t j, struct rng *rng)
{
	(void)j;
	return (struct cut_point){
		.part = (uint32_t)(1 + rng_below(rng, planner->scenario->part_count))
	};
}

static int random_prepare(struct planner *planner, struct err *err)
{
	if (planner->asked == 0)
		return scenario_fail(planner->scenario, err, "trials",
				     "random cuts need a number of trials, which is 0");
	planner->cuts = planner->asked;
	return places_choose(planner->scenario, planner->calib, &planner->places, err);
}

static struct cut_point random_cut(const struct planner *planner, uint64_t j, struct rng *rng)
{
	struct cut_point cut = places_at(&planner->places, rng_below(rng, planner->places.total));

	(void)j;
	cut.form = form_at(planner->scenario, rng_below(rng, form_count(planner->scenario)));
	return cut;
}

static int linear_prepare(struct planner *planner, struct err *err)
{
	const struct scenario *scenario = planner->scenario;

	if (scenario->cut.stride == 0)
		return scenario_fail(scenario, err, "cut", "linear cuts need a stride, which is 0");
	if (places_choose(scenario, planner->calib, &planner->places, err) < 0)
		return -EINVAL;
	planner->points = (planner->places.total - 1) / scenario->cut.stride + 1;
	/* More points than any plan may have are not multiplied: that could overflow. */
	planner->cuts = planner->points > SCENARIO_TRIALS_MAX
				? planner->points
				: planner->points * form_count(scenario);
	if (planner->asked != 0 && planner->asked < planner->cuts)
		planner->cuts = planner->asked;
	return 0;
}

/*
 * Spreads the points over the cuts and takes the forms in turn. All cuts asked for: each point
 * comes form_count() times in a row. Fewer: no pair of point and form comes twice, and no form is
 * favoured.
 */
static struct cut_point linear_cut(const struct planner *planner, uint64_t j, struct rng *rng)
{
	/* j * points / cuts, without overflow: j and cuts are at most SCENARIO_TRIALS_MAX */
	uint64_t point = j * (planner->points / planner->cuts) +
			 j * (planner->points % planner->cuts) / planner->cuts;
	struct cut_point cut = places_at(&planner->places, point * planner->scenario->cut.stride);

	(void)rng;
	cut.form = form_at(planner->scenario, j % form_count(planner->scenario));
	return cut;
}

/* Where the part's update ends, in the unit of 'by'; 0 when that is not known. */
static uint64_t part_end(const struct calib *calib, uint32_t part, enum cut_by by)
{
	uint64_t end = 0;

	for (size_t i = 0; i < calib->window_count; i++) {
		struct calib_range range = calib_window_range(&calib->windows[i], by);

		if (calib->windows[i].part == part && range.end > end)
			end = range.end;
	}
	return end;
}

/* A point that the delivery does not reach is one that no cut ever comes at. */
static int anchor_check(const struct planner *planner, size_t i, struct err *err)
{
	const struct scenario *scenario = planner->scenario;
	const struct cut_point *point = &scenario->cut.points[i];
	uint32_t chunks = planner->calib->parts[point->part - 1].chunks;
	char at[YAML_PATH_MAX];

	yaml_path(at, "cut.points[%zu]", i);
	if (point->anchor == CUT_ANCHOR_CHUNK && point->chunk >= chunks)
		return scenario_fail(scenario, err, at,
				     "cut point %zu: chunk %" PRIu32 " of part %" PRIu32
				     ", which is delivered in %" PRIu32,
				     i + 1, point->chunk, point->part, chunks);
	return 0;
}

static int list_check(const struct planner *planner, size_t i, struct err *err)
{
	const struct scenario *scenario = planner->scenario;
	const struct cut_point *point = &scenario->cut.points[i];
	uint64_t end = part_end(planner->calib, point->part, point->by);
	char word[TRIAL_ID_MAX];
	char at[YAML_PATH_MAX];

	trial_cut_format(point, word, sizeof(word));
	yaml_path(at, "cut.points[%zu]", i);
	if (point->by == CUT_BY_NONE)
		return scenario_fail(scenario, err, at, "cut point %zu cuts nothing", i + 1);
	if (point->part < 1 || point->part > scenario->part_count)
		return scenario_fail(scenario, err, at,
				     "cut point %zu '%s': part %" PRIu32 " of an update with %zu",
				     i + 1, word, point->part, scenario->part_count);
	if (point->by == CUT_BY_ANCHOR)
		return anchor_check(planner, i, err);
	if (end == 0)
		return scenario_fail(scenario, err, at,
				     "cut point %zu '%s': the calibration counted none of these in "
				     "part %" PRIu32,
				     i + 1, word, point->part);
	if (point->at >= end)
		return scenario_fail(scenario, err, at,
				     "cut point %zu '%s': part %" PRIu32 " ends at %" PRIu64, i + 1,
				     word, point->part, end);
	return 0;
}

static int list_prepare(struct planner *planner, struct err *err)
{
	size_t count = planner->scenario->cut.point_count;

	if (count == 0)
		return scenario_fail(planner->scenario, err, "cut", "the list of cuts is empty");
	for (size_t i = 0; i < count; i++)
		if (list_check(planner, i, err) < 0)
			return -EINVAL;
	planner->cuts = planner->asked != 0 ? planner->asked : count;
	return 0;
}

static struct cut_point list_cut(const struct planner *planner, uint64_t j, struct rng *rng)
{
	(void)rng;
	return planner->scenario->cut.points[j % planner->scenario->cut.point_count];
}

static const struct strategy strategies[] = {
	[CUT_STRATEGY_NONE] = { none_prepare, none_cut },
	[CUT_STRATEGY_RANDOM] = { random_prepare, random_cut },
	[CUT_STRATEGY_LIST] = { list_prepare, list_cut },
	[CUT_STRATEGY_LINEAR] = { linear_prepare, linear_cut },
	[CUT_STRATEGY_EXHAUSTIVE] = { linear_prepare, linear_cut },
};

/* Only operations have a form, and each has one: what was left open is torn, somewhere. */
static void settle_form(struct cut_point *cut, struct rng *rng)
{
	if (cut->by != CUT_BY_OPERATION) {
		cut->form = (struct cut_form_at){ .form = CUT_FORM_NONE };
		return;
	}
	if (cut->form.form == CUT_FORM_NONE)
		cut->form = (struct cut_form_at){ .form = CUT_FORM_TORN };
	if (cut->form.form == CUT_FORM_TORN && cut->form.permille == 0)
		cut->form.permille = (uint32_t)(1 + rng_below(rng, TORN_PERMILLES));
}

static int64_t draw_off_us(const struct scenario *scenario, struct rng *rng)
{
	int64_t min_us = scenario->power.off_us_min;
	int64_t first_ms = min_us / MS_US + (min_us % MS_US != 0);
	int64_t last_ms = scenario->power.off_us_max / MS_US;

	if (first_ms > last_ms)
		return min_us;
	return (first_ms + (int64_t)rng_below(rng, (uint64_t)(last_ms - first_ms) + 1)) * MS_US;
}

static enum vbat_mode draw_vbat(const struct scenario *scenario, struct rng *rng)
{
	if (scenario->power.vbat == VBAT_RANDOM)
		return rng_below(rng, 2) == 0 ? VBAT_LOST : VBAT_KEPT;
	return scenario->power.vbat == VBAT_KEPT ? VBAT_KEPT : VBAT_LOST;
}

/* Whole microseconds. Draws nothing for a time that is given: older plans stay as they were. */
static int64_t draw_ramp_us(int64_t min_us, int64_t max_us, struct rng *rng)
{
	if (min_us == max_us)
		return min_us;
	return min_us + (int64_t)rng_below(rng, (uint64_t)(max_us - min_us) + 1);
}

/* The second cut of the j-th trial. Draws nothing when there is none: older plans stay. */
static struct cut_again cut_again(const struct planner *planner, uint64_t j, struct rng *rng)
{
	const struct scenario *scenario = planner->scenario;
	struct cut_point drawn = { .by = CUT_BY_OPERATION };
	uint64_t within = scenario->cut.again_within;

	if (within == 0)
		return (struct cut_again){ 0 };
	if (scenario->cut.again_stride)
		drawn.at = j % planner->seconds * scenario->cut.again_stride;
	else
		drawn.at = rng_below(rng, within);
	drawn.form = form_at(scenario, rng_below(rng, form_count(scenario)));
	settle_form(&drawn, rng);
	return (struct cut_again){ .at = drawn.at, .form = drawn.form };
}

/*
 * What is done to the update: the transfer, the module, or both, when there are kinds of both.
 * Draws nothing when there are none: older plans stay.
 */
static void draw_fuzz(const struct planner *planner, struct trial_spec *spec, struct rng *rng)
{
	const struct scenario *scenario = planner->scenario;
	bool transfer = scenario->fuzz.transfer_count > 0;
	bool image = scenario->fuzz.image_count > 0;

	if (transfer && image) {
		uint64_t which = rng_below(rng, 3);

		transfer = which != 1;
		image = which != 0;
	}
	if (transfer)
		fuzz_acts_draw(scenario->fuzz.transfer, scenario->fuzz.transfer_count,
			       scenario->fuzz.per_trial,
			       planner->calib->parts[spec->cut.part - 1].chunks, rng, &spec->acts);
	if (image)
		spec->image = (struct image_mutation){
			.kind = scenario->fuzz.image[rng_below(rng, scenario->fuzz.image_count)],
			.seed = rng_next(rng),
		};
}

static struct trial_spec planner_spec(const struct planner *planner, uint64_t number)
{
	struct trial_spec spec = { .run_seed = planner->seed, .number = number };

	text_copy(spec.scenario, sizeof(spec.scenario), planner->scenario->name);
	return spec;
}

static struct trial_spec planner_control(const struct planner *planner, uint64_t number)
{
	struct trial_spec spec = planner_spec(planner, number);

	spec.vbat = planner->scenario->power.vbat == VBAT_KEPT ? VBAT_KEPT : VBAT_LOST;
	return spec;
}

static struct trial_spec planner_cut(const struct planner *planner, uint64_t number, uint64_t j)
{
	const struct scenario *scenario = planner->scenario;
	struct trial_spec spec = planner_spec(planner, number);
	struct rng rng;

	rng_init(&rng, rng_derive(planner->seed, j));
	spec.cut = strategies[scenario->cut.strategy].cut(planner, j / planner->seconds, &rng);
	settle_form(&spec.cut, &rng);
	spec.off_us = draw_off_us(scenario, &rng);
	spec.vbat = draw_vbat(scenario, &rng);
	spec.fall_us = draw_ramp_us(scenario->power.fall_us_min, scenario->power.fall_us_max, &rng);
	spec.rise_us = draw_ramp_us(scenario->power.rise_us_min, scenario->power.rise_us_max, &rng);
	spec.again = cut_again(planner, j, &rng);
	draw_fuzz(planner, &spec, &rng);
	return spec;
}

/* Every second cut must be tried after each first one; drawn ones are one for each. */
static int seconds_prepare(struct planner *planner, struct err *err)
{
	uint64_t within = planner->scenario->cut.again_within;
	uint64_t stride = planner->scenario->cut.again_stride;

	if (within == 0 || stride == 0)
		return 0;
	planner->seconds = (within - 1) / stride + 1;
	if (planner->seconds > SCENARIO_TRIALS_MAX ||
	    planner->cuts * planner->seconds > SCENARIO_TRIALS_MAX)
		return scenario_fail(planner->scenario, err, "cut.again",
				     "%" PRIu64 " cuts with %" PRIu64
				     " second ones each are more than %d",
				     planner->cuts, planner->seconds, SCENARIO_TRIALS_MAX);
	planner->cuts *= planner->seconds;
	return 0;
}

static void planner_fill(const struct planner *planner, struct plan *plan)
{
	uint64_t controls = 0;

	for (uint64_t n = 0; n < plan->count; n++) {
		if (controls < planner->controls &&
		    n == controls * plan->count / planner->controls) {
			plan->specs[n] = planner_control(planner, n);
			controls++;
		} else {
			plan->specs[n] = planner_cut(planner, n, n - controls);
		}
	}
}

int plan_make(const struct scenario *scenario, const struct calib *calib, uint32_t trials,
	      const uint64_t *seed, struct plan *ret, struct err *err)
{
	struct planner planner = {
		.scenario = scenario,
		.calib = calib,
		.seed = seed ? *seed : scenario->seed,
		.asked = trials ? trials : scenario->trials,
		.controls = scenario->controls,
		.seconds = 1,
	};
	enum cut_strategy strategy = scenario->cut.strategy;
	struct plan plan;

	if (strategy == CUT_STRATEGY_UNKNOWN || strategy >= ARRAY_LEN(strategies))
		return scenario_fail(scenario, err, "cut", "the scenario has no strategy for cuts");
	if (strategies[strategy].prepare(&planner, err) < 0 || seconds_prepare(&planner, err) < 0)
		return -EINVAL;
	if (planner.cuts + planner.controls == 0)
		return scenario_fail(scenario, err, "trials", "the scenario has no trial at all");
	if (planner.cuts > SCENARIO_TRIALS_MAX ||
	    planner.cuts + planner.controls > SCENARIO_TRIALS_MAX)
		return scenario_fail(scenario, err, "trials",
				     "%" PRIu64 " cuts and %" PRIu64 " controls, at most %d in all",
				     planner.cuts, planner.controls, SCENARIO_TRIALS_MAX);
	plan.count = planner.cuts + planner.controls;
	plan.specs = calloc(plan.count, sizeof(*plan.specs));
	if (!plan.specs)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a plan of %zu trials",
			       plan.count);
	planner_fill(&planner, &plan);
	*ret = plan;
	return 0;
}

void plan_release(struct plan *plan)
{
	if (!plan)
		return;
	free(plan->specs);
	*plan = (struct plan){ 0 };
}
