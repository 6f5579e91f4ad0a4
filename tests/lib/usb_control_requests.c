/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be asked of the device through its service; protobuf both ways. */
#include "lib/peer_module.h"
#include "lib/usb_control_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum type {
	TYPE_ECHO = 1,
	TYPE_DEVICE_ID = 20,
	TYPE_SERIAL = 21,
	TYPE_VERSION = 30,
	TYPE_RESET = 40,
	TYPE_DFU = 50,
	TYPE_SAFE_MODE = 60,
	TYPE_LISTEN = 70,
	TYPE_STOP_LISTEN = 71,
	TYPE_MODE = 72,
	TYPE_MODULES = 90,
	TYPE_UPDATE_BEGIN = 250,
	TYPE_UPDATE_FINISH = 251,
	TYPE_UPDATE_CANCEL = 252,
	TYPE_UPDATE_DATA = 253,
};

enum wire { WIRE_VARINT = 0, WIRE_BYTES = 2 };
enum { REPLY_MAX = 1024, MODULE_MAX = 64 };

/* One field of a message; 'value' is its varint, or the length of 'bytes'. */
struct field {
	uint32_t number;
	enum wire wire;
	uint32_t value;
	const uint8_t *bytes;
};

static bool read_varint(const uint8_t *bytes, size_t len, size_t *at, uint32_t *ret)
{
	uint32_t value = 0;

	for (unsigned int shift = 0; shift < 35 && *at < len; shift += 7) {
		uint8_t byte = bytes[(*at)++];

		value |= (uint32_t)(byte & 127u) << shift;
		if (!(byte & 128)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

/* The next field; false at the end, or when it cannot be read (then *ret_bad). */
static bool next_field(const struct usb_control_request *request, size_t *at, struct field *ret,
		       bool *ret_bad)
{
	uint32_t tag;

	if (*at == request->size)
		return false;
	*ret_bad = true;
	if (!read_varint(request->payload, request->size, at, &tag))
		return false;
	ret->number = tag >> 3;
	ret->wire = (enum wire)(tag & 7);
	if ((ret->wire != WIRE_VARINT && ret->wire != WIRE_BYTES) ||
	    !read_varint(request->payload, request->size, at, &ret->value))
		return false;
	ret->bytes = request->payload + *at;
	if (ret->wire == WIRE_BYTES) {
		if (ret->value > request->size - *at)
			return false;
		*at += ret->value;
	}
	*ret_bad = false;
	return true;
}

static size_t put_varint(uint8_t *bytes, size_t len, uint32_t value)
{
	for (; value > 127; value >>= 7)
		bytes[len++] = (uint8_t)(value | 128);
	bytes[len++] = (uint8_t)value;
	return len;
}

static size_t put_number(uint8_t *bytes, size_t len, unsigned int number, uint32_t value)
{
	if (value == 0) /* is left out */
		return len;
	len = put_varint(bytes, len, number << 3 | WIRE_VARINT);
	return put_varint(bytes, len, value);
}

static size_t put_bytes(uint8_t *bytes, size_t len, unsigned int number, const void *data,
			size_t data_len)
{
	len = put_varint(bytes, len, number << 3 | WIRE_BYTES);
	len = put_varint(bytes, len, (uint32_t)data_len);
	memcpy(bytes + len, data, data_len);
	return len + data_len;
}

static void set_reply(struct usb_control_request *request, const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return;
	request->reply = malloc(len);
	assert(request->reply);
	memcpy(request->reply, bytes, len);
	request->reply_size = (uint32_t)len;
}

static int32_t echo(struct usb_control_device *device, struct usb_control_request *request)
{
	device->counts.echoes++;
	if (request->size > 0)
		set_reply(request, request->payload, request->size);
	return USB_CONTROL_GOOD;
}

static int32_t give_text(struct usb_control_request *request, const char *text)
{
	uint8_t bytes[REPLY_MAX];

	assert(strlen(text) < REPLY_MAX - 8);
	set_reply(request, bytes, put_bytes(bytes, 0, 1, text, strlen(text)));
	return USB_CONTROL_GOOD;
}

static int32_t device_id(struct usb_control_device *device, struct usb_control_request *request)
{
	return give_text(request, device->config.serial);
}

static int32_t version(struct usb_control_device *device, struct usb_control_request *request)
{
	return give_text(request, device->config.version);
}

static int32_t agree(struct usb_control_device *device, struct usb_control_request *request)
{
	(void)device;
	(void)request;
	return USB_CONTROL_GOOD;
}

static int32_t listen_or_not(struct usb_control_device *device, struct usb_control_request *request)
{
	device->mode = request->type == TYPE_LISTEN ? USB_CONTROL_LISTENING : USB_CONTROL_NORMAL;
	return USB_CONTROL_GOOD;
}

static int32_t mode(struct usb_control_device *device, struct usb_control_request *request)
{
	uint8_t bytes[8];

	set_reply(request, bytes, put_number(bytes, 0, 1, device->mode == USB_CONTROL_LISTENING));
	return USB_CONTROL_GOOD;
}

static int32_t modules(struct usb_control_device *device, struct usb_control_request *request)
{
	uint8_t bytes[REPLY_MAX];
	size_t len = 0;

	for (size_t i = 0; i < USB_CONTROL_MODULES_MAX; i++) {
		const struct usb_control_module *module = &device->config.modules[i];
		uint8_t inner[MODULE_MAX], need[MODULE_MAX];
		size_t inner_len, need_len;

		if (module->function == 0)
			break;
		inner_len = put_number(inner, 0, 1, module->function);
		inner_len = put_number(inner, inner_len, 2, module->index);
		inner_len = put_number(inner, inner_len, 3, module->version);
		inner_len = put_number(inner, inner_len, 4, module->region_bytes);
		inner_len = put_number(inner, inner_len, 5, module->validity);
		if (module->need.function) {
			need_len = put_number(need, 0, 1, module->need.function);
			need_len = put_number(need, need_len, 2, module->need.index);
			need_len = put_number(need, need_len, 3, module->need.version);
			inner_len = put_bytes(inner, inner_len, 6, need, need_len);
		}
		len = put_bytes(bytes, len, 1, inner, inner_len);
	}
	set_reply(request, bytes, len);
	return USB_CONTROL_GOOD;
}

/* size 1, format 2 (0 raw) -> chunk_size 1 */
static int32_t update_begin(struct usb_control_device *device, struct usb_control_request *request)
{
	const struct usb_control_faults *faults = &device->config.faults;
	struct field field = { 0 };
	uint32_t size = 0, format = 0;
	uint8_t bytes[8];
	size_t at = 0;
	bool bad = false;

	device->counts.begins++;
	while (next_field(request, &at, &field, &bad))
		if (field.number == 1 && field.wire == WIRE_VARINT)
			size = field.value;
		else if (field.number == 2 && field.wire == WIRE_VARINT)
			format = field.value;
	if (bad)
		return USB_CONTROL_BAD_DATA;
	if (faults->updates_disabled)
		return USB_CONTROL_UPDATES_DISABLED;
	if (format != 0)
		return USB_CONTROL_FORMAT;
	if (size == 0 || size > USB_CONTROL_STAGING_BYTES)
		return USB_CONTROL_ADDRESS;
	device->update_open = true;
	device->update_bytes = size;
	device->written = 0;
	memset(device->staging, 0xff, USB_CONTROL_STAGING_BYTES);
	set_reply(request, bytes,
		  put_number(bytes, 0, 1,
			     faults->chunk_bytes ? faults->chunk_bytes : USB_CONTROL_CHUNK_BYTES));
	return USB_CONTROL_GOOD;
}

/* data 1 */
static int32_t update_data(struct usb_control_device *device, struct usb_control_request *request)
{
	struct field field = { 0 };
	size_t at = 0;
	bool bad = false;

	device->counts.data_messages++;
	if (!device->update_open)
		return USB_CONTROL_INVALID_STATE;
	if (device->config.faults.refuse_data > 0 &&
	    device->counts.data_messages == device->config.faults.refuse_data)
		return USB_CONTROL_BAD_DATA;
	while (next_field(request, &at, &field, &bad)) {
		if (field.number != 1 || field.wire != WIRE_BYTES)
			continue;
		if (field.value > device->biggest_data)
			device->biggest_data = field.value;
		if (field.value > device->update_bytes - device->written)
			return USB_CONTROL_ADDRESS;
		memcpy(device->staging + device->written, field.bytes, field.value);
		device->written += field.value;
	}
	return bad ? USB_CONTROL_BAD_DATA : USB_CONTROL_GOOD;
}

static uint8_t number_of(char letter)
{
	static const char letters[] = "nrbmsu";
	const char *at = strchr(letters, letter);

	return at ? (uint8_t)(at - letters) : 0;
}

/* validate_only 1 */
static int32_t update_finish(struct usb_control_device *device, struct usb_control_request *request)
{
	struct peer_module module;
	struct field field = { 0 };
	bool only_validates = false;
	bool bad = false;
	size_t at = 0;
	int32_t result;

	device->counts.finishes++;
	while (next_field(request, &at, &field, &bad))
		if (field.number == 1 && field.wire == WIRE_VARINT)
			only_validates = field.value != 0;
	if (bad)
		return USB_CONTROL_BAD_DATA;
	if (!device->update_open || device->written != device->update_bytes)
		return USB_CONTROL_INVALID_STATE;
	result = peer_module_read(device->staging, USB_CONTROL_STAGING_BYTES,
				  device->config.platform, &module);
	if (only_validates)
		return result;
	device->update_open = false;
	device->applied = result == PEER_MODULE_GOOD;
	if (device->applied)
		device->applied_module =
			(struct usb_control_module){ .function = number_of(module.function),
						     .index = module.index,
						     .version = module.version };
	return result;
}

static int32_t update_cancel(struct usb_control_device *device, struct usb_control_request *request)
{
	(void)request;
	device->counts.update_cancels++;
	device->update_open = false;
	return USB_CONTROL_GOOD;
}

static const struct {
	uint16_t type;
	int32_t (*run)(struct usb_control_device *device, struct usb_control_request *request);
} types[] = {
	{ TYPE_ECHO, echo },
	{ TYPE_DEVICE_ID, device_id },
	{ TYPE_SERIAL, device_id },
	{ TYPE_VERSION, version },
	{ TYPE_RESET, agree },
	{ TYPE_DFU, agree },
	{ TYPE_SAFE_MODE, agree },
	{ TYPE_LISTEN, listen_or_not },
	{ TYPE_STOP_LISTEN, listen_or_not },
	{ TYPE_MODE, mode },
	{ TYPE_MODULES, modules },
	{ TYPE_UPDATE_BEGIN, update_begin },
	{ TYPE_UPDATE_FINISH, update_finish },
	{ TYPE_UPDATE_CANCEL, update_cancel },
	{ TYPE_UPDATE_DATA, update_data },
};

void usb_control_run(struct usb_control_device *device, struct usb_control_request *request)
{
	const struct usb_control_faults *faults = &device->config.faults;

	if (request->type == faults->fail_type && request->type != 0) {
		request->result = faults->fail_result;
		return;
	}
	request->result = USB_CONTROL_NOT_SUPPORTED;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == request->type) {
			request->result = types[i].run(device, request);
			if (request->type == faults->empty_type)
				request->reply_size = 0;
			return;
		}
	device->counts.unknown_types++;
}

int64_t usb_control_work_us(const struct usb_control_device *device,
			    const struct usb_control_request *request)
{
	struct field field = { 0 };
	int64_t sectors = 0;
	bool bad = false;
	size_t at = 0;

	(void)device;
	if (request->type != TYPE_UPDATE_BEGIN)
		return USB_CONTROL_WORK_US;
	while (next_field(request, &at, &field, &bad))
		if (field.number == 1 && field.wire == WIRE_VARINT &&
		    field.value <= USB_CONTROL_STAGING_BYTES)
			sectors = (field.value + USB_CONTROL_SECTOR_BYTES - 1) /
				  USB_CONTROL_SECTOR_BYTES;
	return USB_CONTROL_WORK_US + sectors * USB_CONTROL_ERASE_US;
}

void usb_control_taken(struct usb_control_device *device, const struct usb_control_request *request)
{
	if (request->result != USB_CONTROL_GOOD)
		return;
	switch (request->type) {
	case TYPE_RESET: device->after_reset = USB_CONTROL_NORMAL; break;
	case TYPE_DFU: device->after_reset = USB_CONTROL_IN_DFU; break;
	case TYPE_SAFE_MODE: device->after_reset = USB_CONTROL_SAFE_MODE; break;
	case TYPE_UPDATE_FINISH:
		if (!device->applied)
			return;
		device->after_reset = USB_CONTROL_NORMAL;
		break;
	default: return;
	}
	device->reset_us = device->now_us + USB_CONTROL_RESET_US;
}
