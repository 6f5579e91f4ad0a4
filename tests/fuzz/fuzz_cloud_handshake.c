/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as what a device sends in a handshake: as they are, or (first byte odd) encrypted for
 * the cloud behind the right nonce, so that what is inside is looked at.
 */
#include "cloud/handshake.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { PLAIN_MAX = 245 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A folder for the process; the key in it is new each time, which no input depends on. */
static struct keys *the_keys(void)
{
	static struct keys *keys;
	static char folder[] = "/tmp/otarig-fuzz.XXXXXX";

	if (!keys) {
		assert(mkdtemp(folder));
		assert(keys_open(folder, &keys, NULL) == 0);
	}
	return keys;
}

static void encrypt(const uint8_t *plain, size_t plain_len, uint8_t ret[KEYS_SERVER_BYTES])
{
	size_t len;
	const unsigned char *der = keys_public(the_keys(), &len);
	EVP_PKEY *server = d2i_PUBKEY(NULL, &der, (long)len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(server, NULL);

	len = KEYS_SERVER_BYTES;
	assert(EVP_PKEY_encrypt_init(ctx) > 0 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
	       EVP_PKEY_encrypt(ctx, ret, &len, plain, plain_len) > 0);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t random[HANDSHAKE_RANDOM_BYTES] = { 1, 2, 3 };
	uint8_t message[KEYS_SERVER_BYTES];
	uint8_t plain[PLAIN_MAX];
	struct handshake handshake;
	size_t len = size;
	size_t taken = 0;

	if (size > 0 && data[0] & 1) {
		len = size - 1 < PLAIN_MAX - HANDSHAKE_NONCE_BYTES
			      ? size - 1
			      : PLAIN_MAX - HANDSHAKE_NONCE_BYTES;
		memcpy(plain, random, HANDSHAKE_NONCE_BYTES);
		memcpy(plain + HANDSHAKE_NONCE_BYTES, data + 1, len);
		encrypt(plain, HANDSHAKE_NONCE_BYTES + len, message);
		data = message;
		len = sizeof(message);
	}
	handshake_begin(&handshake, the_keys(), HANDSHAKE_TRUST_KNOWN, random);
	handshake.out_len = 0;
	assert(handshake_heard(&handshake, data, len, &taken, NULL) == 0);
	assert(taken <= len && taken <= HANDSHAKE_DEVICE_BYTES);
	assert(handshake.result == HANDSHAKE_WAITS ? handshake.in_len < HANDSHAKE_DEVICE_BYTES
						   : handshake.text[0]);
	assert(handshake.result != HANDSHAKE_DONE && handshake.out_len == 0);
	return 0;
}
