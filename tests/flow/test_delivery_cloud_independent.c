/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The delivery "cloud" as a trial uses it, over loopback TCP, to a device that was written without
 * it: prepare, send with what is done to the transfer on purpose, the device's reset, proof. The
 * device is outside of the slot, and gets on while the slot's time passes.
 */
#include "base/clock.h"
#include "base/hash.h"
#include "base/macros.h"
#include "delivery/delivery.h"
#include "lib/cloud_hall.h"
#include "lib/peer_module.h"
#include "lib/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	VERSION = 77,
	IMAGE_BYTES = 5000,
	CRC_BYTES = 4,
	HASH_AT = 38, /* from the end: SHA-256, its size, CRC */
	ERASE_US = 1000,
	RETURN_US = 1000,
};

static struct peer_keys keys;

struct desk {
	struct slot slot;
	int64_t now_us;
	struct delivery_options options;
	struct delivery_port port;
	struct delivery_context context;
	uint8_t bytes[IMAGE_BYTES];
	struct image image;
	struct delivery_part part;
	struct delivery_outcome outcome;
	unsigned int points[DELIVERY_TAKEN + 1];
	struct cloud_device *device;
	struct cloud_fleet *fleet;
};

static int64_t desk_now(void *backend)
{
	return ((struct desk *)backend)->now_us;
}

static int desk_wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	struct desk *desk = backend;

	(void)err;
	/* a millisecond of the slot is one of the host's at most, when nothing happens */
	if (cloud_fleet_step(desk->fleet, clock_now_us(), 0) == 0)
		cloud_fleet_step(desk->fleet, clock_now_us(), 1);
	desk->now_us = deadline_us;
	*ret = SLOT_WAIT_DEADLINE;
	return 0;
}

static const struct slot_time_ops time_ops = { .now_us = desk_now, .wait = desk_wait };

/* The hash that the device shows of a user part with that version; the sum is made right again. */
static void make_image(struct desk *desk)
{
	uint8_t *crc = desk->bytes + IMAGE_BYTES - CRC_BYTES;
	uint32_t sum;

	peer_module_make(desk->bytes, IMAGE_BYTES, 8, VERSION);
	for (unsigned int i = 0; i < SHA256_BYTES; i++)
		desk->bytes[IMAGE_BYTES - HASH_AT + i] = (uint8_t)(i + VERSION);
	sum = hash_crc32(desk->bytes, IMAGE_BYTES - CRC_BYTES);
	for (unsigned int i = 0; i < CRC_BYTES; i++)
		crc[i] = (uint8_t)(sum >> 8 * (CRC_BYTES - 1 - i));
	ck_assert_int_eq(image_parse(desk->bytes, IMAGE_BYTES, &desk->image, NULL), 0);
}

static uint16_t free_port(struct keys *own)
{
	struct server_setup setup = { .address = "127.0.0.1",
				      .keys = own,
				      .trust = HANDSHAKE_TRUST_FIRST };
	struct server *server;
	uint16_t port;

	ck_assert_int_eq(server_open(&setup, &server, NULL), 0);
	port = server_port(server);
	server_close(server);
	return port;
}

static struct desk *desk_new(enum cloud_device_era era, struct cloud_device_faults faults)
{
	const struct cloud_device_keys own = { .device = keys.device, .server = keys.server };
	const struct cloud_device_config config = { .era = era,
						    .id = { 0x21 },
						    .erase_us = ERASE_US,
						    .frame_bytes_max = 2048,
						    .flags = CLOUD_FLAG_GOODBYE,
						    .faults = faults };
	struct cloud_fleet_config fleet = { .after = CLOUD_FLEET_RETURNS, .return_us = RETURN_US };
	struct desk *desk = calloc(1, sizeof(*desk));
	struct err err = ERR_INIT;
	struct keys *server;

