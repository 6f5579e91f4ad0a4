/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The places where a cut may be put: the chosen phases of all parts as one row of points (one a
 * microsecond, operation or instruction), so that a strategy only has to choose a rank in the row.
 * Inside the plan only.
 */
#ifndef PLAN_PLACES_H
#define PLAN_PLACES_H

#include "plan/plan.h"

struct places_span {
	uint32_t part;
	struct calib_range range;
};

struct places {
	enum cut_by by;
	struct places_span spans[CALIB_WINDOWS_MAX]; /* by part, then rising; disjoint */
	size_t span_count;
	uint64_t total; /* points in all spans, not 0 */
};

/*
 * Collects what the scenario's phases choose; a point that two windows hold counts once.
 * ERR_CONFIG when a phase names nothing or there is no point.
 */
int places_choose(const struct scenario *scenario, const struct calib *calib, struct places *ret,
		  struct err *err) MUST_CHECK;

/* The part and moment of a point; 'rank' below places->total. Its form is left at none. */
struct cut_point places_at(const struct places *places, uint64_t rank);

#endif
