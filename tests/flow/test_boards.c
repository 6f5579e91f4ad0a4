/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The other boards than the P1: Photon and Electron come alive, show DFU mode, and take real
 * updates. The Electron's system rewrites its bootloader by itself: a cut there leaves nothing.
 */
#include "bench/virtual/virtual.h"
#include "lib/deliver.h"
#include "lib/firmware.h"
#include "lib/led_watch.h"
#include "lib/testing.h"
#include "vboard/vboard_test.h"

#include <errno.h>
#include <string.h>

enum { WATCH_MS = 4000 };

static const struct {
	const char *release;
	enum vboard_model model;
} bootloaders[] = {
	{ "particle-0.5.2-photon", VBOARD_MODEL_PHOTON },
	{ "particle-2.2.0-photon", VBOARD_MODEL_PHOTON },
	{ "particle-1.5.0-electron", VBOARD_MODEL_ELECTRON },
	{ "particle-2.2.0-electron", VBOARD_MODEL_ELECTRON },
};

START_TEST(blinks_yellow_without_a_system)
{
	struct release release;
	struct led_watch watch;
	struct vboard *vb;
	int i;

	if (!firmware_release(bootloaders[_i].release, &release))
		TEST_SKIP("the firmware is not in the cache");
	vb = vboard_new(bootloaders[_i].model, 1);
	ck_assert_ptr_nonnull(vb);
	i = release_find_module(&release, "bootloader");
	ck_assert_int_ge(i, 0);
	ck_assert(vboard_flash_load(vb, release.modules[i].image.header.start,
				    release.modules[i].image.bytes, release.modules[i].image.len));
	led_watch_begin(&watch, vb);
	vboard_power_on(vb);
	led_watch_run(&watch, WATCH_MS);
	ck_assert_int_ge(led_watch_find(&watch, "blinking-yellow", 0), 0);
	led_watch_end(&watch);
	vboard_free(vb);
	release_release(&release);
}
END_TEST

/* NULL: the firmware is not there. */
static struct loaded *open_scenario(const char *board, const char *from, const char *to,
				    const char *parts)
{
	static const char text[] = "scenario: boards\nsummary: an update\nboard: %s\n"
				   "from: particle-%s-%s\nto: particle-%s-%s\n"
				   "deliver: {via: staged, parts: [%s]}\n"
				   "cut: {strategy: none}\npower: {off: 1s, vbat: lost}\n"
				   "ladder: [wait]\ntrials: 0\ncontrols: 1\nseed: 1\n";
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	AUTO_FREE char *filled = NULL;
	struct loaded *loaded = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_gt(asprintf(&filled, text, board, from, board, to, board, parts), 0);
	ck_assert_msg(scenario_parse(filled, "boards", scenario, &err) == 0, "%s", err.text);
	if (loaded_open(scenario, &loaded, &err) == 0)
		return loaded;
	ck_assert_msg(err.code == -ENOENT, "%s", err.text);
	return NULL;
}

static const struct calib_window *window_of(const struct calib *calib, const char *phase)
{
	for (size_t i = 0; i < calib->window_count; i++)
		if (strcmp(calib->windows[i].phase, phase) == 0)
			return &calib->windows[i];
	return NULL;
}

static const struct update {
	const char *board, *from, *to, *parts;
	/* Phases of the first part in order, what a P1 of these generations does too. */
	const char *first, *second;
	uint64_t first_ops, second_ops;
} updates[] = {
	{ "photon", "2.1.0", "2.2.0", "system-part1", "1.apply.system-part1", "1.apply.dct", 60376,
	  6647 },
	{ "electron", "1.5.0", "1.5.1", "system-part3", "1.apply.dct", "1.apply.system-part3", 4100,
	  19993 },
	{ "electron", "2.1.0", "2.2.0", "system-part3", "1.apply.system-part3", "1.apply.dct",
	  21868, 4100 },
};

