/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every release in firmware-under-test/releases: its manifest fits the files, its modules are what
 * they are known to be, its configuration code is where the manifest says, and its unmodified
 * bootloader applies an update. The small user module is what is updated, so that this is fast.
 */
#include "bench/virtual/virtual.h"
#include "lib/deliver.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "vboard/vboard_test.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

enum {
	BOOT_MS = 20000,
	NEW_VERSION = 4321,
};

/* What a bootloader does with a user module whose copying was cut. */
enum again { LEAVES_IT = 1, COPIES_AGAIN = 2 };

static const struct row {
	const char *name;
	const char *board;
	uint16_t bootloader, system; /* versions */
	uint16_t bootloader_min;     /* that the system asks for; 0 = none */
	uint32_t crc;		     /* of system part 2, as stored */
	enum again again;
} rows[] = {
	{ "particle-0.5.2-p1", "p1", 7, 17, 0, 0xb9fe0d0d, COPIES_AGAIN },
	{ "particle-0.5.2-restaged-p1", "p1", 7, 17, 0, 0xb9fe0d0d, COPIES_AGAIN },
	{ "particle-1.5.0-p1", "p1", 501, 1502, 400, 0x56f9e281, LEAVES_IT },
	{ "particle-1.5.1-p1", "p1", 501, 1511, 400, 0, LEAVES_IT },
	{ "particle-1.5.2-p1", "p1", 502, 1512, 400, 0, LEAVES_IT },
	{ "particle-2.0.1-p1", "p1", 1005, 2011, 1003, 0, COPIES_AGAIN },
	{ "particle-2.1.0-p1", "p1", 1005, 2101, 1003, 0, COPIES_AGAIN },
	{ "particle-2.2.0-p1", "p1", 1006, 2202, 1003, 0, COPIES_AGAIN },
	{ "particle-0.5.2-photon", "photon", 7, 17, 0, 0x318ba506, COPIES_AGAIN },
	{ "particle-1.5.0-photon", "photon", 501, 1502, 400, 0x48958319, LEAVES_IT },
	{ "particle-1.5.1-photon", "photon", 501, 1511, 400, 0, LEAVES_IT },
	{ "particle-1.5.2-photon", "photon", 502, 1512, 400, 0, LEAVES_IT },
	{ "particle-2.0.1-photon", "photon", 1005, 2011, 1003, 0, COPIES_AGAIN },
	{ "particle-2.1.0-photon", "photon", 1005, 2101, 1003, 0, COPIES_AGAIN },
	{ "particle-2.2.0-photon", "photon", 1006, 2202, 1003, 0, COPIES_AGAIN },
	{ "particle-1.5.0-electron", "electron", 400, 1502, 400, 0xf9878ed7, LEAVES_IT },
	{ "particle-1.5.1-electron", "electron", 400, 1511, 400, 0, LEAVES_IT },
	{ "particle-1.5.2-electron", "electron", 400, 1512, 400, 0, LEAVES_IT },
	{ "particle-2.0.1-electron", "electron", 1005, 2011, 1003, 0, COPIES_AGAIN },
	{ "particle-2.1.0-electron", "electron", 1005, 2101, 1003, 0, COPIES_AGAIN },
	{ "particle-2.2.0-electron", "electron", 1006, 2202, 1003, 0, COPIES_AGAIN },
};

static const struct row *find_row(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

/* A new manifest needs a row here, a row needs its manifest. */
START_TEST(every_manifest_is_known)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *pattern = NULL;
	glob_t found;

	ck_assert_int_gt(
		asprintf(&pattern, "%s/firmware-under-test/releases/particle-*.yaml", data), 0);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		AUTO_FREE char *name = strdup(strrchr(found.gl_pathv[i], '/') + 1);

		ck_assert_ptr_nonnull(name);
		name[strlen(name) - strlen(".yaml")] = '\0';
		ck_assert_msg(find_row(name) != NULL, "no row for '%s'", name);
	}
	ck_assert_uint_eq(found.gl_pathc, ARRAY_LEN(rows));
	globfree(&found);
}
END_TEST

