/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scenario and a calibration that go together, for tests of plans to change as they need. The
 * update has two parts, and no instruction was counted in the second.
 */
#ifndef TESTS_LIB_PLAN_SETUP_H
#define TESTS_LIB_PLAN_SETUP_H

#include "plan/plan.h"

enum { PLAN_SETUP_WINDOWS = 6 };

struct plan_setup {
	struct scenario scenario;
	struct calib calib;
};

/* 50 random cuts by time over the whole update, no controls; caller frees with free(). */
struct plan_setup *plan_setup_new(void);

/* Adds a phase to those that are cut. */
void plan_setup_choose(struct plan_setup *setup, const char *phase);

/* Forms for operations: before, torn at 300 permille, after. */
void plan_setup_forms(struct plan_setup *setup);

/* A list of five cuts instead; the last leaves its form open. */
void plan_setup_list(struct plan_setup *setup);

/* Asserts that it can be planned; caller calls plan_release(). */
struct plan plan_setup_plan(const struct plan_setup *setup);

/* Asserts that both trials have one id. */
void plan_setup_same_id(const struct trial_spec *a, const struct trial_spec *b);

/* The j-th trial that is no control; asserts that there is one. */
const struct trial_spec *plan_setup_nth_cut(const struct plan *plan, size_t j);

#endif
