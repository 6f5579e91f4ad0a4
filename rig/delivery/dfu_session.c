/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/dfu_session.h"
#include "delivery/dfu_acts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SEND_US_MAX = 300000000 /* one part; 256 KB take 15 s */ };

int dfu_session_check(struct dfu_session *session, int r, const enum dfu_result *result,
		      struct err *err)
{
	enum delivery_hurt hurt = session->hurt ? DELIVERY_HURT : DELIVERY_WHOLE;
	char text[DELIVERY_TEXT_MAX];

	if (r < 0 || *result == DFU_GOOD)
		return r;
	if (*result == DFU_CUT) {
		session->ret->result = DELIVERY_CUT;
		return DELIVERY_OVER;
	}
	snprintf(text, sizeof(text), "DFU: %s", session->dfu.text);
	return *result == DFU_GONE ? delivery_absent(session->run, hurt, text, session->ret, err)
				   : delivery_fail(session->ret, hurt, "%s", text);
}

int dfu_session_open(struct delivery_context *context, struct err *err)
{
	uint32_t bytes = context->options->chunk_bytes;

	if (bytes > DFU_TRANSFER_MAX || bytes % 4 != 0)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "dfu has blocks of whole words, %d bytes at most, not of %u bytes",
			       DFU_TRANSFER_MAX, bytes);
	return delivery_dfu_check(context, err);
}

int dfu_session_prepare(const struct delivery_run *run, struct delivery_outcome *ret,
			struct err *err)
{
	int step = delivery_dfu_enter(run, ret, err);

	if (step != 0) {
		struct dfu_session session = { .run = run, .ret = ret };

		step = dfu_session_end(&session, step, err);
	}
	return delivery_finish(step, ret);
}

int dfu_session_begin(struct dfu_session *session, const struct delivery_run *run,
		      struct delivery_outcome *ret, struct err *err)
{
	uint32_t bytes = run->context->options->chunk_bytes;
	enum dfu_result result = DFU_UNKNOWN;
	int step;

	*session = (struct dfu_session){
		.run = run,
		.ret = ret,
		.deadline_us = delivery_deadline_us(run, SEND_US_MAX),
		.skip = UINT32_MAX,
	};
	step = dfu_session_check(session, dfu_open(&session->dfu, run->context->slot, &result, err),
				 &result, err);
	if (step != 0)
		return step;
	session->block_bytes =
		bytes && bytes < session->dfu.block_bytes ? bytes : session->dfu.block_bytes;
	if (session->block_bytes == 0)
		return delivery_fail(ret, DELIVERY_WHOLE, "DFU: its blocks have no bytes");
	session->block_count = (uint32_t)((run->part->image->len + session->block_bytes - 1) /
					  session->block_bytes);
	return 0;
}

int dfu_session_select(struct dfu_session *session, uint8_t alternate, struct err *err)
{
	enum dfu_result result = DFU_UNKNOWN;
	int r;

	if (session->dfu.memory && session->dfu.memory->alternate == alternate)
		return 0;
	r = dfu_select(&session->dfu, alternate, &result, err);
	return dfu_session_check(session, r, &result, err);
}

int dfu_session_write(struct dfu_session *session, uint32_t address, struct err *err)
{
	const struct image *image = session->run->part->image;
	enum dfu_result result = DFU_UNKNOWN;
	uint64_t bytes = 0;
	int step = dfu_session_erase(session, address, err);

	if (step == 0)
		step = delivery_reach(session->run, DELIVERY_READY, 0, 0, err);
	for (uint32_t unit = 0; unit < session->block_count && step == 0; unit++) {
		step = dfu_session_act(session, unit, err);
		if (step == 0 && session->early)
			break;
		if (step == 0)
			step = dfu_session_send(session, unit, err);
		bytes += session->block_bytes;
		if (step == 0)
			step = delivery_reach(session->run, DELIVERY_CHUNK, unit,
					      bytes < image->len ? bytes : image->len, err);
		if (step == 0 && slot_now_us(session->run->context->slot) >= session->deadline_us)
			step = delivery_fail(session->ret,
					     session->hurt ? DELIVERY_HURT : DELIVERY_WHOLE,
					     "DFU: the module was not written in time");
	}
	return step == 0 ? dfu_session_check(session, dfu_idle(&session->dfu, &result, err),
					     &result, err)
			 : step;
}

