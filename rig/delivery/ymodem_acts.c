/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done to a transfer by YMODEM on purpose (fuzz/acts.h). */
#include "delivery/ymodem_talk.h"

#include "base/rng.h"

#include <stdio.h>
#include <string.h>

enum {
	NOISE_BYTES_MAX = 64,
	SIZE_BYTES_MAX = 2048, /* of a block of another size */
	JUNK_KIND = 0x03,      /* begins no block */
};

static const struct fuzz_act *act_at(struct ymodem_talk *talk, uint32_t unit,
				     enum fuzz_act_kind kind)
{
	const struct fuzz_act *act = fuzz_act_at(talk->run->acts, unit, kind);

	talk->hurt = talk->hurt || act;
	return act;
}

/* Bytes on the line that belong to nothing. */
static int make_noise(struct ymodem_talk *talk, const struct fuzz_act *act, struct err *err)
{
	uint8_t bytes[NOISE_BYTES_MAX];
	struct rng rng;
	size_t count;

	rng_init(&rng, act->value);
	count = 1 + (size_t)rng_below(&rng, NOISE_BYTES_MAX);
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)rng_next(&rng);
	return listening_say(talk->line, bytes, count, talk->ret, err);
}

/* A block of no kind, whole otherwise. */
static int say_junk(struct ymodem_talk *talk, const struct fuzz_act *act, struct err *err)
{
	uint8_t bytes[YMODEM_HEAD_BYTES + YMODEM_SHORT_BYTES + YMODEM_SUM_BYTES];
	struct rng rng;

	rng_init(&rng, act->value);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)rng_next(&rng);
	bytes[0] = JUNK_KIND;
	return listening_say(talk->line, bytes, sizeof(bytes), talk->ret, err);
}

/* The file's name again, in the middle of it. */
static int begin_again(struct ymodem_talk *talk, struct err *err)
{
	enum ymodem_talk_answer answer;
	struct ymodem_block block;
	int step;

	ymodem_block_file("binary", talk->run->part->image->len, &block);
	step = ymodem_talk_offer(talk, &block, YMODEM_ERASE_US_MAX, &answer, err);
	return step == 0 && answer == YMODEM_ANSWER_CANCEL ? ymodem_talk_cancelled(talk, err)
							   : step;
}

int ymodem_acts_stall(struct ymodem_talk *talk, struct err *err)
{
	const struct slot *slot = talk->run->context->slot;
	enum ymodem_talk_answer answer = YMODEM_ANSWER_ASK;
	int64_t begin = slot_now_us(slot);
	int64_t left = YMODEM_STALL_US_MAX;
	int step = 0;

	while (step == 0 && answer != YMODEM_ANSWER_CANCEL && answer != YMODEM_ANSWER_NONE &&
	       left > 0) {
		step = ymodem_talk_hear(talk, left, &answer, err);
		left = begin + YMODEM_STALL_US_MAX - slot_now_us(slot);
	}
	if (step != 0)
		return step;
	return answer == YMODEM_ANSWER_CANCEL
		       ? ymodem_talk_cancelled(talk, err)
		       : ymodem_talk_fail(talk,
					  "stalled, and the board did not give up in a minute");
}

static int abort_transfer(struct ymodem_talk *talk, struct err *err)
{
	static const uint8_t key = YMODEM_ABORT;
	enum ymodem_talk_answer answer = YMODEM_ANSWER_NONE;
	int step = listening_say(talk->line, &key, 1, talk->ret, err);

	if (step == 0)
		step = ymodem_talk_hear(talk, YMODEM_ANSWER_US_MAX, &answer, err);
	if (step != 0)
		return step;
	return answer == YMODEM_ANSWER_CANCEL
		       ? ymodem_talk_cancelled(talk, err)
		       : ymodem_talk_fail(talk, "aborted, and the board did not say so");
}

static int hang_up(struct ymodem_talk *talk, struct err *err)
{
	int r = slot_console_set(talk->run->context->slot, 0, err);

	talk->hung_up = true;
	return r < 0 ? r : ymodem_talk_fail(talk, "the line was let go");
}

