/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By YMODEM through the console of a board that listens, as Particle's own host does it (facts:
 * particle-gen2 5.3, 5.4): blocks of 128 bytes with a sum of 0, one at a time. The receiver erases
 * before it acknowledges the file's name, refuses a block that is sent again, and either restarts
 * in any case (up to 0.6.0) or checks the module before it acknowledges the end.
 *
 * Proof: the module information of the same console.
 */
#include "delivery/proof.h"
#include "delivery/ymodem_talk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	SEND_US_MAX = 600000000,    /* one part; 256 KB take 25 s at 115200 baud */
	GREETING_US_MAX = 10000000, /* from 'f' to the line that answers it */
	RESTART_US_MAX = 3000000,   /* from the last ACK to the line that says so */
	AGAIN_US = 200000,	    /* for an answer that does not matter */
	GIVE_UP_US = 1000000,	    /* for the board to say that it has heard the abort */
	INFO_US_MAX = 15000000,	    /* 0.5.2 takes a millisecond for each character */
	LINE_MAX = 160,
};

/* Between prepare and send the board listens, and the line is open. */
struct ymodem_state {
	struct listening line;
};

static int ymodem_open(struct delivery_context *context, struct err *err)
{
	uint32_t bytes = context->options->chunk_bytes;
	const struct slot *slot = context->slot;

	if (bytes != 0 && bytes != YMODEM_SHORT_BYTES && bytes != YMODEM_LONG_BYTES)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "ymodem has blocks of %d or %d bytes, not of %u", YMODEM_SHORT_BYTES,
			       YMODEM_LONG_BYTES, bytes);
	if (!slot_can(slot, SLOT_USB) &&
	    !(slot_can(slot, SLOT_SETUP) && context->board->setup_listening_us > 0))
		return err_set(err, ERR_CONFIG, -ENOTSUP,
			       "slot '%s' has neither a USB port nor SETUP to bring board '%s' "
			       "into listening mode",
			       slot->name, context->board->name);
	context->state = calloc(1, sizeof(struct ymodem_state));
	if (!context->state)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a delivery");
	return 0;
}

static void ymodem_close(struct delivery_context *context)
{
	free(context->state);
}

static int ymodem_prepare(const struct delivery_run *run, struct delivery_outcome *ret,
			  struct err *err)
{
	struct ymodem_state *state = run->context->state;
	int step = listening_enter(&state->line, run, ret, err);

	if (step != 0)
		step = listening_release(&state->line, step, err);
	return delivery_finish(step, ret);
}

/* 'f', and the line that answers it; or the receiver asks at once. */
static int begin(struct ymodem_talk *talk, struct err *err)
{
	const struct slot *slot = talk->run->context->slot;
	char text[LINE_MAX];
	bool found = false;
	int step = delivery_reach(talk->run, DELIVERY_BEGUN, 0, 0, err);

	delivery_bytes_clear(&talk->run->context->port->console);
	if (step == 0)
		step = listening_say(talk->line, "f", 1, talk->ret, err);
	if (step == 0)
		step = listening_read(talk->line, "\n", slot_now_us(slot) + GREETING_US_MAX, text,
				      sizeof(text), &found, talk->ret, err);
	if (step == 0 && !strstr(text, "Waiting") && !strchr(text, YMODEM_READY))
		step = ymodem_talk_silent(talk, "it does not begin to receive a file", err);
	return step;
}

/* The file's name and size; the erase comes before the answer. */
static int send_name(struct ymodem_talk *talk, struct err *err)
{
	enum ymodem_talk_answer answer = YMODEM_ANSWER_NONE;
	struct ymodem_block block;
	int step;

	ymodem_block_file("binary", talk->run->part->image->len, &block);
	if (talk->right_sum)
		ymodem_block_seal(&block);
	step = ymodem_talk_put(talk, &block, &block, "the file's name", YMODEM_ERASE_US_MAX, err);
	if (step == 0)
		step = ymodem_talk_hear(talk, YMODEM_ANSWER_US_MAX, &answer, err);
	if (step == 0 && answer == YMODEM_ANSWER_CANCEL)
		return ymodem_talk_cancelled(talk, err);
	if (step == 0 && answer != YMODEM_ANSWER_ASK)
		return ymodem_talk_silent(talk, "it does not ask for the first block", err);
	return step == 0 ? delivery_reach(talk->run, DELIVERY_READY, 0, 0, err) : step;
}

static int send_data(struct ymodem_talk *talk, struct err *err)
{
	int step = 0;

	for (uint32_t unit = 0; unit < talk->block_count && step == 0; unit++) {
		if (fuzz_act_at(talk->run->acts, unit, FUZZ_EARLY)) {
			talk->hurt = true;
			return 0;
		}
		step = ymodem_acts_before(talk, unit, err);
		if (step == 0)
			step = ymodem_acts_send(talk, unit, err);
		if (step == 0)
			step = delivery_reach(talk->run, DELIVERY_CHUNK, unit,
					      ymodem_talk_sent_bytes(talk, unit + 1), err);
	}
	return step;
}

/*
 * One of the two units after the data, with what is done to it on purpose. Once it was acknowledged
 * the same again changes nothing for this side.
 */
static int send_closing(struct ymodem_talk *talk, uint32_t unit, const struct ymodem_block *block,
			const char *what, int64_t us, struct err *err)
{
	enum ymodem_talk_answer answer;
	int step = ymodem_acts_before(talk, unit, err);

	if (step != 0)
		return step;
	if (fuzz_act_at(talk->run->acts, unit, FUZZ_DROP)) {
		talk->hurt = true;
		return unit == talk->block_count ? 0 : ymodem_acts_stall(talk, err);
	}
	step = ymodem_talk_put(talk, block, block, what, us, err);
	if (step == 0 && fuzz_act_at(talk->run->acts, unit, FUZZ_TWICE)) {
		talk->hurt = true;
		step = ymodem_talk_offer(talk, block, AGAIN_US, &answer, err);
	}
	return step;
}