	ck_assert_ptr_nonnull(desk);
	desk->options = (struct delivery_options){ .address = "127.0.0.1" };
	snprintf(desk->options.keys, sizeof(desk->options.keys), "%s", testing_folder());
	cloud_hall_put_key(desk->options.keys, &keys);
	ck_assert_int_eq(keys_open(desk->options.keys, &server, NULL), 0);
	desk->options.port = fleet.port = free_port(server);
	keys_close(server);
	desk->slot = (struct slot){ .name = "outside", .backend = desk, .time = &time_ops };
	delivery_port_init(&desk->port, &desk->slot);
	desk->context = (struct delivery_context){ .slot = &desk->slot,
						   .options = &desk->options,
						   .port = &desk->port };
	make_image(desk);
	desk->part = (struct delivery_part){ .number = 1, .name = "user", .image = &desk->image };
	desk->device = cloud_device_new(&config, &own);
	ck_assert_ptr_nonnull(desk->device);
	desk->fleet = cloud_fleet_new(&fleet, &desk->device, 1);
	ck_assert_ptr_nonnull(desk->fleet);
	ck_assert_msg(delivery_open(&delivery_cloud, &desk->context, &err) == 0, "%s", err.text);
	return desk;
}

static void desk_free(struct desk *desk)
{
	delivery_close(&delivery_cloud, &desk->context);
	cloud_fleet_free(desk->fleet);
	cloud_device_free(desk->device);
	image_release(&desk->image);
	free(desk);
}

static int on_progress(void *ctx, const struct delivery_progress *progress, struct err *err)
{
	struct desk *desk = ctx;

	(void)err;
	desk->points[progress->point]++;
	return 0;
}

static void deliver(struct desk *desk, const struct fuzz_acts *acts)
{
	const struct delivery_run run = { .context = &desk->context,
					  .part = &desk->part,
					  .progress = on_progress,
					  .progress_ctx = desk,
					  .acts = acts };
	struct err err = ERR_INIT;

	ck_assert_msg(delivery_prepare(&delivery_cloud, &run, &desk->outcome, &err) == 0, "%s",
		      err.text);
	ck_assert_msg(desk->outcome.result == DELIVERY_DONE, "%s", desk->outcome.text);
	ck_assert_msg(delivery_send(&delivery_cloud, &run, &desk->outcome, &err) == 0, "%s",
		      err.text);
}

/* The device restarts meanwhile, and connects again. */
static struct delivery_proof prove(struct desk *desk)
{
	const struct delivery_run run = { .context = &desk->context, .part = &desk->part };
	struct delivery_proof proof;
	struct err err = ERR_INIT;

	ck_assert_msg(delivery_prove(&delivery_cloud, &run, &proof, &err) == 0, "%s", err.text);
	return proof;
}

#define INSTALLED "described: user has version 77"
#define OLD_052	  "described: user has version 2"
#define OLD_07	  "described: user has version 4"
#define OLD_23	  "described: user has version 6"

