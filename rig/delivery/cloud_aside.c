/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/cloud_aside.h"

#include "delivery/step.h"

/* An application that is used while its system is replaced: one of each that a cloud can say. */
static const struct session_question traffic[] = {
	{ .kind = SESSION_ASK_PING },
	{ .kind = SESSION_ASK_DESCRIBE },
	{ .kind = SESSION_ASK_CALL, .name = "otarig", .argument = "1" },
	{ .kind = SESSION_ASK_READ, .name = "otarig" },
	{ .kind = SESSION_ASK_SIGNAL, .number = 1 },
	{ .kind = SESSION_ASK_PUBLISH, .name = "otarig", .argument = "meanwhile" },
};

static const struct session_question rekey = { .kind = SESSION_ASK_KEY_CHANGE, .number = 1 };

void cloud_aside_begin(struct cloud_aside *aside, const struct delivery_run *run)
{
	*aside = (struct cloud_aside){ .run = run };
}

static size_t act_count(const struct cloud_aside *aside)
{
	return aside->run->acts ? aside->run->acts->count : 0;
}

void cloud_aside_sent(struct cloud_aside *aside, uint32_t chunk)
{
	for (size_t i = 0; i < act_count(aside); i++)
		if (aside->run->acts->items[i].unit == chunk)
			aside->due |= 1u << i;
}

/* What cannot be asked now is left out: a board that is gone, or so many questions before. */
static void ask(struct session *session, int64_t now_us, const struct session_question *questions,
		size_t count)
{
	for (size_t i = 0; i < count && session; i++)
		IGNORE(session_ask(session, &questions[i], now_us) == 0, "see above");
}

static int press(struct cloud_aside *aside, size_t i, struct err *err)
{
	const struct fuzz_act *act = &aside->run->acts->items[i];
	const struct slot *slot = aside->run->context->slot;
	enum slot_line line;
	int r;

	if (!delivery_act_line(aside->run, act->kind, &line))
		return 0;
	r = slot_hold(slot, line, SLOT_HELD, err);
	if (r == 0)
		aside->until_us[i] = slot_now_us(slot) + delivery_act_us(act);
	return r;
}

/* Another act may still hold the same button. */
static int let_go(struct cloud_aside *aside, size_t i, struct err *err)
{
	const struct fuzz_acts *acts = aside->run->acts;
	enum slot_line line;

	aside->until_us[i] = 0;
	for (size_t k = 0; k < acts->count; k++)
		if (aside->until_us[k] && acts->items[k].kind == acts->items[i].kind)
			return 0;
	if (!delivery_act_line(aside->run, acts->items[i].kind, &line))
		return 0;
	return slot_hold(aside->run->context->slot, line, SLOT_RELEASED, err);
}

static int start(struct cloud_aside *aside, size_t i, struct session *session, int64_t session_us,
		 struct err *err)
{
	enum fuzz_act_kind kind = aside->run->acts->items[i].kind;

	aside->done |= 1u << i;
	if (kind == FUZZ_TRAFFIC)
		ask(session, session_us, traffic, ARRAY_LEN(traffic));
	else if (kind == FUZZ_REKEY)
		ask(session, session_us, &rekey, 1);
	else /* a button, or the hook's, see delivery/cloud_acts.h */
		return press(aside, i, err);
	return 0;
}

int cloud_aside_step(struct cloud_aside *aside, struct session *session, int64_t session_us,
		     struct err *err)
{
	int64_t now_us = slot_now_us(aside->run->context->slot);
	int r = 0;

	for (size_t i = 0; i < act_count(aside) && r == 0; i++) {
		if (aside->until_us[i] && now_us >= aside->until_us[i])
			r = let_go(aside, i, err);
		if (r == 0 && (aside->due & ~aside->done & 1u << i))
			r = start(aside, i, session, session_us, err);
	}
	return r;
}

bool cloud_aside_holds(const struct cloud_aside *aside)
{
	for (size_t i = 0; i < act_count(aside); i++)
		if (aside->until_us[i])
			return true;
	return false;
}

int cloud_aside_end(struct cloud_aside *aside, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < act_count(aside); i++) {
		int r = aside->until_us[i] ? let_go(aside, i, result < 0 ? NULL : err) : 0;

		result = result < 0 ? result : r;
	}
	return result;
}
