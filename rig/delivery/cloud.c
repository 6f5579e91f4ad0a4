/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Over the air: the board finds the rig where it looks for its cloud, and takes the update as it
 * would in the field. There is a network only while the delivery needs it, so that all else in a
 * trial sees a board that is alone.
 */
#include "base/text.h"
#include "delivery/cloud_acts.h"
#include "delivery/cloud_way.h"
#include "delivery/proof.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One part on its way. */
struct sending {
	const struct delivery_run *run;
	struct cloud_way *way;
	struct cloud_acts acts;
	enum delivery_point reached;
	enum update_result result; /* UPDATE_UNKNOWN while it goes on */
	enum update_checks checks;
	char text[UPDATE_TEXT_MAX]; /* why; with bad checks, what the board says */
	int error;		    /* of whoever follows the progress */
	struct err *err;
};

static int cloud_open(struct delivery_context *context, struct err *err)
{
	struct cloud_way *way;
	int r = cloud_way_open(context, &way, err);

	if (r == 0)
		context->state = way;
	return r;
}

static void cloud_close(struct delivery_context *context)
{
	cloud_way_close(context->state);
}

/* The board is alone again: its light is then what a trial waits for. */
static int leave(struct cloud_way *way, int result, struct err *err)
{
	int r = cloud_way_air(way, SLOT_RADIO_NOTHING, result < 0 ? NULL : err);

	return result < 0 ? result : r;
}

static int cloud_prepare(const struct delivery_run *run, struct delivery_outcome *ret,
			 struct err *err)
{
	struct cloud_way *way = run->context->state;
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	int r = cloud_way_air(way, SLOT_RADIO_PEER, err);

	if (r == 0)
		r = cloud_way_connect(way, &why, err);
	if (r < 0)
		return leave(way, r, err);
	if (why == SLOT_WAIT_CUT) {
		ret->result = DELIVERY_CUT;
		return leave(way, 0, err);
	}
	if (cloud_way_session(way)) {
		ret->result = DELIVERY_DONE;
		return 0;
	}
	delivery_end(ret, DELIVERY_REFUSED, "no session with the cloud: %.60s",
		     cloud_way_trouble(way));
	return leave(way, 0, err);
}

/* Each point once: chunks that are sent again, and a second end, are none. */
static void reach(struct sending *sending, enum delivery_point point, uint32_t chunk,
		  uint32_t bytes)
{
	if (sending->error < 0 || (point <= sending->reached && point != DELIVERY_CHUNK) ||
	    point < sending->reached)
		return;
	sending->reached = point;
	sending->error = delivery_reach(sending->run, point, chunk, bytes, sending->err);
}

static void keep_result(struct sending *sending, const struct update *update)
{
	sending->result = update->result;
	sending->checks = update->checks;
	text_copy(sending->text, sizeof(sending->text),
		  update->checks == UPDATE_CHECKS_BAD ? update->answer : update->text);
}

static enum update_go on_progress(void *ctx, const struct update_progress *progress)
{
	struct sending *sending = ctx;

	switch (progress->step) {
	case UPDATE_STEP_BEGIN: reach(sending, DELIVERY_BEGUN, 0, 0); break;
	case UPDATE_STEP_READY: reach(sending, DELIVERY_READY, 0, 0); break;
	case UPDATE_STEP_SENT:
		reach(sending, DELIVERY_CHUNK, progress->chunk, progress->bytes);
		break;
	case UPDATE_STEP_ASKED: reach(sending, DELIVERY_SENT, 0, progress->bytes); break;
	case UPDATE_STEP_UNKNOWN:
	case UPDATE_STEP_TAKEN:
	case UPDATE_STEP_MISSED: break;
	case UPDATE_STEP_OVER: keep_result(sending, progress->update); break;
	}
	return sending->error < 0 ? UPDATE_STOP : UPDATE_GO_ON;
}

static int begin(struct sending *sending, struct session *session, struct delivery_outcome *ret)
{
	const struct delivery_options *options = sending->run->context->options;
	const struct image *image = sending->run->part->image;
	const struct update_setup setup = {
		.bytes = image->bytes,
		.len = image->len,
		.mode = options->mode == DELIVERY_MODE_SLOW ? UPDATE_SLOW : UPDATE_FAST,
		.padding = UPDATE_PADDED, /* as Particle's server does */
		.chunk_bytes = (uint16_t)options->chunk_bytes,
		.tamper = cloud_acts_hook(&sending->acts),
		.progress = on_progress,
		.ctx = sending,
	};

	if (options->chunk_bytes > UPDATE_CHUNK_MAX)
		return err_set(sending->err, ERR_CONFIG, -EINVAL,
			       "a chunk of %u bytes, at most %d are possible", options->chunk_bytes,
			       UPDATE_CHUNK_MAX);
	if (!session || !session_update(session, &setup, cloud_way_now_us(sending->way))) {
		sending->result = UPDATE_GONE;
		delivery_end(ret, DELIVERY_REFUSED, "no session with the cloud: %.60s",
			     cloud_way_trouble(sending->way));
	}
	return 0;
}

