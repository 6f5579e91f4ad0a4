/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Updates by the rig's cloud server to devices that were written without it: slow and fast, in all
 * three eras; chunks that are missing; other traffic meanwhile; sixteen at once. Devices that do
 * not play along are in test_cloud_independent_fates.c.
 */
#include "base/macros.h"
#include "delivery/module_info.h"
#include "image/image.h"
#include "lib/cloud_hall.h"
#include "lib/peer_module.h"
#include "lib/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	S = 1000000,
	NUMBER = 0x21,
	VERSION = 77,
	FRAME_BYTES = 2048,   /* a device with room for chunks of 1024 */
	IMAGE_MAX = 140000,   /* more than a sector of the staging area */
	BIG_BYTES = 80 * 512, /* more chunks than a device asks for in one message */
};

static struct peer_keys keys;

static struct cloud_hall *online(const struct cloud_device_config *configs, size_t count)
{
	const struct cloud_hall_setup setup = { .devices = configs,
						.count = count,
						.fleet = { .after = CLOUD_FLEET_RETURNS,
							   .return_us = S } };
	struct cloud_hall *hall = cloud_hall_new(&setup, &keys);

	cloud_hall_all(hall, CLOUD_DEVICE_ONLINE, 5 * (int64_t)S);
	return hall;
}

static uint8_t *make_image(size_t len)
{
	uint8_t *image = malloc(len);

	ck_assert_ptr_nonnull(image);
	peer_module_make(image, len, 8, VERSION);
	return image;
}

static size_t chunks_of(size_t len, size_t chunk_bytes)
{
	return (len + chunk_bytes - 1) / chunk_bytes;
}

static const struct whole {
	enum update_mode mode;
	uint16_t chunk_bytes; /* 0: the default of both, 512 */
	enum update_padding padding;
	size_t len;
} wholes[] = {
	{ UPDATE_SLOW, 0, UPDATE_PADDED, 5000 },
	{ UPDATE_SLOW, 512, UPDATE_UNPADDED, 5000 },
	{ UPDATE_SLOW, 1024, UPDATE_PADDED, 5000 },
	{ UPDATE_SLOW, 1024, UPDATE_UNPADDED, 4096 },
	{ UPDATE_FAST, 0, UPDATE_PADDED, 5000 },
	{ UPDATE_FAST, 512, UPDATE_UNPADDED, 5000 },
	{ UPDATE_FAST, 512, UPDATE_PADDED, 4096 },
	{ UPDATE_FAST, 1024, UPDATE_UNPADDED, 5000 },
	{ UPDATE_FAST, 1024, UPDATE_PADDED, IMAGE_MAX },
	{ UPDATE_FAST, 100, UPDATE_UNPADDED, 5000 },
};
static const enum cloud_device_era eras[] = { CLOUD_ERA_052, CLOUD_ERA_07, CLOUD_ERA_23 };

/* The device comes again after its reset: what it says then is the proof. */
static void check_installed(struct cloud_hall *hall, size_t device)
{
	static const struct session_question question = { .kind = SESSION_ASK_DESCRIBE };
	const struct module_info_module *found;
	char why[MODULE_INFO_WHY_MAX];
	struct module_info info;

	ck_assert(cloud_hall_session(hall, device)->hello.flags & SESSION_LAST_UPDATE_GOOD);
	cloud_hall_ask(hall, device, &question);
	ck_assert_int_eq(hall->reply, SESSION_REPLY_GOOD);
	ck_assert_msg(module_info_parse((const char *)hall->answer, hall->answer_len, &info, why),
		      "%s", why);
	found = module_info_find(&info, IMAGE_FUNCTION_USER, 1);
	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(found->version, VERSION);
}

