/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An update as the device takes it: chunks into the staging area, and holes asked for again. */
#include "base/hash.h"
#include "lib/cloud_device_inside.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	ASK_MAX_052 = 50,
	ASK_MAX_07 = 40,
	ASK_MORE_MIN = 2,
	RESULT_MAX = 254,
	RESET_UPDATE = 70,
	RESET_UPDATE_ERROR = 80,
	RESET_UPDATE_TIMEOUT = 90,
};

static bool is_received(const struct cloud_device_update *update, uint32_t index)
{
	return update->received[index / 8] >> index % 8 & 1;
}

/* The first hole from 'from' on; the count of chunks when there is none. Slow: there is none. */
static uint32_t next_hole(const struct cloud_device_update *update, uint32_t from)
{
	while (from < update->chunk_count && (!update->fast || is_received(update, from)))
		from++;
	return from;
}

static bool has_holes(const struct cloud_device_update *update)
{
	return next_hole(update, 0) < update->chunk_count;
}

/* What the erase takes; a length that runs past the end of flash erases nothing, at once. */
static int64_t erase(struct cloud_device *device)
{
	uint32_t sectors = (device->update.file_bytes + CLOUD_DEVICE_SECTOR_BYTES - 1) /
			   CLOUD_DEVICE_SECTOR_BYTES;

	if (device->update.file_bytes > CLOUD_DEVICE_STAGING_BYTES || device->update.address != 0)
		return 0;
	memset(device->staging, 0xff, (size_t)sectors * CLOUD_DEVICE_SECTOR_BYTES);
	return sectors * device->config.erase_us;
}

static void refuse(struct cloud_device *device, const struct cloud_message *message, uint8_t code)
{
	device->counts.refusals++;
	device->update.phase = CLOUD_UPDATE_NONE;
	cloud_device_answer(device, code, message->id, message->token, NULL, 0);
}

static void read_begin(struct cloud_device_update *update, const struct cloud_message *message)
{
	const uint8_t *bytes = message->bytes;

	*update = (struct cloud_device_update){ .token = message->token };
	if (message->len >= 20 && bytes[7] == 0xff) {
		update->fast = bytes[8] & 1;
		update->chunk_bytes = be16(bytes + 9);
		update->file_bytes = be32(bytes + 11);
		update->store = bytes[15];
		update->address = be32(bytes + 16);
	}
	if (update->chunk_bytes == 0)
		update->chunk_bytes = CLOUD_DEVICE_CHUNK_BYTES;
	if (update->file_bytes == 0)
		update->file_bytes = CLOUD_DEVICE_STAGING_BYTES;
	update->chunk_count = update->file_bytes / update->chunk_bytes +
			      (update->file_bytes % update->chunk_bytes != 0);
}

void cloud_update_begin(struct cloud_device *device, const struct cloud_message *message,
			int64_t now_us)
{
	const struct cloud_device_faults *faults = &device->config.faults;
	bool late_era = device->config.era == CLOUD_ERA_23;
	struct cloud_device_update *update = &device->update;

	device->counts.begins++;
	read_begin(update, message);
	if (faults->refusal != 0) {
		refuse(device, message, faults->refusal);
		return;
	}
	if (update->chunk_count >= CLOUD_DEVICE_CHUNKS_MAX ||
	    (late_era && faults->updates_disabled)) {
		refuse(device, message, late_era ? COAP_UNAVAILABLE : COAP_BAD_REQUEST);
		return;
	}
	cloud_device_answer(device, COAP_EMPTY, message->id, COAP_NO_TOKEN, NULL, 0);
	update->phase = CLOUD_UPDATE_WAITING;
	update->last_us = now_us;
	if (faults->updates_disabled) {
		/* waits that long for the application to enable them, and hears nothing */
		device->busy_until_us = now_us + CLOUD_DEVICE_IDLE_US;
	} else if (!faults->no_ready) {
		update->phase = CLOUD_UPDATE_ERASING;
		device->busy_until_us = now_us + erase(device);
	}
	device->written_end = 0;
}

