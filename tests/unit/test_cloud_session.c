/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session in clear, byte by byte (the bytes are those of facts 8.3): greeting, events, time,
 * pings, questions, deadlines, nonsense. Time is a number here.
 */
#include "cloud/session.h"
#include "lib/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { S = 1000000, LOG_MAX = 1024, UNIX_S = 0x56264b80 };

/* What the listener was told, one line each. */
struct desk {
	struct session session;
	char log[LOG_MAX];
};

static void note(struct desk *desk, const char *line)
{
	size_t len = strlen(desk->log);

	ck_assert_uint_lt(len + strlen(line) + 1, LOG_MAX);
	memcpy(desk->log + len, line, strlen(line));
	memcpy(desk->log + len + strlen(line), "\n", 2);
}

static void on_hello(void *ctx, const struct session_hello *hello)
{
	char line[64];

	snprintf(line, sizeof(line), "hello %u %u %u flags %u id %zu", hello->product,
		 hello->product_version, hello->platform, hello->flags, hello->id_len);
	note(ctx, line);
}

static void on_event(void *ctx, const struct session_event *event)
{
	char line[256];

	snprintf(line, sizeof(line), "event %s%s=%.*s", event->name,
		 event->scope == SESSION_PUBLIC ? "!" : "", (int)event->len,
		 event->len ? (const char *)event->data : "");
	note(ctx, line);
}

static void on_answer(void *ctx, const struct session_answer *answer)
{
	char line[256];

	snprintf(line, sizeof(line), "answer %u kind %u reply %u code %x: %.*s", answer->number,
		 answer->kind, answer->reply, answer->code, (int)answer->len,
		 answer->len ? (const char *)answer->data : "");
	note(ctx, line);
}

static void on_over(void *ctx, enum session_end end, const char *text)
{
	char line[256];

	snprintf(line, sizeof(line), "over %s: %s", session_end_name(end), text);
	note(ctx, line);
}

static struct desk *new_desk(void)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	struct session_setup setup = { .unix_s = UNIX_S,
				       .listener = { .ctx = desk,
						     .hello = on_hello,
						     .event = on_event,
						     .answer = on_answer,
						     .over = on_over } };

	ck_assert_ptr_nonnull(desk);
	session_begin(&desk->session, &setup, 0);
	return desk;
}

static void hear(struct desk *desk, const void *message, size_t len, int64_t now_us)
{
	uint8_t head[FRAME_HEAD_BYTES];

	frame_head(len, head);
	session_heard(&desk->session, head, sizeof(head), now_us);
	session_heard(&desk->session, message, len, now_us);
}

#define HEAR(desk, text, now_us) hear(desk, text, sizeof(text) - 1, now_us)

/* All that was put out is 'want', frames with their lengths. */
static void check_out(struct desk *desk, const void *want, size_t len)
{
	size_t out_len;
	const uint8_t *out = session_out(&desk->session, &out_len);

	ck_assert_uint_eq(out_len, len);
	ck_assert_mem_eq(out, want, len);
	session_sent(&desk->session, out_len, 0);
}

#define CHECK_OUT(desk, text) check_out(desk, text, sizeof(text) - 1)

static void check_log(struct desk *desk, const char *want)
{
	ck_assert_str_eq(desk->log, want);
	desk->log[0] = '\0';
}

#define HELLO	 "\x50\x02\x12\x34\xb1h\xff\x00\x08\xff\xff\x00\x05\x00\x08"
#define GREETING "\x00\x0f\x50\x02\x00\x01\xb1h\xff\0\0\0\0\0\0\0\0"

static struct desk *open_desk(void)
{
	struct desk *desk = new_desk();

	HEAR(desk, HELLO, S);
	CHECK_OUT(desk, GREETING);
	check_log(desk, "hello 8 65535 8 flags 5 id 0\n");
	ck_assert_int_eq(desk->session.state, SESSION_OPEN);
	return desk;
}

