/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The unmodified released bootloaders of the P1, four generations: they boot, hand over to the
 * real system part 1, apply a pending update, blink, and obey the SETUP button.
 */
#include "bench/virtual/virtual.h"
#include "lib/deliver.h"
#include "lib/firmware.h"
#include "lib/led_watch.h"
#include "lib/testing.h"
#include "vboard/vboard_test.h"

#include <string.h>

enum { SYSTEM_VECTORS = 0x08020000, BOOT_MS = 2000 };

static const struct generation {
	const char *release;
	uint64_t slot_ops;  /* flash operations of writing the record of a pending update */
	uint64_t apply_ops; /* of applying system part 1 onto itself */
	bool copies_first;  /* the record is cleared after the copy */
	bool dfu_at_once;   /* without a factory image DFU begins at 3 s with the button held */
} generations[] = {
	{ "particle-0.5.2-p1", 14, 62744, true, true },
	{ "particle-1.5.0-p1", 6377, 66247, false, false },
	{ "particle-1.5.2-p1", 6377, 66275, false, false },
	{ "particle-2.0.1-p1", 6377, 66991, true, false },
};

static struct vboard *board_with(const struct release *release)
{
	struct vboard *vb = vboard_new(VBOARD_MODEL_P1, 1);

	ck_assert_ptr_nonnull(vb);
	firmware_install(vb, release);
	return vb;
}

static uint64_t after_ms(struct vboard *vb, uint64_t ms)
{
	return vboard_cycle(vb) + ms * 1000 * VBOARD_CYCLES_PER_US;
}

START_TEST(boots_and_hands_over)
{
	struct release release;
	struct vboard *vb;

	if (!firmware_release(generations[_i].release, &release))
		TEST_SKIP("the firmware is not in the cache");
	vb = board_with(&release);
	vboard_power_on(vb);
	ck_assert_int_eq(vboard_run_to_handover(vb, after_ms(vb, BOOT_MS), SYSTEM_VECTORS),
			 VBOARD_STOP_HANDOVER);
	ck_assert_uint_eq(vboard_test_state(vb)->fault_count, 0);
	vboard_free(vb);
	release_release(&release);
}
END_TEST

START_TEST(blinks_yellow_without_a_system)
{
	struct release release;
	struct led_watch watch;
	struct vboard *vb = vboard_new(VBOARD_MODEL_P1, 1);
	int i;

	if (!firmware_release(generations[_i].release, &release)) {
		vboard_free(vb);
		TEST_SKIP("the firmware is not in the cache");
	}
	i = release_find_module(&release, "bootloader");
	ck_assert(vboard_flash_load(vb, release.modules[i].image.header.start,
				    release.modules[i].image.bytes, release.modules[i].image.len));
	led_watch_begin(&watch, vb);
	vboard_power_on(vb);
	led_watch_run(&watch, 3000);
	ck_assert_int_ge(led_watch_find(&watch, "blinking-yellow", 0), 0);
	led_watch_end(&watch);
	vboard_free(vb);
	release_release(&release);
}
END_TEST

/*
 * Power on with SETUP held for 'ms'. The board has booted once before: the first boot of all writes
 * its configuration table, and stands still for half a second meanwhile.
 */
static void hold_setup(struct led_watch *watch, unsigned int ms)
{
	vboard_power_on(watch->vb);
	ck_assert_int_eq(vboard_run_to_handover(watch->vb, after_ms(watch->vb, BOOT_MS),
						SYSTEM_VECTORS),
			 VBOARD_STOP_HANDOVER);
	vboard_power_off(watch->vb);
	watch->begun_us = led_watch_now_us(watch);
	led_decoder_begin(watch->decoder, watch->begun_us);
	watch->count = 0;
	vboard_line(watch->vb, VBOARD_SETUP, true);
	vboard_power_on(watch->vb);
	led_watch_run(watch, ms);
	vboard_line(watch->vb, VBOARD_SETUP, false);
}

START_TEST(setup_held_two_seconds_is_safe_mode)
{
	struct release release;
	struct led_watch watch;
	struct vboard *vb;
	int magenta;

	if (!firmware_release(generations[_i].release, &release))
		TEST_SKIP("the firmware is not in the cache");
	vb = board_with(&release);
	led_watch_begin(&watch, vb);
	hold_setup(&watch, 2000);
	magenta = led_watch_find(&watch, "blinking-magenta", 0);
	ck_assert_int_ge(magenta, 0);
	/* from one second on, give or take the button's debounce and one blink */
	ck_assert_int_gt(watch.seen[magenta].onset_us - watch.begun_us, 900000);
	ck_assert_int_lt(watch.seen[magenta].onset_us - watch.begun_us, 1300000);
	ck_assert_int_lt(led_watch_find(&watch, "blinking-yellow", 0), 0);
	ck_assert_int_eq(vboard_run_to_handover(vb, after_ms(vb, BOOT_MS), SYSTEM_VECTORS),
			 VBOARD_STOP_HANDOVER);
	led_watch_end(&watch);
	vboard_free(vb);
	release_release(&release);
}
END_TEST

