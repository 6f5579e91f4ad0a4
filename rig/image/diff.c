/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/diff.h"
#include "image/fields.h"

enum { WORD_BYTES = 4, ERASED = 0xff };

static uint32_t word_at(const struct image_side *side, size_t offset)
{
	uint8_t word[WORD_BYTES];

	for (size_t i = 0; i < WORD_BYTES; i++)
		word[i] = offset + i < side->inspection->len ? side->bytes[offset + i] : ERASED;
	return image_get_le32(word);
}

/* Counts the sector of 'address' unless it was counted for the byte before. */
static void count_sector(uint16_t platform_id, uint32_t address, struct image_diff *diff,
			 uint64_t *counted_to)
{
	uint32_t size;
	uint32_t start = image_sector_at(platform_id, address, &size);

	if (size == 0 || address < *counted_to)
		return;
	diff->sectors++;
	*counted_to = (uint64_t)start + size;
}

static void note_first(const struct image_side *a, const struct image_side *b, size_t offset,
		       struct image_diff *diff)
{
	size_t word = offset / WORD_BYTES * WORD_BYTES;

	if (diff->differs)
		return;
	diff->differs = true;
	diff->offset = offset;
	diff->address = a->inspection->header.start + (uint32_t)offset;
	diff->word = a->inspection->header.start + (uint32_t)word;
	diff->word_of[0] = word_at(a, word);
	diff->word_of[1] = word_at(b, word);
}

void image_diff(const struct image_side *a, const struct image_side *b, struct image_diff *ret)
{
	const struct image_header *header = &a->inspection->header;
	size_t a_len = a->inspection->len;
	size_t b_len = b->inspection->len;
	size_t common = a_len < b_len ? a_len : b_len;
	size_t longest = a_len < b_len ? b_len : a_len;
	struct image_diff diff = { .rest = longest - common };
	size_t counted_word = SIZE_MAX;
	uint64_t counted_to = 0;

	if (header->start != b->inspection->header.start) {
		*ret = (struct image_diff){ .differs = true, .elsewhere = true };
		return;
	}
	for (size_t i = 0; i < longest; i++) {
		if (i < common && a->bytes[i] == b->bytes[i])
			continue;
		note_first(a, b, i, &diff);
		count_sector(header->platform_id, header->start + (uint32_t)i, &diff, &counted_to);
		if (i >= common)
			continue;
		diff.bytes++;
		if (i / WORD_BYTES != counted_word)
			diff.words++;
		counted_word = i / WORD_BYTES;
	}
	*ret = diff;
}
