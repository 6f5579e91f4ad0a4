/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Firmware checks modules of a quarter megabyte at every boot, word by word with the bits of each
 * reversed. Reversed words into a register that shifts left is the same as plain words into one
 * that shifts right, and a checksum is linear: that of many pages is put together from those of
 * the pages, and a page that did not change need not be looked at again.
 */
#include "vboard/crc.h"
#include "vboard/record.h"

#include <stdlib.h>
#include <string.h>

enum { CRC_PAGE_WORDS = CRC_PAGE_BYTES / 4 };

#define POLYNOMIAL	    0x04c11db7u
#define POLYNOMIAL_REVERSED 0xedb88320u

static uint32_t reverse_bits(uint32_t x)
{
	x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
	x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
	x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(x);
}

static uint32_t through(const struct crc_table *table, uint32_t x)
{
	return table->of[3][x >> 24] ^ table->of[2][x >> 16 & 0xff] ^ table->of[1][x >> 8 & 0xff] ^
	       table->of[0][x & 0xff];
}

static void make_msb_first(struct crc_table *table)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i << 24;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x80000000 ? crc << 1 ^ POLYNOMIAL : crc << 1;
		table->of[0][i] = crc;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (uint32_t k = 1; k < 4; k++)
			table->of[k][i] =
				table->of[k - 1][i] << 8 ^ table->of[0][table->of[k - 1][i] >> 24];
}

/* of[k]: byte k of a word, counted from the least significant. */
static void make_lsb_first(struct crc_table *table)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL_REVERSED : crc >> 1;
		table->of[3][i] = crc;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int k = 2; k >= 0; k--)
			table->of[k][i] =
				table->of[k + 1][i] >> 8 ^ table->of[3][table->of[k + 1][i] & 0xff];
}

/* Each next table moves what the one before it gives past a word of zeros. */
static void make_more_lsb_first(struct crc_table *tables)
{
	for (int k = 1; k < CRC_WORDS_AT_ONCE; k++)
		for (int byte = 0; byte < 4; byte++)
			for (uint32_t i = 0; i < 256; i++)
				tables[k].of[byte][i] =
					through(&tables[0], tables[k - 1].of[byte][i]);
}

static void make_past_page(struct crc_cache *cache)
{
	uint32_t bits[32];

	for (int i = 0; i < 32; i++) {
		bits[i] = 1u << i;
		for (int word = 0; word < CRC_PAGE_WORDS; word++)
			bits[i] = through(&cache->lsb_first[0], bits[i]);
	}
	for (int k = 0; k < 4; k++)
		for (uint32_t i = 0; i < 256; i++)
			for (int bit = 0; bit < 8; bit++)
				if (i >> bit & 1)
					cache->past_page.of[k][i] ^= bits[8 * k + bit];
}

struct crc_cache *crc_cache_new(void)
{
	struct crc_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	make_msb_first(&cache->msb_first);
	make_lsb_first(&cache->lsb_first[0]);
	make_more_lsb_first(cache->lsb_first);
	make_past_page(cache);
	return cache;
}

void crc_reset(struct vboard *vb)
{
	if (vb->recorder)
		record_crc_set(vb);
	vb->s.chip.crc = UINT32_MAX;
}

/* The new value depends on the old one. */
static void note_feed(struct vboard *vb)
{
	if (!vb->recorder)
		return;
	record_crc_read(vb);
	record_crc_set(vb);
}

void crc_feed(struct vboard *vb, uint32_t word)
{
	note_feed(vb);
	vb->s.chip.crc = through(&vb->crc_cache->msb_first, vb->s.chip.crc ^ word);
}

static uint32_t feed_reversed(const struct crc_cache *cache, uint32_t crc, const uint8_t *bytes,
			      uint32_t words)
{
	const struct crc_table *tables = cache->lsb_first;
	uint32_t w[CRC_WORDS_AT_ONCE];

	for (; words >= CRC_WORDS_AT_ONCE; words -= CRC_WORDS_AT_ONCE, bytes += sizeof(w)) {
		memcpy(w, bytes, sizeof(w));
		crc = through(&tables[3], crc ^ w[0]) ^ through(&tables[2], w[1]) ^
		      through(&tables[1], w[2]) ^ through(&tables[0], w[3]);
	}
	for (; words > 0; words--, bytes += 4) {
		memcpy(w, bytes, 4);
		crc = through(&tables[0], crc ^ w[0]);
	}
	return crc;
}

uint32_t crc_of_page(struct vboard *vb, uint32_t page)
{
	struct crc_cache *cache = vb->crc_cache;

	if (!cache->page_known[page]) {
		cache->page[page] = feed_reversed(
			cache, 0, &vb->s.flash[page * (size_t)CRC_PAGE_BYTES], CRC_PAGE_WORDS);
		cache->page_known[page] = true;
	}
	return cache->page[page];
}

void crc_page_is(struct vboard *vb, uint32_t page, uint32_t crc)
{
	vb->crc_cache->page[page] = crc;
	vb->crc_cache->page_known[page] = true;
}

static uint32_t feed_flash_reversed(struct vboard *vb, uint32_t crc, uint32_t offset,
				    uint32_t words)
{
	const struct crc_cache *cache = vb->crc_cache;

	while (words > 0) {
		uint32_t left = CRC_PAGE_WORDS - offset % CRC_PAGE_BYTES / 4;
		uint32_t now = words < left ? words : left;

		if (now == CRC_PAGE_WORDS)
			crc = through(&cache->past_page, crc) ^
			      crc_of_page(vb, offset / CRC_PAGE_BYTES);
		else
			crc = feed_reversed(cache, crc, &vb->s.flash[offset], now);
		offset += 4 * now;
		words -= now;
	}
	return crc;
}

void crc_feed_memory(struct vboard *vb, uint32_t address, uint32_t words, bool reversed)
{
	bool is_flash = address - FLASH_BASE < VBOARD_FLASH_BYTES;
	const uint8_t *bytes =
		is_flash ? &vb->s.flash[address - FLASH_BASE] : &vb->s.chip.ram[address - RAM_BASE];
	uint32_t crc;

	note_feed(vb);
	if (!reversed) {
		for (uint32_t i = 0; i < words; i++) {
			uint32_t word;

			memcpy(&word, bytes + 4 * (size_t)i, 4);
			crc_feed(vb, word);
		}
		return;
	}
	crc = reverse_bits(vb->s.chip.crc);
	crc = is_flash ? feed_flash_reversed(vb, crc, address - FLASH_BASE, words)
		       : feed_reversed(vb->crc_cache, crc, bytes, words);
	vb->s.chip.crc = reverse_bits(crc);
}

void crc_flash_changed(struct vboard *vb, uint32_t offset, uint32_t size)
{
	for (uint32_t page = offset / CRC_PAGE_BYTES; page * CRC_PAGE_BYTES < offset + size; page++)
		vb->crc_cache->page_known[page] = false;
}
