/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An update on the cloud device, era by era and flaw by flaw, by bytes written by hand. */
#include "base/rng.h"
#include "lib/peer_desk.h"
#include "lib/peer_module.h"
#include "lib/testing.h"

#include <stdio.h>
#include <string.h>

enum { CHUNK = 512, SECOND_US = 1000000 };

static struct peer_keys keys;

static struct cloud_device_config of_era(enum cloud_device_era era)
{
	return (struct cloud_device_config){ .era = era, .ping_us = CLOUD_DEVICE_NEVER };
}

static struct peer_desk *online(const struct cloud_device_config *config)
{
	struct peer_desk *desk = peer_desk_new(config, &keys);

	peer_desk_online(desk);
	return desk;
}

static void chunk_of(struct peer_desk *desk, int index, const uint8_t *image, size_t number)
{
	peer_desk_chunk(desk, index, image + number * CHUNK, CHUNK, 0);
}

START_TEST(slow_one_by_one)
{
	struct cloud_device_config config = of_era((enum cloud_device_era)_i);
	struct peer_desk *desk = online(&config);
	uint8_t image[4 * CHUNK];

	peer_module_make(image, sizeof(image), 8, 9);
	peer_desk_begin(desk, 0, CHUNK, sizeof(image));
	for (size_t i = 0; i < 4; i++) {
		if (i == 2) { /* a bad one does not count */
			peer_desk_chunk(desk, -1, image + i * CHUNK, CHUNK, 1);
			peer_desk_expect(desk, "60 00 02 00");
			peer_desk_expect(desk, "51 80 id 52");
		}
		chunk_of(desk, -1, image, i);
		peer_desk_expect(desk, "60 00 02 00");
		peer_desk_expect(desk, "51 44 id 52");
	}
	peer_desk_say(desk, "41 03 03 00 53 b1 75", NULL, 0);
	/* 0.5.2 says no more than that all are there */
	peer_desk_expect(desk, _i == CLOUD_ERA_052
				       ? "61 44 03 00 53"
				       : "61 44 03 00 53 ff 7b 22 72 22 3a 22 6f 6b 22 7d");
	ck_assert_int_eq(desk->device->end, CLOUD_END_RESET);
	ck_assert_int_eq(desk->device->reset_reason, 70);
	ck_assert_mem_eq(desk->device->staging, image, sizeof(image));
	ck_assert_uint_eq(desk->device->written_end, sizeof(image));
	ck_assert_uint_eq(desk->device->counts.chunks_bad, 1);
	ck_assert_uint_eq(desk->device->counts.updates_good, 1);
	ck_assert_uint_eq(desk->device->config.modules[3].version, 9);
	ck_assert(desk->device->last_good);
	peer_desk_free(desk);
}
END_TEST

START_TEST(fast_without_holes)
{
	struct cloud_device_config config = of_era((enum cloud_device_era)_i);
	struct peer_desk *desk = online(&config);
	uint8_t image[4 * CHUNK];

	peer_module_make(image, sizeof(image), 8, 9);
	image[100] ^= 1; /* all chunks come, and yet it is no module */
	peer_desk_begin(desk, 1, CHUNK, sizeof(image));
	for (size_t i = 4; i-- > 0;)
		chunk_of(desk, (int)i, image, i);
	peer_desk_expect_nothing(desk);
	peer_desk_say(desk, "41 03 03 00 53 b1 75", NULL, 0);
	peer_desk_expect(desk,
			 _i == CLOUD_ERA_052
				 ? "61 44 03 00 53"
				 : "61 44 03 00 53 ff 7b 22 72 22 3a 22 65 72 72 6f 72 22 7d");
	ck_assert_int_eq(desk->device->end, CLOUD_END_RESET);
	ck_assert_int_eq(desk->device->reset_reason, 80);
	ck_assert_uint_eq(desk->device->counts.updates_bad, 1);
	ck_assert(!desk->device->last_good);
	peer_desk_free(desk);
}
END_TEST

