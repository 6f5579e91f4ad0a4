/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A server by hand, for tests of the cloud device: the handshake, and messages as hexadecimal text.
 * In a pattern ".." is any byte, "id" two of them that are kept, and "*" all that is left.
 */
#ifndef TESTS_LIB_PEER_DESK_H
#define TESTS_LIB_PEER_DESK_H

#include "lib/cloud_device.h"

enum { PEER_DESK_MESSAGE_MAX = 6144 };

/* Made once a process: RSA keys take a while. Freed by the process's end. */
struct peer_keys {
	EVP_PKEY *server;
	EVP_PKEY *device;
	EVP_PKEY *other; /* 1024 bits, of nobody */
};
struct peer_keys peer_keys_make(void);

/* A way to the device other than its own buffers. */
struct peer_wire {
	void (*push)(void *ctx, const uint8_t *bytes, size_t len);
	size_t (*pull)(void *ctx, uint8_t *ret, size_t room); /* 0: nothing comes */
	void *ctx;
};

struct peer_desk {
	const struct peer_wire *wire;	   /* NULL: none, straight into the device */
	uint8_t in[PEER_DESK_MESSAGE_MAX]; /* from the wire */
	size_t in_count;
	struct cloud_device *device;
	const struct peer_keys *keys;
	int64_t now_us;
	bool signs_other; /* the answer's signature holds, over another HMAC */
	uint8_t credentials[CLOUD_DEVICE_CREDENTIALS_BYTES];
	uint8_t iv_to_device[16];
	uint8_t iv_from_device[16];
	uint16_t id; /* the "id" of the last pattern */
	uint8_t message[PEER_DESK_MESSAGE_MAX];
	size_t message_len;
};

/* Makes the device and connects it. Freed by peer_desk_free(). */
struct peer_desk *peer_desk_new(const struct cloud_device_config *config,
				const struct peer_keys *keys);
void peer_desk_free(struct peer_desk *desk);

/* The handshake's steps: nonce; the device's 256 bytes opened (214 of them); credentials. */
void peer_desk_nonce(struct peer_desk *desk, const uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES]);
size_t peer_desk_open_request(struct peer_desk *desk, uint8_t ret[256]);
size_t peer_keys_open(const struct peer_keys *keys, const uint8_t sealed[256], uint8_t ret[256]);
void peer_desk_answer(struct peer_desk *desk, uint8_t ret[CLOUD_DEVICE_ANSWER_BYTES]);

/* All of it, both Hellos, and whatever the device says on its own. */
void peer_desk_online(struct peer_desk *desk);

/* Sends a message to the device: hexadecimal, then 'payload' behind it (NULL allowed). */
void peer_desk_say(struct peer_desk *desk, const char *hex, const void *payload, size_t len);

/* Takes the device's next message; false when there is none. */
bool peer_desk_next(struct peer_desk *desk);

/* Fails the test unless the device's next message is this. */
void peer_desk_expect(struct peer_desk *desk, const char *pattern);
void peer_desk_expect_nothing(struct peer_desk *desk);

/* Time passes, step by step of the device's deadlines. */
void peer_desk_wait(struct peer_desk *desk, int64_t us);

/* UpdateBegin with token 0x51, up to the UpdateReady; and its chunks (index below 0: slow). */
void peer_desk_begin(struct peer_desk *desk, unsigned int flags, unsigned int chunk_bytes,
		     unsigned int file_bytes);
void peer_desk_chunk(struct peer_desk *desk, int index, const uint8_t *bytes, size_t len,
		     uint32_t crc_flaw);

#endif
