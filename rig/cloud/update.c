/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/update.h"
#include "base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FLAG_FAST = 1, CODE_CLASS_SHIFT = 5, CODE_CLASS_BAD = 4, CODE_NAME_MAX = 8 };

/* Tokens by which answers are known. */
enum token_of { TOKEN_BEGIN = 0, TOKEN_CHUNK = 1, TOKEN_DONE = 2 };

void update_init(struct update *update)
{
	*update = (struct update){ .phase = UPDATE_PHASE_NONE };
}

bool update_is_on(const struct update *update)
{
	return update->phase != UPDATE_PHASE_NONE && update->phase != UPDATE_PHASE_OVER;
}

static uint32_t chunk_bytes(const struct update *update)
{
	return update->setup.chunk_bytes ? update->setup.chunk_bytes : UPDATE_CHUNK_DEFAULT;
}

static uint32_t bytes_before(const struct update *update, uint32_t chunk)
{
	size_t bytes = (size_t)chunk * chunk_bytes(update);

	return (uint32_t)(bytes < update->setup.len ? bytes : update->setup.len);
}

static void finish(struct update *update, enum update_result result, const char *text,
		   int64_t now_us);

/* Tells the caller, who may break it off. */
static void tell(struct update *update, enum update_step_kind step, uint32_t chunk, int64_t now_us)
{
	struct update_progress progress = { .update = update,
					    .step = step,
					    .chunk = chunk,
					    .chunks = update->chunks,
					    .bytes = bytes_before(update, update->next),
					    .t_us = now_us };

	if (!update->setup.progress)
		return;
	if (update->setup.progress(update->setup.ctx, &progress) == UPDATE_STOP &&
	    update_is_on(update))
		finish(update, UPDATE_CUT, "broken off by the caller", now_us);
}

static void finish(struct update *update, enum update_result result, const char *text,
		   int64_t now_us)
{
	update->phase = UPDATE_PHASE_OVER;
	update->result = result;
	update->plan_at = update->plan.count;
	text_copy(update->text, sizeof(update->text), text);
	tell(update, UPDATE_STEP_OVER, update->next, now_us);
}

