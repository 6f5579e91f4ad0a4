/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records of pending updates in the configuration table (facts 2.1): "copy so many bytes from here
 * to there at the next boot". Slot 0 is the factory image's.
 */
#ifndef REFERENCE_COMMON_SLOTS_H
#define REFERENCE_COMMON_SLOTS_H

#include "reference/common/chip.h"

enum slots_limits { SLOTS_FIRST = 1, SLOTS_END = 5 };

enum slots_magic {
	SLOT_PENDING = 0xabcd,
	SLOT_FREE = 0xffff,
	SLOT_ZEROED = 0, /* freed in place */
	SLOT_TIDY = 0x71d7,
};

struct slot_record {
	uint16_t magic;
	uint8_t source_device;
	uint8_t destination_device;
	uint32_t source;
	uint32_t destination;
	uint32_t length; /* with the CRC */
	uint8_t flags;
	uint8_t function;
	uint8_t count; /* 0xff; attempts or boots where a defect counts them */
	uint8_t reserved;
};

_Static_assert(sizeof(struct slot_record) == 20, "the record's layout");

/* Copies of records, so that they may be changed while the table is rewritten. */
struct slot_record slots_read(unsigned int number);
int slots_write(unsigned int number, const struct slot_record *record);

/* Frees the record as the era does it. */
void slots_clear(unsigned int number);

#endif
