/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What wrappers do besides letting everything through (tests/contract has that): faults come from
 * the seed and at the rates asked for; a record is kept to, and says where it was left.
 */
#include "base/file.h"
#include "bench/wrap/wrap.h"
#include "lib/fake_slot.h"
#include "lib/testing.h"

#include <errno.h>
#include <string.h>

enum { TRIES = 400 };

static void open_faulty(struct fake_board *fake, const struct wrap_fault *fault, struct slot *ret)
{
	fake_slot_open(fake, ret);
	ck_assert_int_eq(wrap_fault(ret, fault, NULL), 0);
}

/* How many of TRIES orders did not arrive, or (with 'errors') failed. */
static unsigned int faults(const struct wrap_fault *fault, unsigned int *ret_errors)
{
	struct fake_board *fake = calloc(1, sizeof(*fake));
	unsigned int missed = 0;
	struct slot slot;

	ck_assert_ptr_nonnull(fake);
	open_faulty(fake, fault, &slot);
	*ret_errors = 0;
	for (int i = 0; i < TRIES; i++) {
		bool on = i % 2 == 0;
		int r = slot_power_set(&slot, on ? SLOT_POWER_ON : SLOT_POWER_OFF, NULL);

		*ret_errors += r < 0;
		missed += fake->powered != on;
		fake->powered = on; /* as if it had */
	}
	slot_close(&slot);
	free(fake);
	return missed;
}

START_TEST(orders_are_lost_at_their_rate)
{
	struct wrap_fault fault = { .seed = 1 };
	unsigned int errors;
	unsigned int first;

	ck_assert_uint_eq(faults(&fault, &errors), 0);
	fault.rates[WRAP_TARGET_POWER].lost = 250;
	first = faults(&fault, &errors);
	ck_assert_uint_ge(first, TRIES / 8);
	ck_assert_uint_le(first, TRIES / 2);
	ck_assert_uint_eq(errors, 0);
	ck_assert_uint_eq(faults(&fault, &errors), first);
	fault.rates[WRAP_TARGET_POWER].lost = 1000;
	ck_assert_uint_eq(faults(&fault, &errors), TRIES);
	fault.rates[WRAP_TARGET_POWER] = (struct wrap_rates){ .wrong = 1000 };
	faults(&fault, &errors);
	ck_assert_uint_eq(errors, TRIES);
}
END_TEST

START_TEST(another_seed_other_faults)
{
	struct wrap_fault fault = { .seed = 1, .rates[WRAP_TARGET_POWER] = { .lost = 500 } };
	unsigned int errors;
	unsigned int first = faults(&fault, &errors);
	int others = 0;

	for (fault.seed = 2; fault.seed < 12; fault.seed++)
		others += faults(&fault, &errors) != first;
	ck_assert_int_ge(others, 5);
}
END_TEST

START_TEST(stuck_is_for_ever)
{
	static const struct wrap_fault fault = { .rates[WRAP_TARGET_LINE] = { .stuck = 1000 } };
	static struct fake_board fake = { .no_dfu = false };
	struct slot slot;

	open_faulty(&fake, &fault, &slot);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(slot_hold(&slot, SLOT_LINE_RESET, SLOT_HELD, NULL), 0);
		ck_assert_int_eq(fake.held[SLOT_LINE_RESET], SLOT_RELEASED);
	}
	ck_assert_int_eq(slot_power_set(&slot, SLOT_POWER_ON, NULL), 0); /* all else goes on */
	ck_assert(fake.powered);
	slot_close(&slot);
}
END_TEST

START_TEST(a_rail_that_lies)
{
	static const struct wrap_fault wrong = { .rates[WRAP_TARGET_RAIL] = { .wrong = 1000 } };
	static const struct wrap_fault stuck = { .rates[WRAP_TARGET_RAIL] = { .lost = 1000 } };
	static struct fake_board fake = { .no_dfu = false };
	struct slot slot;
	bool up = false;

	open_faulty(&fake, &wrong, &slot);
	ck_assert_int_eq(slot_rail_read(&slot, &up, NULL), 0);
	ck_assert(up);
	slot_close(&slot);
	open_faulty(&fake, &stuck, &slot);
	up = false;
	ck_assert_int_eq(slot_rail_read(&slot, &up, NULL), 0);
	ck_assert(up);
	slot_close(&slot);
}
END_TEST

