/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By DFU, straight to the module's place: the bootloader takes the bytes and checks nothing. What
 * its layout protects (the bootloader itself) goes to the staging region instead, with the flag in
 * the configuration table that tells the system to apply it at its next start (facts:
 * particle-gen2 2.2, from 1.2.1 on).
 *
 * Proof: the module is read back.
 */
#include "delivery/dfu_session.h"

enum { FLAG_OFFSET = 1753, FLAG_SET = 0xa5 };

static int tell_system(struct dfu_session *session, struct err *err)
{
	static const uint8_t flag = FLAG_SET;
	int step = dfu_session_act(session, session->block_count, err);

	if (step != 0 || fuzz_act_at(session->run->acts, session->block_count, FUZZ_DROP))
		return step;
	return dfu_session_table(session, FLAG_OFFSET, &flag, sizeof(flag), err);
}

static int dfu_send(const struct delivery_run *run, struct delivery_outcome *ret, struct err *err)
{
	const struct image *image = run->part->image;
	struct dfu_session session = { .run = run, .ret = ret };
	bool open = true;
	int step = delivery_reach(run, DELIVERY_BEGUN, 0, 0, err);

	if (step == 0)
		step = dfu_session_begin(&session, run, ret, err);
	if (step == 0)
		open = dfu_grants(session.dfu.memory, image->header.start, image->len,
				  DFU_WRITABLE);
	if (step == 0)
		step = dfu_session_write(
			&session, open ? image->header.start : run->part->staging_address, err);
	if (step == 0 && !open)
		step = tell_system(&session, err);
	if (step == 0)
		step = delivery_reach(run, DELIVERY_SENT, session.block_count, image->len, err);
	if (step == 0)
		step = dfu_session_leave(&session, err);
	if (step == 0)
		step = delivery_reach(run, DELIVERY_TAKEN, session.block_count, image->len, err);
	return delivery_finish(dfu_session_end(&session, step, err), ret);
}

const struct delivery delivery_dfu = {
	.name = "dfu",
	.needs = SLOT_USB,
	.acts = DFU_SESSION_ACTS,
	.open = dfu_session_open,
	.prepare = dfu_session_prepare,
	.send = dfu_send,
	.prove = dfu_session_prove,
};
