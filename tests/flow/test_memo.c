/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A board that remembers runs must be one that executes them: whole trials of released firmware, by
 * a board that remembers and by one that does not, must give the same observations; and whatever is
 * done to two such boards in whatever order, their whole state must be the same.
 */
#include "base/rng.h"
#include "bench/virtual/virtual.h"
#include "campaign/campaign.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "vboard/memo.h"
#include "vboard/vboard_test.h"

#include <string.h>

enum {
	REMEMBER_BYTES = 64 << 20,
	LITTLE_BYTES = 6 << 20, /* so little that it forgets all the time */
	STEPS_FULL = 24,
	STEPS_SMALL = 10,
	STEP_MS_MAX = 900,
};

/* A scenario, and cuts of it that are alike enough for runs to be told again. */
static const struct {
	const char *scenario;
	uint32_t part;
	uint64_t first, stride; /* operations */
	unsigned int full, small;
	size_t bytes;
} sweeps[] = {
	{ "p1-power-loss", 1, 85005, 1, 3, 2, REMEMBER_BYTES },
	{ "p1-power-loss", 1, 66006, 900, 3, 0, REMEMBER_BYTES },
	{ "p1-power-loss", 1, 59000, 1700, 2, 0, REMEMBER_BYTES }, /* stage, slot */
	{ "p1-power-loss", 1, 66006, 900, 2, 0, LITTLE_BYTES },
	{ "p1-0.5.2-restage", 1, 60005, 3001, 3, 2, REMEMBER_BYTES },
};

static struct trial_spec spec_of(const struct loaded *loaded, int sweep, unsigned int i)
{
	static const struct cut_form_at forms[] = { { CUT_FORM_BEFORE, 0 },
						    { CUT_FORM_TORN, 400 },
						    { CUT_FORM_AFTER, 0 } };
	struct trial_spec spec = {
		.run_seed = 7,
		.number = i,
		.off_us = 500000 + 1000 * (int64_t)i,
		.vbat = i % 3 == 2 ? VBAT_KEPT : VBAT_LOST,
		.cut = { .part = sweeps[sweep].part,
			 .by = CUT_BY_OPERATION,
			 .at = sweeps[sweep].first + i * sweeps[sweep].stride,
			 .form = forms[i % ARRAY_LEN(forms)] },
	};

	if (i % 4 == 3) { /* by time, about where that operation is */
		spec.cut.by = CUT_BY_TIME;
		spec.cut.at = 2954016 + (spec.cut.at - 59628) * 51;
		spec.cut.form = (struct cut_form_at){ CUT_FORM_NONE, 0 };
	}
	memcpy(spec.scenario, loaded->scenario.name, sizeof(spec.scenario));
	return spec;
}

static void check_same(const struct obs_log *a, const struct obs_log *b)
{
	ck_assert_uint_eq(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		ck_assert_int_eq(a->items[i].t_us, b->items[i].t_us);
		ck_assert_int_eq(a->items[i].kind, b->items[i].kind);
		ck_assert_int_eq(a->items[i].code, b->items[i].code);
		ck_assert_int_eq(a->items[i].value, b->items[i].value);
		ck_assert_str_eq(a->items[i].text, b->items[i].text);
	}
}

/* A pair of slots in the same state: one will remember, one executes. */
struct pair {
	struct loaded *loaded[2];
	struct calib calib[2];
	struct obs_log logs[2];
};

static bool pair_open(struct pair *pair, const char *scenario)
{
	struct err err = ERR_INIT;

	for (int k = 0; k < 2; k++) {
		pair->loaded[k] = firmware_scenario(scenario);
		if (!pair->loaded[k])
			return false;
		vboard_remember(virtual_board(&pair->loaded[k]->slot), k ? 0 : REMEMBER_BYTES);
		ck_assert_int_eq(loaded_calibrate(pair->loaded[k], &pair->calib[k], &err), 0);
		obs_log_init(&pair->logs[k]);
	}
	ck_assert_int_eq(memcmp(&pair->calib[0], &pair->calib[1], sizeof(pair->calib[0])), 0);
	return true;
}

static void pair_sweep(struct pair *pair, int sweep)
{
	unsigned int count = flow_scale(sweeps[sweep].full, sweeps[sweep].small);
	struct vboard *vb = virtual_board(&pair->loaded[0]->slot);
	struct memo_counts counts;
	struct err err = ERR_INIT;

	ck_assert(vboard_remember(vb, sweeps[sweep].bytes));
	for (unsigned int i = 0; i < count; i++) {
		struct trial_spec spec = spec_of(pair->loaded[0], sweep, i);

		for (int k = 0; k < 2; k++) {
			struct verdict verdict;
			int64_t board_us;

			ck_assert_int_eq(campaign_run_one(pair->loaded[k], &pair->calib[k], &spec,
							  &pair->logs[k], &verdict, &board_us,
							  &err),
					 0);
		}
		check_same(&pair->logs[0], &pair->logs[1]);
	}
	memo_count(vb, &counts);
	if (sweeps[sweep].bytes == REMEMBER_BYTES && count > 0)
		ck_assert_uint_gt(counts.told, count); /* else nothing was tested */
}