START_TEST(an_erase_takes_its_time_and_nothing_is_heard)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_23);
	struct peer_desk *desk = online(&config);

	memset(desk->device->staging, 0, CLOUD_DEVICE_STAGING_BYTES);
	/* 0x20001 bytes: two sectors, a second each */
	peer_desk_say(desk, "41 02 01 00 51 b1 75 ff 01 02 00 00 02 00 01 00 00 00 00 00", NULL, 0);
	peer_desk_expect(desk, "60 00 01 00");
	peer_desk_say(desk, "40 00 00 77", NULL, 0);
	peer_desk_wait(desk, 2 * SECOND_US - 1);
	peer_desk_expect_nothing(desk);
	peer_desk_wait(desk, 1);
	peer_desk_expect(desk, "51 44 id 51 ff 01");
	peer_desk_expect(desk, "60 00 00 77");
	ck_assert_uint_eq(desk->device->staging[CLOUD_DEVICE_STAGING_BYTES - 1], 0xff);
	peer_desk_free(desk);
}
END_TEST

/* UpdateBegin, and what the device makes of it. */
static const struct {
	const char *said;
	bool fast;
	unsigned int chunk_bytes, file_bytes;
	uint32_t count;
} begins[] = {
	/* one byte short: all defaults */
	{ "41 02 01 00 51 b1 75 ff 01 01 00 00 00 20 00 00 00 00 00", false, 512, 262144, 512 },
	{ "41 02 01 00 51 b1 75", false, 512, 262144, 512 },
	{ "41 02 01 00 51 b1 75 ff 01 01 00 00 00 20 01 00 00 00 00 00", true, 256, 8193, 33 },
	{ "41 02 01 00 51 b1 73 ff 00 00 00 00 00 20 00 00 00 00 00 00", false, 512, 8192, 16 },
};

START_TEST(update_begin_is_read_by_position)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_052);
	struct peer_desk *desk = online(&config);

	peer_desk_say(desk, begins[_i].said, NULL, 0);
	peer_desk_expect(desk, "60 00 01 00");
	peer_desk_wait(desk, 2 * SECOND_US);
	peer_desk_expect(desk, begins[_i].fast ? "51 44 id 51 ff 01" : "51 44 id 51 ff 00");
	ck_assert_uint_eq(desk->device->update.chunk_bytes, begins[_i].chunk_bytes);
	ck_assert_uint_eq(desk->device->update.file_bytes, begins[_i].file_bytes);
	ck_assert_uint_eq(desk->device->update.chunk_count, begins[_i].count);
	peer_desk_free(desk);
}
END_TEST

/* Too many chunks (1 byte each), disabled, or as the script says. */
static const struct {
	enum cloud_device_era era;
	struct cloud_device_faults faults;
	unsigned int file_bytes;
	const char *answer;
} refusals[] = {
	{ CLOUD_ERA_052, { 0 }, 65535, "61 80 01 00 51" },
	{ CLOUD_ERA_07, { 0 }, 65535, "61 80 01 00 51" },
	{ CLOUD_ERA_23, { 0 }, 65535, "61 a3 01 00 51" },
	{ CLOUD_ERA_23, { 0 }, 65534, "60 00 01 00" },
	{ CLOUD_ERA_23, { .updates_disabled = true }, 100, "61 a3 01 00 51" },
	{ CLOUD_ERA_07, { .updates_disabled = true }, 100, "60 00 01 00" },
	{ CLOUD_ERA_052, { .refusal = 0xa3 }, 100, "61 a3 01 00 51" },
};

START_TEST(updates_are_refused_as_the_era_does)
{
	struct cloud_device_config config = of_era(refusals[_i].era);
	struct peer_desk *desk;
	char hex[128];
	bool ready;

	config.faults = refusals[_i].faults;
	desk = online(&config);
	snprintf(hex, sizeof(hex), "41 02 01 00 51 b1 75 ff 00 00 01 %08x 00 00 00 00 00",
		 refusals[_i].file_bytes);
	peer_desk_say(desk, hex, NULL, 0);
	peer_desk_expect(desk, refusals[_i].answer);
	peer_desk_wait(desk, 29 * SECOND_US);
	ready = peer_desk_next(desk);
	/* disabled up to 1.1: acknowledged, and then silence */
	ck_assert_int_eq(ready, refusals[_i].file_bytes == 65534);
	ck_assert_uint_eq(desk->device->counts.refusals, refusals[_i].answer[1] == '1');
	peer_desk_free(desk);
}
END_TEST

