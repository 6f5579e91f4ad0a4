/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/plan.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct calib_range calib_window_range(const struct calib_window *window, enum cut_by by)
{
	switch (by) {
	case CUT_BY_NONE:
	case CUT_BY_ANCHOR: break; /* a point has no number: calib_window_of() knows its phase */
	case CUT_BY_TIME:
		if (window->begin_us < 0 || window->end_us < window->begin_us)
			break;
		return (struct calib_range){ (uint64_t)window->begin_us, (uint64_t)window->end_us };
	case CUT_BY_OPERATION: return (struct calib_range){ window->begin_op, window->end_op };
	case CUT_BY_INSTRUCTION:
		return (struct calib_range){ window->begin_insn, window->end_insn };
	}
	return (struct calib_range){ 0, 0 };
}

/* The phase that begins at a point, or runs there, as deliveries name them. */
static const struct calib_window *window_at_anchor(const struct calib *calib,
						   const struct cut_point *cut)
{
	static const char *const phases[] = {
		[CUT_ANCHOR_NONE] = "",	      [CUT_ANCHOR_BEGUN] = "begin",
		[CUT_ANCHOR_READY] = "stage", [CUT_ANCHOR_CHUNK] = "stage",
		[CUT_ANCHOR_SENT] = "slot",   [CUT_ANCHOR_TAKEN] = "boot",
		[CUT_ANCHOR_INSTALLED] = "",
	};
	char phase[SCENARIO_NAME_MAX];

	snprintf(phase, sizeof(phase), "%u.%s", cut->part, phases[cut->anchor]);
	for (size_t i = 0; i < calib->window_count; i++)
		if (strcmp(calib->windows[i].phase, phase) == 0)
			return &calib->windows[i];
	return NULL;
}

int64_t calib_anchor_us(const struct calib *calib, const struct cut_point *cut)
{
	const struct calib_window *window = window_at_anchor(calib, cut);

	if (!window || cut->at > CALIB_US_MAX)
		return -1;
	return window->begin_us + (int64_t)cut->at;
}

/* Where the calibration's clock puts it; a chunk is somewhere in its phase. */
static const struct calib_window *window_of_anchor(const struct calib *calib,
						   const struct cut_point *cut)
{
	const struct calib_window *begun = window_at_anchor(calib, cut);
	int64_t at_us = calib_anchor_us(calib, cut);

	if (!begun || at_us < 0 || cut->anchor == CUT_ANCHOR_CHUNK)
		return begun;
	for (const struct calib_window *window = begun;
	     window < calib->windows + calib->window_count; window++)
		if (window->part == cut->part && at_us >= window->begin_us &&
		    at_us < window->end_us)
			return window;
	return begun;
}

const struct calib_window *calib_window_of(const struct calib *calib, const struct cut_point *cut)
{
	if (cut->by == CUT_BY_ANCHOR)
		return window_of_anchor(calib, cut);
	for (size_t i = 0; i < calib->window_count; i++) {
		const struct calib_window *window = &calib->windows[i];
		struct calib_range range = calib_window_range(window, cut->by);

		if (window->part == cut->part && cut->at >= range.begin && cut->at < range.end)
			return window;
	}
	return NULL;
}

void calib_phase_name(const struct calib *calib, const struct trial_spec *spec,
		      char ret_phase[SCENARIO_NAME_MAX])
{
	const struct calib_window *window = calib_window_of(calib, &spec->cut);

	ret_phase[0] = '\0';
	if (spec->cut.by == CUT_BY_NONE && trial_spec_meddles(spec))
		snprintf(ret_phase, SCENARIO_NAME_MAX, "%u.changed", spec->cut.part);
	else if (window)
		text_copy(ret_phase, SCENARIO_NAME_MAX, window->phase);
}

/*
 * From the first operation on the module to the last, whatever came between. Where the calibration
 * does not know which region was written, all of the application counts.
 */
static bool install_range(const struct calib *calib, const struct cut_point *cut,
			  struct calib_range *ret)
{
	char phase[2 * SCENARIO_NAME_MAX];
	char all[SCENARIO_NAME_MAX];
	bool found = false;

	if (cut->part < 1 || cut->part > calib->part_count)
		return false;
	snprintf(phase, sizeof(phase), "%u.apply.%s", cut->part,
		 calib->parts[cut->part - 1].module);
	snprintf(all, sizeof(all), "%u.apply", cut->part);
	for (size_t i = 0; i < calib->window_count; i++) {
		struct calib_range range = calib_window_range(&calib->windows[i], cut->by);

		if ((strcmp(calib->windows[i].phase, phase) != 0 &&
		     strcmp(calib->windows[i].phase, all) != 0) ||
		    range.begin == range.end)
			continue;
		if (!found)
			ret->begin = range.begin;
		ret->end = range.end;
		found = true;
	}
	return found;
}

enum calib_progress calib_progress_at(const struct calib *calib, const struct cut_point *cut)
{
	struct calib_range range;
	uint64_t done = cut->at; /* everything before this has happened */

	if (!install_range(calib, cut, &range))
		return CALIB_PROGRESS_UNKNOWN;
	if (cut->by == CUT_BY_OPERATION && cut->form.form == CUT_FORM_AFTER)
		done++;
	if (done >= range.end)
		return CALIB_COMPLETE;
	if (done < range.begin)
		return CALIB_NOT_BEGUN;
	/* an operation that is torn has touched the module, one that was not let begin has not */
	if (done == range.begin &&
	    !(cut->by == CUT_BY_OPERATION && cut->form.form == CUT_FORM_TORN))
		return CALIB_NOT_BEGUN;
	return CALIB_HALF;
}