START_TEST(late_orders_take_time)
{
	static const struct wrap_fault fault = { .rates[WRAP_TARGET_POWER] = { .late = 1000 } };
	static struct fake_board fake = { .no_dfu = false };
	struct slot slot;
	int64_t begin_us;

	open_faulty(&fake, &fault, &slot);
	begin_us = slot_now_us(&slot);
	ck_assert_int_eq(slot_power_set(&slot, SLOT_POWER_ON, NULL), 0);
	ck_assert(fake.powered);
	ck_assert_int_gt(slot_now_us(&slot), begin_us);
	ck_assert_int_le(slot_now_us(&slot), begin_us + WRAP_LATE_US_MAX);
	slot_close(&slot);
}
END_TEST

/* Makes a record of a few calls; the path of its file is written to 'path'. */
static void make_record(char path[256])
{
	static struct fake_board fake = { .no_dfu = false };
	enum slot_wait why;
	struct slot slot;

	snprintf(path, 256, "%s/record.txt", testing_folder());
	fake_slot_open(&fake, &slot);
	ck_assert_int_eq(wrap_record(&slot, path, NULL), 0);
	ck_assert_int_eq(slot_power_set(&slot, SLOT_POWER_ON, NULL), 0);
	ck_assert_int_eq(slot_wait(&slot, slot_now_us(&slot) + 1000, &why, NULL), 0);
	ck_assert_int_eq(slot_hold(&slot, SLOT_LINE_RESET, SLOT_HELD, NULL), 0);
	slot_close(&slot);
}

START_TEST(another_call_than_recorded_is_an_error_with_its_line)
{
	struct err err = ERR_INIT;
	struct slot slot;
	char path[256];

	make_record(path);
	ck_assert_int_eq(wrap_replay(path, &slot, NULL), 0);
	ck_assert_int_eq(slot_power_set(&slot, SLOT_POWER_ON, NULL), 0);
	ck_assert_int_eq(slot_hold(&slot, SLOT_LINE_RESET, SLOT_HELD, &err), -EINVAL);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.file, path);
	ck_assert_uint_eq(err.line, 4);
	ck_assert_ptr_nonnull(strstr(err.text, "the record has 'wait "));
	ck_assert_ptr_nonnull(strstr(err.text, "asked was 'hold 1 1'"));
	/* and stays one */
	ck_assert_int_eq(slot_power_set(&slot, SLOT_POWER_OFF, &err), -EINVAL);
	ck_assert_uint_eq(err.line, 4);
	slot_close(&slot);
}
END_TEST

START_TEST(more_calls_than_recorded)
{
	struct err err = ERR_INIT;
	enum slot_wait why;
	struct slot slot;
	char path[256];

	make_record(path);
	ck_assert_int_eq(wrap_replay(path, &slot, NULL), 0);
	ck_assert_int_eq(slot_power_set(&slot, SLOT_POWER_ON, NULL), 0);
	ck_assert_int_eq(slot_wait(&slot, slot_now_us(&slot) + 1000, &why, NULL), 0);
	ck_assert_int_eq(slot_hold(&slot, SLOT_LINE_RESET, SLOT_HELD, NULL), 0);
	ck_assert_int_lt(slot_hold(&slot, SLOT_LINE_RESET, SLOT_RELEASED, &err), 0);
	ck_assert_str_eq(err.text, "the record ends, asked was 'hold 1 0'");
	slot_close(&slot);
}
END_TEST

static const struct {
	const char *text;
	unsigned int line; /* 0: it is refused at once */
	const char *error;
} bad_records[] = {
	{ "", 0, "this is no record of a slot" },
	{ "otarig-slot 2 1 0 x\n", 0, "this is no record of a slot" },
	{ "otarig-slot 1 1 0\n", 0, "this is no record of a slot" },
	{ "otarig-slot 1 1 0 x\npower 1\n", 2, "'power 1' is no line of a record" },
	{ "otarig-slot 1 1 0 x\n> power 1\n", 2, "the record ends inside of 'power 1'" },
	{ "otarig-slot 1 1 0 x\n> power 1\n! smoke 3\n", 3, "'! smoke 3' is no line of a record" },
	{ "otarig-slot 1 1 0 x\n> power 1\n! led 3 1\n", 3, "'! led 3 1' is no line of a record" },
	{ "otarig-slot 1 1 0 x\n> power 1\n< 5\n", 3, "'< 5' is no line of a record" },
	{ "otarig-slot 1 1 0 x\n> power 1\n< 5 7\n", 3, "'< 5 7' is no line of a record" },
	{ "otarig-slot 1 1 0 x\n> power 1\n< 5 0 #zz\n", 3, "'< 5 0 #zz' is no line of a record" },
	{ "otarig-slot 1 1 0 x\n> power 1\n< 5 0 #61\n", 3, "'< 5 0 #61' is no line of a record" },
	{ "otarig-slot 1 1 0 x\n> power 1\n< 99999999999999999999 0\n", 3,
	  "'< 99999999999999999999 0' is no line of a record" },
};

