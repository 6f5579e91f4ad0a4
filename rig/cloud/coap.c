/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/coap.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum coap_format {
	VERSION = 1,
	PAYLOAD_MARKER = 0xff,
	NIBBLE_ONE_BYTE = 13,  /* one more byte follows: its value and 13 */
	NIBBLE_TWO_BYTES = 14, /* two more: their value and 269 */
	NIBBLE_RESERVED = 15,
	TWO_BYTES_FROM = 269,
	NUMBER_MAX = UINT16_MAX,
};

struct reader {
	const uint8_t *bytes;
	size_t at;
	size_t len;
	struct coap_trouble *trouble;
};

static bool fail(struct reader *reader, size_t offset, const char *text)
{
	*reader->trouble = (struct coap_trouble){ .text = text, .offset = offset };
	return false;
}

/* An option's number or length as its nibble says, with the bytes that follow. */
static bool read_extended(struct reader *reader, unsigned int nibble, uint32_t *ret)
{
	size_t left = reader->len - reader->at;

	if (nibble < NIBBLE_ONE_BYTE) {
		*ret = nibble;
	} else if (nibble == NIBBLE_ONE_BYTE && left >= 1) {
		*ret = (uint32_t)NIBBLE_ONE_BYTE + reader->bytes[reader->at];
		reader->at += 1;
	} else if (nibble == NIBBLE_TWO_BYTES && left >= 2) {
		*ret = (uint32_t)TWO_BYTES_FROM + coap_get_u16(reader->bytes + reader->at);
		reader->at += 2;
	} else if (nibble == NIBBLE_RESERVED) {
		return fail(reader, reader->at, "reserved length 15 in an option");
	} else {
		return fail(reader, reader->at, "option ends in its head");
	}
	return true;
}

static bool read_option(struct reader *reader, struct coap *coap, uint32_t *number)
{
	size_t head_at = reader->at;
	unsigned int head = reader->bytes[reader->at++];
	uint32_t delta;
	uint32_t len;

	if (!read_extended(reader, head >> 4, &delta) || !read_extended(reader, head & 15, &len))
		return false;
	if (len > reader->len - reader->at)
		return fail(reader, head_at, "option runs past the message");
	if (delta > NUMBER_MAX - *number)
		return fail(reader, head_at, "option number above 65535");
	if (coap->option_count == COAP_OPTIONS_MAX)
		return fail(reader, head_at, "too many options");
	*number += delta;
	coap->options[coap->option_count++] = (struct coap_option){
		.number = *number, .data = reader->bytes + reader->at, .len = len
	};
	reader->at += len;
	return true;
}

static bool read_message(struct reader *reader, struct coap *coap)
{
	const uint8_t *bytes = reader->bytes;
	uint32_t number = 0;

	if (reader->len < COAP_HEADER_BYTES)
		return fail(reader, reader->len, "shorter than a header");
	if (reader->len > COAP_BYTES_MAX)
		return fail(reader, COAP_BYTES_MAX, "too long");
	if (bytes[0] >> 6 != VERSION)
		return fail(reader, 0, "not version 1");
	coap->token_len = bytes[0] & 15;
	coap->type = (enum coap_type)(bytes[0] >> 4 & 3);
	coap->code = bytes[1];
	coap->id = coap_get_u16(bytes + 2);
	if (coap->token_len > COAP_TOKEN_MAX)
		return fail(reader, 0, "token longer than 8 bytes");
	if (coap->token_len > reader->len - COAP_HEADER_BYTES)
		return fail(reader, COAP_HEADER_BYTES, "token runs past the message");
	memcpy(coap->token, bytes + COAP_HEADER_BYTES, coap->token_len);
	reader->at = COAP_HEADER_BYTES + coap->token_len;
	while (reader->at < reader->len && bytes[reader->at] != PAYLOAD_MARKER)
		if (!read_option(reader, coap, &number))
			return false;
	if (reader->at < reader->len) {
		coap->payload = bytes + reader->at + 1;
		coap->payload_len = reader->len - reader->at - 1;
	}
	return true;
}

