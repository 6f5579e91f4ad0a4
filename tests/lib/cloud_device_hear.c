/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What came from the server. The decoder is positional, as the device's is: the first path letter
 * stands at offset 5 + token length, and no option is looked for.
 */
#include "lib/cloud_device_inside.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { TTL_DEFAULT_S = 60, EVENT_NAME_MAX = 63, EVENT_DATA_MAX = 255 };

static int token_of(const struct cloud_message *message)
{
	return message->token_len > 0 ? message->token : COAP_NO_TOKEN;
}

static bool parse(const uint8_t *bytes, size_t len, struct cloud_message *ret)
{
	size_t path_at;

	if (len < 4)
		return false;
	*ret = (struct cloud_message){
		.bytes = bytes,
		.len = len,
		.type = (enum coap_type)(bytes[0] >> 4 & 3),
		.code = bytes[1],
		.id = be16(bytes + 2),
		.token_len = bytes[0] & 15,
	};
	if (ret->token_len > 0 && len > 4)
		ret->token = bytes[4];
	path_at = 5u + ret->token_len;
	if (path_at < len)
		ret->path = (char)bytes[path_at];
	ret->at = path_at + 1;
	return true;
}

/* The event's name, at 'at'; the rest of its options is of no interest. */
static void hear_event(struct cloud_device *device, const struct cloud_message *message)
{
	const uint8_t *bytes = message->bytes;
	const uint8_t *marker;
	size_t at = message->at;
	size_t name_len;
	size_t data_len = 0;

	device->counts.events_in++;
	if (message->type == COAP_CON)
		cloud_device_answer(device, COAP_EMPTY, message->id, COAP_NO_TOKEN, NULL, 0);
	if (at >= message->len)
		return;
	name_len = bytes[at] & 15;
	at++;
	if (name_len == 13 && at < message->len)
		name_len = 13u + bytes[at++];
	if (name_len > message->len - at)
		return;
	marker = memchr(bytes + at + name_len, 0xff, message->len - at - name_len);
	if (marker)
		data_len = message->len - (size_t)(marker + 1 - bytes);
	snprintf(device->last_event, sizeof(device->last_event), "%.*s=%.*s", (int)name_len,
		 (const char *)bytes + at, (int)data_len, marker ? (const char *)marker + 1 : "");
}

static void hear_describe(struct cloud_device *device, const struct cloud_message *message)
{
	char text[CLOUD_DEVICE_DESCRIBE_MAX];
	unsigned int flags = 0;
	size_t len = 0;

	device->counts.describes++;
	if (message->at + 1 < message->len && message->bytes[message->at] == 1)
		flags = message->bytes[message->at + 1];
	/* metrics alone are in a form of their own, which this device does not have */
	if (!device->config.faults.describe_empty && flags != 4)
		len = cloud_device_describe(device, flags, text, sizeof(text));
	cloud_device_answer(device, COAP_CONTENT, message->id, token_of(message), text, len);
}

static void hear_function(struct cloud_device *device, const struct cloud_message *message)
{
	static const uint8_t rest[] = { 0xff, 0, 0, 0, 1 };
	size_t at = message->at;
	size_t len;

	device->counts.functions++;
	if (at < message->len) {
		len = message->bytes[at] & 15;
		if (len <= message->len - at - 1)
			snprintf(device->last_function, sizeof(device->last_function), "%.*s",
				 (int)len, (const char *)message->bytes + at + 1);
	}
	cloud_device_answer(device, COAP_EMPTY, message->id, COAP_NO_TOKEN, NULL, 0);
	cloud_device_say(device, COAP_NON, COAP_CHANGED, token_of(message), rest, sizeof(rest));
}

