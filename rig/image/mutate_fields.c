/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mutations of one field, of modules whose header was found. */
#include "image/fields.h"
#include "image/mutate_kinds.h"

#include <inttypes.h>

static uint8_t *header_at(const struct mutant *m, size_t field)
{
	return m->bytes + m->inspection.header_offset + field;
}

static size_t offset_of(const struct mutant *m, size_t field)
{
	return m->inspection.header_offset + field;
}

/* The sums lie at the end of the bytes, wherever the header says that the module ends. */
static int need_tail(const struct mutant *m, size_t bytes, struct err *err)
{
	if (m->len >= m->inspection.header_offset + IMAGE_HEADER_BYTES + bytes)
		return 0;
	return mutant_cannot(err, "it is too short to have a tail");
}

int mutate_crc_wrong(struct mutant *m, struct err *err)
{
	size_t at = m->len - IMAGE_CRC_BYTES;
	uint32_t crc;
	int r = need_tail(m, IMAGE_TAIL_BYTES_MIN, err);

	if (r < 0)
		return r;
	crc = image_get_be32(m->bytes + at);
	image_put_be32(m->bytes + at, crc ^ (1u << rng_below(&m->rng, 32)));
	mutant_say(m, "offset 0x%zx: CRC %08" PRIx32 " became %08" PRIx32, at, crc,
		   image_get_be32(m->bytes + at));
	return 0;
}

int mutate_sha_wrong(struct mutant *m, struct err *err)
{
	size_t at;
	uint8_t old;
	int r = need_tail(m, IMAGE_TAIL_BYTES_MIN, err);

	if (r < 0)
		return r;
	at = m->len - IMAGE_SHA_BACK + (size_t)rng_below(&m->rng, SHA256_BYTES);
	old = m->bytes[at];
	m->bytes[at] = (uint8_t)mutant_pick_other(m, UINT8_MAX + 1, old);
	mutant_say(m, "offset 0x%zx: byte of the SHA-256 0x%02x became 0x%02x", at, old,
		   m->bytes[at]);
	return 0;
}

/* Mostly of boards that exist: what is refused must be refused for the right reason. */
static uint16_t other_platform(struct mutant *m, uint16_t platform_id)
{
	static const uint16_t real[] = { 6, 8, 10, 12, 13, 0, 3 };
	uint16_t picked = platform_id;

	while (picked == platform_id)
		picked = rng_below(&m->rng, 4) ? real[rng_below(&m->rng, ARRAY_LEN(real))]
					       : (uint16_t)rng_next(&m->rng);
	return picked;
}

int mutate_platform_wrong(struct mutant *m, struct err *err)
{
	uint16_t old = m->inspection.header.platform_id;
	uint16_t platform_id = other_platform(m, old);

	(void)err;
	image_put_le16(header_at(m, IMAGE_AT_PLATFORM), platform_id);
	mutant_say(m, "offset 0x%zx: platform %u (%s) became %u (%s)",
		   offset_of(m, IMAGE_AT_PLATFORM), old, image_platform_name(old), platform_id,
		   image_platform_name(platform_id));
	return 0;
}

static void move_to(struct mutant *m, uint32_t start)
{
	const struct image_header *header = &m->inspection.header;
	uint32_t end = start + (header->end - header->start);

	image_put_le32(header_at(m, IMAGE_AT_START), start);
	image_put_le32(header_at(m, IMAGE_AT_END), end);
	mutant_say(m,
		   "offset 0x%zx: 0x%08" PRIx32 " to 0x%08" PRIx32 " became 0x%08" PRIx32
		   " to 0x%08" PRIx32,
		   offset_of(m, IMAGE_AT_START), header->start, header->end, start, end);
}

int mutate_address_wrong(struct mutant *m, struct err *err)
{
	static const uint32_t steps[] = { 1,	   2,	    4,	     0x184,   0x4000,
					  0x10000, 0x20000, 0x40000, 0x100000 };
	static const uint32_t others[] = { 0, 0x08000000, 0x20000000, 0x080ffffc, 0xfffffffc };
	uint32_t start = m->inspection.header.start;
	uint64_t pick = rng_below(&m->rng, 2 * ARRAY_LEN(steps) + ARRAY_LEN(others));

	(void)err;
	if (pick < ARRAY_LEN(steps))
		start += steps[pick];
	else if (pick < 2 * ARRAY_LEN(steps))
		start -= steps[pick - ARRAY_LEN(steps)];
	else if (others[pick - 2 * ARRAY_LEN(steps)] != start)
		start = others[pick - 2 * ARRAY_LEN(steps)];
	else
		start += 4;
	move_to(m, start);
	return 0;
}

