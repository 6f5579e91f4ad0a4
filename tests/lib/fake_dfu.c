/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/fake_dfu.h"

#include <string.h>

enum dfu_state {
	IDLE = 2,
	DNLOAD_SYNC = 3,
	DNBUSY = 4,
	DNLOAD_IDLE = 5,
	MANIFEST_SYNC = 6,
	MANIFEST = 7,
	UPLOAD_IDLE = 9,
	ERROR = 10,
};

static const char fitting[] = "@Fake Flash  /0x00001000/02*001Ka,06*001Kg";

static const uint8_t configuration[] = {
	9,
	2,
	45,
	0,
	1,
	1,
	0,
	0xc0,
	50, /* */
	9,
	4,
	0,
	0,
	0,
	0xfe,
	1,
	2,
	4, /* memory 0 */
	9,
	4,
	0,
	1,
	0,
	0xfe,
	1,
	2,
	5, /* memory 1 */
	9,
	0x21,
	0x0b,
	255,
	0,
	FAKE_DFU_BLOCK & 255,
	FAKE_DFU_BLOCK >> 8,
	0x1a,
	1, /* */
	9,
	0xff,
	0,
	0,
	0,
	0,
	0,
	0,
	0, /* something unknown */
};

static enum slot_usb_result send(const void *bytes, size_t len, uint16_t room, uint8_t *data,
				 uint16_t *ret_len)
{
	*ret_len = len < room ? (uint16_t)len : room;
	memcpy(data, bytes, *ret_len);
	return SLOT_USB_DONE;
}

static enum slot_usb_result send_string(const char *text, uint16_t room, uint8_t *data,
					uint16_t *ret_len)
{
	uint8_t bytes[255] = { 0 };
	size_t len = strlen(text) < 126 ? strlen(text) : 126;

	bytes[0] = (uint8_t)(2 + 2 * len);
	bytes[1] = 3;
	for (size_t i = 0; i < len; i++)
		bytes[2 + 2 * i] = (uint8_t)text[i];
	return send(bytes, bytes[0], room, data, ret_len);
}

static enum slot_usb_result standard(struct fake_dfu *dfu, const struct slot_usb_setup *setup,
				     uint8_t *data, uint16_t *ret_len)
{
	*ret_len = 0;
	if (setup->request == 11 && setup->value < 2) {
		dfu->alternate = (uint8_t)setup->value;
		return SLOT_USB_DONE;
	}
	if (setup->request != 6)
		return SLOT_USB_STALL;
	switch (setup->value) {
	case 0x200: return send(configuration, sizeof(configuration), setup->length, data, ret_len);
	case 0x304:
		return send_string(dfu->layout ? dfu->layout : fitting, setup->length, data,
				   ret_len);
	case 0x305: return send_string("not a layout", setup->length, data, ret_len);
	default: return SLOT_USB_STALL;
	}
}

static uint32_t get32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void fail(struct fake_dfu *dfu, uint8_t status)
{
	dfu->state = ERROR;
	dfu->status = status;
}

/* What a DNLOAD asked for is done at the GETSTATUS after it. */
static void work_off(struct fake_dfu *dfu)
{
	uint32_t at = dfu->pointer - FAKE_DFU_BASE;

	dfu->pending = false;
	if (dfu->block == 0) {
		dfu->pointer = get32(dfu->data + 1);
		at = dfu->pointer - FAKE_DFU_BASE;
		if (dfu->block_len != 5)
			fail(dfu, 15); /* errSTALLEDPKT: no mass erase */
		else if (dfu->data[0] == 0x41 && at < FAKE_DFU_BYTES)
			memset(&dfu->memory[at / FAKE_DFU_PAGE * FAKE_DFU_PAGE], 0xff,
			       FAKE_DFU_PAGE);
		return;
	}
	at += (dfu->block - 2u) * FAKE_DFU_BLOCK;
	if (at >= FAKE_DFU_BYTES || dfu->block_len > FAKE_DFU_BYTES - at) {
		fail(dfu, 8); /* errADDRESS */
		return;
	}
	for (uint16_t i = 0; i < dfu->block_len; i++)
		dfu->memory[at + i] &= dfu->data[i];
}

