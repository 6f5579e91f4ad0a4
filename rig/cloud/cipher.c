/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/cipher.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

/* The library's contexts keep the key's schedule; only the IV is set anew for each message. */
struct cipher {
	EVP_CIPHER_CTX *seal;
	EVP_CIPHER_CTX *open;
	uint8_t seal_iv[CIPHER_BLOCK_BYTES];
	uint8_t open_iv[CIPHER_BLOCK_BYTES];
};

static bool prepare(struct cipher *cipher, const uint8_t *key)
{
	cipher->seal = EVP_CIPHER_CTX_new();
	cipher->open = EVP_CIPHER_CTX_new();
	return cipher->seal && cipher->open &&
	       EVP_EncryptInit_ex(cipher->seal, EVP_aes_128_cbc(), NULL, key, cipher->seal_iv) &&
	       EVP_DecryptInit_ex(cipher->open, EVP_aes_128_cbc(), NULL, key, cipher->open_iv) &&
	       EVP_CIPHER_CTX_set_padding(cipher->open, 0);
}

int cipher_new(const uint8_t credentials[CIPHER_CREDENTIALS_BYTES], struct cipher **ret,
	       struct err *err)
{
	struct cipher *cipher = calloc(1, sizeof(*cipher));

	if (!cipher)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a session's cipher");
	memcpy(cipher->seal_iv, credentials + CIPHER_KEY_BYTES, CIPHER_BLOCK_BYTES);
	memcpy(cipher->open_iv, credentials + CIPHER_KEY_BYTES, CIPHER_BLOCK_BYTES);
	if (!prepare(cipher, credentials)) {
		cipher_free(cipher);
		return err_set(err, ERR_RIG, -ENOMEM, "libcrypto refuses AES-128-CBC");
	}
	*ret = cipher;
	return 0;
}

void cipher_free(struct cipher *cipher)
{
	if (!cipher)
		return;
	EVP_CIPHER_CTX_free(cipher->seal);
	EVP_CIPHER_CTX_free(cipher->open);
	free(cipher);
}

size_t cipher_seal(struct cipher *cipher, const uint8_t *bytes, size_t len, uint8_t *ret)
{
	int first = 0;
	int last = 0;
	int ok;

	assert(len <= INT_MAX - CIPHER_BLOCK_BYTES);
	ok = EVP_EncryptInit_ex(cipher->seal, NULL, NULL, NULL, cipher->seal_iv) &&
	     EVP_EncryptUpdate(cipher->seal, ret, &first, bytes, (int)len) &&
	     EVP_EncryptFinal_ex(cipher->seal, ret + first, &last);
	assert(ok); /* key and cipher are set: nothing is left to refuse */
	(void)ok;
	memcpy(cipher->seal_iv, ret, CIPHER_BLOCK_BYTES);
	return (size_t)first + (size_t)last;
}

/* Padding of n bytes, each n, 1 to 16. */
static bool unpad(const uint8_t *bytes, size_t len, size_t *ret_len)
{
	size_t pad = bytes[len - 1];

	if (pad == 0 || pad > CIPHER_BLOCK_BYTES)
		return false;
	for (size_t i = len - pad; i < len; i++)
		if (bytes[i] != pad)
			return false;
	*ret_len = len - pad;
	return true;
}

bool cipher_open(struct cipher *cipher, const uint8_t *bytes, size_t len, uint8_t *ret,
		 size_t *ret_len)
{
	int first = 0;
	int last = 0;

	if (len == 0 || len % CIPHER_BLOCK_BYTES != 0 || len > INT_MAX)
		return false;
	if (!EVP_DecryptInit_ex(cipher->open, NULL, NULL, NULL, cipher->open_iv) ||
	    !EVP_DecryptUpdate(cipher->open, ret, &first, bytes, (int)len) ||
	    !EVP_DecryptFinal_ex(cipher->open, ret + first, &last))
		return false;
	memcpy(cipher->open_iv, bytes, CIPHER_BLOCK_BYTES);
	return unpad(ret, len, ret_len);
}

uint16_t cipher_first_id(const uint8_t credentials[CIPHER_CREDENTIALS_BYTES])
{
	const uint8_t *salt = credentials + CIPHER_KEY_BYTES + CIPHER_BLOCK_BYTES;

	return (uint16_t)(salt[0] | salt[1] << 8);
}
