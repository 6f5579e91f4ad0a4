/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CoAP as boards and their cloud speak it (RFC 7252 section 3, and what the family makes of it): a
 * header of four bytes, a token, options in ascending order, and after 0xff the payload. One struct
 * is both what is read and what is written.
 *
 * A message that cannot be read is the board's doing: a result with a text, never a struct err.
 */
#ifndef CLOUD_COAP_H
#define CLOUD_COAP_H

#include "base/macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum coap_limits {
	COAP_TOKEN_MAX = 8,
	COAP_OPTIONS_MAX = 16, /* boards send 3 at most */
	COAP_HEADER_BYTES = 4,
	COAP_BYTES_MAX = 4096, /* of one message, either way; a description has about 1,500 */
};

/* As they are on the wire. */
enum coap_type { COAP_CON = 0, COAP_NON = 1, COAP_ACK = 2, COAP_RST = 3 };

enum coap_code {
	COAP_EMPTY = 0x00,
	COAP_GET = 0x01,
	COAP_POST = 0x02,
	COAP_PUT = 0x03,
	COAP_CHANGED = 0x44,	 /* 2.04 */
	COAP_CONTENT = 0x45,	 /* 2.05 */
	COAP_BAD = 0x80,	 /* 4.00 */
	COAP_UNAVAILABLE = 0xa3, /* 5.03 */
};

enum coap_option_number { COAP_MAX_AGE = 14, COAP_URI_PATH = 11, COAP_URI_QUERY = 15 };

struct coap_option {
	uint32_t number;
	const uint8_t *data;
	size_t len;
};

/* Data of options and payload are borrowed: from the bytes that were parsed, or from the writer. */
struct coap {
	enum coap_type type;
	uint8_t code;
	uint16_t id;
	uint8_t token[COAP_TOKEN_MAX];
	size_t token_len;
	struct coap_option options[COAP_OPTIONS_MAX];
	size_t option_count;
	const uint8_t *payload; /* NULL: no payload and no marker */
	size_t payload_len;	/* 0 with a payload: a marker and nothing behind it, as events
				 * without data have it (RFC 7252 forbids that) */
};

/* Why a message cannot be read, and at which byte that shows. */
struct coap_trouble {
	const char *text; /* constant */
	size_t offset;
};

/* True when 'len' bytes are a message, with *ret filled; else false with *ret_trouble. */
bool coap_parse(const uint8_t *bytes, size_t len, struct coap *ret,
		struct coap_trouble *ret_trouble) MUST_CHECK;

/* Appends an option; numbers must not descend, and there must be room (ours to know). */
void coap_add(struct coap *coap, uint32_t number, const void *data, size_t len);

/* Writes the message; its length, or 0 when it does not fit into 'size'. */
size_t coap_encode(const struct coap *coap, uint8_t *bytes, size_t size) MUST_CHECK;

/* The n-th option (from 0) of that number, NULL when there is none. */
const struct coap_option *coap_find(const struct coap *coap, uint32_t number, size_t n);

/* The first letter of the path, which tells this family's messages apart; 0 without one. */
char coap_letter(const struct coap *coap);

/* "2.04", "GET", "POST", "empty" ...: what a person calls a code. */
void coap_code_name(uint8_t code, char *buf, size_t size);

/* Big endian, as everything in these messages. */
static inline uint16_t coap_get_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t coap_get_u32(const uint8_t *bytes)
{
	return (uint32_t)coap_get_u16(bytes) << 16 | coap_get_u16(bytes + 2);
}

static inline void coap_put_u16(uint8_t *bytes, uint16_t number)
{
	bytes[0] = (uint8_t)(number >> 8);
	bytes[1] = (uint8_t)number;
}

static inline void coap_put_u32(uint8_t *bytes, uint32_t number)
{
	coap_put_u16(bytes, (uint16_t)(number >> 16));
	coap_put_u16(bytes + 2, (uint16_t)number);
}

#endif
