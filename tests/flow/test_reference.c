/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reference firmware's eras of update logic: each takes an update, and what a power cut does to
 * it is what its order of steps says (firmware-under-test/reference/README.md). The robust one is
 * cut at every operation of an update, and once more in what it does after that.
 */
#include "lib/device.h"
#include "lib/firmware.h"
#include "lib/testing.h"

#include <stdio.h>

enum {
	TABLE_BEGIN = 0x08004000,
	TABLE_END = 0x0800c000,
	PART_BYTES = 0x40000,
	USER_BYTES = 0x20000,
	START_MS = 1500,
	RECOVER_MS = 3500,
};

static const struct vboard_cut forms[] = {
	{ .by = VBOARD_CUT_OP, .form = VBOARD_CUT_BEFORE },
	{ .by = VBOARD_CUT_OP, .form = VBOARD_CUT_TORN, .permille = 300 },
	{ .by = VBOARD_CUT_OP, .form = VBOARD_CUT_TORN, .permille = 999 },
	{ .by = VBOARD_CUT_OP, .form = VBOARD_CUT_AFTER },
};

static struct vboard_cut cut_at(size_t op, size_t form)
{
	struct vboard_cut cut = forms[form];

	cut.at = op;
	return cut;
}

static const char *const eras[] = { "era-a", "era-b", "era-c", "robust" };

static struct device *device_of_era(const char *era)
{
	char from[32];
	char to[32];

	snprintf(from, sizeof(from), "%s-1.0", era);
	snprintf(to, sizeof(to), "%s-1.1", era);
	return device_new(from, to);
}

START_TEST(takes_an_update)
{
	struct device *dev = device_of_era(eras[_i]);

	ck_assert_msg(device_said(dev, "system: start, reset reason 40"), "%s", dev->text);
	ck_assert(device_said(dev, "application 1.0\r\n"));
	ck_assert(device_showed(dev, "breathing-white"));
	for (int part = DEVICE_PART1; part <= DEVICE_USER; part++) {
		ck_assert(!device_deliver(dev, (enum device_part)part, NULL));
		ck_assert(device_holds(dev, (enum device_part)part, true));
		ck_assert(device_showed(dev, "blinking-magenta-fast"));
	}
	device_boot(dev, START_MS);
	ck_assert_msg(device_said(dev, "system-part1 101, checked 30, passed 30\r\n"), "%s",
		      dev->text);
	ck_assert(device_said(dev, "system-part2 101, checked 30, passed 30\r\n"));
	ck_assert(device_said(dev, "application 1.1\r\n"));
	ck_assert(device_showed(dev, "breathing-white"));
	device_free(dev);
}
END_TEST

/* What becomes of a board whose power is cut in the middle of a copy (facts 2.4, outcome table). */
static const struct row {
	const char *era;
	enum device_part part;
	bool resumed;
	const char *led;
} rows[] = {
	{ "era-a", DEVICE_PART1, true, "breathing-white" },
	{ "era-a", DEVICE_USER, true, "breathing-white" },
	{ "era-b", DEVICE_PART2, false, "sos" },
	{ "era-b", DEVICE_USER, false, "breathing-magenta" },
	{ "era-c", DEVICE_PART2, false, "sos" },
	{ "era-c", DEVICE_USER, true, "breathing-white" },
	{ "robust", DEVICE_PART1, true, "breathing-white" },
	/* resumed; and in safe mode, because it needs a part 1 of its own version */
	{ "robust", DEVICE_PART2, true, "breathing-magenta" },
	{ "robust", DEVICE_USER, true, "breathing-white" },
};

START_TEST(cut_in_the_middle_of_a_copy)
{
	const struct row *row = &rows[_i];
	uint32_t begin = device_address(row->part);
	uint32_t end = begin + (row->part == DEVICE_USER ? USER_BYTES : PART_BYTES);
	struct device *dev = device_of_era(row->era);
	struct vboard_cut cut;
	size_t first;
	size_t last;

	device_keep(dev);
	ck_assert(!device_deliver(dev, row->part, NULL));
	first = device_first_op(dev, begin, end, 0);
	last = device_last_op(dev, begin,
			      begin + (row->part == DEVICE_USER ? USER_BYTES : PART_BYTES));
	device_put_back(dev);
	cut = cut_at(first + (last - first) / 2, 1);
	ck_assert(device_deliver(dev, row->part, &cut));
	device_boot(dev, 12000);
	ck_assert_int_eq(device_holds(dev, row->part, true), row->resumed);
	ck_assert_msg(device_showed(dev, row->led), "%s part %u", row->era, row->part);
	device_free(dev);
}
END_TEST