int dfu_session_read(struct dfu_session *session, uint8_t alternate, uint32_t address,
		     uint8_t *ret_bytes, size_t len, struct err *err)
{
	enum dfu_result result = DFU_UNKNOWN;
	int step = dfu_session_select(session, alternate, err);
	int r;

	if (step != 0)
		return step;
	r = dfu_read(&session->dfu, address, ret_bytes, len, &result, err);
	return dfu_session_check(session, r, &result, err);
}

int dfu_session_table(struct dfu_session *session, uint32_t offset, const uint8_t *bytes,
		      size_t len, struct err *err)
{
	enum { TABLE_WRITE_MAX = 512 }; /* the cloud's key and address */
	uint8_t there[TABLE_WRITE_MAX];
	enum dfu_result result = DFU_UNKNOWN;
	int step = dfu_session_select(session, DFU_SESSION_TABLE, err);

	if (step == 0)
		step = dfu_session_check(session,
					 dfu_write(&session->dfu, offset, bytes, len, &result, err),
					 &result, err);
	if (step == 0)
		step = dfu_session_read(session, DFU_SESSION_TABLE, offset, there, len, err);
	if (step == 0 && memcmp(there, bytes, len) != 0)
		step = delivery_fail(session->ret, session->hurt ? DELIVERY_HURT : DELIVERY_WHOLE,
				     "DFU: the table does not keep what was written to it");
	return step;
}

int dfu_session_leave(struct dfu_session *session, struct err *err)
{
	const struct delivery_run *run = session->run;
	enum dfu_result result = DFU_UNKNOWN;
	bool left = false;
	int step = dfu_session_select(session, DFU_SESSION_FLASH, err);

	if (step == 0)
		step = dfu_session_check(
			session, dfu_leave(&session->dfu, run->part->system_vectors, &result, err),
			&result, err);
	if (step == 0)
		step = delivery_usb_wait(run, run->context->board->usb_dfu, DELIVERY_USB_AWAY,
					 SLOT_USB_LEAVE_US_MAX, &left, session->ret, err);
	if (step == 0 && !left)
		step = delivery_fail(session->ret, session->hurt ? DELIVERY_HURT : DELIVERY_WHOLE,
				     "DFU: it does not leave");
	return step;
}

/* RESET where there is one; a session that was confused cannot be relied on. */
static int bring_back(struct dfu_session *session, struct err *err)
{
	const struct delivery_run *run = session->run;
	struct delivery_outcome late = { .result = DELIVERY_UNKNOWN };
	enum dfu_result result = DFU_UNKNOWN;
	int r;

	if (slot_can(run->context->slot, SLOT_RESET))
		r = delivery_press(run, SLOT_LINE_RESET, run->context->board->reset_pulse_us, &late,
				   err);
	else if (!delivery_usb_is(run, run->context->board->usb_dfu))
		return 0;
	else
		r = dfu_open(&session->dfu, run->context->slot, &result, err);
	if (r == 0 && result == DFU_GOOD)
		r = dfu_leave(&session->dfu, run->part->system_vectors, &result, err);
	if (late.result == DELIVERY_CUT)
		*session->ret = late;
	return r < 0 ? r : 0;
}

int dfu_session_end(struct dfu_session *session, int step, struct err *err)
{
	struct err *mine = step < 0 ? NULL : err; /* the first error is the one that counts */
	int r = 0;
	int parted;

	if (step == DELIVERY_OVER && session->ret->result != DELIVERY_CUT)
		r = bring_back(session, mine);
	parted = slot_usb_join(session->run->context->slot, SLOT_USB_PARTED, r < 0 ? NULL : mine);
	if (step >= 0 && r < 0)
		return r;
	return step >= 0 && parted < 0 ? parted : step;
}
