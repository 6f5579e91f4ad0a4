/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/cloud_peer.h"
#include "base/macros.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum coap_bits {
	CON = 0,
	NON = 1,
	ACK = 2,
	GET = 0x01,
	POST = 0x02,
	PUT = 0x03,
	CHANGED = 0x44,
	CONTENT = 0x45,
	BAD = 0x80,
	UNAVAILABLE = 0xa3,
	PATH = 0xb0, /* option 11 as the first one; its length in the lower half */
	PATH_AGAIN = 0x00,
	QUERY_4 = 0x44,
	QUERY_2 = 0x02,
	MARK = 0xff,
	DEFAULT_CHUNK = 512,
	FRAME_MAX = 1100,
	TOKEN_BEGIN = 0x5b,
	TOKEN_CHUNK = 0x5c,
	TOKEN_DONE = 0x5d,
	TOKEN_DESCRIBE = 0x5e,
	UNIX_TIME = 1445385600,
};

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t count;
};

struct heard {
	unsigned int type, code, id;
	int token;
	char path;
	const char *name; /* second part of the path */
	size_t name_len;
	const uint8_t *payload;
	size_t payload_len;
};

static void put(struct frame *frame, const void *bytes, size_t len)
{
	ck_assert_uint_le(frame->count + len, FRAME_MAX);
	memcpy(frame->bytes + frame->count, bytes, len);
	frame->count += len;
}

static void put_number(struct frame *frame, uint64_t number, size_t len)
{
	for (size_t i = len; i-- > 0;) {
		uint8_t byte = (uint8_t)(number >> 8 * i);

		put(frame, &byte, 1);
	}
}

static struct frame begin(unsigned int type, unsigned int code, unsigned int id, int token)
{
	struct frame frame = { .count = 0 };

	put_number(&frame, 0x40 | type << 4 | (token >= 0), 1);
	put_number(&frame, code, 1);
	put_number(&frame, id, 2);
	if (token >= 0)
		put_number(&frame, (uint32_t)token, 1);
	return frame;
}

static struct frame request(struct cloud_peer *peer, unsigned int type, unsigned int code,
			    int token, char path)
{
	struct frame frame = begin(type, code, ++peer->next_id, token);

	put_number(&frame, PATH | 1, 1);
	put(&frame, &path, 1);
	return frame;
}

static void send_frame(struct cloud_peer *peer, const struct frame *frame)
{
	ck_assert_uint_le(peer->out_count + frame->count + 2, CLOUD_PEER_OUT_MAX);
	peer->out[peer->out_count++] = (uint8_t)(frame->count >> 8);
	peer->out[peer->out_count++] = (uint8_t)frame->count;
	memcpy(peer->out + peer->out_count, frame->bytes, frame->count);
	peer->out_count += frame->count;
}

void cloud_peer_begin(struct cloud_peer *peer, const struct slot *slot)
{
	*peer = (struct cloud_peer){ .slot = slot };
}

void cloud_peer_heard(struct cloud_peer *peer, uint8_t byte)
{
	ck_assert_uint_lt(peer->in_count, CLOUD_PEER_IN_MAX);
	peer->in[peer->in_count++] = byte;
}

void cloud_peer_linked(struct cloud_peer *peer, bool connected)
{
	peer->connected = connected;
	peer->links += connected;
	peer->in_count = 0;
	peer->out_count = 0;
}

/* One option's head; *at is behind it afterwards. */
static unsigned int option(const uint8_t *bytes, size_t len, size_t *at, size_t *ret_len)
{
	unsigned int head = bytes[(*at)++];

	*ret_len = head & 15;
	ck_assert_uint_lt(head >> 4, 13);
	ck_assert_uint_le(*ret_len, 13);
	if (*ret_len == 13)
		*ret_len += bytes[(*at)++];
	ck_assert_uint_le(*at + *ret_len, len);
	return head >> 4;
}

static struct heard parse(const uint8_t *bytes, size_t len)
{
	struct heard heard = { .token = -1 };
	size_t at = 4;
	unsigned int number = 0;

	ck_assert_uint_ge(len, 4);
	ck_assert_uint_eq(bytes[0] >> 6, 1);
	ck_assert_uint_le(bytes[0] & 15, 1);
	heard.type = bytes[0] >> 4 & 3;
	heard.code = bytes[1];
	heard.id = (unsigned int)bytes[2] << 8 | bytes[3];
	if (bytes[0] & 1)
		heard.token = bytes[at++];
	while (at < len && bytes[at] != MARK) {
		size_t option_len;

		number += option(bytes, len, &at, &option_len);
		ck_assert_uint_eq(number, 11); /* a device sends nothing but paths */
		if (!heard.path) {
			heard.path = (char)bytes[at];
		} else {
			heard.name = (const char *)bytes + at;
			heard.name_len = option_len;
		}
		at += option_len;
	}
	if (at < len) {
		heard.payload = bytes + at + 1;
		heard.payload_len = len - at - 1;
	}
	return heard;
}

