/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/cloud_device.h"
#include "lib/cloud_device_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PING_US = 15000000, ERASE_US = 1000000, GREETING_ROOM = 1024 };

static const struct cloud_device_module healthy_052[] = {
	{ 16384, 'm', 30, 30, 'b', 0, 7, { { 0 }, { 0 } } },
	{ 262144, 'm', 30, 30, 's', 1, 17, { { 0 }, { 0 } } },
	{ 262144, 'm', 30, 30, 's', 2, 17, { { 's', 1, 17 }, { 0 } } },
	{ 131072, 'm', 30, 30, 'u', 1, 2, { { 's', 2, 1 }, { 0 } } },
	{ 131072, 'f', 30, 0, 0, 0, 0, { { 0 }, { 0 } } },
};

static const struct cloud_device_module healthy_07[] = {
	{ 16384, 'm', 30, 30, 'b', 0, 101, { { 0 }, { 0 } } },
	{ 262144, 'm', 30, 30, 's', 1, 207, { { 's', 2, 207 }, { 0 } } },
	{ 262144, 'm', 30, 30, 's', 2, 207, { { 's', 1, 207 }, { 'b', 0, 101 } } },
	{ 131072, 'm', 30, 30, 'u', 1, 4, { { 's', 2, 207 }, { 0 } } },
	{ 131072, 'f', 30, 0, 0, 0, 0, { { 0 }, { 0 } } },
};

/* an empty factory region is left out from 2.2.0 on */
static const struct cloud_device_module healthy_23[] = {
	{ 16384, 'm', 30, 30, 'b', 0, 1006, { { 0 }, { 0 } } },
	{ 262144, 'm', 30, 30, 's', 1, 2302, { { 's', 2, 207 }, { 0 } } },
	{ 262144, 'm', 30, 30, 's', 2, 2302, { { 's', 1, 2302 }, { 'b', 0, 1003 } } },
	{ 131072, 'm', 30, 30, 'u', 1, 6, { { 's', 2, 2302 }, { 0 } } },
};

static void set_defaults(struct cloud_device_config *config)
{
	assert(config->era != CLOUD_ERA_UNKNOWN);
	if (config->platform == 0)
		config->platform = 8;
	if (config->product == 0)
		config->product = config->platform;
	if (config->erase_us == 0)
		config->erase_us = ERASE_US;
	if (config->ping_us == 0)
		config->ping_us = PING_US;
	if (config->frame_bytes_max == 0)
		config->frame_bytes_max = CLOUD_DEVICE_FRAME_MAX;
	assert(config->frame_bytes_max <= CLOUD_DEVICE_IN_MAX - 2);
	if (config->modules[0].region_bytes > 0)
		return;
	if (config->era == CLOUD_ERA_052)
		memcpy(config->modules, healthy_052, sizeof(healthy_052));
	else if (config->era == CLOUD_ERA_07)
		memcpy(config->modules, healthy_07, sizeof(healthy_07));
	else
		memcpy(config->modules, healthy_23, sizeof(healthy_23));
}

struct cloud_device *cloud_device_new(const struct cloud_device_config *config,
				      const struct cloud_device_keys *keys)
{
	struct cloud_device *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	device->staging = malloc(CLOUD_DEVICE_STAGING_BYTES);
	if (!device->staging) {
		free(device);
		return NULL;
	}
	memset(device->staging, 0xff, CLOUD_DEVICE_STAGING_BYTES);
	device->config = *config;
	device->keys = *keys;
	set_defaults(&device->config);
	return device;
}

void cloud_device_free(struct cloud_device *device)
{
	if (!device)
		return;
	free(device->staging);
	free(device);
}

void cloud_device_connect(struct cloud_device *device, int64_t now_us)
{
	device->counts.connects++;
	device->phase = CLOUD_DEVICE_NONCE;
	device->end = CLOUD_END_NONE;
	device->hung = false;
	device->step_deadline_us = now_us + CLOUD_DEVICE_STEP_US;
	device->busy_until_us = 0;
	device->ping_at_us = INT64_MAX;
	device->pong_deadline_us = INT64_MAX;
	device->waiting_count = 0;
	device->in_count = 0;
	device->out_count = 0;
	memset(&device->update, 0, sizeof(device->update)); /* nothing can be resumed */
}