static const struct image *module_of(const struct release *release, const char *name)
{
	int i = release_find_module(release, name);

	ck_assert_msg(i >= 0, "%s has no '%s'", release->name, name);
	return &release->modules[i].image;
}

/* release_load() has checked hashes and CRCs; SHA-256, versions and dependencies are looked at. */
START_TEST(modules_are_what_they_should_be)
{
	const struct row *row = &rows[_i];
	const struct image_dependency *needs;
	struct release release;

	if (!firmware_release(row->name, &release))
		TEST_SKIP("the firmware is not in the cache");
	ck_assert_str_eq(release.name, row->name);
	ck_assert_str_eq(release.board, row->board);
	ck_assert_uint_eq(release.module_count, strcmp(row->board, "electron") == 0 ? 5 : 4);
	for (size_t i = 0; i < release.module_count; i++)
		ck_assert_msg(release.modules[i].image.sha_ok, "%s", release.modules[i].name);
	ck_assert_uint_eq(module_of(&release, "bootloader")->header.version, row->bootloader);
	ck_assert_uint_eq(module_of(&release, "system-part2")->header.version, row->system);
	needs = module_of(&release, "system-part2")->header.dependency;
	ck_assert_uint_eq(needs[0].function, IMAGE_FUNCTION_SYSTEM);
	ck_assert_uint_eq(needs[0].index, 1);
	ck_assert_uint_eq(needs[0].version_min, row->system);
	ck_assert_uint_eq(needs[1].version_min, row->bootloader_min);
	if (row->crc)
		ck_assert_uint_eq(module_of(&release, "system-part2")->crc_stored, row->crc);
	release_release(&release);
}
END_TEST

/* A board with the release, powered, that is about to be given its user module as a new version. */
struct update {
	struct loaded *loaded;
	struct vboard *vb;
	struct image module;
	struct delivery_part part;
};

static bool open_update(const struct row *row, struct update *ret)
{
	static const char text[] = "scenario: user\nsummary: the user module under a new version\n"
				   "board: %s\nfrom: %s\nto: %s\n"
				   "deliver: {via: staged, parts: [user]}\n"
				   "cut: {strategy: none}\npower: {off: 1s, vbat: lost}\n"
				   "ladder: [wait]\ntrials: 0\ncontrols: 1\nseed: 1\n";
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	AUTO_FREE char *filled = NULL;
	struct release release;
	struct err err = ERR_INIT;

	if (!firmware_release(row->name, &release))
		return false;
	release_release(&release);
	ck_assert_int_gt(asprintf(&filled, text, row->board, row->name, row->name), 0);
	ck_assert_msg(scenario_parse(filled, "user", scenario, &err) == 0, "%s", err.text);
	*ret = (struct update){ 0 };
	ck_assert_msg(loaded_open(scenario, &ret->loaded, &err) == 0, "%s", err.text);
	ret->vb = virtual_board(&ret->loaded->slot);
	firmware_install(ret->vb, &ret->loaded->from);
	ret->part = ret->loaded->setup.parts[0];
	ck_assert_int_eq(image_with_version(ret->part.image, NEW_VERSION, &ret->module, &err), 0);
	ret->part.image = &ret->module;
	ck_assert_int_eq(slot_power_set(&ret->loaded->slot, SLOT_POWER_ON, &err), 0);
	return true;
}

static void release_update(struct update *update)
{
	image_release(&update->module);
	loaded_free(update->loaded);
}

/* Up to the reset that the bootloader finds the record after. */
static void deliver(struct update *update)
{
	deliver_prepare(&update->loaded->setup, &update->part);
	ck_assert_int_eq(deliver_send(&update->loaded->setup, &update->part), DELIVERY_DONE);
}

static enum vboard_stop boot(struct update *update)
{
	return vboard_run_to_handover(
		update->vb, vboard_cycle(update->vb) + BOOT_MS * 1000ull * VBOARD_CYCLES_PER_US,
		update->part.system_vectors);
}

static bool is_installed(const struct update *update)
{
	AUTO_FREE uint8_t *found = malloc(update->module.len);

	ck_assert_ptr_nonnull(found);
	ck_assert(vboard_flash_read(update->vb, update->module.header.start, found,
				    update->module.len));
	return memcmp(found, update->module.bytes, update->module.len) == 0;
}

