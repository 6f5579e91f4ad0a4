/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/tamper.h"
#include "base/hash.h"

#include <assert.h>
#include <string.h>

enum { BEGIN_BYTES = 12, CRC_BYTES = 4, INDEX_BYTES = 2 };

static void encode_begin(const struct tamper_begin *begin, uint8_t ret[BEGIN_BYTES])
{
	ret[0] = begin->flags;
	coap_put_u16(ret + 1, begin->chunk_bytes);
	coap_put_u32(ret + 3, begin->file_bytes);
	ret[7] = begin->store;
	coap_put_u32(ret + 8, begin->address);
}

size_t tamper_encode(const struct tamper_message *message, uint8_t *bytes, size_t size)
{
	uint8_t begin[BEGIN_BYTES];
	uint8_t crc[CRC_BYTES];
	uint8_t index[INDEX_BYTES];
	struct coap coap = { .type = message->type,
			     .code = message->kind == TAMPER_DONE ? COAP_PUT : COAP_POST,
			     .id = message->id,
			     .token = { message->token },
			     .token_len = 1 };

	assert(message->kind != TAMPER_UNKNOWN && message->data_len <= TAMPER_DATA_MAX);
	coap_add(&coap, COAP_URI_PATH, message->kind == TAMPER_CHUNK ? "c" : "u", 1);
	if (message->kind == TAMPER_BEGIN) {
		encode_begin(&message->begin, begin);
		coap.payload = begin;
		coap.payload_len = sizeof(begin);
	} else if (message->kind == TAMPER_CHUNK) {
		coap_put_u32(crc, message->crc);
		coap_put_u16(index, message->index);
		coap_add(&coap, COAP_URI_QUERY, crc, sizeof(crc));
		if (message->has_index == TAMPER_INDEX_SENT)
			coap_add(&coap, COAP_URI_QUERY, index, sizeof(index));
		coap.payload = message->data;
		coap.payload_len = message->data_len;
	}
	return coap_encode(&coap, bytes, size);
}

bool tamper_send(struct tamper_plan *plan, const struct tamper_message *message, int64_t delay_us)
{
	struct tamper_frame *frame = &plan->frames[plan->count];

	if (plan->count == TAMPER_FRAMES_MAX)
		return false;
	frame->len = tamper_encode(message, frame->bytes, sizeof(frame->bytes));
	frame->delay_us = delay_us;
	if (frame->len == 0)
		return false;
	plan->count++;
	return true;
}

bool tamper_send_raw(struct tamper_plan *plan, const void *bytes, size_t len, int64_t delay_us)
{
	struct tamper_frame *frame = &plan->frames[plan->count];

	if (plan->count == TAMPER_FRAMES_MAX || len == 0 || len > TAMPER_FRAME_MAX)
		return false;
	memcpy(frame->bytes, bytes, len);
	frame->len = len;
	frame->delay_us = delay_us;
	plan->count++;
	return true;
}

void tamper_fix_crc(struct tamper_message *message)
{
	message->crc = hash_crc32(message->data, message->data_len);
}
