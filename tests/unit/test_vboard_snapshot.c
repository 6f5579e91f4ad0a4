/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Same calls, same bytes, on the bare-metal programs: run again, stopped and resumed at random
 * cycles, and from snapshots, on the same board and on others.
 */
#include "base/macros.h"
#include "base/rng.h"
#include "lib/bare_image.h"
#include "lib/testing.h"
#include "vboard/time_fields.h"

enum {
	PROGRAM_CYCLES = 60000, /* the programs are at work for so long, or a little less */
	MEAN_STOP = 100,	/* cycles */
	POINTS = 12,		/* snapshots a program */
	AFTER_CYCLES = 30000,
};

static uint64_t run_to(struct vboard *vb, uint64_t cycle)
{
	vboard_run(vb, cycle);
	ck_assert_uint_ge(vboard_cycle(vb), cycle);
	return vboard_test_hash(vb);
}

START_TEST(stops_are_not_seen)
{
	struct vboard *straight = bare_image_board(bare_image(_i));
	struct vboard *again = bare_image_board(bare_image(_i));
	struct vboard *stopped = bare_image_board(bare_image(_i));
	struct rng rng;
	uint64_t hash;

	rng_init(&rng, 1 + (uint64_t)_i);
	hash = run_to(straight, PROGRAM_CYCLES);
	ck_assert_uint_eq(run_to(again, PROGRAM_CYCLES), hash);
	while (vboard_cycle(stopped) + 2 * MEAN_STOP < PROGRAM_CYCLES)
		vboard_run(stopped, vboard_cycle(stopped) + rng_below(&rng, 2 * MEAN_STOP));
	ck_assert_uint_eq(run_to(stopped, PROGRAM_CYCLES), hash);
	vboard_free(straight);
	vboard_free(again);
	vboard_free(stopped);
}
END_TEST

