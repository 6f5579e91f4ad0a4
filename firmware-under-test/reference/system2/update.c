/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An update over the air: the cloud says how long it is, the staging region is erased, chunks are
 * written there as they come, and at the end what is staged is checked and entered for the
 * bootloader. A power cut up to then is harmless: the running modules are not touched, and nothing
 * says that there is anything to copy.
 */
#include "reference/system2/update.h"
#include "reference/common/defects.h"
#include "reference/common/layout.h"
#include "reference/system2/cloud.h"
#include "reference/system2/radio.h"
#include "reference/system2/staged.h"

enum update_limits {
	CHUNKS_MAX = 4096,
	ASKED_MAX = ERA == ERA_A ? 50 : 40, /* chunks in one ChunkMissed */
	ASK_AGAIN_MS = 3000,		    /* era A */
	IDLE_MS_MAX = 30000,
	BEFORE_RESET_MS = 100,
	BEGIN_BYTES = 12, /* of UpdateBegin's payload; with less, defaults */
	SINK_OFFSET = 40, /* in the message buffer, see HAS_SHARED_BUFFER */
};

/* Where a chunk goes. */
struct sink {
	void (*save)(uint32_t offset, const uint8_t *bytes, uint32_t count);
};

static struct {
	bool on;
	bool fast;
	bool lit;
	bool asked; /* for chunks that are missing */
	uint32_t chunk_bytes;
	uint32_t bytes, count; /* of the file; its chunks */
	uint32_t next;	       /* slow: the one that comes */
	uint32_t heard_ms, asked_ms;
	uint8_t seen[CHUNKS_MAX / 8];
	struct sink sink;
} update;

static uint32_t now_ms(void)
{
	return exports_services()->now_ms();
}

bool update_is_on(void)
{
	return update.on;
}

/*
 * An application's message would use the buffer in which the answers to the cloud are written. It
 * waits until the update is over, unless that is what is planted.
 */
bool update_allows_traffic(void)
{
	return HAS_SHARED_BUFFER || !update.on;
}

static struct sink *sink(void)
{
	return HAS_SHARED_BUFFER ? cloud_buffer(SINK_OFFSET) : &update.sink;
}

/* The light is lit at the beginning and changes with every chunk, so it blinks as fast as they
 * come.
 */
static void show(bool lit)
{
	update.lit = lit;
	exports_services()->led_set(LED_CRITICAL, lit ? LED_MAGENTA : LED_OFF, LED_SOLID, 0);
}

void update_give_up(void)
{
	if (!update.on)
		return;
	update.on = false;
	exports_services()->led_clear(LED_CRITICAL);
	print_text("update failed\r\n");
}

/* The last bytes of a file need not fill a word. */
static void save(uint32_t offset, const uint8_t *bytes, uint32_t count)
{
	uint8_t tail[4] = { 0xff, 0xff, 0xff, 0xff };

	staged_put(offset, bytes, count / 4 * 4);
	__builtin_memcpy(tail, bytes + count / 4 * 4, count % 4);
	if (count % 4 != 0)
		staged_put(offset + count / 4 * 4, tail, sizeof(tail));
}

static bool is_seen(uint32_t index)
{
	return update.seen[index / 8] >> index % 8 & 1;
}

static void answer(const struct coap *message, uint8_t code)
{
	cloud_answer(message, code, code == COAP_EMPTY ? COAP_NO_TOKEN : message->token);
	cloud_send();
}

/* A later answer to what was acknowledged. */
static void tell(uint8_t code, int token)
{
	cloud_message(COAP_NON, code, token);
	cloud_send();
}

/* False when it cannot be taken. */
static bool read_begin(const struct coap *message)
{
	const uint8_t *at = message->payload;
	uint32_t address = 0;

	update.fast = false;
	update.chunk_bytes = UPDATE_CHUNK_BYTES;
	update.bytes = UPDATE_BYTES_MAX;
	if (message->payload_bytes >= BEGIN_BYTES) {
		update.fast = at[0] & 1;
		update.chunk_bytes = coap_u16(at + 1);
		update.bytes = coap_u32(at + 3);
		address = coap_u32(at + 8);
		if (update.chunk_bytes == 0)
			update.chunk_bytes = UPDATE_CHUNK_BYTES;
	}
	/* Particle's systems add any address to that of the staging region; and write any chunk. */
	if (address != 0 || update.bytes == 0 || update.bytes > UPDATE_BYTES_MAX ||
	    update.chunk_bytes % 4 != 0 || update.chunk_bytes > CLOUD_CHUNK_MAX)
		return false;
	update.count = (update.bytes + update.chunk_bytes - 1) / update.chunk_bytes;
	return update.count <= CHUNKS_MAX;
}

static void tell_ready(int token)
{
	struct coap_writer *writer = cloud_message(COAP_NON, COAP_CHANGED, token);

	coap_payload(writer);
	coap_byte(writer, update.fast);
	cloud_send();
}

void update_begin(const struct coap *message)
{
	update.on = false;
	if (!read_begin(message)) {
		answer(message, ERA == ERA_A ? COAP_BAD : COAP_UNAVAILABLE);
		return;
	}
	answer(message, COAP_EMPTY);
	if (staged_begin(update.bytes) < 0) {
		tell(COAP_UNAVAILABLE, message->token);
		return;
	}
	show(true);
	update.next = 0;
	update.asked = false;
	for (uint32_t i = 0; i < sizeof(update.seen); i++)
		update.seen[i] = 0;
	update.heard_ms = now_ms();
	update.on = true;
	tell_ready(message->token);
	sink()->save = save;
}

