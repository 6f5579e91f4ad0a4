/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The service: requests are begun, fed, asked for, read and cancelled. And the slot around it. */
#include "lib/usb_control_device.h"
#include "lib/usb_control_inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN_VENDOR = 0xc0, OUT_VENDOR = 0x40, REPLY_BYTES_MAX = 16 };
enum mask { HAS_STATUS = 1, HAS_ID = 2, HAS_SIZE = 4, HAS_RESULT = 8 };
enum raw { RAW_ID = 20, RAW_VERSION = 30, RAW_RESET = 40, RAW_DISCONNECT = 302 };

static const struct usb_control_module healthy[] = {
	{ 2, 0, 1006, 16384, 0, { 0, 0, 0 } },
	{ 4, 1, 2302, 262144, 0, { 4, 2, 207 } },
	{ 4, 2, 2302, 262144, 0, { 4, 1, 2302 } },
	{ 5, 1, 6, 131072, 0, { 4, 2, 2302 } },
};

struct usb_control_device *usb_control_device_new(const struct usb_control_config *config)
{
	struct usb_control_device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->staging = malloc(USB_CONTROL_STAGING_BYTES);
	if (!device->staging) {
		free(device);
		return NULL;
	}
	memset(device->staging, 0xff, USB_CONTROL_STAGING_BYTES);
	device->config = *config;
	if (device->config.platform == 0)
		device->config.platform = 8;
	if (!device->config.serial)
		device->config.serial = "30002a000547343233323032";
	if (!device->config.version)
		device->config.version = "2.3.1";
	if (device->config.modules[0].function == 0)
		memcpy(device->config.modules, healthy, sizeof(healthy));
	device->powered = true;
	device->reset_us = INT64_MAX;
	return device;
}

static void release(struct usb_control_request *request)
{
	free(request->payload);
	free(request->reply);
	memset(request, 0, sizeof(*request));
}

void usb_control_device_free(struct usb_control_device *device)
{
	if (!device)
		return;
	for (size_t i = 0; i < USB_CONTROL_ACTIVE_MAX; i++)
		release(&device->requests[i]);
	free(device->staging);
	free(device);
}

static struct usb_control_request *find(struct usb_control_device *device, uint16_t id)
{
	for (size_t i = 0; i < USB_CONTROL_ACTIVE_MAX; i++)
		if (device->requests[i].state != USB_REQUEST_FREE && device->requests[i].id == id)
			return &device->requests[i];
	return NULL;
}

/* The reply of the service: a mask, then the fields that it names, in this order. */
static enum slot_usb_result reply(uint32_t mask, uint16_t status, uint16_t id, uint32_t size,
				  int32_t result, uint8_t *data, uint16_t *ret_len)
{
	const struct {
		uint32_t value;
		unsigned int bytes;
		uint32_t bit;
	} fields[] = {
		{ mask | HAS_STATUS, 4, 0 },
		{ status, 2, 0 },
		{ id, 2, HAS_ID },
		{ size, 4, HAS_SIZE },
		{ (uint32_t)result, 4, HAS_RESULT },
	};
	uint16_t len = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		for (unsigned int k = 0; k < fields[i].bytes; k++)
			if (fields[i].bit == 0 || fields[i].bit & mask)
				data[len++] = (uint8_t)(fields[i].value >> 8 * k);
	*ret_len = len;
	return SLOT_USB_DONE;
}

static enum slot_usb_result reply_status(uint16_t status, uint8_t *data, uint16_t *ret_len)
{
	return reply(0, status, 0, 0, 0, data, ret_len);
}

static void start(struct usb_control_device *device, struct usb_control_request *request)
{
	request->state = USB_REQUEST_RUNNING;
	request->ready_us = device->now_us + usb_control_work_us(device, request);
	if (request->type != 0 && request->type == device->config.faults.endless_type)
		request->ready_us = INT64_MAX;
}

static enum slot_usb_result init(struct usb_control_device *device,
				 const struct slot_usb_setup *setup, uint8_t *data,
				 uint16_t *ret_len)
{
	struct usb_control_request *request = device->requests;
	uint16_t status = USB_CONTROL_OK;

	device->counts.inits++;
	if (setup->length < USB_CONTROL_REPLY_MIN)
		return SLOT_USB_STALL;
	while (request < device->requests + USB_CONTROL_ACTIVE_MAX &&
	       request->state != USB_REQUEST_FREE)
		request++;
	if (device->config.faults.busy_count > 0 ||
	    request == device->requests + USB_CONTROL_ACTIVE_MAX) {
		if (device->config.faults.busy_count > 0)
			device->config.faults.busy_count--;
		device->counts.busies++;
		return reply_status(USB_CONTROL_BUSY, data, ret_len);
	}
	if (++device->last_id == 0)
		device->last_id = 1;
	*request = (struct usb_control_request){ .id = device->last_id,
						 .type = setup->index,
						 .size = setup->value };
	if (request->size > 0) {
		request->payload = malloc(request->size);
		assert(request->payload);
		request->state = USB_REQUEST_TAKING;
	}
	if (request->size == 0) {
		start(device, request);
	} else if (request->size > USB_CONTROL_POOLED_BYTES) {
		request->state = USB_REQUEST_ALLOCATING;
		request->ready_us = device->now_us + USB_CONTROL_ALLOC_US;
		status = USB_CONTROL_PENDING;
	}
	if (usb_control_is_lost(device, setup->index))
		release(request);
	return reply(HAS_ID, status, device->last_id, 0, 0, data, ret_len);
}