START_TEST(greeting_both_ways)
{
	struct desk *desk = open_desk();

	/* again, with the board's id, and wanting an acknowledgement */
	HEAR(desk,
	     "\x40\x02\x12\x35\xb1h\xff\x00\x08\x00\x01\x00\x00\x00\x08\x00\x0c"
	     "abcdefghijkl",
	     2 * S);
	CHECK_OUT(desk,
		  "\x00\x04\x60\x00\x12\x35\x00\x0f\x50\x02\x00\x02\xb1h\xff\0\0\0\0\0\0\0\0");
	check_log(desk, "hello 8 1 8 flags 0 id 12\n");
	ck_assert_mem_eq(desk->session.hello.id, "abcdefghijkl", 12);
	ck_assert_uint_eq(desk->session.counts.hellos, 2);
	/* flag 0x10: a board that will say goodbye says so; it stays */
	HEAR(desk, "\x50\x02\x12\x36\xb1h\xff\x00\x08\xff\xff\x00\x10\x00\x08", 3 * S);
	CHECK_OUT(desk, "\x00\x0f\x50\x02\x00\x03\xb1h\xff\0\0\0\0\0\0\0\0");
	check_log(desk, "hello 8 65535 8 flags 16 id 0\n");
	HEAR(desk, "\x50\x02\x12\x37\xb1x\xd0\xea\xff\0", 4 * S);
	check_log(desk, "over goodbye: the board said goodbye\n");
	free(desk);
}
END_TEST

/* What a board says, what it is answered, and what the listener is told. */
static const struct message_row {
	const char *heard;
	size_t heard_len;
	const char *out;
	size_t out_len;
	const char *log;
} messages[] = {
#define ROW(heard, out, log)                                        \
	{                                                           \
		heard, sizeof(heard) - 1, out, sizeof(out) - 1, log \
	}
	ROW("\x50\x02\x00\x05\xb1"
	    "E"
	    "\x0d\x0c"
	    "spark/hardware/max_binary"
	    "\xff"
	    "262144",
	    "", "event spark/hardware/max_binary=262144\n"),
	ROW("\x40\x02\x00\x05\xb1"
	    "e"
	    "\x04"
	    "room"
	    "\x31\x3c\xff"
	    "hot",
	    "\0\x04\x60\0\0\x05", "event room!=hot\n"), /* with a Max-Age */
	ROW("\x50\x02\x00\x05\xb1"
	    "E"
	    "\x03"
	    "abc"
	    "\xff",
	    "", "event abc=\n"),			   /* no data */
	ROW("\x40\x00\x00\x07", "\0\x04\x60\0\0\x07", ""), /* ping */
	/* time: one second after the beginning, when it was UNIX_S */
	ROW("\x41\x01\x00\x08\x74\xb1t", "\0\x0a\x61\x45\0\x08\x74\xff\x56\x26\x4b\x82", ""),
	ROW("\x40\x01\x00\x09\xb1"
	    "e"
	    "\x04room\x41u",
	    "\0\x04\x60\0\0\x09", ""),				/* subscribes */
	ROW("\x40\x01\x00\x09\xb1q", "\0\x04\x60\0\0\x09", ""), /* nothing that we know */
	ROW("\x50\x03\x00\x09\xb1z", "", ""),
	ROW("\x60\x00\x00\x63", "", ""), /* an answer to nothing */
	ROW("\x51\x44\x00\x09\x5c", "", ""),
	ROW("\x40\x01\x00\x09\xb1"
	    "c\xff\x00\x01",
	    "\0\x04\x60\0\0\x09", ""), /* no update */
	ROW("\x80", "", ""),	       /* no message at all */
#undef ROW
};

START_TEST(messages_of_a_board)
{
	const struct message_row *row = &messages[_i];
	struct desk *desk = open_desk();

	hear(desk, row->heard, row->heard_len, 2 * S);
	check_out(desk, row->out, row->out_len);
	check_log(desk, row->log);
	ck_assert_int_eq(desk->session.state, SESSION_OPEN);
	free(desk);
}
END_TEST

START_TEST(what_is_counted)
{
	struct desk *desk = open_desk();

	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		hear(desk, messages[i].heard, messages[i].heard_len, 2 * S);
	ck_assert_uint_eq(desk->session.counts.events, 3);
	ck_assert_uint_eq(desk->session.counts.pings, 1);
	ck_assert_uint_eq(desk->session.counts.times, 1);
	ck_assert_uint_eq(desk->session.counts.subscribes, 1);
	ck_assert_uint_eq(desk->session.counts.unknown, 5);
	ck_assert_uint_eq(desk->session.counts.malformed, 1);
	ck_assert_str_eq(desk->session.trouble, "byte 1 of 1: shorter than a header");
	ck_assert_str_eq(desk->session.subscriptions[0].name, "room");
	ck_assert_int_eq(desk->session.subscriptions[0].of, SESSION_OF_MINE);
	free(desk);
}
END_TEST

