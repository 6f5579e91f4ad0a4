/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CoAP messages byte by byte: those seen on the wire (facts 8.3), and what is no message. And the
 * frames that carry them.
 */
#include "cloud/coap.h"
#include "cloud/frame.h"
#include "lib/testing.h"

#include <string.h>

static const uint8_t hello[] = {
	0x50, 2, 0x12, 0x34, 0xb1, 'h', 0xff, 0, 3, 0xff, 0xff, 0, 0, 0, 3
};
static const uint8_t ready[] = { 0x51, 0x44, 0x12, 0x34, 0x77, 0xff, 1 };
static const uint8_t missed[] = { 0x40, 1, 0x12, 0x34, 0xb1, 'c', 0xff, 0, 3 };
static const uint8_t chunk[] = { 0x41, 2, 0, 9,	   0x5c, 0xb1, 'c',  0x44, 1,
				 2,    3, 4, 0x02, 0,	 200,  0xff, 'd',  'a' };

static struct coap parse(const uint8_t *bytes, size_t len)
{
	struct coap_trouble trouble;
	struct coap coap;

	ck_assert_msg(coap_parse(bytes, len, &coap, &trouble), "%s", trouble.text);
	return coap;
}

START_TEST(bytes_seen_are_read)
{
	struct coap coap = parse(hello, sizeof(hello));

	ck_assert_int_eq(coap.type, COAP_NON);
	ck_assert_uint_eq(coap.code, COAP_POST);
	ck_assert_uint_eq(coap.id, 0x1234);
	ck_assert_uint_eq(coap.token_len, 0);
	ck_assert_int_eq(coap_letter(&coap), 'h');
	ck_assert_uint_eq(coap.payload_len, 8);
	ck_assert_uint_eq(coap_get_u16(coap.payload), 3);
	coap = parse(ready, sizeof(ready));
	ck_assert_uint_eq(coap.code, COAP_CHANGED);
	ck_assert_uint_eq(coap.token_len, 1);
	ck_assert_uint_eq(coap.token[0], 0x77);
	ck_assert_uint_eq(coap.payload[0], 1);
	coap = parse(missed, sizeof(missed));
	ck_assert_int_eq(coap.type, COAP_CON);
	ck_assert_int_eq(coap_letter(&coap), 'c');
	coap = parse(chunk, sizeof(chunk));
	ck_assert_uint_eq(coap.option_count, 3);
	ck_assert_uint_eq(coap_get_u32(coap_find(&coap, COAP_URI_QUERY, 0)->data), 0x01020304);
	ck_assert_uint_eq(coap_get_u16(coap_find(&coap, COAP_URI_QUERY, 1)->data), 200);
	ck_assert_ptr_null(coap_find(&coap, COAP_URI_QUERY, 2));
	ck_assert_mem_eq(coap.payload, "da", 2);
}
END_TEST

/* What is read and written again is the same, byte for byte. */
START_TEST(what_is_read_is_written)
{
	static const struct {
		const uint8_t *bytes;
		size_t len;
	} rows[] = { { hello, sizeof(hello) },
		     { ready, sizeof(ready) },
		     { missed, sizeof(missed) },
		     { chunk, sizeof(chunk) } };
	uint8_t back[64];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct coap coap = parse(rows[i].bytes, rows[i].len);

		ck_assert_uint_eq(coap_encode(&coap, back, sizeof(back)), rows[i].len);
		ck_assert_mem_eq(back, rows[i].bytes, rows[i].len);
		ck_assert_uint_eq(coap_encode(&coap, back, rows[i].len - 1), 0);
	}
}
END_TEST