/* The staged image byte for byte, with zeros or nothing behind it. */
static void check_staged(const struct cloud_device *device, const uint8_t *image, size_t len,
			 size_t end)
{
	ck_assert_mem_eq(device->staging, image, len);
	ck_assert_uint_eq(device->written_end, end);
	for (size_t i = len; i < end; i++)
		ck_assert_uint_eq(device->staging[i], 0);
	ck_assert_uint_eq(device->staging[end], 0xff);
	ck_assert_uint_eq(device->counts.writes_outside, 0);
	ck_assert_uint_eq(device->counts.chunks_past, 0);
	ck_assert_uint_eq(device->counts.chunks_bad, 0);
	ck_assert_uint_eq(device->counts.bad_paddings, 0);
	ck_assert_uint_eq(device->counts.unknown_in, 0);
	ck_assert_uint_eq(device->counts.strange_acks, 0);
	ck_assert(!device->hung);
}

START_TEST(whole_update)
{
	const struct whole *row = &wholes[_i % (int)ARRAY_LEN(wholes)];
	const enum cloud_device_era era = eras[_i / (int)ARRAY_LEN(wholes)];
	const struct cloud_device_config config = { .era = era,
						    .id = { NUMBER },
						    .frame_bytes_max = FRAME_BYTES };
	struct cloud_hall *hall = online(&config, 1);
	const struct cloud_device *device = hall->devices[0];
	const struct cloud_hall_update *update = &hall->updates[0];
	size_t chunk = row->chunk_bytes ? row->chunk_bytes : 512;
	size_t chunks = chunks_of(row->len, chunk);
	uint8_t *image = make_image(row->len);

	cloud_hall_begin(hall, 0,
			 (struct update_setup){ .bytes = image,
						.len = row->len,
						.mode = row->mode,
						.chunk_bytes = row->chunk_bytes,
						.padding = row->padding });
	cloud_hall_updated(hall, 60 * (int64_t)S);
	ck_assert_msg(update->result == UPDATE_DONE, "%s", update->text);
	ck_assert_int_eq(update->mode, row->mode);
	ck_assert_int_eq(update->ended_by, UPDATE_ENDED_BY_CLOUD);
	ck_assert_int_eq(update->checks,
			 era == CLOUD_ERA_052 ? UPDATE_CHECKS_UNKNOWN : UPDATE_CHECKS_GOOD);
	ck_assert_uint_eq(update->sent, chunks);
	ck_assert_uint_eq(update->missed + update->refusals + update->rounds, 0);
	cloud_hall_pass(hall, 3 * (int64_t)S);
	check_staged(device, image, row->len,
		     row->padding == UPDATE_PADDED ? chunks * chunk : row->len);
	ck_assert_uint_eq(device->counts.chunks, chunks);
	ck_assert_uint_eq(device->counts.saved, chunks);
	ck_assert_uint_eq(device->counts.begins, 1);
	ck_assert_uint_eq(device->counts.dones, 1);
	ck_assert_uint_eq(device->counts.updates_good, 1);
	ck_assert_int_eq(device->reset_reason, 70);
	check_installed(hall, 0);
	free(image);
	cloud_hall_free(hall);
}
END_TEST