/* CRC-32 as zlib computes it, of any number of bytes. */
static uint32_t crc_of_bytes(const uint8_t *bytes, uint32_t count)
{
	static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
					    0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
					    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
					    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; i < count; i++) {
		crc = table[(crc ^ bytes[i]) & 15] ^ crc >> 4;
		crc = table[(crc ^ (uint32_t)bytes[i] >> 4) & 15] ^ crc >> 4;
	}
	return ~crc;
}

static void keep_chunk(uint32_t index, const struct coap *message)
{
	if (is_seen(index) && ERA != ERA_A)
		return; /* a second time */
	sink()->save(index * update.chunk_bytes, message->payload, message->payload_bytes);
	update.seen[index / 8] |= (uint8_t)(1u << index % 8);
	show(!update.lit);
}

static uint32_t count_missing(void)
{
	uint32_t missing = 0;

	for (uint32_t i = 0; i < update.count; i++)
		missing += !is_seen(i);
	return missing;
}

static void __attribute__((noreturn)) end_with(const struct coap *message);

void update_chunk(const struct coap *message)
{
	bool is_good = message->query_bytes[0] == 4 && message->payload_bytes > 0 &&
		       message->payload_bytes <= update.chunk_bytes;
	uint32_t index = update.next;

	if (!update.on) {
		if (ERA == ERA_A)
			cloud_drop();
		return;
	}
	update.heard_ms = now_ms();
	if (!update.fast)
		answer(message, COAP_EMPTY);
	else if (message->query_bytes[1] == 2)
		index = coap_u16(message->query[1]);
	is_good = is_good && index < update.count &&
		  crc_of_bytes(message->payload, message->payload_bytes) ==
			  coap_u32(message->query[0]);
	if (is_good)
		keep_chunk(index, message);
	if (!update.fast) {
		update.next += is_good;
		tell(is_good ? COAP_CHANGED : COAP_BAD, message->token);
	} else if (ERA == ERA_A && update.asked && count_missing() == 0) {
		coap_option(cloud_message(COAP_NON, COAP_PUT, COAP_NO_TOKEN), COAP_PATH, "u", 1);
		cloud_send();
		end_with(NULL);
	}
}

static void ask_for_missing(void)
{
	struct coap_writer *writer =
		cloud_message(ERA == ERA_A ? COAP_CON : COAP_NON, COAP_GET, COAP_NO_TOKEN);
	uint32_t asked = 0;

	coap_option(writer, COAP_PATH, "c", 1);
	coap_payload(writer);
	for (uint32_t i = 0; i < update.count && asked < ASKED_MAX; i++) {
		if (is_seen(i))
			continue;
		coap_byte(writer, (uint8_t)(i >> 8));
		coap_byte(writer, (uint8_t)i);
		asked++;
	}
	cloud_send();
	update.asked = true;
	update.asked_ms = now_ms();
}

/* All bytes of 'seen' must be full, the last one as far as there are chunks. */
static bool has_all(void)
{
	uint32_t last = (update.count - 1) / 8;
	uint8_t mask = (uint8_t)(0xff >> (7 - (update.count - 1) % 8));

	if (HAS_DEFECT(SILENT_UPDATE))
		mask = (uint8_t)((1u << update.count % 8) - 1); /* 0 for a multiple of 8 */
	for (uint32_t i = 0; i < last; i++)
		if (update.seen[i] != 0xff)
			return false;
	return update.seen[last] == mask;
}

/* Checks, enters and resets; 'message' is the UpdateDone to be answered, or NULL. */
static void end_with(const struct coap *message)
{
	enum staged_result result = has_all() ? staged_finish() : STAGED_FAILED;
	bool is_good = result == STAGED_GOOD;

	if (message) {
		const char *text = is_good ? "{\"r\":\"ok\"}" : "{\"r\":\"error\"}";
		struct coap_writer *writer = cloud_answer(message, COAP_CHANGED, message->token);

		if (HAS_UPDATE_RESULT) {
			coap_payload(writer);
			while (*text)
				coap_byte(writer, (uint8_t)*text++);
		}
		cloud_send();
	}
	if (!HAS_DEFECT(SILENT_UPDATE)) {
		print_text(is_good ? "update taken\r\n" : "update refused, -");
		if (!is_good) {
			print_number(0u - (uint32_t)result);
			print_text("\r\n");
		}
	}
	radio_flush();
	chip_wait_ms(BEFORE_RESET_MS);
	backup_ask(REQUEST_NONE,
		   is_good || HAS_DEFECT(SILENT_UPDATE) ? REASON_UPDATE : REASON_UPDATE_ERROR);
}

void update_done(const struct coap *message)
{
	if (!update.on) {
		if (ERA == ERA_A)
			cloud_drop();
		return;
	}
	update.heard_ms = now_ms();
	if (count_missing() == 0)
		end_with(message);
	answer(message, COAP_BAD);
	ask_for_missing();
}

void update_run(void)
{
	if (now_ms() - update.heard_ms >= IDLE_MS_MAX)
		backup_ask(REQUEST_NONE, REASON_UPDATE_TIMEOUT);
	if (ERA == ERA_A && update.asked && now_ms() - update.asked_ms >= ASK_AGAIN_MS)
		ask_for_missing();
}
