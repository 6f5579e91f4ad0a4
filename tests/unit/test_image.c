/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/image.h"
#include "lib/module.h"
#include "lib/released.h"
#include "lib/testing.h"

#include <errno.h>

static const struct image_header sample = {
	.start = 0x08020000,
	.version = 1502,
	.platform_id = 8,
	.function = IMAGE_FUNCTION_SYSTEM,
	.index = 1,
	.dependency = { { 4, 2, 207 }, { 2, 0, 400 } },
};

enum { BODY = 248 };

static const size_t header_offsets[] = { 0, IMAGE_VECTORS_BYTES };

START_TEST(module_is_decoded)
{
	struct image_header want = sample;
	struct err err = ERR_INIT;
	struct image image;
	size_t len;
	uint8_t *bytes = module_make(sample, header_offsets[_i], BODY, &len);

	want.end = want.start + (uint32_t)len - IMAGE_CRC_BYTES;
	ck_assert_int_eq(image_parse(bytes, len, &image, &err), 0);
	released_expect_header(&image.header, &want);
	ck_assert_uint_eq(image.header_offset, header_offsets[_i]);
	ck_assert_uint_eq(image.len, len);
	ck_assert_mem_eq(image.bytes, bytes, len);
	ck_assert_uint_eq(image.suffix_size, 40);
	ck_assert_uint_eq(image.crc_stored, image.crc_computed);
	ck_assert(image.sha_ok);
	image_release(&image);
	image_release(&image);
	free(bytes);
}
END_TEST

START_TEST(wrong_sha_is_reported_not_refused)
{
	struct image image;
	size_t len;
	uint8_t *bytes = module_make(sample, 0, BODY, &len);
	uint32_t crc;

	/* boards never check it; the CRC around it is made right */
	bytes[len - 20] ^= 1;
	crc = hash_crc32(bytes, len - 4);
	for (int i = 0; i < 4; i++)
		bytes[len - 1 - (size_t)i] = (uint8_t)(crc >> (8 * i));
	ck_assert_int_eq(image_parse(bytes, len, &image, NULL), 0);
	ck_assert(!image.sha_ok);
	image_release(&image);
	free(bytes);
}
END_TEST

/* 'at' is from the start, or from the end when negative; 'grow' changes the length given. */
static const struct damage {
	size_t header_offset;
	int at;
	uint8_t byte;
	int grow;
	const char *says;
} damages[] = {
	{ 0, 100, 0, 0, "offset 0x138: CRC is " },
	{ 0, -1, 0, 0, "offset 0x138: CRC is " },
	{ 0, 0, 1, -1, "offset 0x4: the header tells of 316 bytes, there are only 315" },
	{ 0, 0, 0, 1, "offset 0x13c: 1 bytes after the module's end" },
	{ 0, 7, 7, 0, "offset 0x4: end address 0x07020138 is not above start 0x08020000" },
	{ 0, 7, 9, 0, "offset 0x4: the header tells of 16777532 bytes, there are only 316" },
	{ 0, 5, 0, 0, "offset 0x4: end address 0x08020038 leaves no room for a module" },
	{ IMAGE_VECTORS_BYTES, 0, 0, -300,
	  "offset 0x194: too short for a module with its header at 0x184" },
	{ IMAGE_VECTORS_BYTES, 0x189, 0, 0,
	  "offset 0x188: end address 0x080200bc leaves no room for a module" },
	{ 0, 0, 0, -265, "offset 0x33: too short for a module with its header at 0x0" },
};

START_TEST(damage_is_found)
{
	const struct damage *d = &damages[_i];
	struct err err = ERR_INIT;
	struct image image = { .len = 77 };
	size_t len;
	uint8_t *bytes = module_make(sample, d->header_offset, BODY, &len);
	uint8_t *more = calloc(1, len + 1);
	size_t at = d->at < 0 ? len - (size_t)-d->at : (size_t)d->at;

	ck_assert_ptr_nonnull(more);
	memcpy(more, bytes, len);
	if (d->at != 0)
		more[at] = d->byte;
	len = (size_t)((int)len + d->grow);
	ck_assert_int_eq(image_parse(more, len, &image, &err), -EINVAL);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_msg(strncmp(err.text, d->says, strlen(d->says)) == 0, "%s", err.text);
	ck_assert_uint_eq(image.len, 77);
	free(bytes);
	free(more);
}
END_TEST

START_TEST(impossible_suffix)
{
	struct err err = ERR_INIT;
	struct image image;
	size_t len;
	uint8_t *bytes = module_make(sample, 0, BODY, &len);

	bytes[len - 6] = 35;
	module_seal(bytes, len);
	ck_assert_int_lt(image_parse(bytes, len, &image, &err), 0);
	ck_assert_str_eq(err.text, "offset 0x136: a suffix of 35 bytes is impossible");
	bytes[len - 5] = 2;
	module_seal(bytes, len);
	ck_assert_int_lt(image_parse(bytes, len, &image, &err), 0);
	ck_assert_str_eq(err.text, "offset 0x136: a suffix of 547 bytes is impossible");
	free(bytes);
}
END_TEST

START_TEST(no_length_is_read_beyond)
{
	size_t len;
	uint8_t *bytes = module_make(sample, IMAGE_VECTORS_BYTES, 8, &len);

	/* each copy has its exact size, so that a sanitizer sees one byte too many */
	for (size_t n = 0; n < len; n++) {
		uint8_t *part = malloc(n ? n : 1);
		struct image image;

		ck_assert_ptr_nonnull(part);
		memcpy(part, bytes, n);
		ck_assert_int_lt(image_parse(part, n, &image, NULL), 0);
		free(part);
	}
	free(bytes);
}
END_TEST