START_TEST(holes_at_0_5_2)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_052);
	struct peer_desk *desk = online(&config);
	uint8_t image[8 * CHUNK];

	peer_module_make(image, sizeof(image), 8, 9);
	peer_desk_begin(desk, 1, CHUNK, sizeof(image));
	for (size_t i = 0; i < 8; i++)
		if (i != 3 && i != 5)
			chunk_of(desk, (int)i, image, i);
	peer_desk_say(desk, "41 03 03 00 53 b1 75", NULL, 0);
	peer_desk_expect(desk, "61 80 03 00 53");
	peer_desk_expect(desk, "40 01 id b1 63 ff 00 03 00 05"); /* confirmable */
	chunk_of(desk, 3, image, 3);
	peer_desk_wait(desk, 3 * SECOND_US - 1);
	peer_desk_expect_nothing(desk);
	peer_desk_wait(desk, 1);
	peer_desk_expect(desk, "40 01 id b1 63 ff 00 05"); /* by itself, after 3 s */
	peer_desk_wait(desk, 3 * SECOND_US);
	peer_desk_expect(desk, "40 01 id b1 63 ff 00 05");
	chunk_of(desk, 5, image, 5);
	peer_desk_expect(desk, "50 03 id b1 75"); /* ends by itself */
	ck_assert_int_eq(desk->device->end, CLOUD_END_RESET);
	ck_assert_uint_eq(desk->device->counts.ended_by_device, 1);
	ck_assert_mem_eq(desk->device->staging, image, sizeof(image));
	peer_desk_free(desk);
}
END_TEST

START_TEST(holes_from_0_7_on)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_07);
	struct peer_desk *desk = online(&config);
	uint8_t image[12 * CHUNK];

	peer_module_make(image, sizeof(image), 8, 9);
	peer_desk_begin(desk, 1, CHUNK, sizeof(image));
	chunk_of(desk, 0, image, 0);
	/* one came: 1 + 2 at least are asked for */
	peer_desk_say(desk, "41 03 03 00 53 b1 75", NULL, 0);
	peer_desk_expect(desk, "61 80 03 00 53");
	peer_desk_expect(desk, "50 01 id b1 63 ff 00 01 00 02 00 03"); /* not confirmable */
	for (int i = 1; i < 4; i++)
		chunk_of(desk, i, image, (size_t)i);
	peer_desk_wait(desk, 29 * SECOND_US);
	peer_desk_expect_nothing(desk); /* waits for UpdateDone */
	peer_desk_say(desk, "41 03 03 01 54 b1 75", NULL, 0);
	peer_desk_expect(desk, "61 80 03 01 54");
	/* 3 + 2: what came in the round before last does not count */
	peer_desk_expect(desk, "50 01 id b1 63 ff 00 04 00 05 00 06 00 07 00 08");
	for (int i = 4; i < 12; i++)
		chunk_of(desk, i, image, (size_t)i);
	peer_desk_expect_nothing(desk);
	peer_desk_say(desk, "41 03 03 02 55 b1 75", NULL, 0);
	peer_desk_expect(desk, "61 44 03 02 55 ff *");
	ck_assert_int_eq(desk->device->end, CLOUD_END_RESET);
	ck_assert_uint_eq(desk->device->counts.ended_by_device, 0);
	ck_assert_uint_eq(desk->device->counts.updates_good, 1);
	peer_desk_free(desk);
}
END_TEST

/* How many of 200 chunks are asked for when only so many came. */
static const struct {
	enum cloud_device_era era;
	int came;
	unsigned int asked;
} budgets[] = {
	{ CLOUD_ERA_052, 0, 50 }, { CLOUD_ERA_052, 100, 50 }, { CLOUD_ERA_07, 0, 2 },
	{ CLOUD_ERA_07, 9, 11 },  { CLOUD_ERA_07, 10, 12 },   { CLOUD_ERA_23, 20, 24 },
	{ CLOUD_ERA_23, 33, 39 }, { CLOUD_ERA_23, 34, 40 },   { CLOUD_ERA_23, 150, 40 },
};