START_TEST(trials_are_the_same)
{
	static const char *const scenarios[] = { "p1-power-loss", "p1-0.5.2-restage" };
	static struct pair pair;

	if (!pair_open(&pair, scenarios[_i]))
		TEST_SKIP("the firmware is not in the cache");
	for (int i = 0; i < (int)ARRAY_LEN(sweeps); i++)
		if (strcmp(sweeps[i].scenario, scenarios[_i]) == 0)
			pair_sweep(&pair, i);
	for (int k = 0; k < 2; k++) {
		obs_log_release(&pair.logs[k]);
		loaded_free(pair.loaded[k]);
	}
}
END_TEST

/* LED edges as they were told. */
struct edges {
	uint64_t hash;
	unsigned int count;
};

static void on_led(void *ctx, uint64_t cycle, enum vboard_led led, bool high)
{
	struct edges *edges = ctx;

	edges->hash = (edges->hash ^ (cycle * 8 + led * 2 + high)) * 0x100000001b3u;
	edges->count++;
}

/* One thing that a bench may do, the same to each board. */
static void do_step(struct vboard *vb, const struct rng *rng_now)
{
	struct rng rng = *rng_now;
	uint64_t run = (1 + rng_below(&rng, STEP_MS_MAX)) * 1000 * VBOARD_CYCLES_PER_US;
	struct vboard_cut cut = { .by = (enum vboard_cut_by)rng_below(&rng, 4),
				  .form = VBOARD_CUT_TORN,
				  .permille = 300 };

	switch (rng_below(&rng, 9)) {
	case 0:
		vboard_line(vb, VBOARD_RESET, true);
		vboard_run(vb, vboard_cycle(vb) + 6000);
		vboard_line(vb, VBOARD_RESET, false);
		break;
	case 1: vboard_line(vb, VBOARD_SETUP, rng_below(&rng, 2)); break;
	case 2:
		vboard_power_off(vb);
		vboard_set_vbat(vb, rng_below(&rng, 2));
		vboard_run(vb, vboard_cycle(vb) + 120 * (1 + rng_below(&rng, 100000)));
		break;
	case 3:
		cut.at = cut.by == VBOARD_CUT_OP ? rng_below(&rng, 9000) : rng_below(&rng, run);
		vboard_arm_cut(vb, &cut);
		break;
	case 4: vboard_arm_cut(vb, &(struct vboard_cut){ .by = VBOARD_CUT_NONE }); break;
	default: break;
	}
	vboard_power_on(vb);
	vboard_run(vb, vboard_cycle(vb) + run);
}

START_TEST(states_are_the_same)
{
	static const char *const releases[] = { "particle-1.5.0-p1", "particle-0.5.2-p1" };
	struct vboard *boards[2] = { vboard_new(VBOARD_MODEL_P1, 1),
				     vboard_new(VBOARD_MODEL_P1, 1) };
	struct edges edges[2] = { { 0, 0 }, { 0, 0 } };
	unsigned int steps = flow_scale(STEPS_FULL, STEPS_SMALL);
	struct release release;
	struct rng rng;

	if (!firmware_release(releases[_i % 2], &release))
		TEST_SKIP("the firmware is not in the cache");
	for (int k = 0; k < 2; k++) {
		firmware_install(boards[k], &release);
		vboard_listen(boards[k],
			      &(struct vboard_listener){ .ctx = &edges[k], .led = on_led });
	}
	ck_assert(vboard_remember(boards[0], REMEMBER_BYTES));
	rng_init(&rng, 100 + (uint64_t)_i);
	for (unsigned int i = 0; i < steps; i++) {
		for (int k = 0; k < 2; k++)
			do_step(boards[k], &rng);
		rng_below(&rng, 2);
		ck_assert_uint_eq(edges[0].count, edges[1].count);
		ck_assert_uint_eq(edges[0].hash, edges[1].hash);
		if (i % 7 == 6) /* not always: it ends what is being told */
			ck_assert_uint_eq(vboard_test_hash(boards[0]), vboard_test_hash(boards[1]));
	}
	for (int k = 0; k < 2; k++)
		vboard_free(boards[k]);
	release_release(&release);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("memo");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, trials_are_the_same, 0, 2);
	tcase_add_loop_test(tcase, states_are_the_same, 0, 2);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
