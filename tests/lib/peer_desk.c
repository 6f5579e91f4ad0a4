/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/peer_desk.h"
#include "base/hash.h"
#include "lib/testing.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer_keys peer_keys_make(void)
{
	struct peer_keys keys = { EVP_RSA_gen(2048), EVP_RSA_gen(1024), EVP_RSA_gen(1024) };

	if (!keys.server || !keys.device || !keys.other)
		abort();
	return keys;
}

struct peer_desk *peer_desk_new(const struct cloud_device_config *config,
				const struct peer_keys *keys)
{
	struct peer_desk *desk = calloc(1, sizeof(*desk));
	struct cloud_device_keys own = { .device = keys->device, .server = keys->server };

	ck_assert_ptr_nonnull(desk);
	desk->device = cloud_device_new(config, &own);
	ck_assert_ptr_nonnull(desk->device);
	desk->keys = keys;
	cloud_device_connect(desk->device, desk->now_us);
	return desk;
}

void peer_desk_free(struct peer_desk *desk)
{
	cloud_device_free(desk->device);
	free(desk);
}

void peer_desk_nonce(struct peer_desk *desk, const uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES])
{
	ck_assert_uint_eq(cloud_device_hear(desk->device, nonce, CLOUD_DEVICE_NONCE_BYTES,
					    desk->now_us),
			  CLOUD_DEVICE_NONCE_BYTES);
}

size_t peer_keys_open(const struct peer_keys *keys, const uint8_t sealed[256], uint8_t ret[256])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(keys->server, NULL);
	size_t len = 256;

	ck_assert_int_eq(EVP_PKEY_decrypt_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
	ck_assert_int_eq(EVP_PKEY_decrypt(ctx, ret, &len, sealed, 256), 1);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

size_t peer_desk_open_request(struct peer_desk *desk, uint8_t ret[256])
{
	size_t len;

	ck_assert_uint_eq(desk->device->out_count, CLOUD_DEVICE_REQUEST_BYTES);
	len = peer_keys_open(desk->keys, desk->device->out, ret);
	cloud_device_sent(desk->device, CLOUD_DEVICE_REQUEST_BYTES);
	return len;
}

void peer_desk_answer(struct peer_desk *desk, uint8_t ret[CLOUD_DEVICE_ANSWER_BYTES])
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned int mac_len = 0;
	size_t sealed_len = 128;
	size_t signature_len = 256;
	EVP_PKEY_CTX *seal = EVP_PKEY_CTX_new(desk->keys->device, NULL);
	EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new(desk->keys->server, NULL);

	for (size_t i = 0; i < CLOUD_DEVICE_CREDENTIALS_BYTES; i++)
		desk->credentials[i] = (uint8_t)(0x30 + i);
	ck_assert(EVP_PKEY_encrypt_init(seal) == 1 &&
		  EVP_PKEY_CTX_set_rsa_padding(seal, RSA_PKCS1_PADDING) == 1 &&
		  EVP_PKEY_encrypt(seal, ret, &sealed_len, desk->credentials,
				   CLOUD_DEVICE_CREDENTIALS_BYTES) == 1);
	HMAC(EVP_sha1(), desk->credentials, CLOUD_DEVICE_CREDENTIALS_BYTES, ret, 128, mac,
	     &mac_len);
	mac[0] ^= desk->signs_other;
	ck_assert(EVP_PKEY_sign_init(sign) == 1 &&
		  EVP_PKEY_CTX_set_rsa_padding(sign, RSA_PKCS1_PADDING) == 1 &&
		  EVP_PKEY_sign(sign, ret + 128, &signature_len, mac, mac_len) == 1);
	EVP_PKEY_CTX_free(seal);
	EVP_PKEY_CTX_free(sign);
	memcpy(desk->iv_to_device, desk->credentials + 16, 16);
	memcpy(desk->iv_from_device, desk->credentials + 16, 16);
}

