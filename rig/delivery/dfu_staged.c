/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By DFU to the staging region, and the record of a pending update into the configuration table
 * (facts: particle-gen2 2.1): the board's own bootloader applies it at the next start, as after an
 * update over the air. So its way of applying can be cut on a real board without a network.
 *
 * From 0.7 on a Photon's or P1's bootloader reads and writes the table by code of system part 2:
 * while parts 1 and 2 are not whole the table cannot be reached, and the board refuses.
 *
 * Proof: the module is read back.
 */
#include "delivery/dfu_session.h"
#include "image/record.h"

/* The first record that is free; RECORD_COUNT when all are pending. */
static int find_free(struct dfu_session *session, uint32_t *ret_number, struct err *err)
{
	uint8_t table[RECORD_COUNT * RECORD_BYTES];
	int step = dfu_session_read(session, DFU_SESSION_TABLE, record_offset(0), table,
				    sizeof(table), err);
	uint32_t number = RECORD_FIRST;

	while (number < RECORD_COUNT && record_is_pending(table + number * RECORD_BYTES))
		number++;
	if (step == 0 && number == RECORD_COUNT)
		return delivery_fail(session->ret, DELIVERY_WHOLE,
				     "DFU: all records of the table are pending");
	*ret_number = number;
	return step;
}

static int enter_record(struct dfu_session *session, struct err *err)
{
	const struct image *image = session->run->part->image;
	const struct record record = { .source = session->run->part->staging_address,
				       .destination = image->header.start,
				       .length = (uint32_t)image->len,
				       .function = image->header.function };
	uint8_t bytes[RECORD_BYTES];
	uint32_t number = 0;
	int step = dfu_session_act(session, session->block_count, err);

	if (step != 0 || fuzz_act_at(session->run->acts, session->block_count, FUZZ_DROP))
		return step;
	step = find_free(session, &number, err);
	record_make(&record, bytes);
	if (step == 0)
		step = dfu_session_table(session, record_offset(number), bytes, sizeof(bytes), err);
	return step;
}

static int staged_send(const struct delivery_run *run, struct delivery_outcome *ret,
		       struct err *err)
{
	const struct image *image = run->part->image;
	struct dfu_session session = { .run = run, .ret = ret };
	int step = delivery_reach(run, DELIVERY_BEGUN, 0, 0, err);

	if (step == 0)
		step = dfu_session_begin(&session, run, ret, err);
	if (step == 0)
		step = dfu_session_write(&session, run->part->staging_address, err);
	if (step == 0)
		step = delivery_reach(run, DELIVERY_SENT, session.block_count, image->len, err);
	if (step == 0)
		step = enter_record(&session, err);
	if (step == 0)
		step = dfu_session_leave(&session, err);
	if (step == 0)
		step = delivery_reach(run, DELIVERY_TAKEN, session.block_count, image->len, err);
	return delivery_finish(dfu_session_end(&session, step, err), ret);
}

const struct delivery delivery_dfu_staged = {
	.name = "dfu-staged",
	.by_bootloader = true,
	.needs = SLOT_USB,
	.acts = DFU_SESSION_ACTS,
	.open = dfu_session_open,
	.prepare = dfu_session_prepare,
	.send = staged_send,
	.prove = dfu_session_prove,
};