int ymodem_acts_before(struct ymodem_talk *talk, uint32_t unit, struct err *err)
{
	const struct fuzz_act *act;
	int step = delivery_act(talk->run, unit, &talk->hurt, talk->ret, err);

	if (step == 0 && (act = act_at(talk, unit, FUZZ_NOISE)))
		step = make_noise(talk, act, err);
	if (step == 0 && (act = act_at(talk, unit, FUZZ_JUNK)))
		step = say_junk(talk, act, err);
	if (step == 0 && act_at(talk, unit, FUZZ_AGAIN))
		step = begin_again(talk, err);
	if (step == 0 && act_at(talk, unit, FUZZ_STALL))
		step = ymodem_acts_stall(talk, err);
	if (step == 0 && act_at(talk, unit, FUZZ_ABORT))
		step = abort_transfer(talk, err);
	if (step == 0 && act_at(talk, unit, FUZZ_HANGUP))
		step = hang_up(talk, err);
	return step;
}

/* What is wrong with the block that goes out first; where it is asked for again it is right. */
static void mutate(struct ymodem_talk *talk, uint32_t unit, struct ymodem_block *block)
{
	const struct fuzz_act *act = act_at(talk, unit, FUZZ_SPOIL);
	const struct fuzz_act *sealed = act_at(talk, unit, FUZZ_SEAL);

	if (act || sealed) {
		uint64_t bit = (act ? act : sealed)->value % (8 * talk->block_bytes);

		block->bytes[YMODEM_HEAD_BYTES + bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	if (sealed)
		ymodem_block_seal(block);
	act = act_at(talk, unit, FUZZ_INDEX);
	if (act) {
		block->bytes[1] = (uint8_t)act->value;
		block->bytes[2] = (uint8_t)~block->bytes[1];
	}
	act = act_at(talk, unit, FUZZ_SIZE);
	if (act)
		block->len = act->value < block->len ? (size_t)act->value : block->len;
}

/* More bytes than a block has, after it. */
static int say_more(struct ymodem_talk *talk, uint32_t unit, struct err *err)
{
	const struct fuzz_act *act = act_at(talk, unit, FUZZ_SIZE);
	size_t block = YMODEM_HEAD_BYTES + talk->block_bytes + YMODEM_SUM_BYTES;
	uint8_t bytes[SIZE_BYTES_MAX];
	size_t more;

	if (!act || act->value <= block)
		return 0;
	more = act->value - block < sizeof(bytes) ? (size_t)(act->value - block) : sizeof(bytes);
	memset(bytes, YMODEM_PADDING, more);
	return listening_say(talk->line, bytes, more, talk->ret, err);
}

/* A block that is not expected now: whatever is answered, it goes on. */
static int send_aside(struct ymodem_talk *talk, uint32_t unit, struct err *err)
{
	enum ymodem_talk_answer answer;
	struct ymodem_block block;
	int step;

	ymodem_talk_unit(talk, unit, &block);
	step = ymodem_talk_offer(talk, &block, YMODEM_ANSWER_US_MAX, &answer, err);
	return step == 0 && answer == YMODEM_ANSWER_CANCEL ? ymodem_talk_cancelled(talk, err)
							   : step;
}

int ymodem_acts_send(struct ymodem_talk *talk, uint32_t unit, struct err *err)
{
	struct ymodem_block right;
	struct ymodem_block first;
	char what[DELIVERY_TEXT_MAX / 2];
	int step = 0;

	if (unit == talk->skip || act_at(talk, unit, FUZZ_DROP))
		return 0;
	if (unit + 1 < talk->block_count && act_at(talk, unit, FUZZ_SWAP)) {
		talk->skip = unit + 1;
		step = send_aside(talk, unit + 1, err);
	}
	if (step != 0)
		return step;
	ymodem_talk_unit(talk, unit, &right);
	first = right;
	mutate(talk, unit, &first);
	snprintf(what, sizeof(what), "block %u", unit);
	step = ymodem_talk_put(talk, &first, &right, what, YMODEM_ANSWER_US_MAX, err);
	if (step == 0)
		step = say_more(talk, unit, err);
	if (step == 0 && act_at(talk, unit, FUZZ_TWICE))
		step = send_aside(talk, unit, err);
	return step;
}
