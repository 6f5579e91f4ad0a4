/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board/board.h"
#include "image/platform.h"
#include "lib/testing.h"

START_TEST(names_and_numbers)
{
	ck_assert_str_eq(image_platform_name(6), "photon");
	ck_assert_str_eq(image_platform_name(8), "p1");
	ck_assert_str_eq(image_platform_name(10), "electron");
	ck_assert_str_eq(image_platform_name(13), "boron");
	ck_assert_str_eq(image_platform_name(999), "unknown");
	ck_assert_uint_eq(image_platform_by_name("argon")->id, 12);
	ck_assert_ptr_null(image_platform_by_name("pdp-11"));
	ck_assert_ptr_null(image_platform_by_name(""));
	ck_assert_int_eq(image_platform_generation(8), IMAGE_GENERATION_2);
	ck_assert_int_eq(image_platform_generation(26), IMAGE_GENERATION_3);
	ck_assert_int_eq(image_platform_generation(999), IMAGE_GENERATION_UNKNOWN);
}
END_TEST

/* The board profiles say the same in their own words; they must not drift apart. */
static const char *const boards[] = { "p1", "photon", "electron" };

START_TEST(places_are_those_of_the_board)
{
	struct err err = ERR_INIT;
	struct board board;
	size_t modules = 0;
	char path[128];

	snprintf(path, sizeof(path), "firmware-under-test/boards/%s.yaml", boards[_i]);
	ck_assert_msg(board_load(path, &board, &err) == 0, "%s", err.text);
	ck_assert_str_eq(image_platform_name(board.platform_id), boards[_i]);
	for (size_t i = 0; i < board.region_count; i++) {
		const struct board_region *region = &board.regions[i];
		const struct image_place *place =
			image_place_of(board.platform_id, region->function, region->index);

		if (!region->function)
			continue;
		modules++;
		ck_assert_ptr_nonnull(place);
		ck_assert_uint_eq(place->start, region->start);
		ck_assert_uint_eq(place->end, region->start + region->size);
		ck_assert_ptr_eq(image_place_at(board.platform_id, place->end - 1), place);
	}
	ck_assert_uint_ge(modules, 4);
}
END_TEST

START_TEST(places_of_others)
{
	ck_assert_uint_eq(image_place_of(12, IMAGE_FUNCTION_SYSTEM, 1)->start, 0x30000);
	ck_assert_uint_eq(image_place_of(13, IMAGE_FUNCTION_BOOTLOADER, 0)->start, 0xf4000);
	ck_assert_uint_eq(image_place_of(13, IMAGE_FUNCTION_USER, 2)->start, 0xb4000);
	ck_assert_ptr_null(image_place_of(6, IMAGE_FUNCTION_SYSTEM, 3));
	ck_assert_ptr_null(image_place_of(999, IMAGE_FUNCTION_SYSTEM, 1));
	ck_assert_ptr_null(image_place_at(8, 0x08004000));
	ck_assert_ptr_null(image_place_at(8, 0x07ffffff));
	ck_assert_uint_eq(image_platform_place(10, 3)->index, 3);
	ck_assert_ptr_null(image_platform_place(10, 6));
	ck_assert_ptr_null(image_platform_place(999, 0));
}
END_TEST

static const struct sector {
	uint16_t platform_id;
	uint32_t address;
	uint32_t start;
	uint32_t size;
} sectors[] = {
	{ 8, 0x08000000, 0x08000000, 0x4000 },
	{ 8, 0x0800ffff, 0x0800c000, 0x4000 },
	{ 8, 0x08010000, 0x08010000, 0x10000 },
	{ 8, 0x0801ffff, 0x08010000, 0x10000 },
	{ 10, 0x08020000, 0x08020000, 0x20000 },
	{ 10, 0x080fffff, 0x080e0000, 0x20000 },
	{ 10, 0x08100000, 0, 0 },
	{ 10, 0x07ffffff, 0, 0 },
	{ 12, 0x00030fff, 0x00030000, 0x1000 },
	{ 12, 0x00100000, 0, 0 },
	{ 999, 0x08020000, 0, 0 },
};

START_TEST(sectors_are_found)
{
	const struct sector *want = &sectors[_i];
	uint32_t size = 1;

	ck_assert_uint_eq(image_sector_at(want->platform_id, want->address, &size), want->start);
	ck_assert_uint_eq(size, want->size);
}
END_TEST

static const struct known {
	struct image_header header;
	const char *releases;
} known[] = {
	{ { .function = IMAGE_FUNCTION_SYSTEM, .platform_id = 8, .version = 17 }, "0.5.2" },
	{ { .function = IMAGE_FUNCTION_SYSTEM, .platform_id = 12, .version = 1502 }, "1.5.0" },
	{ { .function = IMAGE_FUNCTION_BOOTLOADER, .platform_id = 8, .version = 501 },
	  "1.4.4, 1.5.0, 1.5.1" },
	{ { .function = IMAGE_FUNCTION_BOOTLOADER, .platform_id = 6, .version = 7 },
	  "0.4.9, 0.5.0, 0.5.2, 0.5.3" },
	{ { .function = IMAGE_FUNCTION_BOOTLOADER, .platform_id = 12, .version = 501 }, NULL },
	{ { .function = IMAGE_FUNCTION_SYSTEM, .platform_id = 8, .version = 18 }, NULL },
	{ { .function = IMAGE_FUNCTION_USER, .platform_id = 8, .version = 17 }, NULL },
};

START_TEST(versions_are_told)
{
	char buf[IMAGE_RELEASES_TEXT_MAX];
	const char *releases = image_version_releases(&known[_i].header, buf);

	if (known[_i].releases)
		ck_assert_str_eq(releases, known[_i].releases);
	else
		ck_assert_ptr_null(releases);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_platform");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, names_and_numbers);
	tcase_add_loop_test(tcase, places_are_those_of_the_board, 0, ARRAY_LEN(boards));
	tcase_add_test(tcase, places_of_others);
	tcase_add_loop_test(tcase, sectors_are_found, 0, ARRAY_LEN(sectors));
	tcase_add_loop_test(tcase, versions_are_told, 0, ARRAY_LEN(known));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
