/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reference firmware's planted defects: each is triggered deliberately and seen; and the same
 * trigger does no harm to the healthy build. What each is: reference/common/defects.h.
 */
#include "lib/device.h"
#include "lib/testing.h"
#include "vboard/vboard_test.h"

#include <string.h>

enum {
	TABLE_BEGIN = 0x08004000,
	TABLE_END = 0x0800c000,
	PART_END = 0x40000, /* of a system part, from its beginning */
	FACTORY = 0x080e0000,
	BOOT_MS = 3500,
	SEEDS = 12,
};

enum outcome { RUNS_OLD = 1, RUNS_NEW = 2, DFU = 3, OTHER = 4 };

/* Where a cut falls in the delivery of system part 1. */
enum place {
	NOWHERE = 0,
	FIRST_ERASE, /* of the copy */
	MIDDLE_OF_COPY,
	CLEARING_WORD, /* the first operation on the table after the copy */
	BEFORE_SEAL,   /* the last but one on the table after the copy */
};

static const struct row {
	const char *release; /* the defect's */
	enum place place;
	enum vboard_cut_form form;
	uint32_t permille;
	bool again; /* the next boot is cut in the middle of its copy, too */
	unsigned int boots;
	bool vbat;
	unsigned int
		seeds; /* chance decides which bits are torn: one of so many tries must show it */
	enum outcome outcome;
	uint32_t fall_us; /* of the supply, from 3.3 V to nothing */
} rows[] = {
	{ "window-word", CLEARING_WORD, VBOARD_CUT_TORN, 500, false, 1, false, 1, DFU, 0 },
	{ "window-word", CLEARING_WORD, VBOARD_CUT_BEFORE, 0, false, 1, false, 1, RUNS_NEW, 0 },
	{ "window-word", CLEARING_WORD, VBOARD_CUT_AFTER, 0, false, 1, false, 1, RUNS_NEW, 0 },
	{ "window-erase", FIRST_ERASE, VBOARD_CUT_TORN, 999, false, 1, false, SEEDS, DFU, 0 },
	{ "window-erase", FIRST_ERASE, VBOARD_CUT_TORN, 900, false, 1, false, 1, RUNS_NEW, 0 },
	{ "window-erase", MIDDLE_OF_COPY, VBOARD_CUT_TORN, 500, false, 1, false, 1, RUNS_NEW, 0 },
	{ "window-bank", BEFORE_SEAL, VBOARD_CUT_AFTER, 0, false, 1, false, 1, DFU, 0 },
	{ "window-bank", BEFORE_SEAL, VBOARD_CUT_BEFORE, 0, false, 1, false, 1, RUNS_NEW, 0 },
	{ "two-cuts", MIDDLE_OF_COPY, VBOARD_CUT_TORN, 500, true, 1, false, 1, DFU, 0 },
	{ "two-cuts", MIDDLE_OF_COPY, VBOARD_CUT_TORN, 500, false, 1, false, 1, RUNS_NEW, 0 },
	{ "latent", MIDDLE_OF_COPY, VBOARD_CUT_TORN, 500, false, 4, false, 1, DFU, 0 },
	{ "latent", MIDDLE_OF_COPY, VBOARD_CUT_TORN, 500, false, 3, false, 1, RUNS_NEW, 0 },
	{ "latent", NOWHERE, VBOARD_CUT_BEFORE, 0, false, 5, false, 1, RUNS_NEW, 0 },
	{ "vbat", MIDDLE_OF_COPY, VBOARD_CUT_TORN, 500, false, 1, false, 1, DFU, 0 },
	{ "vbat", MIDDLE_OF_COPY, VBOARD_CUT_TORN, 500, false, 1, true, 1, RUNS_NEW, 0 },
	{ "slow-fall", MIDDLE_OF_COPY, VBOARD_CUT_BEFORE, 0, false, 1, false, 1, DFU, 20000 },
	{ "slow-fall", MIDDLE_OF_COPY, VBOARD_CUT_BEFORE, 0, false, 1, false, 1, RUNS_NEW, 0 },
	{ "slow-fall", MIDDLE_OF_COPY, VBOARD_CUT_TORN, 500, false, 1, false, 1, RUNS_NEW, 0 },
	{ "slow-fall", FIRST_ERASE, VBOARD_CUT_TORN, 500, false, 1, false, 1, RUNS_NEW, 20000 },
};