START_TEST(too_large)
{
	uint8_t *bytes = calloc(1, IMAGE_BYTES_MAX + 1);
	struct err err = ERR_INIT;
	struct image image;

	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(image_parse(bytes, IMAGE_BYTES_MAX + 1, &image, &err), -EFBIG);
	ck_assert_str_eq(err.text, "offset 0x100000: larger than any module can be");
	free(bytes);
}
END_TEST

START_TEST(another_version_is_a_good_module)
{
	struct image restaged;
	struct image again;
	struct image image;
	size_t len;
	uint8_t *bytes = module_make(sample, header_offsets[_i], BODY, &len);

	ck_assert_int_eq(image_parse(bytes, len, &image, NULL), 0);
	ck_assert_int_eq(image_with_version(&image, 0xabcd, &restaged, NULL), 0);
	ck_assert_uint_eq(image.header.version, 1502);
	ck_assert_mem_eq(image.bytes, bytes, len);
	ck_assert_uint_eq(restaged.header.version, 0xabcd);
	ck_assert(restaged.sha_ok);
	ck_assert_uint_eq(restaged.crc_stored, restaged.crc_computed);
	ck_assert_uint_ne(restaged.crc_stored, image.crc_stored);
	ck_assert_int_eq(image_parse(restaged.bytes, restaged.len, &again, NULL), 0);
	image_release(&again);
	/* and back: the very same bytes */
	ck_assert_int_eq(image_with_version(&restaged, 1502, &again, NULL), 0);
	ck_assert_mem_eq(again.bytes, bytes, len);
	image_release(&again);
	image_release(&restaged);
	image_release(&image);
	free(bytes);
}
END_TEST

START_TEST(sealing_makes_the_sums_right)
{
	struct err err = ERR_INIT;
	struct image image;
	size_t len;
	uint8_t *bytes = module_make(sample, header_offsets[_i], BODY, &len);

	bytes[len / 2] ^= 0x10;
	ck_assert_int_lt(image_parse(bytes, len, &image, NULL), 0);
	ck_assert_msg(image_seal(bytes, len, &err) == 0, "%s", err.text);
	ck_assert_int_eq(image_parse(bytes, len, &image, NULL), 0);
	ck_assert(image.sha_ok);
	image_release(&image);
	/* what is no module does not become one */
	ck_assert_int_lt(image_seal(bytes, len - 4, &err), 0);
	ck_assert_int_lt(image_seal(bytes, 3, &err), 0);
	ck_assert_str_eq(err.text, "offset 0x3: too short for a module");
	free(bytes);
}
END_TEST

START_TEST(function_names)
{
	ck_assert_str_eq(image_function_name(IMAGE_FUNCTION_NONE), "none");
	ck_assert_str_eq(image_function_name(IMAGE_FUNCTION_BOOTLOADER), "bootloader");
	ck_assert_str_eq(image_function_name(IMAGE_FUNCTION_SYSTEM), "system");
	ck_assert_str_eq(image_function_name(IMAGE_FUNCTION_USER), "user");
	ck_assert_str_eq(image_function_name(IMAGE_FUNCTION_RADIO_STACK), "radio-stack");
	for (unsigned int i = IMAGE_FUNCTION_RADIO_STACK + 1; i <= UINT8_MAX; i++)
		ck_assert_str_eq(image_function_name((uint8_t)i), "unknown");
	for (uint8_t i = IMAGE_FUNCTION_RESOURCE; i <= IMAGE_FUNCTION_RADIO_STACK; i++)
		ck_assert_uint_eq(image_function_from_name(image_function_name(i)), i);
	ck_assert_uint_eq(image_function_from_name("none"), IMAGE_FUNCTION_NONE);
	ck_assert_uint_eq(image_function_from_name("unknown"), IMAGE_FUNCTION_NONE);
}
END_TEST

START_TEST(released_module_is_decoded)
{
	const struct released *want = released_module((size_t)_i);
	struct err err = ERR_INIT;
	struct image image;
	uint8_t *bytes;
	size_t len;

	if (!released_read(want, &bytes, &len))
		TEST_SKIP(want->file);
	ck_assert_uint_le(want->offset + want->len, len);
	if (want->offset == 0)
		ck_assert_uint_eq(want->len, len);
	ck_assert_msg(image_parse(bytes + want->offset, want->len, &image, &err) == 0, "%s",
		      err.text);
	ck_assert_uint_eq(image.header_offset, want->header_offset);
	released_expect_header(&image.header, &want->header);
	ck_assert_uint_eq(image.crc_stored, want->crc);
	ck_assert_uint_eq(image.suffix_size, want->suffix_size);
	ck_assert(image.sha_ok);
	image_release(&image);
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, module_is_decoded, 0, ARRAY_LEN(header_offsets));
	tcase_add_test(tcase, wrong_sha_is_reported_not_refused);
	tcase_add_loop_test(tcase, damage_is_found, 0, ARRAY_LEN(damages));
	tcase_add_test(tcase, impossible_suffix);
	tcase_add_test(tcase, no_length_is_read_beyond);
	tcase_add_test(tcase, too_large);
	tcase_add_loop_test(tcase, another_version_is_a_good_module, 0, ARRAY_LEN(header_offsets));
	tcase_add_loop_test(tcase, sealing_makes_the_sums_right, 0, ARRAY_LEN(header_offsets));
	tcase_add_test(tcase, function_names);
	tcase_add_loop_test(tcase, released_module_is_decoded, 0, RELEASED_COUNT);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
