/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "image/inspect.h"
#include "image/mutate.h"
#include "image/order.h"
#include "lib/module.h"
#include "lib/testing.h"

#include <errno.h>

enum { SEEDS = 200 };

static const struct victim {
	struct image_header header;
	size_t header_offset;
	size_t body;
} victims[] = {
	{ { .start = 0x080a0000,
	    .version = 3,
	    .platform_id = 8,
	    .function = IMAGE_FUNCTION_USER,
	    .index = 1,
	    .dependency = { { 4, 2, 6 } } },
	  0,
	  248 },
	{ { .start = 0x08020000,
	    .version = 1502,
	    .platform_id = 10,
	    .function = IMAGE_FUNCTION_SYSTEM,
	    .index = 1,
	    .dependency = { { 4, 3, 1502 }, { 2, 0, 400 } } },
	  IMAGE_VECTORS_BYTES,
	  6000 },
	{ { .start = 0x08000000,
	    .version = 501,
	    .platform_id = 6,
	    .function = IMAGE_FUNCTION_BOOTLOADER },
	  IMAGE_VECTORS_BYTES,
	  1000 },
};

enum { USER, SYSTEM, BOOTLOADER };

/* Bodies of one value would hide what is copied. */
static uint8_t *make_victim(size_t which, size_t *ret_len)
{
	const struct victim *v = &victims[which];
	uint8_t *bytes = module_make(v->header, v->header_offset, v->body, ret_len);
	struct rng rng;

	rng_init(&rng, which);
	for (size_t i = 0; i < v->body; i++)
		bytes[v->header_offset + IMAGE_HEADER_BYTES + i] = (uint8_t)rng_next(&rng);
	module_seal(bytes, *ret_len);
	return bytes;
}

static bool applies(enum image_mutation_kind kind, size_t victim)
{
	return kind != IMAGE_MUTATION_BOOTLOADER_OTHER_BOARD || victim == BOOTLOADER;
}

static bool crc_is_right(const uint8_t *bytes, size_t len)
{
	uint32_t crc = hash_crc32(bytes, len - IMAGE_CRC_BYTES);

	return bytes[len - 4] == crc >> 24 && bytes[len - 3] == (crc >> 16 & 0xff) &&
	       bytes[len - 2] == (crc >> 8 & 0xff) && bytes[len - 1] == (crc & 0xff);
}

static bool sha_is_right(const uint8_t *bytes, size_t len)
{
	uint8_t sha[SHA256_BYTES];

	hash_sha256(bytes, len - 38, sha);
	return memcmp(bytes + len - 38, sha, sizeof(sha)) == 0;
}

static void expect_sums(const struct image_mutation *m, const uint8_t *bytes, size_t len)
{
	bool sealed = m->sums == IMAGE_SUMS_SEALED ||
		      (m->sums == IMAGE_SUMS_DEFAULT && image_mutation_row(m->kind)->sealed);

	if (!sealed)
		return;
	ck_assert(crc_is_right(bytes, len) == (m->kind != IMAGE_MUTATION_CRC_WRONG));
	ck_assert(sha_is_right(bytes, len) == (m->kind != IMAGE_MUTATION_SHA_WRONG));
}

/* Kind by kind, every victim, many seeds: what holds for all of them. */
START_TEST(every_kind_changes_something)
{
	struct image_mutation m = { .kind = (enum image_mutation_kind)_i };

	for (unsigned int k = 0; k < SEEDS * 3 * ARRAY_LEN(victims); k++) {
		size_t victim = k % ARRAY_LEN(victims);
		char text[2][IMAGE_MUTATION_TEXT_MAX];
		struct err err = ERR_INIT;
		uint8_t *out[2];
		size_t out_len[2];
		size_t len;
		uint8_t *bytes;

		if (!applies(m.kind, victim))
			continue;
		bytes = make_victim(victim, &len);
		m.sums = (enum image_mutation_sums)(k / ARRAY_LEN(victims) % 3);
		m.seed = k;
		for (int i = 0; i < 2; i++)
			ck_assert_msg(image_mutate(bytes, len, &m, &out[i], &out_len[i], text[i],
						   &err) == 0,
				      "%s", err.text);
		ck_assert_uint_eq(out_len[0], out_len[1]);
		ck_assert_mem_eq(out[0], out[1], out_len[0]);
		ck_assert_str_eq(text[0], text[1]);
		ck_assert_int_eq(strncmp(text[0], "offset 0x", 9), 0);
		ck_assert(out_len[0] != len || memcmp(out[0], bytes, len) != 0);
		if (out_len[0] >= 40)
			expect_sums(&m, out[0], out_len[0]);
		free(out[0]);
		free(out[1]);
		free(bytes);
	}
}
END_TEST

