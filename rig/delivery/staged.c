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

static void tell(const struct slot *slot, const struct obs_sink *sink,
		 const struct delivery_part *part, const char *what)
{
	obs_put(sink, slot_now_us(slot), OBS_DELIVERY, (int32_t)part->number,
		(int64_t)part->image->len, what);
}

static int staged_prepare(const struct slot *slot, const struct delivery_part *part,
			  enum slot_wait *ret, struct err *err)
{
	struct slot_update update = update_of(part);

	return slot_stage_prepare(slot, &update, ret, err);
}

static int staged_send(const struct slot *slot, const struct delivery_part *part,
		       const struct obs_sink *sink, enum slot_wait *ret, struct err *err)
{
	struct slot_update update = update_of(part);
	int result;

	tell(slot, sink, part, "stage");
	result = slot_stage_write(slot, &update, ret, err);
	if (result < 0 || *ret != SLOT_WAIT_DEADLINE)
		return result;
	tell(slot, sink, part, "slot");
	result = slot_stage_commit(slot, &update, ret, err);
	if (result < 0 || *ret != SLOT_WAIT_DEADLINE)
		return result;
	tell(slot, sink, part, "apply");
	return 0;
}

const struct delivery delivery_staged = {
	.name = "staged",
	.needs = SLOT_STAGE,
	.prepare = staged_prepare,
	.send = staged_send,
};