START_TEST(setup_held_four_seconds_is_dfu)
{
	struct release release;
	struct led_watch watch;
	struct vboard *vb;
	int yellow;

	if (!firmware_release(generations[_i].release, &release))
		TEST_SKIP("the firmware is not in the cache");
	vb = board_with(&release);
	led_watch_begin(&watch, vb);
	hold_setup(&watch, 4000);
	led_watch_run(&watch, 3000);
	ck_assert_int_ge(led_watch_find(&watch, "blinking-magenta", 0), 0);
	yellow = led_watch_find(&watch, "blinking-yellow", 0);
	ck_assert_int_ge(yellow, 0);
	ck_assert_int_gt(watch.seen[yellow].onset_us - watch.begun_us, 2900000);
	ck_assert_int_lt(watch.seen[yellow].onset_us - watch.begun_us, 3400000);
	/* and stays there when the button is let go */
	ck_assert_str_eq(watch.seen[watch.count - 1].name, "blinking-yellow");
	led_watch_end(&watch);
	vboard_free(vb);
	release_release(&release);
}
END_TEST

/* Flash operations told while an update is applied. */
struct tally {
	uint64_t ops;
	uint64_t first_copy; /* number of the first operation on system part 1 */
	uint64_t last_copy;
	uint64_t last_table; /* ... and the last on the configuration table */
};

static void count_op(void *ctx, int64_t t_us, uint32_t address)
{
	struct tally *tally = ctx;

	(void)t_us;
	if (address >= SYSTEM_VECTORS && address < 0x08060000) {
		if (!tally->first_copy)
			tally->first_copy = tally->ops;
		tally->last_copy = tally->ops;
	} else if (address < 0x0800c000) {
		tally->last_table = tally->ops;
	}
	tally->ops++;
}

/* A scenario in all but name: the release onto itself. */
static struct loaded *onto_itself(const char *release)
{
	static const char text[] = "scenario: onto-itself\nsummary: a release onto itself\n"
				   "board: p1\nfrom: %s\nto: %s\n"
				   "deliver: {via: staged, parts: [system-part1]}\n"
				   "cut: {strategy: none}\npower: {off: 1s, vbat: lost}\n"
				   "ladder: [wait]\ntrials: 0\ncontrols: 1\nseed: 1\n";
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	AUTO_FREE char *filled = NULL;
	struct loaded *loaded = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_gt(asprintf(&filled, text, release, release), 0);
	ck_assert_msg(scenario_parse(filled, "onto-itself", scenario, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_open(scenario, &loaded, &err) == 0, "%s", err.text);
	return loaded;
}

static void baseline(struct loaded *loaded)
{
	const struct image *modules[RELEASE_MODULES_MAX];
	struct err err = ERR_INIT;

	for (size_t i = 0; i < loaded->from.module_count; i++)
		modules[i] = &loaded->from.modules[i].image;
	ck_assert_msg(trial_baseline(&loaded->setup, modules, loaded->from.module_count, &err) == 0,
		      "%s", err.text);
	ck_assert_int_eq(slot_power_set(&loaded->slot, SLOT_POWER_ON, &err), 0);
}

static void begin_apply(const struct generation *gen, struct loaded *loaded, struct tally *tally)
{
	struct slot_listener listener = { .ctx = tally, .flash = count_op };
	const struct delivery_part *part = &loaded->setup.parts[0];
	struct vboard *vb = virtual_board(&loaded->slot);
	uint64_t before;

	deliver_prepare(&loaded->setup, part);
	before = vboard_flash_ops(vb);
	ck_assert_int_eq(deliver_send(&loaded->setup, part), DELIVERY_DONE);
	/* two erases and the words of the module go to staging, the rest is the record */
	ck_assert_uint_eq(vboard_flash_ops(vb) - before - 2 - part->image->len / 4, gen->slot_ops);
	slot_listen(&loaded->slot, &listener);
}

START_TEST(applies_a_pending_update)
{
	const struct generation *gen = &generations[_i];
	struct tally tally = { 0 };
	struct release release;
	struct loaded *loaded;
	struct vboard *vb;

	if (!firmware_release(gen->release, &release))
		TEST_SKIP("the firmware is not in the cache");
	release_release(&release);
	loaded = onto_itself(gen->release);
	baseline(loaded);
	begin_apply(gen, loaded, &tally);
	vb = virtual_board(&loaded->slot);
	ck_assert_int_eq(vboard_run_to_handover(vb, after_ms(vb, 10000), SYSTEM_VECTORS),
			 VBOARD_STOP_HANDOVER);
	ck_assert_uint_eq(tally.ops, gen->apply_ops);
	ck_assert_uint_gt(tally.last_copy, 59000);
	ck_assert_int_eq(tally.last_table > tally.last_copy, gen->copies_first);
	loaded_free(loaded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("released bootloaders");
	TCase *tcase = tcase_create("all");
	int last = (int)ARRAY_LEN(generations);

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, boots_and_hands_over, 0, last);
	tcase_add_loop_test(tcase, blinks_yellow_without_a_system, 0, last);
	tcase_add_loop_test(tcase, setup_held_two_seconds_is_safe_mode, 0, last);
	tcase_add_loop_test(tcase, setup_held_four_seconds_is_dfu, 0, last);
	tcase_add_loop_test(tcase, applies_a_pending_update, 0, last);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