/* What the header says afterwards, by kind; what a kind does not name stays as it was. */
struct after {
	struct image_header was;
	struct image_header is;
	const struct image_inspection *in;
	size_t len;
};

static bool same_needs(const struct after *a)
{
	return memcmp(a->was.dependency, a->is.dependency, sizeof(a->is.dependency)) == 0;
}

static bool moved(const struct after *a)
{
	return a->is.start != a->was.start && a->is.end - a->is.start == a->was.end - a->was.start;
}

static bool overlaps(const struct after *a)
{
	const struct image_place *own =
		image_place_of(a->was.platform_id, a->was.function, a->was.index);

	return moved(a) && image_place_at(a->is.platform_id, a->is.start) != own;
}

static bool platform(const struct after *a)
{
	return a->is.platform_id != a->was.platform_id && a->is.start == a->was.start;
}

static bool other_board(const struct after *a)
{
	return platform(a) && a->is.function == IMAGE_FUNCTION_BOOTLOADER &&
	       image_platform_place(a->is.platform_id, 0);
}

static bool lies(const struct after *a)
{
	return a->is.end != a->was.end && a->is.start == a->was.start;
}

static bool unmet(const struct after *a)
{
	for (int i = 0; i < 2; i++)
		if (a->is.dependency[i].version_min == UINT16_MAX ||
		    a->is.dependency[i].index == 200 ||
		    a->is.dependency[i].function == IMAGE_FUNCTION_RESOURCE)
			return true;
	return false;
}

static bool circular(const struct after *a)
{
	const struct image_set set = { .headers = &a->is, .count = 1 };
	struct image_order order;

	return image_order(&set, NULL, &order, NULL) == -ELOOP;
}

static bool older(const struct after *a)
{
	return a->is.version < a->was.version && same_needs(a);
}

static bool newest(const struct after *a)
{
	return a->is.version == UINT16_MAX;
}

static bool function(const struct after *a)
{
	return a->is.function != a->was.function && a->is.index == a->was.index;
}

static bool index_other(const struct after *a)
{
	return a->is.index != a->was.index && a->is.function == a->was.function;
}

static bool flags(const struct after *a)
{
	return a->is.flags != a->was.flags && a->is.version == a->was.version;
}

static bool suffix(const struct after *a)
{
	return a->in->suffix_size != 40;
}

static bool product(const struct after *a)
{
	return a->in->product_id != 0xffff && a->in->has_product;
}

static const struct {
	enum image_mutation_kind kind;
	bool (*holds)(const struct after *after);
} meanings[] = {
	{ IMAGE_MUTATION_PLATFORM_WRONG, platform },
	{ IMAGE_MUTATION_ADDRESS_WRONG, moved },
	{ IMAGE_MUTATION_ADDRESS_OVERLAP, overlaps },
	{ IMAGE_MUTATION_LENGTH_LIES, lies },
	{ IMAGE_MUTATION_DEPENDENCY_UNMET, unmet },
	{ IMAGE_MUTATION_DEPENDENCY_CIRCULAR, circular },
	{ IMAGE_MUTATION_VERSION_OLD, older },
	{ IMAGE_MUTATION_VERSION_MAX, newest },
	{ IMAGE_MUTATION_FUNCTION_WRONG, function },
	{ IMAGE_MUTATION_INDEX_WRONG, index_other },
	{ IMAGE_MUTATION_FLAGS_SET, flags },
	{ IMAGE_MUTATION_BOOTLOADER_OTHER_BOARD, other_board },
	{ IMAGE_MUTATION_SUFFIX_SIZE_LIES, suffix },
	{ IMAGE_MUTATION_PRODUCT_SET, product },
};