static void hear_get(struct cloud_device *device, const struct cloud_message *message)
{
	static const uint8_t value[] = { 0, 0, 0, 42 };

	switch (message->path) {
	case 'd': hear_describe(device, message); break;
	case 'v':
		device->counts.variables++;
		cloud_device_answer(device, COAP_CONTENT, message->id, token_of(message), value,
				    sizeof(value));
		break;
	default: device->counts.unknown_in++;
	}
}

static void hear_post(struct cloud_device *device, const struct cloud_message *message,
		      int64_t now_us)
{
	switch (message->path) {
	case 'e':
	case 'E': hear_event(device, message); break;
	case 'h': break; /* a second Hello changes nothing */
	case 'f': hear_function(device, message); break;
	case 's':
	case 'u': cloud_update_begin(device, message, now_us); break;
	case 'c': cloud_update_chunk(device, message, now_us); break;
	default: device->counts.unknown_in++;
	}
}

static void hear_put(struct cloud_device *device, const struct cloud_message *message,
		     int64_t now_us)
{
	switch (message->path) {
	case 'k':
		device->counts.key_changes++;
		if (message->type == COAP_CON)
			cloud_device_answer(device, COAP_EMPTY, message->id, COAP_NO_TOKEN, NULL,
					    0);
		break;
	case 's':
		device->counts.signals++;
		cloud_device_answer(device, COAP_CHANGED, message->id, token_of(message), NULL, 0);
		break;
	case 'u': cloud_update_done(device, message, now_us); break;
	default: device->counts.unknown_in++;
	}
}

static void hear_ack(struct cloud_device *device, const struct cloud_message *message)
{
	if (message->id == device->ping_id && device->pong_deadline_us != INT64_MAX) {
		device->counts.pongs++;
		device->pong_deadline_us = INT64_MAX;
		return;
	}
	for (size_t i = 0; i < device->waiting_count; i++)
		if (device->waiting[i] == message->id) {
			device->waiting[i] = device->waiting[--device->waiting_count];
			device->counts.con_acked++;
			return;
		}
	device->counts.strange_acks++;
}

/* 2.05 with the token of the time request: in an ACK or by itself. */
static void hear_content(struct cloud_device *device, const struct cloud_message *message)
{
	size_t at = 4u + message->token_len;

	if (message->type == COAP_CON)
		cloud_device_answer(device, COAP_EMPTY, message->id, COAP_NO_TOKEN, NULL, 0);
	if (message->token_len == 1 && message->token == device->time_token &&
	    message->len == at + 5 && message->bytes[at] == 0xff)
		device->unix_time = be32(message->bytes + at + 1);
	else
		device->counts.unknown_in++;
}

static void hear_online(struct cloud_device *device, const struct cloud_message *message,
			int64_t now_us)
{
	if (message->type == COAP_ACK)
		hear_ack(device, message);
	switch (message->code) {
	case COAP_EMPTY:
		if (message->type == COAP_CON) {
			device->counts.pings_in++;
			cloud_device_answer(device, COAP_EMPTY, message->id, COAP_NO_TOKEN, NULL,
					    0);
		}
		break;
	case COAP_GET: hear_get(device, message); break;
	case COAP_POST: hear_post(device, message, now_us); break;
	case COAP_PUT: hear_put(device, message, now_us); break;
	case COAP_CONTENT: hear_content(device, message); break;
	default: device->counts.unknown_in++;
	}
}

void cloud_hear_message(struct cloud_device *device, const uint8_t *bytes, size_t len,
			int64_t now_us)
{
	struct cloud_message message;

	if (!parse(bytes, len, &message)) {
		device->counts.unknown_in++;
		return;
	}
	if (device->config.ping_us != CLOUD_DEVICE_NEVER)
		device->ping_at_us = now_us + device->config.ping_us;
	if (device->phase == CLOUD_DEVICE_ONLINE) {
		hear_online(device, &message, now_us);
	} else if (message.code == COAP_POST && message.path == 'h') {
		device->server_hello_id = message.id;
		device->phase = CLOUD_DEVICE_ONLINE;
		cloud_hear_online(device, now_us);
	} else {
		device->counts.unknown_in++; /* nothing else counts before the Hello */
	}
}

