/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/system2/coap.h"

enum coap_format {
	HEADER_BYTES = 4,
	VERSION = 1,
	TOKEN_BYTES_MAX = 8,
	PAYLOAD_MARK = 0xff,
	NIBBLE_ONE_BYTE = 13, /* one more byte follows, its value less 13 */
	NIBBLE_TWO_BYTES = 14,
};

struct reader {
	const uint8_t *at, *end;
};

/* An option's number or length as its nibble says, with the bytes that follow; -1: there are none.
 */
static int32_t extended(struct reader *reader, uint32_t nibble)
{
	if (nibble < NIBBLE_ONE_BYTE)
		return (int32_t)nibble;
	if (nibble == NIBBLE_ONE_BYTE && reader->end - reader->at >= 1)
		return NIBBLE_ONE_BYTE + *reader->at++;
	if (nibble == NIBBLE_TWO_BYTES && reader->end - reader->at >= 2) {
		reader->at += 2;
		return (int32_t)(269 + coap_u16(reader->at - 2));
	}
	return -1;
}

static void keep_option(struct coap *message, uint32_t number, const uint8_t *data, uint32_t bytes)
{
	if (number == COAP_PATH && bytes > 0 && message->path == 0)
		message->path = (char)data[0];
	for (int i = 0; number == COAP_QUERY && i < COAP_QUERIES; i++)
		if (!message->query[i]) {
			message->query[i] = data;
			message->query_bytes[i] = bytes;
			break;
		}
}

/* Up to the payload or the end. */
static bool read_options(struct reader *reader, struct coap *message)
{
	uint32_t number = 0;

	while (reader->at < reader->end && *reader->at != PAYLOAD_MARK) {
		uint32_t head = *reader->at++;
		int32_t delta = extended(reader, head >> 4);
		int32_t bytes = extended(reader, head & 15);

		if (delta < 0 || bytes < 0 || reader->end - reader->at < bytes)
			return false;
		number += (uint32_t)delta;
		keep_option(message, number, reader->at, (uint32_t)bytes);
		reader->at += bytes;
	}
	return true;
}

bool coap_parse(const uint8_t *bytes, uint32_t count, struct coap *ret)
{
	struct reader reader = { bytes + HEADER_BYTES, bytes + count };
	uint32_t token_bytes = bytes[0] & 15;

	if (count < HEADER_BYTES || bytes[0] >> 6 != VERSION || token_bytes > TOKEN_BYTES_MAX ||
	    count < HEADER_BYTES + token_bytes)
		return false;
	*ret = (struct coap){ .type = (enum coap_type)(bytes[0] >> 4 & 3),
			      .code = bytes[1],
			      .id = (uint16_t)coap_u16(bytes + 2),
			      .token = token_bytes ? bytes[HEADER_BYTES] : COAP_NO_TOKEN };
	reader.at += token_bytes;
	if (!read_options(&reader, ret))
		return false;
	if (reader.at < reader.end) {
		ret->payload = reader.at + 1;
		ret->payload_bytes = (uint32_t)(reader.end - reader.at) - 1;
	}
	return true;
}

void coap_byte(struct coap_writer *writer, uint8_t byte)
{
	if (writer->count < writer->size)
		writer->bytes[writer->count] = byte;
	writer->count++;
}

void coap_begin(struct coap_writer *writer, enum coap_type type, uint8_t code, uint16_t id,
		int token)
{
	writer->count = 0;
	writer->option = 0;
	coap_byte(writer, (uint8_t)(VERSION << 6 | type << 4 | (token != COAP_NO_TOKEN)));
	coap_byte(writer, code);
	coap_byte(writer, (uint8_t)(id >> 8));
	coap_byte(writer, (uint8_t)id);
	if (token != COAP_NO_TOKEN)
		coap_byte(writer, (uint8_t)token);
}

/* Shorter than 269 bytes, all of them. */
void coap_option(struct coap_writer *writer, enum coap_option number, const void *data,
		 uint32_t bytes)
{
	uint32_t nibble = bytes < NIBBLE_ONE_BYTE ? bytes : NIBBLE_ONE_BYTE;

	coap_byte(writer, (uint8_t)((number - writer->option) << 4 | nibble));
	if (nibble == NIBBLE_ONE_BYTE)
		coap_byte(writer, (uint8_t)(bytes - NIBBLE_ONE_BYTE));
	for (uint32_t i = 0; i < bytes; i++)
		coap_byte(writer, ((const uint8_t *)data)[i]);
	writer->option = number;
}
