/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a cloud understands of a board: one table. What is in no row, and no answer to a question,
 * is counted; a board may be newer than we are.
 */
#include "cloud/session_inner.h"

#include <stdio.h>
#include <string.h>

enum {
	HELLO_BYTES = 8, /* then the id's length, and the id */
	HELLO_ID_AT = 10,
	TIME_BYTES = 4,
	CODE_CLASS_SHIFT = 5,
	US_A_SECOND = 1000000,
};

/* The answer to a message that asks for one: the same number, the token when there is a code. */
static void answer(struct session *session, const struct coap *to, uint8_t code,
		   const uint8_t *payload, size_t len, int64_t now_us)
{
	struct coap coap = { .type = to->type == COAP_CON ? COAP_ACK : COAP_NON,
			     .code = code,
			     .id = to->id,
			     .payload = payload,
			     .payload_len = len };

	if (code != COAP_EMPTY) {
		memcpy(coap.token, to->token, to->token_len);
		coap.token_len = to->token_len;
	}
	if (coap.type == COAP_NON)
		coap.id = ++session->id;
	session_send(session, &coap, now_us);
}

static void acknowledge(struct session *session, const struct coap *to, int64_t now_us)
{
	if (to->type == COAP_CON)
		answer(session, to, COAP_EMPTY, NULL, 0, now_us);
}

static void read_hello(const struct coap *coap, struct session_hello *hello)
{
	const uint8_t *at = coap->payload;
	size_t id_len;

	*hello = (struct session_hello){ .product = 0 };
	if (coap->payload_len < HELLO_BYTES)
		return;
	hello->product = coap_get_u16(at);
	hello->product_version = coap_get_u16(at + 2);
	hello->flags = at[5];
	hello->platform = coap_get_u16(at + 6);
	if (coap->payload_len < HELLO_ID_AT)
		return;
	id_len = coap_get_u16(at + HELLO_BYTES);
	if (id_len == SESSION_ID_BYTES && coap->payload_len >= HELLO_ID_AT + id_len) {
		memcpy(hello->id, at + HELLO_ID_AT, id_len);
		hello->id_len = id_len;
	}
}

static void greet(struct session *session, int64_t now_us)
{
	static const uint8_t payload[HELLO_BYTES]; /* boards look at nothing in it */
	struct coap coap = { .type = COAP_NON,
			     .code = COAP_POST,
			     .id = ++session->id,
			     .payload = payload,
			     .payload_len = sizeof(payload) };

	coap_add(&coap, COAP_URI_PATH, "h", 1);
	session_send(session, &coap, now_us);
}

static void on_hello(struct session *session, const struct coap *coap, int64_t now_us)
{
	struct session_hello hello;

	acknowledge(session, coap, now_us);
	session->counts.hellos++;
	if (coap->payload_len < HELLO_BYTES) {
		session->counts.malformed++;
		snprintf(session->trouble, sizeof(session->trouble),
			 "a Hello of %zu bytes, %d are needed", coap->payload_len, HELLO_BYTES);
	}
	read_hello(coap, &hello);
	session->hello = hello;
	update_end(&session->update, UPDATE_GONE, "the board began a new session", now_us);
	session->state = SESSION_OPEN;
	greet(session, now_us);
	if (session->state == SESSION_OPEN && session->setup.listener.hello)
		session->setup.listener.hello(session->setup.listener.ctx, &session->hello);
}

/* Sent before a reset or a sleep by systems whose Hello says SESSION_SAYS_GOODBYE. */
static void on_goodbye(struct session *session, const struct coap *coap, int64_t now_us)
{
	acknowledge(session, coap, now_us);
	session_finish(session, SESSION_END_GOODBYE, "the board said goodbye", now_us);
}

static void keep_text(char *to, size_t size, const uint8_t *from, size_t len)
{
	if (len >= size)
		len = size - 1;
	if (len > 0)
		memcpy(to, from, len);
	to[len] = '\0';
}

