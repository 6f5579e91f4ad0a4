/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/mutate.h"
#include "base/text.h"
#include "image/fields.h"
#include "image/mutate_kinds.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#define DANGER_PLACE  "written over another region when the board does not check the start"
#define DANGER_LENGTH "more may be erased and copied than the module's place holds"
#define DANGER_BROKEN "a broken bootloader with a right CRC is installed at once"
#define DANGER_OTHER  "a bootloader of another board is taken for one of this board"
#define DANGER_BOOT   "taken for a bootloader it replaces the only way to start"

/* Row and function together. */
static const struct mutation_kind {
	struct image_mutation_row row;
	mutate_fn *apply;
} kinds[IMAGE_MUTATION_COUNT] = {
	[IMAGE_MUTATION_BIT_FLIP] = { { "bit-flip", "one bit anywhere", true, false, NULL,
					DANGER_BROKEN },
				      mutate_bit_flip },
	[IMAGE_MUTATION_BYTE_SET] = { { "byte-set", "one byte anywhere gets another value", true,
					false, NULL, DANGER_BROKEN },
				      mutate_byte_set },
	[IMAGE_MUTATION_BODY_SPLICE] = { { "body-splice", "a block is copied over another", true,
					   false, NULL, DANGER_BROKEN },
					 mutate_body_splice },
	[IMAGE_MUTATION_ZERO_BLOCK] = { { "zero-block", "a block becomes zeros", true, false, NULL,
					  DANGER_BROKEN },
					mutate_zero_block },
	[IMAGE_MUTATION_FF_BLOCK] = { { "ff-block", "a block becomes 0xff, as if never written",
					true, false, NULL, DANGER_BROKEN },
				      mutate_ff_block },
	[IMAGE_MUTATION_TRUNCATE] = { { "truncate", "the end is missing", true, false, NULL,
					DANGER_BROKEN },
				      mutate_truncate },
	[IMAGE_MUTATION_PAD] = { { "pad", "bytes follow the module's end", true, false, NULL,
				   DANGER_BROKEN },
				 mutate_pad },
	[IMAGE_MUTATION_CRC_WRONG] = { { "crc-wrong", "CRC wrong, SHA-256 right", false, true, NULL,
					 NULL },
				       mutate_crc_wrong },
	[IMAGE_MUTATION_SHA_WRONG] = { { "sha-wrong", "SHA-256 wrong, CRC right", false, true, NULL,
					 NULL },
				       mutate_sha_wrong },
	[IMAGE_MUTATION_PLATFORM_WRONG] = { { "platform-wrong", "for another platform", false, true,
					      NULL, DANGER_OTHER },
					    mutate_platform_wrong },
	[IMAGE_MUTATION_ADDRESS_WRONG] = { { "address-wrong",
					     "start and end moved by the same distance", false,
					     true, DANGER_PLACE, NULL },
					   mutate_address_wrong },
	[IMAGE_MUTATION_ADDRESS_OVERLAP] = { { "address-overlap",
					       "start and end moved onto another module's place",
					       false, true, DANGER_PLACE, NULL },
					     mutate_address_overlap },
	[IMAGE_MUTATION_LENGTH_LIES] = { { "length-lies", "the end address is not where it ends",
					   false, true, DANGER_LENGTH, NULL },
					 mutate_length_lies },
	[IMAGE_MUTATION_DEPENDENCY_UNMET] = { { "dependency-unmet",
						"needs a version that nobody has", false, true,
						NULL, NULL },
					      mutate_dependency_unmet },
	[IMAGE_MUTATION_DEPENDENCY_CIRCULAR] = { { "dependency-circular",
						   "needs itself, or a module that needs it", false,
						   true, NULL, NULL },
						 mutate_dependency_circular },
	[IMAGE_MUTATION_VERSION_OLD] = { { "version-old", "an older version number", false, true,
					   NULL, NULL },
					 mutate_version_old },
	[IMAGE_MUTATION_VERSION_MAX] = { { "version-max", "version 65535", false, true, NULL,
					   NULL },
					 mutate_version_max },
	[IMAGE_MUTATION_FUNCTION_WRONG] = { { "function-wrong", "says it is another kind of module",
					      false, true, DANGER_BOOT, NULL },
					    mutate_function_wrong },
	[IMAGE_MUTATION_INDEX_WRONG] = { { "index-wrong", "says it has another index", false, true,
					   DANGER_PLACE, NULL },
					 mutate_index_wrong },
	[IMAGE_MUTATION_FLAGS_SET] = { { "flags-set", "flags: drop header, compressed, combined",
					 false, true, NULL, DANGER_BROKEN },
				       mutate_flags_set },
	[IMAGE_MUTATION_HEADER_GARBAGE] = { { "header-garbage", "the header is random bytes", false,
					      true, NULL, NULL },
					    mutate_header_garbage },
	[IMAGE_MUTATION_BOOTLOADER_OTHER_BOARD] = { { "bootloader-other-board",
						      "a bootloader says it is for another board",
						      false, true, DANGER_BOOT, NULL },
						    mutate_bootloader_other_board },
	[IMAGE_MUTATION_SUFFIX_SIZE_LIES] = { { "suffix-size-lies",
						"the size of the suffix is another", false, true,
						NULL, NULL },
					      mutate_suffix_size_lies },
	[IMAGE_MUTATION_PRODUCT_SET] = { { "product-set", "other product id and version", false,
					   true, NULL, NULL },
					 mutate_product_set },
};

