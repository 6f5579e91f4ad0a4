/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages on a stream: each has its length before it, 16 bits, big endian. In a session of a real
 * board what follows is encrypted; in clear it is the message itself.
 */
#ifndef CLOUD_FRAME_H
#define CLOUD_FRAME_H

#include "cloud/coap.h"

enum frame_limits {
	FRAME_HEAD_BYTES = 2,
	FRAME_BYTES_MAX = COAP_BYTES_MAX + 16, /* a message and its padding */
};

enum frame_state {
	FRAME_UNKNOWN = 0,
	FRAME_PARTIAL = 1,
	FRAME_WHOLE = 2,
	FRAME_BAD = 3, /* a length of 0 or above the limit: what follows cannot be found */
};

/* All zero to begin. */
struct frame_reader {
	uint8_t head[FRAME_HEAD_BYTES];
	size_t head_len;
	uint8_t bytes[FRAME_BYTES_MAX]; /* the message, once it is whole ... */
	size_t len;			/* ... so many of them have come ... */
	size_t need;			/* ... of so many */
};

/*
 * Takes bytes up to the end of a message; how many were taken, *ret: what there is now. After
 * FRAME_WHOLE the message lies in reader->bytes until the next call, which begins a new one. After
 * FRAME_BAD nothing is taken any more.
 */
size_t frame_feed(struct frame_reader *reader, const uint8_t *bytes, size_t len,
		  enum frame_state *ret);

/* A message has begun and is not whole. */
bool frame_is_open(const struct frame_reader *reader);

/* Why frame_feed() said FRAME_BAD. */
void frame_trouble(const struct frame_reader *reader, char *buf, size_t size);

/* The head of a message of 'len' bytes, FRAME_BYTES_MAX at most. */
void frame_head(size_t len, uint8_t ret[FRAME_HEAD_BYTES]);

#endif