/* What is asked of a board, as bytes; our message has number 2, the token 0. */
static const struct ask_row {
	struct session_question question;
	const char *out;
	size_t out_len;
	const char *answer;
	size_t answer_len;
	const char *log;
} asks[] = {
#define ROW(kind, name, argument, number, out, answer, log)                     \
	{                                                                       \
		{ kind, name, argument, number }, out, sizeof(out) - 1, answer, \
			sizeof(answer) - 1, log                                 \
	}
	ROW(SESSION_ASK_PING, NULL, NULL, 0, "\0\x04\x40\0\0\x02", "\x60\0\0\x02",
	    "answer 1 kind 1 reply 1 code 0: \n"),
	ROW(SESSION_ASK_PING, NULL, NULL, 0, "\0\x04\x40\0\0\x02", "\x60\0\x2b\xde",
	    "answer 1 kind 1 reply 1 code 0: \n"), /* as 0.5.2 does */
	ROW(SESSION_ASK_DESCRIBE, NULL, NULL, 0,
	    "\0\x07\x41\x01\0\x02\0\xb1"
	    "d",
	    "\x61\x45\0\x02\0\xff{}", "answer 1 kind 2 reply 1 code 45: {}\n"),
	ROW(SESSION_ASK_DESCRIBE, NULL, NULL, 3,
	    "\0\x09\x41\x01\0\x02\0\xb1"
	    "d\x01\x03",
	    "\x61\x45\0\x02\0\xff{}", "answer 1 kind 2 reply 1 code 45: {}\n"),
	ROW(SESSION_ASK_CALL, "led", "on", 0,
	    "\0\x0e\x41\x02\0\x02\0\xb1"
	    "f\x03led\x42on",
	    "\x51\x44\0\x55\0\xff"
	    "abcd",
	    "answer 1 kind 3 reply 1 code 44: abcd\n"),
	ROW(SESSION_ASK_READ, "temp", NULL, 0, "\0\x0c\x41\x01\0\x02\0\xb1v\x04temp",
	    "\x61\x45\0\x02\0\xff"
	    "20.5",
	    "answer 1 kind 4 reply 1 code 45: 20.5\n"),
	ROW(SESSION_ASK_READ, "temp", NULL, 0, "\0\x0c\x41\x01\0\x02\0\xb1v\x04temp",
	    "\x61\x84\0\x02\0", "answer 1 kind 4 reply 2 code 84: \n"), /* 4.04 */
	ROW(SESSION_ASK_READ, "temp", NULL, 0, "\0\x0c\x41\x01\0\x02\0\xb1v\x04temp",
	    "\x70\0\0\x02", "answer 1 kind 4 reply 2 code 0: \n"), /* reset */
	ROW(SESSION_ASK_SIGNAL, NULL, NULL, 1, "\0\x09\x41\x03\0\x02\0\xb1s\x41\x01",
	    "\x61\x44\0\x02\0", "answer 1 kind 5 reply 1 code 44: \n"),
	ROW(SESSION_ASK_KEY_CHANGE, NULL, NULL, 1, "\0\x08\x40\x03\0\x02\xb1k\x41\x01",
	    "\x60\0\0\x02", "answer 1 kind 6 reply 1 code 0: \n"),
	ROW(SESSION_ASK_PUBLISH, "hi", "x", 0,
	    "\0\x0b\x40\x02\0\x02\xb1"
	    "E\x02hi\xffx",
	    "\x60\0\0\x02", "answer 1 kind 7 reply 1 code 0: \n"),
#undef ROW
};

START_TEST(questions)
{
	const struct ask_row *row = &asks[_i];
	struct desk *desk = open_desk();

	ck_assert_uint_eq(session_ask(&desk->session, &row->question, 2 * S), 1);
	check_out(desk, row->out, row->out_len);
	hear(desk, row->answer, row->answer_len, 3 * S);
	check_log(desk, row->log);
	session_step(&desk->session, 30 * (int64_t)S);
	check_log(desk, ""); /* no second answer */
	free(desk);
}
END_TEST