static const struct mutation_kind *kind_of(enum image_mutation_kind kind)
{
	assert(kind > IMAGE_MUTATION_UNKNOWN && kind < IMAGE_MUTATION_COUNT);
	return &kinds[kind];
}

const struct image_mutation_row *image_mutation_row(enum image_mutation_kind kind)
{
	return &kind_of(kind)->row;
}

enum image_mutation_kind image_mutation_kind_from_name(const char *name)
{
	for (int i = IMAGE_MUTATION_UNKNOWN + 1; i < IMAGE_MUTATION_COUNT; i++)
		if (strcmp(kinds[i].row.name, name) == 0)
			return (enum image_mutation_kind)i;
	return IMAGE_MUTATION_UNKNOWN;
}

static bool is_sealed(const struct image_mutation *mutation)
{
	return mutation->sums == IMAGE_SUMS_DEFAULT ? kind_of(mutation->kind)->row.sealed
						    : mutation->sums == IMAGE_SUMS_SEALED;
}

const char *image_mutation_danger(const struct image_mutation *mutation,
				  const struct image_inspection *inspection)
{
	const struct image_mutation_row *row = image_mutation_row(mutation->kind);
	bool bootloader = inspection->header.function == IMAGE_FUNCTION_BOOTLOADER ||
			  inspection->embedded_count > 0;

	if (!is_sealed(mutation))
		return NULL;
	return !row->dangerous && bootloader ? row->dangerous_bootloader : row->dangerous;
}

void mutant_say(struct mutant *mutant, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(mutant->text, IMAGE_MUTATION_TEXT_MAX, fmt, args);
	va_end(args);
}

int mutant_cannot(struct err *err, const char *why)
{
	return err_set(err, ERR_CONFIG, -EINVAL, "%s", why);
}

uint64_t mutant_pick_other(struct mutant *mutant, uint64_t count, uint64_t not_this)
{
	uint64_t picked;

	if (not_this >= count)
		return rng_below(&mutant->rng, count);
	picked = rng_below(&mutant->rng, count - 1);
	return picked >= not_this ? picked + 1 : picked;
}

/*
 * The sums lie at the end of the bytes. Where a kind made one of them wrong, the other is still
 * right about it: the SHA-256 does not cover the CRC, the CRC covers the SHA-256.
 */
static void seal(struct mutant *mutant, enum image_mutation_kind kind)
{
	if (mutant->len < IMAGE_TAIL_BYTES_MIN || kind == IMAGE_MUTATION_CRC_WRONG)
		return;
	if (kind == IMAGE_MUTATION_SHA_WRONG)
		image_write_crc(mutant->bytes, mutant->len);
	else
		image_write_sums(mutant->bytes, mutant->len);
}

