/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/inspect.h"
#include "image/fields.h"

#include <errno.h>

/* How much a header speaks for itself; each is worth what it is unlikely to come about by chance.
 */
enum header_score {
	SCORE_FUNCTION = 2,
	SCORE_PLATFORM = 2,
	SCORE_END = 1,	   /* above the start, room for a module */
	SCORE_INSIDE = 1,  /* not more than there is */
	SCORE_EXACT = 2,   /* just as much as there is */
	SCORE_NEEDS = 1,   /* dependencies that make sense */
	SCORE_FLAGS = 1,   /* no flag that nobody knows */
	SCORE_ENOUGH = 5,  /* where a header is expected */
	SCORE_FOUND = 8,   /* anywhere else */
	FLAGS_KNOWN = 0x7, /* drop module info, compressed, combined */
};

static bool function_is_known(uint8_t function)
{
	return function > IMAGE_FUNCTION_NONE && function <= IMAGE_FUNCTION_RADIO_STACK;
}

static bool needs_make_sense(const struct image_header *header)
{
	for (int i = 0; i < IMAGE_DEPENDENCY_COUNT; i++) {
		const struct image_dependency *need = &header->dependency[i];

		if (need->function ? !function_is_known(need->function)
				   : need->index || need->version_min)
			return false;
	}
	return true;
}

static uint64_t told_length(const struct image_header *header)
{
	if (header->end <= header->start)
		return 0;
	return (uint64_t)(header->end - header->start) + IMAGE_CRC_BYTES;
}

static int score_header(const uint8_t *bytes, size_t len, size_t offset, struct image_header *ret)
{
	uint64_t told;
	int score = 0;

	if (offset > len || len - offset < IMAGE_HEADER_BYTES)
		return 0;
	image_read_header(bytes + offset, ret);
	told = told_length(ret);
	if (function_is_known(ret->function))
		score += SCORE_FUNCTION;
	if (image_platform(ret->platform_id))
		score += SCORE_PLATFORM;
	if (told >= offset + IMAGE_HEADER_BYTES + IMAGE_TAIL_BYTES_MIN)
		score += SCORE_END + (told <= len ? SCORE_INSIDE : 0) +
			 (told == len ? SCORE_EXACT : 0);
	if (needs_make_sense(ret))
		score += SCORE_NEEDS;
	if ((ret->flags & ~FLAGS_KNOWN) == 0)
		score += SCORE_FLAGS;
	return score;
}

static bool find_header(const uint8_t *bytes, size_t len, size_t *ret_offset)
{
	bool vectors = len >= sizeof(uint32_t) &&
		       (image_get_le32(bytes) & IMAGE_STACK_MASK) == IMAGE_STACK_MATCH;
	const size_t expected[] = { vectors ? IMAGE_VECTORS_BYTES : 0, 0, IMAGE_VECTORS_BYTES,
				    IMAGE_VECTORS_BYTES_GEN3 };
	struct image_header header;
	int best = 0;

	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		int score = score_header(bytes, len, expected[i], &header);

		if (score <= best)
			continue;
		best = score;
		*ret_offset = expected[i];
	}
	if (best >= SCORE_ENOUGH)
		return true;
	for (size_t at = 4; at < IMAGE_SEARCH_BYTES && at < len; at += 4) {
		if (score_header(bytes, len, at, &header) < SCORE_FOUND)
			continue;
		*ret_offset = at;
		return true;
	}
	return false;
}

/* Where the module ends: as the header tells, or where the file does when it tells nonsense. */
static size_t find_tail(const struct image_inspection *in)
{
	size_t least = in->header_offset + IMAGE_HEADER_BYTES + IMAGE_TAIL_BYTES_MIN;

	if (in->told > in->len || in->len < least)
		return 0;
	return (size_t)(in->told < least ? in->len : in->told) - IMAGE_CRC_BYTES;
}

