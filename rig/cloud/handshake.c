/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/handshake.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	SHA1_BYTES = 20,
	SHORT_BYTES = HANDSHAKE_NONCE_BYTES + KEYS_ID_BYTES, /* without a public key */
};

/* A device's public key as it is known. */
struct device_key {
	uint8_t der[KEYS_PUBLIC_MAX];
	size_t len;
};

void handshake_begin(struct handshake *handshake, struct keys *keys, enum handshake_trust trust,
		     const uint8_t random[HANDSHAKE_RANDOM_BYTES])
{
	*handshake = (struct handshake){ .keys = keys,
					 .trust = trust,
					 .result = HANDSHAKE_WAITS,
					 .out_len = HANDSHAKE_NONCE_BYTES };
	memcpy(handshake->nonce, random, HANDSHAKE_NONCE_BYTES);
	memcpy(handshake->credentials, random + HANDSHAKE_NONCE_BYTES, CIPHER_CREDENTIALS_BYTES);
	memcpy(handshake->out, random, HANDSHAKE_NONCE_BYTES);
}

static int PRINTF_LIKE(3, 4)
	end(struct handshake *handshake, enum handshake_result result, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(handshake->text, sizeof(handshake->text), fmt, args);
	va_end(args);
	handshake->result = result;
	return 0;
}

/* RSA, PKCS#1 v1.5, for the device: KEYS_DEVICE_BYTES. */
static bool encrypt_for(const struct device_key *known, const uint8_t *bytes, size_t len,
			uint8_t *ret)
{
	const unsigned char *der = known->der;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &der, (long)known->len);
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	size_t ret_len = KEYS_DEVICE_BYTES;
	bool good = ctx && EVP_PKEY_encrypt_init(ctx) > 0 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
		    EVP_PKEY_encrypt(ctx, ret, &ret_len, bytes, len) > 0;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good && ret_len == KEYS_DEVICE_BYTES;
}

/* Credentials for the device's key, then the signature over their HMAC. */
static int reply(struct handshake *handshake, const struct device_key *known, struct err *err)
{
	uint8_t *cipher = handshake->out;
	uint8_t mac[SHA1_BYTES];
	unsigned int mac_len = 0;

	if (!encrypt_for(known, handshake->credentials, CIPHER_CREDENTIALS_BYTES, cipher) ||
	    !HMAC(EVP_sha1(), handshake->credentials, CIPHER_CREDENTIALS_BYTES, cipher,
		  KEYS_DEVICE_BYTES, mac, &mac_len) ||
	    mac_len != SHA1_BYTES ||
	    !keys_sign(handshake->keys, mac, sizeof(mac), cipher + KEYS_DEVICE_BYTES))
		return err_set(err, ERR_RIG, -EIO, "libcrypto refuses a step of the handshake");
	handshake->out_len = HANDSHAKE_REPLY_BYTES;
	handshake->result = HANDSHAKE_DONE;
	return 0;
}

/* The key that the device showed, against the one that is known; *known is filled when good. */
static int compare(struct handshake *handshake, const uint8_t *shown, size_t len,
		   struct device_key *known, struct err *err)
{
	AUTO_FREE char *path = NULL;
	char id[KEYS_ID_TEXT];

	keys_id_text(handshake->id, id);
	if (known->len > 0) {
		if (known->len == len && memcmp(known->der, shown, len) == 0)
			return 0;
		path = keys_device_path(handshake->keys, handshake->id);
		return end(handshake, HANDSHAKE_KEY_DIFFERS,
			   "device %s shows another public key than before (remembered in '%s')",
			   id, path ? path : "?");
	}
	if (handshake->trust == HANDSHAKE_TRUST_KNOWN)
		return end(handshake, HANDSHAKE_STRANGER, "device %s is not known here", id);
	memcpy(known->der, shown, len);
	known->len = len;
	return keys_remember(handshake->keys, handshake->id, shown, len, err);
}

static int accept_device(struct handshake *handshake, const uint8_t *plain, size_t len,
			 struct err *err)
{
	struct device_key known;
	char id[KEYS_ID_TEXT];
	size_t der_len;
	int r;

	memcpy(handshake->id, plain + HANDSHAKE_NONCE_BYTES, KEYS_ID_BYTES);
	keys_id_text(handshake->id, id);
	r = keys_device(handshake->keys, handshake->id, known.der, &known.len, err);
	if (r < 0)
		return r;
	if (len == SHORT_BYTES) {
		if (known.len == 0)
			return end(handshake, HANDSHAKE_NO_KEY,
				   "device %s sent no public key, and none is known", id);
		return reply(handshake, &known, err);
	}
	der_len = keys_device_der(plain + SHORT_BYTES, len - SHORT_BYTES);
	if (der_len == 0)
		return end(handshake, HANDSHAKE_BAD_KEY,
			   "device %s sent %zu bytes that are no public RSA key of %d bits", id,
			   len - SHORT_BYTES, KEYS_DEVICE_BITS);
	r = compare(handshake, plain + SHORT_BYTES, der_len, &known, err);
	if (r < 0 || handshake->result != HANDSHAKE_WAITS)
		return r;
	return reply(handshake, &known, err);
}

static int judge(struct handshake *handshake, struct err *err)
{
	uint8_t plain[KEYS_SERVER_BYTES];
	size_t len;

	if (!keys_decrypt(handshake->keys, handshake->in, plain, &len))
		return end(
			handshake, HANDSHAKE_NOT_FOR_US,
			"the device's message is not for this cloud's key: the board has another "
			"server key");
	if (len < SHORT_BYTES)
		return end(handshake, HANDSHAKE_BAD_NONCE,
			   "the device's message holds %zu bytes, at least %d are needed", len,
			   SHORT_BYTES);
	if (memcmp(plain, handshake->nonce, HANDSHAKE_NONCE_BYTES) != 0)
		return end(handshake, HANDSHAKE_BAD_NONCE,
			   "the device answers to other random bytes than it was sent");
	return accept_device(handshake, plain, len, err);
}

int handshake_heard(struct handshake *handshake, const uint8_t *bytes, size_t len,
		    size_t *ret_taken, struct err *err)
{
	size_t room = HANDSHAKE_DEVICE_BYTES - handshake->in_len;
	size_t taken = handshake->result == HANDSHAKE_WAITS ? len : 0;

	if (taken > room)
		taken = room;
	if (taken > 0)
		memcpy(handshake->in + handshake->in_len, bytes, taken);
	handshake->in_len += taken;
	*ret_taken = taken;
	if (handshake->result != HANDSHAKE_WAITS || handshake->in_len < HANDSHAKE_DEVICE_BYTES)
		return 0;
	return judge(handshake, err);
}

const char *handshake_result_name(enum handshake_result result)
{
	static const char *const names[] = {
		[HANDSHAKE_UNKNOWN] = "unknown",     [HANDSHAKE_WAITS] = "waits",
		[HANDSHAKE_DONE] = "done",	     [HANDSHAKE_NOT_FOR_US] = "not-for-us",
		[HANDSHAKE_BAD_NONCE] = "bad-nonce", [HANDSHAKE_BAD_KEY] = "bad-key",
		[HANDSHAKE_NO_KEY] = "no-key",	     [HANDSHAKE_KEY_DIFFERS] = "key-differs",
		[HANDSHAKE_STRANGER] = "stranger",
	};

	return names[result];
}