static const struct row {
	enum cloud_device_era era;
	enum delivery_mode mode;
	unsigned int chunk_bytes;
	struct cloud_device_faults faults;
	struct fuzz_act act; /* FUZZ_NONE: nothing is done */
	enum delivery_result result;
	const char *text; /* begins with */
	enum delivery_proof_kind proof;
	const char *told;
} rows[] = {
	{ .era = CLOUD_ERA_052 },
	{ .era = CLOUD_ERA_07, .mode = DELIVERY_MODE_SLOW },
	{ .era = CLOUD_ERA_23, .mode = DELIVERY_MODE_FAST, .chunk_bytes = 1024 },
	{ .era = CLOUD_ERA_052, .faults = { .refuse_chunk = 3, .refuse_count = 4 } },
	{ .era = CLOUD_ERA_23,
	  .mode = DELIVERY_MODE_SLOW,
	  .faults = { .refuse_chunk = 3, .refuse_count = 4 } },
	{ .era = CLOUD_ERA_052, .act = { FUZZ_DROP, 3, 0 } },
	{ .era = CLOUD_ERA_07, .act = { FUZZ_DROP, 9, 0 } },
	{ .era = CLOUD_ERA_23, .act = { FUZZ_SPOIL, 3, 99 } },
	{ .era = CLOUD_ERA_052, .act = { FUZZ_SPOIL, 3, 99 } },
	{ .era = CLOUD_ERA_23, .mode = DELIVERY_MODE_SLOW, .act = { FUZZ_SPOIL, 3, 99 } },
	{ .era = CLOUD_ERA_07, .act = { FUZZ_TWICE, 3, 0 } },
	{ .era = CLOUD_ERA_052, .act = { FUZZ_SWAP, 3, 0 } },
	{ .era = CLOUD_ERA_23, .act = { FUZZ_EARLY, 3, 0 } },
	{ .era = CLOUD_ERA_23,
	  .act = { FUZZ_SEAL, 3, 99 },
	  .result = DELIVERY_LOST,
	  .text = "bad: {\"r\":\"error\"}",
	  .proof = DELIVERY_PROOF_OTHER,
	  .told = OLD_23 },
	/* 0.5.2 does not say that an image is bad: only the proof does */
	{ .era = CLOUD_ERA_052,
	  .act = { FUZZ_SEAL, 3, 99 },
	  .result = DELIVERY_DONE,
	  .proof = DELIVERY_PROOF_OTHER,
	  .told = OLD_052 },
	{ .era = CLOUD_ERA_07,
	  .act = { FUZZ_HANGUP, 3, 0 },
	  .result = DELIVERY_LOST,
	  .text = "cut: disconnected by the tamper hook",
	  .proof = DELIVERY_PROOF_OTHER,
	  .told = OLD_07 },
	{ .era = CLOUD_ERA_23,
	  .faults = { .updates_disabled = true },
	  .result = DELIVERY_REFUSED,
	  .text = "refused: the board refused the update with 5.03",
	  .proof = DELIVERY_PROOF_OTHER,
	  .told = OLD_23 },
	{ .era = CLOUD_ERA_23,
	  .faults = { .drop_at_chunk = 3 },
	  .result = DELIVERY_REFUSED,
	  .text = "gone: the ", /* board closed it, or connection broke */
	  .proof = DELIVERY_PROOF_OTHER,
	  .told = OLD_23 },
	{ .era = CLOUD_ERA_23,
	  .faults = { .describe_empty = true },
	  .proof = DELIVERY_PROOF_NONE,
	  .told = "no description: no JSON at byte 0" },
};

START_TEST(part_over_the_air)
{
	const struct row *row = &rows[_i];
	const struct fuzz_acts acts = { .items = { row->act },
					.count = row->act.kind != FUZZ_NONE };
	struct desk *desk = desk_new(row->era, row->faults);
	enum delivery_result result = row->result ? row->result : DELIVERY_DONE;
	const char *text = row->text ? row->text : "";
	struct delivery_proof proof;

	desk->options.mode = row->mode;
	desk->options.chunk_bytes = row->chunk_bytes;
	deliver(desk, &acts);
	ck_assert_msg(desk->outcome.result == result, "%d %s", (int)desk->outcome.result,
		      desk->outcome.text);
	ck_assert_msg(strncmp(desk->outcome.text, text, strlen(text)) == 0, "'%s'",
		      desk->outcome.text);
	ck_assert_uint_eq(desk->points[DELIVERY_BEGUN], 1);
	ck_assert_uint_eq(desk->points[DELIVERY_TAKEN], result == DELIVERY_DONE);
	proof = prove(desk);
	ck_assert_str_eq(row->told ? proof.text : INSTALLED, row->told ? row->told : proof.text);
	ck_assert_int_eq(proof.kind, row->told ? row->proof : DELIVERY_PROOF_INSTALLED);
	if (!row->told) {
		ck_assert_uint_eq(proof.version, VERSION);
		ck_assert_mem_eq(desk->device->staging, desk->bytes, IMAGE_BYTES);
		ck_assert_uint_eq(desk->device->counts.updates_good, 1);
	}
	ck_assert(!desk->device->hung);
	desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery: cloud, independent device");
	TCase *tcase = tcase_create("cloud");

	keys = peer_keys_make();
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, part_over_the_air, 0, ARRAY_LEN(rows));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
