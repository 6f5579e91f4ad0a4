/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as an answer of the control service and as a protobuf message: fields stay inside of
 * what came, and what was read is made again as the same message; never a crash.
 */
#include "delivery/protobuf.h"
#include "delivery/usb_request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { GROWTH = 16 }; /* a varint may be written longer than it has to be, never shorter */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct protobuf_field *a, const struct protobuf_field *b)
{
	return a->number == b->number && a->wire == b->wire && a->value == b->value &&
	       a->len == b->len && (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

/* Reads all fields, writes those that can be written, and reads them again. */
static void read_message(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + GROWTH);
	struct protobuf_writer writer = { .bytes = copy, .size = size + GROWTH };
	struct protobuf_reader reader = { .bytes = data, .len = size };
	struct protobuf_reader again = { .bytes = copy };
	struct protobuf_field field;
	struct protobuf_field other;

	assert(copy);
	while (protobuf_next(&reader, &field)) {
		if (field.wire == PROTOBUF_BYTES) {
			assert(field.bytes >= data &&
			       field.len <= size - (size_t)(field.bytes - data));
			protobuf_put_bytes(&writer, field.number, field.bytes, field.len);
		} else if (field.wire == PROTOBUF_NUMBER) {
			protobuf_put_number(&writer, field.number, field.value);
		}
	}
	assert(!writer.bad);
	again.len = writer.len;
	reader = (struct protobuf_reader){ .bytes = data, .len = size };
	while (protobuf_next(&reader, &field)) {
		if (field.wire != PROTOBUF_BYTES && field.wire != PROTOBUF_NUMBER)
			continue;
		assert(protobuf_next(&again, &other));
		assert(same(&field, &other));
	}
	assert(!protobuf_next(&again, &other) && !again.bad);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct usb_request_answer answer;

	if (usb_request_parse(data, size, &answer))
		assert(size >= sizeof(answer.told));
	read_message(data, size);
	return 0;
}