/* Run to A, keep, run to B; from the snapshot B is the same, here, again, and on another board. */
START_TEST(snapshots_are_exact)
{
	struct vboard *vb = bare_image_board(bare_image(_i));
	/* one that did something else meanwhile: other flash, other code in RAM */
	struct vboard *other = bare_image_board(bare_image((_i + 1) % BARE_IMAGES));
	struct vboard_snapshot *snapshot = vboard_snapshot_new();
	struct rng rng;

	ck_assert_ptr_nonnull(snapshot);
	rng_init(&rng, 100 + (uint64_t)_i);
	run_to(other, PROGRAM_CYCLES);
	for (int i = 0; i < POINTS; i++) {
		uint64_t from = run_to(vb, rng_below(&rng, PROGRAM_CYCLES));
		uint64_t end = vboard_cycle(vb) + AFTER_CYCLES;
		uint64_t hash;

		ck_assert(vboard_snapshot_take(snapshot, vb));
		ck_assert_uint_eq(vboard_test_hash(vb), from);
		hash = run_to(vb, end);
		for (int again = 0; again < 2; again++) {
			ck_assert(vboard_snapshot_restore(snapshot, vb,
							  VBOARD_SNAPSHOT_TIME_AS_TAKEN));
			ck_assert_uint_eq(vboard_test_hash(vb), from);
			ck_assert_uint_eq(run_to(vb, end), hash);
		}
		ck_assert(vboard_snapshot_restore(snapshot, other, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
		ck_assert_uint_eq(vboard_test_hash(other), from);
		ck_assert_uint_eq(run_to(other, end), hash);
		/* on from the start, or from where it is */
		if (i % 2) {
			vboard_free(vb);
			vb = bare_image_board(bare_image(_i));
		}
	}
	vboard_free(vb);
	vboard_free(other);
	vboard_snapshot_free(snapshot);
}
END_TEST

/* A clock that goes on: the same course, only later. */
START_TEST(time_goes_on)
{
	struct vboard *vb = bare_image_board(bare_image(_i));
	struct vboard_snapshot *snapshot = vboard_snapshot_new();
	struct board_state *state = vboard_test_state(vb);

	for (uint64_t from = 500; from < PROGRAM_CYCLES; from += 7001) {
		uint64_t taken;
		uint64_t insns;
		uint64_t hash;
		uint64_t now;

		run_to(vb, from);
		taken = vboard_cycle(vb);
		insns = vboard_insns(vb);
		ck_assert(vboard_snapshot_take(snapshot, vb));
		hash = run_to(vb, taken + AFTER_CYCLES);
		now = run_to(vb, taken + 3 * AFTER_CYCLES + 12345) ? vboard_cycle(vb) : 0;
		ck_assert(vboard_snapshot_restore(snapshot, vb, VBOARD_SNAPSHOT_TIME_GOES_ON));
		ck_assert_uint_eq(vboard_cycle(vb), now);
		ck_assert_uint_eq(vboard_insns(vb), insns);
		run_to(vb, now + AFTER_CYCLES);
		chip_shift_time(&state->chip, taken - now);
		state->cycles += taken - now;
		state->idle_cycles += taken - now;
		ck_assert_uint_eq(vboard_test_hash(vb), hash);
		ck_assert(vboard_snapshot_restore(snapshot, vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
	}
	vboard_free(vb);
	vboard_snapshot_free(snapshot);
}
END_TEST

/* Flash that is torn after the snapshot, and everything that changes it, comes back. */
START_TEST(flash_comes_back)
{
	const struct vboard_cut cut = {
		.by = VBOARD_CUT_OP, .at = 0, .form = VBOARD_CUT_TORN, .permille = 500
	};
	struct vboard *vb = bare_image_board(bare_image(0));
	struct vboard_snapshot *snapshot = vboard_snapshot_new();
	struct vboard_snapshot *later = vboard_snapshot_new();
	uint64_t hash = vboard_test_hash(vb);
	const uint8_t bytes[3] = { 1, 2, 3 };
	uint64_t torn;

	ck_assert(vboard_snapshot_take(snapshot, vb));
	vboard_arm_cut(vb, &cut);
	ck_assert_int_eq(vboard_flash_erase(vb, 0x08020000), VBOARD_STOP_CUT);
	torn = vboard_test_hash(vb);
	ck_assert(vboard_snapshot_take(later, vb));
	ck_assert(vboard_snapshot_restore(snapshot, vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
	ck_assert_uint_eq(vboard_test_hash(vb), hash);
	ck_assert_int_eq(vboard_flash_program(vb, 0x080ffffc, 0), VBOARD_STOP_DEADLINE);
	ck_assert(vboard_flash_load(vb, 0x0803ffff, bytes, sizeof(bytes))); /* over a page's end */
	ck_assert(vboard_snapshot_restore(snapshot, vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
	ck_assert_uint_eq(vboard_test_hash(vb), hash);
	/* chance is part of it: torn once more, torn alike */
	vboard_arm_cut(vb, &cut);
	ck_assert_int_eq(vboard_flash_erase(vb, 0x08020000), VBOARD_STOP_CUT);
	ck_assert_uint_eq(vboard_test_hash(vb), torn);
	vboard_power_on(vb);
	ck_assert(vboard_snapshot_restore(later, vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
	ck_assert_uint_eq(vboard_test_hash(vb), torn);
	ck_assert(!vboard_is_powered(vb));
	/* the board goes first: the snapshots live on */
	vboard_free(vb);
	vb = vboard_new(VBOARD_MODEL_P1, 9);
	ck_assert(vboard_snapshot_restore(snapshot, vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
	ck_assert_uint_eq(vboard_test_hash(vb), hash);
	vboard_snapshot_free(snapshot);
	vboard_snapshot_free(later);
	vboard_free(vb);
}
END_TEST

/* Whoever writes RAM, the next snapshot has it: also over a page's end, and what power leaves. */
START_TEST(ram_comes_back)
{
	static const uint32_t at[] = { 0x20000000, 0x20000ffd, 0x20000fff, 0x20001000, 0x2001fffc };
	const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct vboard *vb = bare_image_board(bare_image(0));
	struct vboard *other = bare_image_board(bare_image(1));
	struct vboard_snapshot *first = vboard_snapshot_new();
	struct vboard_snapshot *second = vboard_snapshot_new();

	for (size_t i = 0; i <= ARRAY_LEN(at); i++) {
		uint64_t before = vboard_test_hash(vb);
		uint64_t after;

		ck_assert(vboard_snapshot_take(first, vb));
		if (i < ARRAY_LEN(at)) {
			ck_assert(vboard_ram_write(vb, at[i], bytes, sizeof(bytes)));
		} else {
			vboard_power_off(vb);
			vboard_power_on(vb);
		}
		after = vboard_test_hash(vb);
		ck_assert_uint_ne(after, before);
		ck_assert(vboard_snapshot_take(second, vb));
		ck_assert(vboard_snapshot_restore(first, vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
		ck_assert_uint_eq(vboard_test_hash(vb), before);
		ck_assert(vboard_snapshot_restore(second, other, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
		ck_assert_uint_eq(vboard_test_hash(other), after);
		ck_assert(vboard_snapshot_restore(second, vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
		ck_assert_uint_eq(vboard_test_hash(vb), after);
	}
	vboard_free(vb);
	vboard_free(other);
	vboard_snapshot_free(first);
	vboard_snapshot_free(second);
}
END_TEST

START_TEST(refused)
{
	struct vboard *p1 = bare_image_board(bare_image(0));
	struct vboard *photon = vboard_new(VBOARD_MODEL_PHOTON, 1);
	struct vboard_snapshot *snapshot = vboard_snapshot_new();
	uint64_t hash = vboard_test_hash(photon);

	ck_assert(!vboard_snapshot_restore(snapshot, photon, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
	ck_assert(vboard_snapshot_take(snapshot, p1));
	ck_assert(!vboard_snapshot_restore(snapshot, photon, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
	ck_assert_uint_eq(vboard_test_hash(photon), hash);
	vboard_free(p1);
	vboard_free(photon);
	vboard_snapshot_free(snapshot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vboard_snapshot");
	TCase *tcase = tcase_create("programs");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, stops_are_not_seen, 0, BARE_IMAGES);
	tcase_add_loop_test(tcase, snapshots_are_exact, 0, BARE_IMAGES);
	tcase_add_loop_test(tcase, time_goes_on, 0, BARE_IMAGES);
	tcase_add_test(tcase, flash_comes_back);
	tcase_add_test(tcase, ram_comes_back);
	tcase_add_test(tcase, refused);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
