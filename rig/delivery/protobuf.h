/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * As much of the protobuf encoding as control requests need
 * (developers.google.com/protocol-buffers, "Encoding"): fields that are numbers or bytes; fixed
 * ones are passed over when read.
 */
#ifndef DELIVERY_PROTOBUF_H
#define DELIVERY_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum protobuf_wire {
	PROTOBUF_NUMBER = 0,
	PROTOBUF_FIXED64 = 1,
	PROTOBUF_BYTES = 2,
	PROTOBUF_FIXED32 = 5,
};

enum protobuf_limits {
	PROTOBUF_VARINT_MAX = 10, /* bytes of one */
	PROTOBUF_FIELD_MAX = (1 << 29) - 1,
};

/* A message that is being made; what does not fit makes it bad. */
struct protobuf_writer {
	uint8_t *bytes; /* borrowed */
	size_t size;
	size_t len;
	bool bad;
};

void protobuf_put_number(struct protobuf_writer *writer, uint32_t field, uint64_t value);
void protobuf_put_bytes(struct protobuf_writer *writer, uint32_t field, const uint8_t *bytes,
			size_t len);

/* A message that is read, field by field. */
struct protobuf_reader {
	const uint8_t *bytes; /* borrowed */
	size_t len;
	size_t at;
	bool bad; /* it is none */
};

struct protobuf_field {
	uint32_t number;
	enum protobuf_wire wire;
	uint64_t value;	      /* a number; of fixed ones too */
	const uint8_t *bytes; /* borrowed from the message */
	size_t len;
};

/* The next field; false at the end, and when the bytes are no message (reader->bad). */
bool protobuf_next(struct protobuf_reader *reader, struct protobuf_field *ret);

#endif
