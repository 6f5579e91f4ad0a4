/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Same seed, same bytes: flash, RAM, registers, peripherals and time of a board that runs released
 * firmware through an update, a cut and the boots after it. However often it is stopped in between,
 * and whether waits are skipped or run turn by turn.
 */
#include "bench/virtual/virtual.h"
#include "lib/deliver.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "trial/trial.h"
#include "vboard/vboard_test.h"

#include <string.h>

enum { CUT_MS = 5000, OFF_MS = 700, AFTER_MS = 1500 };

struct course {
	struct loaded *loaded;
	bool turn_by_turn; /* waits are run, not skipped */
	uint64_t stride;   /* cycles between stops; 0 = none */
	enum vboard_cut_by by;
	uint64_t at;
};

static void run_for(struct vboard *vb, uint64_t ms, uint64_t stride)
{
	uint64_t until = vboard_cycle(vb) + ms * 1000 * VBOARD_CYCLES_PER_US;

	while (stride && vboard_cycle(vb) + stride < until)
		if (vboard_run(vb, vboard_cycle(vb) + stride) == VBOARD_STOP_CUT)
			return;
	vboard_run(vb, until);
}

static void deliver(const struct course *course)
{
	const struct trial_setup *setup = &course->loaded->setup;
	struct vboard_cut cut = {
		.by = course->by, .at = course->at, .form = VBOARD_CUT_TORN, .permille = 400
	};

	deliver_prepare(setup, &setup->parts[0]);
	vboard_arm_cut(virtual_board(setup->slot), &cut);
	deliver_send(setup, &setup->parts[0]);
}

/* From a kept state through update, cut and reboot; the hash of everything at the end. */
static uint64_t run_course(const struct course *course)
{
	struct vboard *vb = virtual_board(&course->loaded->slot);
	struct err err = ERR_INIT;

	ck_assert_int_eq(slot_storage_put_back(&course->loaded->slot, 0, &err), 0);
	vboard_test_begin_time(vb);
	vboard_seed(vb, 42);
	vboard_test_skip_waits(vb, !course->turn_by_turn);
	vboard_power_on(vb);
	deliver(course);
	run_for(vb, CUT_MS, course->stride);
	ck_assert(!vboard_is_powered(vb));
	run_for(vb, OFF_MS, course->stride);
	vboard_power_on(vb);
	run_for(vb, AFTER_MS, course->stride);
	return vboard_test_hash(vb);
}

static const struct {
	enum vboard_cut_by by;
	uint64_t at;
} cuts[] = {
	{ VBOARD_CUT_OP, 59640 },		/* in the record of the pending update */
	{ VBOARD_CUT_OP, 72652 },		/* the erase that begins the copy */
	{ VBOARD_CUT_OP, 100000 },		/* a word of the copy */
	{ VBOARD_CUT_INSN, 9000000 },		/* an instruction of the bootloader */
	{ VBOARD_CUT_CYCLE, 400000000 },	/* in the download */
	{ VBOARD_CUT_CYCLE, 120ull * 4200000 }, /* inside an erase */
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

START_TEST(same_seed_same_bytes)
{
	struct course course = { .loaded = ready(), .by = cuts[_i].by, .at = cuts[_i].at };
	uint64_t hash;

	if (!course.loaded)
		TEST_SKIP("the firmware of 1.5.0 is not in the cache");
	hash = run_course(&course);
	ck_assert_uint_eq(run_course(&course), hash);
	course.stride = 777777; /* a stop in the middle of anything changes nothing */
	ck_assert_uint_eq(run_course(&course), hash);
	course.stride = 0;
	course.turn_by_turn = true;
	ck_assert_uint_eq(run_course(&course), hash);
	loaded_free(course.loaded);
}
END_TEST

START_TEST(another_seed_tears_otherwise)
{
	struct course course = { .loaded = ready(), .by = VBOARD_CUT_OP, .at = 72652 };
	uint8_t first[4096];
	uint8_t second[4096];
	struct vboard *vb;

	if (!course.loaded)
		TEST_SKIP("the firmware of 1.5.0 is not in the cache");
	vb = virtual_board(&course.loaded->slot);
	run_course(&course);
	ck_assert(vboard_flash_read(vb, 0x08020000, first, sizeof(first)));
	ck_assert_int_eq(slot_storage_put_back(&course.loaded->slot, 0, NULL), 0);
	vboard_seed(vb, 43);
	vboard_power_on(vb);
	deliver(&course);
	run_for(vb, CUT_MS, 0);
	ck_assert(!vboard_is_powered(vb));
	ck_assert(vboard_flash_read(vb, 0x08020000, second, sizeof(second)));
	ck_assert_mem_ne(first, second, sizeof(first));
	loaded_free(course.loaded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("repeatable");
	TCase *tcase = tcase_create("all");
	int last = (int)flow_scale(ARRAY_LEN(cuts), 2);

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, same_seed_same_bytes, 0, last);
	tcase_add_test(tcase, another_seed_tears_otherwise);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
