/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/cloud_hall.h"
#include "lib/testing.h"

#include <openssl/pem.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	TURN_US = 100,
	LEAP_US = 1000000,
	/* Bytes on loopback are there at once, but for a host that is too busy to carry them: only
	 * after so many quiet turns of a millisecond's wait each is nothing on its way. */
	QUIET_TURNS = 4,
	QUIET_MS = 1,
	TURNS_MAX = 200000,
	BEGAN_US = 1000000, /* when time begins */
	ANSWER_US = 30000000,
};

static void note(struct cloud_hall *hall, const uint8_t *id, const char *what, const char *text)
{
	size_t len = strlen(hall->log);
	int more = snprintf(hall->log + len, CLOUD_HALL_LOG_MAX - len, "%02x %s %s\n",
			    id ? id[0] : 0xeeu, what, text);

	ck_assert_int_gt(more, 0);
	ck_assert_uint_lt(len + (size_t)more, CLOUD_HALL_LOG_MAX);
}

static void on_hello(void *ctx, const uint8_t *id, const struct session_hello *hello)
{
	char text[64];

	snprintf(text, sizeof(text), "%u %u %u flags %02x id %zu", hello->platform, hello->product,
		 hello->product_version, hello->flags, hello->id_len);
	note(ctx, id, "hello", text);
}

static void on_event(void *ctx, const uint8_t *id, const struct session_event *event)
{
	char text[CLOUD_HALL_TEXT_MAX];

	snprintf(text, sizeof(text), "%s %s=%.*s",
		 event->scope == SESSION_PRIVATE ? "private" : "public", event->name,
		 (int)event->len, event->len > 0 ? (const char *)event->data : "");
	note(ctx, id, "event", text);
}

static void on_answer(void *ctx, const uint8_t *id, const struct session_answer *answer)
{
	struct cloud_hall *hall = ctx;

	(void)id;
	ck_assert_uint_le(answer->len, sizeof(hall->answer));
	hall->reply = answer->reply;
	hall->answer_len = answer->len;
	if (answer->len > 0)
		memcpy(hall->answer, answer->data, answer->len);
}

static void on_gone(void *ctx, const uint8_t *id, const char *peer, const char *text)
{
	(void)peer;
	note(ctx, id, "gone", text);
}

static int64_t now_us(void *ctx)
{
	return ((struct cloud_hall *)ctx)->now_us;
}