static void say_ready(struct cloud_device *device, int64_t now_us)
{
	struct cloud_device_update *update = &device->update;
	uint8_t rest[] = { 0xff, update->fast };
	unsigned int times = device->config.faults.ready_twice ? 2 : 1;

	update->phase = CLOUD_UPDATE_RECEIVING;
	update->last_us = now_us;
	for (unsigned int i = 0; i < times; i++) {
		device->counts.readies++;
		cloud_device_say(device, COAP_NON, COAP_CHANGED, update->token, rest,
				 device->config.faults.ready_empty ? 0 : sizeof(rest));
	}
}

/* A chunk's options: CRC, then in fast mode the index. Negative when there is no payload. */
static long walk_options(const struct cloud_message *message, uint32_t *ret_crc,
			 uint16_t *ret_index, bool *ret_fast)
{
	const uint8_t *bytes = message->bytes;
	size_t at = message->at;
	unsigned int option = 0;

	*ret_crc = 0;
	*ret_index = 0;
	*ret_fast = false;
	while (at < message->len && bytes[at] != 0xff) {
		if (option == 0 && at + 4 < message->len) {
			*ret_crc = be32(bytes + at + 1);
		} else if (option == 1 && at + 2 < message->len) {
			*ret_index = be16(bytes + at + 1);
			*ret_fast = true;
		}
		option++;
		at += (bytes[at] & 15u) + 1;
	}
	return at < message->len ? (long)at + 1 : -1;
}

/* Words into flash that was erased; what lies outside of the staging area is only counted. */
static void save(struct cloud_device *device, uint32_t index, const uint8_t *bytes, size_t len)
{
	const struct cloud_device_update *update = &device->update;
	uint64_t at = (uint64_t)update->address + (uint64_t)index * update->chunk_bytes;

	device->counts.saved++;
	if (index >= update->chunk_count)
		device->counts.chunks_past++;
	if (at > CLOUD_DEVICE_STAGING_BYTES || len > CLOUD_DEVICE_STAGING_BYTES - at) {
		device->counts.writes_outside++;
		return;
	}
	for (size_t i = 0; i < len; i++)
		device->staging[at + i] &= bytes[i];
	if (at + len > device->written_end)
		device->written_end = (uint32_t)(at + len);
}

/* The script's damage, by the number of the chunk as it came. */
static bool is_refused(struct cloud_device *device)
{
	const struct cloud_device_faults *faults = &device->config.faults;
	struct cloud_device_update *update = &device->update;
	unsigned int count = faults->refuse_count > 0 ? faults->refuse_count : 1;

	if (faults->refuse_chunk == 0 || update->arrived < faults->refuse_chunk ||
	    update->refused >= count)
		return false;
	update->refused++;
	return true;
}

/* 'bytes': the message's end */
static void take_slow(struct cloud_device *device, const struct cloud_message *message,
		      const uint8_t *bytes, size_t len, bool good)
{
	cloud_device_answer(device, COAP_EMPTY, message->id, COAP_NO_TOKEN, NULL, 0);
	if (good)
		save(device, device->update.index++, bytes, len);
	cloud_device_say(device, COAP_NON, good ? COAP_CHANGED : COAP_BAD_REQUEST, message->token,
			 NULL, 0);
}

static void update_over(struct cloud_device *device)
{
	struct cloud_device_module staged;
	bool good = cloud_device_staged(device, &staged);
	struct cloud_device_module *module = device->config.modules;

	device->update.phase = CLOUD_UPDATE_NONE;
	device->last_good = good;
	device->reset_reason = good ? RESET_UPDATE : RESET_UPDATE_ERROR;
	if (good)
		device->counts.updates_good++;
	else
		device->counts.updates_bad++;
	/* what will be found after the reset; valid or not, it comes */
	for (size_t i = 0; good && i < CLOUD_DEVICE_MODULES_MAX; i++, module++)
		if (module->store == 'm' && module->function == staged.function &&
		    module->index == staged.index) {
			module->version = staged.version;
			memcpy(module->needs, staged.needs, sizeof(module->needs));
		}
	if (device->config.flags & CLOUD_FLAG_GOODBYE)
		cloud_device_goodbye(device);
	device->phase = CLOUD_DEVICE_ONLINE;
	cloud_device_finish(device, CLOUD_END_RESET);
}

