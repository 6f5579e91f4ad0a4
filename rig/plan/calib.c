/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/plan.h"

struct calib_range calib_window_range(const struct calib_window *window, enum cut_by by)
{
	switch (by) {
	case CUT_BY_NONE: break;
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

const struct calib_window *calib_window_of(const struct calib *calib, const struct cut_point *cut)
{
	for (size_t i = 0; i < calib->window_count; i++) {
		const struct calib_window *window = &calib->windows[i];
		struct calib_range range = calib_window_range(window, cut->by);

		if (window->part == cut->part && cut->at >= range.begin && cut->at < range.end)
			return window;
	}
	return NULL;
}

static bool boots_alike(const struct boot_signature *a, const struct boot_signature *b,
			int64_t tolerance_us)
{
	bool seen = false;

	for (size_t i = 0; i < CALIB_FEATURES; i++) {
		int64_t first = a->feature_us[i];
		int64_t second = b->feature_us[i];

		if (first == 0 && second == 0)
			continue;
		if (first == 0 || second == 0)
			return false;
		if (first > second ? first - second > tolerance_us : second - first > tolerance_us)
			return false;
		seen = true;
	}
	return seen;
}

int calib_state_of(const struct calib *calib, const struct boot_signature *seen)
{
	int state = -1;

	for (size_t i = 0; i < calib->state_count; i++) {
		if (!boots_alike(&calib->states[i], seen, calib->tolerance_us))
			continue;
		if (state >= 0)
			return -1;
		state = (int)i;
	}
	return state;
}
