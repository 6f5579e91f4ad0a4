/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a bench's slots learn from the profiles of their boards. */
#include "campaign/bench_boards.h"
#include "base/text.h"
#include "lib/testing.h"

#include <string.h>

static void make_bench(struct bench *bench, const char *first, const char *second)
{
	*bench = (struct bench){ .name = "desk", .path = "desk.yaml", .slot_count = 2 };
	text_copy(bench->slots[0].board, BENCH_NAME_MAX, first);
	text_copy(bench->slots[1].board, BENCH_NAME_MAX, second);
	bench->slots[0].board_line = 4;
	bench->slots[1].board_line = 9;
}

START_TEST(ids_come_from_the_profiles)
{
	AUTO_FREE struct bench *bench = malloc(sizeof(*bench));
	struct err err = ERR_INIT;

	make_bench(bench, "p1", "photon");
	ck_assert_msg(bench_boards_fill(bench, &err) == 0, "%s", err.text);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(bench->slots[i].usb.vendor, 0x2b04);
		ck_assert_uint_eq(bench->slots[i].usb.product_count, 2);
	}
	ck_assert_uint_eq(bench->slots[0].usb.products[0], 0xc008);
	ck_assert_uint_eq(bench->slots[0].usb.products[1], 0xd008);
	ck_assert_uint_eq(bench->slots[1].usb.products[0], 0xc006);
	ck_assert_uint_eq(bench->slots[1].usb.products[1], 0xd006);
}
END_TEST

START_TEST(a_board_without_a_profile_is_refused)
{
	AUTO_FREE struct bench *bench = malloc(sizeof(*bench));
	struct err err = ERR_INIT;

	make_bench(bench, "p1", "argon");
	ck_assert_int_lt(bench_boards_fill(bench, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_str_eq(err.file, "desk.yaml");
	ck_assert_uint_eq(err.line, 9);
	ck_assert_msg(strncmp(err.text, "there is no board 'argon' (no file '", 36) == 0, "%s",
		      err.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bench: boards");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, ids_come_from_the_profiles);
	tcase_add_test(tcase, a_board_without_a_profile_is_refused);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
