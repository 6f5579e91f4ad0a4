/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handshake: PKCS#1 v1.5 both ways, a bare HMAC-SHA1 under the server's signature (no DigestInfo).
 * Frames: 16 bits of length, AES-128-CBC, PKCS#7; the next IV is the first block of the ciphertext
 * just processed, kept for each direction by itself.
 */
#include "lib/cloud_device_inside.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <assert.h>
#include <string.h>

enum { PUBLIC_KEY_BYTES = 162, SEALED_BYTES = 128, SIGNATURE_BYTES = 256, HMAC_BYTES = 20 };

static size_t encrypt(EVP_PKEY *key, const uint8_t *bytes, size_t len, uint8_t *ret, size_t room)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t ret_len = room;
	int good;

	assert(ctx);
	good = EVP_PKEY_encrypt_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_encrypt(ctx, ret, &ret_len, bytes, len) == 1;
	assert(good);
	(void)good;
	EVP_PKEY_CTX_free(ctx);
	return ret_len;
}

static bool decrypt(EVP_PKEY *key, const uint8_t *bytes, size_t len, uint8_t *ret, size_t *ret_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool good;

	assert(ctx);
	good = EVP_PKEY_decrypt_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_decrypt(ctx, ret, ret_len, bytes, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* What stands under a signature of type 1. */
static bool recover(EVP_PKEY *key, const uint8_t *bytes, size_t len, uint8_t *ret, size_t *ret_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool good;

	assert(ctx);
	good = EVP_PKEY_verify_recover_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_verify_recover(ctx, ret, ret_len, bytes, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

void cloud_link_request(struct cloud_device *device, uint8_t ret[CLOUD_DEVICE_REQUEST_BYTES])
{
	const struct cloud_device_faults *faults = &device->config.faults;
	EVP_PKEY *own = faults->foreign_key ? faults->foreign : device->keys.device;
	uint8_t plain[CLOUD_DEVICE_NONCE_BYTES + CLOUD_DEVICE_ID_BYTES + PUBLIC_KEY_BYTES];
	uint8_t *at = plain;
	uint8_t *der = NULL;
	int der_len = i2d_PUBKEY(own, &der);
	size_t len;

	assert(der_len == PUBLIC_KEY_BYTES);
	memcpy(at, device->nonce, CLOUD_DEVICE_NONCE_BYTES);
	if (faults->wrong_nonce)
		at[0] ^= 1;
	at += CLOUD_DEVICE_NONCE_BYTES;
	memcpy(at, device->config.id, CLOUD_DEVICE_ID_BYTES);
	if (faults->wrong_id)
		at[CLOUD_DEVICE_ID_BYTES - 1] ^= 1;
	at += CLOUD_DEVICE_ID_BYTES;
	memcpy(at, der, PUBLIC_KEY_BYTES);
	OPENSSL_free(der);
	len = encrypt(device->keys.server, plain, sizeof(plain), ret, CLOUD_DEVICE_REQUEST_BYTES);
	assert(len == CLOUD_DEVICE_REQUEST_BYTES);
	(void)len;
}

enum cloud_device_end cloud_link_accept(struct cloud_device *device,
					const uint8_t answer[CLOUD_DEVICE_ANSWER_BYTES])
{
	uint8_t credentials[SEALED_BYTES];
	uint8_t under[SIGNATURE_BYTES];
	uint8_t mac[EVP_MAX_MD_SIZE];
	size_t credentials_len = sizeof(credentials);
	size_t under_len = sizeof(under);
	unsigned int mac_len = 0;

	if (!decrypt(device->keys.device, answer, SEALED_BYTES, credentials, &credentials_len) ||
	    credentials_len != CLOUD_DEVICE_CREDENTIALS_BYTES)
		return CLOUD_END_SEALED;
	HMAC(EVP_sha1(), credentials, CLOUD_DEVICE_CREDENTIALS_BYTES, answer, SEALED_BYTES, mac,
	     &mac_len);
	assert(mac_len == HMAC_BYTES);
	if (!recover(device->keys.server, answer + SEALED_BYTES, SIGNATURE_BYTES, under,
		     &under_len) ||
	    under_len != HMAC_BYTES || memcmp(under, mac, HMAC_BYTES) != 0)
		return CLOUD_END_SIGNED;
	memcpy(device->key, credentials, 16);
	memcpy(device->iv_in, credentials + 16, 16);
	memcpy(device->iv_out, credentials + 16, 16);
	device->message_id = (uint16_t)(credentials[32] | credentials[33] << 8);
	return CLOUD_END_NONE;
}

void cloud_link_raw(struct cloud_device *device, const void *bytes, size_t len)
{
	assert(len <= CLOUD_DEVICE_OUT_MAX - device->out_count);
	memcpy(device->out + device->out_count, bytes, len);
	device->out_count += len;
}

void cloud_link_send(struct cloud_device *device, const uint8_t *bytes, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t frame[2 + MESSAGE_ROOM];
	int body = 0;
	int tail = 0;
	int good;

	assert(ctx && len <= MESSAGE_MAX);
	good = EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, device->key, device->iv_out) == 1 &&
	       EVP_EncryptUpdate(ctx, frame + 2, &body, bytes, (int)len) == 1 &&
	       EVP_EncryptFinal_ex(ctx, frame + 2 + body, &tail) == 1;
	assert(good);
	(void)good;
	EVP_CIPHER_CTX_free(ctx);
	body += tail;
	frame[0] = (uint8_t)(body >> 8);
	frame[1] = (uint8_t)body;
	memcpy(device->iv_out, frame + 2, 16);
	cloud_link_raw(device, frame, 2 + (size_t)body);
	device->counts.frames_out++;
}

long cloud_link_open(struct cloud_device *device, uint8_t *bytes, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t next_iv[16];
	uint8_t plain[CLOUD_DEVICE_IN_MAX];
	uint8_t pad;
	int body = 0;
	int good;

	assert(ctx && len >= 16 && len % 16 == 0 && len <= sizeof(plain));
	memcpy(next_iv, bytes, 16);
	good = EVP_DecryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, device->key, device->iv_in) == 1 &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	       EVP_DecryptUpdate(ctx, plain, &body, bytes, (int)len) == 1;
	assert(good && (size_t)body == len);
	(void)good;
	EVP_CIPHER_CTX_free(ctx);
	memcpy(device->iv_in, next_iv, 16);
	memcpy(bytes, plain, len);
	/* the device takes the last byte's word for it */
	pad = bytes[len - 1];
	for (size_t i = 1; i <= 16; i++)
		if (pad == 0 || pad > 16 || (i <= pad && bytes[len - i] != pad)) {
			device->counts.bad_paddings++;
			break;
		}
	return pad > len ? -1 : (long)(len - pad);
}
