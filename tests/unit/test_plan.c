/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/plan_setup.h"
#include "lib/testing.h"

#include <string.h>

static size_t setup_plan_count(const struct plan_setup *setup)
{
	struct plan plan = plan_setup_plan(setup);
	size_t count = plan.count;

	plan_release(&plan);
	return count;
}

/* Everything of a cut trial but its number. */
static void assert_same_cut(const struct trial_spec *a, const struct trial_spec *b)
{
	struct trial_spec moved = *a;

	moved.number = b->number;
	plan_setup_same_id(&moved, b);
}

START_TEST(same_input_same_plan)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	struct plan a = plan_setup_plan(setup);
	struct plan b = plan_setup_plan(setup);
	struct plan other = { 0 };
	const uint64_t seed = 8;

	ck_assert_uint_eq(a.count, 50);
	for (size_t i = 0; i < a.count; i++) {
		plan_setup_same_id(&a.specs[i], &b.specs[i]);
		ck_assert_uint_eq(a.specs[i].number, i);
		ck_assert_uint_eq(a.specs[i].run_seed, 7);
		ck_assert_str_eq(a.specs[i].scenario, "p1-power-loss");
	}
	ck_assert_int_eq(plan_make(&setup->scenario, &setup->calib, 20, &seed, &other, NULL), 0);
	ck_assert_uint_eq(other.count, 20);
	ck_assert_uint_eq(other.specs[0].run_seed, 8);
	ck_assert_uint_ne(other.specs[0].cut.at, a.specs[0].cut.at);
	plan_release(&a);
	plan_release(&b);
	plan_release(&other);
	ck_assert_ptr_null(other.specs);
	plan_release(&other);
	plan_release(NULL);
}
END_TEST

START_TEST(a_cut_hangs_on_its_place_among_the_cuts_alone)
{
	static const enum cut_by units[] = { CUT_BY_TIME, CUT_BY_OPERATION, CUT_BY_INSTRUCTION };
	AUTO_FREE struct plan_setup *setup = plan_setup_new();

	setup->scenario.power.vbat = VBAT_RANDOM;
	for (size_t u = 0; u < ARRAY_LEN(units); u++) {
		struct plan few;
		struct plan many;

		setup->scenario.cut.by = units[u];
		setup->scenario.trials = 10;
		setup->scenario.controls = 0;
		few = plan_setup_plan(setup);
		setup->scenario.trials = 500;
		setup->scenario.controls = 37;
		many = plan_setup_plan(setup);
		ck_assert_uint_eq(many.count, 537);
		for (size_t j = 0; j < few.count; j++)
			assert_same_cut(plan_setup_nth_cut(&few, j), plan_setup_nth_cut(&many, j));
		plan_release(&few);
		plan_release(&many);
	}
}
END_TEST

/* Uniform: each window gets its share of 20000 cuts, within five standard deviations. */
static void assert_shares(const struct plan_setup *setup, const struct plan *plan)
{
	double length[PLAN_SETUP_WINDOWS] = { 0 };
	double hits[PLAN_SETUP_WINDOWS] = { 0 };
	double total = 0;

	for (size_t i = 0; i < plan->count; i++)
		hits[calib_window_of(&setup->calib, &plan->specs[i].cut) - setup->calib.windows]++;
	for (size_t w = 0; w < PLAN_SETUP_WINDOWS; w++) {
		struct calib_range range =
			calib_window_range(&setup->calib.windows[w], setup->scenario.cut.by);

		if (hits[w] > 0)
			length[w] = (double)(range.end - range.begin);
		total += length[w];
	}
	for (size_t w = 0; w < PLAN_SETUP_WINDOWS; w++) {
		double want = (double)plan->count * length[w] / total;
		double off = hits[w] - want;

		ck_assert_msg(off * off <= 25 * want, "'%s': %g hits, %g expected",
			      setup->calib.windows[w].phase, hits[w], want);
	}
}

static const struct {
	enum cut_by by;
	const char *phases[2];
	const char *reached; /* one letter a window, '.' not reached */
} choices[] = {
	{ CUT_BY_TIME, { 0 }, "xxxxxx" },
	{ CUT_BY_TIME, { "1.apply" }, ".xx..." },
	{ CUT_BY_TIME, { "1.apply.dct" }, "..x..." },
	{ CUT_BY_TIME, { "1" }, "xxxxx." },
	{ CUT_BY_TIME, { "2", "1.start" }, "....xx" },
	{ CUT_BY_TIME, { "1.apply", "1.apply.dct" }, ".xx..." },
	{ CUT_BY_OPERATION, { 0 }, "xxxx.x" },
	{ CUT_BY_OPERATION, { "1.apply2", "1.start" }, "...x.." },
	{ CUT_BY_INSTRUCTION, { 0 }, "xxxxx." },
	{ CUT_BY_INSTRUCTION, { "1.stage", "2.stage" }, "x....." },
};