START_TEST(a_kind_does_what_it_says)
{
	struct image_mutation m = { .kind = meanings[_i].kind };

	for (unsigned int k = 0; k < SEEDS * ARRAY_LEN(victims); k++) {
		size_t victim = k % ARRAY_LEN(victims);
		const struct victim *v = &victims[victim];
		struct after after = { .was = v->header };
		char text[IMAGE_MUTATION_TEXT_MAX];
		struct image_inspection in;
		uint8_t *bytes;
		uint8_t *out;
		size_t out_len;
		size_t len;

		if (!applies(m.kind, victim))
			continue;
		bytes = make_victim(victim, &len);
		m.seed = k;
		after.was.end = after.was.start + (uint32_t)len - IMAGE_CRC_BYTES;
		ck_assert_int_eq(image_mutate(bytes, len, &m, &out, &out_len, text, NULL), 0);
		ck_assert_uint_eq(out_len, len);
		ck_assert_msg(image_inspect(out, out_len, &in, NULL) == 0, "%s", text);
		ck_assert_uint_eq(in.header_offset, v->header_offset);
		after.is = in.header;
		after.in = &in;
		ck_assert_msg(meanings[_i].holds(&after), "%s", text);
		/* the body is what it was */
		ck_assert_mem_eq(out + v->header_offset + IMAGE_HEADER_BYTES,
				 bytes + v->header_offset + IMAGE_HEADER_BYTES, v->body);
		free(out);
		free(bytes);
	}
}
END_TEST

/* Numbers in a report must mean the same bytes in ten years. */
static const struct {
	const char *id;
	const char *text;
} pinned[] = {
	{ "bit-flip.1", "offset 0x4e: bit 4 flipped, 0xa7 became 0xb7" },
	{ "platform-wrong.2", "offset 0xc: platform 8 (p1) became 25137 (unknown)" },
	{ "dependency-unmet.3.raw",
	  "offset 0x14: dependency 2 became bootloader 0, version 65535" },
	{ "body-splice.4.sealed", "offset 0x2a: the 139 bytes from 0x6f copied over" },
	{ "truncate.18446744073709551615", "offset 0x115: the last 39 bytes are gone" },
};

START_TEST(a_seed_means_the_same_for_ever)
{
	char text[IMAGE_MUTATION_TEXT_MAX];
	struct image_mutation m;
	uint8_t *out;
	size_t out_len;
	size_t len;
	uint8_t *bytes = make_victim(USER, &len);

	ck_assert_int_eq(image_mutation_parse(pinned[_i].id, &m, NULL), 0);
	ck_assert_int_eq(image_mutate(bytes, len, &m, &out, &out_len, text, NULL), 0);
	ck_assert_str_eq(text, pinned[_i].text);
	free(out);
	free(bytes);
}
END_TEST

START_TEST(two_modules_in_a_circle)
{
	struct image_mutation m = { .kind = IMAGE_MUTATION_DEPENDENCY_CIRCULAR };
	const size_t which[] = { SYSTEM, BOOTLOADER };
	char text[IMAGE_MUTATION_TEXT_MAX];
	struct image_header headers[2];
	struct image_set set = { .headers = headers, .count = 2 };
	struct image_order order;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 2; i++) {
		struct image_inspection in;
		uint8_t *bytes;
		uint8_t *out;
		size_t out_len;
		size_t len;

		bytes = make_victim(which[i], &len);
		m.other = &victims[which[1 - i]].header;
		ck_assert_int_eq(image_mutate(bytes, len, &m, &out, &out_len, text, NULL), 0);
		ck_assert_int_eq(image_inspect(out, out_len, &in, NULL), 0);
		headers[i] = in.header;
		headers[i].platform_id = 10;
		free(out);
		free(bytes);
	}
	ck_assert_int_eq(image_order(&set, NULL, &order, &err), -ELOOP);
	ck_assert_str_eq(err.text, "circular: system 1 needs bootloader 0 needs system 1");
}
END_TEST

