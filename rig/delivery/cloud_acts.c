/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/cloud_acts.h"
#include "base/rng.h"

#include <string.h>

enum {
	JUNK_BYTES_MAX = 64,
	CRC_BITS = 32,
	DELAY_US_MAX = 600000000, /* ten minutes: no board waits longer than five */
	TOKEN_CHUNK_AFTER_BEGIN = 1,
	TOKEN_DONE_AFTER_CHUNK = 1,
	OWN_ID = 0x4000, /* added to the number of a message that is sent beside it */
};

void cloud_acts_begin(struct cloud_acts *state, const struct fuzz_acts *acts)
{
	memset(state, 0, sizeof(*state));
	state->acts = acts;
}

/* The act of that kind at that unit, once. */
static const struct fuzz_act *take(struct cloud_acts *state, uint32_t unit, enum fuzz_act_kind kind)
{
	const struct fuzz_act *act = fuzz_act_at(state->acts, unit, kind);
	uint32_t bit = act ? 1u << (act - state->acts->items) : 0;

	if (!act || (state->done & bit))
		return NULL;
	state->done |= bit;
	return act;
}

/* Something that has a header and means nothing: a method, type and path from chance. */
static void send_junk(struct tamper_plan *plan, const struct tamper_message *message, uint64_t seed)
{
	uint8_t data[JUNK_BYTES_MAX];
	uint8_t bytes[2 * JUNK_BYTES_MAX];
	uint8_t letter;
	struct coap coap = { .id = (uint16_t)(message->id + OWN_ID) };
	struct rng rng;

	rng_init(&rng, seed);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)rng_next(&rng);
	letter = (uint8_t)('A' + rng_below(&rng, 58));
	coap.type = (enum coap_type)rng_below(&rng, 2);
	coap.code = (uint8_t)(COAP_GET + rng_below(&rng, 4));
	coap_add(&coap, COAP_URI_PATH, &letter, 1);
	coap.payload = data;
	coap.payload_len = (size_t)rng_below(&rng, sizeof(data));
	tamper_send_raw(plan, bytes, coap_encode(&coap, bytes, sizeof(bytes)), 0);
}

/* A chunk's first bytes, and options that do not hold together: no marker among them. */
static void send_bad_options(struct tamper_plan *plan, const struct tamper_message *message,
			     uint64_t seed)
{
	uint8_t bytes[JUNK_BYTES_MAX] = { 0x51, COAP_POST, 0, 0, message->token, 0xb1, 'c' };
	size_t len;
	struct rng rng;

	rng_init(&rng, seed);
	coap_put_u16(bytes + 2, (uint16_t)(message->id + OWN_ID));
	len = 7 + (size_t)rng_below(&rng, sizeof(bytes) - 7);
	for (size_t i = 7; i < len; i++)
		bytes[i] = (uint8_t)rng_below(&rng, 255);
	tamper_send_raw(plan, bytes, len, 0);
}

static void spoil(struct tamper_message *message, uint64_t value)
{
	size_t bit = (size_t)(value % (message->data_len * 8));

	message->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void resize(struct tamper_message *message, uint64_t value)
{
	size_t len = value < TAMPER_DATA_MAX ? (size_t)value : TAMPER_DATA_MAX;

	if (len > message->data_len)
		memset(message->data + message->data_len, 0, len - message->data_len);
	message->data_len = len;
	tamper_fix_crc(message);
}

/* What goes out before the chunk. */
static void before(struct cloud_acts *state, const struct tamper_message *message,
		   struct tamper_plan *plan)
{
	const struct fuzz_act *act = take(state, message->index, FUZZ_JUNK);
	struct tamper_message done = *message;

	if (act)
		send_junk(plan, message, act->value);
	act = take(state, message->index, FUZZ_OPTIONS);
	if (act)
		send_bad_options(plan, message, act->value);
	if (take(state, message->index, FUZZ_AGAIN))
		tamper_send(plan, &state->begin, 0);
	if (take(state, message->index, FUZZ_EARLY)) {
		done.kind = TAMPER_DONE;
		done.type = COAP_CON;
		done.id = (uint16_t)(message->id + OWN_ID);
		done.token = (uint8_t)(message->token + TOKEN_DONE_AFTER_CHUNK);
		tamper_send(plan, &done, 0);
	}
}

/* Changes to the chunk itself. */
static void change(struct cloud_acts *state, struct tamper_message *message)
{
	uint32_t unit = message->index;
	const struct fuzz_act *act = take(state, unit, FUZZ_SPOIL);

	if (act)
		spoil(message, act->value);
	act = take(state, unit, FUZZ_SEAL);
	if (act) {
		spoil(message, act->value);
		tamper_fix_crc(message);
	}
	act = take(state, unit, FUZZ_SIZE);
	if (act)
		resize(message, act->value);
	act = take(state, unit, FUZZ_SUM);
	if (act)
		message->crc ^= 1u << act->value % CRC_BITS;
	act = take(state, unit, FUZZ_INDEX);
	if (act)
		message->index = (uint16_t)act->value;
}

static void send_chunk(struct cloud_acts *state, struct tamper_message *message,
		       struct tamper_plan *plan)
{
	uint32_t unit = message->index;
	bool held_before = state->holds;
	const struct fuzz_act *delay = take(state, unit, FUZZ_DELAY);
	int64_t delay_us = 0;

	if (delay)
		delay_us = delay->value < DELAY_US_MAX ? (int64_t)delay->value : DELAY_US_MAX;
	before(state, message, plan);
	change(state, message);
	if (take(state, unit, FUZZ_STALL)) {
		plan->then = TAMPER_STALL;
	} else if (take(state, unit, FUZZ_HANGUP)) {
		plan->then = TAMPER_DISCONNECT;
	} else if (take(state, unit, FUZZ_SWAP)) {
		state->held = *message;
		state->holds = true;
	} else if (!take(state, unit, FUZZ_DROP)) {
		tamper_send(plan, message, delay_us);
		if (take(state, unit, FUZZ_TWICE))
			tamper_send(plan, message, 0);
	}
	if (held_before) {
		tamper_send(plan, &state->held, 0);
		state->holds = held_before = false;
	}
}

static void on_message(void *ctx, const struct tamper_message *message, struct tamper_plan *plan)
{
	struct cloud_acts *state = ctx;
	struct tamper_message copy = *message;
	const struct fuzz_act *act;

	if (message->kind == TAMPER_CHUNK) {
		send_chunk(state, &copy, plan);
		return;
	}
	if (message->kind == TAMPER_BEGIN) {
		act = take(state, 0, FUZZ_ADDRESS);
		if (act)
			copy.begin.address = (uint32_t)act->value;
		state->begin = copy;
	} else if (state->holds) { /* the last chunk was to go after the one that follows it */
		tamper_send(plan, &copy, 0);
		copy = state->held;
		state->holds = false;
	}
	tamper_send(plan, &copy, 0);
}

struct tamper cloud_acts_hook(struct cloud_acts *state)
{
	if (!state->acts || state->acts->count == 0)
		return (struct tamper){ .message = NULL };
	return (struct tamper){ .ctx = state, .message = on_message };
}