/* The end of the file, and of the session: its answer is the board's word on the module. */
static int send_end(struct ymodem_talk *talk, struct err *err)
{
	const struct ymodem_block end = { .bytes = { YMODEM_EOT }, .len = 1 };
	uint64_t bytes = talk->run->part->image->len;
	struct ymodem_block close;
	int step =
		send_closing(talk, talk->block_count, &end, "the end", YMODEM_ANSWER_US_MAX, err);

	if (step == 0)
		step = delivery_reach(talk->run, DELIVERY_SENT, talk->block_count, bytes, err);
	ymodem_block_file(NULL, 0, &close);
	if (step == 0)
		step = send_closing(talk, talk->block_count + 1, &close, "the end of the session",
				    YMODEM_CHECK_US_MAX, err);
	return step == 0 ? delivery_reach(talk->run, DELIVERY_TAKEN, talk->block_count, bytes, err)
			 : step;
}

/* A receiver that still waits is told that nothing comes, and listening is left. */
static int give_up(struct ymodem_talk *talk, int step, struct err *err)
{
	static const uint8_t key = YMODEM_ABORT;
	struct delivery_outcome late = { .result = DELIVERY_UNKNOWN };
	struct delivery_outcome *ret = talk->ret;
	enum ymodem_talk_answer answer;
	int r;

	if (step != DELIVERY_OVER || ret->result == DELIVERY_CUT || talk->hung_up)
		return step;
	talk->ret = &late;
	talk->deadline_us = INT64_MAX;
	r = listening_say(talk->line, &key, 1, &late, err);
	if (r == 0)
		r = ymodem_talk_hear(talk, GIVE_UP_US, &answer, err);
	if (r == 0)
		r = listening_leave(talk->line, &late, err);
	talk->ret = ret;
	if (late.result == DELIVERY_CUT)
		*ret = late;
	return r < 0 ? r : step;
}

static int ymodem_send(const struct delivery_run *run, struct delivery_outcome *ret,
		       struct err *err)
{
	struct ymodem_state *state = run->context->state;
	const struct delivery_options *options = run->context->options;
	const struct slot *slot = run->context->slot;
	uint32_t block = options->chunk_bytes ? options->chunk_bytes : (uint32_t)YMODEM_SHORT_BYTES;
	struct ymodem_talk talk = {
		.line = &state->line,
		.run = run,
		.ret = ret,
		.deadline_us = delivery_deadline_us(run, SEND_US_MAX),
		.block_bytes = block,
		.block_count = (uint32_t)((run->part->image->len + block - 1) / block),
		.skip = UINT32_MAX,
		.right_sum = options->sum == DELIVERY_SUM_RIGHT,
	};
	char text[LINE_MAX];
	bool found;
	int step;

	state->line.run = run;
	step = begin(&talk, err);
	if (step == 0)
		step = send_name(&talk, err);
	if (step == 0)
		step = send_data(&talk, err);
	if (step == 0)
		step = send_end(&talk, err);
	if (step == 0) /* the line says goodbye, then the board resets; some only reset */
		step = listening_read(&state->line, "Restarting",
				      slot_now_us(slot) + RESTART_US_MAX, text, sizeof(text),
				      &found, ret, err);
	step = give_up(&talk, step, err);
	return delivery_finish(listening_release(&state->line, step, err), ret);
}

/* Asks for the module information; what it proves goes into *ret. */
static int ask_modules(struct listening *line, struct delivery_proof *ret,
		       struct delivery_outcome *outcome, struct err *err)
{
	const struct slot *slot = line->run->context->slot;
	char text[MODULE_INFO_TEXT_MAX + 1];
	char why[MODULE_INFO_WHY_MAX];
	struct module_info info;
	const char *begin;
	const char *end;
	bool found;
	int step = listening_say(line, "s", 1, outcome, err);

	if (step == 0)
		step = listening_read(line, "}\r\n", slot_now_us(slot) + INFO_US_MAX, text,
				      sizeof(text), &found, outcome, err);
	if (step != 0)
		return step;
	if (!found) /* it is told to leave all the same */
		step = listening_silent(line, DELIVERY_WHOLE, "", outcome, err);
	if (step < 0)
		return step;
	begin = strchr(text, '{');
	end = strrchr(text, '}');
	if (!found || !begin || !end)
		proof_none(ret, "console: it tells nothing of its modules");
	else if (!module_info_parse(begin, (size_t)(end + 1 - begin), &info, why))
		proof_none(ret, "console: %s", why);
	else
		proof_by_info(line->run, &info, "console", ret);
	return 0;
}

static int ymodem_prove(const struct delivery_run *run, struct delivery_proof *ret, struct err *err)
{
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct listening line;
	int step = listening_enter(&line, run, &outcome, err);

	if (step == 0)
		step = ask_modules(&line, ret, &outcome, err);
	if (step == 0)
		step = listening_leave(&line, &outcome, err);
	if (step == DELIVERY_OVER && ret->kind == DELIVERY_PROOF_NONE)
		proof_none(ret, "console: %s", outcome.text);
	step = listening_release(&line, step, err);
	return step < 0 ? step : 0;
}

const struct delivery delivery_ymodem = {
	.name = "ymodem",
	.needs = SLOT_CONSOLE,
	.acts = YMODEM_ACTS,
	.harmless = 1 << FUZZ_INDEX, /* a block's number says no place in flash */
	.open = ymodem_open,
	.close = ymodem_close,
	.prepare = ymodem_prepare,
	.send = ymodem_send,
	.prove = ymodem_prove,
};