START_TEST(an_embedded_bootloader_is_changed)
{
	struct image_mutation m = { .kind = IMAGE_MUTATION_BOOTLOADER_OTHER_BOARD, .seed = 5 };
	char text[IMAGE_MUTATION_TEXT_MAX];
	struct image_inspection in;
	size_t inner_len;
	size_t len;
	uint8_t *inner = make_victim(BOOTLOADER, &inner_len);
	uint8_t *bytes = make_victim(SYSTEM, &len);
	uint8_t *out;

	memcpy(bytes + 0x400, inner, inner_len);
	module_seal(bytes, len);
	ck_assert_int_eq(image_mutate(bytes, len, &m, &out, &len, text, NULL), 0);
	ck_assert_int_eq(image_inspect(out, len, &in, NULL), 0);
	ck_assert(image_inspection_is_whole(&in));
	ck_assert_uint_eq(in.header.platform_id, 10);
	ck_assert_uint_eq(in.embedded_count, 1);
	ck_assert_uint_ne(in.embedded[0].header.platform_id, 6);
	ck_assert_uint_eq(in.embedded[0].crc_stored, in.embedded[0].crc_computed);
	free(out);
	free(inner);
	free(bytes);
}
END_TEST

/* 'fill' is of 'len' bytes; without, the user part. */
static const struct {
	enum image_mutation_kind kind;
	size_t len; /* 0 with 'whole' = all of it */
	bool whole;
	const char *says;
} refusals[] = {
	{ IMAGE_MUTATION_BIT_FLIP, 0, false, "bit-flip: there are no bytes to change" },
	{ IMAGE_MUTATION_BYTE_SET, 0, false, "byte-set: there are no bytes to change" },
	{ IMAGE_MUTATION_TRUNCATE, 1, false, "truncate: there are no bytes to change" },
	{ IMAGE_MUTATION_ZERO_BLOCK, 64, false, "zero-block: there are no bytes to change" },
	{ IMAGE_MUTATION_BODY_SPLICE, 64, false, "body-splice: there are no bytes to change" },
	{ IMAGE_MUTATION_PAD, IMAGE_BYTES_MAX, false, "pad: there is no room for more bytes" },
	{ IMAGE_MUTATION_VERSION_MAX, 64, false,
	  "version-max: there is no header of a module in it" },
	{ IMAGE_MUTATION_CRC_WRONG, 40, true, "crc-wrong: it is too short to have a tail" },
	{ IMAGE_MUTATION_PRODUCT_SET, 64, true, "product-set: it is too short to have a tail" },
	{ IMAGE_MUTATION_BOOTLOADER_OTHER_BOARD, 0, true,
	  "bootloader-other-board: it is no bootloader, and there is none in it" },
};

START_TEST(what_cannot_be_changed)
{
	struct image_mutation m = { .kind = refusals[_i].kind };
	char text[IMAGE_MUTATION_TEXT_MAX];
	struct err err = ERR_INIT;
	uint8_t *out = NULL;
	size_t out_len = 0;
	size_t len;
	uint8_t *victim = make_victim(USER, &len);
	uint8_t *bytes;

	len = refusals[_i].whole && !refusals[_i].len ? len : refusals[_i].len;
	bytes = calloc(1, len ? len : 1);
	ck_assert_ptr_nonnull(bytes);
	if (refusals[_i].whole)
		memcpy(bytes, victim, len);
	ck_assert_int_eq(image_mutate(bytes, len, &m, &out, &out_len, text, &err), -EINVAL);
	ck_assert_str_eq(err.text, refusals[_i].says);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_ptr_null(out);
	free(bytes);
	free(victim);
}
END_TEST

START_TEST(what_would_change_nothing)
{
	struct image_mutation m = { .kind = IMAGE_MUTATION_VERSION_MAX };
	struct image_header header = victims[USER].header;
	char text[IMAGE_MUTATION_TEXT_MAX];
	struct err err = ERR_INIT;
	uint8_t *out;
	size_t len;
	uint8_t *bytes;

	header.version = UINT16_MAX;
	bytes = module_make(header, 0, 64, &len);
	ck_assert_int_eq(image_mutate(bytes, len, &m, &out, &len, text, &err), -EINVAL);
	ck_assert_str_eq(err.text, "version-max: it would leave these bytes as they are");
	free(bytes);
	header.version = 0;
	m.kind = IMAGE_MUTATION_VERSION_OLD;
	bytes = module_make(header, 0, 64, &len);
	ck_assert_int_eq(image_mutate(bytes, len, &m, &out, &len, text, &err), -EINVAL);
	ck_assert_str_eq(err.text, "version-old: nothing is older than version 0");
	free(bytes);
	header.platform_id = 88; /* known, but not where its modules lie */
	m.kind = IMAGE_MUTATION_ADDRESS_OVERLAP;
	bytes = module_make(header, 0, 64, &len);
	ck_assert_int_eq(image_mutate(bytes, len, &m, &out, &len, text, &err), -EINVAL);
	ck_assert_str_eq(err.text, "address-overlap: no other places of its platform are known");
	free(bytes);
}
END_TEST

