/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of requests is dfu-util's. To write: erase all pages (each a DNLOAD of block 0 and
 * GETSTATUS until it is done), then for each block SET_ADDRESS in the same way, DNLOAD of block 2
 * and GETSTATUS until idle; ABORT at the end. So a device's way to count blocks does not matter.
 *
 * A GETSTATUS is also what makes many devices begin with the work, some (Particle's) before they
 * end that very transfer: it may take as long as the work does.
 */
#include "usb/dfu.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum dfu_request {
	REQUEST_DNLOAD = 1,
	REQUEST_UPLOAD = 2,
	REQUEST_GETSTATUS = 3,
	REQUEST_CLRSTATUS = 4,
	REQUEST_ABORT = 6,
	TYPE_OUT = 0x21, /* class, to the interface */
	TYPE_IN = 0xa1,
};

enum usb_request {
	GET_DESCRIPTOR = 6,
	SET_INTERFACE = 11,
	TYPE_STANDARD_IN = 0x80,
	TYPE_SET_INTERFACE = 0x01,
	DESCRIPTOR_CONFIGURATION = 2 << 8,
	DESCRIPTOR_STRING = 3 << 8,
	ENGLISH_US = 0x0409,
};

enum dfu_command {
	COMMAND_SET_ADDRESS = 0x21,
	COMMAND_ERASE = 0x41,
	COMMAND_BYTES = 5,
	COMMAND_MASS_ERASE_BYTES = 1,
	BLOCK_COMMAND = 0,
	BLOCK_FIRST = 2, /* of data: the one at the address that was set */
};

/* DFU 1.1, 6.1.2 */
enum dfu_state {
	STATE_IDLE = 2,
	STATE_DNBUSY = 4,
	STATE_DNLOAD_IDLE = 5,
	STATE_MANIFEST = 7,
	STATE_UPLOAD_IDLE = 9,
	STATE_ERROR = 10,
};

enum {
	STATUS_BYTES = 6,
	TRANSFER_US_MAX = 5000000, /* dfu-util's too */
	WORK_US_MAX = 40000000,	   /* an erase of all: data sheets say 32 s */
	POLLS_MAX = 1000,	   /* a device that answers at once and is never done */
	IDLE_TRIES_MAX = 4,
};

struct status {
	uint8_t status;
	uint8_t state;
	int64_t poll_us;
};

/* How a device's misbehaviour becomes a result. */
static int fail(struct dfu *dfu, enum dfu_result result, const char *what, enum dfu_result *ret)
{
	text_copy(dfu->text, sizeof(dfu->text), what);
	*ret = result;
	return 0;
}

static int fail_transfer(struct dfu *dfu, enum slot_usb_result how, const char *what,
			 enum dfu_result *ret)
{
	static const struct {
		enum dfu_result result;
		const char *text;
	} ways[] = {
		[SLOT_USB_UNKNOWN] = { DFU_SILENT, "failed" },
		[SLOT_USB_DONE] = { DFU_REFUSED, "was answered with too few bytes" },
		[SLOT_USB_STALL] = { DFU_REFUSED, "was refused" },
		[SLOT_USB_TIMEOUT] = { DFU_SILENT, "was not answered" },
		[SLOT_USB_GONE] = { DFU_GONE, "found the device gone" },
		[SLOT_USB_CUT] = { DFU_CUT, "met the power cut" },
	};
	char text[DFU_TEXT_MAX];

	snprintf(text, sizeof(text), "%s %s", what, ways[how].text);
	return fail(dfu, ways[how].result, text, ret);
}

/* One transfer that must carry all its bytes. */
static int transfer(struct dfu *dfu, const struct slot_usb_setup *setup, uint8_t *data,
		    const char *what, enum dfu_result *ret, struct err *err)
{
	enum slot_usb_result how = SLOT_USB_UNKNOWN;
	uint16_t len = 0;
	int r = slot_usb_control(dfu->slot, setup, data, TRANSFER_US_MAX, &len, &how, err);

	if (r < 0)
		return r;
	if (how != SLOT_USB_DONE || len != setup->length)
		return fail_transfer(dfu, how, what, ret);
	*ret = DFU_GOOD;
	return 0;
}

static int request_out(struct dfu *dfu, enum dfu_request request, uint16_t value, uint8_t *data,
		       uint16_t len, const char *what, enum dfu_result *ret, struct err *err)
{
	struct slot_usb_setup setup = { TYPE_OUT, (uint8_t)request, value, dfu->interface.number,
					len };

	return transfer(dfu, &setup, data, what, ret, err);
}

