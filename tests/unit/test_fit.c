/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/fit.h"
#include "lib/testing.h"

#include <errno.h>

static const struct board toy_board = {
	.name = "toy",
	.platform_id = 8,
	.regions = { { "staging", 0x9000, 0x1000, 0, 0 },
		     { "bootloader", 0x1000, 0x100, IMAGE_FUNCTION_BOOTLOADER, 0 },
		     { "system-part1", 0x2000, 0x100, IMAGE_FUNCTION_SYSTEM, 1 } },
	.region_count = 3,
};

static const struct release toy_release = {
	.path = "toy.yaml",
	.name = "toy-1",
	.board = "toy",
	.modules = { { .name = "bootloader",
		       .line = 5,
		       .image = { .len = 0x100,
				  .header = { .start = 0x1000,
					      .platform_id = 8,
					      .function = IMAGE_FUNCTION_BOOTLOADER } } },
		     { .name = "system-part1",
		       .line = 9,
		       .image = { .len = 0x80,
				  .header = { .start = 0x2000,
					      .platform_id = 8,
					      .function = IMAGE_FUNCTION_SYSTEM,
					      .index = 1 } } } },
	.module_count = 2,
};

START_TEST(fits)
{
	ck_assert_int_eq(release_check_board(&toy_release, &toy_board, NULL), 0);
}
END_TEST

static void expect(const struct release *release, const struct board *board, unsigned int line,
		   const char *says)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(release_check_board(release, board, &err), -EINVAL);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_str_eq(err.file, "toy.yaml");
	ck_assert_uint_eq(err.line, line);
	ck_assert_str_eq(err.text, says);
}

START_TEST(does_not_fit)
{
	struct release release = toy_release;
	struct board board = toy_board;
	struct image *image = &release.modules[1].image;

	board.platform_id = 6;
	expect(&release, &board, 5, "module 'bootloader' is for platform 8, board 'toy' is 6");
	board = toy_board;
	board.regions[1].size = 0xff;
	expect(&release, &board, 5, "module 'bootloader' has 256 bytes, its region 255");
	image->header.index = 2;
	expect(&release, &toy_board, 9,
	       "board 'toy' has no region for module 'system-part1' (system 2)");
	image->header.function = 0;
	image->header.index = 0;
	expect(&release, &toy_board, 9,
	       "board 'toy' has no region for module 'system-part1' (none 0)");
	release = toy_release;
	image->header.start = 0x2004;
	expect(&release, &toy_board, 9,
	       "module 'system-part1' starts at 0x00002004, its region at 0x00002000");
	release = toy_release;
	snprintf(release.modules[1].name, sizeof(release.modules[1].name), "part1");
	expect(&release, &toy_board, 9, "module 'part1' is what board 'toy' calls 'system-part1'");
	release = toy_release;
	snprintf(release.board, sizeof(release.board), "photon");
	expect(&release, &toy_board, 0, "release 'toy-1' is for board 'photon', not 'toy'");
}
END_TEST

static const char *const shipped[] = {
	"particle-0.5.2-p1", "particle-0.5.2-restaged-p1", "particle-1.5.0-p1",
	"particle-1.5.2-p1", "particle-2.0.1-p1",
};

/* An empty cache is the last thing to go wrong: all before it is right. */
START_TEST(shipped_manifest_is_right)
{
	struct err err = ERR_INIT;
	struct release release;
	char path[128];

	snprintf(path, sizeof(path), "firmware-under-test/releases/%s.yaml", shipped[_i]);
	ck_assert_int_eq(release_load(path, testing_folder(), &release, &err), -ENOENT);
	ck_assert_str_eq(err.file, path);
}
END_TEST

START_TEST(shipped_release_fits_its_board)
{
	char *cache = release_cache_dir();
	struct err err = ERR_INIT;
	struct release release;
	struct board board;
	char path[128];
	int r;

	if (!cache)
		TEST_SKIP("no firmware cache");
	snprintf(path, sizeof(path), "firmware-under-test/releases/%s.yaml", shipped[_i]);
	r = release_load(path, cache, &release, &err);
	free(cache);
	if (r == -ENOENT)
		TEST_SKIP(path);
	ck_assert_msg(r == 0, "%s:%u: %s", err.file, err.line, err.text);
	ck_assert_str_eq(release.name, shipped[_i]);
	ck_assert_int_eq(board_load("firmware-under-test/boards/p1.yaml", &board, &err), 0);
	ck_assert_msg(release_check_board(&release, &board, &err) == 0, "%s:%u: %s", err.file,
		      err.line, err.text);
	ck_assert_uint_eq(release.module_count, 4);
	release_release(&release);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fit");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, fits);
	tcase_add_test(tcase, does_not_fit);
	tcase_add_loop_test(tcase, shipped_manifest_is_right, 0, ARRAY_LEN(shipped));
	tcase_add_loop_test(tcase, shipped_release_fits_its_board, 0, ARRAY_LEN(shipped));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