/* Alive before and after: the calibration ends in an error when it is not. */
START_TEST(comes_alive_and_takes_an_update)
{
	const struct update *row = &updates[_i];
	struct loaded *loaded = open_scenario(row->board, row->from, row->to, row->parts);
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	const struct calib_window *first;
	const struct calib_window *second;
	struct err err = ERR_INIT;

	if (!loaded)
		TEST_SKIP("the firmware is not in the cache");
	ck_assert_msg(loaded_calibrate(loaded, calib, &err) == 0, "%s", err.text);
	first = window_of(calib, row->first);
	second = window_of(calib, row->second);
	ck_assert(first && second);
	ck_assert_uint_eq(first->end_op, second->begin_op);
	ck_assert_uint_eq(first->end_op - first->begin_op, row->first_ops);
	ck_assert_uint_eq(second->end_op - second->begin_op, row->second_ops);
	ck_assert_ptr_null(window_of(calib, "1.apply.bootloader"));
	loaded_free(loaded);
}
END_TEST

static enum delivery_result deliver(struct loaded *loaded, const struct slot_cut *cut)
{
	const struct delivery_part *part = &loaded->setup.parts[loaded->setup.part_count - 1];
	struct err err = ERR_INIT;

	ck_assert_int_eq(slot_power_set(&loaded->slot, SLOT_POWER_ON, &err), 0);
	deliver_prepare(&loaded->setup, part);
	if (cut)
		ck_assert_int_eq(slot_cut_arm(&loaded->slot, cut, &err), 0);
	return deliver_send(&loaded->setup, part);
}

/* Part 3 of 2.0.1 brings a newer bootloader and writes it at its first start. */
START_TEST(a_cut_while_the_bootloader_is_written_leaves_nothing)
{
	struct loaded *loaded = open_scenario("electron", "1.5.2", "2.0.1", "system-part3");
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	const struct calib_window *window;
	struct slot_cut cut = { .by = SLOT_CUT_BY_OPERATION, .form = SLOT_CUT_BEFORE };
	struct err err = ERR_INIT;
	struct led_watch watch;
	enum slot_wait why;
	struct vboard *vb;

	if (!loaded)
		TEST_SKIP("the firmware is not in the cache");
	ck_assert_msg(loaded_calibrate(loaded, calib, &err) == 0, "%s", err.text);
	window = window_of(calib, "1.apply.bootloader");
	ck_assert_ptr_nonnull(window);
	ck_assert_int_eq(slot_storage_put_back(&loaded->slot, 0, &err), 0);
	cut.at = (window->begin_op + window->end_op) / 2;
	ck_assert_int_eq(deliver(loaded, &cut), DELIVERY_DONE);
	ck_assert_int_eq(
		slot_wait(&loaded->slot, slot_now_us(&loaded->slot) + 10000000, &why, &err), 0);
	ck_assert_int_eq(why, SLOT_WAIT_CUT);
	vb = virtual_board(&loaded->slot);
	led_watch_begin(&watch, vb);
	vboard_line(vb, VBOARD_SETUP, true);
	vboard_power_on(vb);
	led_watch_run(&watch, WATCH_MS);
	ck_assert_int_lt(led_watch_find(&watch, "blinking-magenta", 0), 0);
	ck_assert_int_lt(led_watch_find(&watch, "blinking-yellow", 0), 0);
	led_watch_end(&watch);
	loaded_free(loaded);
}
END_TEST

/*
 * After the update the code of 0.5.2 is gone from where it was: that of 1.5.0 has to be called, and
 * the bootloader of 0.5.2 has not set up its memory.
 */
START_TEST(a_second_delivery_calls_the_code_that_is_installed)
{
	struct loaded *loaded =
		open_scenario("photon", "0.5.2", "1.5.0", "system-part1, system-part2");
	struct vboard *vb;

	if (!loaded)
		TEST_SKIP("the firmware is not in the cache");
	vb = virtual_board(&loaded->slot);
	firmware_install(vb, &loaded->from);
	for (size_t i = 0; i < loaded->setup.part_count; i++) {
		const struct image *image = loaded->setup.parts[i].image;

		ck_assert(vboard_flash_load(vb, image->header.start, image->bytes, image->len));
	}
	ck_assert_int_eq(deliver(loaded, NULL), DELIVERY_DONE);
	loaded_free(loaded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("boards");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, blinks_yellow_without_a_system, 0, ARRAY_LEN(bootloaders));
	tcase_add_loop_test(tcase, comes_alive_and_takes_an_update, 0, ARRAY_LEN(updates));
	tcase_add_test(tcase, a_cut_while_the_bootloader_is_written_leaves_nothing);
	tcase_add_test(tcase, a_second_delivery_calls_the_code_that_is_installed);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