static void take_fast(struct cloud_device *device, const struct cloud_message *message,
		      uint16_t index, const uint8_t *bytes, size_t len, bool good)
{
	static const uint8_t rest[] = { 0xb1, 'u' };
	struct cloud_device_update *update = &device->update;
	bool early_era = device->config.era == CLOUD_ERA_052;

	if (device->config.faults.acks_fast_chunks)
		cloud_device_answer(device, good ? COAP_EMPTY : COAP_BAD_REQUEST, message->id,
				    COAP_NO_TOKEN, NULL, 0);
	if (!good || index >= CLOUD_DEVICE_CHUNKS_MAX)
		return;
	if (is_received(update, index)) {
		device->counts.chunks_twice++;
		if (!early_era)
			return;
	}
	save(device, index, bytes, len);
	update->received[index / 8] |= (uint8_t)(1 << index % 8);
	if (early_era && update->phase == CLOUD_UPDATE_ASKING && !has_holes(update)) {
		device->counts.ended_by_device++;
		cloud_device_say(device, COAP_NON, COAP_PUT, COAP_NO_TOKEN, rest, sizeof(rest));
		update_over(device);
	}
}

void cloud_update_chunk(struct cloud_device *device, const struct cloud_message *message,
			int64_t now_us)
{
	const struct cloud_device_faults *faults = &device->config.faults;
	struct cloud_device_update *update = &device->update;
	const uint8_t *bytes;
	uint32_t crc;
	uint16_t index;
	bool fast, good;
	long at;

	device->counts.chunks++;
	if (update->phase < CLOUD_UPDATE_RECEIVING) {
		device->counts.chunks_outside++;
		if (device->config.era == CLOUD_ERA_052)
			cloud_device_finish(device, CLOUD_END_PROTOCOL);
		return;
	}
	update->arrived++;
	update->round++;
	if (faults->drop_at_chunk > 0 && update->arrived == faults->drop_at_chunk) {
		cloud_device_finish(device, CLOUD_END_DROPPED);
		return;
	}
	if (faults->stop_at_chunk > 0 && update->arrived >= faults->stop_at_chunk)
		return;
	update->last_us = now_us;
	at = walk_options(message, &crc, &index, &fast);
	if (at < 0) {
		device->hung = true;
		return;
	}
	bytes = message->bytes + at;
	good = hash_crc32(bytes, message->len - (size_t)at) == crc;
	if (!good)
		device->counts.chunks_bad++;
	if (is_refused(device))
		good = false;
	if (fast)
		take_fast(device, message, index, bytes, message->len - (size_t)at, good);
	else
		take_slow(device, message, bytes, message->len - (size_t)at, good);
}

/* How many holes are asked for in one message. */
static unsigned int budget(const struct cloud_device *device)
{
	unsigned int more = device->update.round / 5;
	unsigned int count;

	if (device->config.era == CLOUD_ERA_052)
		return ASK_MAX_052;
	if (more < ASK_MORE_MIN)
		more = ASK_MORE_MIN;
	count = device->update.round + more;
	return count < ASK_MAX_07 ? count : ASK_MAX_07;
}

