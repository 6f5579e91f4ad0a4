/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cloud's keys, in a folder: its own RSA key (2048 bits, server-key.pem, only the owner may
 * read it), and for each device the public key it showed (device-ID.der). A board is given the
 * public half by dct.h. Facts: particle-gen2 8.1.
 *
 * The folder decides which boards can talk to this cloud: with another server key a board that has
 * the old one does not get past its handshake.
 */
#ifndef CLOUD_KEYS_H
#define CLOUD_KEYS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum keys_sizes {
	KEYS_SERVER_BITS = 2048,
	KEYS_SERVER_BYTES = KEYS_SERVER_BITS / 8, /* of what is encrypted or signed with it */
	KEYS_DEVICE_BITS = 1024,
	KEYS_DEVICE_BYTES = KEYS_DEVICE_BITS / 8,
	KEYS_PUBLIC_MAX = 294, /* a public key as DER (SubjectPublicKeyInfo) of 2048 bits */
	KEYS_ID_BYTES = 12,
	KEYS_ID_TEXT = 2 * KEYS_ID_BYTES + 1,
};

struct keys;

/*
 * Opens the folder, which is made when it is not there, and makes a server key when there is none.
 * ERR_CONFIG when what is there is no whole RSA key of 2048 bits: it is never overwritten. ERR_IO
 * when the folder or the key cannot be written. Caller closes.
 */
int keys_open(const char *folder, struct keys **ret, struct err *err) MUST_CHECK;
void keys_close(struct keys *keys); /* NULL allowed */

/* The server's public key as DER; borrowed until keys_close(). */
const uint8_t *keys_public(const struct keys *keys, size_t *ret_len);

/* Decrypts what was encrypted for the server (PKCS#1 v1.5); false when it was not. */
bool keys_decrypt(const struct keys *keys, const uint8_t bytes[KEYS_SERVER_BYTES],
		  uint8_t ret[KEYS_SERVER_BYTES], size_t *ret_len) MUST_CHECK;

/*
 * Signs bytes as they are: PKCS#1 v1.5 type 1 without a DigestInfo. False when the library refuses.
 */
bool keys_sign(const struct keys *keys, const uint8_t *bytes, size_t len,
	       uint8_t ret[KEYS_SERVER_BYTES]) MUST_CHECK;

/*
 * The public key that is remembered of a device; *ret_len is 0 when there is none. ERR_CONFIG when
 * its file is no RSA key of 1024 bits.
 */
int keys_device(const struct keys *keys, const uint8_t id[KEYS_ID_BYTES],
		uint8_t ret[KEYS_PUBLIC_MAX], size_t *ret_len, struct err *err) MUST_CHECK;

/* Remembers it from now on, also over restarts. ERR_IO. */
int keys_remember(const struct keys *keys, const uint8_t id[KEYS_ID_BYTES], const uint8_t *der,
		  size_t len, struct err *err) MUST_CHECK;

/* The file of a device's key; caller frees, NULL on lack of memory. */
char *keys_device_path(const struct keys *keys, const uint8_t id[KEYS_ID_BYTES]);

/* Length of the device's public key that 'der' begins with; 0 when it does not begin with one. */
size_t keys_device_der(const uint8_t *der, size_t len);

/* Lower-case hexadecimal. */
void keys_id_text(const uint8_t id[KEYS_ID_BYTES], char ret[KEYS_ID_TEXT]);

#endif
