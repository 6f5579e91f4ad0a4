/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/dfu_acts.h"

#include <string.h>

enum {
	TYPE_OUT = 0x21, /* class, to the interface */
	TYPE_IN = 0xa1,
	REQUEST_UPLOAD = 2,
	REQUEST_ABORT = 6,
	REQUEST_NONE = 0x40, /* DFU 1.1 has seven; the value's low bits are added */
	REQUEST_NONE_COUNT = 0x40,
	REQUEST_US_MAX = 5000000,
	ORDER_BYTES = 64,
};

static const struct fuzz_act *act_at(struct dfu_session *session, uint32_t unit,
				     enum fuzz_act_kind kind)
{
	const struct fuzz_act *act = fuzz_act_at(session->run->acts, unit, kind);

	session->hurt = session->hurt || act;
	return act;
}

int dfu_session_erase(struct dfu_session *session, uint32_t address, struct err *err)
{
	enum dfu_result result = DFU_UNKNOWN;
	int step = dfu_session_select(session, DFU_SESSION_FLASH, err);
	int r;

	if (step != 0)
		return step;
	session->address = address;
	r = dfu_erase(&session->dfu, address, session->run->part->image->len, &result, err);
	return dfu_session_check(session, r, &result, err);
}

/* A request that does not belong where it comes; whatever is answered. The device is idle after. */
static int intrude(struct dfu_session *session, uint8_t type, uint8_t request, uint16_t length,
		   struct err *err)
{
	const struct slot_usb_setup setup = { type, request, 0, session->dfu.interface.number,
					      length };
	enum slot_usb_result how = SLOT_USB_UNKNOWN;
	enum dfu_result result = DFU_UNKNOWN;
	uint8_t bytes[ORDER_BYTES] = { 0 };
	uint16_t len;
	int r = slot_usb_control(session->run->context->slot, &setup, bytes, REQUEST_US_MAX, &len,
				 &how, err);

	if (r < 0)
		return r;
	if (how == SLOT_USB_CUT) {
		session->ret->result = DELIVERY_CUT;
		return DELIVERY_OVER;
	}
	r = dfu_idle(&session->dfu, &result, err);
	return dfu_session_check(session, r, &result, err);
}

static int hang_up(struct dfu_session *session, struct err *err)
{
	int r = slot_usb_join(session->run->context->slot, SLOT_USB_PARTED, err);

	return r < 0 ? r : delivery_fail(session->ret, DELIVERY_HURT, "the USB was parted");
}

/* A block as it should be: its data, and where it goes. */
struct block {
	uint8_t bytes[DFU_TRANSFER_MAX];
	uint16_t len;
	uint32_t address;
};

static void right_block(const struct dfu_session *session, uint32_t unit, struct block *ret)
{
	const struct image *image = session->run->part->image;
	size_t at = (size_t)unit * session->block_bytes;
	size_t rest = image->len - at;

	memset(ret->bytes, 0xff, sizeof(ret->bytes));
	ret->len = (uint16_t)(rest < session->block_bytes ? rest : session->block_bytes);
	ret->address = session->address + (uint32_t)at;
	memcpy(ret->bytes, image->bytes + at, ret->len);
}

static int put(struct dfu_session *session, const struct block *block, struct err *err)
{
	enum dfu_result result = DFU_UNKNOWN;
	int r = dfu_write_block(&session->dfu, block->address, block->bytes, block->len, &result,
				err);

	return dfu_session_check(session, r, &result, err);
}

static int put_right(struct dfu_session *session, uint32_t unit, struct err *err)
{
	struct block block;

	right_block(session, unit, &block);
	return put(session, &block, err);
}

/* Erased, and written anew up to here. */
static int begin_again(struct dfu_session *session, uint32_t unit, struct err *err)
{
	enum dfu_result result = DFU_UNKNOWN;
	int step = dfu_session_check(session, dfu_idle(&session->dfu, &result, err), &result, err);

	if (step == 0)
		step = dfu_session_erase(session, session->address, err);
	for (uint32_t i = 0; i < unit && i < session->block_count && step == 0; i++)
		step = put_right(session, i, err);
	return step;
}

int dfu_session_act(struct dfu_session *session, uint32_t unit, struct err *err)
{
	const struct fuzz_act *act;
	int step = delivery_act(session->run, unit, &session->hurt, session->ret, err);

	if (step == 0 && (act = act_at(session, unit, FUZZ_JUNK)))
		step = intrude(session, TYPE_OUT,
			       (uint8_t)(REQUEST_NONE + act->value % REQUEST_NONE_COUNT), 0, err);
	if (step == 0 && act_at(session, unit, FUZZ_ORDER))
		step = intrude(session, TYPE_IN, REQUEST_UPLOAD, ORDER_BYTES, err);
	if (step == 0 && act_at(session, unit, FUZZ_ABORT))
		step = intrude(session, TYPE_OUT, REQUEST_ABORT, 0, err);
	if (step == 0 && act_at(session, unit, FUZZ_AGAIN))
		step = begin_again(session, unit, err);
	if (step == 0 && act_at(session, unit, FUZZ_HANGUP))
		step = hang_up(session, err);
	if (step == 0 && act_at(session, unit, FUZZ_EARLY))
		session->early = true;
	return step;
}

/* What is wrong with a block. */
static void mutate(struct dfu_session *session, uint32_t unit, struct block *block)
{
	const struct fuzz_act *act = act_at(session, unit, FUZZ_SPOIL);

	if (act) {
		uint64_t bit = act->value % (8u * block->len);

		block->bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	act = act_at(session, unit, FUZZ_INDEX);
	if (act)
		block->address = session->address + (uint32_t)act->value * session->block_bytes;
	act = act_at(session, unit, FUZZ_SIZE);
	if (act)
		block->len = (uint16_t)(act->value < session->dfu.block_bytes
						? act->value
						: session->dfu.block_bytes);
}

int dfu_session_send(struct dfu_session *session, uint32_t unit, struct err *err)
{
	struct block block;
	int step = 0;

	if (unit == session->skip || act_at(session, unit, FUZZ_DROP))
		return 0;
	if (unit + 1 < session->block_count && act_at(session, unit, FUZZ_SWAP)) {
		session->skip = unit + 1;
		step = put_right(session, unit + 1, err);
	}
	right_block(session, unit, &block);
	mutate(session, unit, &block);
	if (step == 0)
		step = put(session, &block, err);
	if (step == 0 && act_at(session, unit, FUZZ_TWICE))
		step = put(session, &block, err);
	return step;
}