START_TEST(the_list_of_holes_has_its_budget)
{
	struct cloud_device_config config = of_era(budgets[_i].era);
	struct peer_desk *desk = online(&config);
	static const uint8_t bytes[64] = { 1 };

	peer_desk_begin(desk, 1, sizeof(bytes), 200 * sizeof(bytes));
	for (int i = 0; i < budgets[_i].came; i++)
		peer_desk_chunk(desk, i, bytes, sizeof(bytes), 0);
	peer_desk_say(desk, "41 03 03 00 53 b1 75", NULL, 0);
	peer_desk_expect(desk, "61 80 03 00 53");
	ck_assert(peer_desk_next(desk));
	ck_assert_uint_eq(desk->message_len, 7 + 2 * budgets[_i].asked);
	ck_assert_uint_eq(desk->message[8], (unsigned)budgets[_i].came);
	ck_assert_uint_eq(desk->device->counts.asked_chunks, budgets[_i].asked);
	peer_desk_free(desk);
}
END_TEST

START_TEST(a_transfer_that_stops_ends_in_a_reset)
{
	struct cloud_device_config config = of_era((enum cloud_device_era)_i);
	struct peer_desk *desk = online(&config);
	static const uint8_t bytes[64] = { 1 };

	peer_desk_begin(desk, 1, sizeof(bytes), 4 * sizeof(bytes));
	peer_desk_wait(desk, 28 * SECOND_US);
	peer_desk_chunk(desk, 0, bytes, sizeof(bytes), 0);
	peer_desk_wait(desk, 30 * SECOND_US - 1);
	ck_assert_int_eq(desk->device->phase, CLOUD_DEVICE_ONLINE);
	peer_desk_wait(desk, 1);
	ck_assert_int_eq(desk->device->end, CLOUD_END_IDLE);
	ck_assert_int_eq(desk->device->reset_reason, 90);
	peer_desk_free(desk);
}
END_TEST

START_TEST(outside_of_an_update)
{
	struct cloud_device_config config = of_era((enum cloud_device_era)_i);
	enum cloud_device_end end = _i == CLOUD_ERA_052 ? CLOUD_END_PROTOCOL : CLOUD_END_NONE;
	struct peer_desk *desk = online(&config);
	static const uint8_t bytes[64] = { 1 };

	peer_desk_chunk(desk, 0, bytes, sizeof(bytes), 0);
	ck_assert_int_eq(desk->device->end, end);
	peer_desk_expect_nothing(desk);
	peer_desk_free(desk);
	desk = online(&config);
	peer_desk_say(desk, "41 03 03 00 53 b1 75", NULL, 0);
	ck_assert_int_eq(desk->device->end, end);
	peer_desk_expect_nothing(desk);
	peer_desk_free(desk);
}
END_TEST

START_TEST(a_chunk_twice)
{
	struct cloud_device_config config = of_era((enum cloud_device_era)_i);
	struct peer_desk *desk = online(&config);
	static const uint8_t bytes[64] = { 1 };

	peer_desk_begin(desk, 1, sizeof(bytes), 4 * sizeof(bytes));
	peer_desk_chunk(desk, 2, bytes, sizeof(bytes), 0);
	peer_desk_chunk(desk, 2, bytes, sizeof(bytes), 0);
	ck_assert_uint_eq(desk->device->counts.chunks_twice, 1);
	/* 0.5.2 writes it again */
	ck_assert_uint_eq(desk->device->counts.saved, _i == CLOUD_ERA_052 ? 2 : 1);
	peer_desk_free(desk);
}
END_TEST

