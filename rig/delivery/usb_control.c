/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By control requests to the running system over its USB (facts: particle-gen2 7; from 0.8.0 on):
 * start with the size, data in order, finish. The system checks the module before it says yes, and
 * resets a second later.
 *
 * Proof: its module information, which has versions and checks and no hash.
 */
#include "delivery/proof.h"
#include "delivery/protobuf.h"
#include "delivery/system_error.h"
#include "delivery/usb_request.h"

#include "base/rng.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	SEND_US_MAX = 600000000,
	CANCEL_US_MAX = 5000000,
	STALL_US_MAX = 60000000,
	MESSAGE_BYTES_MAX = 8, /* of a message's own, beside its data */
	CHUNK_BYTES_MAX = USB_REQUEST_PAYLOAD_MAX - MESSAGE_BYTES_MAX,
	JUNK_BYTES_MAX = 64,
};

enum update_fields { /* of the messages' protobuf */
		     START_SIZE = 1,
		     START_FORMAT = 2,
		     START_REPLY_CHUNK = 1,
		     DATA_BYTES = 1,
		     FINISH_VALIDATE_ONLY = 1,
		     FORMAT_RAW = 0,
};

enum module_fields {
	INFO_MODULES = 1,
	MODULE_TYPE = 1,
	MODULE_INDEX = 2,
	MODULE_VERSION = 3,
	MODULE_VALIDITY = 5, /* bits of what failed: 1 integrity, 2 dependencies */
};

/* What a module is in these messages, which is another number than in its header. */
static const uint64_t module_types[] = {
	[IMAGE_FUNCTION_BOOTLOADER] = 1,
	[IMAGE_FUNCTION_MONOLITHIC] = 4,
	[IMAGE_FUNCTION_SYSTEM] = 2,
	[IMAGE_FUNCTION_USER] = 3,
};

struct usb_control_state {
	struct usb_request request;
	uint32_t chunk_bytes;
	uint32_t chunk_count;
	uint32_t skip; /* a chunk that went out before its turn; UINT32_MAX none */
	bool early;
};

enum {
	USB_CONTROL_ACTS = DELIVERY_ACTS | 1 << FUZZ_DROP | 1 << FUZZ_TWICE | 1 << FUZZ_SWAP |
			   1 << FUZZ_SPOIL | 1 << FUZZ_STALL | 1 << FUZZ_HANGUP | 1 << FUZZ_SIZE |
			   1 << FUZZ_AGAIN | 1 << FUZZ_EARLY | 1 << FUZZ_JUNK | 1 << FUZZ_ABORT |
			   1 << FUZZ_ORDER,
};

static int control_open(struct delivery_context *context, struct err *err)
{
	const struct delivery_board *board = context->board;

	if (board->usb_vendor == 0 || board->usb_serial == 0)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "board '%s' does not say its USB ids while it runs", board->name);
	context->state = calloc(1, sizeof(struct usb_control_state));
	if (!context->state)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a delivery");
	return 0;
}

static void control_close(struct delivery_context *context)
{
	free(context->state);
}

/* Joins the USB and waits for the running system's device. */
static int find_device(const struct delivery_run *run, struct delivery_outcome *ret,
		       struct err *err)
{
	bool there = false;
	int step = slot_usb_join(run->context->slot, SLOT_USB_JOINED, err);

	if (step == 0)
		step = delivery_usb_wait(run, run->context->board->usb_serial, DELIVERY_USB_THERE,
					 SLOT_USB_ARRIVE_US_MAX, &there, ret, err);
	if (step == 0 && !there)
		step = delivery_absent(run, DELIVERY_WHOLE, "its USB device did not come", ret,
				       err);
	return step;
}

static int part(const struct delivery_run *run, int step, struct err *err)
{
	int r = slot_usb_join(run->context->slot, SLOT_USB_PARTED, step < 0 ? NULL : err);

	return r < 0 && step >= 0 ? r : step;
}

static int control_prepare(const struct delivery_run *run, struct delivery_outcome *ret,
			   struct err *err)
{
	int step = find_device(run, ret, err);

	return delivery_finish(step == 0 ? 0 : part(run, step, err), ret);
}

/* The last request's result, which must be no error. */
static int must_be_good(struct usb_request *request, const char *what)
{
	const char *text = system_error_text(request->result);

	if (request->result >= 0)
		return 0;
	return delivery_fail(request->ret, request->hurt, "%s was refused with %d%s%s", what,
			     (int)request->result, text ? ": " : "", text ? text : "");
}

static const struct fuzz_act *act_at(struct usb_control_state *state, uint32_t unit,
				     enum fuzz_act_kind kind)
{
	const struct fuzz_act *act = fuzz_act_at(state->request.run->acts, unit, kind);

