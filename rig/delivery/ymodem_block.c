/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/ymodem_block.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { CRC_POLYNOMIAL = 0x1021, NAME_MAX = 64 };

static void begin(uint8_t number, size_t block_bytes, int fill, struct ymodem_block *ret)
{
	assert(block_bytes == YMODEM_SHORT_BYTES || block_bytes == YMODEM_LONG_BYTES);
	ret->len = YMODEM_HEAD_BYTES + block_bytes + YMODEM_SUM_BYTES;
	ret->bytes[0] = block_bytes == YMODEM_SHORT_BYTES ? YMODEM_SOH : YMODEM_STX;
	ret->bytes[1] = number;
	ret->bytes[2] = (uint8_t)~number;
	memset(ret->bytes + YMODEM_HEAD_BYTES, fill, block_bytes);
	memset(ret->bytes + YMODEM_HEAD_BYTES + block_bytes, 0, YMODEM_SUM_BYTES);
}

void ymodem_block_data(uint8_t number, const uint8_t *data, size_t len, size_t block_bytes,
		       struct ymodem_block *ret)
{
	assert(len <= block_bytes);
	begin(number, block_bytes, YMODEM_PADDING, ret);
	memcpy(ret->bytes + YMODEM_HEAD_BYTES, data, len);
}

void ymodem_block_file(const char *name, size_t file_bytes, struct ymodem_block *ret)
{
	char *data = (char *)ret->bytes + YMODEM_HEAD_BYTES;
	size_t n;

	begin(0, YMODEM_SHORT_BYTES, 0, ret);
	if (!name)
		return;
	n = strlen(name) + 1;
	assert(n <= NAME_MAX);
	memcpy(data, name, n);
	snprintf(data + n, YMODEM_SHORT_BYTES - n, "%zu ", file_bytes);
}

void ymodem_block_seal(struct ymodem_block *block)
{
	size_t end = block->len - YMODEM_SUM_BYTES;
	uint16_t crc = 0;

	for (size_t i = YMODEM_HEAD_BYTES; i < end; i++) {
		crc = (uint16_t)(crc ^ block->bytes[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc << 1 ^ (crc & 0x8000 ? CRC_POLYNOMIAL : 0));
	}
	block->bytes[end] = (uint8_t)(crc >> 8);
	block->bytes[end + 1] = (uint8_t)crc;
}