void cloud_device_finish(struct cloud_device *device, enum cloud_device_end end)
{
	if (device->phase == CLOUD_DEVICE_OVER)
		return;
	if (end == CLOUD_END_RESET || end == CLOUD_END_IDLE)
		device->counts.resets++;
	device->phase = CLOUD_DEVICE_OVER;
	device->end = end;
	device->update.phase = CLOUD_UPDATE_NONE;
}

void cloud_device_closed(struct cloud_device *device)
{
	cloud_device_finish(device, CLOUD_END_CLOSED);
}

static void put_header(struct cloud_device *device, enum coap_type type, uint8_t code, uint16_t id,
		       int token, const void *rest, size_t len)
{
	uint8_t bytes[MESSAGE_MAX];
	size_t at = 0;

	assert(len <= sizeof(bytes) - 5);
	if (device->config.faults.mute && device->phase == CLOUD_DEVICE_ONLINE)
		return;
	bytes[at++] = (uint8_t)(0x40 | type << 4 | (token != COAP_NO_TOKEN));
	bytes[at++] = code;
	bytes[at++] = (uint8_t)(id >> 8);
	bytes[at++] = (uint8_t)id;
	if (token != COAP_NO_TOKEN)
		bytes[at++] = (uint8_t)token;
	if (len > 0)
		memcpy(bytes + at, rest, len);
	cloud_link_send(device, bytes, at + len);
}

void cloud_device_say(struct cloud_device *device, enum coap_type type, uint8_t code, int token,
		      const void *rest, size_t len)
{
	assert(type != COAP_ACK);
	device->message_id++;
	if (type == COAP_CON && code != COAP_EMPTY) {
		device->counts.con_sent++;
		if (device->waiting_count < CLOUD_DEVICE_WAITING_MAX)
			device->waiting[device->waiting_count++] = device->message_id;
	}
	put_header(device, type, code, device->message_id, token, rest, len);
}

void cloud_device_answer(struct cloud_device *device, uint8_t code, uint16_t id, int token,
			 const void *payload, size_t len)
{
	uint8_t rest[MESSAGE_MAX - 5];

	assert(len < sizeof(rest));
	rest[0] = 0xff;
	if (len > 0)
		memcpy(rest + 1, payload, len);
	put_header(device, COAP_ACK, code, id, token, rest, len > 0 ? len + 1 : 0);
}

/* product, product's version, 0, flags, platform, and the id when it is to be there */
static void say_hello(struct cloud_device *device, int64_t now_us)
{
	const struct cloud_device_config *config = &device->config;
	uint8_t flags = (uint8_t)(config->flags | (device->last_good ? CLOUD_FLAG_LAST_GOOD : 0));
	uint8_t rest[3 + 10 + CLOUD_DEVICE_ID_BYTES] = {
		0xb1,
		'h',
		0xff,
		(uint8_t)(config->product >> 8),
		(uint8_t)config->product,
		(uint8_t)(config->product_version >> 8),
		(uint8_t)config->product_version,
		0,
		flags,
		(uint8_t)(config->platform >> 8),
		(uint8_t)config->platform,
		0,
		CLOUD_DEVICE_ID_BYTES,
	};

	memcpy(rest + 13, config->id, CLOUD_DEVICE_ID_BYTES);
	device->phase = CLOUD_DEVICE_GREETING;
	device->step_deadline_us = now_us + CLOUD_DEVICE_HELLO_US;
	if (config->faults.no_hello)
		return;
	device->counts.hellos++;
	cloud_device_say(device, COAP_NON, COAP_POST, COAP_NO_TOKEN, rest,
			 config->hello_id ? sizeof(rest) : 11);
}