static void settle(struct usb_control_device *device)
{
	for (size_t i = 0; i < USB_CONTROL_ACTIVE_MAX; i++) {
		struct usb_control_request *request = &device->requests[i];

		if (device->now_us < request->ready_us)
			continue;
		if (request->state == USB_REQUEST_ALLOCATING) {
			request->state = USB_REQUEST_TAKING;
			if (device->config.faults.no_memory_count > 0) {
				device->config.faults.no_memory_count--;
				request->state = USB_REQUEST_NO_MEMORY;
			}
		} else if (request->state == USB_REQUEST_RUNNING) {
			usb_control_run(device, request);
			request->state = USB_REQUEST_DONE;
		}
	}
}

static void finish(struct usb_control_device *device, struct usb_control_request *request)
{
	device->counts.finished++;
	usb_control_taken(device, request);
	release(request);
}

static enum slot_usb_result check(struct usb_control_device *device,
				  const struct slot_usb_setup *setup, uint8_t *data,
				  uint16_t *ret_len)
{
	const struct usb_control_faults *faults = &device->config.faults;
	struct usb_control_request *request = find(device, setup->index);
	uint32_t size;
	int32_t result;

	device->counts.checks++;
	if (setup->length < USB_CONTROL_REPLY_MIN)
		return SLOT_USB_STALL;
	if (!request)
		return reply_status(USB_CONTROL_NOT_FOUND, data, ret_len);
	switch (request->state) {
	case USB_REQUEST_NO_MEMORY:
		release(request);
		return reply_status(USB_CONTROL_NO_MEMORY, data, ret_len);
	case USB_REQUEST_TAKING: return reply_status(USB_CONTROL_OK, data, ret_len);
	case USB_REQUEST_DONE: break;
	case USB_REQUEST_FREE:
	case USB_REQUEST_ALLOCATING:
	case USB_REQUEST_RUNNING: return reply_status(USB_CONTROL_PENDING, data, ret_len);
	}
	result = request->result;
	size = request->reply_size;
	if (size == 0) {
		finish(device, request); /* this is all there is */
		return reply(HAS_RESULT, USB_CONTROL_OK, 0, 0, result, data, ret_len);
	}
	if (request->type == faults->size_type)
		size += (uint32_t)faults->size_error;
	return reply(HAS_SIZE | HAS_RESULT, USB_CONTROL_OK, 0, size, result, data, ret_len);
}

static enum slot_usb_result take_payload(struct usb_control_device *device,
					 const struct slot_usb_setup *setup, const uint8_t *data,
					 uint16_t *ret_len)
{
	struct usb_control_request *request = find(device, setup->index);

	device->counts.sends++;
	if (!request || request->state != USB_REQUEST_TAKING || setup->length == 0 ||
	    setup->length > request->size - request->taken)
		return SLOT_USB_STALL;
	memcpy(request->payload + request->taken, data, setup->length);
	request->taken = (uint16_t)(request->taken + setup->length);
	if (request->taken == request->size)
		start(device, request);
	*ret_len = setup->length;
	return SLOT_USB_DONE;
}

static enum slot_usb_result give_reply(struct usb_control_device *device,
				       const struct slot_usb_setup *setup, uint8_t *data,
				       uint16_t *ret_len)
{
	struct usb_control_request *request = find(device, setup->index);

	device->counts.recvs++;
	if (!request || request->state != USB_REQUEST_DONE || setup->length == 0 ||
	    setup->length > request->reply_size - request->sent)
		return SLOT_USB_STALL;
	memcpy(data, request->reply + request->sent, setup->length);
	request->sent += setup->length;
	*ret_len = setup->length;
	if (request->sent == request->reply_size)
		finish(device, request);
	return SLOT_USB_DONE;
}

