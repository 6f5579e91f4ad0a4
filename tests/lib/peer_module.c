/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/peer_module.h"
#include "base/hash.h"

#include <assert.h>
#include <string.h>

enum { HEADER_BYTES = 24, VECTORS_BYTES = 0x184, CRC_BYTES = 4, USER_START = 0x080a0000 };

static uint16_t le16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t le32(const uint8_t *at)
{
	return le16(at) | (uint32_t)le16(at + 2) << 16;
}

static char letter(uint8_t function)
{
	static const char letters[] = "nrbmsu";

	return function < sizeof(letters) - 1 ? letters[function] : '_';
}

static struct peer_module_need read_need(const uint8_t *at)
{
	struct peer_module_need need = { .function = at[0] ? letter(at[0]) : 0,
					 .index = at[1],
					 .version = le16(at + 2) };

	return need;
}

enum peer_module_result peer_module_read(const uint8_t *image, size_t len, uint16_t platform,
					 struct peer_module *ret)
{
	size_t at = 0;
	const uint8_t *header;
	uint32_t body, crc;

	if (len < VECTORS_BYTES + HEADER_BYTES)
		return PEER_MODULE_NOT_FOUND;
	/* a word that looks like a stack pointer: a vector table leads */
	if ((le32(image) & 0x2ff10000u) == 0x20000000u)
		at = VECTORS_BYTES;
	header = image + at;
	body = le32(header + 4) - le32(header);
	if (le32(header + 4) <= le32(header) || body < at + HEADER_BYTES || len < CRC_BYTES ||
	    body > len - CRC_BYTES)
		return PEER_MODULE_NOT_FOUND;
	if (le16(header + 12) != platform)
		return PEER_MODULE_PLATFORM;
	crc = (uint32_t)image[body] << 24 | (uint32_t)image[body + 1] << 16 |
	      (uint32_t)image[body + 2] << 8 | image[body + 3];
	if (crc != hash_crc32(image, body))
		return PEER_MODULE_INTEGRITY;
	*ret = (struct peer_module){
		.bytes = body + CRC_BYTES,
		.function = letter(header[14]),
		.index = header[15],
		.version = le16(header + 10),
		.needs = { read_need(header + 16), read_need(header + 20) },
	};
	return PEER_MODULE_GOOD;
}

void peer_module_make(uint8_t *bytes, size_t len, uint16_t platform, uint16_t version)
{
	const uint32_t end = USER_START + (uint32_t)len - CRC_BYTES;
	uint32_t crc;

	assert(len % 4 == 0 && len > 64);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256 + 3);
	memset(bytes, 0, HEADER_BYTES);
	for (unsigned int i = 0; i < 4; i++) {
		bytes[i] = (uint8_t)((uint32_t)USER_START >> 8 * i);
		bytes[4 + i] = (uint8_t)(end >> 8 * i);
	}
	bytes[10] = (uint8_t)version;
	bytes[11] = (uint8_t)(version >> 8);
	bytes[12] = (uint8_t)platform;
	bytes[14] = 5; /* user part 1, needs system part 2 */
	bytes[15] = 1;
	bytes[16] = 4;
	bytes[17] = 2;
	bytes[18] = 207;
	/* the tail before the CRC: no product, SHA-256 that no device looks at, its size */
	memset(bytes + len - CRC_BYTES - 40, 0xff, 4);
	memset(bytes + len - CRC_BYTES - 36, 0, 36);
	bytes[len - CRC_BYTES - 2] = 40;
	crc = hash_crc32(bytes, len - CRC_BYTES);
	for (unsigned int i = 0; i < 4; i++)
		bytes[len - 1 - i] = (uint8_t)(crc >> 8 * i);
}
