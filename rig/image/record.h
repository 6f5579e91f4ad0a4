/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record of a pending update in the configuration table: "copy so many bytes from here to there
 * at the next boot". Alike on all boards of the family (facts: particle-gen2 2.1).
 */
#ifndef IMAGE_RECORD_H
#define IMAGE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

enum record_facts {
	RECORD_BYTES = 20,
	RECORD_TABLE = 2852, /* offset of the first in the configuration table */
	RECORD_FIRST = 1,    /* 0 is the factory image's */
	RECORD_COUNT = 5,
};

struct record {
	uint32_t source; /* addresses in internal flash */
	uint32_t destination;
	uint32_t length;  /* bytes, with the module's CRC */
	uint8_t function; /* of the module */
};

/* The bytes of one that asks for all checks, as an update over the air writes it. */
void record_make(const struct record *record, uint8_t ret[RECORD_BYTES]);

/* Whether the bytes are one that is to be applied. */
bool record_is_pending(const uint8_t bytes[RECORD_BYTES]);

/* Where the record of that number lies in the table. */
static inline uint32_t record_offset(uint32_t number)
{
	return (uint32_t)RECORD_TABLE + number * (uint32_t)RECORD_BYTES;
}

#endif