START_TEST(questions_without_an_answer)
{
	static const struct session_question question = { .kind = SESSION_ASK_CALL, .name = "f" };
	struct desk *desk = open_desk();

	for (unsigned int i = 1; i <= SESSION_ASKED_MAX; i++)
		ck_assert_uint_eq(session_ask(&desk->session, &question, 2 * S), i);
	ck_assert_uint_eq(session_ask(&desk->session, &question, 2 * S), 0);
	HEAR(desk, "\x60\0\0\x02", 3 * S); /* received; the result is to come */
	check_log(desk, "");
	ck_assert_int_eq(session_due_us(&desk->session), 20 * S); /* what we sent is not taken */
	session_sent(&desk->session, desk->session.out_len, 3 * S);
	ck_assert_int_eq(session_due_us(&desk->session), 22 * S);
	session_step(&desk->session, 22 * S - 1);
	check_log(desk, "");
	HEAR(desk, "\x70\0\0\x09", 22 * S); /* reset the last one */
	check_log(desk, "answer 8 kind 3 reply 2 code 0: \n");
	session_step(&desk->session, 22 * S);
	ck_assert_ptr_nonnull(strstr(desk->log, "answer 1 kind 3 reply 3 code 0: \n"));
	ck_assert_ptr_nonnull(strstr(desk->log, "answer 7 kind 3 reply 3 code 0: \n"));
	desk->log[0] = '\0';
	ck_assert_uint_eq(session_ask(&desk->session, &question, 23 * S), 9);
	session_gone(&desk->session, SESSION_END_GONE, "test", 24 * S);
	check_log(desk, "answer 9 kind 3 reply 4 code 0: \nover gone: test\n");
	ck_assert_uint_eq(session_ask(&desk->session, &question, 24 * S), 0);
	free(desk);
}
END_TEST

START_TEST(names_that_are_too_long)
{
	static const char name[] =
		"123456789.123456789.123456789.123456789.123456789.123456789.1234";
	struct session_question question = { .kind = SESSION_ASK_CALL, .name = name };
	struct desk *desk = open_desk();

	ck_assert_uint_eq(session_ask(&desk->session, &question, 2 * S), 0);
	question.name = name + 1;
	ck_assert_uint_eq(session_ask(&desk->session, &question, 2 * S), 1);
	question.name = NULL;
	ck_assert_uint_eq(session_ask(&desk->session, &question, 2 * S), 0);
	free(desk);
}
END_TEST

/* When a session that is left alone ends, and why. */
static const struct end_row {
	const char *heard; /* after the Hello; NULL: there is none */
	size_t len;
	int64_t last_us; /* still on */
	const char *log;
} ends[] = {
	{ NULL, 0, 4 * S - 1, "over no-hello: no Hello within 4 s\n" },
	{ "", 0, 61 * S - 1, "over silent: nothing heard of the board for 60 s\n" },
	{ "\x00\x05\x40", 3, 21 * S - 1,
	  "over garbled: half a message, and no more of it for 20 s\n" },
	{ "\x00", 1, 21 * S - 1, "over garbled: half a message, and no more of it for 20 s\n" },
	{ "\x00\x00", 2, 0, "over garbled: a message of 0 bytes, 1 to 4112 are possible\n" },
	{ "\xff\xff", 2, 0, "over garbled: a message of 65535 bytes, 1 to 4112 are possible\n" },
};

START_TEST(sessions_end)
{
	const struct end_row *row = &ends[_i];
	struct desk *desk = row->heard ? open_desk() : new_desk();

	if (row->heard)
		session_heard(&desk->session, (const uint8_t *)row->heard, row->len, S);
	if (row->last_us) {
		session_step(&desk->session, row->last_us);
		check_log(desk, "");
		ck_assert_int_eq(session_due_us(&desk->session), row->last_us + 1);
	}
	session_step(&desk->session, row->last_us + 1);
	check_log(desk, row->log);
	ck_assert_int_eq(desk->session.state, SESSION_OVER);
	ck_assert_int_eq(session_due_us(&desk->session), INT64_MAX);
	HEAR(desk, HELLO, 90 * (int64_t)S); /* nothing comes of it any more */
	check_log(desk, "");
	free(desk);
}
END_TEST

