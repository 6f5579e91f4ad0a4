/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rig's cloud server against the device side that was written without it, from the same
 * description: handshake, session, and every way in which a device does not play along there.
 * Updates are in test_cloud_independent_update.c.
 */
#include "base/clock.h"
#include "base/macros.h"
#include "delivery/module_info.h"
#include "image/image.h"
#include "lib/cloud_hall.h"
#include "lib/testing.h"

#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

enum { S = 1000000, NUMBER = 0x21 };

static struct peer_keys keys;

static struct cloud_hall *hall_of(const struct cloud_device_config *config)
{
	const struct cloud_hall_setup setup = { .devices = config, .count = 1 };

	return cloud_hall_new(&setup, &keys);
}

static struct cloud_hall *online(const struct cloud_device_config *config)
{
	struct cloud_hall *hall = hall_of(config);

	cloud_hall_all(hall, CLOUD_DEVICE_ONLINE, 5 * (int64_t)S);
	return hall;
}

/* Nothing that the server sent was strange to the device. */
static void check_understood(const struct cloud_device *device)
{
	ck_assert(!device->hung);
	ck_assert_uint_eq(device->counts.bad_paddings, 0);
	ck_assert_uint_eq(device->counts.strange_acks, 0);
	ck_assert_uint_eq(device->counts.unknown_in, 0);
}

static const struct greeting {
	enum cloud_device_era era;
	uint8_t flags;
	bool hello_id;
	size_t write_bytes_max; /* what the device sends comes in pieces of that */
	const char *hello;
} greetings[] = {
	{ CLOUD_ERA_052, 0, false, 0, "21 hello 8 8 0 flags 00 id 0\n" },
	{ CLOUD_ERA_052, 0, false, 1, "21 hello 8 8 0 flags 00 id 0\n" },
	{ CLOUD_ERA_07, CLOUD_FLAG_DIAGNOSTICS, true, 0, "21 hello 8 8 0 flags 02 id 12\n" },
	{ CLOUD_ERA_23, CLOUD_FLAG_DIAGNOSTICS | CLOUD_FLAG_IMMEDIATE | CLOUD_FLAG_GOODBYE, true, 7,
	  "21 hello 8 8 0 flags 16 id 12\n" },
	{ CLOUD_ERA_23, CLOUD_FLAG_DESCRIBES | CLOUD_FLAG_COMPRESSED, true, 100,
	  "21 hello 8 8 0 flags 60 id 12\n" },
};

START_TEST(greeting_and_first_words)
{
	const struct greeting *row = &greetings[_i];
	const struct cloud_device_config config = {
		.era = row->era, .id = { NUMBER }, .flags = row->flags, .hello_id = row->hello_id
	};
	const struct cloud_hall_setup setup = {
		.devices = &config, .count = 1, .fleet = { .write_bytes_max = row->write_bytes_max }
	};
	struct cloud_hall *hall = cloud_hall_new(&setup, &keys);
	const struct cloud_device *device = hall->devices[0];
	const struct session *session;
	int64_t begin_s = clock_unix_s();

	cloud_hall_until(hall, "event private spark/hardware/ota_chunk_size=512\n", 5 * (int64_t)S);
	cloud_hall_pass(hall, S);
	ck_assert_str_eq(strstr(hall->log, row->hello) ? row->hello : hall->log, row->hello);
	ck_assert(strstr(hall->log, "21 event private spark/hardware/max_binary=262144\n"));
	session = cloud_hall_session(hall, 0);
	if (row->hello_id)
		ck_assert_mem_eq(session->hello.id, config.id, sizeof(config.id));
	ck_assert_uint_eq(session->counts.subscribes, 1);
	ck_assert_str_eq(session->subscriptions[0].name, "spark");
	ck_assert_int_eq(session->subscriptions[0].of, SESSION_OF_ALL);
	ck_assert_uint_eq(session->counts.times, 1);
	ck_assert_uint_eq(session->counts.malformed, 0);
	/* a description that nobody asked for is the only thing the server has no use for */
	ck_assert_uint_eq(session->counts.unknown, (row->flags & CLOUD_FLAG_DESCRIBES) != 0);
	ck_assert_int_ge(device->unix_time, begin_s);
	ck_assert_int_le(device->unix_time, begin_s + 60);
	ck_assert_uint_eq(device->counts.con_acked, device->counts.con_sent);
	check_understood(device);
	cloud_hall_free(hall);
}
END_TEST