static void read_tail(const uint8_t *bytes, struct image_inspection *in)
{
	size_t end = in->tail_at + IMAGE_CRC_BYTES;

	in->crc_stored = image_get_be32(bytes + in->tail_at);
	in->crc_computed = hash_crc32(bytes, in->tail_at);
	in->suffix_size = image_get_le16(bytes + end - IMAGE_SUFFIX_SIZE_BACK);
	memcpy(in->sha_stored, bytes + end - IMAGE_SHA_BACK, SHA256_BYTES);
	hash_sha256(bytes, end - IMAGE_SHA_BACK, in->sha_computed);
	in->has_product = in->suffix_size >= IMAGE_SUFFIX_BYTES &&
			  end >= in->header_offset + IMAGE_HEADER_BYTES + IMAGE_TAIL_BYTES;
	if (!in->has_product)
		return;
	in->product_id = image_get_le16(bytes + end - IMAGE_PRODUCT_BACK);
	in->product_version = image_get_le16(bytes + end - IMAGE_PRODUCT_BACK + 2);
}

static bool read_embedded(const uint8_t *bytes, const struct image_inspection *in, size_t at,
			  struct image_embedded *ret)
{
	const struct image_place *place;
	struct image_header header;
	size_t vectors;
	uint64_t len;

	image_read_header(bytes + at, &header);
	if (header.function != IMAGE_FUNCTION_BOOTLOADER)
		return false;
	place = image_place_of(header.platform_id, header.function, header.index);
	vectors = image_platform_generation(header.platform_id) == IMAGE_GENERATION_3
			  ? IMAGE_VECTORS_BYTES_GEN3
			  : IMAGE_VECTORS_BYTES;
	len = told_length(&header);
	if (!place || header.start != place->start || at < vectors ||
	    len < vectors + IMAGE_HEADER_BYTES + IMAGE_TAIL_BYTES_MIN ||
	    len > place->end - place->start || len > in->len - (at - vectors))
		return false;
	*ret = (struct image_embedded){
		.offset = at - vectors, .len = (size_t)len, .header_offset = at, .header = header
	};
	bytes += ret->offset;
	ret->crc_stored = image_get_be32(bytes + len - IMAGE_CRC_BYTES);
	ret->crc_computed = hash_crc32(bytes, (size_t)len - IMAGE_CRC_BYTES);
	return true;
}

/* They are whole modules, at any multiple of 4: found by their header, not by a known place. */
static void find_embedded(const uint8_t *bytes, struct image_inspection *in)
{
	for (size_t at = in->header_offset + IMAGE_HEADER_BYTES;
	     at + IMAGE_HEADER_BYTES <= in->len && in->embedded_count < IMAGE_EMBEDDED_MAX; at += 4)
		if (read_embedded(bytes, in, at, &in->embedded[in->embedded_count]))
			in->embedded_count++;
}

int image_inspect(const uint8_t *bytes, size_t len, struct image_inspection *ret, struct err *err)
{
	struct image_inspection in = { .len = len };

	if (!find_header(bytes, len, &in.header_offset))
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "no header of a module at 0x0, 0x184, 0x200 or near the start");
	image_read_header(bytes + in.header_offset, &in.header);
	in.reserved = bytes[in.header_offset + IMAGE_AT_RESERVED];
	in.told = told_length(&in.header);
	in.has_vectors = in.header_offset >= IMAGE_VECTORS_BYTES;
	if (in.has_vectors) {
		in.stack = image_get_le32(bytes);
		in.reset = image_get_le32(bytes + 4);
	}
	in.tail_at = find_tail(&in);
	if (in.tail_at)
		read_tail(bytes, &in);
	if (in.told != len && len >= IMAGE_CRC_BYTES)
		in.whole_file_crc = image_get_be32(bytes + len - IMAGE_CRC_BYTES) ==
				    hash_crc32(bytes, len - IMAGE_CRC_BYTES);
	find_embedded(bytes, &in);
	*ret = in;
	return 0;
}

bool image_inspection_is_whole(const struct image_inspection *in)
{
	return in->told == in->len && in->tail_at && in->crc_stored == in->crc_computed &&
	       memcmp(in->sha_stored, in->sha_computed, SHA256_BYTES) == 0;
}