void cloud_hall_put_key(const char *folder, const struct peer_keys *keys)
{
	char path[CLOUD_HALL_TEXT_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/server-key.pem", folder);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(PEM_write_PrivateKey(file, keys->server, NULL, NULL, 0, NULL, NULL), 1);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0600), 0);
}

static void open_server(struct cloud_hall *hall, const struct cloud_hall_setup *setup,
			const struct peer_keys *keys)
{
	struct server_setup server = { .address = "127.0.0.1",
				       .trust = setup->trust ? setup->trust : HANDSHAKE_TRUST_FIRST,
				       .listener = { .ctx = hall,
						     .hello = on_hello,
						     .event = on_event,
						     .answer = on_answer,
						     .gone = on_gone },
				       .now_us = now_us,
				       .now_ctx = hall };
	const char *folder = testing_folder();
	struct err err = ERR_INIT;

	cloud_hall_put_key(folder, keys);
	ck_assert_msg(keys_open(folder, &hall->keys, &err) == 0, "%s", err.text);
	server.keys = hall->keys;
	ck_assert_msg(server_open(&server, &hall->server, &err) == 0, "%s", err.text);
}

struct cloud_hall *cloud_hall_new(const struct cloud_hall_setup *setup,
				  const struct peer_keys *keys)
{
	struct cloud_hall *hall = calloc(1, sizeof(*hall));
	const struct cloud_device_keys own = { .device = keys->device, .server = keys->server };
	struct cloud_fleet_config fleet = setup->fleet;

	ck_assert_ptr_nonnull(hall);
	ck_assert_uint_le(setup->count, CLOUD_HALL_DEVICES_MAX);
	hall->now_us = BEGAN_US;
	open_server(hall, setup, keys);
	hall->count = setup->count;
	for (size_t i = 0; i < hall->count; i++) {
		hall->devices[i] = cloud_device_new(&setup->devices[i], &own);
		ck_assert_ptr_nonnull(hall->devices[i]);
	}
	fleet.port = server_port(hall->server);
	hall->fleet = cloud_fleet_new(&fleet, hall->devices, hall->count);
	ck_assert_ptr_nonnull(hall->fleet);
	return hall;
}

void cloud_hall_free(struct cloud_hall *hall)
{
	server_close(hall->server);
	cloud_fleet_free(hall->fleet);
	for (size_t i = 0; i < hall->count; i++)
		cloud_device_free(hall->devices[i]);
	keys_close(hall->keys);
	free(hall);
}

void cloud_hall_turn(struct cloud_hall *hall)
{
	struct err err = ERR_INIT;
	int64_t next_us;

	hall->now_us += TURN_US;
	ck_assert_msg(server_step(hall->server, hall->now_us, &err) == 0, "%s", err.text);
	if (cloud_fleet_step(hall->fleet, hall->now_us, hall->quiet > 0 ? QUIET_MS : 0) > 0) {
		hall->quiet = 0;
		return;
	}
	if (++hall->quiet < QUIET_TURNS)
		return;
	hall->quiet = 1;
	next_us = cloud_fleet_deadline(hall->fleet);
	if (next_us <= hall->now_us || next_us > hall->now_us + LEAP_US)
		next_us = hall->now_us + LEAP_US;
	hall->now_us = next_us;
}

void cloud_hall_until(struct cloud_hall *hall, const char *line, int64_t us)
{
	int64_t end_us = hall->now_us + us;

	for (int i = 0; !strstr(hall->log, line); i++) {
		ck_assert_msg(hall->now_us < end_us && i < TURNS_MAX, "no '%s' but:\n%s", line,
			      hall->log);
		cloud_hall_turn(hall);
	}
}

void cloud_hall_pass(struct cloud_hall *hall, int64_t us)
{
	int64_t end_us = hall->now_us + us;

	for (int i = 0; hall->now_us < end_us; i++) {
		ck_assert_int_lt(i, TURNS_MAX);
		cloud_hall_turn(hall);
	}
}

void cloud_hall_all(struct cloud_hall *hall, enum cloud_device_phase phase, int64_t us)
{
	int64_t end_us = hall->now_us + us;

	for (int i = 0; cloud_fleet_count(hall->fleet, phase) < hall->count; i++) {
		ck_assert_msg(hall->now_us < end_us && i < TURNS_MAX, "phase %d of %zu only:\n%s",
			      (int)phase, cloud_fleet_count(hall->fleet, phase), hall->log);
		cloud_hall_turn(hall);
	}
}

struct session *cloud_hall_session(struct cloud_hall *hall, size_t device)
{
	struct session *session = server_find(hall->server, hall->devices[device]->config.id);

	ck_assert_msg(session != NULL, "device %zu has no session:\n%s", device, hall->log);
	return session;
}

void cloud_hall_ask(struct cloud_hall *hall, size_t device, const struct session_question *question)
{
	int64_t end_us = hall->now_us + ANSWER_US;

	hall->reply = SESSION_REPLY_UNKNOWN;
	ck_assert_uint_ne(session_ask(cloud_hall_session(hall, device), question, hall->now_us), 0);
	while (hall->reply == SESSION_REPLY_UNKNOWN) {
		ck_assert_int_lt(hall->now_us, end_us);
		cloud_hall_turn(hall);
	}
}

static enum update_go on_progress(void *ctx, const struct update_progress *progress)
{
	struct cloud_hall_update *kept = ctx;
	const struct update *update = progress->update;

	kept->ready += progress->step == UPDATE_STEP_READY;
	if (progress->step != UPDATE_STEP_OVER)
		return UPDATE_GO_ON;
	ck_assert_int_eq(kept->result, UPDATE_UNKNOWN); /* it is over once */
	*kept = (struct cloud_hall_update){ .result = update->result,
					    .checks = update->checks,
					    .mode = update->mode,
					    .ended_by = update->ended_by,
					    .sent = update->sent,
					    .refusals = update->refusals,
					    .missed = update->missed,
					    .rounds = update->rounds,
					    .ready = kept->ready };
	snprintf(kept->text, sizeof(kept->text), "%s", update->text);
	return UPDATE_GO_ON;
}

void cloud_hall_begin(struct cloud_hall *hall, size_t device, struct update_setup setup)
{
	hall->updates[device] = (struct cloud_hall_update){ .result = UPDATE_UNKNOWN };
	setup.progress = on_progress;
	setup.ctx = &hall->updates[device];
	ck_assert(session_update(cloud_hall_session(hall, device), &setup, hall->now_us));
}

void cloud_hall_updated(struct cloud_hall *hall, int64_t us)
{
	int64_t end_us = hall->now_us + us;

	for (size_t i = 0, turns = 0; i < hall->count;) {
		if (hall->updates[i].result != UPDATE_UNKNOWN) {
			i++;
			continue;
		}
		ck_assert_msg(hall->now_us < end_us && turns++ < TURNS_MAX,
			      "the update of device %zu does not end:\n%s", i, hall->log);
		cloud_hall_turn(hall);
	}
}
