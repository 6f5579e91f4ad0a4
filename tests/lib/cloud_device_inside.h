/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the cloud device share; nobody else looks here. */
#ifndef TESTS_LIB_CLOUD_DEVICE_INSIDE_H
#define TESTS_LIB_CLOUD_DEVICE_INSIDE_H

#include "lib/cloud_device.h"

enum coap_type { COAP_CON = 0, COAP_NON = 1, COAP_ACK = 2 };

enum coap_code {
	COAP_EMPTY = 0,
	COAP_GET = 1,
	COAP_POST = 2,
	COAP_PUT = 3,
	COAP_CHANGED = 0x44,
	COAP_CONTENT = 0x45,
	COAP_BAD_REQUEST = 0x80,
	COAP_UNAVAILABLE = 0xa3,
};

enum { COAP_NO_TOKEN = -1, MESSAGE_MAX = 5120, MESSAGE_ROOM = MESSAGE_MAX + 64 };

/* A message that came. 'at' is where the options after the first path letter begin. */
struct cloud_message {
	const uint8_t *bytes;
	size_t len;
	enum coap_type type;
	uint8_t code;
	uint16_t id;
	uint8_t token_len;
	uint8_t token;
	char path;
	size_t at;
};

/* cloud_device_link.c: handshake and frames */

/* The device's first 256 bytes, as its script wants them. */
void cloud_link_request(struct cloud_device *device, uint8_t ret[CLOUD_DEVICE_REQUEST_BYTES]);
/* Opens and checks the server's answer; CLOUD_END_NONE when it holds, and the cipher is ready. */
enum cloud_device_end cloud_link_accept(struct cloud_device *device,
					const uint8_t answer[CLOUD_DEVICE_ANSWER_BYTES]);
/* Seals a message and puts its frame out. */
void cloud_link_send(struct cloud_device *device, const uint8_t *bytes, size_t len);
/* Opens a frame in place; the message's length, or negative when its padding cannot be. */
long cloud_link_open(struct cloud_device *device, uint8_t *bytes, size_t len);
/* Bytes as they are. */
void cloud_link_raw(struct cloud_device *device, const void *bytes, size_t len);

/* cloud_device.c */

void cloud_device_finish(struct cloud_device *device, enum cloud_device_end end);
/* Header with a fresh id (ACK: with 'id'), 'rest' behind it. Token: COAP_NO_TOKEN or one byte. */
void cloud_device_say(struct cloud_device *device, enum coap_type type, uint8_t code, int token,
		      const void *rest, size_t len);
void cloud_device_answer(struct cloud_device *device, uint8_t code, uint16_t id, int token,
			 const void *payload, size_t len);

/* cloud_device_hear.c: what came */

void cloud_hear_message(struct cloud_device *device, const uint8_t *bytes, size_t len,
			int64_t now_us);
/* Events, subscription and time request, after the server's Hello. */
void cloud_hear_online(struct cloud_device *device, int64_t now_us);

/* cloud_device_update.c */

void cloud_update_begin(struct cloud_device *device, const struct cloud_message *message,
			int64_t now_us);
void cloud_update_chunk(struct cloud_device *device, const struct cloud_message *message,
			int64_t now_us);
void cloud_update_done(struct cloud_device *device, const struct cloud_message *message,
		       int64_t now_us);
/* What is due by now. */
void cloud_update_step(struct cloud_device *device, int64_t now_us);
int64_t cloud_update_deadline(const struct cloud_device *device);

static inline uint16_t be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t be32(const uint8_t *at)
{
	return (uint32_t)be16(at) << 16 | be16(at + 2);
}

#endif