START_TEST(random_cuts_are_uniform_over_the_chosen_phases)
{
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		AUTO_FREE struct plan_setup *setup = plan_setup_new();
		char reached[] = "......";
		struct plan plan;

		setup->scenario.cut.by = choices[i].by;
		setup->scenario.trials = 20000;
		for (size_t p = 0; p < ARRAY_LEN(choices[i].phases) && choices[i].phases[p]; p++)
			plan_setup_choose(setup, choices[i].phases[p]);
		plan = plan_setup_plan(setup);
		for (size_t t = 0; t < plan.count; t++) {
			const struct calib_window *window =
				calib_window_of(&setup->calib, &plan.specs[t].cut);

			ck_assert_ptr_nonnull(window);
			reached[window - setup->calib.windows] = 'x';
		}
		ck_assert_msg(strcmp(reached, choices[i].reached) == 0, "row %zu: %s", i, reached);
		assert_shares(setup, &plan);
		plan_release(&plan);
	}
}
END_TEST

START_TEST(every_point_is_reached_and_none_beyond)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	bool hit[90] = { false };
	struct plan plan;

	setup->scenario.cut.by = CUT_BY_OPERATION;
	setup->scenario.trials = 5000;
	plan_setup_choose(setup, "1");
	plan = plan_setup_plan(setup);
	for (size_t i = 0; i < plan.count; i++) {
		ck_assert_uint_eq(plan.specs[i].cut.part, 1);
		ck_assert_uint_lt(plan.specs[i].cut.at, ARRAY_LEN(hit));
		hit[plan.specs[i].cut.at] = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(hit); i++)
		ck_assert_msg(hit[i], "operation %zu was never cut", i);
	plan_release(&plan);
}
END_TEST

START_TEST(windows_that_overlap_count_once)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	struct plan plan;

	setup->calib.windows[0] = (struct calib_window){ .phase = "1.b", .part = 1, .end_op = 4 };
	setup->calib.windows[1] =
		(struct calib_window){ .phase = "1.c", .part = 1, .begin_op = 6, .end_op = 8 };
	setup->calib.windows[2] =
		(struct calib_window){ .phase = "1.a", .part = 1, .begin_op = 1, .end_op = 2 };
	setup->calib.windows[3] =
		(struct calib_window){ .phase = "1.d", .part = 1, .begin_op = 3, .end_op = 5 };
	setup->calib.window_count = 4;
	setup->scenario.cut.strategy = CUT_STRATEGY_LINEAR;
	setup->scenario.cut.by = CUT_BY_OPERATION;
	setup->scenario.cut.stride = 1;
	plan = plan_setup_plan(setup);
	ck_assert_uint_eq(plan.count, 7);
	for (size_t i = 0; i < plan.count; i++)
		ck_assert_uint_eq(plan.specs[i].cut.at, i < 5 ? i : i + 1);
	plan_release(&plan);
}
END_TEST

START_TEST(open_forms_are_torn_somewhere)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	uint32_t least = 1000;
	uint32_t most = 0;
	struct plan plan;

	setup->scenario.cut.by = CUT_BY_OPERATION;
	setup->scenario.trials = 20000;
	plan = plan_setup_plan(setup);
	for (size_t i = 0; i < plan.count; i++) {
		const struct cut_form_at *form = &plan.specs[i].cut.form;

		ck_assert_int_eq(form->form, CUT_FORM_TORN);
		least = form->permille < least ? form->permille : least;
		most = form->permille > most ? form->permille : most;
	}
	ck_assert_uint_eq(least, 1);
	ck_assert_uint_eq(most, 999);
	plan_release(&plan);
}
END_TEST

START_TEST(forms_come_from_the_scenario)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	size_t hits[4] = { 0 };
	struct plan plan;

	setup->scenario.cut.by = CUT_BY_OPERATION;
	setup->scenario.trials = 3000;
	plan_setup_forms(setup);
	plan = plan_setup_plan(setup);
	for (size_t i = 0; i < plan.count; i++) {
		const struct cut_form_at *form = &plan.specs[i].cut.form;

		ck_assert_uint_eq(form->permille, form->form == CUT_FORM_TORN ? 300 : 0);
		hits[form->form]++;
	}
	ck_assert_uint_eq(hits[CUT_FORM_NONE], 0);
	for (int form = CUT_FORM_BEFORE; form <= CUT_FORM_AFTER; form++)
		ck_assert_uint_gt(hits[form], 900);
	plan_release(&plan);
}
END_TEST

