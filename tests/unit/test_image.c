/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/image.h"
#include "base/file.h"
#include "lib/module.h"
#include "lib/testing.h"
#include "release/release.h"

#include <errno.h>
#include <unistd.h>

static const struct image_header sample = {
	.start = 0x08020000,
	.version = 1502,
	.platform_id = 8,
	.function = IMAGE_FUNCTION_SYSTEM,
	.index = 1,
	.dependency = { { 4, 2, 207 }, { 2, 0, 400 } },
};

enum { BODY = 248 };

static void expect_header(const struct image_header *got, const struct image_header *want)
{
	ck_assert_uint_eq(got->start, want->start);
	ck_assert_uint_eq(got->end, want->end);
	ck_assert_uint_eq(got->flags, want->flags);
	ck_assert_uint_eq(got->version, want->version);
	ck_assert_uint_eq(got->platform_id, want->platform_id);
	ck_assert_uint_eq(got->function, want->function);
	ck_assert_uint_eq(got->index, want->index);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(got->dependency[i].function, want->dependency[i].function);
		ck_assert_uint_eq(got->dependency[i].index, want->dependency[i].index);
		ck_assert_uint_eq(got->dependency[i].version_min, want->dependency[i].version_min);
	}
}

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
	expect_header(&image.header, &want);
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