static void keep_text(char *to, size_t size, const struct heard *heard)
{
	ck_assert_uint_lt(heard->payload_len, size);
	if (heard->payload_len)
		memcpy(to, heard->payload, heard->payload_len);
	to[heard->payload_len] = '\0';
}

static void on_hello(struct cloud_peer *peer, const struct heard *heard)
{
	struct frame frame;

	ck_assert_uint_ge(heard->payload_len, 8);
	ck_assert_uint_eq(heard->payload[7], 8); /* the platform */
	peer->hellos++;
	if (peer->silent)
		return;
	frame = request(peer, NON, POST, -1, 'h');
	put_number(&frame, MARK, 1);
	put_number(&frame, 0, 8);
	send_frame(peer, &frame);
}

static void on_event(struct cloud_peer *peer, const struct heard *heard)
{
	size_t len = strlen(peer->events);
	int more = snprintf(peer->events + len, CLOUD_PEER_TEXT_MAX - len, "%.*s=%.*s\n",
			    (int)heard->name_len, heard->name, (int)heard->payload_len,
			    (const char *)heard->payload);

	ck_assert_int_gt(more, 0);
	ck_assert_uint_lt(len + (size_t)more, CLOUD_PEER_TEXT_MAX);
}

static void on_time(struct cloud_peer *peer, const struct heard *heard)
{
	struct frame frame = begin(ACK, CONTENT, heard->id, heard->token);

	put_number(&frame, MARK, 1);
	put_number(&frame, UNIX_TIME, 4);
	send_frame(peer, &frame);
	peer->times++;
}

static void on_missed(struct cloud_peer *peer, const struct heard *heard)
{
	if (heard->type == CON) {
		struct frame frame = begin(ACK, 0, heard->id, -1);

		send_frame(peer, &frame);
	}
	for (size_t i = 0; i + 1 < heard->payload_len; i += 2) {
		ck_assert_uint_lt(peer->again_count, ARRAY_LEN(peer->again));
		peer->missed_index = (unsigned int)heard->payload[i] << 8 | heard->payload[i + 1];
		peer->again[peer->again_count++] = (uint16_t)peer->missed_index;
		peer->missed++;
	}
	peer->phase = CLOUD_SENDING;
}

/* Answers to what the peer asked for. */
static void on_answer(struct cloud_peer *peer, const struct heard *heard)
{
	if (heard->token == TOKEN_DESCRIBE) {
		peer->described = true;
		keep_text(peer->description, sizeof(peer->description), heard);
	} else if (heard->token == TOKEN_BEGIN && heard->code == CHANGED) {
		ck_assert_uint_eq(heard->payload_len, 1);
		ck_assert_uint_eq(heard->payload[0], peer->update.fast);
		peer->phase = CLOUD_SENDING;
	} else if (heard->token == TOKEN_BEGIN) {
		peer->phase = CLOUD_REFUSED;
		peer->code = (uint8_t)heard->code;
	} else if (heard->token == TOKEN_CHUNK) {
		ck_assert(peer->waits);
		peer->waits = false;
		if (heard->code == CHANGED)
			peer->chunk++;
		else
			peer->refused++;
	} else if (heard->token == TOKEN_DONE && heard->code == CHANGED) {
		peer->phase = CLOUD_DONE;
		keep_text(peer->result, sizeof(peer->result), heard);
	} else if (heard->token == TOKEN_DONE) {
		ck_assert_uint_eq(heard->code, BAD);
	} else if (heard->type == ACK && heard->code == 0) {
		peer->pongs += heard->id == peer->next_id;
	} else {
		ck_abort_msg("type %u, code 0x%02x, token %d", heard->type, heard->code,
			     heard->token);
	}
}

static void on_message(struct cloud_peer *peer, const struct heard *heard)
{
	if (heard->code == POST && heard->path == 'h') {
		on_hello(peer, heard);
	} else if (heard->code == POST && (heard->path == 'E' || heard->path == 'e')) {
		on_event(peer, heard);
	} else if (heard->code == GET && heard->path == 't') {
		on_time(peer, heard);
	} else if (heard->code == GET && heard->path == 'c') {
		on_missed(peer, heard);
	} else if (heard->code == PUT && heard->path == 'u') {
		peer->ended_by_device = true;
		peer->phase = CLOUD_DONE;
	} else if (heard->type == CON && heard->code == 0) {
		struct frame frame = begin(ACK, 0, heard->id, -1);

		if (!peer->silent)
			send_frame(peer, &frame);
	} else {
		on_answer(peer, heard);
	}
}