/* Two sessions share no secret, and the numbering of each begins with its salt. */
START_TEST(secrets_are_of_one_session)
{
	static const struct cloud_device_config configs[] = {
		{ .era = CLOUD_ERA_23, .id = { 1 } }, { .era = CLOUD_ERA_23, .id = { 2 } }
	};
	const struct cloud_hall_setup setup = { .devices = configs, .count = 2 };
	struct cloud_hall *hall = cloud_hall_new(&setup, &keys);
	const struct cloud_device *a = hall->devices[0];
	const struct cloud_device *b = hall->devices[1];

	cloud_hall_all(hall, CLOUD_DEVICE_ONLINE, 5 * (int64_t)S);
	ck_assert(memcmp(a->nonce, b->nonce, sizeof(a->nonce)) != 0);
	ck_assert(memcmp(a->key, b->key, sizeof(a->key)) != 0);
	ck_assert(memcmp(a->iv_in, b->iv_in, sizeof(a->iv_in)) != 0);
	ck_assert_ptr_ne(cloud_hall_session(hall, 0), cloud_hall_session(hall, 1));
	cloud_hall_free(hall);
}
END_TEST

START_TEST(what_a_device_tells)
{
	const struct cloud_device_config config = { .era = CLOUD_ERA_23,
						    .id = { NUMBER },
						    .safe_mode = true,
						    .claim_code = "a+claim/code=",
						    .last_reset = "power_down" };
	static const char name[] =
		"an/event/whose/name/is/as/long/as/names/can/be/which/is/63/char";
	struct cloud_hall *hall = online(&config);
	char data[201];

	memset(data, 'd', sizeof(data) - 1);
	data[sizeof(data) - 1] = '\0';
	cloud_device_publish(hall->devices[0], name, "", 60);
	cloud_device_publish(hall->devices[0], "thirteen-char", "21", 3600);
	cloud_device_publish(hall->devices[0], "long", data, 60);
	cloud_hall_until(hall, "event private long=ddd", S);
	ck_assert(strstr(hall->log, "private spark/device/claim/code=a+claim/code=\n"));
	ck_assert(strstr(hall->log, "private spark/device/safemode=\n"));
	ck_assert(strstr(hall->log, "private spark/device/last_reset=power_down\n"));
	ck_assert(strstr(hall->log, "private particle/device/updates/enabled=true\n"));
	ck_assert(strstr(hall->log, "private an/event/whose/name/is/as/long/as/names/can/be/which/"
				    "is/63/char=\n"));
	ck_assert(strstr(hall->log, "private thirteen-char=21\n"));
	check_understood(hall->devices[0]);
	cloud_hall_free(hall);
}
END_TEST

static const enum cloud_device_era eras[] = { CLOUD_ERA_052, CLOUD_ERA_07, CLOUD_ERA_23 };

START_TEST(description_is_read)
{
	const struct cloud_device_config config = { .era = eras[_i], .id = { NUMBER } };
	struct session_question question = { .kind = SESSION_ASK_DESCRIBE };
	struct cloud_hall *hall = online(&config);
	const struct cloud_device_module *modules = hall->devices[0]->config.modules;
	const struct module_info_module *found;
	char text[CLOUD_DEVICE_DESCRIBE_MAX];
	char why[MODULE_INFO_WHY_MAX];
	struct module_info info;
	size_t len;

	for (uint8_t flags = 0; flags < 4; flags++) {
		question.number = flags;
		cloud_hall_ask(hall, 0, &question);
		ck_assert_int_eq(hall->reply, SESSION_REPLY_GOOD);
		len = cloud_device_describe(hall->devices[0], flags, text, sizeof(text));
		ck_assert_uint_eq(hall->answer_len, len);
		ck_assert_mem_eq(hall->answer, text, len);
	}
	ck_assert_uint_eq(hall->devices[0]->counts.describes, 4);
	ck_assert_msg(module_info_parse((const char *)hall->answer, hall->answer_len, &info, why),
		      "%s", why);
	ck_assert_uint_eq(info.platform_id, 8);
	for (size_t i = 0; i < info.count; i++) {
		ck_assert_uint_eq(info.modules[i].size, modules[i].region_bytes);
		ck_assert_int_eq(info.modules[i].store, modules[i].store);
		ck_assert_int_eq(info.modules[i].function, modules[i].function);
		ck_assert_uint_eq(info.modules[i].version, modules[i].version);
		ck_assert_uint_eq(info.modules[i].checked, modules[i].vc);
		ck_assert_uint_eq(info.modules[i].passed, modules[i].vv);
		for (size_t n = 0; n < info.modules[i].need_count; n++)
			ck_assert_uint_eq(info.modules[i].needs[n].version,
					  modules[i].needs[n].version);
	}
	ck_assert_uint_eq(info.count, eras[_i] == CLOUD_ERA_23 ? 4 : 5);
	found = module_info_find(&info, IMAGE_FUNCTION_SYSTEM, 2);
	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(found->version, modules[2].version);
	check_understood(hall->devices[0]);
	cloud_hall_free(hall);
}
END_TEST

