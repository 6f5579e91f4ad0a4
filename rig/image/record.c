/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/record.h"

#include <string.h>

enum record_bytes {
	MAGIC = 0xabcd,
	FLAGS = 0x0e, /* verify CRC, destination, function */
	AT_SOURCE = 4,
	AT_DESTINATION = 8,
	AT_LENGTH = 12,
	AT_FLAGS = 16,
	AT_FUNCTION = 17,
	AT_RESERVED = 18,
};

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

void record_make(const struct record *record, uint8_t ret[RECORD_BYTES])
{
	memset(ret, 0, RECORD_BYTES);
	ret[0] = MAGIC & 0xff;
	ret[1] = MAGIC >> 8;
	put32(ret + AT_SOURCE, record->source);
	put32(ret + AT_DESTINATION, record->destination);
	put32(ret + AT_LENGTH, record->length);
	ret[AT_FLAGS] = FLAGS;
	ret[AT_FUNCTION] = record->function;
	memset(ret + AT_RESERVED, 0xff, RECORD_BYTES - AT_RESERVED);
}

bool record_is_pending(const uint8_t bytes[RECORD_BYTES])
{
	return (bytes[0] | bytes[1] << 8) == MAGIC;
}