bool coap_parse(const uint8_t *bytes, size_t len, struct coap *ret,
		struct coap_trouble *ret_trouble)
{
	struct reader reader = { .bytes = bytes, .len = len, .trouble = ret_trouble };
	struct coap coap = { .type = COAP_CON };

	if (!read_message(&reader, &coap))
		return false;
	*ret = coap;
	return true;
}

void coap_add(struct coap *coap, uint32_t number, const void *data, size_t len)
{
	assert(coap->option_count < COAP_OPTIONS_MAX && number <= NUMBER_MAX);
	assert(coap->option_count == 0 || coap->options[coap->option_count - 1].number <= number);
	coap->options[coap->option_count++] =
		(struct coap_option){ .number = number, .data = data, .len = len };
}

struct writer {
	uint8_t *bytes;
	size_t at;
	size_t size;
};

/* Counts on past the end, so that the whole is known not to fit. */
static void put(struct writer *writer, const void *data, size_t len)
{
	if (writer->at <= writer->size && len <= writer->size - writer->at && len > 0)
		memcpy(writer->bytes + writer->at, data, len);
	writer->at += len;
}

static void put_byte(struct writer *writer, unsigned int byte)
{
	uint8_t one = (uint8_t)byte;

	put(writer, &one, 1);
}

static unsigned int nibble_of(uint32_t value)
{
	if (value < NIBBLE_ONE_BYTE)
		return value;
	return value < TWO_BYTES_FROM ? NIBBLE_ONE_BYTE : NIBBLE_TWO_BYTES;
}

static void put_extended(struct writer *writer, uint32_t value)
{
	if (value >= TWO_BYTES_FROM) {
		put_byte(writer, (value - TWO_BYTES_FROM) >> 8);
		put_byte(writer, value - TWO_BYTES_FROM);
	} else if (value >= NIBBLE_ONE_BYTE) {
		put_byte(writer, value - NIBBLE_ONE_BYTE);
	}
}

size_t coap_encode(const struct coap *coap, uint8_t *bytes, size_t size)
{
	struct writer writer = { .bytes = bytes, .size = size };
	uint32_t number = 0;

	assert(coap->token_len <= COAP_TOKEN_MAX);
	put_byte(&writer, (unsigned int)VERSION << 6 | (unsigned int)coap->type << 4 |
				  (unsigned int)coap->token_len);
	put_byte(&writer, coap->code);
	put_byte(&writer, coap->id >> 8);
	put_byte(&writer, coap->id);
	put(&writer, coap->token, coap->token_len);
	for (size_t i = 0; i < coap->option_count; i++) {
		const struct coap_option *option = &coap->options[i];
		uint32_t len = (uint32_t)option->len;

		put_byte(&writer, nibble_of(option->number - number) << 4 | nibble_of(len));
		put_extended(&writer, option->number - number);
		put_extended(&writer, len);
		put(&writer, option->data, option->len);
		number = option->number;
	}
	if (coap->payload) {
		put_byte(&writer, PAYLOAD_MARKER);
		put(&writer, coap->payload, coap->payload_len);
	}
	return writer.at <= size ? writer.at : 0;
}

const struct coap_option *coap_find(const struct coap *coap, uint32_t number, size_t n)
{
	for (size_t i = 0; i < coap->option_count; i++)
		if (coap->options[i].number == number && n-- == 0)
			return &coap->options[i];
	return NULL;
}

char coap_letter(const struct coap *coap)
{
	const struct coap_option *path = coap_find(coap, COAP_URI_PATH, 0);

	return path && path->len > 0 ? (char)path->data[0] : '\0';
}

void coap_code_name(uint8_t code, char *buf, size_t size)
{
	static const char *const methods[] = { "empty", "GET", "POST", "PUT", "DELETE" };

	if (code < ARRAY_LEN(methods))
		snprintf(buf, size, "%s", methods[code]);
	else
		snprintf(buf, size, "%d.%02d", code >> 5, code & 31);
}