/* Released modules, as decoded by other tools from the same files. */
static const struct released {
	const char *file; /* in the firmware cache */
	size_t offset;	  /* embedded modules */
	size_t len;
	size_t header_offset;
	struct image_header header;
	uint32_t crc;
	uint16_t suffix_size;
} released[] = {
	/* clang-format off */
	{ "particle-cli-1.16.0/binaries/electron_tinker.bin",
	  0, 5776, 0x0, { 0x08080000, 0x0808168C, 0, 3, 10, 5, 1, { { 4, 2, 10 }, { 0 } } }, 0xb3934494, 40 },
	{ "particle-cli-1.16.0/binaries/p1_tinker.bin",
	  0, 4740, 0x0, { 0x080A0000, 0x080A1280, 0, 2, 8, 5, 1, { { 4, 2, 3 }, { 0 } } }, 0x61972e4d, 40 },
	{ "particle-cli-1.16.0/binaries/photon_tinker.bin",
	  0, 3952, 0x0, { 0x080A0000, 0x080A0F6C, 0, 2, 6, 5, 1, { { 4, 2, 1 }, { 0 } } }, 0xba4f59ab, 36 },
	{ "particle-cli-1.16.0/binaries/tinker-usb-debugging-v0.4.8-rc.6-electron.bin",
	  0, 5856, 0x0, { 0x08080000, 0x080816DC, 0, 3, 10, 5, 1, { { 4, 2, 10 }, { 0 } } }, 0xe3dd2db1, 40 },
	{ "particle-cli-1.16.0/updates/system-part1-0.5.2-electron.bin",
	  0, 122916, 0x184, { 0x08020000, 0x0803E020, 0, 17, 10, 4, 1, { { 0 }, { 0 } } }, 0xd4a3894a, 40 },
	{ "particle-cli-1.16.0/updates/system-part1-0.5.2-p1.bin",
	  0, 250940, 0x184, { 0x08020000, 0x0805D438, 0, 17, 8, 4, 1, { { 0 }, { 0 } } }, 0xc409bb2a, 40 },
	{ "particle-cli-1.16.0/updates/system-part1-0.5.2-photon.bin",
	  0, 250956, 0x184, { 0x08020000, 0x0805D448, 0, 17, 6, 4, 1, { { 0 }, { 0 } } }, 0x078f9e74, 40 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-electron.bin",
	  0, 120724, 0x184, { 0x08040000, 0x0805D790, 0, 17, 10, 4, 2, { { 4, 1, 17 }, { 0 } } }, 0x53c7f7f0, 40 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-p1.bin",
	  0, 188300, 0x184, { 0x08060000, 0x0808DF88, 0, 17, 8, 4, 2, { { 4, 1, 17 }, { 0 } } }, 0xb9fe0d0d, 40 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-photon.bin",
	  0, 187492, 0x184, { 0x08060000, 0x0808DC60, 0, 17, 6, 4, 2, { { 4, 1, 17 }, { 0 } } }, 0x318ba506, 40 },
	{ "particle-cli-2.4.1/assets/binaries/electron_doctor.bin",
	  0, 6664, 0x0, { 0x08080000, 0x08081A04, 0, 4, 10, 5, 1, { { 4, 2, 108 }, { 0 } } }, 0x17e74a88, 40 },
	{ "particle-cli-2.4.1/assets/binaries/electron_tinker.bin",
	  0, 5776, 0x0, { 0x08080000, 0x0808168C, 0, 3, 10, 5, 1, { { 4, 2, 10 }, { 0 } } }, 0xb3934494, 40 },
	{ "particle-cli-2.4.1/assets/binaries/p1_doctor.bin",
	  0, 6888, 0x0, { 0x080A0000, 0x080A1AE4, 0, 4, 8, 5, 1, { { 4, 2, 108 }, { 0 } } }, 0xf971a904, 40 },
	{ "particle-cli-2.4.1/assets/binaries/photon_doctor.bin",
	  0, 6888, 0x0, { 0x080A0000, 0x080A1AE4, 0, 4, 6, 5, 1, { { 4, 2, 108 }, { 0 } } }, 0x7e794dcd, 40 },
	{ "particle-cli-2.4.1/assets/binaries/tinker-0.4.5-p1.bin",
	  0, 5324, 0x0, { 0x080A0000, 0x080A14C8, 0, 3, 8, 5, 1, { { 4, 2, 6 }, { 0 } } }, 0x70e7c48c, 40 },
	{ "particle-cli-2.4.1/assets/binaries/tinker-0.4.5-photon.bin",
	  0, 5324, 0x0, { 0x080A0000, 0x080A14C8, 0, 3, 6, 5, 1, { { 4, 2, 6 }, { 0 } } }, 0x4a738441, 40 },
	{ "particle-cli-2.4.1/assets/binaries/tinker-usb-debugging-0.6.0-electron.bin",
	  0, 10464, 0x0, { 0x08080000, 0x080828DC, 0, 4, 10, 5, 1, { { 4, 2, 102 }, { 0 } } }, 0x18773703, 40 },
	{ "particle-cli-2.4.1/assets/updates/electron-system-part1@1.5.0.bin",
	  0, 79920, 0x0, { 0x08060000, 0x0807382C, 0, 1502, 10, 4, 3, { { 4, 2, 110 }, { 0 } } }, 0x1ed0df04, 40 },
	{ "particle-cli-2.4.1/assets/updates/electron-system-part2@1.5.0.bin",
	  0, 115956, 0x184, { 0x08020000, 0x0803C4F0, 0, 1502, 10, 4, 1, { { 4, 3, 1502 }, { 0 } } }, 0x1a417c51, 40 },
	{ "particle-cli-2.4.1/assets/updates/electron-system-part3@1.5.0.bin",
	  0, 126808, 0x184, { 0x08040000, 0x0805EF54, 0, 1502, 10, 4, 2, { { 4, 1, 1502 }, { 2, 0, 400 } } }, 0xf9878ed7, 40 },
	{ "particle-cli-2.4.1/assets/updates/p1-bootloader@1.5.0+lto.bin",
	  0, 16008, 0x184, { 0x08000000, 0x08003E84, 0, 501, 8, 2, 0, { { 0 }, { 0 } } }, 0xa1c2c5aa, 40 },
	{ "particle-cli-2.4.1/assets/updates/p1-system-part1@1.5.0.bin",
	  0, 238392, 0x184, { 0x08020000, 0x0805A334, 0, 1502, 8, 4, 1, { { 4, 2, 207 }, { 0 } } }, 0xc2909caf, 40 },
	{ "particle-cli-2.4.1/assets/updates/p1-system-part2@1.5.0.bin",
	  0, 261236, 0x184, { 0x08060000, 0x0809FC70, 0, 1502, 8, 4, 2, { { 4, 1, 1502 }, { 2, 0, 400 } } }, 0x56f9e281, 40 },
	{ "particle-cli-2.4.1/assets/updates/photon-bootloader@1.5.0+lto.bin",
	  0, 15336, 0x184, { 0x08000000, 0x08003BE4, 0, 501, 6, 2, 0, { { 0 }, { 0 } } }, 0x353263fb, 40 },
	{ "particle-cli-2.4.1/assets/updates/photon-system-part1@1.5.0.bin",
	  0, 238408, 0x184, { 0x08020000, 0x0805A344, 0, 1502, 6, 4, 1, { { 4, 2, 207 }, { 0 } } }, 0x9b67a6c6, 40 },
	{ "particle-cli-2.4.1/assets/updates/photon-system-part2@1.5.0.bin",
	  0, 261048, 0x184, { 0x08060000, 0x0809FBB4, 0, 1502, 6, 4, 2, { { 4, 1, 1502 }, { 2, 0, 400 } } }, 0x48958319, 40 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-p1.bin",
	  0x28434, 14916, 0x184, { 0x08000000, 0x08003A40, 0, 7, 8, 2, 0, { { 0 }, { 0 } } }, 0x2c9b3d22, 40 },
	{ "particle-cli-1.16.0/updates/system-part2-0.5.2-photon.bin",
	  0x28500, 14052, 0x184, { 0x08000000, 0x080036E0, 0, 7, 6, 2, 0, { { 0 }, { 0 } } }, 0x706cd056, 40 },
	{ "particle-cli-2.4.1/assets/updates/electron-system-part1@1.5.0.bin",
	  0xD2A8, 15968, 0x184, { 0x08000000, 0x08003E5C, 0, 400, 10, 2, 0, { { 0 }, { 0 } } }, 0xc00654a2, 40 },
	/* clang-format on */
};

START_TEST(released_module_is_decoded)
{
	const struct released *want = &released[_i];
	char *cache = release_cache_dir();
	struct err err = ERR_INIT;
	struct image image;
	char path[512];
	uint8_t *bytes;
	size_t len;

	if (!cache)
		TEST_SKIP("no firmware cache");
	snprintf(path, sizeof(path), "%s/%s", cache, want->file);
	free(cache);
	if (access(path, R_OK) != 0)
		TEST_SKIP(want->file);
	ck_assert_int_eq(file_read(path, IMAGE_BYTES_MAX, &bytes, &len, &err), 0);
	ck_assert_uint_le(want->offset + want->len, len);
	if (want->offset == 0)
		ck_assert_uint_eq(want->len, len);
	ck_assert_msg(image_parse(bytes + want->offset, want->len, &image, &err) == 0, "%s",
		      err.text);
	ck_assert_uint_eq(image.header_offset, want->header_offset);
	expect_header(&image.header, &want->header);
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
	tcase_add_loop_test(tcase, released_module_is_decoded, 0, ARRAY_LEN(released));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