START_TEST(nothing_keeps_a_chunk_inside)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_052);
	struct peer_desk *desk = online(&config);
	static const uint8_t bytes[64] = { 0x11 };
	uint8_t begin[] = { 1, 0, 64, 0, 0, 0, 128, 0, 0xff, 0xf4, 0, 0 };

	peer_desk_begin(desk, 1, sizeof(bytes), 2 * sizeof(bytes));
	peer_desk_chunk(desk, 200, bytes, sizeof(bytes), 0);
	ck_assert_uint_eq(desk->device->counts.chunks_past, 1);
	ck_assert_uint_eq(desk->device->staging[200 * 64], 0x11);
	peer_desk_chunk(desk, 65534, bytes, sizeof(bytes), 0);
	ck_assert_uint_eq(desk->device->counts.writes_outside, 1);
	peer_desk_chunk(desk, 65535, bytes, sizeof(bytes), 0); /* this one alone is not taken */
	ck_assert_uint_eq(desk->device->counts.saved, 2);
	/* an address that reaches the bootloader */
	peer_desk_say(desk, "41 02 01 00 51 b1 75 ff", begin, sizeof(begin));
	peer_desk_expect(desk, "60 00 01 00");
	peer_desk_expect(desk, "51 44 id 51 ff 01");
	peer_desk_chunk(desk, 0, bytes, sizeof(bytes), 0);
	ck_assert_uint_eq(desk->device->counts.writes_outside, 2);
	peer_desk_free(desk);
}
END_TEST

START_TEST(a_chunk_without_payload_hangs_it)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_23);
	struct peer_desk *desk = online(&config);

	peer_desk_begin(desk, 1, 64, 128);
	peer_desk_say(desk, "41 02 02 00 52 b1 63 44 00 00 00 00 02 00 00", NULL, 0);
	ck_assert(desk->device->hung);
	peer_desk_say(desk, "40 00 00 09", NULL, 0);
	peer_desk_wait(desk, 100 * SECOND_US);
	peer_desk_expect_nothing(desk);
	peer_desk_free(desk);
}
END_TEST

START_TEST(a_length_beyond_the_flash_erases_nothing)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_23);
	struct peer_desk *desk = online(&config);

	desk->device->staging[5] = 0;
	peer_desk_say(desk, "41 02 01 00 51 b1 75 ff 01 02 00 00 04 00 01 00 00 00 00 00", NULL, 0);
	peer_desk_expect(desk, "60 00 01 00");
	peer_desk_expect(desk, "51 44 id 51 ff 01"); /* at once */
	ck_assert_uint_eq(desk->device->staging[5], 0);
	peer_desk_free(desk);
}
END_TEST

START_TEST(a_new_session_resumes_nothing)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_23);
	struct peer_desk *desk = online(&config);
	static const uint8_t bytes[64] = { 1 };

	peer_desk_begin(desk, 1, sizeof(bytes), 4 * sizeof(bytes));
	peer_desk_chunk(desk, 2, bytes, sizeof(bytes), 0);
	cloud_device_closed(desk->device);
	ck_assert_int_eq(desk->device->end, CLOUD_END_CLOSED);
	cloud_device_connect(desk->device, desk->now_us);
	peer_desk_online(desk);
	ck_assert_int_eq(desk->device->update.phase, CLOUD_UPDATE_NONE);
	peer_desk_begin(desk, 1, sizeof(bytes), 4 * sizeof(bytes));
	cloud_device_connect(desk->device, desk->now_us); /* without an end before */
	ck_assert_int_eq(desk->device->update.phase, CLOUD_UPDATE_NONE);
	peer_desk_online(desk);
	peer_desk_begin(desk, 1, sizeof(bytes), 4 * sizeof(bytes));
	peer_desk_say(desk, "41 03 03 00 53 b1 75", NULL, 0);
	peer_desk_expect(desk, "61 80 03 00 53");
	peer_desk_expect(desk, "50 01 id b1 63 ff 00 00 00 01");
	peer_desk_free(desk);
}
END_TEST

START_TEST(scripted_silence)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_23);
	static const uint8_t bytes[64] = { 1 };
	struct peer_desk *desk;

	config.faults = (struct cloud_device_faults){ .no_ready = true };
	desk = online(&config);
	peer_desk_say(desk, begins[2].said, NULL, 0);
	peer_desk_expect(desk, "60 00 01 00");
	peer_desk_wait(desk, 100 * SECOND_US);
	peer_desk_expect_nothing(desk);
	peer_desk_say(desk, "40 00 00 77", NULL, 0); /* alive all the same */
	peer_desk_expect(desk, "60 00 00 77");
	peer_desk_free(desk);

	config.faults = (struct cloud_device_faults){ .stop_at_chunk = 2, .no_done = true };
	desk = online(&config);
	peer_desk_begin(desk, 0, 64, 256);
	peer_desk_chunk(desk, -1, bytes, sizeof(bytes), 0);
	peer_desk_expect(desk, "60 00 02 00");
	peer_desk_expect(desk, "51 44 id 52");
	peer_desk_chunk(desk, -1, bytes, sizeof(bytes), 0);
	peer_desk_say(desk, "41 03 03 00 53 b1 75", NULL, 0);
	peer_desk_expect_nothing(desk);
	peer_desk_free(desk);
}
END_TEST