START_TEST(bad_record)
{
	struct err err = ERR_INIT;
	struct slot slot;
	char path[256];
	int r;

	snprintf(path, sizeof(path), "%s/record.txt", testing_folder());
	ck_assert_int_eq(file_write(path, bad_records[_i].text, strlen(bad_records[_i].text), NULL),
			 0);
	r = wrap_replay(path, &slot, &err);
	if (bad_records[_i].line == 0) {
		ck_assert_int_lt(r, 0);
		ck_assert_int_eq(err.kind, ERR_CONFIG);
	} else {
		ck_assert_int_eq(r, 0);
		ck_assert_int_lt(slot_power_set(&slot, SLOT_POWER_ON, &err), 0);
		ck_assert_int_eq(err.kind, ERR_RIG);
		ck_assert_uint_eq(err.line, bad_records[_i].line);
		slot_close(&slot);
	}
	ck_assert_str_eq(err.text, bad_records[_i].error);
}
END_TEST

START_TEST(an_error_is_recorded_too)
{
	static struct fake_board fake = { .fails = FAKE_CALL_HOLD, .fails_at = 1 };
	struct err first = ERR_INIT;
	struct err again = ERR_INIT;
	struct slot slot;
	char path[256];
	int r;

	snprintf(path, sizeof(path), "%s/record.txt", testing_folder());
	fake_slot_open(&fake, &slot);
	ck_assert_int_eq(wrap_record(&slot, path, NULL), 0);
	r = slot_hold(&slot, SLOT_LINE_RESET, SLOT_HELD, &first);
	ck_assert_int_lt(r, 0);
	slot_close(&slot);
	ck_assert_int_eq(wrap_replay(path, &slot, NULL), 0);
	ck_assert_int_eq(slot_hold(&slot, SLOT_LINE_RESET, SLOT_HELD, &again), r);
	ck_assert_str_eq(again.text, first.text);
	ck_assert_int_eq(again.kind, ERR_RIG);
	slot_close(&slot);
}
END_TEST

static int open_fake(const struct bench_slot *bench, struct slot *ret, struct err *err)
{
	static struct fake_board fake;

	(void)bench;
	(void)err;
	fake_slot_open(&fake, ret);
	return 0;
}

START_TEST(wrappers_of_a_bench_file)
{
	struct bench_slot bench = {
		.wraps = { { .kind = BENCH_WRAP_FAULT, .wrong_permille = 1000 },
			   { .kind = BENCH_WRAP_RECORD, .file = "left.txt" } },
		.wrap_count = 2,
	};
	struct err err = ERR_INIT;
	struct slot slot;
	char path[256];

	snprintf(path, sizeof(path), "%s/bench.yaml", testing_folder());
	ck_assert_int_eq(wrap_open(&bench, path, open_fake, &slot, &err), 0);
	ck_assert_int_eq(slot_power_set(&slot, SLOT_POWER_ON, &err), -EIO);
	slot_close(&slot);
	bench.wraps[0] = (struct bench_wrap){ .kind = BENCH_WRAP_REPLAY, .file = "left.txt" };
	bench.wrap_count = 1;
	ck_assert_int_eq(wrap_open(&bench, path, open_fake, &slot, &err), 0);
	ck_assert_int_eq(slot_power_set(&slot, SLOT_POWER_ON, &err), -EIO);
	ck_assert_str_eq(err.text, "'power' failed, as was asked for (seed 0)");
	slot_close(&slot);
	bench.wraps[0].kind = BENCH_WRAP_RECORD;
	memcpy(bench.wraps[0].file, "/dev/null/x", sizeof("/dev/null/x"));
	ck_assert_int_eq(wrap_open(&bench, path, open_fake, &slot, &err), -ENOTDIR);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wrap");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, orders_are_lost_at_their_rate);
	tcase_add_test(tcase, another_seed_other_faults);
	tcase_add_test(tcase, stuck_is_for_ever);
	tcase_add_test(tcase, a_rail_that_lies);
	tcase_add_test(tcase, late_orders_take_time);
	tcase_add_test(tcase, another_call_than_recorded_is_an_error_with_its_line);
	tcase_add_test(tcase, more_calls_than_recorded);
	tcase_add_loop_test(tcase, bad_record, 0, ARRAY_LEN(bad_records));
	tcase_add_test(tcase, an_error_is_recorded_too);
	tcase_add_test(tcase, wrappers_of_a_bench_file);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