START_TEST(questions_of_the_cloud)
{
	const struct cloud_device_config config = { .era = eras[_i], .id = { NUMBER } };
	static const struct session_question ping = { .kind = SESSION_ASK_PING };
	static const struct session_question call = { .kind = SESSION_ASK_CALL,
						      .name = "brew",
						      .argument = "coffee" };
	static const struct session_question variable = { .kind = SESSION_ASK_READ,
							  .name = "heat" };
	static const struct session_question rainbow = { .kind = SESSION_ASK_SIGNAL, .number = 1 };
	static const struct session_question publish = { .kind = SESSION_ASK_PUBLISH,
							 .name = "spark/device/name",
							 .argument = "rig" };
	static const struct session_question key = { .kind = SESSION_ASK_KEY_CHANGE };
	struct cloud_hall *hall = online(&config);
	const struct cloud_device *device = hall->devices[0];

	cloud_hall_ask(hall, 0, &ping);
	ck_assert_int_eq(hall->reply, SESSION_REPLY_GOOD);
	ck_assert_uint_eq(device->counts.pings_in, 1);
	cloud_hall_ask(hall, 0, &call);
	ck_assert_int_eq(hall->reply, SESSION_REPLY_GOOD);
	ck_assert_str_eq(device->last_function, "brew");
	ck_assert_uint_eq(hall->answer_len, 4);
	ck_assert_mem_eq(hall->answer, "\0\0\0\1", 4);
	cloud_hall_ask(hall, 0, &variable);
	ck_assert_int_eq(hall->reply, SESSION_REPLY_GOOD);
	ck_assert_mem_eq(hall->answer, "\0\0\0\52", 4);
	cloud_hall_ask(hall, 0, &rainbow);
	ck_assert_int_eq(hall->reply, SESSION_REPLY_GOOD);
	ck_assert_uint_eq(device->counts.signals, 1);
	cloud_hall_ask(hall, 0, &publish);
	ck_assert_int_eq(hall->reply, SESSION_REPLY_GOOD);
	ck_assert_str_eq(device->last_event, "spark/device/name=rig");
	cloud_hall_ask(hall, 0, &key);
	ck_assert_int_eq(hall->reply, SESSION_REPLY_GOOD);
	ck_assert_uint_eq(device->counts.key_changes, 1);
	check_understood(device);
	cloud_hall_free(hall);
}
END_TEST

/* Boards ping every 15 s and wait 10 s for the answer; the server drops who is silent for 60 s. */
START_TEST(pings_keep_a_session)
{
	const struct cloud_device_config config = { .era = eras[_i], .id = { NUMBER } };
	struct cloud_hall *hall = online(&config);
	const struct cloud_device *device = hall->devices[0];

	cloud_hall_pass(hall, 200 * (int64_t)S);
	ck_assert_int_eq(device->phase, CLOUD_DEVICE_ONLINE);
	ck_assert_uint_ge(device->counts.pings_out, 12);
	ck_assert_uint_eq(device->counts.pongs, device->counts.pings_out);
	ck_assert_uint_eq(cloud_hall_session(hall, 0)->counts.pings, device->counts.pings_out);
	check_understood(device);
	cloud_hall_free(hall);
}
END_TEST

START_TEST(goodbye_ends_it)
{
	const struct cloud_device_config config = { .era = CLOUD_ERA_23,
						    .id = { NUMBER },
						    .flags = CLOUD_FLAG_GOODBYE };
	struct cloud_hall *hall = online(&config);

	cloud_hall_pass(hall, S);
	ck_assert_int_eq(cloud_hall_session(hall, 0)->state, SESSION_OPEN);
	cloud_device_goodbye(hall->devices[0]);
	cloud_hall_until(hall, "21 gone the board said goodbye\n", S);
	cloud_hall_free(hall);
}
END_TEST

