/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session's encryption: AES-128 in CBC mode with PKCS#7 padding, one chain each way, with a habit
 * of this family: the next message's IV is the first 16 bytes of the ciphertext just processed, not
 * the last block. Facts: particle-gen2 8.1, 8.2.
 */
#ifndef CLOUD_CIPHER_H
#define CLOUD_CIPHER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cipher_sizes {
	CIPHER_BLOCK_BYTES = 16,
	CIPHER_KEY_BYTES = 16,
	CIPHER_SALT_BYTES = 8,
	CIPHER_CREDENTIALS_BYTES = CIPHER_KEY_BYTES + CIPHER_BLOCK_BYTES + CIPHER_SALT_BYTES,
};

struct cipher;

/*
 * From the credentials of a handshake: key, IV of both directions, salt. Caller frees with
 * cipher_free(). ERR_RIG when the library refuses.
 */
int cipher_new(const uint8_t credentials[CIPHER_CREDENTIALS_BYTES], struct cipher **ret,
	       struct err *err) MUST_CHECK;
void cipher_free(struct cipher *cipher); /* NULL allowed */

/* Encrypts; 'ret' has room for len + CIPHER_BLOCK_BYTES. The ciphertext's length. */
size_t cipher_seal(struct cipher *cipher, const uint8_t *bytes, size_t len, uint8_t *ret);

/*
 * Decrypts; 'ret' has room for 'len'. False when it is no whole number of blocks, or ends in no
 * padding: another key, or bytes that were lost.
 */
bool cipher_open(struct cipher *cipher, const uint8_t *bytes, size_t len, uint8_t *ret,
		 size_t *ret_len) MUST_CHECK;

/* Message number that a session begins with: the salt's first two bytes, little endian. */
uint16_t cipher_first_id(const uint8_t credentials[CIPHER_CREDENTIALS_BYTES]);

#endif