static int get_status(struct dfu *dfu, struct status *ret_status, enum dfu_result *ret,
		      struct err *err)
{
	struct slot_usb_setup setup = { TYPE_IN, REQUEST_GETSTATUS, 0, dfu->interface.number,
					STATUS_BYTES };
	uint8_t bytes[STATUS_BYTES] = { 0 };
	int r = transfer(dfu, &setup, bytes, "GETSTATUS", ret, err);

	if (r == 0 && *ret == DFU_GOOD)
		*ret_status = (struct status){
			.status = bytes[0],
			.state = bytes[4],
			.poll_us = 1000 * (bytes[1] | bytes[2] << 8 | (int64_t)bytes[3] << 16),
		};
	return r;
}

/* Lets the time pass that the device asks for before it is polled again. */
static int pause(struct dfu *dfu, int64_t us, enum dfu_result *ret, struct err *err)
{
	enum slot_wait why;
	int r = slot_wait(dfu->slot, slot_now_us(dfu->slot) + us, &why, err);

	if (r == 0 && why == SLOT_WAIT_CUT)
		return fail(dfu, DFU_CUT, "waiting met the power cut", ret);
	return r;
}

/* Polls until the work a DNLOAD has asked for is done: the device idle, or in error. */
static int poll(struct dfu *dfu, const char *what, enum dfu_result *ret, struct err *err)
{
	int64_t deadline = slot_now_us(dfu->slot) + WORK_US_MAX;
	struct status status = { 0 };
	char text[DFU_TEXT_MAX];
	int r = 0;

	for (unsigned int i = 0; i < POLLS_MAX; i++) {
		r = get_status(dfu, &status, ret, err);
		if (r == 0 && *ret == DFU_GOOD && status.poll_us > 0)
			r = pause(dfu, status.poll_us, ret, err);
		if (r < 0 || *ret != DFU_GOOD)
			return r;
		if (status.status != 0 || status.state == STATE_ERROR) {
			snprintf(text, sizeof(text), "%s failed, status %u, state %u", what,
				 status.status, status.state);
			return fail(dfu, DFU_REFUSED, text, ret);
		}
		if (status.state == STATE_DNLOAD_IDLE || status.state == STATE_MANIFEST)
			return 0;
		if (slot_now_us(dfu->slot) > deadline)
			break;
	}
	snprintf(text, sizeof(text), "%s does not end, state %u", what, status.state);
	return fail(dfu, DFU_SILENT, text, ret);
}

static int command(struct dfu *dfu, uint8_t code, uint32_t address, uint16_t len, const char *what,
		   enum dfu_result *ret, struct err *err)
{
	uint8_t bytes[COMMAND_BYTES] = { code, (uint8_t)address, (uint8_t)(address >> 8),
					 (uint8_t)(address >> 16), (uint8_t)(address >> 24) };
	int r = request_out(dfu, REQUEST_DNLOAD, BLOCK_COMMAND, bytes, len, what, ret, err);

	return r < 0 || *ret != DFU_GOOD ? r : poll(dfu, what, ret, err);
}

static int set_address(struct dfu *dfu, uint32_t address, enum dfu_result *ret, struct err *err)
{
	return command(dfu, COMMAND_SET_ADDRESS, address, COMMAND_BYTES, "SET_ADDRESS", ret, err);
}

/* What takes a device from 'state' nearer to idle. */
static enum dfu_request way_to_idle(const struct status *status)
{
	return status->state == STATE_ERROR || status->status != 0 ? REQUEST_CLRSTATUS
								   : REQUEST_ABORT;
}

static int to_idle(struct dfu *dfu, enum dfu_result *ret, struct err *err)
{
	struct status status = { 0 };

	for (unsigned int i = 0; i < IDLE_TRIES_MAX; i++) {
		enum dfu_request request;
		int r = get_status(dfu, &status, ret, err);

		if (r < 0 || *ret != DFU_GOOD || (status.state == STATE_IDLE && !status.status))
			return r;
		request = way_to_idle(&status);
		r = request_out(dfu, request, 0, NULL, 0,
				request == REQUEST_ABORT ? "ABORT" : "CLRSTATUS", ret, err);
		if (r < 0 || *ret != DFU_GOOD)
			return r;
	}
	return fail(dfu, DFU_REFUSED, "the device does not become idle", ret);
}

/* As after a transfer: the state is known to need it. */
static int abort_to_idle(struct dfu *dfu, enum dfu_result *ret, struct err *err)
{
	int r = request_out(dfu, REQUEST_ABORT, 0, NULL, 0, "ABORT", ret, err);

	return r < 0 || *ret != DFU_GOOD ? r : to_idle(dfu, ret, err);
}

