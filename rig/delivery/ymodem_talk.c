/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/ymodem_talk.h"
#include "delivery/system_error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TRIES_MAX = 4,
	CAN_US_MAX = 1000000, /* from the first CAN to the second */
	WHY_US_MAX = 2000000, /* from them to the end of the line that says why */
	QUIET_US = 20000,
	ASK_US = 300000, /* a 'C' may be older than the block, whose ACK then follows */
	LINE_MAX = 64,
};

int ymodem_talk_fail(struct ymodem_talk *talk, const char *text)
{
	return delivery_fail(talk->ret, talk->hurt ? DELIVERY_HURT : DELIVERY_WHOLE, "%s", text);
}

int ymodem_talk_silent(struct ymodem_talk *talk, const char *text, struct err *err)
{
	return listening_silent(talk->line, talk->hurt ? DELIVERY_HURT : DELIVERY_WHOLE, text,
				talk->ret, err);
}

int ymodem_talk_hear(struct ymodem_talk *talk, int64_t us, enum ymodem_talk_answer *ret_answer,
		     struct err *err)
{
	int64_t deadline = slot_now_us(talk->run->context->slot) + us;
	uint8_t before = 0;
	bool heard = true;
	int step = 0;

	*ret_answer = YMODEM_ANSWER_NONE;
	if (deadline > talk->deadline_us)
		deadline = talk->deadline_us;
	while (step == 0 && heard && *ret_answer == YMODEM_ANSWER_NONE) {
		uint8_t byte = 0;

		step = listening_hear(talk->line, deadline, &byte, &heard, talk->ret, err);
		if (step != 0 || !heard)
			break;
		if (byte == YMODEM_ACK)
			*ret_answer = YMODEM_ANSWER_ACK;
		else if (byte == YMODEM_NAK)
			*ret_answer = YMODEM_ANSWER_NAK;
		else if (byte == YMODEM_READY)
			*ret_answer = YMODEM_ANSWER_ASK;
		else if (byte == YMODEM_CAN && before == YMODEM_CAN)
			*ret_answer = YMODEM_ANSWER_CANCEL;
		before = byte;
	}
	return step;
}

/* What a receiver that was confused has said meanwhile must not be taken for an answer. */
static int be_quiet(struct ymodem_talk *talk, struct err *err)
{
	const struct slot *slot = talk->run->context->slot;
	bool heard = true;
	int step = 0;

	while (step == 0 && heard && slot_now_us(slot) < talk->deadline_us) {
		uint8_t byte;

		step = listening_hear(talk->line, slot_now_us(slot) + QUIET_US, &byte, &heard,
				      talk->ret, err);
	}
	return step;
}

int ymodem_talk_offer(struct ymodem_talk *talk, const struct ymodem_block *block, int64_t us,
		      enum ymodem_talk_answer *ret_answer, struct err *err)
{
	int step;

	*ret_answer = YMODEM_ANSWER_NONE;
	delivery_bytes_clear(&talk->run->context->port->console);
	step = listening_say(talk->line, block->bytes, block->len, talk->ret, err);
	return step == 0 ? ymodem_talk_hear(talk, us, ret_answer, err) : step;
}

/* After a 'C': whether an answer to the block comes yet. */
static int hear_more(struct ymodem_talk *talk, enum ymodem_talk_answer *ret_answer, struct err *err)
{
	const struct slot *slot = talk->run->context->slot;
	int64_t deadline = slot_now_us(slot) + ASK_US;
	int step = 0;

	while (step == 0 && *ret_answer == YMODEM_ANSWER_ASK && slot_now_us(slot) < deadline)
		step = ymodem_talk_hear(talk, deadline - slot_now_us(slot), ret_answer, err);
	if (*ret_answer == YMODEM_ANSWER_NONE)
		*ret_answer = YMODEM_ANSWER_ASK;
	return step;
}

int ymodem_talk_put(struct ymodem_talk *talk, const struct ymodem_block *first,
		    const struct ymodem_block *again, const char *what, int64_t us, struct err *err)
{
	enum ymodem_talk_answer answer = YMODEM_ANSWER_NONE;
	char text[DELIVERY_TEXT_MAX];
	int step = 0;

	for (unsigned int tries = 0; tries < TRIES_MAX && step == 0; tries++) {
		step = ymodem_talk_offer(talk, tries == 0 ? first : again, us, &answer, err);
		if (step == 0 && answer == YMODEM_ANSWER_ASK)
			step = hear_more(talk, &answer, err);
		if (step != 0 || answer == YMODEM_ANSWER_ACK)
			return step;
		if (answer == YMODEM_ANSWER_CANCEL)
			return ymodem_talk_cancelled(talk, err);
		if (answer == YMODEM_ANSWER_NONE)
			break;
		step = be_quiet(talk, err);
	}
	if (step != 0)
		return step;
	snprintf(text, sizeof(text), "%s %s", what,
		 answer == YMODEM_ANSWER_NONE ? "was not answered in time"
					      : "was refused again and again");
	return answer == YMODEM_ANSWER_NONE ? ymodem_talk_silent(talk, text, err)
					    : ymodem_talk_fail(talk, text);
}

/* A line without what is not to be read; "" when it says nothing. */
static const char *tidy(char *text)
{
	char *begin = text;

	for (char *at = text; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = ' ';
	for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--)
		text[n - 1] = '\0';
	while (*begin == ' ')
		begin++;
	return begin;
}

int ymodem_talk_cancelled(struct ymodem_talk *talk, struct err *err)
{
	static const char failed[] = "Validation failed: ";
	const struct slot *slot = talk->run->context->slot;
	char raw[LINE_MAX];
	char text[DELIVERY_TEXT_MAX];
	const char *line;
	const char *at;
	long number;
	bool found;
	int step = listening_read(talk->line, "\n", slot_now_us(slot) + WHY_US_MAX, raw,
				  sizeof(raw), &found, talk->ret, err);

	if (step != 0)
		return step;
	line = tidy(raw);
	at = strstr(line, failed);
	snprintf(text, sizeof(text), "cancelled by the board%s%s", *line ? ": " : "", line);
	number = at ? strtol(at + sizeof(failed) - 1, NULL, 10) : 0;
	if (system_error_text(number))
		snprintf(text, sizeof(text), "refused by the board with %ld: %s", number,
			 system_error_text(number));
	return ymodem_talk_fail(talk, text);
}

void ymodem_talk_unit(const struct ymodem_talk *talk, uint32_t unit, struct ymodem_block *ret)
{
	const struct image *image = talk->run->part->image;
	size_t at = (size_t)unit * talk->block_bytes;
	size_t rest = image->len - at;

	ymodem_block_data((uint8_t)(unit + 1), image->bytes + at,
			  rest < talk->block_bytes ? rest : talk->block_bytes, talk->block_bytes,
			  ret);
	if (talk->right_sum)
		ymodem_block_seal(ret);
}

uint64_t ymodem_talk_sent_bytes(const struct ymodem_talk *talk, uint32_t units)
{
	uint64_t bytes = (uint64_t)units * talk->block_bytes;
	size_t len = talk->run->part->image->len;

	return bytes < len ? bytes : len;
}