/* Chunks that count as damaged: from the n-th that comes on, so many. */
static const struct hole {
	enum cloud_device_era era;
	enum update_mode mode;
	struct cloud_device_faults faults;
	size_t len;
	uint32_t again; /* chunks that were asked for */
	unsigned int asks;
	enum update_ended_by ended_by;
} holes[] = {
	{ CLOUD_ERA_052, UPDATE_SLOW, { .refuse_chunk = 3 }, 5000, 1, 0, UPDATE_ENDED_BY_CLOUD },
	{ CLOUD_ERA_07,
	  UPDATE_SLOW,
	  { .refuse_chunk = 10, .refuse_count = 16 },
	  5000,
	  16,
	  0,
	  UPDATE_ENDED_BY_CLOUD },
	{ CLOUD_ERA_23, UPDATE_SLOW, { .refuse_chunk = 1 }, 5000, 1, 0, UPDATE_ENDED_BY_CLOUD },
	/* one message of 0.5.2 lists them all, and it ends by itself */
	{ CLOUD_ERA_052, UPDATE_FAST, { .refuse_chunk = 3 }, 5000, 1, 1, UPDATE_ENDED_BY_BOARD },
	{ CLOUD_ERA_052,
	  UPDATE_FAST,
	  { .refuse_chunk = 1, .refuse_count = 10 },
	  5000,
	  10,
	  1,
	  UPDATE_ENDED_BY_BOARD },
	/* a chunk that was asked for and is damaged again: asked for after 3 s */
	{ CLOUD_ERA_052,
	  UPDATE_FAST,
	  { .refuse_chunk = 10, .refuse_count = 2 },
	  5000,
	  2,
	  2,
	  UPDATE_ENDED_BY_BOARD },
	/* more than 50 holes: the rest is asked for after 3 s */
	{ CLOUD_ERA_052,
	  UPDATE_FAST,
	  { .refuse_chunk = 1, .refuse_count = 60 },
	  BIG_BYTES,
	  60,
	  2,
	  UPDATE_ENDED_BY_BOARD },
	{ CLOUD_ERA_07, UPDATE_FAST, { .refuse_chunk = 3 }, 5000, 1, 1, UPDATE_ENDED_BY_CLOUD },
	{ CLOUD_ERA_07,
	  UPDATE_FAST,
	  { .refuse_chunk = 1, .refuse_count = 10 },
	  5000,
	  10,
	  1,
	  UPDATE_ENDED_BY_CLOUD },
	{ CLOUD_ERA_07,
	  UPDATE_FAST,
	  { .refuse_chunk = 10, .refuse_count = 3 },
	  5000,
	  3,
	  3,
	  UPDATE_ENDED_BY_CLOUD },
	{ CLOUD_ERA_23, UPDATE_FAST, { .refuse_chunk = 10 }, 5000, 1, 1, UPDATE_ENDED_BY_CLOUD },
	/* 40 at most in one message, and the server asks for the rest */
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .refuse_chunk = 1, .refuse_count = 60 },
	  BIG_BYTES,
	  60,
	  2,
	  UPDATE_ENDED_BY_CLOUD },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .refuse_chunk = 1, .refuse_count = 80 },
	  BIG_BYTES,
	  80,
	  2,
	  UPDATE_ENDED_BY_CLOUD },
	/* 0.6 acknowledges fast chunks too */
	{ CLOUD_ERA_052,
	  UPDATE_FAST,
	  { .acks_fast_chunks = true, .refuse_chunk = 4 },
	  5000,
	  1,
	  1,
	  UPDATE_ENDED_BY_BOARD },
};

START_TEST(missing_chunks_are_sent_again)
{
	const struct hole *row = &holes[_i];
	const struct cloud_device_config config = { .era = row->era,
						    .id = { NUMBER },
						    .faults = row->faults };
	struct cloud_hall *hall = online(&config, 1);
	const struct cloud_device *device = hall->devices[0];
	const struct cloud_hall_update *update = &hall->updates[0];
	size_t chunks = chunks_of(row->len, 512);
	uint8_t *image = make_image(row->len);

	cloud_hall_begin(
		hall, 0,
		(struct update_setup){ .bytes = image, .len = row->len, .mode = row->mode });
	cloud_hall_updated(hall, 60 * (int64_t)S);
	ck_assert_msg(update->result == UPDATE_DONE, "%s", update->text);
	ck_assert_uint_eq(update->refusals, row->mode == UPDATE_SLOW ? row->again : 0);
	ck_assert_uint_eq(update->missed, row->mode == UPDATE_FAST ? row->again : 0);
	ck_assert_uint_eq(update->sent, chunks + row->again);
	ck_assert_int_eq(update->ended_by, row->ended_by);
	ck_assert_uint_eq(device->counts.asks, row->asks);
	ck_assert_uint_eq(device->counts.asked_chunks, update->missed);
	cloud_hall_pass(hall, 3 * (int64_t)S);
	check_staged(device, image, row->len, row->len);
	check_installed(hall, 0);
	free(image);
	cloud_hall_free(hall);
}
END_TEST