START_TEST(scripted_flaws)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_23);
	static const uint8_t bytes[64] = { 1 };
	struct peer_desk *desk;

	config.faults = (struct cloud_device_faults){ .ready_empty = true, .ready_twice = true };
	desk = online(&config);
	peer_desk_say(desk, begins[2].said, NULL, 0);
	peer_desk_expect(desk, "60 00 01 00");
	peer_desk_wait(desk, 2 * SECOND_US);
	peer_desk_expect(desk, "51 44 id 51");
	peer_desk_expect(desk, "51 44 id 51");
	peer_desk_free(desk);

	config.faults = (struct cloud_device_faults){ .drop_at_chunk = 2 };
	desk = online(&config);
	peer_desk_begin(desk, 1, 64, 256);
	peer_desk_chunk(desk, 0, bytes, sizeof(bytes), 0);
	ck_assert_int_eq(desk->device->phase, CLOUD_DEVICE_ONLINE);
	peer_desk_chunk(desk, 1, bytes, sizeof(bytes), 0);
	ck_assert_int_eq(desk->device->end, CLOUD_END_DROPPED);
	peer_desk_free(desk);

	config.faults = (struct cloud_device_faults){ .refuse_chunk = 2, .refuse_count = 2 };
	desk = online(&config);
	peer_desk_begin(desk, 0, 64, 256);
	for (int i = 0; i < 4; i++) {
		peer_desk_chunk(desk, -1, bytes, sizeof(bytes), 0);
		peer_desk_expect(desk, "60 00 02 00");
		peer_desk_expect(desk, i == 1 || i == 2 ? "51 80 id 52" : "51 44 id 52");
	}
	ck_assert_uint_eq(desk->device->update.index, 2);
	peer_desk_free(desk);

	config.faults = (struct cloud_device_faults){ .asks_wild = true,
						      .done_empty = true,
						      .acks_fast_chunks = true };
	desk = online(&config);
	peer_desk_begin(desk, 1, 64, 128);
	for (int i = 0; i < 2; i++) {
		peer_desk_chunk(desk, i, bytes, sizeof(bytes), 0);
		peer_desk_expect(desk, "60 00 02 00");
	}
	peer_desk_say(desk, "41 03 03 00 53 b1 75", NULL, 0);
	peer_desk_expect(desk, "61 80 03 00 53");
	peer_desk_expect(desk, "50 01 id b1 63 ff 00 02 00 03"); /* of 0 and 1 */
	peer_desk_say(desk, "41 03 03 01 54 b1 75", NULL, 0);
	peer_desk_expect(desk, "61 44 03 01 54");
	peer_desk_free(desk);
}
END_TEST

START_TEST(it_says_goodbye_before_its_reset)
{
	struct cloud_device_config config = of_era(CLOUD_ERA_23);
	static const uint8_t bytes[64] = { 1 };
	struct peer_desk *desk;

	config.flags = CLOUD_FLAG_GOODBYE;
	config.update_result = "{\"x\":1}";
	desk = online(&config);
	peer_desk_begin(desk, 0, 64, 64);
	peer_desk_chunk(desk, -1, bytes, sizeof(bytes), 0);
	peer_desk_expect(desk, "60 00 02 00");
	peer_desk_expect(desk, "51 44 id 52");
	peer_desk_say(desk, "41 03 03 00 53 b1 75", NULL, 0);
	peer_desk_expect(desk, "61 44 03 00 53 ff 7b 22 78 22 3a 31 7d");
	peer_desk_expect(desk, "50 02 id b1 78 d0 ea ff 00");
	ck_assert_int_eq(desk->device->end, CLOUD_END_RESET);
	ck_assert_uint_eq(desk->device->counts.resets, 1);
	peer_desk_free(desk);
}
END_TEST