/* The name behind the letter: boards send it as one option, RFC 7252 would have several. */
static void keep_name(const struct coap *coap, char name[SESSION_NAME_MAX])
{
	size_t at = 0;

	name[0] = '\0';
	for (size_t n = 1;; n++) {
		const struct coap_option *part = coap_find(coap, COAP_URI_PATH, n);

		if (!part || at >= SESSION_NAME_MAX - 1)
			break;
		if (n > 1)
			name[at++] = '/';
		keep_text(name + at, SESSION_NAME_MAX - at, part->data, part->len);
		at += part->len;
	}
}

static void on_event(struct session *session, const struct coap *coap, int64_t now_us)
{
	struct session_event event = {
		.scope = coap_letter(coap) == 'e' ? SESSION_PUBLIC : SESSION_PRIVATE,
		.data = coap->payload,
		.len = coap->payload_len,
	};

	acknowledge(session, coap, now_us);
	session->counts.events++;
	keep_name(coap, event.name);
	if (session->setup.listener.event)
		session->setup.listener.event(session->setup.listener.ctx, &event);
}

static void on_subscribe(struct session *session, const struct coap *coap, int64_t now_us)
{
	const struct coap_option *query = coap_find(coap, COAP_URI_QUERY, 0);
	struct session_subscription *subscription =
		&session->subscriptions[session->subscription_count];

	acknowledge(session, coap, now_us);
	session->counts.subscribes++;
	if (session->subscription_count == SESSION_SUBSCRIPTIONS_MAX)
		return;
	keep_name(coap, subscription->name);
	subscription->of = query && query->len == 1 && query->data[0] == 'u' ? SESSION_OF_MINE
									     : SESSION_OF_ALL;
	session->subscription_count++;
}

static void on_time(struct session *session, const struct coap *coap, int64_t now_us)
{
	int64_t now_s = session->setup.unix_s + (now_us - session->begun_us) / US_A_SECOND;
	uint8_t payload[TIME_BYTES];

	session->counts.times++;
	coap_put_u32(payload, (uint32_t)now_s);
	answer(session, coap, COAP_CONTENT, payload, sizeof(payload), now_us);
}

static void on_ping(struct session *session, const struct coap *coap, int64_t now_us)
{
	session->counts.pings++;
	acknowledge(session, coap, now_us);
}

static const struct row {
	uint8_t code;
	char letter;
	void (*handle)(struct session *session, const struct coap *coap, int64_t now_us);
} rows[] = {
	{ COAP_POST, 'h', on_hello },	 { COAP_POST, 'e', on_event },
	{ COAP_POST, 'E', on_event },	 { COAP_GET, 'e', on_subscribe },
	{ COAP_GET, 'E', on_subscribe }, { COAP_GET, 't', on_time },
	{ COAP_POST, 'x', on_goodbye },	 { COAP_EMPTY, '\0', on_ping },
};

static bool is_request(const struct coap *coap)
{
	return coap->code >> CODE_CLASS_SHIFT == 0 &&
	       (coap->code != COAP_EMPTY || coap->type == COAP_CON);
}

static const struct row *find_row(const struct coap *coap)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == coap->code && rows[i].letter == coap_letter(coap))
			return &rows[i];
	return NULL;
}

/* What nobody asked for and no row knows; the last one is kept for a person to look at. */
static void count_unknown(struct session *session, const struct coap *coap)
{
	static const char *const types[] = { "CON", "NON", "ACK", "RST" };
	char letter[2] = { coap_letter(coap) };
	char code[8];

	coap_code_name(coap->code, code, sizeof(code));
	session->counts.unknown++;
	snprintf(session->trouble, sizeof(session->trouble),
		 "unknown: %s %s, number %04x, %zu bytes of token, path '%s'", types[coap->type],
		 code, coap->id, coap->token_len, letter);
}

void session_handle(struct session *session, const struct coap *coap, int64_t now_us)
{
	const struct row *row = is_request(coap) ? find_row(coap) : NULL;

	/* before its Hello a board has nothing to say */
	if (session->state == SESSION_GREETING && (!row || row->handle != on_hello)) {
		count_unknown(session, coap);
		return;
	}
	if (row) {
		row->handle(session, coap, now_us);
		return;
	}
	acknowledge(session, coap, now_us);
	if (session->state != SESSION_OPEN)
		return; /* there was no room */
	if (!update_heard(&session->update, coap, now_us) && !session_answered(session, coap))
		count_unknown(session, coap);
}