/* A device that lost its power leaves a connection that nobody closed, and comes again. */
START_TEST(device_that_comes_again)
{
	const struct cloud_device_config config = { .era = CLOUD_ERA_23, .id = { NUMBER } };
	const struct cloud_hall_setup setup = { .devices = &config,
						.count = 1,
						.fleet = { .after = CLOUD_FLEET_RETURNS,
							   .return_us = 2 * S } };
	struct cloud_hall *hall = cloud_hall_new(&setup, &keys);

	cloud_hall_until(hall, "21 hello", 5 * (int64_t)S);
	for (int i = 0; i < 3; i++) {
		cloud_hall_pass(hall, S); /* nothing is under way */
		hall->log[0] = '\0';
		cloud_device_closed(hall->devices[0]);
		cloud_hall_until(hall, "21 gone the board closed the connection\n", S);
		cloud_hall_until(hall, "21 hello 8 8 0 flags 00 id 0\n", 8 * (int64_t)S);
	}
	ck_assert_uint_eq(hall->devices[0]->counts.connects, 4);
	ck_assert_uint_eq(server_counts(hall->server).sessions, 4);
	cloud_hall_free(hall);
}
END_TEST

/* How it ends with a device that does not play along, with no update under way. */
static const struct misbehaviour {
	struct cloud_device_faults faults;
	int64_t ping_us;
	const char *told;	   /* by the server; at once or at a deadline of 's' */
	enum cloud_device_end end; /* of the device */
	int64_t s;
} misbehaviours[] = {
	{ { .wrong_nonce = true },
	  0,
	  "ee gone the device answers to other random bytes than it was sent\n",
	  CLOUD_END_CLOSED,
	  1 },
	{ { .handshake_bytes = 100 }, 0, "ee gone no handshake within 20 s\n", CLOUD_END_LATE, 21 },
	{ { .handshake_bytes = 255 }, 0, "ee gone no handshake within 20 s\n", CLOUD_END_LATE, 21 },
	{ { .foreign_key = true },
	  0,
	  "21 gone the board closed the connection\n",
	  CLOUD_END_SEALED,
	  1 },
	{ { .no_hello = true }, 0, "21 gone no Hello within 4 s\n", CLOUD_END_LATE, 5 },
	/* it hears no answer to a ping that it thinks it sent, or has none */
	{ { .mute = true }, 0, "21 gone the board closed the connection\n", CLOUD_END_PONG, 25 },
	{ { .mute = true },
	  CLOUD_DEVICE_NEVER,
	  "21 gone nothing heard of the board for 60 s\n",
	  CLOUD_END_CLOSED,
	  60 },
	{ { .garbage_frame = true },
	  0,
	  "21 gone a message that does not decrypt\n",
	  CLOUD_END_CLOSED,
	  1 },
	{ { .frame_length = 0xffff }, 0, "21 gone a message of 65535 bytes", CLOUD_END_CLOSED, 1 },
	{ { .frame_length = 32, .mute = true },
	  0,
	  "21 gone half a message, and no more of it for 20 s\n",
	  CLOUD_END_CLOSED,
	  21 },
	{ { .frame_length = 17 },
	  0,
	  "21 gone a message that does not decrypt\n",
	  CLOUD_END_CLOSED,
	  1 },
	{ { 0 },
	  CLOUD_DEVICE_NEVER,
	  "21 gone nothing heard of the board for 60 s\n",
	  CLOUD_END_CLOSED,
	  61 },
};

START_TEST(device_does_not_play_along)
{
	const struct misbehaviour *row = &misbehaviours[_i];
	struct cloud_device_config config = { .era = CLOUD_ERA_23,
					      .id = { NUMBER },
					      .ping_us = row->ping_us,
					      .faults = row->faults };
	struct cloud_hall *hall;

	config.faults.foreign = keys.other;
	hall = hall_of(&config);
	cloud_hall_until(hall, row->told, (row->s + 1) * (int64_t)S);
	ck_assert_int_ge(hall->now_us, row->s > 1 ? (row->s - 1) * (int64_t)S : 0);
	cloud_hall_all(hall, CLOUD_DEVICE_OVER, S);
	ck_assert_int_eq(hall->devices[0]->end, row->end);
	ck_assert_ptr_null(server_find(hall->server, config.id));
	cloud_hall_free(hall);
}
END_TEST