START_TEST(applies_an_update)
{
	struct update update;
	uint64_t ops;

	if (!open_update(&rows[_i], &update))
		TEST_SKIP("the firmware is not in the cache");
	deliver(&update);
	ck_assert(!is_installed(&update));
	ck_assert_int_eq(boot(&update), VBOARD_STOP_HANDOVER);
	ck_assert(is_installed(&update));
	ck_assert_uint_eq(vboard_test_state(update.vb)->fault_count, 0);
	/* once: the record is gone */
	vboard_power_off(update.vb);
	ops = vboard_flash_ops(update.vb);
	vboard_power_on(update.vb);
	ck_assert_int_eq(boot(&update), VBOARD_STOP_HANDOVER);
	ck_assert_uint_eq(vboard_flash_ops(update.vb), ops);
	release_update(&update);
}
END_TEST

/* Flash operations from the record being there to the middle of the module's copy. */
struct counter {
	const struct update *update;
	uint64_t ops;
	uint64_t copied;
	uint64_t middle;
};

static void count(void *ctx, int64_t t_us, uint32_t address)
{
	struct counter *counter = ctx;
	const struct image *module = &counter->update->module;

	(void)t_us;
	counter->ops++;
	if (address - module->header.start < module->len && ++counter->copied == module->len / 8)
		counter->middle = counter->ops;
}

static uint64_t middle_of_copy(const struct row *row)
{
	struct update update;
	struct counter counter = { .update = &update };
	struct slot_listener listener = { .ctx = &counter, .flash = count };

	ck_assert(open_update(row, &update));
	deliver(&update);
	slot_listen(&update.loaded->slot, &listener);
	ck_assert_int_eq(boot(&update), VBOARD_STOP_HANDOVER);
	ck_assert_uint_gt(counter.middle, 0);
	release_update(&update);
	return counter.middle;
}

START_TEST(copies_again_after_a_cut_or_not)
{
	const struct row *row = &rows[_i];
	struct vboard_cut cut = { .by = VBOARD_CUT_OP, .form = VBOARD_CUT_BEFORE };
	struct update update;

	if (!open_update(row, &update))
		TEST_SKIP("the firmware is not in the cache");
	cut.at = middle_of_copy(row);
	deliver(&update);
	vboard_arm_cut(update.vb, &cut);
	ck_assert_int_eq(boot(&update), VBOARD_STOP_CUT);
	ck_assert(!is_installed(&update));
	vboard_power_on(update.vb);
	ck_assert_int_eq(boot(&update), VBOARD_STOP_HANDOVER);
	ck_assert_int_eq(is_installed(&update), row->again == COPIES_AGAIN);
	release_update(&update);
}
END_TEST

/* Every scenario of the project: its board, its releases, its parts fit together. */
START_TEST(every_scenario_opens)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *pattern = NULL;
	glob_t found;

	ck_assert_int_gt(asprintf(&pattern, "%s/scenarios/*/*-*.yaml", data), 0);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
		struct loaded *loaded = NULL;
		struct err err = ERR_INIT;

		ck_assert_msg(scenario_load(found.gl_pathv[i], scenario, &err) == 0, "%s: %s",
			      found.gl_pathv[i], err.text);
		ck_assert_msg(loaded_open(scenario, &loaded, &err) == 0 || err.code == -ENOENT,
			      "%s: %s", found.gl_pathv[i], err.text);
		loaded_free(loaded);
	}
	ck_assert_uint_ge(found.gl_pathc, 19);
	globfree(&found);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("releases");
	TCase *tcase = tcase_create("all");
	int last = (int)ARRAY_LEN(rows);

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, every_manifest_is_known);
	tcase_add_test(tcase, every_scenario_opens);
	tcase_add_loop_test(tcase, modules_are_what_they_should_be, 0, last);
	tcase_add_loop_test(tcase, applies_an_update, 0, last);
	tcase_add_loop_test(tcase, copies_again_after_a_cut_or_not, 0, last);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
