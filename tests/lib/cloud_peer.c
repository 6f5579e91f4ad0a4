/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/cloud_peer.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { UNIX_TIME = 1445385600, PLATFORM = 8 };

static void on_hello(void *ctx, const struct session_hello *hello)
{
	struct cloud_peer *peer = ctx;

	ck_assert_uint_eq(hello->platform, PLATFORM);
	peer->hellos++;
}

static void on_event(void *ctx, const struct session_event *event)
{
	struct cloud_peer *peer = ctx;
	size_t len = strlen(peer->events);
	int more = snprintf(peer->events + len, CLOUD_PEER_TEXT_MAX - len, "%s=%.*s\n", event->name,
			    (int)event->len, event->len ? (const char *)event->data : "");

	ck_assert_int_gt(more, 0);
	ck_assert_uint_lt(len + (size_t)more, CLOUD_PEER_TEXT_MAX);
}

static void on_answer(void *ctx, const struct session_answer *answer)
{
	struct cloud_peer *peer = ctx;

	if (answer->reply != SESSION_REPLY_GOOD)
		return;
	if (answer->kind == SESSION_ASK_PING)
		peer->pongs++;
	if (answer->kind != SESSION_ASK_DESCRIBE)
		return;
	ck_assert_uint_lt(answer->len, CLOUD_PEER_TEXT_MAX);
	memcpy(peer->description, answer->data, answer->len);
	peer->description[answer->len] = '\0';
	peer->described = true;
}

void cloud_peer_begin(struct cloud_peer *peer, const struct slot *slot)
{
	struct session_setup setup = { .unix_s = UNIX_TIME,
				       .listener = { .ctx = peer,
						     .hello = on_hello,
						     .event = on_event,
						     .answer = on_answer } };

	memset(peer, 0, sizeof(*peer));
	peer->slot = slot;
	carrier_begin(&peer->carrier, slot, &setup);
}

void cloud_peer_heard(struct cloud_peer *peer, uint8_t byte)
{
	carrier_heard(&peer->carrier, slot_now_us(peer->slot), byte);
}

void cloud_peer_linked(struct cloud_peer *peer, bool connected)
{
	carrier_linked(&peer->carrier, slot_now_us(peer->slot), connected);
	peer->connected = connected;
	peer->links = peer->carrier.links;
	peer->times = 0;
}

void cloud_peer_step(struct cloud_peer *peer)
{
	const struct session *session = &peer->carrier.session;
	struct err err = ERR_INIT;

	if (peer->silent)
		return;
	ck_assert_msg(carrier_step(&peer->carrier, &err) == 0, "%s", err.text);
	if (!peer->connected)
		return;
	ck_assert_msg(session->counts.malformed == 0, "%s", session->trouble);
	ck_assert_uint_eq(session->counts.unknown, 0);
	peer->times = session->counts.times;
}

static void ask(struct cloud_peer *peer, enum session_ask_kind kind)
{
	const struct session_question question = { .kind = kind };

	ck_assert_uint_ne(session_ask(&peer->carrier.session, &question, slot_now_us(peer->slot)),
			  0);
}

void cloud_peer_ping(struct cloud_peer *peer)
{
	ask(peer, SESSION_ASK_PING);
}

void cloud_peer_describe(struct cloud_peer *peer)
{
	peer->described = false;
	ask(peer, SESSION_ASK_DESCRIBE);
}

static void over(struct cloud_peer *peer)
{
	const struct update *update = &peer->carrier.session.update;

	peer->phase = update->result == UPDATE_DONE	 ? CLOUD_DONE
		      : update->result == UPDATE_REFUSED ? CLOUD_REFUSED
							 : CLOUD_BROKEN;
	peer->code = update->code;
	peer->ended_by_device = update->ended_by == UPDATE_ENDED_BY_BOARD;
	memcpy(peer->result, update->answer, sizeof(peer->result));
}

static enum update_go on_progress(void *ctx, const struct update_progress *progress)
{
	struct cloud_peer *peer = ctx;
	const struct update *update = &peer->carrier.session.update;

	if (progress->step == UPDATE_STEP_READY || progress->step == UPDATE_STEP_MISSED)
		peer->phase = CLOUD_SENDING;
	if (progress->step == UPDATE_STEP_MISSED)
		peer->missed_index = progress->chunk;
	if (progress->step == UPDATE_STEP_ASKED)
		peer->phase = CLOUD_ASKED;
	peer->refused = update->refusals;
	peer->missed = update->missed;
	if (progress->step == UPDATE_STEP_OVER)
		over(peer);
	return UPDATE_GO_ON;
}

/* Each of the wrongs is done once. */
static void tamper_chunk(struct cloud_update *wrong, struct tamper_message *message,
			 struct tamper_plan *plan)
{
	int64_t delay_us = 0;

	if (message->index == wrong->lost) {
		wrong->lost = CLOUD_PEER_NOWHERE;
		return;
	}
	if (message->index == wrong->corrupt) {
		wrong->corrupt = CLOUD_PEER_NOWHERE;
		message->data[message->data_len / 2] ^= 0x10;
	}
	if (wrong->last >= 0 && message->index == wrong->last + 1) {
		delay_us = wrong->pause_us;
		wrong->last = CLOUD_PEER_NOWHERE;
		if (delay_us == 0) {
			plan->then = TAMPER_STALL;
			return;
		}
	}
	ck_assert(tamper_send(plan, message, delay_us));
}

static void on_message(void *ctx, const struct tamper_message *message, struct tamper_plan *plan)
{
	struct cloud_peer *peer = ctx;
	struct tamper_message copy = *message;

	if (message->kind == TAMPER_CHUNK) {
		tamper_chunk(&peer->update, &copy, plan);
		return;
	}
	if (message->kind == TAMPER_BEGIN && peer->update.chunk_bytes_told)
		copy.begin.chunk_bytes = peer->update.chunk_bytes_told;
	ck_assert(tamper_send(plan, &copy, 0));
}

void cloud_peer_update(struct cloud_peer *peer, const struct cloud_update *update)
{
	const struct update_setup setup = {
		.bytes = update->bytes,
		.len = update->len,
		.mode = update->fast ? UPDATE_FAST : UPDATE_SLOW,
		.padding = update->padded ? UPDATE_PADDED : UPDATE_UNPADDED,
		.chunk_bytes = update->chunk_bytes,
		.address = update->address,
		.tamper = { .ctx = peer, .message = on_message },
		.progress = on_progress,
		.ctx = peer,
	};

	peer->update = *update;
	peer->phase = CLOUD_BEGUN;
	peer->refused = peer->missed = 0;
	peer->ended_by_device = false;
	peer->result[0] = '\0';
	ck_assert(session_update(&peer->carrier.session, &setup, slot_now_us(peer->slot)));
}
