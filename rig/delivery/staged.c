/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/delivery.h"

#include <string.h>

static struct slot_update update_of(const struct delivery_part *part)
{
	struct slot_update update = {
		.bytes = part->image->bytes,
		.len = part->image->len,
		.staging_address = part->staging_address,
		.install_address = part->image->header.start,
		.function = part->image->header.function,
		.system_vectors = part->system_vectors,
	};

	memcpy(update.config, part->config, sizeof(update.config));
	return update;
}

/* Whether it goes on; else *ret says how it ended. */
static bool goes_on(enum slot_wait why, struct delivery_outcome *ret)
{
	if (why == SLOT_WAIT_CUT)
		ret->result = DELIVERY_CUT;
	else if (why == SLOT_WAIT_REFUSED)
		delivery_end(ret, DELIVERY_REFUSED,
			     "its configuration code does not take the record");
	else
		ret->result = DELIVERY_DONE;
	return ret->result == DELIVERY_DONE;
}

static int staged_prepare(const struct delivery_run *run, struct delivery_outcome *ret,
			  struct err *err)
{
	struct slot_update update = update_of(run->part);
	enum slot_wait why;
	int result = slot_stage_prepare(run->context->slot, &update, &why, err);

	if (result == 0)
		goes_on(why, ret);
	return result;
}

static int staged_send(const struct delivery_run *run, struct delivery_outcome *ret,
		       struct err *err)
{
	const struct slot *slot = run->context->slot;
	struct slot_update update = update_of(run->part);
	enum slot_wait why;
	int result = delivery_reach(run, DELIVERY_READY, 0, update.len, err);

	if (result == 0)
		result = slot_stage_write(slot, &update, &why, err);
	if (result < 0 || !goes_on(why, ret))
		return result;
	result = delivery_reach(run, DELIVERY_SENT, 0, update.len, err);
	if (result == 0)
		result = slot_stage_commit(slot, &update, &why, err);
	if (result < 0 || !goes_on(why, ret))
		return result;
	return delivery_reach(run, DELIVERY_TAKEN, 0, update.len, err);
}

const struct delivery delivery_staged = {
	.name = "staged",
	.needs = SLOT_STAGE,
	.by_bootloader = true,
	.prepare = staged_prepare,
	.send = staged_send,
};