START_TEST(only_operations_have_forms)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	struct plan plan;

	plan_setup_forms(setup);
	plan = plan_setup_plan(setup);
	for (size_t i = 0; i < plan.count; i++)
		ck_assert_int_eq(plan.specs[i].cut.form.form, CUT_FORM_NONE);
	plan_release(&plan);
}
END_TEST

START_TEST(linear_takes_every_stride_in_every_form)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	/* operations 0..9, 40..49 of part 1, then 0..19 of part 2: every 7th of those 40 */
	static const struct {
		uint32_t part;
		uint64_t at;
	} want[] = { { 1, 0 }, { 1, 7 }, { 1, 44 }, { 2, 1 }, { 2, 8 }, { 2, 15 } };
	struct plan plan;

	setup->scenario.cut.strategy = CUT_STRATEGY_LINEAR;
	setup->scenario.cut.by = CUT_BY_OPERATION;
	setup->scenario.cut.stride = 7;
	setup->scenario.trials = 0;
	plan_setup_forms(setup);
	plan_setup_choose(setup, "2");
	plan_setup_choose(setup, "1.apply.dct");
	plan_setup_choose(setup, "1.stage");
	plan = plan_setup_plan(setup);
	ck_assert_uint_eq(plan.count, 3 * ARRAY_LEN(want));
	for (size_t i = 0; i < plan.count; i++) {
		ck_assert_uint_eq(plan.specs[i].cut.part, want[i / 3].part);
		ck_assert_uint_eq(plan.specs[i].cut.at, want[i / 3].at);
		ck_assert_int_eq(plan.specs[i].cut.form.form, (int)(CUT_FORM_BEFORE + i % 3));
	}
	plan_release(&plan);
}
END_TEST

START_TEST(linear_thinned_out_is_spread_and_favours_no_form)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	bool seen[90][4] = { { false } };

	setup->scenario.cut.strategy = CUT_STRATEGY_LINEAR;
	setup->scenario.cut.by = CUT_BY_OPERATION;
	setup->scenario.cut.stride = 1;
	plan_setup_forms(setup);
	plan_setup_choose(setup, "1");
	for (uint32_t trials = 1; trials <= 270; trials++) {
		size_t hits[4] = { 0 };
		struct plan plan;

		memset(seen, 0, sizeof(seen));
		setup->scenario.trials = trials;
		plan = plan_setup_plan(setup);
		ck_assert_uint_eq(plan.count, trials);
		for (size_t i = 0; i < plan.count; i++) {
			const struct cut_point *cut = &plan.specs[i].cut;

			ck_assert_uint_eq(cut->at, i * 90 / trials);
			ck_assert_msg(!seen[cut->at][cut->form.form], "twice the same of %u",
				      trials);
			seen[cut->at][cut->form.form] = true;
			hits[cut->form.form]++;
		}
		ck_assert_uint_le(hits[CUT_FORM_BEFORE], trials / 3 + 1);
		ck_assert_uint_ge(hits[CUT_FORM_AFTER], trials / 3);
		plan_release(&plan);
	}
	setup->scenario.trials = 271;
	ck_assert_uint_eq(setup_plan_count(setup), 270);
}
END_TEST

START_TEST(linear_by_time_and_instruction)
{
	static const struct {
		enum cut_by by;
		uint64_t stride;
		size_t count;
	} rows[] = {
		{ CUT_BY_TIME, 1000, 12 },	 { CUT_BY_TIME, 11500, 1 },
		{ CUT_BY_TIME, 11499, 2 },	 { CUT_BY_TIME, UINT64_MAX, 1 },
		{ CUT_BY_INSTRUCTION, 100, 20 }, { CUT_BY_INSTRUCTION, 1999, 2 },
	};

	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		AUTO_FREE struct plan_setup *setup = plan_setup_new();
		struct plan plan;

		setup->scenario.cut.strategy = CUT_STRATEGY_LINEAR;
		setup->scenario.cut.by = rows[r].by;
		setup->scenario.cut.stride = rows[r].stride;
		setup->scenario.trials = 0;
		plan = plan_setup_plan(setup);
		ck_assert_msg(plan.count == rows[r].count, "row %zu: %zu", r, plan.count);
		for (size_t i = 0; i < plan.count; i++) {
			ck_assert_int_eq(plan.specs[i].cut.by, rows[r].by);
			ck_assert_int_eq(plan.specs[i].cut.form.form, CUT_FORM_NONE);
		}
		plan_release(&plan);
	}
}
END_TEST