static enum slot_usb_result cancel(struct usb_control_device *device,
				   const struct slot_usb_setup *setup, uint8_t *data,
				   uint16_t *ret_len)
{
	struct usb_control_request *request = find(device, setup->index);

	device->counts.cancels++;
	if (setup->length < USB_CONTROL_REPLY_MIN)
		return SLOT_USB_STALL;
	if (setup->index == 0)
		for (size_t i = 0; i < USB_CONTROL_ACTIVE_MAX; i++)
			release(&device->requests[i]);
	else if (request)
		release(request);
	else
		return reply_status(USB_CONTROL_NOT_FOUND, data, ret_len);
	return reply_status(USB_CONTROL_OK, data, ret_len);
}

static enum slot_usb_result give_text(const char *text, uint16_t room, uint8_t *data,
				      uint16_t *ret_len)
{
	size_t len = strlen(text);

	if (room < len)
		return SLOT_USB_STALL;
	memcpy(data, text, len);
	*ret_len = (uint16_t)len;
	return SLOT_USB_DONE;
}

/* Requests of one packet, past the service. */
static enum slot_usb_result raw(struct usb_control_device *device,
				const struct slot_usb_setup *setup, uint8_t *data,
				uint16_t *ret_len)
{
	if (setup->type == IN_VENDOR && setup->length > 0) {
		if (setup->index == RAW_ID)
			return give_text(device->config.serial, setup->length, data, ret_len);
		if (setup->index == RAW_VERSION)
			return give_text(device->config.version, setup->length, data, ret_len);
		return SLOT_USB_STALL;
	}
	if (setup->type != OUT_VENDOR)
		return SLOT_USB_STALL;
	*ret_len = 0;
	if (setup->index == RAW_RESET && !device->config.before_2_0) {
		device->after_reset = USB_CONTROL_NORMAL;
		device->reset_us = device->now_us;
	} else if (setup->index == RAW_DISCONNECT) {
		device->counts.raw_disconnects++;
	} else {
		return SLOT_USB_STALL;
	}
	return SLOT_USB_DONE;
}

static bool is_stalled(struct usb_control_device *device, uint8_t service)
{
	struct usb_control_faults *faults = &device->config.faults;

	if (service == 0 || service != faults->stall_service)
		return false;
	if (faults->stall_count > 0 && --faults->stall_count == 0)
		faults->stall_service = 0;
	return true;
}

static enum slot_usb_result dispatch(struct usb_control_device *device,
				     const struct slot_usb_setup *setup, uint8_t *data,
				     uint16_t *ret_len)
{
	static const struct {
		uint8_t type;
		uint8_t request;
		enum slot_usb_result (*answer)(struct usb_control_device *device,
					       const struct slot_usb_setup *setup, uint8_t *data,
					       uint16_t *ret_len);
	} services[] = {
		{ IN_VENDOR, USB_CONTROL_INIT, init },
		{ IN_VENDOR, USB_CONTROL_CHECK, check },
		{ IN_VENDOR, USB_CONTROL_RECV, give_reply },
		{ IN_VENDOR, USB_CONTROL_RESET, cancel },
		{ IN_VENDOR, USB_CONTROL_RAW, raw },
		{ OUT_VENDOR, USB_CONTROL_RAW, raw },
	};

	if (device->mode == USB_CONTROL_IN_DFU || is_stalled(device, setup->request))
		return SLOT_USB_STALL;
	if (setup->type == OUT_VENDOR && setup->request == USB_CONTROL_SEND)
		return take_payload(device, setup, data, ret_len);
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (services[i].type == setup->type && services[i].request == setup->request)
			return services[i].answer(device, setup, data, ret_len);
	return SLOT_USB_STALL;
}

static void set_on_bus(struct usb_control_device *device, bool on_bus)
{
	uint32_t base = device->mode == USB_CONTROL_IN_DFU ? USB_CONTROL_DFU : USB_CONTROL_RUNS;

	if (device->on_bus == on_bus)
		return;
	device->on_bus = on_bus;
	if (device->listener.usb)
		device->listener.usb(device->listener.ctx, device->now_us, on_bus,
				     USB_CONTROL_VENDOR,
				     (uint16_t)(base + device->config.platform));
}

static void forget(struct usb_control_device *device)
{
	for (size_t i = 0; i < USB_CONTROL_ACTIVE_MAX; i++)
		release(&device->requests[i]);
	device->update_open = false;
	device->reset_us = INT64_MAX;
}

/* The bootloader has put in place what was staged. */
static void apply(struct usb_control_device *device)
{
	for (size_t i = 0; device->applied && i < USB_CONTROL_MODULES_MAX; i++) {
		struct usb_control_module *module = &device->config.modules[i];

		if (module->function == device->applied_module.function &&
		    module->index == device->applied_module.index)
			module->version = device->applied_module.version;
	}
}