/* Lengths and numbers at the borders of their forms (RFC 7252 3.1). */
START_TEST(long_options)
{
	static const size_t lens[] = { 0, 12, 13, 14, 63, 268, 269, 270, 1000 };
	static const uint32_t numbers[] = { 11, 12, 13, 268, 269, 65535 };
	uint8_t data[1000];
	uint8_t bytes[1100];

	memset(data, 7, sizeof(data));
	for (size_t i = 0; i < ARRAY_LEN(lens) * ARRAY_LEN(numbers); i++) {
		size_t want = lens[i % ARRAY_LEN(lens)];
		uint32_t number = numbers[i / ARRAY_LEN(lens)];
		struct coap coap = { .type = COAP_CON, .code = COAP_GET, .id = 1 };
		struct coap back;
		size_t len;

		coap_add(&coap, number, data, want);
		coap.payload = data;
		coap.payload_len = 1;
		len = coap_encode(&coap, bytes, sizeof(bytes));
		ck_assert_uint_gt(len, 0);
		back = parse(bytes, len);
		ck_assert_uint_eq(back.option_count, 1);
		ck_assert_uint_eq(back.options[0].number, number);
		ck_assert_uint_eq(back.options[0].len, want);
		ck_assert_uint_eq(back.payload_len, 1);
	}
}
END_TEST

/* RFC 7252 3.1: a length of 269 is 14 and then 0000, a number of 300 is 14 and then 001f. */
START_TEST(long_option_by_hand)
{
	struct coap coap = { .type = COAP_CON, .code = COAP_GET, .id = 1 };
	uint8_t data[269] = { 0 };
	uint8_t bytes[300];

	coap_add(&coap, 300, data, sizeof(data));
	ck_assert_uint_eq(coap_encode(&coap, bytes, sizeof(bytes)), 4 + 5 + 269);
	ck_assert_mem_eq(bytes, "\x40\x01\x00\x01\xee\x00\x1f\x00\x00", 9);
}
END_TEST

/* An event's name of 13 and more letters takes one more byte: "spark/hardware/max_binary" has 25.
 */
START_TEST(event_name_by_hand)
{
	static const uint8_t want[] = "\x50\x02\x00\x05\xb1"
				      "E"
				      "\x0d\x0c"
				      "spark/hardware/max_binary"
				      "\xff"
				      "262144";
	struct coap coap = { .type = COAP_NON, .code = COAP_POST, .id = 5 };
	uint8_t bytes[64];

	coap_add(&coap, COAP_URI_PATH, "E", 1);
	coap_add(&coap, COAP_URI_PATH, "spark/hardware/max_binary", 25);
	coap.payload = (const uint8_t *)"262144";
	coap.payload_len = 6;
	ck_assert_uint_eq(coap_encode(&coap, bytes, sizeof(bytes)), sizeof(want) - 1);
	ck_assert_mem_eq(bytes, want, sizeof(want) - 1);
}
END_TEST

static const struct bad {
	const char *bytes;
	size_t len;
	size_t offset;
	const char *text;
} bads[] = {
	{ "", 0, 0, "shorter than a header" },
	{ "\x40\x01\x00", 3, 3, "shorter than a header" },
	{ "\x80\x01\x00\x00", 4, 0, "not version 1" },
	{ "\x49\x01\x00\x00zzzzzzzzz", 13, 0, "token longer than 8 bytes" },
	{ "\x42\x01\x00\x00z", 5, 4, "token runs past the message" },
	{ "\x40\x01\x00\x00\xb2h", 6, 4, "option runs past the message" },
	{ "\x40\x01\x00\x00\xbfh", 6, 5, "reserved length 15 in an option" },
	{ "\x40\x01\x00\x00\xf1h", 6, 5, "reserved length 15 in an option" },
	{ "\x40\x01\x00\x00\xbd", 5, 5, "option ends in its head" },
	{ "\x40\x01\x00\x00\xbe\x01", 6, 5, "option ends in its head" },
	{ "\x40\x01\x00\x00\xe0\xff\xff\x00", 8, 4, "option number above 65535" },
	{ "\x40\x01\x00\x00\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10",
	  21, 20, "too many options" },
};

START_TEST(no_message)
{
	const struct bad *bad = &bads[_i];
	struct coap_trouble trouble = { .text = NULL };
	struct coap coap = { .id = 77 };

	ck_assert(!coap_parse((const uint8_t *)bad->bytes, bad->len, &coap, &trouble));
	ck_assert_str_eq(trouble.text, bad->text);
	ck_assert_uint_eq(trouble.offset, bad->offset);
	ck_assert_uint_eq(coap.id, 77); /* untouched */
}
END_TEST