/* Messages that nobody knows: counted with a text, and the session goes on. */
START_TEST(unknown_messages_do_no_harm)
{
	const struct cloud_device_config config = { .era = CLOUD_ERA_23,
						    .id = { NUMBER },
						    .faults = { .unknown_messages = true,
								.describe_empty = true } };
	const struct session_question question = { .kind = SESSION_ASK_DESCRIBE };
	struct cloud_hall *hall = online(&config);
	char why[MODULE_INFO_WHY_MAX];
	struct module_info info;

	cloud_hall_ask(hall, 0, &question);
	ck_assert_int_eq(hall->reply, SESSION_REPLY_GOOD);
	ck_assert_uint_eq(hall->answer_len, 0);
	ck_assert(!module_info_parse((const char *)hall->answer, 0, &info, why));
	ck_assert_uint_eq(cloud_hall_session(hall, 0)->counts.unknown, 4);
	ck_assert_uint_eq(cloud_hall_session(hall, 0)->counts.malformed, 2);
	ck_assert_uint_gt(strlen(cloud_hall_session(hall, 0)->trouble), 0);
	cloud_hall_free(hall);
}
END_TEST

/* Whom the server lets in: one device with its key, the same id with another, another id. */
static const struct identity {
	enum handshake_trust trust;
	bool first; /* the device has been here before, with its own key */
	struct cloud_device_faults faults;
	const char *told;
} identities[] = {
	{ HANDSHAKE_TRUST_FIRST, true, { 0 }, "21 hello" },
	{ HANDSHAKE_TRUST_FIRST, true, { .wrong_id = true }, "21 hello" },
	{ HANDSHAKE_TRUST_FIRST,
	  true,
	  { .foreign_key = true },
	  "ee gone device 210000000000000000000000 shows another public key than before" },
	{ HANDSHAKE_TRUST_KNOWN,
	  false,
	  { 0 },
	  "ee gone device 210000000000000000000000 is not known here\n" },
	{ HANDSHAKE_TRUST_KNOWN, true, { 0 }, "21 hello" },
	{ HANDSHAKE_TRUST_KNOWN,
	  true,
	  { .wrong_id = true },
	  "ee gone device 210000000000000000000001 is not known here\n" },
};

START_TEST(who_is_let_in)
{
	const struct identity *row = &identities[_i];
	struct cloud_device_config config = { .era = CLOUD_ERA_23,
					      .id = { NUMBER },
					      .faults = row->faults };
	const struct cloud_hall_setup setup = { .devices = &config,
						.count = 1,
						.trust = row->trust };
	uint8_t *der = NULL;
	struct cloud_hall *hall;
	int len;

	config.faults.foreign = keys.other;
	hall = cloud_hall_new(&setup, &keys);
	len = i2d_PUBKEY(keys.device, &der);
	ck_assert_int_gt(len, 0);
	if (row->first)
		ck_assert_int_eq(keys_remember(hall->keys, config.id, der, (size_t)len, NULL), 0);
	OPENSSL_free(der);
	cloud_hall_until(hall, row->told, 5 * (int64_t)S);
	cloud_hall_free(hall);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: independent devices");
	TCase *tcase = tcase_create("session");

	keys = peer_keys_make();
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, greeting_and_first_words, 0, ARRAY_LEN(greetings));
	tcase_add_test(tcase, secrets_are_of_one_session);
	tcase_add_test(tcase, what_a_device_tells);
	tcase_add_loop_test(tcase, description_is_read, 0, ARRAY_LEN(eras));
	tcase_add_loop_test(tcase, questions_of_the_cloud, 0, ARRAY_LEN(eras));
	tcase_add_loop_test(tcase, pings_keep_a_session, 0, ARRAY_LEN(eras));
	tcase_add_test(tcase, goodbye_ends_it);
	tcase_add_test(tcase, device_that_comes_again);
	tcase_add_loop_test(tcase, device_does_not_play_along, 0, ARRAY_LEN(misbehaviours));
	tcase_add_test(tcase, unknown_messages_do_no_harm);
	tcase_add_loop_test(tcase, who_is_let_in, 0, ARRAY_LEN(identities));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
