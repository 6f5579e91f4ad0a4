/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CoAP as device and cloud use it (facts 8.3, RFC 7252): one message is a header of four bytes, a
 * token, options (path, query), and after 0xff the payload.
 */
#ifndef REFERENCE_SYSTEM2_COAP_H
#define REFERENCE_SYSTEM2_COAP_H

#include "reference/common/chip.h"

enum coap_type { COAP_CON = 0, COAP_NON = 1, COAP_ACK = 2 };

enum coap_code {
	COAP_EMPTY = 0,
	COAP_GET = 1,
	COAP_POST = 2,
	COAP_PUT = 3,
	COAP_CHANGED = 0x44,	 /* 2.04 */
	COAP_CONTENT = 0x45,	 /* 2.05 */
	COAP_BAD = 0x80,	 /* 4.00 */
	COAP_UNAVAILABLE = 0xa3, /* 5.03 */
};

enum coap_option { COAP_PATH = 11, COAP_QUERY = 15 };

enum coap_limits { COAP_QUERIES = 2, COAP_NO_TOKEN = -1 };

/* What was received; the parts lie in the received bytes. */
struct coap {
	enum coap_type type;
	uint8_t code;
	uint16_t id;
	int token; /* its first byte, or COAP_NO_TOKEN */
	char path; /* first letter of the path, 0 for none */
	const uint8_t *query[COAP_QUERIES];
	uint32_t query_bytes[COAP_QUERIES];
	const uint8_t *payload;
	uint32_t payload_bytes;
};

/* False when it is no message. */
bool coap_parse(const uint8_t *bytes, uint32_t count, struct coap *ret);

/* A message being written. What does not fit is left out, and the message is not sent. */
struct coap_writer {
	uint8_t *bytes;
	uint32_t size;
	uint32_t count;
	uint32_t option; /* number of the last one */
};

void coap_begin(struct coap_writer *writer, enum coap_type type, uint8_t code, uint16_t id,
		int token);
void coap_option(struct coap_writer *writer, enum coap_option number, const void *data,
		 uint32_t bytes);
void coap_byte(struct coap_writer *writer, uint8_t byte);

static inline void coap_payload(struct coap_writer *writer)
{
	coap_byte(writer, 0xff);
}

/* Big endian, as everything in these messages. */
static inline uint32_t coap_u16(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

static inline uint32_t coap_u32(const uint8_t *bytes)
{
	return coap_u16(bytes) << 16 | coap_u16(bytes + 2);
}

#endif