static enum slot_usb_result get_status(struct fake_dfu *dfu, uint8_t *data, uint16_t *ret_len)
{
	if (dfu->state == DNLOAD_SYNC) {
		dfu->state = dfu->pending ? DNBUSY : DNLOAD_IDLE;
	} else if (dfu->state == DNBUSY && !dfu->never_done) {
		dfu->state = DNLOAD_IDLE;
	} else if (dfu->state == MANIFEST_SYNC) {
		dfu->state = MANIFEST;
		dfu->leaves++;
	}
	memset(data, 0, 6);
	data[0] = dfu->status;
	data[1] = dfu->state == DNBUSY ? FAKE_DFU_POLL_MS : 0;
	data[4] = dfu->state;
	*ret_len = 6;
	if (dfu->pending)
		work_off(dfu);
	return SLOT_USB_DONE;
}

static enum slot_usb_result download(struct fake_dfu *dfu, const struct slot_usb_setup *setup,
				     const uint8_t *data, uint16_t *ret_len)
{
	if (dfu->state != IDLE && dfu->state != DNLOAD_IDLE) {
		fail(dfu, 15);
		return SLOT_USB_STALL;
	}
	*ret_len = setup->length;
	if (setup->length == 0) {
		dfu->state = MANIFEST_SYNC;
		return SLOT_USB_DONE;
	}
	if (++dfu->downloads == dfu->fails_at) {
		fail(dfu, dfu->fails_status ? dfu->fails_status : 15);
		return dfu->fails_status ? SLOT_USB_DONE : SLOT_USB_STALL;
	}
	dfu->state = DNLOAD_SYNC;
	dfu->pending = true;
	dfu->block = setup->value;
	dfu->block_len = setup->length;
	memcpy(dfu->data, data, setup->length);
	return SLOT_USB_DONE;
}

static enum slot_usb_result upload(struct fake_dfu *dfu, const struct slot_usb_setup *setup,
				   uint8_t *data, uint16_t *ret_len)
{
	uint32_t at = dfu->pointer - FAKE_DFU_BASE + (setup->value - 2u) * FAKE_DFU_BLOCK;

	if ((dfu->state != IDLE && dfu->state != UPLOAD_IDLE) || at >= FAKE_DFU_BYTES) {
		fail(dfu, 15);
		return SLOT_USB_STALL;
	}
	dfu->state = UPLOAD_IDLE;
	return send(&dfu->memory[at], FAKE_DFU_BYTES - at, setup->length, data, ret_len);
}

static enum slot_usb_result class(struct fake_dfu *dfu, const struct slot_usb_setup *setup,
				  uint8_t *data, uint16_t *ret_len) {
		*ret_len = 0; switch (setup->request){
			case 1 : return download(dfu, setup, data, ret_len);
			case 2 : return upload(dfu, setup, data, ret_len);
			case 3 : return get_status(dfu, data, ret_len);
			case 4 : /* CLRSTATUS */
				if (!dfu->stays_in_error){ dfu->state = IDLE; dfu->status = 0; }
return SLOT_USB_DONE;
case 6: /* ABORT */ dfu->state = IDLE; return SLOT_USB_DONE;
default: return SLOT_USB_STALL;
}
}

enum slot_usb_result fake_dfu_control(struct fake_dfu *dfu, const struct slot_usb_setup *setup,
				      uint8_t *data, uint16_t *ret_len)
{
	enum slot_usb_result result;
	size_t n = dfu->setup_count;

	if (dfu->state == 0)
		dfu->state = IDLE;
	if (n < FAKE_DFU_SETUPS_MAX) {
		dfu->setups[n] = *setup;
		if (!(setup->type & 0x80) && setup->length > 0)
			memcpy(dfu->first_bytes[n], data, setup->length < 5 ? setup->length : 5);
		dfu->setup_count++;
	}
	result = setup->type & 0x60 ? class(dfu, setup, data, ret_len)
				    : standard(dfu, setup, data, ret_len);
	if (!(setup->type & 0x80) || result != SLOT_USB_DONE)
		return result;
	dfu->answers++;
	if (dfu->answers == dfu->short_at && *ret_len > 0)
		--*ret_len;
	return dfu->answers == dfu->silent_at ? SLOT_USB_TIMEOUT : result;
}
