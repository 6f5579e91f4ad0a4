/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/session.h"
#include "base/text.h"
#include "cloud/session_inner.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void session_begin(struct session *session, const struct session_setup *setup, int64_t now_us)
{
	*session = (struct session){ .state = SESSION_GREETING,
				     .setup = *setup,
				     .id = setup->first_id,
				     .begun_us = now_us,
				     .heard_us = now_us,
				     .drained_us = now_us };
	if (session->setup.window_bytes == 0)
		session->setup.window_bytes = SESSION_OUT_MAX / 2;
	update_init(&session->update);
}

void session_finish(struct session *session, enum session_end end, const char *text, int64_t now_us)
{
	if (session->state == SESSION_OVER || session->state == SESSION_NONE)
		return;
	session->state = SESSION_OVER;
	session->end = end;
	text_copy(session->text, sizeof(session->text), text);
	update_end(&session->update, UPDATE_GONE, text, now_us);
	session_asked_end(session);
	if (session->setup.listener.over)
		session->setup.listener.over(session->setup.listener.ctx, end, text);
}

void session_gone(struct session *session, enum session_end end, const char *text, int64_t now_us)
{
	session_finish(session, end, text, now_us);
}

/* What a message of so many bytes takes on the carrier at most. */
static size_t carried_bytes(size_t message_bytes)
{
	return FRAME_HEAD_BYTES + message_bytes + CIPHER_BLOCK_BYTES;
}

bool session_has_room(const struct session *session, size_t message_bytes)
{
	return SESSION_OUT_MAX - session->out_len >= carried_bytes(message_bytes);
}

void session_put(struct session *session, const uint8_t *bytes, size_t len)
{
	uint8_t *at;

	assert(session_has_room(session, len));
	if (SESSION_OUT_MAX - session->out_at - session->out_len < carried_bytes(len)) {
		memmove(session->out, session->out + session->out_at, session->out_len);
		session->out_at = 0;
	}
	at = session->out + session->out_at + session->out_len;
	if (session->setup.cipher)
		len = cipher_seal(session->setup.cipher, bytes, len, at + FRAME_HEAD_BYTES);
	else
		memcpy(at + FRAME_HEAD_BYTES, bytes, len);
	frame_head(len, at);
	session->out_len += FRAME_HEAD_BYTES + len;
}

void session_send(struct session *session, const struct coap *coap, int64_t now_us)
{
	uint8_t bytes[TAMPER_FRAME_MAX];
	size_t len = coap_encode(coap, bytes, sizeof(bytes));

	assert(len > 0); /* what we write ourselves is short */
	if (session_has_room(session, len))
		session_put(session, bytes, len);
	else
		session_finish(session, SESSION_END_CLOGGED,
			       "the board asks, and does not take the answers", now_us);
}

bool session_send_raw(struct session *session, const void *bytes, size_t len)
{
	if (session->state != SESSION_OPEN || len == 0 || len > TAMPER_FRAME_MAX ||
	    !session_has_room(session, len))
		return false;
	session_put(session, bytes, len);
	return true;
}

const uint8_t *session_out(const struct session *session, size_t *ret_len)
{
	*ret_len = session->out_len;
	return session->out + session->out_at;
}

void session_sent(struct session *session, size_t len, int64_t now_us)
{
	assert(len <= session->out_len);
	session->out_at += len;
	session->out_len -= len;
	if (session->out_len == 0)
		session->out_at = 0;
	if (len > 0 || session->out_len == 0)
		session->drained_us = now_us;
}

static void garbled(struct session *session, const char *text, int64_t now_us)
{
	session_finish(session, SESSION_END_GARBLED, text, now_us);
}

/* A whole frame: decrypted if need be, read as CoAP. What is no CoAP is counted and let pass. */
static void take_frame(struct session *session, int64_t now_us)
{
	const uint8_t *bytes = session->reader.bytes;
	size_t len = session->reader.len;
	struct coap_trouble trouble;
	struct coap coap;

	if (session->setup.cipher) {
		if (!cipher_open(session->setup.cipher, bytes, len, session->plain, &len)) {
			garbled(session, "a message that does not decrypt", now_us);
			return;
		}
		bytes = session->plain;
	}
	session->heard_us = now_us;
	if (coap_parse(bytes, len, &coap, &trouble)) {
		session_handle(session, &coap, now_us);
		return;
	}
	session->counts.malformed++;
	snprintf(session->trouble, sizeof(session->trouble), "byte %zu of %zu: %s", trouble.offset,
		 len, trouble.text);
}