void peer_desk_online(struct peer_desk *desk)
{
	static const uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES] = { 1, 2, 3 };
	uint8_t bytes[CLOUD_DEVICE_ANSWER_BYTES];

	peer_desk_nonce(desk, nonce);
	peer_desk_open_request(desk, bytes);
	peer_desk_answer(desk, bytes);
	ck_assert_uint_eq(cloud_device_hear(desk->device, bytes, sizeof(bytes), desk->now_us),
			  sizeof(bytes));
	ck_assert(peer_desk_next(desk));
	peer_desk_say(desk, "50 02 00 01 b1 68 ff 00 00 00 00 00 00 00 00", NULL, 0);
	ck_assert_int_eq(desk->device->phase, CLOUD_DEVICE_ONLINE);
	while (peer_desk_next(desk))
		;
}

/* One hexadecimal byte; moves *at past it and the blanks behind. */
static uint8_t hex_byte(const char **at)
{
	char digits[3] = { (*at)[0], (*at)[1], '\0' };
	char *end;
	unsigned long value = strtoul(digits, &end, 16);

	ck_assert_msg(*end == '\0', "not hexadecimal: '%s'", *at);
	*at += 2;
	while (isspace((unsigned char)**at))
		(*at)++;
	return (uint8_t)value;
}

void peer_desk_say(struct peer_desk *desk, const char *hex, const void *payload, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t plain[4096];
	uint8_t frame[4096 + 32];
	size_t count = 0;
	int body = 0;
	int tail = 0;

	while (*hex)
		plain[count++] = hex_byte(&hex);
	ck_assert_uint_le(len, sizeof(plain) - count);
	if (len > 0)
		memcpy(plain + count, payload, len);
	count += len;
	ck_assert(EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, desk->credentials,
				     desk->iv_to_device) == 1 &&
		  EVP_EncryptUpdate(ctx, frame + 2, &body, plain, (int)count) == 1 &&
		  EVP_EncryptFinal_ex(ctx, frame + 2 + body, &tail) == 1);
	EVP_CIPHER_CTX_free(ctx);
	body += tail;
	frame[0] = (uint8_t)(body >> 8);
	frame[1] = (uint8_t)body;
	memcpy(desk->iv_to_device, frame + 2, 16);
	if (desk->wire) {
		desk->wire->push(desk->wire->ctx, frame, 2 + (size_t)body);
		return;
	}
	ck_assert_uint_eq(cloud_device_hear(desk->device, frame, 2 + (size_t)body, desk->now_us),
			  2 + (size_t)body);
}

/* The next frame's length without its head, once all of it is there. */
static bool whole_frame(struct peer_desk *desk, const uint8_t **ret_bytes, size_t *ret_len)
{
	const struct cloud_device *device = desk->device;
	const uint8_t *bytes = desk->wire ? desk->in : device->out;
	size_t count = desk->wire ? desk->in_count : device->out_count;
	size_t len = count < 2 ? 0 : (size_t)(bytes[0] << 8 | bytes[1]);

	if (count < 2 || count < 2 + len)
		return false;
	*ret_bytes = bytes + 2;
	*ret_len = len;
	return true;
}

bool peer_desk_next(struct peer_desk *desk)
{
	EVP_CIPHER_CTX *ctx;
	const uint8_t *bytes;
	size_t len;
	int body = 0;
	int tail = 0;

	while (!whole_frame(desk, &bytes, &len)) {
		size_t n = 0;

		if (desk->wire)
			n = desk->wire->pull(desk->wire->ctx, desk->in + desk->in_count,
					     sizeof(desk->in) - desk->in_count);
		else
			ck_assert_uint_eq(desk->device->out_count, 0); /* never half a frame */
		if (n == 0)
			return false;
		desk->in_count += n;
	}
	ctx = EVP_CIPHER_CTX_new();
	ck_assert(EVP_DecryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, desk->credentials,
				     desk->iv_from_device) == 1 &&
		  EVP_DecryptUpdate(ctx, desk->message, &body, bytes, (int)len) == 1 &&
		  EVP_DecryptFinal_ex(ctx, desk->message + body, &tail) == 1);
	EVP_CIPHER_CTX_free(ctx);
	desk->message_len = (size_t)(body + tail);
	memcpy(desk->iv_from_device, bytes, 16);
	if (!desk->wire) {
		cloud_device_sent(desk->device, 2 + len);
		return true;
	}
	desk->in_count -= 2 + len;
	memmove(desk->in, desk->in + 2 + len, desk->in_count);
	return true;
}

