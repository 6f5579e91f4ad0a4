/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario_check.h"

#include <inttypes.h>

/* Which keys of 'cut' a strategy needs (1), allows (0) or has no use for (-1). */
struct strategy_keys {
	const char *name;
	int by;
	int phases;
	int forms;
	int points;
	int stride;
};

static const struct strategy_keys strategy_keys[] = {
	[CUT_STRATEGY_NONE] = { "none", -1, -1, -1, -1, -1 },
	[CUT_STRATEGY_RANDOM] = { "random", 1, 0, 0, -1, -1 },
	[CUT_STRATEGY_LIST] = { "list", -1, -1, -1, 1, -1 },
	[CUT_STRATEGY_LINEAR] = { "linear", 1, 0, 0, -1, 1 },
	[CUT_STRATEGY_EXHAUSTIVE] = { "exhaustive", -1, 0, 0, -1, -1 },
};

static int check_cut_key(const struct yaml_doc *doc, const char *strategy, const char *path,
			 int use, struct err *err)
{
	bool has = yaml_doc_has(doc, path);

	if (use > 0 && !has)
		return yaml_doc_fail(doc, err, "cut", "strategy '%s' needs '%s'", strategy, path);
	if (use < 0 && has)
		return yaml_doc_fail(doc, err, path, "strategy '%s' has no use for '%s'", strategy,
				     path);
	return 0;
}

/* The second cut is placed by operation, so 'cut.forms' may be what it is for. */
static int check_again(const struct yaml_doc *doc, const struct scenario *scenario, struct err *err)
{
	if (!yaml_doc_has(doc, "cut.again"))
		return 0;
	if (scenario->cut.strategy == CUT_STRATEGY_NONE)
		return yaml_doc_fail(doc, err, "cut.again", "strategy 'none' has no use for '%s'",
				     "cut.again");
	if (scenario->cut.again_within == 0)
		return yaml_doc_fail(doc, err, "cut.again.within",
				     "'cut.again.within' must be above zero");
	if (yaml_doc_has(doc, "cut.again.stride") && scenario->cut.again_stride == 0)
		return yaml_doc_fail(doc, err, "cut.again.stride",
				     "'cut.again.stride' must be above zero");
	return 0;
}

static int check_cut(const struct yaml_doc *doc, const struct scenario *scenario, struct err *err)
{
	const struct strategy_keys *keys = &strategy_keys[scenario->cut.strategy];
	const struct {
		const char *path;
		int use;
	} uses[] = {
		{ "cut.by", keys->by },		{ "cut.phases", keys->phases },
		{ "cut.forms", keys->forms },	{ "cut.points", keys->points },
		{ "cut.stride", keys->stride },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(uses) && r == 0; i++)
		r = check_cut_key(doc, keys->name, uses[i].path, uses[i].use, err);
	if (r == 0 && scenario->cut.form_count && scenario->cut.by != CUT_BY_OPERATION)
		return yaml_doc_fail(doc, err, "cut.forms",
				     "'cut.forms' is only for cuts by operation");
	return r < 0 ? r : check_again(doc, scenario, err);
}

static int check_names(const struct yaml_doc *doc, const struct scenario *scenario, struct err *err)
{
	const struct {
		const char *path;
		const char *text;
		const char *more; /* a scenario's name is a word of trial ids: no dots */
	} names[] = {
		{ "scenario", scenario->name, "" },   { "board", scenario->board, "." },
		{ "from", scenario->from, "." },      { "to", scenario->to, "." },
		{ "deliver.via", scenario->via, "" },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(names) && r == 0; i++)
		r = yaml_doc_name(doc, names[i].path, names[i].text, names[i].more, err);
	return r;
}

static int check_parts(const struct yaml_doc *doc, const struct scenario *scenario, struct err *err)
{
	char path[YAML_PATH_MAX];

	for (size_t i = 0; i < scenario->part_count; i++) {
		const char *part = scenario->parts[i];
		int r = yaml_doc_name(doc, yaml_path(path, "deliver.parts[%zu]", i), part, "", err);

		if (r < 0)
			return r;
		for (size_t k = 0; k < i; k++)
			if (strcmp(scenario->parts[k], part) == 0)
				return yaml_doc_fail(doc, err, path, "'%s' is delivered twice",
						     part);
	}
	return 0;
}

/* Parts that are worked out from the images are counted later. */
static size_t part_max(const struct scenario *scenario)
{
	return scenario->part_count > 0 ? scenario->part_count : SCENARIO_PARTS_MAX;
}

/* A phase begins with the number of its part: "2" or "2.apply". */
static int check_phases(const struct yaml_doc *doc, const struct scenario *scenario,
			struct err *err)
{
	char path[YAML_PATH_MAX];

	for (size_t i = 0; i < scenario->cut.phase_count; i++) {
		const char *phase = scenario->cut.phases[i];
		unsigned long part;
		char *end;
		int r = yaml_doc_name(doc, yaml_path(path, "cut.phases[%zu]", i), phase, ".", err);

		if (r < 0)
			return r;
		part = strtoul(phase, &end, 10);
		if (part < 1 || part > part_max(scenario) || (*end != '\0' && *end != '.'))
			return yaml_doc_fail(doc, err, path,
					     "phase '%s' must begin with a part's number, 1 to %zu",
					     phase, part_max(scenario));
	}
	return 0;
}