static void ask(struct cloud_device *device, int64_t now_us)
{
	struct cloud_device_update *update = &device->update;
	uint8_t rest[3 + 2 * ASK_MAX_052] = { 0xb1, 'c', 0xff };
	bool early_era = device->config.era == CLOUD_ERA_052;
	unsigned int count = budget(device);
	unsigned int asked = 0;
	size_t len = 3;

	for (uint32_t index = next_hole(update, 0); index < update->chunk_count && asked < count;
	     index = next_hole(update, index + 1), asked++) {
		rest[len++] = (uint8_t)(index >> 8);
		rest[len++] = (uint8_t)index;
	}
	if (device->config.faults.asks_wild && !update->asked_wild) {
		update->asked_wild = true;
		for (; asked < 2; asked++) {
			rest[len++] = (uint8_t)((update->chunk_count + asked) >> 8);
			rest[len++] = (uint8_t)(update->chunk_count + asked);
		}
	}
	update->asked_us = now_us;
	update->phase = CLOUD_UPDATE_ASKING;
	device->counts.asks++;
	device->counts.asked_chunks += asked;
	cloud_device_say(device, early_era ? COAP_CON : COAP_NON, COAP_GET, COAP_NO_TOKEN, rest,
			 len);
}

void cloud_update_done(struct cloud_device *device, const struct cloud_message *message,
		       int64_t now_us)
{
	struct cloud_device_update *update = &device->update;
	const struct cloud_device_faults *faults = &device->config.faults;
	bool early_era = device->config.era == CLOUD_ERA_052;
	const char *result = device->config.update_result;
	bool wild = faults->asks_wild && !update->asked_wild;
	struct cloud_device_module staged;

	device->counts.dones++;
	if (update->phase < CLOUD_UPDATE_RECEIVING) {
		if (early_era)
			cloud_device_finish(device, CLOUD_END_PROTOCOL);
		return;
	}
	if (faults->no_done)
		return;
	if (has_holes(update) || wild) {
		cloud_device_answer(device, COAP_BAD_REQUEST, message->id, message->token, NULL, 0);
		ask(device, now_us);
		update->round = 0;
		update->last_us = now_us;
		return;
	}
	if (!result)
		result = cloud_device_staged(device, &staged) ? "{\"r\":\"ok\"}"
							      : "{\"r\":\"error\"}";
	assert(strlen(result) <= RESULT_MAX);
	cloud_device_answer(device, COAP_CHANGED, message->id, message->token, result,
			    early_era || faults->done_empty ? 0 : strlen(result));
	update_over(device);
}

void cloud_update_step(struct cloud_device *device, int64_t now_us)
{
	struct cloud_device_update *update = &device->update;

	switch (update->phase) {
	case CLOUD_UPDATE_NONE:
	case CLOUD_UPDATE_WAITING: break;
	case CLOUD_UPDATE_ERASING: say_ready(device, now_us); break;
	case CLOUD_UPDATE_RECEIVING:
	case CLOUD_UPDATE_ASKING:
		if (now_us >= update->last_us + CLOUD_DEVICE_IDLE_US) {
			device->reset_reason = RESET_UPDATE_TIMEOUT;
			cloud_device_finish(device, CLOUD_END_IDLE);
		} else if (cloud_update_deadline(device) <= now_us) {
			ask(device, now_us);
		}
	}
}

int64_t cloud_update_deadline(const struct cloud_device *device)
{
	const struct cloud_device_update *update = &device->update;
	int64_t again_us;

	if (update->phase == CLOUD_UPDATE_ERASING)
		return device->busy_until_us;
	if (update->phase < CLOUD_UPDATE_RECEIVING)
		return INT64_MAX;
	if (update->phase == CLOUD_UPDATE_RECEIVING || device->config.era != CLOUD_ERA_052)
		return update->last_us + CLOUD_DEVICE_IDLE_US;
	/* counted from the last chunk, or from when it asked last */
	again_us = (update->asked_us > update->last_us ? update->asked_us : update->last_us) +
		   CLOUD_DEVICE_ASK_AGAIN_US;
	if (again_us > update->last_us + CLOUD_DEVICE_IDLE_US)
		again_us = update->last_us + CLOUD_DEVICE_IDLE_US;
	return again_us;
}