static size_t op_of(const struct device *dev, enum place place)
{
	uint32_t begin = device_address(DEVICE_PART1);
	size_t first = device_first_op(dev, begin, begin + PART_END, 0);
	size_t last = device_last_op(dev, begin, begin + PART_END);

	switch (place) {
	case FIRST_ERASE: return first;
	case MIDDLE_OF_COPY: return first + (last - first) / 2;
	case CLEARING_WORD: return device_first_op(dev, TABLE_BEGIN, TABLE_END, last);
	case BEFORE_SEAL: return device_last_op(dev, TABLE_BEGIN, TABLE_END) - 1;
	case NOWHERE: break;
	}
	return 0;
}

static enum outcome outcome_of(const struct device *dev)
{
	if (device_showed(dev, "blinking-yellow"))
		return DFU;
	if (!device_showed(dev, "breathing-white") || !device_said(dev, "application 1.0"))
		return OTHER;
	if (device_said(dev, "system-part1 101, checked 30, passed 30"))
		return RUNS_NEW;
	return device_said(dev, "system-part1 100, checked 30, passed 30") ? RUNS_OLD : OTHER;
}

/* The trigger, once, at operation 'op' of the delivery; what became of the device. */
static enum outcome pull(struct device *dev, const struct row *row, size_t op, uint64_t seed)
{
	struct vboard_cut cut = {
		.by = VBOARD_CUT_OP, .at = op, .form = row->form, .permille = row->permille
	};

	device_put_back(dev);
	vboard_seed(dev->vb, seed);
	vboard_set_vbat(dev->vb, row->vbat);
	vboard_set_supply(dev->vb, &(struct vboard_supply){ .fall_us = row->fall_us });
	ck_assert_int_eq(device_deliver(dev, DEVICE_PART1, row->place ? &cut : NULL),
			 row->place != NOWHERE);
	if (row->again) {
		/* the count of attempts is written first, then one erase, then the words */
		cut.at = 100;
		ck_assert(device_boot_cut(dev, &cut, BOOT_MS));
	}
	for (unsigned int i = 0; i < row->boots; i++)
		device_boot(dev, BOOT_MS);
	return outcome_of(dev);
}

/* The operation that is aimed at, from a delivery that is not cut; the device is kept before it. */
static size_t find_op(struct device *dev, const struct row *row)
{
	device_keep(dev);
	ck_assert(!device_deliver(dev, DEVICE_PART1, NULL));
	return op_of(dev, row->place);
}

static bool one_of_the_tries_gives(const char *release, const struct row *row, enum outcome outcome)
{
	struct device *dev = device_new(release, "robust-1.1");
	bool found = false;
	size_t op = find_op(dev, row);

	for (uint64_t seed = 1; seed <= row->seeds && !found; seed++)
		found = pull(dev, row, op, seed) == outcome;
	device_free(dev);
	return found;
}

START_TEST(defect_is_there)
{
	ck_assert_msg(one_of_the_tries_gives(rows[_i].release, &rows[_i], rows[_i].outcome),
		      "%s, row %d", rows[_i].release, _i);
}
END_TEST

START_TEST(defect_is_not_in_the_healthy_build)
{
	struct row row = rows[_i];
	struct device *dev = device_new("robust-1.0", "robust-1.1");
	size_t op = find_op(dev, &row);

	for (uint64_t seed = 1; seed <= row.seeds; seed++)
		ck_assert_int_eq(pull(dev, &row, op, seed), RUNS_NEW);
	device_free(dev);
}
END_TEST

/* An update of the application, whole, that looks right. */
START_TEST(old_application_still_runs)
{
	const char *release = _i ? "old-app" : "robust-1.0";
	struct device *dev = device_new(release, "robust-1.1");

	ck_assert(!device_deliver(dev, DEVICE_USER, NULL));
	ck_assert(device_showed(dev, "blinking-magenta-fast"));
	ck_assert(device_showed(dev, "breathing-white"));
	device_boot(dev, BOOT_MS);
	ck_assert(device_showed(dev, "breathing-white"));
	ck_assert(device_said(dev, _i ? "application 1.0" : "application 1.1"));
	ck_assert(!device_said(dev, _i ? "application 1.1" : "application 1.0"));
	device_free(dev);
}
END_TEST

