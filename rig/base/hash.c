/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <openssl/sha.h>
#include <zlib.h>

void hash_sha256(const void *data, size_t len, uint8_t ret_digest[SHA256_BYTES])
{
	SHA256(data, len, ret_digest);
}

void hash_hex(const uint8_t digest[SHA256_BYTES], char ret_hex[SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned int i = 0; i < SHA256_BYTES; i++) {
		ret_hex[2 * i] = digits[digest[i] >> 4];
		ret_hex[2 * i + 1] = digits[digest[i] & 15];
	}
	ret_hex[SHA256_HEX - 1] = '\0';
}

uint32_t hash_crc32(const void *data, size_t len)
{
	return (uint32_t)crc32_z(0, data, len);
}