static void PRINTF_LIKE(4, 5) finish_with(struct update *update, enum update_result result,
					  int64_t now_us, const char *fmt, ...)
{
	char text[UPDATE_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	finish(update, result, text, now_us);
}

void update_begin(struct update *update, const struct update_setup *setup, uint8_t token,
		  int64_t now_us)
{
	assert(setup->len > 0 && setup->len <= UPDATE_BYTES_MAX);
	assert(setup->chunk_bytes <= UPDATE_CHUNK_MAX && setup->mode != 0);
	*update = (struct update){ .setup = *setup,
				   .mode = setup->mode,
				   .token = token,
				   .phase = UPDATE_PHASE_BEGIN,
				   .deadline_us = now_us + UPDATE_STEP_US };
	update->chunks = (uint32_t)((setup->len + chunk_bytes(update) - 1) / chunk_bytes(update));
	assert(update->chunks <= UPDATE_CHUNKS_MAX);
}

static void enter(struct update *update, enum update_phase phase, int64_t deadline_us)
{
	update->phase = phase;
	update->deadline_us = deadline_us;
}

/* A board that never has enough must not keep us for ever. */
static bool count_round(struct update *update, int64_t now_us)
{
	if (++update->rounds <= UPDATE_ROUNDS_MAX)
		return true;
	finish_with(update, UPDATE_GARBLED, now_us, "the board asked for chunks %d times",
		    UPDATE_ROUNDS_MAX);
	return false;
}

static void make_begin(struct update *update, struct tamper_message *message, int64_t now_us)
{
	message->kind = TAMPER_BEGIN;
	message->type = COAP_CON;
	message->token = (uint8_t)(update->token + TOKEN_BEGIN);
	message->begin =
		(struct tamper_begin){ .flags = update->setup.mode == UPDATE_FAST ? FLAG_FAST : 0,
				       /* never 0: boards then take the whole region for the file */
				       .chunk_bytes = (uint16_t)chunk_bytes(update),
				       .file_bytes = (uint32_t)update->setup.len,
				       .store = update->setup.store,
				       .address = update->setup.address };
	enter(update, UPDATE_PHASE_READY, now_us + UPDATE_STEP_US);
	tell(update, UPDATE_STEP_BEGIN, 0, now_us);
}

static void make_done(struct update *update, struct tamper_message *message, int64_t now_us)
{
	message->kind = TAMPER_DONE;
	message->data_len = 0;
	message->type = COAP_CON;
	message->token = (uint8_t)(update->token + TOKEN_DONE);
	enter(update, UPDATE_PHASE_ANSWER, now_us + UPDATE_STEP_US);
	tell(update, UPDATE_STEP_ASKED, update->chunks, now_us);
}

static void fill_chunk(const struct update *update, struct tamper_message *message, uint32_t index)
{
	size_t begin = (size_t)index * chunk_bytes(update);
	size_t len = update->setup.len - begin;

	if (len > chunk_bytes(update))
		len = chunk_bytes(update);
	memcpy(message->data, update->setup.bytes + begin, len);
	message->data_len = len;
	if (update->setup.padding == UPDATE_PADDED) {
		memset(message->data + len, 0, chunk_bytes(update) - len);
		message->data_len = chunk_bytes(update);
	}
	tamper_fix_crc(message);
}

static void make_chunk(struct update *update, struct tamper_message *message, int64_t now_us)
{
	bool is_fast = update->mode == UPDATE_FAST;
	uint32_t index = update->next;

	if (update->again_at < update->again_count)
		index = update->again[update->again_at++];
	else if (is_fast)
		update->next++;
	message->kind = TAMPER_CHUNK;
	message->type = is_fast ? COAP_NON : COAP_CON;
	message->token = (uint8_t)(update->token + TOKEN_CHUNK);
	message->has_index = is_fast ? TAMPER_INDEX_SENT : TAMPER_INDEX_IMPLICIT;
	message->index = (uint16_t)index;
	fill_chunk(update, message, index);
	update->sent++;
	enter(update, is_fast ? UPDATE_PHASE_CHUNKS : UPDATE_PHASE_CHUNK, now_us + UPDATE_STEP_US);
	tell(update, UPDATE_STEP_SENT, index, now_us);
}

/* All that was to be sent is: ask the board, unless it is of those that end by themselves. */
static void after_chunks(struct update *update, int64_t now_us)
{
	if (update->again_count > 0 && update->era == UPDATE_ERA_ENDS_ITSELF)
		enter(update, UPDATE_PHASE_OWN, now_us + UPDATE_OWN_END_US);
	else
		update->phase = UPDATE_PHASE_DONE;
	update->again_at = update->again_count = 0;
}

/* The message that is due by the phase; false when it waits. */
static bool make_message(struct update *update, struct tamper_message *message, int64_t now_us)
{
	if (update->phase == UPDATE_PHASE_CHUNKS && update->again_at >= update->again_count &&
	    (update->again_count > 0 || update->next >= update->chunks))
		after_chunks(update, now_us);
	if (update->phase == UPDATE_PHASE_BEGIN)
		make_begin(update, message, now_us);
	else if (update->phase == UPDATE_PHASE_CHUNKS)
		make_chunk(update, message, now_us);
	else if (update->phase == UPDATE_PHASE_DONE)
		make_done(update, message, now_us);
	else
		return false;
	return update_is_on(update); /* else broken off: this one is not sent any more */
}

static bool plan_is_open(const struct update *update)
{
	return update->plan_at < update->plan.count;
}

/* A frame of the hook's plan when its time has come. */
static size_t next_of_plan(struct update *update, int64_t now_us, uint8_t *bytes, size_t size)
{
	const struct tamper_frame *frame = &update->plan.frames[update->plan_at];

	if (now_us < update->plan_due_us)
		return 0;
	assert(frame->len <= size);
	memcpy(bytes, frame->bytes, frame->len);
	update->plan_at++;
	/* what is awaited is awaited from the last frame on */
	if (update->deadline_us < now_us + UPDATE_STEP_US)
		update->deadline_us = now_us + UPDATE_STEP_US;
	if (plan_is_open(update))
		update->plan_due_us = now_us + frame[1].delay_us;
	return frame->len;
}

/* The hook says what is sent instead of 'message'. */
static void ask_hook(struct update *update, const struct tamper_message *message, int64_t now_us)
{
	update->plan.count = 0;
	update->plan.then = TAMPER_GO_ON;
	update->plan_at = 0;
	update->setup.tamper.message(update->setup.tamper.ctx, message, &update->plan);
	assert(update->plan.count <= TAMPER_FRAMES_MAX);
	if (update->plan.count > 0)
		update->plan_due_us = now_us + update->plan.frames[0].delay_us;
}

size_t update_next(struct update *update, uint16_t *id, int64_t now_us, uint8_t *bytes, size_t size)
{
	struct tamper_message message = { .kind = TAMPER_UNKNOWN };

	while (update_is_on(update)) {
		if (plan_is_open(update))
			return next_of_plan(update, now_us, bytes, size);
		if (update->plan.then == TAMPER_DISCONNECT)
			finish(update, UPDATE_CUT, "disconnected by the tamper hook", now_us);
		if (update->plan.then != TAMPER_GO_ON || !make_message(update, &message, now_us))
			return 0;
		message.id = ++*id;
		update->last_id = message.id;
		if (!update->setup.tamper.message)
			return tamper_encode(&message, bytes, size);
		ask_hook(update, &message, now_us);
	}
	return 0;
}

static bool is_bad(uint8_t code)
{
	return code >> CODE_CLASS_SHIFT >= CODE_CLASS_BAD;
}

/* Answers to UpdateBegin: UpdateReady, or that the board does not want it. */
static void on_begin_answer(struct update *update, const struct coap *coap, int64_t now_us)
{
	char name[CODE_NAME_MAX];

	coap_code_name(coap->code, name, sizeof(name));
	if (is_bad(coap->code)) {
		update->code = coap->code;
		finish_with(update, UPDATE_REFUSED, now_us, "the board refused the update with %s",
			    name);
		return;
	}
	if (coap->code != COAP_CHANGED) {
		finish_with(update, UPDATE_GARBLED, now_us, "answer %s to the update's begin",
			    name);
		return;
	}
	/* a second one: the board has erased again, all chunks are gone */
	if (update->phase != UPDATE_PHASE_READY && !count_round(update, now_us))
		return;
	if (coap->payload_len > 0)
		update->mode = coap->payload[0] & FLAG_FAST ? UPDATE_FAST : UPDATE_SLOW;
	update->next = 0;
	update->again_at = update->again_count = 0;
	enter(update, UPDATE_PHASE_CHUNKS, now_us + UPDATE_STEP_US);
	tell(update, UPDATE_STEP_READY, 0, now_us);
}

static void on_chunk_answer(struct update *update, const struct coap *coap, int64_t now_us)
{
	uint32_t chunk = update->next;

	if (update->phase != UPDATE_PHASE_CHUNK)
		return; /* to one that was sent twice, or fast */
	enter(update, UPDATE_PHASE_CHUNKS, now_us + UPDATE_STEP_US);
	if (!is_bad(coap->code)) {
		update->chunk_refusals = 0;
		update->next++;
		tell(update, UPDATE_STEP_TAKEN, chunk, now_us);
		return;
	}
	update->refusals++;
	if (++update->chunk_refusals > UPDATE_REFUSALS_MAX)
		finish_with(update, UPDATE_GARBLED, now_us,
			    "the board called chunk %u bad %d times", chunk, UPDATE_REFUSALS_MAX);
}

static void keep_answer(struct update *update, const struct coap *coap)
{
	size_t len = coap->payload_len;

	if (len >= sizeof(update->answer))
		len = sizeof(update->answer) - 1;
	if (len > 0)
		memcpy(update->answer, coap->payload, len);
	update->answer[len] = '\0';
	if (strstr(update->answer, "\"r\":\"ok\""))
		update->checks = UPDATE_CHECKS_GOOD;
	else if (strstr(update->answer, "\"r\":\"error\""))
		update->checks = UPDATE_CHECKS_BAD;
}

static void on_done_answer(struct update *update, const struct coap *coap, int64_t now_us)
{
	char name[CODE_NAME_MAX];

	update->code = coap->code;
	if (coap->code == COAP_CHANGED) {
		keep_answer(update, coap);
		update->ended_by = UPDATE_ENDED_BY_CLOUD;
		finish(update, UPDATE_DONE, "", now_us);
	} else if (coap->code == COAP_BAD) {
		if (update->phase == UPDATE_PHASE_ANSWER)
			enter(update, UPDATE_PHASE_MISSED, now_us + UPDATE_MISSED_US);
	} else {
		coap_code_name(coap->code, name, sizeof(name));
		finish_with(update, UPDATE_GARBLED, now_us, "answer %s to the update's end", name);
	}
}

/* ChunkMissed. A list that comes anew replaces what was left of the one before it. */
static void on_missed(struct update *update, const struct coap *coap, int64_t now_us)
{
	uint32_t count = 0;

	if (!count_round(update, now_us))
		return;
	for (size_t i = 0; i + 1 < coap->payload_len && count < UPDATE_AGAIN_MAX; i += 2) {
		uint16_t index = coap_get_u16(coap->payload + i);

		if (index < update->chunks)
			update->again[count++] = index;
	}
	if (count == 0 || update->mode != UPDATE_FAST) {
		finish_with(update, UPDATE_GARBLED, now_us,
			    "the board asked for chunks that there are none of (%zu bytes, %u "
			    "chunks)",
			    coap->payload_len, update->chunks);
		return;
	}
	update->missed += count;
	update->again_at = 0;
	update->again_count = count;
	update->next = update->chunks;
	update->era = coap->type == COAP_CON ? UPDATE_ERA_ENDS_ITSELF : UPDATE_ERA_IS_ASKED;
	enter(update, UPDATE_PHASE_CHUNKS, now_us + UPDATE_STEP_US);
	tell(update, UPDATE_STEP_MISSED, update->again[0], now_us);
}

/* Requests of the board that belong to an update. */
static bool on_request(struct update *update, const struct coap *coap, int64_t now_us)
{
	char letter = coap_letter(coap);

	if (coap->code == COAP_GET && letter == 'c') {
		if (update->phase >= UPDATE_PHASE_CHUNKS)
			on_missed(update, coap, now_us);
		return true;
	}
	if (coap->code == COAP_PUT && letter == 'u' && update->phase < UPDATE_PHASE_CHUNKS) {
		finish(update, UPDATE_GARBLED, "the board ended an update before it was ready",
		       now_us);
		return true;
	}
	if (coap->code == COAP_PUT && letter == 'u') {
		update->ended_by = UPDATE_ENDED_BY_BOARD;
		finish(update, UPDATE_DONE, "", now_us);
		return true;
	}
	return false;
}

/* An ACK without a code: UpdateBegin and chunks are answered later, with their token. */
static bool on_acknowledged(struct update *update, const struct coap *coap, int64_t now_us)
{
	if (coap->id != update->last_id)
		return false;
	if (coap->type == COAP_RST)
		finish(update, UPDATE_REFUSED, "the board reset a message of the update", now_us);
	else if (update->phase == UPDATE_PHASE_READY)
		update->deadline_us = now_us + UPDATE_READY_US;
	return true;
}

bool update_heard(struct update *update, const struct coap *coap, int64_t now_us)
{
	if (!update_is_on(update))
		return false;
	if (coap->code >> CODE_CLASS_SHIFT == 0 && coap->code != COAP_EMPTY)
		return on_request(update, coap, now_us);
	if (coap->code == COAP_EMPTY)
		return coap->type != COAP_CON && on_acknowledged(update, coap, now_us);
	if (coap->token_len != 1 || update->phase == UPDATE_PHASE_BEGIN)
		return false;
	switch ((uint8_t)(coap->token[0] - update->token)) {
	case TOKEN_BEGIN: on_begin_answer(update, coap, now_us); return true;
	case TOKEN_CHUNK: on_chunk_answer(update, coap, now_us); return true;
	case TOKEN_DONE: on_done_answer(update, coap, now_us); return true;
	default: return false;
	}
}

/* What was awaited, for a person. */
static const char *awaited(const struct update *update)
{
	switch (update->phase) {
	case UPDATE_PHASE_READY: return "the board to be ready";
	case UPDATE_PHASE_CHUNK: return "the answer to a chunk";
	case UPDATE_PHASE_ANSWER: return "the answer to the update's end";
	case UPDATE_PHASE_BEGIN:
	case UPDATE_PHASE_CHUNKS:
	case UPDATE_PHASE_DONE:
	case UPDATE_PHASE_MISSED:
	case UPDATE_PHASE_OWN: return "the carrier to take a message";
	case UPDATE_PHASE_NONE:
	case UPDATE_PHASE_OVER: break;
	}
	return "nothing";
}

void update_step(struct update *update, int64_t now_us)
{
	if (!update_is_on(update) || plan_is_open(update) || now_us < update->deadline_us)
		return;
	/* these two were quiet about what they miss: asked once more */
	if ((update->phase == UPDATE_PHASE_MISSED || update->phase == UPDATE_PHASE_OWN) &&
	    update->plan.then == TAMPER_GO_ON) {
		if (count_round(update, now_us))
			enter(update, UPDATE_PHASE_DONE, now_us + UPDATE_STEP_US);
		return;
	}
	finish_with(update, UPDATE_TIMEOUT, now_us, "waited in vain for %s (chunk %u of %u)",
		    awaited(update), update->next, update->chunks);
}

int64_t update_due_us(const struct update *update)
{
	if (!update_is_on(update))
		return INT64_MAX;
	if (plan_is_open(update))
		return update->plan_due_us;
	if (update->plan.then != TAMPER_STALL &&
	    (update->phase == UPDATE_PHASE_BEGIN || update->phase == UPDATE_PHASE_CHUNKS ||
	     update->phase == UPDATE_PHASE_DONE))
		return 0;
	return update->deadline_us;
}

void update_end(struct update *update, enum update_result result, const char *text, int64_t now_us)
{
	if (update_is_on(update))
		finish(update, result, text, now_us);
}

const char *update_result_name(enum update_result result)
{
	static const char *const names[] = {
		[UPDATE_UNKNOWN] = "unknown", [UPDATE_DONE] = "done", [UPDATE_REFUSED] = "refused",
		[UPDATE_TIMEOUT] = "timeout", [UPDATE_GONE] = "gone", [UPDATE_CUT] = "cut",
		[UPDATE_GARBLED] = "garbled",
	};

	return names[result];
}
