/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of updates by the rig's cloud server with devices that were written without it, and
 * that refuse, or do not play along: a named result, or a connection that is dropped at a deadline.
 */
#include "base/macros.h"
#include "lib/cloud_hall.h"
#include "lib/peer_module.h"
#include "lib/testing.h"

#include <stdlib.h>
#include <string.h>

enum { S = 1000000, NUMBER = 0x21, VERSION = 77, IMAGE_BYTES = 5000 };

static struct peer_keys keys;

static struct cloud_hall *online(const struct cloud_device_config *config)
{
	const struct cloud_hall_setup setup = { .devices = config,
						.count = 1,
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

static const enum cloud_device_era eras[] = { CLOUD_ERA_052, CLOUD_ERA_07, CLOUD_ERA_23 };

/* What becomes of an update with a device that does not play along, and of the device. */
static const struct fate {
	enum cloud_device_era era;
	enum update_mode mode;
	struct cloud_device_faults faults;
	enum update_result result;
	const char *text; /* begins with */
	enum update_checks checks;
	int64_t s; /* of made time at most */
} fates[] = {
	{ CLOUD_ERA_052,
	  UPDATE_FAST,
	  { .refusal = 0x80 },
	  UPDATE_REFUSED,
	  "the board refused the update with 4.00",
	  0,
	  1 },
	{ CLOUD_ERA_23,
	  UPDATE_SLOW,
	  { .refusal = 0xa3 },
	  UPDATE_REFUSED,
	  "the board refused the update with 5.03",
	  0,
	  1 },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .updates_disabled = true },
	  UPDATE_REFUSED,
	  "the board refused the update with 5.03",
	  0,
	  1 },
	{ CLOUD_ERA_07,
	  UPDATE_FAST,
	  { .updates_disabled = true },
	  UPDATE_TIMEOUT,
	  "waited in vain for the board to be ready",
	  0,
	  46 },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .no_ready = true },
	  UPDATE_TIMEOUT,
	  "waited in vain for the board to be ready",
	  0,
	  46 },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .mute = true },
	  UPDATE_TIMEOUT,
	  "waited in vain for the board to be ready",
	  0,
	  21 },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .ready_empty = true },
	  UPDATE_DONE,
	  "",
	  UPDATE_CHECKS_GOOD,
	  5 },
	{ CLOUD_ERA_052, UPDATE_SLOW, { .ready_empty = true }, UPDATE_DONE, "", 0, 5 },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .ready_twice = true },
	  UPDATE_DONE,
	  "",
	  UPDATE_CHECKS_GOOD,
	  5 },
	{ CLOUD_ERA_23,
	  UPDATE_SLOW,
	  { .ready_twice = true },
	  UPDATE_DONE,
	  "",
	  UPDATE_CHECKS_GOOD,
	  5 },
	/* with chunks on their way to nobody TCP may also say that the connection broke */
	{ CLOUD_ERA_052, UPDATE_FAST, { .drop_at_chunk = 3 }, UPDATE_GONE, "the ", 0, 5 },
	{ CLOUD_ERA_23,
	  UPDATE_SLOW,
	  { .drop_at_chunk = 3 },
	  UPDATE_GONE,
	  "the board closed the connection",
	  0,
	  5 },
	{ CLOUD_ERA_23,
	  UPDATE_SLOW,
	  { .stop_at_chunk = 3 },
	  UPDATE_TIMEOUT,
	  "waited in vain for the answer to a chunk (chunk 2 of 10)",
	  0,
	  25 },
	{ CLOUD_ERA_052,
	  UPDATE_SLOW,
	  { .stop_at_chunk = 3 },
	  UPDATE_TIMEOUT,
	  "waited in vain for the answer to a chunk (chunk 2 of 10)",
	  0,
	  25 },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .stop_at_chunk = 3 },
	  UPDATE_GARBLED,
	  "the board asked for chunks 256 times",
	  0,
	  25 },
	{ CLOUD_ERA_052,
	  UPDATE_FAST,
	  { .stop_at_chunk = 3 },
	  UPDATE_GONE,
	  "the board closed the connection",
	  0,
	  40 },
	{ CLOUD_ERA_07,
	  UPDATE_SLOW,
	  { .refuse_chunk = 3, .refuse_count = 1000 },
	  UPDATE_GARBLED,
	  "the board called chunk 2 bad 16 times",
	  0,
	  5 },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .refuse_chunk = 3, .refuse_count = 100000 },
	  UPDATE_GARBLED,
	  "the board asked for chunks 256 times",
	  0,
	  25 },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .asks_wild = true },
	  UPDATE_GARBLED,
	  "the board asked for chunks that there are none of",
	  0,
	  5 },
	{ CLOUD_ERA_052,
	  UPDATE_FAST,
	  { .asks_wild = true, .refuse_chunk = 3 },
	  UPDATE_DONE,
	  "",
	  0,
	  9 },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .no_done = true },
	  UPDATE_TIMEOUT,
	  "waited in vain for the answer to the update's end",
	  0,
	  25 },
	{ CLOUD_ERA_052,
	  UPDATE_SLOW,
	  { .no_done = true },
	  UPDATE_TIMEOUT,
	  "waited in vain for the answer to the update's end",
	  0,
	  25 },
	{ CLOUD_ERA_07,
	  UPDATE_FAST,
	  { .done_empty = true },
	  UPDATE_DONE,
	  "",
	  UPDATE_CHECKS_UNKNOWN,
	  5 },
	{ CLOUD_ERA_23,
	  UPDATE_FAST,
	  { .unknown_messages = true },
	  UPDATE_DONE,
	  "",
	  UPDATE_CHECKS_GOOD,
	  5 },
};