/* A descriptor, as long as it is: at most 'size' bytes. */
static int get_descriptor(struct dfu *dfu, uint16_t value, uint16_t index, uint8_t *bytes,
			  uint16_t size, uint16_t *ret_len, enum dfu_result *ret, struct err *err)
{
	struct slot_usb_setup setup = { TYPE_STANDARD_IN, GET_DESCRIPTOR, value, index, size };
	enum slot_usb_result how = SLOT_USB_UNKNOWN;
	int r = slot_usb_control(dfu->slot, &setup, bytes, TRANSFER_US_MAX, ret_len, &how, err);

	if (r < 0)
		return r;
	if (how != SLOT_USB_DONE)
		return fail_transfer(dfu, how, "GET_DESCRIPTOR", ret);
	*ret = DFU_GOOD;
	return 0;
}

/* A layout has ASCII only: a character that has none spoils it, and is refused as a layout. */
static void to_text(const uint8_t *bytes, uint16_t len, char ret[DFU_LAYOUT_MAX])
{
	size_t n = 0;

	for (uint16_t i = 2; i + 1 < len && n + 1 < DFU_LAYOUT_MAX; i = (uint16_t)(i + 2))
		ret[n++] = bytes[i + 1] == 0 && bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i]
										    : '?';
	ret[n] = '\0';
}

/* The memory's layout, by its name. One that is not understood has no segments. */
static int read_layout(struct dfu *dfu, struct dfu_memory *memory, enum dfu_result *ret,
		       struct err *err)
{
	uint8_t bytes[255];
	char text[DFU_LAYOUT_MAX];
	uint16_t len = 0;
	int r = get_descriptor(dfu, (uint16_t)(DESCRIPTOR_STRING | memory->string), ENGLISH_US,
			       bytes, sizeof(bytes), &len, ret, err);

	if (r < 0 || *ret != DFU_GOOD)
		return r;
	to_text(bytes, len, text);
	if (!dfu_parse_layout(text, memory))
		text_copy(memory->name, sizeof(memory->name), text);
	return 0;
}

static int read_interface(struct dfu *dfu, enum dfu_result *ret, struct err *err)
{
	uint8_t bytes[DFU_DESCRIPTORS_MAX];
	uint16_t len = 0;
	int r = get_descriptor(dfu, DESCRIPTOR_CONFIGURATION, 0, bytes, sizeof(bytes), &len, ret,
			       err);

	if (r < 0 || *ret != DFU_GOOD)
		return r;
	if (!dfu_parse_configuration(bytes, len, &dfu->interface))
		return fail(dfu, DFU_REFUSED, "the device has no DFU interface", ret);
	dfu->block_bytes = dfu->interface.transfer_bytes < DFU_TRANSFER_MAX
				   ? dfu->interface.transfer_bytes
				   : (uint16_t)DFU_TRANSFER_MAX;
	for (size_t i = 0; i < dfu->interface.memory_count && r == 0 && *ret == DFU_GOOD; i++)
		r = read_layout(dfu, &dfu->interface.memories[i], ret, err);
	return r;
}

int dfu_open(struct dfu *dfu, const struct slot *slot, enum dfu_result *ret, struct err *err)
{
	int r;

	*dfu = (struct dfu){ .slot = slot };
	r = read_interface(dfu, ret, err);
	if (r == 0 && *ret == DFU_GOOD)
		r = dfu_select(dfu, dfu->interface.memories[0].alternate, ret, err);
	return r < 0 || *ret != DFU_GOOD ? r : to_idle(dfu, ret, err);
}

int dfu_select(struct dfu *dfu, uint8_t alternate, enum dfu_result *ret, struct err *err)
{
	struct slot_usb_setup setup = { TYPE_SET_INTERFACE, SET_INTERFACE, alternate,
					dfu->interface.number, 0 };

	for (size_t i = 0; i < dfu->interface.memory_count; i++) {
		if (dfu->interface.memories[i].alternate != alternate)
			continue;
		dfu->memory = &dfu->interface.memories[i];
		return transfer(dfu, &setup, NULL, "SET_INTERFACE", ret, err);
	}
	return fail(dfu, DFU_REFUSED, "no such alternate setting", ret);
}

static int refuse_address(struct dfu *dfu, const char *what, uint32_t address, size_t len,
			  enum dfu_result *ret)
{
	char text[DFU_TEXT_MAX];

	snprintf(text, sizeof(text), "the layout lets nobody %s 0x%08x, %zu bytes", what, address,
		 len);
	return fail(dfu, DFU_REFUSED, text, ret);
}