/* Events without data come so. */
START_TEST(marker_without_payload)
{
	struct coap coap = parse((const uint8_t *)"\x50\x02\x00\x00\xff", 5);
	uint8_t bytes[8];

	ck_assert_ptr_nonnull(coap.payload);
	ck_assert_uint_eq(coap.payload_len, 0);
	ck_assert_uint_eq(coap_encode(&coap, bytes, sizeof(bytes)), 5);
	coap = parse((const uint8_t *)"\x50\x02\x00\x00", 4);
	ck_assert_ptr_null(coap.payload);
}
END_TEST

START_TEST(codes_have_names)
{
	char name[8];

	coap_code_name(COAP_CHANGED, name, sizeof(name));
	ck_assert_str_eq(name, "2.04");
	coap_code_name(COAP_UNAVAILABLE, name, sizeof(name));
	ck_assert_str_eq(name, "5.03");
	coap_code_name(COAP_PUT, name, sizeof(name));
	ck_assert_str_eq(name, "PUT");
}
END_TEST

START_TEST(frames_in_any_pieces)
{
	static const uint8_t stream[] = { 0, 3, 'a', 'b', 'c', 0, 1, 'd', 0 };
	struct frame_reader reader;
	enum frame_state state;

	for (size_t piece = 1; piece <= sizeof(stream); piece++) {
		unsigned int whole = 0;

		memset(&reader, 0, sizeof(reader));
		for (size_t at = 0; at < sizeof(stream);) {
			size_t len = sizeof(stream) - at < piece ? sizeof(stream) - at : piece;

			at += frame_feed(&reader, stream + at, len, &state);
			if (state != FRAME_WHOLE)
				continue;
			ck_assert_uint_eq(reader.len, whole ? 1 : 3);
			ck_assert_mem_eq(reader.bytes, whole ? "d" : "abc", reader.len);
			ck_assert(!frame_is_open(&reader));
			whole++;
		}
		ck_assert_uint_eq(whole, 2);
		ck_assert(frame_is_open(&reader)); /* one byte of a head */
	}
}
END_TEST

START_TEST(frames_that_cannot_be)
{
	static const uint8_t heads[][3] = { { 0, 0, 1 }, { 0x10, 0x11, 1 }, { 0xff, 0xff, 1 } };
	struct frame_reader reader = { .len = 0 };
	enum frame_state state;
	char text[80];

	frame_feed(&reader, heads[_i], 3, &state);
	ck_assert_int_eq(state, FRAME_BAD);
	ck_assert_uint_eq(frame_feed(&reader, hello, sizeof(hello), &state), 0);
	ck_assert_int_eq(state, FRAME_BAD);
	frame_trouble(&reader, text, sizeof(text));
	if (_i == 1)
		ck_assert_str_eq(text, "a message of 4113 bytes, 1 to 4112 are possible");
}
END_TEST

START_TEST(frame_heads)
{
	uint8_t head[FRAME_HEAD_BYTES];

	frame_head(0x0203, head);
	ck_assert_mem_eq(head, "\x02\x03", 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: CoAP and frames");
	TCase *tcase = tcase_create("coap");

	tcase_add_test(tcase, bytes_seen_are_read);
	tcase_add_test(tcase, what_is_read_is_written);
	tcase_add_test(tcase, long_options);
	tcase_add_test(tcase, long_option_by_hand);
	tcase_add_test(tcase, event_name_by_hand);
	tcase_add_loop_test(tcase, no_message, 0, ARRAY_LEN(bads));
	tcase_add_test(tcase, marker_without_payload);
	tcase_add_test(tcase, codes_have_names);
	tcase_add_test(tcase, frames_in_any_pieces);
	tcase_add_loop_test(tcase, frames_that_cannot_be, 0, 3);
	tcase_add_test(tcase, frame_heads);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