START_TEST(device_does_not_play_along)
{
	const struct fate *row = &fates[_i];
	const struct cloud_device_config config = { .era = row->era,
						    .id = { NUMBER },
						    .ping_us = CLOUD_DEVICE_NEVER,
						    .faults = row->faults };
	struct cloud_hall *hall = online(&config);
	const struct cloud_hall_update *update = &hall->updates[0];
	uint8_t *image = make_image(IMAGE_BYTES);

	cloud_hall_begin(
		hall, 0,
		(struct update_setup){ .bytes = image, .len = IMAGE_BYTES, .mode = row->mode });
	cloud_hall_updated(hall, row->s * S);
	ck_assert_msg(update->result == row->result, "%s: %s", update_result_name(update->result),
		      update->text);
	ck_assert_msg(strncmp(update->text, row->text, strlen(row->text)) == 0, "%s", update->text);
	ck_assert_int_eq(update->checks, row->checks);
	ck_assert(!hall->devices[0]->hung);
	if (row->result == UPDATE_DONE)
		ck_assert_mem_eq(hall->devices[0]->staging, image, IMAGE_BYTES);
	/* what is left of it: the session goes on, or the device is dropped and comes again */
	cloud_hall_pass(hall, 65 * (int64_t)S);
	ck_assert_uint_le(server_counts(hall->server).accepted, 3);
	free(image);
	cloud_hall_free(hall);
}
END_TEST

/* After a refusal or a broken transfer the next attempt is a whole one. */
START_TEST(next_attempt_starts_over)
{
	const struct cloud_device_config config = { .era = eras[_i],
						    .id = { NUMBER },
						    .faults = { .drop_at_chunk = 4 } };
	struct cloud_hall *hall = online(&config);
	uint8_t *image = make_image(IMAGE_BYTES);
	struct update_setup setup = { .bytes = image, .len = IMAGE_BYTES, .mode = UPDATE_FAST };

	cloud_hall_begin(hall, 0, setup);
	cloud_hall_updated(hall, 5 * (int64_t)S);
	ck_assert_int_eq(hall->updates[0].result, UPDATE_GONE);
	hall->devices[0]->config.faults.drop_at_chunk = 0;
	cloud_hall_pass(hall, 3 * (int64_t)S);
	cloud_hall_begin(hall, 0, setup);
	cloud_hall_updated(hall, 5 * (int64_t)S);
	ck_assert_int_eq(hall->updates[0].result, UPDATE_DONE);
	cloud_hall_pass(hall, 3 * (int64_t)S);
	ck_assert_mem_eq(hall->devices[0]->staging, image, IMAGE_BYTES);
	ck_assert_uint_eq(hall->devices[0]->counts.begins, 2);
	ck_assert_uint_eq(hall->devices[0]->counts.updates_good, 1);
	ck_assert(cloud_hall_session(hall, 0)->hello.flags & SESSION_LAST_UPDATE_GOOD);
	free(image);
	cloud_hall_free(hall);
}
END_TEST