static void take_messages(struct cloud_peer *peer)
{
	size_t at = 0;

	while (peer->in_count - at >= 2) {
		size_t len = (size_t)peer->in[at] << 8 | peer->in[at + 1];
		struct heard heard;

		if (peer->in_count - at < 2 + len)
			break;
		heard = parse(peer->in + at + 2, len);
		on_message(peer, &heard);
		at += 2 + len;
	}
	memmove(peer->in, peer->in + at, peer->in_count - at);
	peer->in_count -= at;
}

static void send_chunk(struct cloud_peer *peer, uint32_t index)
{
	const struct cloud_update *update = &peer->update;
	uint8_t data[FRAME_MAX] = { 0 };
	size_t begin_at = (size_t)index * update->chunk_bytes;
	size_t len = update->len - begin_at;
	struct frame frame = request(peer, update->fast ? NON : CON, POST, TOKEN_CHUNK, 'c');

	if (len > update->chunk_bytes)
		len = update->chunk_bytes;
	memcpy(data, update->bytes + begin_at, len);
	if (update->padded)
		len = update->chunk_bytes;
	put_number(&frame, QUERY_4, 1);
	put_number(&frame, (uint32_t)crc32(0, data, (uInt)len), 4);
	if (update->fast) {
		put_number(&frame, QUERY_2, 1);
		put_number(&frame, index, 2);
	}
	put_number(&frame, MARK, 1);
	if ((int)index == update->corrupt) {
		data[len / 2] ^= 0x10;
		peer->update.corrupt = CLOUD_PEER_NOWHERE;
	}
	put(&frame, data, len);
	send_frame(peer, &frame);
}

static void send_done(struct cloud_peer *peer)
{
	struct frame frame = request(peer, CON, PUT, TOKEN_DONE, 'u');

	send_frame(peer, &frame);
	peer->phase = CLOUD_ASKED;
}

/* The next message of the update, when nothing waits to be sent. */
static void go_on(struct cloud_peer *peer)
{
	const struct cloud_update *update = &peer->update;

	if (peer->phase != CLOUD_SENDING || peer->out_count > 0 || peer->waits)
		return;
	if (update->last >= 0 && peer->chunk > (uint32_t)update->last)
		return;
	if (peer->again_count > 0) {
		send_chunk(peer, peer->again[--peer->again_count]);
	} else if (peer->chunk >= peer->chunk_count) {
		send_done(peer);
	} else {
		if (update->fast && (int)peer->chunk == update->lost)
			peer->chunk++;
		if (peer->chunk >= peer->chunk_count)
			return;
		send_chunk(peer, peer->chunk);
		if (update->fast)
			peer->chunk++;
		else
			peer->waits = true;
	}
}

void cloud_peer_step(struct cloud_peer *peer)
{
	struct err err = ERR_INIT;
	size_t sent = 0;

	if (!peer->connected)
		return;
	take_messages(peer);
	go_on(peer);
	if (peer->out_count == 0)
		return;
	ck_assert_msg(slot_radio_send(peer->slot, peer->out, peer->out_count, &sent, &err) == 0,
		      "%s", err.text);
	memmove(peer->out, peer->out + sent, peer->out_count - sent);
	peer->out_count -= sent;
}

void cloud_peer_ping(struct cloud_peer *peer)
{
	struct frame frame = begin(CON, 0, ++peer->next_id, -1);

	send_frame(peer, &frame);
}

void cloud_peer_describe(struct cloud_peer *peer)
{
	struct frame frame = request(peer, CON, GET, TOKEN_DESCRIBE, 'd');

	peer->described = false;
	send_frame(peer, &frame);
}

void cloud_peer_update(struct cloud_peer *peer, const struct cloud_update *update)
{
	struct frame frame = request(peer, CON, POST, TOKEN_BEGIN, 'u');
	uint32_t chunk = update->chunk_bytes ? update->chunk_bytes : DEFAULT_CHUNK;

	peer->update = *update;
	peer->update.chunk_bytes = (uint16_t)chunk;
	peer->phase = CLOUD_BEGUN;
	peer->chunk = 0;
	peer->chunk_count = (uint32_t)((update->len + chunk - 1) / chunk);
	peer->waits = false;
	peer->again_count = 0;
	peer->refused = peer->missed = 0;
	peer->ended_by_device = false;
	peer->result[0] = '\0';
	put_number(&frame, MARK, 1);
	put_number(&frame, update->fast, 1);
	put_number(&frame, update->chunk_bytes, 2);
	put_number(&frame, (uint32_t)update->len, 4);
	put_number(&frame, 0, 1);
	put_number(&frame, update->address, 4);
	send_frame(peer, &frame);
}
