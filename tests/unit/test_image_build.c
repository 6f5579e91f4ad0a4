/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modules built, and two of them compared. */
#include "image/build.h"
#include "image/diff.h"
#include "lib/module.h"
#include "lib/released.h"
#include "lib/testing.h"

#include <errno.h>

static const struct image_recipe recipe = {
	.header = { .start = 0x080a0000,
		    .version = 7,
		    .platform_id = 8,
		    .function = IMAGE_FUNCTION_USER,
		    .index = 1,
		    .dependency = { { 4, 2, 207 } } },
	.product_id = IMAGE_NO_PRODUCT,
	.product_version = IMAGE_NO_PRODUCT,
};

static void expect_right(const uint8_t *bytes, size_t len)
{
	struct image_inspection in;
	struct image_findings findings;
	struct err err = ERR_INIT;

	ck_assert_msg(image_inspect(bytes, len, &in, &err) == 0, "%s", err.text);
	image_verify(&in, NULL, &findings);
	ck_assert_msg(findings.count == 0, "%s", findings.items[0].text);
}

START_TEST(a_body_becomes_a_module)
{
	static const size_t sizes[] = { 1, 2, 3, 4, 5, 1000 };
	size_t size = sizes[_i];
	struct err err = ERR_INIT;
	uint8_t body[1000];
	uint8_t *bytes;
	size_t len;

	memset(body, 0x42, sizeof(body));
	ck_assert_msg(image_build(&recipe, body, size, &bytes, &len, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(len, (size + 3) / 4 * 4 + 24 + 44);
	ck_assert_mem_eq(bytes + 24, body, size);
	for (size_t i = 24 + size; i < len - 40; i++)
		ck_assert_uint_eq(bytes[i], 0xff);
	expect_right(bytes, len);
	free(bytes);
}
END_TEST

START_TEST(a_header_comes_after_vectors)
{
	struct image_recipe boot = { .header = { .start = 0x08000000,
						 .version = 501,
						 .platform_id = 6,
						 .function = IMAGE_FUNCTION_BOOTLOADER },
				     .product_id = 12,
				     .product_version = 34 };
	uint8_t body[IMAGE_VECTORS_BYTES + 8] = { 0, 0, 2, 0x20, 0xa1, 1, 0, 8 };
	struct image_inspection in;
	uint8_t *bytes;
	size_t len;

	body[IMAGE_VECTORS_BYTES] = 0x77;
	ck_assert_int_eq(image_build(&boot, body, sizeof(body), &bytes, &len, NULL), 0);
	ck_assert_mem_eq(bytes, body, IMAGE_VECTORS_BYTES);
	ck_assert_uint_eq(bytes[IMAGE_VECTORS_BYTES + IMAGE_HEADER_BYTES], 0x77);
	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	ck_assert_uint_eq(in.header_offset, IMAGE_VECTORS_BYTES);
	ck_assert_uint_eq(in.product_id, 12);
	ck_assert_uint_eq(in.product_version, 34);
	expect_right(bytes, len);
	free(bytes);
}
END_TEST

/* What a linker made, taken apart and put together again, is the same module. */
START_TEST(a_released_module_is_rebuilt)
{
	const struct released want = {
		.file = "particle-cli-2.4.1/assets/binaries/tinker-0.4.5-p1.bin"
	};
	struct image_recipe again = { 0 };
	struct image image;
	uint8_t *bytes;
	uint8_t *built;
	size_t built_len;
	size_t len;

	if (!released_read(&want, &bytes, &len))
		TEST_SKIP(want.file);
	ck_assert_int_eq(image_parse(bytes, len, &image, NULL), 0);
	again.header = image.header;
	again.product_id = 8;
	again.product_version = 2;
	ck_assert_int_eq(image_build(&again, bytes + 24, len - 24 - 44, &built, &built_len, NULL),
			 0);
	ck_assert_uint_eq(built_len, len);
	ck_assert_mem_eq(built, bytes, len);
	free(built);
	image_release(&image);
	free(bytes);
}
END_TEST

static const struct refusal {
	uint16_t platform_id;
	uint32_t start;
	size_t body_len;
	uint8_t first_byte3; /* 0x20 makes it a stack pointer */
	const char *says;
} refusals[] = {
	{ 12, 0xd4000, 8, 0,
	  "modules for platform 12 (argon) cannot be built, only those of Gen 2" },
	{ 999, 0, 8, 0, "modules for platform 999 (unknown) cannot be built, only those of Gen 2" },
	{ 8, 0x080a0000, 0, 0, "offset 0x0: the body is empty" },
	{ 8, 0x08020000, 0x184, 0x20, "offset 0x184: the body ends in its vector table" },
	{ 8, 0x20000000, 8, 0,
	  "start address 0x20000000 looks like a stack pointer: no reader would find the header" },
	{ 8, 0xfffffff0, 8, 0, "start address 0xfffffff0 leaves no room for a module" },
	{ 8, 0x080a0000, IMAGE_BYTES_MAX, 0, "a body of 1048576 bytes is too large" },
};

START_TEST(what_cannot_be_built)
{
	const struct refusal *r = &refusals[_i];
	uint8_t *body = calloc(1, r->body_len + 4);
	struct image_recipe bad = recipe;
	struct err err = ERR_INIT;
	uint8_t *bytes = NULL;
	size_t len;

	ck_assert_ptr_nonnull(body);
	body[3] = r->first_byte3;
	bad.header.platform_id = r->platform_id;
	bad.header.start = r->start;
	ck_assert_int_lt(image_build(&bad, body, r->body_len, &bytes, &len, &err), 0);
	ck_assert_str_eq(err.text, r->says);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_ptr_null(bytes);
	free(body);
}
END_TEST

START_TEST(dependencies_are_read)
{
	static const char *const bad[] = { "",
					   "system",
					   "system.2",
					   "system:2",
					   "system.2:",
					   "system.2:65536",
					   "sys.2:1",
					   "none.0:1",
					   "system.256:1",
					   "system.:1",
					   ".2:1",
					   "system.2:x",
					   "unknown.1:1",
					   "systemsystemsystemsystem.1:1" };
	struct image_dependency need = { 0 };
	struct err err = ERR_INIT;

	ck_assert_int_eq(image_dependency_parse("system.2:207", &need, NULL), 0);
	ck_assert_uint_eq(need.function, IMAGE_FUNCTION_SYSTEM);
	ck_assert_uint_eq(need.index, 2);
	ck_assert_uint_eq(need.version_min, 207);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(image_dependency_parse(bad[i], &need, &err) < 0, "%s", bad[i]);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_uint_eq(need.version_min, 207);
}
END_TEST

static void compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len,
		    struct image_diff *ret)
{
	struct image_inspection in[2];
	struct image_side sides[2] = { { a, &in[0] }, { b, &in[1] } };

	ck_assert_int_eq(image_inspect(a, a_len, &in[0], NULL), 0);
	ck_assert_int_eq(image_inspect(b, b_len, &in[1], NULL), 0);
	image_diff(&sides[0], &sides[1], ret);
}

START_TEST(differences_are_counted)
{
	struct image_header header = recipe.header;
	struct image_diff diff;
	size_t len;
	uint8_t *a = module_make(header, 0, 0x21000, &len);
	uint8_t *b = module_make(header, 0, 0x21000, &len);

	compare(a, len, b, len, &diff);
	ck_assert(!diff.differs && diff.bytes == 0 && diff.sectors == 0);
	b[0x101] = 1;
	b[0x103] = 2;
	b[0x104] = 3;
	compare(a, len, b, len, &diff);
	ck_assert(diff.differs && !diff.elsewhere);
	ck_assert_uint_eq(diff.bytes, 3);
	ck_assert_uint_eq(diff.words, 2);
	ck_assert_uint_eq(diff.sectors, 1);
	ck_assert_uint_eq(diff.offset, 0x101);
	ck_assert_uint_eq(diff.address, 0x080a0101);
	ck_assert_uint_eq(diff.word, 0x080a0100);
	ck_assert_uint_eq(diff.word_of[0], 0x5a5a5a5a);
	ck_assert_uint_eq(diff.word_of[1], 0x025a015a);
	b[0x20000] = 9; /* the next sector */
	compare(a, len, b, len, &diff);
	ck_assert_uint_eq(diff.sectors, 2);
	free(a);
	free(b);
}
END_TEST

START_TEST(one_is_longer)
{
	struct image_diff diff;
	size_t len;
	uint8_t *a = module_make(recipe.header, 0, 64, &len);
	uint8_t *b = calloc(1, len + 6);

	ck_assert_ptr_nonnull(b);
	memcpy(b, a, len);
	memset(b + len, 0x11, 6);
	compare(a, len, b, len + 6, &diff);
	ck_assert(diff.differs);
	ck_assert_uint_eq(diff.bytes, 0);
	ck_assert_uint_eq(diff.rest, 6);
	ck_assert_uint_eq(diff.sectors, 1);
	ck_assert_uint_eq(diff.address, recipe.header.start + len);
	ck_assert_uint_eq(diff.word_of[0], 0xffffffff);
	ck_assert_uint_eq(diff.word_of[1], 0x11111111);
	free(a);
	free(b);
}
END_TEST

START_TEST(elsewhere)
{
	struct image_header header = recipe.header;
	struct image_diff diff;
	size_t len;
	uint8_t *a = module_make(header, 0, 64, &len);
	uint8_t *b;

	header.start = 0x08080000;
	b = module_make(header, 0, 64, &len);
	compare(a, len, b, len, &diff);
	ck_assert(diff.differs && diff.elsewhere);
	free(a);
	free(b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_build");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, a_body_becomes_a_module, 0, 6);
	tcase_add_test(tcase, a_header_comes_after_vectors);
	tcase_add_test(tcase, a_released_module_is_rebuilt);
	tcase_add_loop_test(tcase, what_cannot_be_built, 0, ARRAY_LEN(refusals));
	tcase_add_test(tcase, dependencies_are_read);
	tcase_add_test(tcase, differences_are_counted);
	tcase_add_test(tcase, one_is_longer);
	tcase_add_test(tcase, elsewhere);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