/* Methods and paths that mean something, with anything behind them. */
START_TEST(whatever_is_said_it_stays_in_its_memory)
{
	static const char paths[] = "ehfsucdvkEZ";
	struct cloud_device_config config = of_era((enum cloud_device_era)(1 + _i % 3));
	struct peer_desk *desk;
	struct rng rng;

	rng_init(&rng, (uint64_t)_i);
	config.flags = CLOUD_FLAG_GOODBYE;
	config.erase_us = 1;
	desk = online(&config);
	for (int i = 0; i < 400; i++) {
		uint8_t bytes[64];
		size_t len = 2 + (size_t)rng_below(&rng, sizeof(bytes) - 2);
		char head[64];

		if (desk->device->phase != CLOUD_DEVICE_ONLINE || desk->device->hung) {
			cloud_device_connect(desk->device, desk->now_us);
			peer_desk_online(desk);
		}
		for (size_t k = 0; k < len; k++)
			bytes[k] = (uint8_t)(rng_below(&rng, 4) ? rng_below(&rng, 256) : 0xff);
		snprintf(head, sizeof(head), "%02x %02x 00 01 33 b1 %02x",
			 (unsigned)(rng_below(&rng, 8) ? 0x41 : rng_below(&rng, 256)),
			 (unsigned)(rng_below(&rng, 8) ? 1 + rng_below(&rng, 3)
						       : rng_below(&rng, 256)),
			 (unsigned)paths[rng_below(&rng, sizeof(paths) - 1)]);
		peer_desk_say(desk, head, bytes, len);
		desk->now_us += 10;
		cloud_device_step(desk->device, desk->now_us);
		while (peer_desk_next(desk))
			;
	}
	ck_assert_uint_eq(desk->device->counts.bad_paddings, 0);
	ck_assert_uint_gt(desk->device->counts.begins, 0);
	peer_desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_cloud_update");
	TCase *eras = tcase_create("eras");
	TCase *flaws = tcase_create("flaws");

	keys = peer_keys_make();
	tcase_add_loop_test(eras, slow_one_by_one, CLOUD_ERA_052, CLOUD_ERA_23 + 1);
	tcase_add_loop_test(eras, fast_without_holes, CLOUD_ERA_052, CLOUD_ERA_23 + 1);
	tcase_add_test(eras, an_erase_takes_its_time_and_nothing_is_heard);
	tcase_add_loop_test(eras, update_begin_is_read_by_position, 0, 4);
	tcase_add_loop_test(eras, updates_are_refused_as_the_era_does, 0, 7);
	tcase_add_test(eras, holes_at_0_5_2);
	tcase_add_test(eras, holes_from_0_7_on);
	tcase_add_loop_test(eras, the_list_of_holes_has_its_budget, 0, 9);
	tcase_add_loop_test(eras, a_transfer_that_stops_ends_in_a_reset, CLOUD_ERA_052,
			    CLOUD_ERA_23 + 1);
	tcase_add_loop_test(eras, outside_of_an_update, CLOUD_ERA_052, CLOUD_ERA_23 + 1);
	tcase_add_loop_test(eras, a_chunk_twice, CLOUD_ERA_052, CLOUD_ERA_23 + 1);
	suite_add_tcase(suite, eras);
	tcase_add_test(flaws, nothing_keeps_a_chunk_inside);
	tcase_add_test(flaws, a_chunk_without_payload_hangs_it);
	tcase_add_test(flaws, a_length_beyond_the_flash_erases_nothing);
	tcase_add_test(flaws, a_new_session_resumes_nothing);
	tcase_add_test(flaws, scripted_silence);
	tcase_add_test(flaws, it_says_goodbye_before_its_reset);
	tcase_add_test(flaws, scripted_flaws);
	tcase_add_loop_test(flaws, whatever_is_said_it_stays_in_its_memory, 0, 6);
	suite_add_tcase(suite, flaws);
	return testing_run(suite);
}