/* A board that asks without end and takes no answer. */
START_TEST(board_that_does_not_read)
{
	struct desk *desk = open_desk();

	for (int i = 0; i < 2000 && desk->session.state == SESSION_OPEN; i++)
		HEAR(desk, "\x41\x01\x00\x08\x74\xb1t", 2 * S);
	check_log(desk, "over clogged: the board asks, and does not take the answers\n");
	free(desk);
	desk = open_desk();
	session_step(&desk->session, 2 * S);
	HEAR(desk, "\x40\x00\x00\x07", 2 * S);
	session_step(&desk->session, 22 * S - 1);
	check_log(desk, "");
	session_step(&desk->session, 22 * S);
	check_log(desk, "over clogged: the board takes nothing for 20 s\n");
	free(desk);
}
END_TEST

/* Before its Hello a board is not listened to. */
START_TEST(early_words)
{
	struct desk *desk = new_desk();

	HEAR(desk, "\x41\x01\x00\x08\x74\xb1t", S);
	HEAR(desk, "\x40\x00\x00\x07", S);
	CHECK_OUT(desk, "");
	ck_assert_uint_eq(desk->session.counts.unknown, 2);
	ck_assert(!session_send_raw(&desk->session, "x", 1));
	free(desk);
}
END_TEST

START_TEST(a_hello_that_is_short)
{
	struct desk *desk = new_desk();

	HEAR(desk, "\x50\x02\x12\x34\xb1h\xff\x00\x08", S);
	CHECK_OUT(desk, GREETING);
	check_log(desk, "hello 0 0 0 flags 0 id 0\n");
	ck_assert_uint_eq(desk->session.counts.malformed, 1);
	ck_assert(session_send_raw(&desk->session, "x", 1));
	CHECK_OUT(desk, "\x00\x01x");
	free(desk);
}
END_TEST

/* Encrypted, with credentials that both know. */
START_TEST(encrypted)
{
	static const uint8_t credentials[CIPHER_CREDENTIALS_BYTES] = { 1, 2, 3 };
	struct desk *desk = calloc(1, sizeof(*desk));
	struct session_setup setup = {
		.unix_s = UNIX_S, .listener = { .ctx = desk, .hello = on_hello, .over = on_over }
	};
	struct cipher *board;
	uint8_t bytes[64];
	size_t len;
	const uint8_t *out;

	ck_assert_ptr_nonnull(desk);
	ck_assert_int_eq(cipher_new(credentials, &setup.cipher, NULL), 0);
	ck_assert_int_eq(cipher_new(credentials, &board, NULL), 0);
	session_begin(&desk->session, &setup, 0);
	len = cipher_seal(board, (const uint8_t *)HELLO, sizeof(HELLO) - 1, bytes);
	hear(desk, bytes, len, S);
	check_log(desk, "hello 8 65535 8 flags 5 id 0\n");
	out = session_out(&desk->session, &len);
	ck_assert_uint_eq(len, 2 + 16);
	ck_assert(cipher_open(board, out + 2, 16, bytes, &len));
	ck_assert_uint_eq(len, sizeof(GREETING) - 3);
	ck_assert_mem_eq(bytes, GREETING + 2, len);
	HEAR(desk, HELLO, 2 * S); /* in clear */
	check_log(desk, "over garbled: a message that does not decrypt\n");
	cipher_free(setup.cipher);
	cipher_free(board);
	free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: session");
	TCase *tcase = tcase_create("session");

	tcase_add_test(tcase, greeting_both_ways);
	tcase_add_loop_test(tcase, messages_of_a_board, 0, ARRAY_LEN(messages));
	tcase_add_test(tcase, what_is_counted);
	tcase_add_loop_test(tcase, questions, 0, ARRAY_LEN(asks));
	tcase_add_test(tcase, questions_without_an_answer);
	tcase_add_test(tcase, names_that_are_too_long);
	tcase_add_loop_test(tcase, sessions_end, 0, ARRAY_LEN(ends));
	tcase_add_test(tcase, board_that_does_not_read);
	tcase_add_test(tcase, early_words);
	tcase_add_test(tcase, a_hello_that_is_short);
	tcase_add_test(tcase, encrypted);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
