/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/inspect.h"
#include "lib/module.h"
#include "lib/released.h"
#include "lib/testing.h"

#include <errno.h>

enum { BODY = 248 };

static const struct image_header sample = {
	.start = 0x08020000,
	.version = 1502,
	.platform_id = 8,
	.function = IMAGE_FUNCTION_SYSTEM,
	.index = 1,
	.dependency = { { 4, 2, 207 }, { 2, 0, 400 } },
};

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* All that is wrong in one text, so that a test can say what it expects in one. */
static void judge(const struct image_inspection *in, const char *platform, char *buf, size_t size)
{
	struct image_findings findings;
	size_t len = 0;

	image_verify(in, platform ? image_platform_by_name(platform) : NULL, &findings);
	buf[0] = '\0';
	for (size_t i = 0; i < findings.count; i++) {
		snprintf(buf + len, size - len, "0x%zx: %s\n", findings.items[i].offset,
			 findings.items[i].text);
		len = strlen(buf);
	}
}

static void expect_right(const uint8_t *bytes, size_t len)
{
	struct image_inspection in;
	struct err err = ERR_INIT;
	char wrong[1024];

	ck_assert_msg(image_inspect(bytes, len, &in, &err) == 0, "%s", err.text);
	judge(&in, NULL, wrong, sizeof(wrong));
	ck_assert_str_eq(wrong, "");
	ck_assert(image_inspection_is_whole(&in));
}

/* The embedded ones are found in the modules that carry them, and nowhere else. */
static void expect_embedded(const struct image_inspection *in, const char *file)
{
	size_t expected = 0;

	for (size_t i = 0; i < RELEASED_COUNT; i++) {
		const struct released *want = released_module(i);
		const struct image_embedded *got = &in->embedded[expected];

		if (!want->offset || strcmp(want->file, file) != 0)
			continue;
		ck_assert_uint_lt(expected, in->embedded_count);
		ck_assert_uint_eq(got->offset, want->offset);
		ck_assert_uint_eq(got->len, want->len);
		released_expect_header(&got->header, &want->header);
		ck_assert_uint_eq(got->crc_stored, want->crc);
		ck_assert_uint_eq(got->crc_computed, want->crc);
		expected++;
	}
	ck_assert_uint_eq(in->embedded_count, expected);
}

START_TEST(released_module_is_right)
{
	const struct released *want = released_module((size_t)_i);
	struct image_inspection in;
	struct err err = ERR_INIT;
	char wrong[1024];
	uint8_t *bytes;
	size_t len;

	if (!released_read(want, &bytes, &len))
		TEST_SKIP(want->file);
	ck_assert_msg(image_inspect(bytes + want->offset, want->len, &in, &err) == 0, "%s",
		      err.text);
	ck_assert_uint_eq(in.header_offset, want->header_offset);
	released_expect_header(&in.header, &want->header);
	ck_assert_uint_eq(in.crc_stored, want->crc);
	ck_assert_uint_eq(in.crc_computed, want->crc);
	ck_assert_uint_eq(in.suffix_size, want->suffix_size);
	ck_assert_uint_eq(in.told, want->len);
	ck_assert_mem_eq(in.sha_stored, in.sha_computed, SHA256_BYTES);
	ck_assert(in.has_vectors == (want->header_offset != 0));
	ck_assert(!in.has_vectors || in.stack == 0x20020000);
	if (want->offset == 0)
		expect_embedded(&in, want->file);
	judge(&in, image_platform_name(want->header.platform_id), wrong, sizeof(wrong));
	ck_assert_str_eq(wrong, "");
	free(bytes);
}
END_TEST