static void misbehave(struct cloud_device *device)
{
	static const uint8_t messages[][8] = {
		{ 0x41, 0x04, 0, 1, 9, 0xb1, 'z' },	  /* DELETE */
		{ 0x41, 0x01, 0, 2, 9, 0xb1, 'q' },	  /* a path that is none */
		{ 0x51, 0xc7, 0, 3, 9 },		  /* a code that is none */
		{ 0x71, 0x00, 0, 4, 9 },		  /* a reset */
		{ 0x48, 0x01, 0, 5, 1, 2, 3, 4 },	  /* a token that is half there */
		{ 0x41, 0x02, 0, 6, 9, 0xbd, 0xff, 'x' }, /* an option longer than all */
	};
	static const uint8_t lengths[] = { 7, 7, 5, 5, 8, 8 };
	const struct cloud_device_faults *faults = &device->config.faults;
	uint8_t bytes[34] = { 0, 32 };

	if (faults->unknown_messages)
		for (size_t i = 0; i < sizeof(lengths); i++)
			cloud_link_send(device, messages[i], lengths[i]);
	if (faults->garbage_frame) {
		memset(bytes + 2, 0xa5, 32);
		cloud_link_raw(device, bytes, sizeof(bytes));
	}
	if (faults->frame_length > 0) {
		bytes[0] = (uint8_t)(faults->frame_length >> 8);
		bytes[1] = (uint8_t)faults->frame_length;
		cloud_link_raw(device, bytes, 18);
	}
}

static void drop_input(struct cloud_device *device, size_t len)
{
	device->in_count -= len;
	memmove(device->in, device->in + len, device->in_count);
}

/* One step of the handshake; false when bytes are missing. */
static bool shake_hands(struct cloud_device *device, int64_t now_us)
{
	unsigned int limit = device->config.faults.handshake_bytes;
	uint8_t request[CLOUD_DEVICE_REQUEST_BYTES];
	enum cloud_device_end end;

	if (device->phase == CLOUD_DEVICE_NONCE) {
		if (device->in_count < CLOUD_DEVICE_NONCE_BYTES)
			return false;
		memcpy(device->nonce, device->in, CLOUD_DEVICE_NONCE_BYTES);
		drop_input(device, CLOUD_DEVICE_NONCE_BYTES);
		cloud_link_request(device, request);
		cloud_link_raw(device, request,
			       limit > 0 && limit < sizeof(request) ? limit : sizeof(request));
		device->phase = CLOUD_DEVICE_ANSWER;
		device->step_deadline_us = now_us + CLOUD_DEVICE_STEP_US;
		return true;
	}
	if (device->in_count < CLOUD_DEVICE_ANSWER_BYTES)
		return false;
	end = cloud_link_accept(device, device->in);
	if (end != CLOUD_END_NONE) {
		cloud_device_finish(device, end);
		return false;
	}
	drop_input(device, CLOUD_DEVICE_ANSWER_BYTES);
	say_hello(device, now_us);
	misbehave(device);
	return true;
}

/* One frame; false when it is not there as a whole, or cannot be answered now. */
static bool take_frame(struct cloud_device *device, int64_t now_us)
{
	uint8_t frame[CLOUD_DEVICE_IN_MAX];
	size_t len;
	long message_len;

	if (device->in_count < 2)
		return false;
	len = be16(device->in);
	if (len == 0 || len % 16 != 0 || len > device->config.frame_bytes_max) {
		cloud_device_finish(device, CLOUD_END_FRAME);
		return false;
	}
	if (device->in_count < 2 + len ||
	    device->out_count > CLOUD_DEVICE_OUT_MAX - MESSAGE_ROOM - GREETING_ROOM)
		return false;
	memcpy(frame, device->in + 2, len);
	drop_input(device, 2 + len);
	device->counts.frames_in++;
	message_len = cloud_link_open(device, frame, len);
	if (message_len < 0)
		cloud_device_finish(device, CLOUD_END_FRAME);
	else
		cloud_hear_message(device, frame, (size_t)message_len, now_us);
	return true;
}