int mutate_address_overlap(struct mutant *m, struct err *err)
{
	const struct image_header *header = &m->inspection.header;
	const struct image_place *places[8];
	const struct image_place *place;
	size_t count = 0;

	for (size_t n = 0; (place = image_platform_place(header->platform_id, n)) != NULL; n++)
		if (place->start != header->start && count < ARRAY_LEN(places))
			places[count++] = place;
	if (count == 0)
		return mutant_cannot(err, "no other places of its platform are known");
	place = places[rng_below(&m->rng, count)];
	/* from its beginning, or over its last sector */
	if (rng_below(&m->rng, 2) == 0)
		move_to(m, place->start);
	else
		move_to(m, place->end - (place->end - place->start) / 4);
	return 0;
}

int mutate_length_lies(struct mutant *m, struct err *err)
{
	const struct image_header *header = &m->inspection.header;
	uint32_t len = header->end - header->start;
	const uint32_t ends[] = { header->end + 4,
				  header->end - 4,
				  header->end + 1,
				  header->end + 0x1000,
				  header->start + len / 2,
				  header->start,
				  header->start - 4,
				  header->start + 4,
				  header->start + 0x20000,
				  header->start + 0x40000,
				  0x08100000,
				  UINT32_MAX,
				  header->start + UINT16_MAX };
	uint32_t end = header->end;

	(void)err;
	while (end == header->end)
		end = ends[rng_below(&m->rng, ARRAY_LEN(ends))];
	image_put_le32(header_at(m, IMAGE_AT_END), end);
	mutant_say(m, "offset 0x%zx: end 0x%08" PRIx32 " became 0x%08" PRIx32,
		   offset_of(m, IMAGE_AT_END), header->end, end);
	return 0;
}

/* A free one when there is one. */
static unsigned int pick_dependency(struct mutant *m)
{
	for (unsigned int i = 0; i < IMAGE_DEPENDENCY_COUNT; i++)
		if (!m->inspection.header.dependency[i].function)
			return i;
	return (unsigned int)rng_below(&m->rng, IMAGE_DEPENDENCY_COUNT);
}

static void set_dependency(struct mutant *m, unsigned int i, struct image_dependency need)
{
	size_t field = IMAGE_AT_DEPENDENCY + i * IMAGE_DEPENDENCY_BYTES;
	uint8_t *at = header_at(m, field);

	at[0] = need.function;
	at[1] = need.index;
	image_put_le16(at + 2, need.version_min);
	mutant_say(m, "offset 0x%zx: dependency %u became %s %u, version %u", offset_of(m, field),
		   i + 1, image_function_name(need.function), need.index, need.version_min);
}

int mutate_dependency_unmet(struct mutant *m, struct err *err)
{
	static const struct image_dependency needs[] = {
		{ IMAGE_FUNCTION_SYSTEM, 1, UINT16_MAX },
		{ IMAGE_FUNCTION_SYSTEM, 2, UINT16_MAX },
		{ IMAGE_FUNCTION_SYSTEM, 200, 1 },
		{ IMAGE_FUNCTION_BOOTLOADER, 0, UINT16_MAX },
		{ IMAGE_FUNCTION_RESOURCE, 1, 1 },
	};
	unsigned int i = (unsigned int)rng_below(&m->rng, IMAGE_DEPENDENCY_COUNT);
	struct image_dependency need = m->inspection.header.dependency[i];

	(void)err;
	/* more of what it needs anyway, or something else */
	if (need.function && need.version_min < UINT16_MAX && rng_below(&m->rng, 2) == 0)
		need.version_min = UINT16_MAX;
	else
		need = needs[rng_below(&m->rng, ARRAY_LEN(needs))];
	set_dependency(m, i, need);
	return 0;
}

int mutate_dependency_circular(struct mutant *m, struct err *err)
{
	const struct image_header *other = m->other ? m->other : &m->inspection.header;

	(void)err;
	set_dependency(m, pick_dependency(m),
		       (struct image_dependency){ other->function, other->index, other->version });
	return 0;
}

static void set_version(struct mutant *m, uint16_t version)
{
	image_put_le16(header_at(m, IMAGE_AT_VERSION), version);
	mutant_say(m, "offset 0x%zx: version %u became %u", offset_of(m, IMAGE_AT_VERSION),
		   m->inspection.header.version, version);
}

int mutate_version_old(struct mutant *m, struct err *err)
{
	uint16_t version = m->inspection.header.version;

	if (version == 0)
		return mutant_cannot(err, "nothing is older than version 0");
	set_version(m, rng_below(&m->rng, 2) ? (uint16_t)(version - 1)
					     : (uint16_t)rng_below(&m->rng, version));
	return 0;
}

int mutate_version_max(struct mutant *m, struct err *err)
{
	(void)err;
	set_version(m, UINT16_MAX);
	return 0;
}