static int apply(struct mutant *mutant, enum image_mutation_kind kind, const uint8_t *bytes,
		 size_t len, struct err *err)
{
	int r;

	if (!kind_of(kind)->row.blind && !mutant->has_header)
		return mutant_cannot(err, "there is no header of a module in it");
	r = kind_of(kind)->apply(mutant, err);
	if (r < 0)
		return r;
	if (mutant->sealed)
		seal(mutant, kind);
	if (mutant->len == len && memcmp(mutant->bytes, bytes, len) == 0)
		return mutant_cannot(err, "it would leave these bytes as they are");
	return 0;
}

int image_mutate(const uint8_t *bytes, size_t len, const struct image_mutation *mutation,
		 uint8_t **ret_bytes, size_t *ret_len, char ret_text[IMAGE_MUTATION_TEXT_MAX],
		 struct err *err)
{
	char text[IMAGE_MUTATION_TEXT_MAX] = "";
	struct mutant mutant = { .len = len,
				 .capacity = len + MUTANT_PAD_MAX,
				 .sealed = is_sealed(mutation),
				 .other = mutation->other,
				 .text = text };
	int r;

	mutant.bytes = malloc(mutant.capacity);
	if (!mutant.bytes)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a module of %zu bytes", len);
	memcpy(mutant.bytes, bytes, len);
	mutant.has_header = image_inspect(bytes, len, &mutant.inspection, NULL) == 0;
	rng_init(&mutant.rng, rng_derive(mutation->seed, (uint64_t)mutation->kind));
	r = apply(&mutant, mutation->kind, bytes, len, err);
	if (r < 0) {
		free(mutant.bytes);
		return err_prefix(err, "%s", kind_of(mutation->kind)->row.name);
	}
	*ret_bytes = mutant.bytes;
	*ret_len = mutant.len;
	memcpy(ret_text, text, sizeof(text));
	return 0;
}

static const char *sums_suffix(enum image_mutation_sums sums)
{
	switch (sums) {
	case IMAGE_SUMS_SEALED: return ".sealed";
	case IMAGE_SUMS_RAW: return ".raw";
	case IMAGE_SUMS_DEFAULT: break;
	}
	return "";
}

void image_mutation_format(const struct image_mutation *mutation, char buf[IMAGE_MUTATION_ID_MAX])
{
	snprintf(buf, IMAGE_MUTATION_ID_MAX, "%s.%" PRIu64 "%s", kind_of(mutation->kind)->row.name,
		 mutation->seed, sums_suffix(mutation->sums));
}

static int bad_text(const char *text, struct err *err)
{
	return err_set(err, ERR_USAGE, -EINVAL, "'%.80s' is not a mutation like bit-flip.12345",
		       text);
}

int image_mutation_parse(const char *text, struct image_mutation *ret, struct err *err)
{
	struct image_mutation mutation = { 0 };
	char copy[IMAGE_MUTATION_ID_MAX];
	char again[IMAGE_MUTATION_ID_MAX];
	char *seed;
	char *sums;

	if (!text_copy(copy, sizeof(copy), text))
		return bad_text(text, err);
	seed = strchr(copy, '.');
	if (!seed)
		return bad_text(text, err);
	*seed++ = '\0';
	sums = strchr(seed, '.');
	if (sums)
		*sums++ = '\0';
	mutation.kind = image_mutation_kind_from_name(copy);
	if (mutation.kind == IMAGE_MUTATION_UNKNOWN ||
	    text_parse_u64(seed, UINT64_MAX, &mutation.seed, NULL) < 0)
		return bad_text(text, err);
	if (sums)
		mutation.sums = strcmp(sums, "sealed") == 0 ? IMAGE_SUMS_SEALED : IMAGE_SUMS_RAW;
	/* one text, one mutation: no 007, no 0x7, no other words */
	image_mutation_format(&mutation, again);
	if (strcmp(again, text) != 0)
		return bad_text(text, err);
	*ret = mutation;
	return 0;
}