/* An image that the device finds bad: known from its answer, but for 0.5.2. */
START_TEST(image_that_the_device_finds_bad)
{
	const struct cloud_device_config config = { .era = eras[_i], .id = { NUMBER } };
	struct cloud_hall *hall = online(&config);
	uint8_t *image = make_image(IMAGE_BYTES);

	image[1000] ^= 1;
	cloud_hall_begin(
		hall, 0,
		(struct update_setup){ .bytes = image, .len = IMAGE_BYTES, .mode = UPDATE_FAST });
	cloud_hall_updated(hall, 5 * (int64_t)S);
	ck_assert_int_eq(hall->updates[0].result, UPDATE_DONE);
	ck_assert_int_eq(hall->updates[0].checks,
			 eras[_i] == CLOUD_ERA_052 ? UPDATE_CHECKS_UNKNOWN : UPDATE_CHECKS_BAD);
	cloud_hall_pass(hall, 3 * (int64_t)S);
	ck_assert_uint_eq(hall->devices[0]->counts.updates_bad, 1);
	ck_assert_int_eq(hall->devices[0]->reset_reason, 80);
	ck_assert(!(cloud_hall_session(hall, 0)->hello.flags & SESSION_LAST_UPDATE_GOOD));
	free(image);
	cloud_hall_free(hall);
}
END_TEST

/* The end of an update that there is none of: fatal for 0.5.2, nothing for the others. */
START_TEST(update_done_outside_of_an_update)
{
	static const uint8_t done[] = { 0x41, 0x03, 0x12, 0x34, 0x77, 0xb1, 'u' };
	const struct cloud_device_config config = { .era = eras[_i], .id = { NUMBER } };
	struct cloud_hall *hall = online(&config);

	ck_assert(session_send_raw(cloud_hall_session(hall, 0), done, sizeof(done)));
	cloud_hall_pass(hall, 3 * (int64_t)S);
	ck_assert_uint_eq(hall->devices[0]->counts.dones, 1);
	/* the session goes on, or there is a new one */
	ck_assert_uint_eq(hall->devices[0]->counts.connects, eras[_i] == CLOUD_ERA_052 ? 2 : 1);
	ck_assert_int_eq(cloud_hall_session(hall, 0)->update.result, UPDATE_UNKNOWN);
	cloud_hall_free(hall);
}
END_TEST

/* A chunk that is longer than the device's buffer ends its session, and nothing hangs. */
START_TEST(chunk_longer_than_the_device_can)
{
	const struct cloud_device_config config = { .era = CLOUD_ERA_23, .id = { NUMBER } };
	struct cloud_hall *hall = online(&config);
	uint8_t *image = make_image(IMAGE_BYTES);

	cloud_hall_begin(hall, 0,
			 (struct update_setup){ .bytes = image,
						.len = IMAGE_BYTES,
						.mode = UPDATE_FAST,
						.chunk_bytes = 1024 });
	cloud_hall_updated(hall, 5 * (int64_t)S);
	ck_assert_int_eq(hall->updates[0].result, UPDATE_GONE);
	ck_assert_int_eq(hall->devices[0]->end, CLOUD_END_FRAME);
	free(image);
	cloud_hall_free(hall);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: fates of updates");
	TCase *tcase = tcase_create("fates");

	keys = peer_keys_make();
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, device_does_not_play_along, 0, ARRAY_LEN(fates));
	tcase_add_loop_test(tcase, next_attempt_starts_over, 0, ARRAY_LEN(eras));
	tcase_add_loop_test(tcase, image_that_the_device_finds_bad, 0, ARRAY_LEN(eras));
	tcase_add_loop_test(tcase, update_done_outside_of_an_update, 0, ARRAY_LEN(eras));
	tcase_add_test(tcase, chunk_longer_than_the_device_can);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
