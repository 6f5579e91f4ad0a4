/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/protobuf.h"

#include <string.h>

enum { MORE = 0x80, LOW_BITS = 7, WIRE_BITS = 3 };

static void put(struct protobuf_writer *writer, const uint8_t *bytes, size_t len)
{
	if (writer->bad || len > writer->size - writer->len) {
		writer->bad = true;
		return;
	}
	if (len > 0)
		memcpy(writer->bytes + writer->len, bytes, len);
	writer->len += len;
}

static void put_varint(struct protobuf_writer *writer, uint64_t value)
{
	uint8_t bytes[PROTOBUF_VARINT_MAX];
	size_t len = 0;

	for (; value >= MORE; value >>= LOW_BITS)
		bytes[len++] = (uint8_t)(value | MORE);
	bytes[len++] = (uint8_t)value;
	put(writer, bytes, len);
}

static void put_tag(struct protobuf_writer *writer, uint32_t field, enum protobuf_wire wire)
{
	put_varint(writer, (uint64_t)field << WIRE_BITS | wire);
}

void protobuf_put_number(struct protobuf_writer *writer, uint32_t field, uint64_t value)
{
	put_tag(writer, field, PROTOBUF_NUMBER);
	put_varint(writer, value);
}

void protobuf_put_bytes(struct protobuf_writer *writer, uint32_t field, const uint8_t *bytes,
			size_t len)
{
	put_tag(writer, field, PROTOBUF_BYTES);
	put_varint(writer, len);
	put(writer, bytes, len);
}

static bool get_varint(struct protobuf_reader *reader, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < PROTOBUF_VARINT_MAX && reader->at < reader->len; i++) {
		uint8_t byte = reader->bytes[reader->at++];
		uint64_t bits = byte & (MORE - 1);

		if (i == PROTOBUF_VARINT_MAX - 1 && bits > 1)
			return false;
		value |= bits << LOW_BITS * i;
		if (!(byte & MORE)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static bool get_fixed(struct protobuf_reader *reader, size_t bytes, uint64_t *ret)
{
	uint64_t value = 0;

	if (bytes > reader->len - reader->at)
		return false;
	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)reader->bytes[reader->at + i] << 8 * i;
	reader->at += bytes;
	*ret = value;
	return true;
}

static bool get_bytes(struct protobuf_reader *reader, struct protobuf_field *ret)
{
	uint64_t len;

	if (!get_varint(reader, &len) || len > reader->len - reader->at)
		return false;
	ret->bytes = reader->bytes + reader->at;
	ret->len = (size_t)len;
	reader->at += ret->len;
	return true;
}

static bool get_value(struct protobuf_reader *reader, unsigned int wire, struct protobuf_field *ret)
{
	switch (wire) {
	case PROTOBUF_NUMBER: return get_varint(reader, &ret->value);
	case PROTOBUF_FIXED64: return get_fixed(reader, sizeof(uint64_t), &ret->value);
	case PROTOBUF_FIXED32: return get_fixed(reader, sizeof(uint32_t), &ret->value);
	case PROTOBUF_BYTES: return get_bytes(reader, ret);
	default: return false;
	}
}

bool protobuf_next(struct protobuf_reader *reader, struct protobuf_field *ret)
{
	struct protobuf_field field = { 0 };
	uint64_t tag = 0;
	bool good;

	if (reader->bad || reader->at >= reader->len)
		return false;
	good = get_varint(reader, &tag) && tag >> WIRE_BITS >= 1 &&
	       tag >> WIRE_BITS <= PROTOBUF_FIELD_MAX &&
	       get_value(reader, tag & ((1 << WIRE_BITS) - 1), &field);
	if (!good) {
		reader->bad = true;
		return false;
	}
	field.number = (uint32_t)(tag >> WIRE_BITS);
	field.wire = (enum protobuf_wire)(tag & ((1 << WIRE_BITS) - 1));
	*ret = field;
	return true;
}
