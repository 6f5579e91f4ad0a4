/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "lib/testing.h"

static const struct {
	const char *text;
	int64_t us;
} good_durations[] = {
	{ "0", 0 },
	{ "0s", 0 },
	{ "16us", 16 },
	{ "250ms", 250000 },
	{ "3s", 3000000 },
	{ "2min", 120000000 },
	{ "8h", 28800000000 },
	{ "9223372036854775807us", INT64_MAX },
};

START_TEST(durations)
{
	int64_t us = -1;
	struct err err = ERR_INIT;

	ck_assert_int_eq(text_parse_duration(good_durations[_i].text, &us, &err), 0);
	ck_assert_int_eq(us, good_durations[_i].us);
}
END_TEST

static const struct {
	const char *text;
	const char *says;
} bad_durations[] = {
	{ "", "'' is not a duration" },
	{ "s", "'s' is not a duration" },
	{ "-1s", "'-1s' is not a duration" },
	{ " 1s", "' 1s' is not a duration" },
	{ "5", "duration '5' needs a unit: us, ms, s, min, h" },
	{ "1.5s", "duration '1.5s' needs a unit: us, ms, s, min, h" },
	{ "5 s", "duration '5 s' needs a unit: us, ms, s, min, h" },
	{ "5sec", "duration '5sec' needs a unit: us, ms, s, min, h" },
	{ "9223372036854775808us", "duration '9223372036854775808us' is too long" },
	{ "9223372036854776ms", "duration '9223372036854776ms' is too long" },
	{ "99999999999999999999s", "duration '99999999999999999999s' is too long" },
};

START_TEST(durations_refused)
{
	int64_t us = -1;
	struct err err = ERR_INIT;

	ck_assert_int_lt(text_parse_duration(bad_durations[_i].text, &us, &err), 0);
	ck_assert_str_eq(err.text, bad_durations[_i].says);
	ck_assert_int_eq(us, -1);
}
END_TEST

static const struct {
	const char *text;
	uint64_t max;
	uint64_t value;
} good_numbers[] = {
	{ "0", 0, 0 },	     { "7", 7, 7 },
	{ "010", 100, 10 }, /* never octal */
	{ "0x1f", 255, 31 }, { "18446744073709551615", UINT64_MAX, UINT64_MAX },
};

START_TEST(numbers)
{
	uint64_t value = 99;
	struct err err = ERR_INIT;

	ck_assert_int_eq(text_parse_u64(good_numbers[_i].text, good_numbers[_i].max, &value, &err),
			 0);
	ck_assert_uint_eq(value, good_numbers[_i].value);
}
END_TEST

static const struct {
	const char *text;
	uint64_t max;
	const char *says;
} bad_numbers[] = {
	{ "", 9, "'' is not a number" },
	{ "x", 9, "'x' is not a number" },
	{ "-1", 9, "'-1' is not a number" },
	{ "+1", 9, "'+1' is not a number" },
	{ "1a", 9, "'1a' is not a number" },
	{ "0x", 9, "'0x' is not a number" },
	{ "0x-1", 9, "'0x-1' is not a number" },
	{ "10", 9, "'10' is too large, at most 9" },
	{ "18446744073709551616", UINT64_MAX,
	  "'18446744073709551616' is too large, at most 18446744073709551615" },
};

START_TEST(numbers_refused)
{
	uint64_t value = 99;
	struct err err = ERR_INIT;

	ck_assert_int_lt(text_parse_u64(bad_numbers[_i].text, bad_numbers[_i].max, &value, &err),
			 0);
	ck_assert_str_eq(err.text, bad_numbers[_i].says);
	ck_assert_uint_eq(value, 99);
}
END_TEST

START_TEST(copy_always_ends)
{
	char buf[4] = "xxx";

	ck_assert(text_copy(buf, sizeof(buf), "abc"));
	ck_assert_str_eq(buf, "abc");
	ck_assert(!text_copy(buf, sizeof(buf), "abcd"));
	ck_assert_str_eq(buf, "abc");
	ck_assert(text_copy(buf, 1, ""));
	ck_assert_str_eq(buf, "");
	ck_assert(!text_copy(buf, 0, ""));
}
END_TEST

static const struct {
	int64_t us;
	const char *exact;
	const char *human;
} formats[] = {
	{ 0, "0", "0 us" },
	{ 16, "16us", "16 us" },
	{ 1500, "1500us", "1.50 ms" },
	{ 101000, "101ms", "101 ms" },
	{ 1500000, "1500ms", "1.50 s" },
	{ 3412345, "3412345us", "3.41 s" },
	{ 60000000, "1min", "60.0 s" },
	{ 7200000000, "2h", "7200 s" },
};

START_TEST(duration_formats)
{
	char buf[32];
	int64_t us;

	text_format_duration(formats[_i].us, buf, sizeof(buf));
	ck_assert_str_eq(buf, formats[_i].exact);
	ck_assert_int_eq(text_parse_duration(buf, &us, NULL), 0);
	ck_assert_int_eq(us, formats[_i].us);
	text_format_human(formats[_i].us, buf, sizeof(buf));
	ck_assert_str_eq(buf, formats[_i].human);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, durations, 0, ARRAY_LEN(good_durations));
	tcase_add_loop_test(tcase, durations_refused, 0, ARRAY_LEN(bad_durations));
	tcase_add_loop_test(tcase, numbers, 0, ARRAY_LEN(good_numbers));
	tcase_add_loop_test(tcase, numbers_refused, 0, ARRAY_LEN(bad_numbers));
	tcase_add_loop_test(tcase, duration_formats, 0, ARRAY_LEN(formats));
	tcase_add_test(tcase, copy_always_ends);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
