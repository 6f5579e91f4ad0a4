/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/frame.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static bool is_bad(const struct frame_reader *reader)
{
	return reader->head_len == FRAME_HEAD_BYTES &&
	       (reader->need == 0 || reader->need > FRAME_BYTES_MAX);
}

static enum frame_state state_of(const struct frame_reader *reader)
{
	if (is_bad(reader))
		return FRAME_BAD;
	return reader->head_len == FRAME_HEAD_BYTES && reader->len == reader->need ? FRAME_WHOLE
										   : FRAME_PARTIAL;
}

size_t frame_feed(struct frame_reader *reader, const uint8_t *bytes, size_t len,
		  enum frame_state *ret)
{
	size_t at = 0;
	size_t more;

	if (state_of(reader) == FRAME_WHOLE)
		reader->head_len = reader->len = reader->need = 0;
	while (at < len && reader->head_len < FRAME_HEAD_BYTES) {
		reader->head[reader->head_len++] = bytes[at++];
		if (reader->head_len == FRAME_HEAD_BYTES)
			reader->need = coap_get_u16(reader->head);
	}
	if (reader->head_len == FRAME_HEAD_BYTES && !is_bad(reader)) {
		more = reader->need - reader->len;
		if (more > len - at)
			more = len - at;
		if (more > 0)
			memcpy(reader->bytes + reader->len, bytes + at, more);
		reader->len += more;
		at += more;
	}
	*ret = state_of(reader);
	return at;
}

bool frame_is_open(const struct frame_reader *reader)
{
	return reader->head_len > 0 && state_of(reader) == FRAME_PARTIAL;
}

void frame_trouble(const struct frame_reader *reader, char *buf, size_t size)
{
	snprintf(buf, size, "a message of %zu bytes, 1 to %d are possible", reader->need,
		 FRAME_BYTES_MAX);
}

void frame_head(size_t len, uint8_t ret[FRAME_HEAD_BYTES])
{
	assert(len > 0 && len <= FRAME_BYTES_MAX);
	coap_put_u16(ret, (uint16_t)len);
}