/* What was sent, for a person. */
static void judge(const struct sending *sending, struct delivery_outcome *ret)
{
	bool meddled = sending->acts.acts && sending->acts.acts->count > 0;

	if (sending->result == UPDATE_DONE && sending->checks != UPDATE_CHECKS_BAD)
		ret->result = DELIVERY_DONE;
	else
		delivery_end(ret, meddled ? DELIVERY_LOST : DELIVERY_REFUSED, "%s: %.70s",
			     sending->result == UPDATE_DONE ? "bad"
							    : update_result_name(sending->result),
			     sending->text);
}

/* Both sides get on until there is a result, power is cut, or the scenario's time is over. */
static int carry_on(struct sending *sending, enum slot_wait *why)
{
	const struct delivery_context *context = sending->run->context;
	int64_t timeout_us = context->options->timeout_us;
	int64_t deadline_us = timeout_us ? slot_now_us(context->slot) + timeout_us : INT64_MAX;
	int r = 0;

	*why = SLOT_WAIT_DEADLINE;
	while (r == 0 && sending->result == UPDATE_UNKNOWN && *why == SLOT_WAIT_DEADLINE) {
		if (slot_now_us(context->slot) >= deadline_us) {
			sending->result = UPDATE_TIMEOUT;
			text_copy(sending->text, sizeof(sending->text),
				  "the scenario's time is over");
			break;
		}
		r = cloud_way_turn(sending->way, why, sending->err);
		if (r == 0 && sending->error < 0)
			r = sending->error;
	}
	return r;
}

/* An update that is left by us must not tell a sending that is no more. */
static void forget(struct sending *sending)
{
	struct session *session = cloud_way_session(sending->way);

	if (session)
		update_end(&session->update, UPDATE_CUT, "left by the delivery",
			   cloud_way_now_us(sending->way));
}

static int send_part(struct sending *sending, struct delivery_outcome *ret)
{
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	int r = begin(sending, cloud_way_session(sending->way), ret);

	if (r < 0 || sending->result != UPDATE_UNKNOWN)
		return r;
	r = carry_on(sending, &why);
	forget(sending);
	if (r < 0)
		return r;
	if (why == SLOT_WAIT_CUT) {
		ret->result = DELIVERY_CUT;
		return 0;
	}
	judge(sending, ret);
	if (ret->result != DELIVERY_DONE)
		return 0;
	reach(sending, DELIVERY_TAKEN, 0, (uint32_t)sending->run->part->image->len);
	return sending->error;
}

static int cloud_send(const struct delivery_run *run, struct delivery_outcome *ret, struct err *err)
{
	struct sending *sending = calloc(1, sizeof(*sending));
	struct cloud_way *way = run->context->state;
	int r;

	if (!sending)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for the delivery");
	sending->run = run;
	sending->way = way;
	sending->err = err;
	cloud_acts_begin(&sending->acts, run->acts);
	r = send_part(sending, ret);
	free(sending);
	return leave(way, r, err);
}

/* Asks for the description; *ret_text is left NULL when none came. */
static int ask(struct cloud_way *way, const struct cloud_way_answer **ret, struct err *err)
{
	static const struct session_question question = { .kind = SESSION_ASK_DESCRIBE };
	struct session *session = cloud_way_session(way);
	int64_t deadline_us = cloud_way_now_us(way) + CLOUD_WAY_ANSWER_US;
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	int r = 0;

	cloud_way_forget(way);
	if (!session || session_ask(session, &question, cloud_way_now_us(way)) == 0)
		return 0;
	while (r == 0 && why == SLOT_WAIT_DEADLINE && !cloud_way_answer(way) &&
	       cloud_way_now_us(way) < deadline_us)
		r = cloud_way_turn(way, &why, err);
	*ret = cloud_way_answer(way);
	return r;
}

static int prove_online(const struct delivery_run *run, struct delivery_proof *ret, struct err *err)
{
	struct cloud_way *way = run->context->state;
	const struct cloud_way_answer *answer = NULL;
	char wrong[MODULE_INFO_WHY_MAX];
	struct module_info info;
	enum slot_wait why;
	int r = cloud_way_connect(way, &why, err);

	if (r == 0)
		r = ask(way, &answer, err);
	if (r < 0)
		return r;
	if (!answer || answer->reply != SESSION_REPLY_GOOD)
		proof_none(ret, "no description: %.60s",
			   answer ? "the board does not answer" : cloud_way_trouble(way));
	else if (!module_info_parse(answer->text, answer->len, &info, wrong))
		proof_none(ret, "no description: %s", wrong);
	else
		proof_by_info(run, &info, "described", ret);
	return 0;
}

static int cloud_prove(const struct delivery_run *run, struct delivery_proof *ret, struct err *err)
{
	struct cloud_way *way = run->context->state;
	int r = cloud_way_air(way, SLOT_RADIO_PEER, err);

	if (r == 0)
		r = prove_online(run, ret, err);
	return leave(way, r, err);
}

const struct delivery delivery_cloud = {
	.name = "cloud",
	.acts = CLOUD_ACTS,
	.open = cloud_open,
	.close = cloud_close,
	.prepare = cloud_prepare,
	.send = cloud_send,
	.prove = cloud_prove,
};