/* Any beginning of a module, of exact size: a sanitizer sees one byte too many. */
START_TEST(parts_of_modules)
{
	struct image_mutation m = { .kind = (enum image_mutation_kind)_i };
	size_t len;
	uint8_t *bytes = make_victim(USER, &len);

	for (size_t n = 0; n <= len; n++) {
		char text[IMAGE_MUTATION_TEXT_MAX];
		struct err err = ERR_INIT;
		uint8_t *part = malloc(n ? n : 1);
		uint8_t *out;
		size_t out_len;

		ck_assert_ptr_nonnull(part);
		memcpy(part, bytes, n);
		m.seed = n;
		m.sums = (enum image_mutation_sums)(n % 3);
		if (image_mutate(part, n, &m, &out, &out_len, text, &err) == 0)
			free(out);
		else
			ck_assert_int_eq(err.kind, ERR_CONFIG);
		free(part);
	}
	free(bytes);
}
END_TEST

static const struct {
	const char *id;
	size_t victim;
	bool dangerous;
} dangers[] = {
	{ "bit-flip.1", BOOTLOADER, false },
	{ "bit-flip.1.sealed", BOOTLOADER, true },
	{ "bit-flip.1.sealed", USER, false },
	{ "address-wrong.1", USER, true },
	{ "address-wrong.1.raw", USER, false },
	{ "function-wrong.1", SYSTEM, true },
	{ "version-max.1", BOOTLOADER, false },
	{ "crc-wrong.1", BOOTLOADER, false },
	{ "zero-block.1.sealed", BOOTLOADER, true },
	{ "dependency-unmet.1", SYSTEM, false },
	{ "bootloader-other-board.1", BOOTLOADER, true },
	{ "platform-wrong.1", BOOTLOADER, true },
	{ "platform-wrong.1", USER, false },
	{ "flags-set.1", BOOTLOADER, true },
	{ "flags-set.1", SYSTEM, false },
};

START_TEST(dangers_are_told)
{
	struct image_inspection in = { .header = victims[dangers[_i].victim].header };
	struct image_mutation m;

	ck_assert_int_eq(image_mutation_parse(dangers[_i].id, &m, NULL), 0);
	ck_assert((image_mutation_danger(&m, &in) != NULL) == dangers[_i].dangerous);
	/* one that carries a bootloader is as delicate as a bootloader */
	in.embedded_count = dangers[_i].victim == BOOTLOADER;
	in.header.function = IMAGE_FUNCTION_SYSTEM;
	if (dangers[_i].victim == BOOTLOADER)
		ck_assert((image_mutation_danger(&m, &in) != NULL) == dangers[_i].dangerous);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image_mutate");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, every_kind_changes_something, 1, IMAGE_MUTATION_COUNT);
	tcase_add_loop_test(tcase, a_kind_does_what_it_says, 0, ARRAY_LEN(meanings));
	tcase_add_loop_test(tcase, a_seed_means_the_same_for_ever, 0, ARRAY_LEN(pinned));
	tcase_add_test(tcase, two_modules_in_a_circle);
	tcase_add_test(tcase, an_embedded_bootloader_is_changed);
	tcase_add_loop_test(tcase, what_cannot_be_changed, 0, ARRAY_LEN(refusals));
	tcase_add_test(tcase, what_would_change_nothing);
	tcase_add_loop_test(tcase, parts_of_modules, 1, IMAGE_MUTATION_COUNT);
	tcase_add_loop_test(tcase, dangers_are_told, 0, ARRAY_LEN(dangers));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
