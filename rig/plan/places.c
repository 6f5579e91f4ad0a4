/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/places.h"
#include "base/yaml.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static bool phase_is_within(const char *phase, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(phase, prefix, len) == 0 && (phase[len] == '\0' || phase[len] == '.');
}

static bool phase_is_chosen(const struct scenario *scenario, const char *phase)
{
	for (size_t i = 0; i < scenario->cut.phase_count; i++)
		if (phase_is_within(phase, scenario->cut.phases[i]))
			return true;
	return scenario->cut.phase_count == 0;
}

static bool calib_has_phase(const struct calib *calib, const char *prefix)
{
	for (size_t i = 0; i < calib->window_count; i++)
		if (phase_is_within(calib->windows[i].phase, prefix))
			return true;
	return false;
}

static int check_phases(const struct scenario *scenario, const struct calib *calib, struct err *err)
{
	char at[YAML_PATH_MAX];

	for (size_t i = 0; i < scenario->cut.phase_count; i++)
		if (!calib_has_phase(calib, scenario->cut.phases[i]))
			return scenario_fail(scenario, err, yaml_path(at, "cut.phases[%zu]", i),
					     "the update has no phase '%s'",
					     scenario->cut.phases[i]);
	return 0;
}

static int span_compare(const void *a, const void *b)
{
	const struct places_span *x = a;
	const struct places_span *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->range.begin != y->range.begin)
		return x->range.begin < y->range.begin ? -1 : 1;
	return 0;
}

/* Joins spans that touch or overlap; they come sorted. */
static void places_merge(struct places *places)
{
	size_t kept = 0;

	for (size_t i = 1; i < places->span_count; i++) {
		struct places_span *last = &places->spans[kept];
		const struct places_span *next = &places->spans[i];

		if (next->part != last->part || next->range.begin > last->range.end)
			places->spans[++kept] = *next;
		else if (next->range.end > last->range.end)
			last->range.end = next->range.end;
	}
	places->span_count = kept + 1;
}

static uint64_t span_length(const struct places_span *span)
{
	return span->range.end - span->range.begin;
}

static const char *points_name(enum cut_by by)
{
	switch (by) {
	case CUT_BY_NONE:
	case CUT_BY_ANCHOR: break;
	case CUT_BY_TIME: return "microseconds";
	case CUT_BY_OPERATION: return "flash operations";
	case CUT_BY_INSTRUCTION: return "instructions";
	}
	return "points";
}

int places_choose(const struct scenario *scenario, const struct calib *calib, struct places *ret,
		  struct err *err)
{
	struct places places = { .by = scenario->cut.by };

	if (check_phases(scenario, calib, err) < 0)
		return -EINVAL;
	for (size_t i = 0; i < calib->window_count; i++) {
		const struct calib_window *window = &calib->windows[i];
		struct calib_range range = calib_window_range(window, places.by);

		if (range.begin < range.end && phase_is_chosen(scenario, window->phase))
			places.spans[places.span_count++] =
				(struct places_span){ window->part, range };
	}
	if (places.span_count == 0)
		return scenario_fail(
			scenario, err, "cut",
			"there is nothing to cut: the calibration counted no %s in the "
			"chosen phases",
			points_name(places.by));
	qsort(places.spans, places.span_count, sizeof(places.spans[0]), span_compare);
	places_merge(&places);
	for (size_t i = 0; i < places.span_count; i++)
		if (__builtin_add_overflow(places.total, span_length(&places.spans[i]),
					   &places.total))
			return scenario_fail(scenario, err, "cut",
					     "the calibration has more %s than can be counted",
					     points_name(places.by));
	*ret = places;
	return 0;
}

struct cut_point places_at(const struct places *places, uint64_t rank)
{
	const struct places_span *span = places->spans;

	assert(rank < places->total);
	while (rank >= span_length(span)) {
		rank -= span_length(span);
		span++;
	}
	return (struct cut_point){
		.part = span->part,
		.by = places->by,
		.at = span->range.begin + rank,
	};
}
