/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checksum unit: CRC-32 of words, polynomial 0x04C11DB7, most significant bit first. RM0033 3.
 */
#ifndef VBOARD_CRC_H
#define VBOARD_CRC_H

#include "vboard/state.h"

enum { CRC_PAGE_BYTES = 4096, CRC_WORDS_AT_ONCE = 4 };

/* What each byte of a word adds. */
struct crc_table {
	uint32_t of[4][256];
};

/* Tables, and the checksums of whole pages of flash that did not change since they were needed. */
struct crc_cache {
	struct crc_table msb_first;
	/* the same polynomial, words and checksum reversed; table k: k words follow */
	struct crc_table lsb_first[CRC_WORDS_AT_ONCE];
	struct crc_table past_page; /* a reversed checksum, moved past a page of zeros */
	uint32_t page[VBOARD_FLASH_BYTES / CRC_PAGE_BYTES];
	bool page_known[VBOARD_FLASH_BYTES / CRC_PAGE_BYTES];
};

/* Owned by the caller; NULL on lack of memory. */
struct crc_cache *crc_cache_new(void);

/* The register as reset leaves it. */
void crc_reset(struct vboard *vb);

/* One word, as a write to the data register does. */
void crc_feed(struct vboard *vb, uint32_t word);

/*
 * 'words' words in a row from RAM or flash at 'address' (aligned, all of them there), each with its
 * bits reversed when 'reversed': what a loop of loads and stores does.
 */
void crc_feed_memory(struct vboard *vb, uint32_t address, uint32_t words, bool reversed);

/* The sum of a page of flash, and that a page which was just replaced has a known one. */
uint32_t crc_of_page(struct vboard *vb, uint32_t page);
void crc_page_is(struct vboard *vb, uint32_t page, uint32_t crc);

/* Flash [offset, offset + size) changed. */
void crc_flash_changed(struct vboard *vb, uint32_t offset, uint32_t size);

#endif
