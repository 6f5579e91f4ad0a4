/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of ways, the names of points, what every way shares, and the record of an update. */
#include "base/macros.h"
#include "delivery/step.h"
#include "delivery/system_error.h"
#include "delivery/ymodem_block.h"
#include "image/record.h"
#include "lib/testing.h"

#include <string.h>

static const char *const ways[] = {
	"staged", "ymodem", "dfu", "dfu-staged", "usb-control", "exec"
};

START_TEST(ways_are_found_by_name)
{
	const struct delivery *way = delivery_find(ways[_i]);
	char names[256];

	ck_assert_ptr_nonnull(way);
	ck_assert_str_eq(way->name, ways[_i]);
	ck_assert(way->prepare && way->send);
	ck_assert(!way->open == !way->close || !way->close);
	ck_assert_uint_eq(way->acts & 1u, 0);
	ck_assert_uint_lt(way->acts, 1u << FUZZ_COUNT);
	delivery_names(names, sizeof(names));
	ck_assert_ptr_nonnull(strstr(names, ways[_i]));
	ck_assert_ptr_null(delivery_find("carrier-pigeon"));
}
END_TEST

START_TEST(points_have_names)
{
	for (int point = DELIVERY_BEGUN; point <= DELIVERY_TAKEN; point++)
		ck_assert_int_eq(
			delivery_point_from_name(delivery_point_name((enum delivery_point)point)),
			point);
	ck_assert_int_eq(delivery_point_from_name("none"), DELIVERY_POINT_NONE);
	ck_assert_int_eq(delivery_point_from_name(""), DELIVERY_POINT_NONE);
}
END_TEST

/* Facts 2.1: magic, addresses, length, flags, function; little endian. */
START_TEST(record_of_a_pending_update)
{
	static const uint8_t expected[RECORD_BYTES] = {
		0xcd, 0xab, 0, 0, 0, 0, 0x0c, 0x08, 0, 0, 6, 8, 4, 3, 2, 1, 0x0e, 4, 255, 255
	};
	const struct record record = {
		.source = 0x080c0000, .destination = 0x08060000, .length = 0x01020304, .function = 4
	};
	uint8_t bytes[RECORD_BYTES];

	record_make(&record, bytes);
	ck_assert_mem_eq(bytes, expected, sizeof(bytes));
	ck_assert(record_is_pending(bytes));
	memset(bytes, 0, sizeof(bytes)); /* freed up to 0.6 */
	ck_assert(!record_is_pending(bytes));
	memset(bytes, 0xff, sizeof(bytes)); /* and since */
	ck_assert(!record_is_pending(bytes));
	ck_assert_uint_eq(record_offset(0), 2852);
	ck_assert_uint_eq(record_offset(4), 2932);
}
END_TEST

START_TEST(blocks_of_ymodem)
{
	struct ymodem_block block;

	ymodem_block_data(255, (const uint8_t *)"123456789", 9, YMODEM_LONG_BYTES, &block);
	ck_assert_uint_eq(block.len, 3 + 1024 + 2);
	ck_assert_mem_eq(block.bytes,
			 "\x02\xff\x00"
			 "123456789\x1a\x1a",
			 14);
	ck_assert_mem_eq(block.bytes + 3 + 1024, "\0\0", 2);
	ymodem_block_file("binary", 12345, &block);
	ck_assert_mem_eq(block.bytes,
			 "\x01\x00\xff"
			 "binary\0"
			 "12345 \0",
			 17);
	ymodem_block_file(NULL, 0, &block);
	for (size_t i = 0; i < YMODEM_SHORT_BYTES; i++)
		ck_assert_uint_eq(block.bytes[3 + i], 0);
}
END_TEST

/* The sum of "123456789" is 0x31c3 (CRC-16/XMODEM's check value). */
START_TEST(sum_of_a_block)
{
	struct ymodem_block block = { .bytes = { 1, 1, 0xfe, '1', '2', '3', '4', '5', '6', '7', '8',
						 '9' },
				      .len = 3 + 9 + 2 };

	ymodem_block_seal(&block);
	ck_assert_uint_eq(block.bytes[12], 0x31);
	ck_assert_uint_eq(block.bytes[13], 0xc3);
}
END_TEST

START_TEST(whose_fault_it_is)
{
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };

	ck_assert_int_eq(delivery_fail(&outcome, DELIVERY_WHOLE, "no %d", 7), DELIVERY_OVER);
	ck_assert_int_eq(outcome.result, DELIVERY_REFUSED);
	ck_assert_str_eq(outcome.text, "no 7");
	delivery_fail(&outcome, DELIVERY_HURT, "no");
	ck_assert_int_eq(outcome.result, DELIVERY_LOST);
	ck_assert_int_eq(delivery_finish(DELIVERY_OVER, &outcome), 0);
	ck_assert_int_eq(outcome.result, DELIVERY_LOST);
	ck_assert_int_eq(delivery_finish(0, &outcome), 0);
	ck_assert_int_eq(outcome.result, DELIVERY_DONE);
	ck_assert_int_eq(delivery_finish(-5, &outcome), -5);
	ck_assert_str_eq(system_error_text(-1330), "its sum is wrong");
	ck_assert_ptr_null(system_error_text(0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery");
	TCase *tcase = tcase_create("delivery");

	tcase_add_loop_test(tcase, ways_are_found_by_name, 0, ARRAY_LEN(ways));
	tcase_add_test(tcase, points_have_names);
	tcase_add_test(tcase, record_of_a_pending_update);
	tcase_add_test(tcase, blocks_of_ymodem);
	tcase_add_test(tcase, sum_of_a_block);
	tcase_add_test(tcase, whose_fault_it_is);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