	if (act)
		state->request.hurt = DELIVERY_HURT;
	return act;
}

static int make_start(struct usb_control_state *state, struct err *err)
{
	struct usb_request *request = &state->request;
	uint8_t bytes[2 * (PROTOBUF_VARINT_MAX + 1)];
	struct protobuf_writer writer = { .bytes = bytes, .size = sizeof(bytes) };

	protobuf_put_number(&writer, START_SIZE, request->run->part->image->len);
	protobuf_put_number(&writer, START_FORMAT, FORMAT_RAW);
	return usb_request_make(request, USB_REQUEST_UPDATE_START, bytes, writer.len, err);
}

/* The size of its chunks is the device's word. */
static int start(struct usb_control_state *state, struct err *err)
{
	struct usb_request *request = &state->request;
	uint32_t asked = request->run->context->options->chunk_bytes;
	struct protobuf_reader reader = { .bytes = request->reply };
	struct protobuf_field field;
	uint64_t chunk = 0;
	int step = make_start(state, err);

	if (step == 0)
		step = must_be_good(request, "the start");
	if (step != 0)
		return step;
	reader.len = request->reply_len;
	while (protobuf_next(&reader, &field))
		if (field.number == START_REPLY_CHUNK && field.wire == PROTOBUF_NUMBER)
			chunk = field.value;
	if (reader.bad || chunk == 0 || chunk > CHUNK_BYTES_MAX)
		return delivery_fail(request->ret, request->hurt,
				     "the start was answered with an impossible size of chunks");
	state->chunk_bytes = asked && asked < chunk ? asked : (uint32_t)chunk;
	state->chunk_count = (uint32_t)((request->run->part->image->len + state->chunk_bytes - 1) /
					state->chunk_bytes);
	return delivery_reach(request->run, DELIVERY_READY, 0, 0, err);
}

static int make_data(struct usb_control_state *state, const uint8_t *data, size_t len,
		     struct err *err)
{
	uint8_t bytes[USB_REQUEST_PAYLOAD_MAX];
	struct protobuf_writer writer = { .bytes = bytes, .size = sizeof(bytes) };

	protobuf_put_bytes(&writer, DATA_BYTES, data, len);
	return usb_request_make(&state->request, USB_REQUEST_UPDATE_DATA, bytes, writer.len, err);
}

/* A chunk, with what is wrong with it. *ret_data has room for CHUNK_BYTES_MAX. */
static size_t chunk_of(struct usb_control_state *state, uint32_t unit, uint8_t *ret_data)
{
	const struct image *image = state->request.run->part->image;
	size_t at = (size_t)unit * state->chunk_bytes;
	size_t len = image->len - at < state->chunk_bytes ? image->len - at : state->chunk_bytes;
	const struct fuzz_act *act = act_at(state, unit, FUZZ_SPOIL);

	memset(ret_data, 0xff, CHUNK_BYTES_MAX);
	memcpy(ret_data, image->bytes + at, len);
	if (act)
		ret_data[act->value % (8 * len) / 8] ^= (uint8_t)(1 << act->value % 8);
	act = act_at(state, unit, FUZZ_SIZE);
	if (act)
		len = act->value < CHUNK_BYTES_MAX ? (size_t)act->value : (size_t)CHUNK_BYTES_MAX;
	return len;
}

static int send_chunk(struct usb_control_state *state, uint32_t unit, struct err *err)
{
	uint8_t data[CHUNK_BYTES_MAX];
	size_t len = chunk_of(state, unit, data);
	char what[DELIVERY_TEXT_MAX / 2];
	int step = make_data(state, data, len, err);

	snprintf(what, sizeof(what), "chunk %u", unit);
	return step == 0 ? must_be_good(&state->request, what) : step;
}

static int say_junk(struct usb_control_state *state, uint64_t seed, struct err *err)
{
	uint8_t bytes[JUNK_BYTES_MAX];
	struct rng rng;
	size_t len;

	rng_init(&rng, seed);
	len = 1 + (size_t)rng_below(&rng, JUNK_BYTES_MAX);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)rng_next(&rng);
	return usb_request_make(&state->request, USB_REQUEST_UPDATE_DATA, bytes, len, err);
}

static int cancel(struct usb_control_state *state, struct err *err)
{
	int step = usb_request_make(&state->request, USB_REQUEST_UPDATE_CANCEL, NULL, 0, err);

	if (step == 0)
		step = must_be_good(&state->request, "the cancel");
	return step == 0 ? delivery_fail(state->request.ret, DELIVERY_HURT, "cancelled") : step;
}