void peer_desk_expect(struct peer_desk *desk, const char *pattern)
{
	const char *at = pattern;
	char seen[3 * 64 + 1] = "";
	bool same = true;
	size_t i = 0;

	ck_assert_msg(peer_desk_next(desk), "the device said nothing, expected %s", pattern);
	for (size_t k = 0; k < desk->message_len && k < 64; k++)
		snprintf(seen + 3 * k, sizeof(seen) - 3 * k, "%02x ", desk->message[k]);
	for (; *at && *at != '*' && same; i++) {
		if (i >= desk->message_len) {
			same = false;
		} else if (at[0] == 'i' && at[1] == 'd') {
			desk->id = (uint16_t)(desk->message[i] << 8 | desk->message[i + 1]);
			i++;
			at += 2;
		} else if (at[0] == '.') {
			at += 2;
		} else {
			same = hex_byte(&at) == desk->message[i];
		}
		while (isspace((unsigned char)*at))
			at++;
	}
	ck_assert_msg(same && (*at == '*' || i == desk->message_len), "expected %s, got %s",
		      pattern, seen);
}

void peer_desk_expect_nothing(struct peer_desk *desk)
{
	bool said = peer_desk_next(desk);

	ck_assert_msg(!said, "the device said %02x %02x ... (%zu bytes)", desk->message[0],
		      desk->message[1], desk->message_len);
}

void peer_desk_wait(struct peer_desk *desk, int64_t us)
{
	int64_t end_us = desk->now_us + us;
	int64_t next_us;

	while ((next_us = cloud_device_deadline(desk->device)) < end_us) {
		if (next_us > desk->now_us)
			desk->now_us = next_us;
		cloud_device_step(desk->device, desk->now_us);
	}
	desk->now_us = end_us;
	cloud_device_step(desk->device, desk->now_us);
}

void peer_desk_begin(struct peer_desk *desk, unsigned int flags, unsigned int chunk_bytes,
		     unsigned int file_bytes)
{
	const uint8_t payload[] = {
		(uint8_t)flags,
		(uint8_t)(chunk_bytes >> 8),
		(uint8_t)chunk_bytes,
		(uint8_t)(file_bytes >> 24),
		(uint8_t)(file_bytes >> 16),
		(uint8_t)(file_bytes >> 8),
		(uint8_t)file_bytes,
		0,
		0,
		0,
		0,
		0,
	};

	peer_desk_say(desk, "41 02 01 00 51 b1 75 ff", payload, sizeof(payload));
	peer_desk_expect(desk, "60 00 01 00");
	peer_desk_expect_nothing(desk);
	peer_desk_wait(desk, 2 * 1000000);
	peer_desk_expect(desk, flags & 1 ? "51 44 id 51 ff 01" : "51 44 id 51 ff 00");
}

void peer_desk_chunk(struct peer_desk *desk, int index, const uint8_t *bytes, size_t len,
		     uint32_t crc_flaw)
{
	uint32_t crc = hash_crc32(bytes, len) ^ crc_flaw;
	char hex[96];
	int at = snprintf(hex, sizeof(hex), "41 02 02 00 52 b1 63 44 %02x %02x %02x %02x ",
			  crc >> 24, crc >> 16 & 255, crc >> 8 & 255, crc & 255);

	if (index >= 0)
		at += snprintf(hex + at, sizeof(hex) - (size_t)at, "02 %02x %02x ",
			       (unsigned)index >> 8, (unsigned)index & 255);
	snprintf(hex + at, sizeof(hex) - (size_t)at, "ff");
	peer_desk_say(desk, hex, bytes, len);
}