size_t cloud_device_hear(struct cloud_device *device, const uint8_t *bytes, size_t len,
			 int64_t now_us)
{
	size_t taken = 0;

	assert(device->phase != CLOUD_DEVICE_APART);
	if (device->phase == CLOUD_DEVICE_OVER || device->hung)
		return len; /* to nobody */
	while (taken < len) {
		size_t room = CLOUD_DEVICE_IN_MAX - device->in_count;
		size_t part = len - taken < room ? len - taken : room;

		memcpy(device->in + device->in_count, bytes + taken, part);
		device->in_count += part;
		taken += part;
		cloud_device_step(device, now_us);
		if (device->in_count == CLOUD_DEVICE_IN_MAX)
			break;
		if (device->phase == CLOUD_DEVICE_OVER || device->hung)
			return len;
	}
	return taken;
}

static void keep_alive(struct cloud_device *device, int64_t now_us)
{
	if (now_us >= device->pong_deadline_us)
		cloud_device_finish(device, CLOUD_END_PONG);
	else if (now_us >= device->ping_at_us)
		cloud_device_ping(device, now_us);
}

void cloud_device_step(struct cloud_device *device, int64_t now_us)
{
	bool more = true;

	while (more && device->phase < CLOUD_DEVICE_OVER && !device->hung) {
		more = false;
		if (now_us < device->busy_until_us)
			return;
		if (device->phase == CLOUD_DEVICE_ONLINE)
			cloud_update_step(device, now_us);
		if (device->phase == CLOUD_DEVICE_NONCE || device->phase == CLOUD_DEVICE_ANSWER)
			more = shake_hands(device, now_us);
		else if (device->phase == CLOUD_DEVICE_GREETING ||
			 device->phase == CLOUD_DEVICE_ONLINE)
			more = take_frame(device, now_us);
	}
	if (device->phase >= CLOUD_DEVICE_NONCE && device->phase <= CLOUD_DEVICE_GREETING &&
	    now_us >= device->step_deadline_us)
		cloud_device_finish(device, CLOUD_END_LATE);
	if (device->phase == CLOUD_DEVICE_ONLINE && !device->hung)
		keep_alive(device, now_us);
}

int64_t cloud_device_deadline(const struct cloud_device *device)
{
	int64_t deadline;

	if (device->phase == CLOUD_DEVICE_APART || device->phase == CLOUD_DEVICE_OVER ||
	    device->hung)
		return INT64_MAX;
	if (device->phase != CLOUD_DEVICE_ONLINE)
		return device->step_deadline_us;
	deadline = cloud_update_deadline(device);
	if (device->ping_at_us < deadline)
		deadline = device->ping_at_us;
	if (device->pong_deadline_us < deadline)
		deadline = device->pong_deadline_us;
	return deadline > device->busy_until_us ? deadline : device->busy_until_us;
}

void cloud_device_sent(struct cloud_device *device, size_t len)
{
	assert(len <= device->out_count);
	device->out_count -= len;
	memmove(device->out, device->out + len, device->out_count);
}

void cloud_device_ping(struct cloud_device *device, int64_t now_us)
{
	assert(device->phase == CLOUD_DEVICE_ONLINE);
	device->counts.pings_out++;
	cloud_device_say(device, COAP_CON, COAP_EMPTY, COAP_NO_TOKEN, NULL, 0);
	device->ping_id = device->message_id;
	device->ping_at_us = INT64_MAX;
	device->pong_deadline_us = now_us + CLOUD_DEVICE_PONG_US;
}

void cloud_device_goodbye(struct cloud_device *device)
{
	/* path 'x', an empty option 258 (no response wanted), no field that says why */
	static const uint8_t rest[] = { 0xb1, 'x', 0xd0, 0xea, 0xff, 0 };

	assert(device->phase == CLOUD_DEVICE_ONLINE);
	cloud_device_say(device, COAP_NON, COAP_POST, COAP_NO_TOKEN, rest, sizeof(rest));
	cloud_device_finish(device, CLOUD_END_DROPPED);
}