/* Application traffic and pings while an update is under way. */
START_TEST(events_and_pings_meanwhile)
{
	const struct cloud_device_config config = { .era = eras[_i / 2],
						    .id = { NUMBER },
						    .erase_us = 9 * (int64_t)S };
	static const struct session_question ping = { .kind = SESSION_ASK_PING };
	struct cloud_hall *hall = online(&config, 1);
	struct cloud_device *device = hall->devices[0];
	uint8_t *image = make_image(BIG_BYTES);
	unsigned int published = 0;

	cloud_hall_begin(hall, 0,
			 (struct update_setup){ .bytes = image,
						.len = BIG_BYTES,
						.mode = _i % 2 ? UPDATE_FAST : UPDATE_SLOW });
	while (hall->updates[0].result == UPDATE_UNKNOWN) {
		ck_assert_int_lt(hall->now_us, 60 * (int64_t)S);
		if (published < 20 && device->phase == CLOUD_DEVICE_ONLINE) {
			cloud_device_publish(device, "temp", "21", 60);
			cloud_device_ping(device, hall->now_us);
			session_ask(cloud_hall_session(hall, 0), &ping, hall->now_us);
			published++;
		}
		cloud_hall_turn(hall);
	}
	ck_assert_msg(hall->updates[0].result == UPDATE_DONE, "%s", hall->updates[0].text);
	cloud_hall_pass(hall, 3 * (int64_t)S);
	ck_assert_mem_eq(device->staging, image, BIG_BYTES);
	ck_assert_uint_eq(device->counts.updates_good, 1);
	ck_assert_uint_eq(device->counts.unknown_in, 0);
	ck_assert_uint_gt(device->counts.pings_in, 0);
	ck_assert(!device->hung);
	free(image);
	cloud_hall_free(hall);
}
END_TEST

/* Sixteen at once: every era, slow and fast, chunks of both sizes, some with holes. */
START_TEST(sixteen_at_once)
{
	enum { BOARDS = CLOUD_HALL_DEVICES_MAX };
	struct cloud_device_config *configs = calloc(BOARDS, sizeof(*configs));
	uint8_t *images[BOARDS];
	struct cloud_hall *hall;

	ck_assert_ptr_nonnull(configs);
	for (uint8_t i = 0; i < BOARDS; i++)
		configs[i] = (struct cloud_device_config){
			.era = eras[i % 3],
			.id = { (uint8_t)(i + 1), i },
			.frame_bytes_max = FRAME_BYTES,
			.faults = { .refuse_chunk = i % 4, .refuse_count = i },
		};
	hall = online(configs, BOARDS);
	for (size_t i = 0; i < BOARDS; i++) {
		images[i] = make_image(20000 + 4 * i);
		cloud_hall_begin(hall, i,
				 (struct update_setup){ .bytes = images[i],
							.len = 20000 + 4 * i,
							.mode = i % 2 ? UPDATE_FAST : UPDATE_SLOW,
							.chunk_bytes = i % 5 ? 512 : 1024,
							.padding = i % 3 ? UPDATE_PADDED
									 : UPDATE_UNPADDED });
	}
	cloud_hall_updated(hall, 60 * (int64_t)S);
	cloud_hall_pass(hall, 4 * (int64_t)S);
	for (size_t i = 0; i < BOARDS; i++) {
		ck_assert_msg(hall->updates[i].result == UPDATE_DONE, "device %zu: %s", i,
			      hall->updates[i].text);
		ck_assert_mem_eq(hall->devices[i]->staging, images[i], 20000 + 4 * i);
		ck_assert_uint_eq(hall->devices[i]->counts.updates_good, 1);
		check_installed(hall, i);
		free(images[i]);
	}
	cloud_hall_free(hall);
	free(configs);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: independent devices are updated");
	TCase *tcase = tcase_create("update");

	keys = peer_keys_make();
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, whole_update, 0, ARRAY_LEN(eras) * ARRAY_LEN(wholes));
	tcase_add_loop_test(tcase, missing_chunks_are_sent_again, 0, ARRAY_LEN(holes));
	tcase_add_loop_test(tcase, events_and_pings_meanwhile, 0, 2 * ARRAY_LEN(eras));
	tcase_add_test(tcase, sixteen_at_once);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