START_TEST(a_list_is_gone_through_until_there_are_enough)
{
	static const struct {
		uint32_t trials;
		size_t count;
	} rows[] = { { 0, 5 }, { 3, 3 }, { 5, 5 }, { 12, 12 } };

	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		AUTO_FREE struct plan_setup *setup = plan_setup_new();
		struct plan plan;

		plan_setup_list(setup);
		setup->scenario.trials = rows[r].trials;
		plan = plan_setup_plan(setup);
		ck_assert_uint_eq(plan.count, rows[r].count);
		for (size_t i = 0; i < plan.count; i++) {
			const struct cut_point *want = &setup->scenario.cut.points[i % 5];
			const struct cut_point *cut = &plan.specs[i].cut;

			ck_assert_uint_eq(cut->part, want->part);
			ck_assert_int_eq(cut->by, want->by);
			ck_assert_uint_eq(cut->at, want->at);
			if (want->form.form != CUT_FORM_NONE) {
				ck_assert_int_eq(cut->form.form, want->form.form);
				ck_assert_uint_eq(cut->form.permille, want->form.permille);
			} else if (cut->by == CUT_BY_OPERATION) {
				ck_assert_int_eq(cut->form.form, CUT_FORM_TORN);
				ck_assert_uint_gt(cut->form.permille, 0);
			}
		}
		plan_release(&plan);
	}
}
END_TEST

START_TEST(controls_come_first_and_are_spread)
{
	static const struct {
		uint32_t trials;
		uint32_t controls;
		const char *order; /* c a control, x a cut */
	} rows[] = {
		{ 5, 0, "xxxxx" },	{ 5, 1, "cxxxxx" }, { 6, 2, "cxxxcxxx" },
		{ 7, 3, "cxxcxxcxxx" }, { 1, 4, "ccccx" },  { 3, 3, "cxcxcx" },
	};

	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		AUTO_FREE struct plan_setup *setup = plan_setup_new();
		char order[16] = "";
		struct plan plan;

		setup->scenario.trials = rows[r].trials;
		setup->scenario.controls = rows[r].controls;
		plan = plan_setup_plan(setup);
		ck_assert_uint_lt(plan.count, sizeof(order));
		for (size_t i = 0; i < plan.count; i++) {
			order[i] = trial_spec_is_control(&plan.specs[i]) ? 'c' : 'x';
			ck_assert_uint_eq(plan.specs[i].number, i);
		}
		ck_assert_str_eq(order, rows[r].order);
		plan_release(&plan);
	}
}
END_TEST

START_TEST(controls_are_left_alone)
{
	static const struct {
		enum vbat_mode scenario, control;
	} rows[] = { { VBAT_LOST, VBAT_LOST },
		     { VBAT_KEPT, VBAT_KEPT },
		     { VBAT_RANDOM, VBAT_LOST } };

	for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
		AUTO_FREE struct plan_setup *setup = plan_setup_new();
		struct trial_spec want = { .scenario = "p1-power-loss",
					   .run_seed = 7,
					   .vbat = rows[r].control };
		struct plan plan;

		setup->scenario.controls = 1;
		setup->scenario.power.vbat = rows[r].scenario;
		plan = plan_setup_plan(setup);
		plan_setup_same_id(&plan.specs[0], &want);
		plan_release(&plan);
	}
}
END_TEST

START_TEST(without_cuts_all_are_controls)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	struct plan plan;

	setup->scenario.cut.strategy = CUT_STRATEGY_NONE;
	setup->scenario.trials = 4;
	setup->scenario.controls = 3;
	plan = plan_setup_plan(setup);
	ck_assert_uint_eq(plan.count, 7);
	for (size_t i = 0; i < plan.count; i++)
		ck_assert(trial_spec_is_control(&plan.specs[i]));
	plan_release(&plan);
}
END_TEST

static const struct {
	int64_t min_us, max_us;
	int64_t first_us, last_us, step_us; /* what can be drawn */
} off_times[] = {
	{ 2000, 5000, 2000, 5000, 1000 }, { 1500, 5999, 2000, 5000, 1000 },
	{ 3000, 3000, 3000, 3000, 1000 }, { 0, 2000, 0, 2000, 1000 },
	{ 1500, 1500, 1500, 1500, 1500 }, { 1100, 1900, 1100, 1100, 1100 },
};