/* The device has no limit of its own that is known: a minute, and it is cancelled. */
static int stall(struct usb_control_state *state, struct err *err)
{
	struct usb_request *request = &state->request;
	int step = delivery_pause(request->run, STALL_US_MAX, request->ret, err);

	return step == 0 ? delivery_fail(request->ret, DELIVERY_HURT, "stalled for a minute")
			 : step;
}

static int hang_up(struct usb_control_state *state, struct err *err)
{
	int r = slot_usb_join(state->request.run->context->slot, SLOT_USB_PARTED, err);

	return r < 0 ? r : delivery_fail(state->request.ret, DELIVERY_HURT, "the USB was parted");
}

/* What is done on purpose before a unit. */
static int act(struct usb_control_state *state, uint32_t unit, struct err *err)
{
	struct usb_request *request = &state->request;
	const struct fuzz_act *junk = act_at(state, unit, FUZZ_JUNK);
	bool hurt = false;
	int step = delivery_act(request->run, unit, &hurt, request->ret, err);

	if (hurt)
		request->hurt = DELIVERY_HURT;
	if (step == 0 && junk)
		step = say_junk(state, junk->value, err);
	if (step == 0 && act_at(state, unit, FUZZ_ORDER))
		step = usb_request_disorder(request, USB_REQUEST_UPDATE_DATA, err);
	if (step == 0 && act_at(state, unit, FUZZ_AGAIN))
		step = make_start(state, err);
	if (step == 0 && act_at(state, unit, FUZZ_STALL))
		step = stall(state, err);
	if (step == 0 && act_at(state, unit, FUZZ_ABORT))
		step = cancel(state, err);
	if (step == 0 && act_at(state, unit, FUZZ_HANGUP))
		step = hang_up(state, err);
	if (step == 0 && act_at(state, unit, FUZZ_EARLY))
		state->early = true;
	return step;
}

static int send_unit(struct usb_control_state *state, uint32_t unit, struct err *err)
{
	int step = 0;

	if (unit == state->skip || act_at(state, unit, FUZZ_DROP))
		return 0;
	if (unit + 1 < state->chunk_count && act_at(state, unit, FUZZ_SWAP)) {
		state->skip = unit + 1;
		step = send_chunk(state, unit + 1, err);
	}
	if (step == 0)
		step = send_chunk(state, unit, err);
	if (step == 0 && act_at(state, unit, FUZZ_TWICE))
		step = send_chunk(state, unit, err);
	return step;
}

static int send_data(struct usb_control_state *state, struct err *err)
{
	const struct delivery_run *run = state->request.run;
	uint64_t bytes = 0;
	int step = 0;

	for (uint32_t unit = 0; unit < state->chunk_count && step == 0; unit++) {
		step = act(state, unit, err);
		if (step == 0 && state->early)
			return 0;
		if (step == 0)
			step = send_unit(state, unit, err);
		bytes += state->chunk_bytes;
		if (step == 0)
			step = delivery_reach(
				run, DELIVERY_CHUNK, unit,
				bytes < run->part->image->len ? bytes : run->part->image->len, err);
	}
	return step;
}

/* The end; a device that says yes resets by itself. */
static int finish(struct usb_control_state *state, struct err *err)
{
	struct usb_request *request = &state->request;
	const struct delivery_run *run = request->run;
	uint8_t bytes[PROTOBUF_VARINT_MAX + 1];
	struct protobuf_writer writer = { .bytes = bytes, .size = sizeof(bytes) };
	bool left;
	int step = state->early ? 0 : act(state, state->chunk_count, err);

	if (step == 0)
		step = delivery_reach(run, DELIVERY_SENT, state->chunk_count, run->part->image->len,
				      err);
	protobuf_put_number(&writer, FINISH_VALIDATE_ONLY, 0);
	if (step == 0)
		step = usb_request_make(request, USB_REQUEST_UPDATE_FINISH, bytes, writer.len, err);
	if (step == 0)
		step = must_be_good(request, "the module");
	if (step == 0)
		step = delivery_reach(run, DELIVERY_TAKEN, state->chunk_count,
				      run->part->image->len, err);
	if (step == 0)
		step = delivery_usb_wait(run, run->context->board->usb_serial, DELIVERY_USB_AWAY,
					 SLOT_USB_LEAVE_US_MAX, &left, request->ret, err);
	if (step == 0 && !left)
		step = delivery_fail(request->ret, request->hurt, "it said yes and does not reset");
	return step;
}

