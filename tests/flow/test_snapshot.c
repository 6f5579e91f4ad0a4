/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Snapshots of a board that runs released firmware through the apply of an update: whatever is
 * taken in the middle goes on the same, on this board and another, cut or not, however it is
 * stopped.
 */
#include "base/rng.h"
#include "bench/virtual/virtual.h"
#include "lib/deliver.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "trial/trial.h"
#include "vboard/vboard_test.h"

enum {
	MS = 1000 * VBOARD_CYCLES_PER_US,
	SPREAD_MS = 5200, /* the apply, and the start of the system after it */
	AFTER_MS = 120,
	STOP_CYCLES = 150000,
	POINTS_FULL = 8,
	POINTS_SMALL = 2,
};

static struct loaded *ready(void)
{
	struct loaded *loaded = firmware_scenario("p1-power-loss");
	const struct image *modules[RELEASE_MODULES_MAX];
	struct err err = ERR_INIT;

	if (!loaded)
		return NULL;
	for (size_t i = 0; i < loaded->from.module_count; i++)
		modules[i] = &loaded->from.modules[i].image;
	ck_assert_msg(trial_baseline(&loaded->setup, modules, loaded->from.module_count, &err) == 0,
		      "%s", err.text);
	return loaded;
}

/* A board that is about to apply the update. */
static void deliver(const struct loaded *loaded)
{
	const struct trial_setup *setup = &loaded->setup;
	struct err err = ERR_INIT;

	ck_assert_int_eq(slot_storage_put_back(setup->slot, 0, &err), 0);
	vboard_power_on(virtual_board(setup->slot));
	deliver_prepare(setup, &setup->parts[0]);
	ck_assert_int_eq(deliver_send(setup, &setup->parts[0]), DELIVERY_DONE);
}

static uint64_t run_to(struct vboard *vb, uint64_t cycle, struct rng *stops)
{
	while (stops && vboard_cycle(vb) + STOP_CYCLES < cycle)
		if (vboard_run(vb, vboard_cycle(vb) + 1 + rng_below(stops, STOP_CYCLES)) ==
		    VBOARD_STOP_CUT)
			break;
	vboard_run(vb, cycle);
	vboard_run(vb, cycle); /* after a cut: the rest of the time */
	return vboard_test_hash(vb);
}

static void restore(const struct vboard_snapshot *snapshot, struct vboard *vb)
{
	ck_assert(vboard_snapshot_restore(snapshot, vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
}

START_TEST(goes_on_the_same)
{
	struct loaded *loaded = ready();
	struct vboard *other = vboard_new(VBOARD_MODEL_P1, 5);
	struct vboard_snapshot *start = vboard_snapshot_new();
	struct vboard_snapshot *point = vboard_snapshot_new();
	unsigned int points = flow_scale(POINTS_FULL, POINTS_SMALL);
	struct vboard *vb;
	struct rng rng;
	uint64_t begin;

	if (!loaded)
		TEST_SKIP("the firmware of 1.5.0 is not in the cache");
	vb = virtual_board(&loaded->slot);
	deliver(loaded);
	ck_assert(vboard_snapshot_take(start, vb));
	begin = vboard_cycle(vb);
	rng_init(&rng, 3);
	for (unsigned int i = 0; i < points; i++) {
		struct vboard_cut cut = { .by = VBOARD_CUT_CYCLE,
					  .at = rng_below(&rng, (uint64_t)AFTER_MS * MS) };
		uint64_t at = begin + rng_below(&rng, (uint64_t)SPREAD_MS * MS);
		uint64_t end;
		uint64_t hash;

		restore(start, vb);
		hash = run_to(vb, at, &rng);
		restore(start, other);
		ck_assert_uint_eq(run_to(other, at, NULL), hash);
		ck_assert(vboard_snapshot_take(point, vb));
		end = vboard_cycle(vb) + (uint64_t)AFTER_MS * MS; /* an erase took it further */
		hash = run_to(vb, end, NULL);
		restore(point, vb);
		ck_assert_uint_eq(run_to(vb, end, &rng), hash);
		restore(point, other);
		ck_assert_uint_eq(run_to(other, end, NULL), hash);
		/* with a cut, and the boot after it */
		for (int turn = 0; turn < 2; turn++) {
			struct vboard *board = turn ? other : vb;
			uint64_t then;

			restore(point, board);
			vboard_arm_cut(board, &cut);
			run_to(board, end, turn ? NULL : &rng);
			ck_assert(!vboard_is_powered(board));
			vboard_power_on(board);
			then = run_to(board, end + 50 * MS, NULL);
			if (turn)
				ck_assert_uint_eq(then, hash);
			hash = then;
		}
	}
	vboard_snapshot_free(start);
	vboard_snapshot_free(point);
	vboard_free(other);
	loaded_free(loaded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("snapshot");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 240);
	tcase_add_test(tcase, goes_on_the_same);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