START_TEST(off_times_are_whole_milliseconds_of_the_range)
{
	for (size_t r = 0; r < ARRAY_LEN(off_times); r++) {
		AUTO_FREE struct plan_setup *setup = plan_setup_new();
		bool first = false;
		bool last = false;
		struct plan plan;

		setup->scenario.power.off_us_min = off_times[r].min_us;
		setup->scenario.power.off_us_max = off_times[r].max_us;
		setup->scenario.trials = 200;
		plan = plan_setup_plan(setup);
		for (size_t i = 0; i < plan.count; i++) {
			int64_t off_us = plan.specs[i].off_us;

			ck_assert_int_ge(off_us, off_times[r].first_us);
			ck_assert_int_le(off_us, off_times[r].last_us);
			ck_assert_int_eq(off_us % off_times[r].step_us, 0);
			first |= off_us == off_times[r].first_us;
			last |= off_us == off_times[r].last_us;
		}
		ck_assert_msg(first && last, "row %zu: an end was never drawn", r);
		plan_release(&plan);
	}
}
END_TEST

START_TEST(vbat_is_drawn_when_asked)
{
	AUTO_FREE struct plan_setup *setup = plan_setup_new();
	size_t kept = 0;
	struct plan plan;

	setup->scenario.power.vbat = VBAT_RANDOM;
	setup->scenario.trials = 1000;
	plan = plan_setup_plan(setup);
	for (size_t i = 0; i < plan.count; i++) {
		ck_assert(plan.specs[i].vbat == VBAT_KEPT || plan.specs[i].vbat == VBAT_LOST);
		kept += plan.specs[i].vbat == VBAT_KEPT;
	}
	ck_assert_uint_gt(kept, 400);
	ck_assert_uint_lt(kept, 600);
	plan_release(&plan);
	setup->scenario.power.vbat = VBAT_KEPT;
	plan = plan_setup_plan(setup);
	for (size_t i = 0; i < plan.count; i++)
		ck_assert_int_eq(plan.specs[i].vbat, VBAT_KEPT);
	plan_release(&plan);
}
END_TEST

START_TEST(every_planned_trial_has_its_id)
{
	static const enum cut_by units[] = { CUT_BY_TIME, CUT_BY_OPERATION, CUT_BY_INSTRUCTION };

	for (size_t u = 0; u < ARRAY_LEN(units); u++) {
		AUTO_FREE struct plan_setup *setup = plan_setup_new();
		struct plan plan;

		setup->scenario.cut.by = units[u];
		setup->scenario.controls = 5;
		plan = plan_setup_plan(setup);
		for (size_t i = 0; i < plan.count; i++) {
			struct trial_spec back;
			char id[TRIAL_ID_MAX];

			trial_id_format(&plan.specs[i], id);
			ck_assert_int_eq(trial_id_parse(id, &back, NULL), 0);
			plan_setup_same_id(&back, &plan.specs[i]);
		}
		plan_release(&plan);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, same_input_same_plan);
	tcase_add_test(tcase, a_cut_hangs_on_its_place_among_the_cuts_alone);
	tcase_add_test(tcase, random_cuts_are_uniform_over_the_chosen_phases);
	tcase_add_test(tcase, every_point_is_reached_and_none_beyond);
	tcase_add_test(tcase, windows_that_overlap_count_once);
	tcase_add_test(tcase, open_forms_are_torn_somewhere);
	tcase_add_test(tcase, forms_come_from_the_scenario);
	tcase_add_test(tcase, only_operations_have_forms);
	tcase_add_test(tcase, linear_takes_every_stride_in_every_form);
	tcase_add_test(tcase, linear_thinned_out_is_spread_and_favours_no_form);
	tcase_add_test(tcase, linear_by_time_and_instruction);
	tcase_add_test(tcase, a_list_is_gone_through_until_there_are_enough);
	tcase_add_test(tcase, controls_come_first_and_are_spread);
	tcase_add_test(tcase, controls_are_left_alone);
	tcase_add_test(tcase, without_cuts_all_are_controls);
	tcase_add_test(tcase, off_times_are_whole_milliseconds_of_the_range);
	tcase_add_test(tcase, vbat_is_drawn_when_asked);
	tcase_add_test(tcase, every_planned_trial_has_its_id);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