int dfu_erase(struct dfu *dfu, uint32_t address, size_t len, enum dfu_result *ret, struct err *err)
{
	size_t done = 0;
	int r = 0;

	if (!dfu_grants(dfu->memory, address, len, DFU_ERASABLE))
		return refuse_address(dfu, "erase", address, len, ret);
	*ret = DFU_GOOD;
	while (done < len && r == 0 && *ret == DFU_GOOD) {
		uint32_t at = address + (uint32_t)done;
		uint32_t page = dfu_segment_at(dfu->memory, at)->page_bytes;

		r = command(dfu, COMMAND_ERASE, at, COMMAND_BYTES, "ERASE", ret, err);
		done += page - (at - dfu_segment_at(dfu->memory, at)->start) % page;
	}
	return r;
}

int dfu_mass_erase(struct dfu *dfu, enum dfu_result *ret, struct err *err)
{
	return command(dfu, COMMAND_ERASE, 0, COMMAND_MASS_ERASE_BYTES, "mass erase", ret, err);
}

int dfu_idle(struct dfu *dfu, enum dfu_result *ret, struct err *err)
{
	return to_idle(dfu, ret, err);
}

int dfu_write_block(struct dfu *dfu, uint32_t address, const uint8_t *bytes, uint16_t len,
		    enum dfu_result *ret, struct err *err)
{
	uint8_t data[DFU_TRANSFER_MAX];
	int r = set_address(dfu, address, ret, err);

	if (r < 0 || *ret != DFU_GOOD)
		return r;
	memcpy(data, bytes, len);
	r = request_out(dfu, REQUEST_DNLOAD, BLOCK_FIRST, data, len, "DNLOAD", ret, err);
	return r < 0 || *ret != DFU_GOOD ? r : poll(dfu, "DNLOAD", ret, err);
}

/* Bytes of the block that begins 'done' bytes into 'len'. */
static uint16_t block_bytes(const struct dfu *dfu, size_t done, size_t len)
{
	return len - done < dfu->block_bytes ? (uint16_t)(len - done) : dfu->block_bytes;
}

int dfu_write(struct dfu *dfu, uint32_t address, const uint8_t *bytes, size_t len,
	      enum dfu_result *ret, struct err *err)
{
	int r;

	if (!dfu_grants(dfu->memory, address, len, DFU_WRITABLE))
		return refuse_address(dfu, "write", address, len, ret);
	*ret = DFU_GOOD;
	r = dfu_grants(dfu->memory, address, len, DFU_ERASABLE)
		    ? dfu_erase(dfu, address, len, ret, err)
		    : 0;
	for (size_t done = 0; done < len && r == 0 && *ret == DFU_GOOD;) {
		uint16_t block = block_bytes(dfu, done, len);

		r = dfu_write_block(dfu, address + (uint32_t)done, bytes + done, block, ret, err);
		done += block;
	}
	return r < 0 || *ret != DFU_GOOD ? r : abort_to_idle(dfu, ret, err);
}

int dfu_read(struct dfu *dfu, uint32_t address, uint8_t *ret_bytes, size_t len,
	     enum dfu_result *ret, struct err *err)
{
	struct slot_usb_setup setup = { TYPE_IN, REQUEST_UPLOAD, BLOCK_FIRST, dfu->interface.number,
					0 };
	int r;

	if (!dfu_grants(dfu->memory, address, len, DFU_READABLE))
		return refuse_address(dfu, "read", address, len, ret);
	if (dfu->block_bytes != dfu->interface.transfer_bytes) /* it counts addresses by its own */
		return fail(dfu, DFU_REFUSED, "the device's blocks are too large to be read", ret);
	r = set_address(dfu, address, ret, err);
	if (r == 0 && *ret == DFU_GOOD)
		r = abort_to_idle(dfu, ret, err);
	for (size_t done = 0; done < len && r == 0 && *ret == DFU_GOOD; setup.value++) {
		setup.length = block_bytes(dfu, done, len);
		r = transfer(dfu, &setup, ret_bytes + done, "UPLOAD", ret, err);
		done += setup.length;
	}
	return r < 0 || *ret != DFU_GOOD ? r : abort_to_idle(dfu, ret, err);
}

/* Particle's bootloaders answer the last GETSTATUS with dfuDNLOAD-IDLE, where the standard has
 * dfuMANIFEST, and reset half a second later. */
int dfu_leave(struct dfu *dfu, uint32_t address, enum dfu_result *ret, struct err *err)
{
	struct status status;
	int r = set_address(dfu, address, ret, err);

	if (r < 0 || *ret != DFU_GOOD)
		return r;
	r = request_out(dfu, REQUEST_DNLOAD, BLOCK_FIRST, NULL, 0, "the leave request", ret, err);
	if (r == 0 && *ret == DFU_GOOD)
		r = get_status(dfu, &status, ret, err);
	if (r == 0 && *ret == DFU_GONE)
		*ret = DFU_GOOD;
	return r;
}
