/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes by libraries: SHA-256 (libcrypto) and CRC-32 (zlib). */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum hash_sizes { SHA256_BYTES = 32, SHA256_HEX = 65 };

/* SHA-256 of 'len' bytes. */
void hash_sha256(const void *data, size_t len, uint8_t ret_digest[SHA256_BYTES]);

/* Lower-case hexadecimal with terminating NUL. */
void hash_hex(const uint8_t digest[SHA256_BYTES], char ret_hex[SHA256_HEX]);

/* CRC-32, IEEE 802.3 reflected (zlib's crc32): what a module's tail holds, facts 1.2. */
uint32_t hash_crc32(const void *data, size_t len);

#endif
