/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/module.h"
#include "lib/testing.h"

enum { TAIL_BYTES = 4 + 2 + SHA256_BYTES + 2 + IMAGE_CRC_BYTES };

static void put_le(uint8_t *p, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

void module_seal(uint8_t *bytes, size_t len)
{
	size_t sha_at = len - IMAGE_CRC_BYTES - 2 - SHA256_BYTES;
	uint32_t crc;

	hash_sha256(bytes, sha_at, bytes + sha_at);
	crc = hash_crc32(bytes, len - IMAGE_CRC_BYTES);
	for (int i = 0; i < IMAGE_CRC_BYTES; i++)
		bytes[len - 1 - (size_t)i] = (uint8_t)(crc >> (8 * i));
}

uint8_t *module_make(struct image_header header, size_t header_offset, size_t body_bytes,
		     size_t *ret_len)
{
	size_t len = header_offset + IMAGE_HEADER_BYTES + body_bytes + TAIL_BYTES;
	uint8_t *bytes = calloc(1, len);
	uint8_t *at;

	ck_assert_ptr_nonnull(bytes);
	at = bytes + header_offset;
	if (header_offset)
		put_le(bytes, 0x20020000, 4); /* initial stack pointer */
	put_le(at, header.start, 4);
	put_le(at + 4, header.start + (uint32_t)len - IMAGE_CRC_BYTES, 4);
	at[9] = header.flags;
	put_le(at + 10, header.version, 2);
	put_le(at + 12, header.platform_id, 2);
	at[14] = header.function;
	at[15] = header.index;
	for (int i = 0; i < 2; i++) {
		at[16 + 4 * i] = header.dependency[i].function;
		at[17 + 4 * i] = header.dependency[i].index;
		put_le(at + 18 + 4 * i, header.dependency[i].version_min, 2);
	}
	memset(at + IMAGE_HEADER_BYTES, 0x5a, body_bytes);
	memset(bytes + len - TAIL_BYTES, 0xff, 4); /* no product id and version */
	put_le(bytes + len - IMAGE_CRC_BYTES - 2, 40, 2);
	module_seal(bytes, len);
	*ret_len = len;
	return bytes;
}