int mutate_function_wrong(struct mutant *m, struct err *err)
{
	uint8_t old = m->inspection.header.function;
	uint8_t function = (uint8_t)mutant_pick_other(m, IMAGE_FUNCTION_COUNT, old);

	(void)err;
	if (function == IMAGE_FUNCTION_COUNT - 1 && old != UINT8_MAX)
		function = UINT8_MAX; /* one that no board knows */
	*header_at(m, IMAGE_AT_FUNCTION) = function;
	mutant_say(m, "offset 0x%zx: function %u (%s) became %u (%s)",
		   offset_of(m, IMAGE_AT_FUNCTION), old, image_function_name(old), function,
		   image_function_name(function));
	return 0;
}

int mutate_index_wrong(struct mutant *m, struct err *err)
{
	static const uint8_t indexes[] = { 0, 1, 2, 3, 4, 0x7f, UINT8_MAX };
	uint8_t old = m->inspection.header.index;
	uint8_t index = old;

	(void)err;
	while (index == old)
		index = indexes[rng_below(&m->rng, ARRAY_LEN(indexes))];
	*header_at(m, IMAGE_AT_INDEX) = index;
	mutant_say(m, "offset 0x%zx: index %u became %u", offset_of(m, IMAGE_AT_INDEX), old, index);
	return 0;
}

int mutate_flags_set(struct mutant *m, struct err *err)
{
	static const uint8_t flags[] = { 0x01, 0x02, 0x04, 0x03, 0x06, 0x80, 0xff };
	uint8_t old = m->inspection.header.flags;
	uint8_t now = old;

	(void)err;
	while (now == old)
		now = flags[rng_below(&m->rng, ARRAY_LEN(flags))];
	*header_at(m, IMAGE_AT_FLAGS) = now;
	mutant_say(m, "offset 0x%zx: flags 0x%02x became 0x%02x", offset_of(m, IMAGE_AT_FLAGS), old,
		   now);
	return 0;
}

int mutate_header_garbage(struct mutant *m, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < IMAGE_HEADER_BYTES; i++)
		*header_at(m, i) = (uint8_t)rng_next(&m->rng);
	mutant_say(m, "offset 0x%zx: the %d bytes of the header are random", offset_of(m, 0),
		   IMAGE_HEADER_BYTES);
	return 0;
}

int mutate_bootloader_other_board(struct mutant *m, struct err *err)
{
	static const uint16_t boards[] = { 6, 8, 10 };
	const struct image_inspection *in = &m->inspection;
	const struct image_embedded *inner = in->embedded_count ? &in->embedded[0] : NULL;
	uint16_t old = in->header.platform_id;
	uint16_t board;
	size_t at = in->header_offset;

	if (in->header.function != IMAGE_FUNCTION_BOOTLOADER && !inner)
		return mutant_cannot(err, "it is no bootloader, and there is none in it");
	if (in->header.function != IMAGE_FUNCTION_BOOTLOADER) {
		at = inner->header_offset;
		old = inner->header.platform_id;
	}
	board = old;
	while (board == old)
		board = boards[rng_below(&m->rng, ARRAY_LEN(boards))];
	image_put_le16(m->bytes + at + IMAGE_AT_PLATFORM, board);
	/* one that lies in another module has sums of its own */
	if (at != in->header_offset && m->sealed)
		image_write_sums(m->bytes + inner->offset, inner->len);
	mutant_say(m, "offset 0x%zx: the bootloader's platform %u (%s) became %u (%s)",
		   at + IMAGE_AT_PLATFORM, old, image_platform_name(old), board,
		   image_platform_name(board));
	return 0;
}

int mutate_suffix_size_lies(struct mutant *m, struct err *err)
{
	static const uint16_t sizes[] = { 0, 1, 35, 36, 40, 44, 256, 0x7fff, UINT16_MAX };
	size_t at = m->len - IMAGE_SUFFIX_SIZE_BACK;
	uint16_t size;
	uint16_t old;
	int r = need_tail(m, IMAGE_TAIL_BYTES_MIN, err);

	if (r < 0)
		return r;
	old = image_get_le16(m->bytes + at);
	size = old;
	while (size == old)
		size = sizes[rng_below(&m->rng, ARRAY_LEN(sizes))];
	image_put_le16(m->bytes + at, size);
	mutant_say(m, "offset 0x%zx: size of the suffix %u became %u", at, old, size);
	return 0;
}

int mutate_product_set(struct mutant *m, struct err *err)
{
	size_t at = m->len - IMAGE_PRODUCT_BACK;
	uint16_t id;
	uint16_t version;
	int r = need_tail(m, IMAGE_TAIL_BYTES, err);

	if (r < 0)
		return r;
	id = (uint16_t)mutant_pick_other(m, UINT16_MAX + 1, image_get_le16(m->bytes + at));
	version = (uint16_t)rng_next(&m->rng);
	mutant_say(m, "offset 0x%zx: product %u, version %u became %u, %u", at,
		   image_get_le16(m->bytes + at), image_get_le16(m->bytes + at + 2), id, version);
	image_put_le16(m->bytes + at, id);
	image_put_le16(m->bytes + at + 2, version);
	return 0;
}