static int check_points(const struct yaml_doc *doc, const struct scenario *scenario,
			struct err *err)
{
	char path[YAML_PATH_MAX];

	for (size_t i = 0; i < scenario->cut.point_count; i++) {
		uint32_t part = scenario->cut.points[i].part;

		if (part < 1 || part > part_max(scenario))
			return yaml_doc_fail(doc, err, yaml_path(path, "cut.points[%zu].part", i),
					     "there is no part %" PRIu32 ", only 1 to %zu", part,
					     part_max(scenario));
	}
	return 0;
}

static int check_ladder(const struct yaml_doc *doc, const struct scenario *scenario,
			struct err *err)
{
	char path[YAML_PATH_MAX];

	for (size_t i = 0; i < scenario->ladder_count; i++)
		for (size_t k = 0; k < i; k++)
			if (scenario->ladder[k] == scenario->ladder[i])
				return yaml_doc_fail(doc, err, yaml_path(path, "ladder[%zu]", i),
						     "rung '%s' is there twice",
						     rung_name(scenario->ladder[i]));
	return 0;
}

static int check_counts(const struct yaml_doc *doc, const struct scenario *scenario,
			struct err *err)
{
	bool cuts = scenario->cut.strategy != CUT_STRATEGY_NONE;

	if (scenario->trials > SCENARIO_TRIALS_MAX)
		return yaml_doc_fail(doc, err, "trials", "'trials' must be at most %d",
				     SCENARIO_TRIALS_MAX);
	if (scenario->controls > SCENARIO_TRIALS_MAX)
		return yaml_doc_fail(doc, err, "controls", "'controls' must be at most %d",
				     SCENARIO_TRIALS_MAX);
	if (scenario->cut.strategy == CUT_STRATEGY_EXHAUSTIVE) {
		if (scenario->trials != 0)
			return yaml_doc_fail(doc, err, "trials",
					     "strategy 'exhaustive' cuts everywhere: 'trials' must "
					     "be 0");
		return 0;
	}
	if (cuts && scenario->trials == 0)
		return yaml_doc_fail(doc, err, "trials", "'trials' must be above zero");
	if (!cuts && !scenario_meddles(scenario) && scenario->trials != 0)
		return yaml_doc_fail(doc, err, "trials",
				     "strategy 'none' cuts nothing: 'trials' must be 0");
	if (!cuts && scenario_meddles(scenario) && scenario->trials == 0)
		return yaml_doc_fail(doc, err, "trials", "'trials' must be above zero");
	if (!cuts && !scenario_meddles(scenario) && scenario->controls == 0)
		return yaml_doc_fail(doc, err, "controls",
				     "'controls' must be above zero with strategy 'none'");
	return 0;
}

static int check_fuzz(const struct yaml_doc *doc, const struct scenario *scenario, struct err *err)
{
	char path[YAML_PATH_MAX];

	if (!yaml_doc_has(doc, "fuzz"))
		return 0;
	if (!scenario_meddles(scenario))
		return yaml_doc_fail(doc, err, "fuzz", "'fuzz' needs 'transfer' or 'image'");
	for (size_t i = 0; i < scenario->fuzz.transfer_count; i++)
		for (size_t k = 0; k < i; k++)
			if (scenario->fuzz.transfer[k] == scenario->fuzz.transfer[i])
				return yaml_doc_fail(doc, err,
						     yaml_path(path, "fuzz.transfer[%zu]", i),
						     "'%s' is there twice",
						     fuzz_act_name(scenario->fuzz.transfer[i]));
	for (size_t i = 0; i < scenario->fuzz.image_count; i++)
		for (size_t k = 0; k < i; k++)
			if (scenario->fuzz.image[k] == scenario->fuzz.image[i])
				return yaml_doc_fail(
					doc, err, yaml_path(path, "fuzz.image[%zu]", i),
					"'%s' is there twice",
					image_mutation_row(scenario->fuzz.image[i])->name);
	if (yaml_doc_has(doc, "fuzz.per_trial") &&
	    (scenario->fuzz.per_trial < 1 || scenario->fuzz.per_trial > FUZZ_ACTS_MAX))
		return yaml_doc_fail(doc, err, "fuzz.per_trial", "'fuzz.per_trial' must be 1 to %d",
				     FUZZ_ACTS_MAX);
	return 0;
}

int scenario_check(const struct yaml_doc *doc, const struct scenario *scenario, struct err *err)
{
	int (*const checks[])(const struct yaml_doc *, const struct scenario *, struct err *) = {
		check_names,  check_parts,  check_cut,	  check_phases,
		check_points, check_ladder, check_counts, check_fuzz,
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(checks) && r == 0; i++)
		r = checks[i](doc, scenario, err);
	return r;
}