static const struct reset {
	const char *file;
	uint32_t reset;
} resets[] = {
	{ "particle-cli-1.16.0/updates/system-part1-0.5.2-p1.bin", 0x08020231 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-photon.bin", 0x08074b75 },
	{ "particle-cli-2.4.1/assets/updates/electron-system-part2@1.5.0.bin", 0x080201f1 },
	{ "particle-cli-2.4.1/assets/updates/electron-system-part3@1.5.0.bin", 0x08040935 },
	{ "particle-cli-2.4.1/assets/updates/p1-bootloader@1.5.0+lto.bin", 0x080039dd },
	{ "particle-cli-2.4.1/assets/updates/photon-system-part2@1.5.0.bin", 0x080834b9 },
};

START_TEST(reset_vectors)
{
	const struct released want = { .file = resets[_i].file };
	struct image_inspection in;
	uint8_t *bytes;
	size_t len;

	if (!released_read(&want, &bytes, &len))
		TEST_SKIP(want.file);
	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	ck_assert(in.has_vectors);
	ck_assert_uint_eq(in.reset, resets[_i].reset);
	free(bytes);
}
END_TEST

/* File 1 is system part 3, file 2 part 1, file 3 part 2: only the header knows. */
START_TEST(electron_file_numbers_are_no_indexes)
{
	static const uint8_t index[] = { 3, 1, 2 };

	for (size_t i = 0; i < ARRAY_LEN(index); i++) {
		struct image_inspection in;
		struct released want = { 0 };
		char file[96];
		uint8_t *bytes;
		size_t len;

		snprintf(file, sizeof(file),
			 "particle-cli-2.4.1/assets/updates/electron-system-part%zu@1.5.0.bin",
			 i + 1);
		want.file = file;
		if (!released_read(&want, &bytes, &len))
			TEST_SKIP(file);
		ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
		ck_assert_uint_eq(in.header.index, index[i]);
		ck_assert_uint_ne(in.header.index, i + 1);
		free(bytes);
	}
}
END_TEST

START_TEST(product_numbers)
{
	struct image_inspection in;
	size_t len;
	uint8_t *bytes = module_make(sample, 0, BODY, &len);

	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	ck_assert(in.has_product);
	ck_assert_uint_eq(in.product_id, 0xffff);
	put32(bytes + len - 44, 0x00071234);
	module_seal(bytes, len);
	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	ck_assert_uint_eq(in.product_id, 0x1234);
	ck_assert_uint_eq(in.product_version, 7);
	bytes[len - 6] = 36;
	module_seal(bytes, len);
	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	ck_assert(!in.has_product);
	expect_right(bytes, len);
	free(bytes);
}
END_TEST

/* One change of a right module of 316 bytes, and what is said; 'seal': sums made right after. */
static const struct damage {
	const char *name;
	size_t at; /* four bytes */
	uint32_t word;
	bool seal;
	const char *platform;
	const char *says;
} damages[] = {
	{ "body", 100, 1, false, NULL, "0x138: CRC is " },
	{ "crc", 312, 0, false, NULL, "0x138: CRC is 00000000, the bytes before give " },
	{ "start", 0, 0x08020004, true, NULL,
	  "0x0: start address 0x08020004, system 1 lies at 0x08020000\n"
	  "0x138: 4 bytes after the module's end\n" },
	{ "end", 4, 0x08060000, true, NULL,
	  "0x4: end address 0x08060000, the place of system 1 ends at 0x08060000\n"
	  "0x4: the header tells of 262148 bytes, there are only 316\n"
	  "0x138: the CRC is right at the end of the file: the header lies about the length\n" },
	{ "end below start", 4, 0x08010000, true, NULL,
	  "0x4: end address 0x08010000 is not above start 0x08020000\n"
	  "0x138: the CRC is right at the end of the file: the header lies about the length\n" },
	{ "reserved and flags", 8, 0x05de0203, true, NULL,
	  "0x8: reserved byte is 0x03\n0x9: flags are 0x02, no such module is known\n" },
	{ "platform", 12, 0x01040063, true, NULL, "0xc: platform 99 is not known\n" },
	{ "other platform", 12, 0x01040006, true, "p1",
	  "0xc: it is for platform 6 (photon), not for 8 (p1)\n" },
	{ "function", 12, 0x01090008, true, NULL, "0xe: function 9 is not known\n" },
	{ "index", 12, 0x03040008, true, NULL, "0xe: there is no place for system 3 on a p1\n" },
	{ "needs nothing at 5", 16, 0x00cf0500, true, NULL,
	  "0x10: a dependency on no function, but index 5, version 207\n" },
	{ "needs itself", 20, 0x00010104, true, NULL, "0x14: it depends on itself\n" },
	{ "needs the unknown", 20, 0x00010163, true, NULL,
	  "0x14: a dependency on function 99, which is not known\n" },
	{ "suffix", 308, 0x0023ffff, true, NULL, "0x136: a suffix of 35 bytes is impossible\n" },
};

START_TEST(damage_is_told)
{
	const struct damage *d = &damages[_i];
	struct image_inspection in;
	struct err err = ERR_INIT;
	char wrong[1024];
	size_t len;
	uint8_t *bytes = module_make(sample, 0, BODY, &len);

	ck_assert_uint_eq(len, 316);
	expect_right(bytes, len);
	put32(bytes + d->at, d->word);
	if (d->seal)
		module_seal(bytes, len);
	ck_assert_msg(image_inspect(bytes, len, &in, &err) == 0, "%s: %s", d->name, err.text);
	judge(&in, d->platform, wrong, sizeof(wrong));
	ck_assert_msg(strncmp(wrong, d->says, strlen(d->says)) == 0, "%s: %s", d->name, wrong);
	/* what the sums say, and nothing more, depends on whether they were made right */
	ck_assert(d->seal || strstr(wrong, "\n0x116: SHA-256 is ") || d->at == 312);
	free(bytes);
}
END_TEST

START_TEST(a_part_is_shown_as_far_as_it_goes)
{
	struct image_inspection in;
	struct err err = ERR_INIT;
	size_t len;
	uint8_t *bytes = module_make(sample, IMAGE_VECTORS_BYTES, BODY, &len);

	/* each copy has its exact size, so that a sanitizer sees one byte too many */
	for (size_t n = 0; n <= len; n++) {
		uint8_t *part = malloc(n ? n : 1);
		bool header = n >= IMAGE_VECTORS_BYTES + IMAGE_HEADER_BYTES;

		ck_assert_ptr_nonnull(part);
		memcpy(part, bytes, n);
		ck_assert_int_eq(image_inspect(part, n, &in, &err), header ? 0 : -EINVAL);
		free(part);
		if (!header)
			continue;
		ck_assert_uint_eq(in.header.version, 1502);
		ck_assert_uint_eq(in.told, len);
		ck_assert(image_inspection_is_whole(&in) == (n == len));
		ck_assert_uint_eq(in.tail_at, n == len ? len - 4 : 0);
	}
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	free(bytes);
}
END_TEST

START_TEST(what_follows_is_told)
{
	struct image_inspection in;
	char wrong[1024];
	size_t len;
	uint8_t *bytes = module_make(sample, 0, BODY, &len);
	uint8_t *more = calloc(1, len + 8);

	ck_assert_ptr_nonnull(more);
	memcpy(more, bytes, len);
	ck_assert_int_eq(image_inspect(more, len + 8, &in, NULL), 0);
	ck_assert_uint_eq(in.crc_stored, in.crc_computed);
	judge(&in, NULL, wrong, sizeof(wrong));
	ck_assert_str_eq(wrong, "0x13c: 8 bytes after the module's end\n");
	free(more);
	free(bytes);
}
END_TEST

/* Modules of nRF52840 boards: made up, in the form that their linker scripts and readers tell. */
static const struct gen3 {
	struct image_header header;
	size_t offset;
	const char *wrong;
} gen3[] = {
	{ { .start = 0x30000, .version = 1512, .platform_id = 12, .function = 4, .index = 1 },
	  IMAGE_VECTORS_BYTES_GEN3,
	  "" },
	{ { .start = 0xf4000, .version = 501, .platform_id = 13, .function = 2 },
	  IMAGE_VECTORS_BYTES_GEN3,
	  "" },
	{ { .start = 0xd4000, .version = 6, .platform_id = 13, .function = 5, .index = 1 }, 0, "" },
	{ { .start = 0xb4000, .version = 6, .platform_id = 23, .function = 5, .index = 2 }, 0, "" },
	{ { .start = 0x1000, .version = 202, .platform_id = 14, .function = 8, .flags = 1 },
	  0,
	  "" },
	{ { .start = 0, .version = 7, .platform_id = 12, .function = 7 }, 0, "" },
	{ { .start = 0xd0000, .version = 6, .platform_id = 13, .function = 5, .index = 1 },
	  0,
	  "0x0: start address 0x000d0000, user 1 lies at 0x000d4000\n" },
};

START_TEST(gen3_modules_are_shown)
{
	const struct gen3 *want = &gen3[_i];
	struct image_inspection in;
	struct err err = ERR_INIT;
	char wrong[1024];
	size_t len;
	uint8_t *bytes = module_make(want->header, want->offset, BODY, &len);

	if (want->offset) {
		put32(bytes, 0x2003fc00);
		put32(bytes + 4, want->header.start + 0x221);
		module_seal(bytes, len);
	}
	ck_assert_msg(image_inspect(bytes, len, &in, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(in.header_offset, want->offset);
	ck_assert_uint_eq(in.header.platform_id, want->header.platform_id);
	judge(&in, NULL, wrong, sizeof(wrong));
	ck_assert_str_eq(wrong, want->wrong);
	free(bytes);
}
END_TEST

START_TEST(a_header_elsewhere_is_found)
{
	struct image_inspection in;
	size_t len;
	uint8_t *bytes = module_make(sample, 0x1f0, BODY, &len);

	memset(bytes, 0x11, 4); /* no stack pointer */
	module_seal(bytes, len);
	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	ck_assert_uint_eq(in.header_offset, 0x1f0);
	ck_assert(image_inspection_is_whole(&in));
	free(bytes);
}
END_TEST

/* Where two headers are as likely, the first word decides; one that fits the file is likelier. */
START_TEST(the_likelier_header_counts)
{
	const struct image_header other = { .start = 0x30000,
					    .version = 9,
					    .platform_id = 12,
					    .function = IMAGE_FUNCTION_SYSTEM,
					    .index = 1 };
	struct image_inspection in;
	size_t decoy_len;
	size_t len;
	uint8_t *decoy = module_make(other, 0, 1000 - 68, &decoy_len);
	uint8_t *bytes = module_make(sample, 0, 1000 - 68, &len);

	ck_assert_uint_eq(len, decoy_len);
	memcpy(bytes + IMAGE_VECTORS_BYTES, decoy, IMAGE_HEADER_BYTES);
	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	ck_assert_uint_eq(in.header_offset, 0);
	free(bytes);
	bytes = module_make(other, IMAGE_VECTORS_BYTES_GEN3, 1000 - 68, &len);
	put32(bytes, 0x2003fc00);
	memcpy(bytes + IMAGE_VECTORS_BYTES, decoy, IMAGE_HEADER_BYTES); /* of 1000 bytes */
	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	ck_assert_uint_eq(in.header_offset, IMAGE_VECTORS_BYTES_GEN3);
	free(bytes);
	free(decoy);
}
END_TEST

static const struct vectors {
	size_t body;
	uint32_t reset;
	uint32_t end; /* 0 = as it must be */
	const char *wrong;
} vectors[] = {
	{ BODY, 0x08020001, 0, "" },
	{ BODY, 0x080202bb, 0, "" },
	{ BODY, 0x080202bd, 0, "0x4: reset vector 0x080202bd is not in the module\n" },
	{ BODY, 0x0801ffff, 0, "0x4: reset vector 0x0801ffff is not in the module\n" },
	{ BODY, 0x08020200, 0, "0x4: reset vector 0x08020200 is not in the module\n" },
	{ BODY + 1, 0x08020201, 0, "0x188: a length of 705 bytes is no multiple of 4\n" },
	/* where the module ends is not known then, so nothing is said of the vector */
	{ BODY, 0x08020201, 0x08010000,
	  "0x188: end address 0x08010000 is not above start 0x08020000\n"
	  "0x2bc: the CRC is right at the end of the file: the header lies about the length\n" },
};

START_TEST(vectors_and_length)
{
	const struct vectors *v = &vectors[_i];
	struct image_inspection in;
	char wrong[1024];
	size_t len;
	uint8_t *bytes = module_make(sample, IMAGE_VECTORS_BYTES, v->body, &len);

	put32(bytes + 4, v->reset);
	if (v->end)
		put32(bytes + IMAGE_VECTORS_BYTES + 4, v->end);
	module_seal(bytes, len);
	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	judge(&in, NULL, wrong, sizeof(wrong));
	ck_assert_str_eq(wrong, v->wrong);
	free(bytes);
}
END_TEST

START_TEST(an_embedded_bootloader_is_found)
{
	const struct image_header boot = { .start = 0x08000000,
					   .version = 7,
					   .platform_id = 8,
					   .function = IMAGE_FUNCTION_BOOTLOADER };
	struct image_inspection in;
	size_t inner_len;
	size_t len;
	uint8_t *inner = module_make(boot, IMAGE_VECTORS_BYTES, 64, &inner_len);
	uint8_t *bytes = module_make(sample, 0, 2000, &len);

	memcpy(bytes + 104, inner, inner_len);
	bytes[104 + 0x1b0] ^= 1;
	module_seal(bytes, len);
	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	ck_assert_uint_eq(in.embedded_count, 1);
	ck_assert_uint_eq(in.embedded[0].offset, 104);
	ck_assert_uint_eq(in.embedded[0].len, inner_len);
	ck_assert_uint_eq(in.embedded[0].header.version, 7);
	ck_assert_uint_ne(in.embedded[0].crc_stored, in.embedded[0].crc_computed);
	/* one that does not fit is none */
	put32(bytes + 104 + IMAGE_VECTORS_BYTES + 4, 0x08003000);
	ck_assert_int_eq(image_inspect(bytes, len, &in, NULL), 0);
	ck_assert_uint_eq(in.embedded_count, 0);
	free(inner);
	free(bytes);
}
END_TEST

static const uint8_t fills[] = { 0x00, 0xff, 0x5a };

START_TEST(no_module)
{
	struct image_inspection in = { .len = 77 };
	struct err err = ERR_INIT;
	uint8_t bytes[1024];

	memset(bytes, fills[_i], sizeof(bytes));
	ck_assert_int_eq(image_inspect(bytes, sizeof(bytes), &in, &err), -EINVAL);
	ck_assert_str_eq(err.text, "no header of a module at 0x0, 0x184, 0x200 or near the start");
	ck_assert_uint_eq(in.len, 77);
	ck_assert_int_eq(image_inspect(bytes, 0, &in, &err), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_inspect");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, released_module_is_right, 0, RELEASED_COUNT);
	tcase_add_loop_test(tcase, reset_vectors, 0, ARRAY_LEN(resets));
	tcase_add_test(tcase, electron_file_numbers_are_no_indexes);
	tcase_add_test(tcase, product_numbers);
	tcase_add_loop_test(tcase, damage_is_told, 0, ARRAY_LEN(damages));
	tcase_add_test(tcase, a_part_is_shown_as_far_as_it_goes);
	tcase_add_test(tcase, what_follows_is_told);
	tcase_add_loop_test(tcase, gen3_modules_are_shown, 0, ARRAY_LEN(gen3));
	tcase_add_test(tcase, a_header_elsewhere_is_found);
	tcase_add_test(tcase, the_likelier_header_counts);
	tcase_add_loop_test(tcase, vectors_and_length, 0, ARRAY_LEN(vectors));
	tcase_add_test(tcase, an_embedded_bootloader_is_found);
	tcase_add_loop_test(tcase, no_module, 0, ARRAY_LEN(fills));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