/* All that is due until now: a reset, the bus after it, requests. */
static void happen(struct usb_control_device *device)
{
	if (!device->powered)
		return;
	if (device->now_us >= device->reset_us && !device->config.faults.no_reset) {
		device->counts.resets++;
		set_on_bus(device, false);
		forget(device);
		apply(device);
		device->mode = device->after_reset;
		device->boot_us = device->now_us + USB_CONTROL_BOOT_US;
	}
	settle(device);
	if (device->port == SLOT_USB_JOINED && device->now_us >= device->boot_us)
		set_on_bus(device, true);
}

/* Time passes by what happens next, so that nothing is told late. */
static void pass(struct usb_control_device *device, int64_t until_us)
{
	bool resets = device->powered && !device->config.faults.no_reset;

	if (resets && device->reset_us <= until_us) {
		if (device->reset_us > device->now_us)
			device->now_us = device->reset_us;
		happen(device);
	}
	if (device->powered && device->boot_us > device->now_us && device->boot_us <= until_us) {
		device->now_us = device->boot_us;
		happen(device);
	}
	if (until_us > device->now_us)
		device->now_us = until_us;
	happen(device);
}

static int64_t slot_time(void *backend)
{
	const struct usb_control_device *device = backend;

	return device->now_us;
}

static int slot_pass(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	(void)err;
	pass(backend, deadline_us);
	*ret = SLOT_WAIT_DEADLINE;
	return 0;
}

static void slot_hears(void *backend, const struct slot_listener *listener)
{
	struct usb_control_device *device = backend;

	device->listener = *listener;
}

static int slot_power(void *backend, enum slot_power power, struct err *err)
{
	struct usb_control_device *device = backend;

	(void)err;
	if (power == SLOT_POWER_OFF) {
		set_on_bus(device, false);
		forget(device);
	} else if (!device->powered) {
		device->mode = USB_CONTROL_NORMAL;
		device->boot_us = device->now_us + USB_CONTROL_BOOT_US;
	}
	device->powered = power == SLOT_POWER_ON;
	return 0;
}

static int slot_port(void *backend, enum slot_usb_port port, struct err *err)
{
	struct usb_control_device *device = backend;

	(void)err;
	device->port = port;
	if (port == SLOT_USB_PARTED)
		set_on_bus(device, false);
	happen(device);
	return 0;
}

static bool slot_device(void *backend, struct slot_usb_device *ret)
{
	const struct usb_control_device *device = backend;
	uint32_t base = device->mode == USB_CONTROL_IN_DFU ? USB_CONTROL_DFU : USB_CONTROL_RUNS;

	if (!device->on_bus)
		return false;
	*ret = (struct slot_usb_device){ .vendor = USB_CONTROL_VENDOR,
					 .product = (uint16_t)(base + device->config.platform),
					 .release = 0x0250 };
	snprintf(ret->serial, sizeof(ret->serial), "%s", device->config.serial);
	return true;
}

static int slot_control(void *backend, const struct slot_usb_setup *setup, uint8_t *data,
			int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
			struct err *err)
{
	struct usb_control_device *device = backend;
	const struct usb_control_faults *faults = &device->config.faults;
	uint16_t len = 0;

	(void)err;
	*ret = SLOT_USB_GONE;
	if (!device->on_bus)
		return 0;
	device->counts.transfers++;
	if (faults->silent_at > 0 && device->counts.transfers >= faults->silent_at) {
		pass(device, device->now_us + timeout_us);
		*ret = SLOT_USB_TIMEOUT;
		return 0;
	}
	pass(device, device->now_us + USB_CONTROL_TRANSFER_US);
	if (!device->on_bus)
		return 0;
	*ret = dispatch(device, setup, data, &len);
	if (*ret == SLOT_USB_STALL)
		device->counts.stalls++;
	else
		*ret_len = len;
	happen(device);
	if (faults->gone_at_data > 0 && device->counts.data_messages == faults->gone_at_data) {
		device->config.faults.gone_at_data = 0;
		device->boot_us = INT64_MAX;
		set_on_bus(device, false);
		*ret = SLOT_USB_GONE;
	}
	return 0;
}

static void slot_end(void *backend)
{
	struct usb_control_device *device = backend;

	device->port = SLOT_USB_PARTED;
	device->on_bus = false;
}

void usb_control_device_slot(struct usb_control_device *device, struct slot *ret)
{
	static const struct slot_time_ops time_ops = { .now_us = slot_time,
						       .wait = slot_pass,
						       .listen = slot_hears };
	static const struct slot_power_ops power_ops = { .set = slot_power };
	static const struct slot_usb_ops usb_ops = { .join = slot_port,
						     .device = slot_device,
						     .control = slot_control };

	*ret = (struct slot){
		.name = "usb-control",
		.capabilities = SLOT_USB | SLOT_POWER,
		.backend = device,
		.time = &time_ops,
		.power = &power_ops,
		.usb = &usb_ops,
		.close = slot_end,
	};
}