/* After a cut the device runs and has the old module or the new one whole, whatever was cut. */
static void must_be_whole(struct device *dev, enum device_part part, size_t op, size_t form)
{
	bool is_new = device_holds(dev, part, true);

	ck_assert_msg(is_new || device_holds(dev, part, false), "operation %zu, form %zu", op,
		      form);
	ck_assert_msg(device_said(dev, "system: start"), "operation %zu, form %zu: '%s'", op, form,
		      dev->text);
	if (part == DEVICE_USER)
		ck_assert(device_said(dev, is_new ? "application 1.1" : "application 1.0"));
}

/* The application is the smallest module, so all its operations can be cut here. */
START_TEST(robust_survives_a_cut_at_every_operation)
{
	struct device *dev = device_of_era("robust");
	size_t count;
	unsigned int stride = flow_scale(1, 9);

	device_keep(dev);
	ck_assert(!device_deliver(dev, DEVICE_USER, NULL));
	count = dev->op_count;
	ck_assert_uint_gt(count, 80);
	for (size_t op = 0; op < count; op += stride) {
		struct vboard_cut cut = cut_at(op, (size_t)_i);

		device_put_back(dev);
		ck_assert(device_deliver(dev, DEVICE_USER, &cut));
		device_boot_until(dev, "application 1.", RECOVER_MS);
		led_watch_run(&dev->watch, 1); /* the rest of the line */
		must_be_whole(dev, DEVICE_USER, op, (size_t)_i);
	}
	device_free(dev);
}
END_TEST

/* A second cut, at each of the operations that the first boot after one does. */
START_TEST(robust_survives_two_cuts_in_a_row)
{
	struct device *dev = device_of_era("robust");
	unsigned int stride = flow_scale(3, 17);
	struct vboard_cut first;
	size_t copy;

	device_keep(dev);
	ck_assert(!device_deliver(dev, DEVICE_USER, NULL));
	copy = device_first_op(dev, device_address(DEVICE_USER),
			       device_address(DEVICE_USER) + USER_BYTES, 0);
	first = cut_at(copy + 20, 1);
	device_put_back(dev);
	ck_assert(device_deliver(dev, DEVICE_USER, &first));
	device_keep(dev);
	for (size_t op = 0;; op += stride) {
		struct vboard_cut second = cut_at(op, op / stride % ARRAY_LEN(forms));

		device_put_back(dev);
		if (!device_boot_cut(dev, &second, RECOVER_MS))
			break; /* there are no more operations */
		device_boot_until(dev, "application 1.", RECOVER_MS);
		led_watch_run(&dev->watch, 1); /* the rest of the line */
		must_be_whole(dev, DEVICE_USER, op, 0);
		ck_assert(device_holds(dev, DEVICE_USER, true));
		ck_assert_uint_lt(op, 1000);
	}
	device_free(dev);
}
END_TEST

/* What is staged is checked before anything is touched. */
START_TEST(damaged_download_is_dropped)
{
	struct device *dev = device_of_era(eras[_i]);
	const struct vboard_cut *none = NULL;
	uint32_t word = 0;
	struct vboard_cut cut;

	device_keep(dev);
	ck_assert(!device_deliver(dev, DEVICE_USER, none));
	cut = cut_at(device_first_op(dev, device_address(DEVICE_USER),
				     device_address(DEVICE_USER) + USER_BYTES, 0),
		     0);
	device_put_back(dev);
	ck_assert(device_deliver(dev, DEVICE_USER, &cut));
	ck_assert(vboard_flash_load(dev->vb, 0x080c0040, &word, sizeof(word)));
	device_boot(dev, RECOVER_MS);
	/* era B has dropped the record before the copy: nothing is pending either way */
	ck_assert(device_holds(dev, DEVICE_USER, false));
	ck_assert(device_said(dev, "application 1.0"));
	ck_assert(!device_showed(dev, "blinking-magenta-fast"));
	device_free(dev);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference firmware");
	TCase *tcase = tcase_create("eras");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, takes_an_update, 0, ARRAY_LEN(eras));
	tcase_add_loop_test(tcase, cut_in_the_middle_of_a_copy, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(tcase, robust_survives_a_cut_at_every_operation, 0, ARRAY_LEN(forms));
	tcase_add_test(tcase, robust_survives_two_cuts_in_a_row);
	tcase_add_loop_test(tcase, damaged_download_is_dropped, 0, ARRAY_LEN(eras));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