/* A device that is still there forgets what it was sent. */
static int give_up(struct usb_control_state *state, int step, struct err *err)
{
	struct usb_request *request = &state->request;
	struct delivery_outcome *ret = request->ret;
	struct delivery_outcome late = { .result = DELIVERY_UNKNOWN };
	int r;

	if (step != DELIVERY_OVER || ret->result == DELIVERY_CUT ||
	    !delivery_usb_is(request->run, request->run->context->board->usb_serial))
		return step;
	request->ret = &late;
	request->deadline_us = slot_now_us(request->run->context->slot) + CANCEL_US_MAX;
	r = usb_request_make(request, USB_REQUEST_UPDATE_CANCEL, NULL, 0, err);
	request->ret = ret;
	if (late.result == DELIVERY_CUT)
		*ret = late;
	return r < 0 ? r : step;
}

static int control_send(const struct delivery_run *run, struct delivery_outcome *ret,
			struct err *err)
{
	struct usb_control_state *state = run->context->state;
	int step;

	*state = (struct usb_control_state){ .skip = UINT32_MAX };
	state->request.run = run;
	state->request.ret = ret;
	state->request.deadline_us = delivery_deadline_us(run, SEND_US_MAX);
	step = delivery_reach(run, DELIVERY_BEGUN, 0, 0, err);
	if (step == 0)
		step = start(state, err);
	if (step == 0)
		step = send_data(state, err);
	if (step == 0)
		step = finish(state, err);
	step = give_up(state, step, err);
	return delivery_finish(part(run, step, err), ret);
}

struct module_entry {
	uint64_t type, index, version, validity;
};

static bool read_entry(const uint8_t *bytes, size_t len, struct module_entry *ret)
{
	struct protobuf_reader reader = { .bytes = bytes, .len = len };
	struct protobuf_field field;

	*ret = (struct module_entry){ 0 };
	while (protobuf_next(&reader, &field)) {
		if (field.wire != PROTOBUF_NUMBER)
			continue;
		switch (field.number) {
		case MODULE_TYPE: ret->type = field.value; break;
		case MODULE_INDEX: ret->index = field.value; break;
		case MODULE_VERSION: ret->version = field.value; break;
		case MODULE_VALIDITY: ret->validity = field.value; break;
		default: break;
		}
	}
	return !reader.bad && ret->version <= UINT16_MAX;
}

static void judge(const struct usb_request *request, struct delivery_proof *ret)
{
	const struct image_header *header = &request->run->part->image->header;
	struct protobuf_reader reader = { .bytes = request->reply, .len = request->reply_len };
	uint64_t type =
		header->function < ARRAY_LEN(module_types) ? module_types[header->function] : 0;
	struct protobuf_field field;
	struct module_entry entry;

	while (protobuf_next(&reader, &field)) {
		if (field.number != INFO_MODULES || field.wire != PROTOBUF_BYTES)
			continue;
		if (!read_entry(field.bytes, field.len, &entry)) {
			proof_none(ret, "USB: its module information cannot be read");
			return;
		}
		if (entry.type != type || entry.index != header->index)
			continue;
		delivery_judge_proof(request->run, (uint32_t)entry.version, NULL, "USB", ret);
		if (entry.validity == 0)
			return;
		ret->kind = DELIVERY_PROOF_BAD;
		snprintf(ret->text, sizeof(ret->text), "USB: %s version %u, failed checks %llu",
			 request->run->part->name, (unsigned int)entry.version,
			 (unsigned long long)entry.validity);
		return;
	}
	if (reader.bad) {
		proof_none(ret, "USB: its module information cannot be read");
		return;
	}
	*ret = (struct delivery_proof){ .kind = DELIVERY_PROOF_BAD };
	snprintf(ret->text, sizeof(ret->text), "USB: no module %s is listed",
		 request->run->part->name);
}

static int control_prove(const struct delivery_run *run, struct delivery_proof *ret,
			 struct err *err)
{
	struct usb_control_state *state = run->context->state;
	struct usb_request *request = &state->request;
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	int step = find_device(run, &outcome, err);

	*request = (struct usb_request){ .run = run, .ret = &outcome, .deadline_us = INT64_MAX };
	if (step == 0)
		step = usb_request_make(request, USB_REQUEST_MODULE_INFO, NULL, 0, err);
	if (step == 0)
		step = must_be_good(request, "the module information");
	if (step == 0)
		judge(request, ret);
	else if (step == DELIVERY_OVER)
		proof_none(ret, "USB: %.80s", outcome.text);
	step = part(run, step, err);
	return step < 0 ? step : 0;
}

const struct delivery delivery_usb_control = {
	.name = "usb-control",
	.needs = SLOT_USB,
	.acts = USB_CONTROL_ACTS,
	.open = control_open,
	.close = control_close,
	.prepare = control_prepare,
	.send = control_send,
	.prove = control_prove,
};