void cloud_device_publish(struct cloud_device *device, const char *name, const char *data,
			  unsigned int ttl_s)
{
	uint8_t rest[2 + 2 + EVENT_NAME_MAX + 4 + 1 + EVENT_DATA_MAX] = { 0xb1, 'E' };
	size_t name_len = strlen(name);
	size_t data_len = strlen(data);
	size_t at = 2;

	assert(device->phase == CLOUD_DEVICE_ONLINE && name_len > 0);
	assert(name_len <= EVENT_NAME_MAX && data_len <= EVENT_DATA_MAX);
	if (name_len < 13) {
		rest[at++] = (uint8_t)name_len;
	} else {
		rest[at++] = 13;
		rest[at++] = (uint8_t)(name_len - 13);
	}
	memcpy(rest + at, name, name_len);
	at += name_len;
	if (ttl_s != TTL_DEFAULT_S) {
		rest[at++] = 0x33; /* Max-Age */
		rest[at++] = (uint8_t)(ttl_s >> 16);
		rest[at++] = (uint8_t)(ttl_s >> 8);
		rest[at++] = (uint8_t)ttl_s;
	}
	if (data_len > 0)
		rest[at++] = 0xff;
	memcpy(rest + at, data, data_len);
	at += data_len;
	cloud_device_say(device, COAP_NON, COAP_POST, COAP_NO_TOKEN, rest, at);
}

/* From the flag on: the description is sent, not asked for. */
static void post_description(struct cloud_device *device)
{
	uint8_t rest[5 + CLOUD_DEVICE_DESCRIBE_MAX] = { 0xb1, 'd', 0x41, 3, 0xff };
	size_t len = cloud_device_describe(device, 0, (char *)rest + 5, CLOUD_DEVICE_DESCRIBE_MAX);

	cloud_device_say(device, COAP_CON, COAP_POST, COAP_NO_TOKEN, rest, 5 + len);
}

void cloud_hear_online(struct cloud_device *device, int64_t now_us)
{
	static const uint8_t subscription[] = { 0xb1, 'e', 5, 's', 'p', 'a', 'r', 'k' };
	static const uint8_t time_path[] = { 0xb1, 't' };
	const struct cloud_device_config *config = &device->config;
	bool disabled = config->faults.updates_disabled;

	if (config->ping_us != CLOUD_DEVICE_NEVER)
		device->ping_at_us = now_us + config->ping_us;
	cloud_device_publish(device, "spark/hardware/max_binary", "262144", TTL_DEFAULT_S);
	cloud_device_publish(device, "spark/hardware/ota_chunk_size", "512", TTL_DEFAULT_S);
	if (config->claim_code)
		cloud_device_publish(device, "spark/device/claim/code", config->claim_code,
				     TTL_DEFAULT_S);
	if (config->safe_mode)
		cloud_device_publish(device, "spark/device/safemode", "", TTL_DEFAULT_S);
	if (config->last_reset)
		cloud_device_publish(device, "spark/device/last_reset", config->last_reset,
				     TTL_DEFAULT_S);
	if (config->era == CLOUD_ERA_23) {
		cloud_device_publish(device, "particle/device/updates/enabled",
				     disabled ? "false" : "true", TTL_DEFAULT_S);
		cloud_device_publish(device, "particle/device/updates/forced", "false",
				     TTL_DEFAULT_S);
	}
	if (config->flags & CLOUD_FLAG_DESCRIBES)
		post_description(device);
	cloud_device_say(device, COAP_CON, COAP_GET, COAP_NO_TOKEN, subscription,
			 sizeof(subscription));
	device->time_token = (uint8_t)(device->message_id + 1);
	cloud_device_say(device, COAP_CON, COAP_GET, device->time_token, time_path,
			 sizeof(time_path));
}