/* Part 2 staged, power lost before it is entered in the table. */
START_TEST(version_that_is_told)
{
	const char *release = _i ? "lying-version" : "robust-1.0";
	struct device *dev = device_new(release, "robust-1.1");
	struct vboard_cut cut = { .by = VBOARD_CUT_OP, .form = VBOARD_CUT_BEFORE };

	ck_assert(device_said(dev, "system-part2 100, "));
	device_keep(dev);
	ck_assert(!device_deliver(dev, DEVICE_PART2, NULL));
	cut.at = device_first_op(dev, TABLE_BEGIN, TABLE_END, 0);
	device_put_back(dev);
	ck_assert(device_deliver(dev, DEVICE_PART2, &cut));
	device_boot(dev, BOOT_MS);
	ck_assert(device_holds(dev, DEVICE_PART2, false));
	ck_assert(device_said(dev, _i ? "system-part2 101, " : "system-part2 100, "));
	device_free(dev);
}
END_TEST

/* No application, and a factory image with a good header and a wrong sum. */
START_TEST(blank_application)
{
	const char *release = _i ? "blank-app-loop" : "robust-1.0";
	struct device *dev = device_new(release, "robust-1.1");
	uint8_t blank[512];
	uint8_t factory[512];

	memset(blank, 0xff, sizeof(blank));
	ck_assert(
		vboard_flash_read(dev->vb, device_address(DEVICE_USER), factory, sizeof(factory)));
	factory[64] ^= 1;
	vboard_power_off(dev->vb);
	ck_assert(vboard_flash_load(dev->vb, FACTORY, factory, sizeof(factory)));
	ck_assert(vboard_flash_load(dev->vb, device_address(DEVICE_USER), blank, sizeof(blank)));
	device_boot(dev, BOOT_MS);
	if (_i) {
		ck_assert_uint_gt(vboard_test_state(dev->vb)->reset_count, 20);
		ck_assert(!device_said(dev, "system: "));
	} else {
		ck_assert_uint_eq(vboard_test_state(dev->vb)->reset_count, 1);
		ck_assert(device_said(dev, "system: safe mode"));
		ck_assert(device_showed(dev, "breathing-magenta"));
	}
	device_free(dev);
}
END_TEST

static void hold_setup(struct device *dev, unsigned int ms)
{
	vboard_line(dev->vb, VBOARD_SETUP, true);
	led_watch_run(&dev->watch, ms);
	vboard_line(dev->vb, VBOARD_SETUP, false);
	led_watch_run(&dev->watch, 1000);
}

/* Part 1 is new, part 2 is not: power was lost between the two. */
START_TEST(dark_led_of_mixed_parts)
{
	struct device *dev = device_new("robust-1.0", _i ? "dark-led" : "robust-1.1");

	ck_assert(!device_deliver(dev, DEVICE_PART1, NULL));
	device_boot(dev, BOOT_MS);
	ck_assert(device_said(dev, "system: start")); /* it runs */
	ck_assert_int_eq(device_showed(dev, "breathing-white"), !_i);
	hold_setup(dev, 3500);
	ck_assert_int_eq(device_said(dev, "listening\r\n"), !_i);
	ck_assert_int_eq(device_showed(dev, "blinking-blue"), !_i);
	/* safe mode by the button: magenta comes all the same */
	vboard_line(dev->vb, VBOARD_SETUP, true);
	device_boot(dev, 2000);
	vboard_line(dev->vb, VBOARD_SETUP, false);
	led_watch_run(&dev->watch, 2000);
	ck_assert(device_said(dev, "system: safe mode"));
	ck_assert(device_showed(dev, "breathing-magenta"));
	hold_setup(dev, 3500);
	ck_assert_int_eq(device_said(dev, "listening\r\n"), !_i);
	device_free(dev);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("planted defects");
	TCase *tcase = tcase_create("defects");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, defect_is_there, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(tcase, defect_is_not_in_the_healthy_build, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(tcase, old_application_still_runs, 0, 2);
	tcase_add_loop_test(tcase, version_that_is_told, 0, 2);
	tcase_add_loop_test(tcase, blank_application, 0, 2);
	tcase_add_loop_test(tcase, dark_led_of_mixed_parts, 0, 2);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