void session_heard(struct session *session, const uint8_t *bytes, size_t len, int64_t now_us)
{
	char text[SESSION_TEXT_MAX];
	enum frame_state state;

	while (len > 0 && (session->state == SESSION_GREETING || session->state == SESSION_OPEN)) {
		bool was_open = frame_is_open(&session->reader);
		size_t taken = frame_feed(&session->reader, bytes, len, &state);

		bytes += taken;
		len -= taken;
		if (!was_open)
			session->message_us = now_us;
		if (state == FRAME_WHOLE) {
			take_frame(session, now_us);
		} else if (state == FRAME_BAD) {
			frame_trouble(&session->reader, text, sizeof(text));
			garbled(session, text, now_us);
		}
	}
}

/* Messages of the update, as fast as what was put out before them is taken. */
static void go_on(struct session *session, int64_t now_us)
{
	uint8_t bytes[TAMPER_FRAME_MAX];
	size_t len;

	while (session->out_len < session->setup.window_bytes &&
	       session_has_room(session, sizeof(bytes))) {
		len = update_next(&session->update, &session->id, now_us, bytes, sizeof(bytes));
		if (len == 0)
			break;
		session_put(session, bytes, len);
	}
	update_step(&session->update, now_us);
	if (!update_is_on(&session->update) && session->update.plan.then == TAMPER_DISCONNECT)
		session_finish(session, SESSION_END_DROPPED, "disconnected by the tamper hook",
			       now_us);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The deadlines of the session itself, with what has happened when one passes. */
static int64_t own_due_us(const struct session *session, enum session_end *ret, const char **text)
{
	int64_t due_us = session->begun_us + SESSION_HELLO_US;

	*ret = SESSION_END_NO_HELLO;
	*text = "no Hello within 4 s";
	if (session->state == SESSION_OPEN) {
		due_us = session->heard_us + SESSION_SILENCE_US;
		*ret = SESSION_END_SILENT;
		*text = "nothing heard of the board for 60 s";
		/* a board that erases says nothing; the update has deadlines of its own */
		if (update_is_on(&session->update))
			due_us = INT64_MAX;
	}
	if (frame_is_open(&session->reader) && session->message_us + SESSION_STEP_US < due_us) {
		due_us = session->message_us + SESSION_STEP_US;
		*ret = SESSION_END_GARBLED;
		*text = "half a message, and no more of it for 20 s";
	}
	if (session->out_len > 0 && session->drained_us + SESSION_STEP_US < due_us) {
		due_us = session->drained_us + SESSION_STEP_US;
		*ret = SESSION_END_CLOGGED;
		*text = "the board takes nothing for 20 s";
	}
	return due_us;
}

void session_step(struct session *session, int64_t now_us)
{
	enum session_end end;
	const char *text;

	if (session->out_len == 0)
		session->drained_us = now_us;
	if (session->state != SESSION_GREETING && session->state != SESSION_OPEN)
		return;
	if (now_us >= own_due_us(session, &end, &text)) {
		session_finish(session, end, text, now_us);
		return;
	}
	session_asked_step(session, now_us);
	if (session->state == SESSION_OPEN)
		go_on(session, now_us);
}

int64_t session_due_us(const struct session *session)
{
	enum session_end end;
	const char *text;
	int64_t due_us;

	if (session->state != SESSION_GREETING && session->state != SESSION_OPEN)
		return INT64_MAX;
	due_us = earlier(own_due_us(session, &end, &text), session_asked_due_us(session));
	if (session->out_len >= session->setup.window_bytes)
		return due_us; /* the update waits for the carrier */
	return earlier(due_us, update_due_us(&session->update));
}

bool session_update(struct session *session, const struct update_setup *setup, int64_t now_us)
{
	if (session->state != SESSION_OPEN || update_is_on(&session->update))
		return false;
	update_begin(&session->update, setup, session->token, now_us);
	session->token = (uint8_t)(session->token + UPDATE_TOKENS);
	return true;
}

const char *session_end_name(enum session_end end)
{
	static const char *const names[] = {
		[SESSION_END_UNKNOWN] = "unknown", [SESSION_END_NO_HELLO] = "no-hello",
		[SESSION_END_GARBLED] = "garbled", [SESSION_END_GOODBYE] = "goodbye",
		[SESSION_END_SILENT] = "silent",   [SESSION_END_CLOGGED] = "clogged",
		[SESSION_END_GONE] = "gone",	   [SESSION_END_DROPPED] = "dropped",
	};

	return names[end];
}
