/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cloud device's link and its messages besides the update, by bytes written by hand. */
#include "lib/peer_desk.h"
#include "lib/testing.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string.h>

static struct peer_keys keys;

static const struct cloud_device_config plain = {
	.era = CLOUD_ERA_052,
	.id = { 0x53, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
	.platform = 3,
	.product_version = 0xffff,
	.ping_us = CLOUD_DEVICE_NEVER,
};

static struct peer_desk *online(const struct cloud_device_config *config)
{
	struct peer_desk *desk = peer_desk_new(config, &keys);

	peer_desk_online(desk);
	return desk;
}

START_TEST(the_first_message_is_nonce_id_and_key)
{
	static const uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES] = { 7, 8, 9, [39] = 0x77 };
	struct peer_desk *desk = peer_desk_new(&plain, &keys);
	uint8_t bytes[256];
	const uint8_t *der = bytes + 52;
	EVP_PKEY *key;

	ck_assert_uint_eq(cloud_device_hear(desk->device, nonce, 39, 0), 39);
	ck_assert_uint_eq(desk->device->out_count, 0);
	ck_assert_uint_eq(cloud_device_hear(desk->device, nonce + 39, 1, 0), 1);
	ck_assert_uint_eq(peer_desk_open_request(desk, bytes), 214);
	ck_assert_mem_eq(bytes, nonce, 40);
	ck_assert_mem_eq(bytes + 40, plain.id, 12);
	key = d2i_PUBKEY(NULL, &der, 162);
	ck_assert_ptr_nonnull(key);
	ck_assert_int_eq(EVP_PKEY_eq(key, keys.device), 1);
	EVP_PKEY_free(key);
	peer_desk_free(desk);
}
END_TEST

/* How the first message is wrong: nonce at 0, id at 40, key at 52. */
static const struct {
	struct cloud_device_faults faults;
	bool nonce, id, key;
} wrong_requests[] = {
	{ { .wrong_nonce = true }, true, false, false },
	{ { .wrong_id = true }, false, true, false },
	{ { .foreign_key = true }, false, false, true },
};

START_TEST(the_first_message_can_be_wrong)
{
	struct cloud_device_config config = plain;
	uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES] = { 0 };
	struct peer_desk *desk;
	uint8_t bytes[256];
	const uint8_t *der = bytes + 52;
	EVP_PKEY *key;

	config.faults = wrong_requests[_i].faults;
	config.faults.foreign = keys.other;
	desk = peer_desk_new(&config, &keys);
	peer_desk_nonce(desk, nonce);
	peer_desk_open_request(desk, bytes);
	ck_assert_int_eq(memcmp(bytes, nonce, 40) != 0, wrong_requests[_i].nonce);
	ck_assert_int_eq(memcmp(bytes + 40, plain.id, 12) != 0, wrong_requests[_i].id);
	key = d2i_PUBKEY(NULL, &der, 162);
	ck_assert_int_eq(EVP_PKEY_eq(key, keys.device) != 1, wrong_requests[_i].key);
	EVP_PKEY_free(key);
	peer_desk_free(desk);
}
END_TEST

START_TEST(the_first_message_can_end_early)
{
	struct cloud_device_config config = plain;
	uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES] = { 0 };
	struct peer_desk *desk;

	config.faults.handshake_bytes = 100;
	desk = peer_desk_new(&config, &keys);
	peer_desk_nonce(desk, nonce);
	ck_assert_uint_eq(desk->device->out_count, 100);
	peer_desk_free(desk);
}
END_TEST

/* A byte of the answer that is flipped, and what the device finds wrong. */
static const struct {
	int flipped;
	bool signs_other;
	enum cloud_device_end end;
} answers[] = {
	{ -1, false, CLOUD_END_NONE },
	{ 128, false, CLOUD_END_SIGNED },
	{ 383, false, CLOUD_END_SIGNED },
	{ -1, true, CLOUD_END_SIGNED },
};

START_TEST(the_answer_is_checked)
{
	static const uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES] = { 1 };
	struct peer_desk *desk = peer_desk_new(&plain, &keys);
	uint8_t bytes[CLOUD_DEVICE_ANSWER_BYTES];

	peer_desk_nonce(desk, nonce);
	peer_desk_open_request(desk, bytes);
	desk->signs_other = answers[_i].signs_other;
	peer_desk_answer(desk, bytes);
	if (answers[_i].flipped >= 0)
		bytes[answers[_i].flipped] ^= 1;
	cloud_device_hear(desk->device, bytes, sizeof(bytes), 0);
	ck_assert_int_eq(desk->device->end, answers[_i].end);
	peer_desk_free(desk);
}
END_TEST

START_TEST(an_answer_sealed_for_another_is_not_opened)
{
	struct peer_keys mixed = { keys.server, keys.other, keys.other };
	struct peer_desk *desk = peer_desk_new(&plain, &keys);
	static const uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES] = { 1 };
	uint8_t bytes[CLOUD_DEVICE_ANSWER_BYTES];

	peer_desk_nonce(desk, nonce);
	peer_desk_open_request(desk, bytes);
	desk->keys = &mixed;
	peer_desk_answer(desk, bytes);
	cloud_device_hear(desk->device, bytes, sizeof(bytes), 0);
	/* PKCS#1 v1.5 cannot tell for sure: what it opens by chance is no 40 bytes */
	ck_assert_int_eq(desk->device->end, CLOUD_END_SEALED);
	peer_desk_free(desk);
}
END_TEST

START_TEST(each_step_of_the_handshake_has_its_time)
{
	static const uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES] = { 1 };
	struct peer_desk *desk = peer_desk_new(&plain, &keys);
	uint8_t bytes[CLOUD_DEVICE_ANSWER_BYTES];

	peer_desk_wait(desk, 19999999);
	ck_assert_int_eq(desk->device->phase, CLOUD_DEVICE_NONCE);
	peer_desk_nonce(desk, nonce);
	peer_desk_wait(desk, 19999999);
	ck_assert_int_eq(desk->device->phase, CLOUD_DEVICE_ANSWER);
	peer_desk_open_request(desk, bytes);
	peer_desk_answer(desk, bytes);
	cloud_device_hear(desk->device, bytes, sizeof(bytes), desk->now_us);
	peer_desk_wait(desk, 3999999);
	ck_assert_int_eq(desk->device->phase, CLOUD_DEVICE_GREETING);
	peer_desk_wait(desk, 1);
	ck_assert_int_eq(desk->device->end, CLOUD_END_LATE);
	cloud_device_connect(desk->device, desk->now_us);
	peer_desk_wait(desk, 20000000);
	ck_assert_int_eq(desk->device->end, CLOUD_END_LATE);
	ck_assert_uint_eq(desk->device->counts.connects, 2);
	peer_desk_free(desk);
}
END_TEST

/* Seen of a 0.5.2 device: 50 02 id id b1 68 ff 00 03 ff ff 00 00 00 03 */
static const struct {
	uint8_t flags;
	bool good, id;
	const char *pattern;
} hellos[] = {
	{ 0, false, false, "50 02 id b1 68 ff 00 03 ff ff 00 00 00 03" },
	{ CLOUD_FLAG_GOODBYE | CLOUD_FLAG_DIAGNOSTICS, true, false,
	  "50 02 id b1 68 ff 00 03 ff ff 00 13 00 03" },
	{ 0, false, true,
	  "50 02 id b1 68 ff 00 03 ff ff 00 00 00 03 00 0c 53 ff 01 02 03 04 05 06 07 08 09 0a" },
};

START_TEST(hello_as_it_was_seen)
{
	static const uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES] = { 1 };
	struct cloud_device_config config = plain;
	struct peer_desk *desk;
	uint8_t bytes[CLOUD_DEVICE_ANSWER_BYTES];

	config.flags = hellos[_i].flags;
	config.hello_id = hellos[_i].id;
	desk = peer_desk_new(&config, &keys);
	desk->device->last_good = hellos[_i].good;
	peer_desk_nonce(desk, nonce);
	peer_desk_open_request(desk, bytes);
	peer_desk_answer(desk, bytes);
	cloud_device_hear(desk->device, bytes, sizeof(bytes), 0);
	peer_desk_expect(desk, hellos[_i].pattern);
	/* the salt begins 50 51: the first id is one more than that, low byte first */
	ck_assert_uint_eq(desk->id, 0x5150 + 1);
	peer_desk_expect_nothing(desk);
	peer_desk_free(desk);
}
END_TEST

START_TEST(nothing_is_said_before_the_servers_hello)
{
	static const uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES] = { 1 };
	struct cloud_device_config config = plain;
	uint8_t bytes[CLOUD_DEVICE_ANSWER_BYTES];
	struct peer_desk *desk;

	config.era = CLOUD_ERA_23;
	config.safe_mode = true;
	config.claim_code = "abc";
	config.last_reset = "pin_reset";
	config.flags = CLOUD_FLAG_DESCRIBES;
	desk = peer_desk_new(&config, &keys);
	peer_desk_nonce(desk, nonce);
	peer_desk_open_request(desk, bytes);
	peer_desk_answer(desk, bytes);
	cloud_device_hear(desk->device, bytes, sizeof(bytes), 0);
	peer_desk_expect(desk, "50 02 *");
	peer_desk_say(desk, "40 00 00 09", NULL, 0); /* a ping does not count */
	peer_desk_expect_nothing(desk);
	peer_desk_say(desk, "50 02 00 01 b1 68 ff 00 00 00 00 00 00 00 00", NULL, 0);
	/* length 25 = 13 + 12 of "spark/hardware/max_binary" */
	peer_desk_expect(desk, "50 02 id b1 45 0d 0c 73 70 61 72 6b 2f 68 61 72 64 77 61 72 65 2f "
			       "6d 61 78 5f 62 69 6e 61 72 79 ff 32 36 32 31 34 34");
	peer_desk_expect(desk, "50 02 id b1 45 0d 10 *"); /* spark/hardware/ota_chunk_size */
	peer_desk_expect(desk, "50 02 id b1 45 0d 0a *"); /* spark/device/claim/code */
	/* spark/device/safemode is empty: no payload marker */
	peer_desk_expect(desk, "50 02 id b1 45 0d 08 73 70 61 72 6b 2f 64 65 76 69 63 65 2f 73 61 "
			       "66 65 6d 6f 64 65");
	peer_desk_expect(desk, "50 02 id b1 45 0d 0a *"); /* spark/device/last_reset */
	peer_desk_expect(desk, "50 02 id b1 45 0d 12 *"); /* particle/device/updates/enabled */
	peer_desk_expect(desk, "50 02 id b1 45 0d 11 *"); /* .../forced */
	peer_desk_expect(desk, "40 02 id b1 64 41 03 ff 7b *"); /* the description */
	peer_desk_expect(desk, "40 01 id b1 65 05 73 70 61 72 6b");
	ck_assert_uint_eq(desk->device->counts.con_acked, 0);
	peer_desk_expect(desk, "41 01 id .. b1 74");
	peer_desk_expect_nothing(desk);
	peer_desk_free(desk);
}
END_TEST

START_TEST(time_is_taken_from_an_answer_with_its_token)
{
	struct peer_desk *desk = online(&plain);
	struct cloud_device *device = desk->device;
	char hex[64];

	ck_assert_uint_eq(device->counts.con_sent, 2);
	snprintf(hex, sizeof(hex), "61 45 %04x %02x ff 65 43 21 00", (unsigned)device->message_id,
		 (device->time_token + 1u) & 255u);
	peer_desk_say(desk, hex, NULL, 0);
	ck_assert_uint_eq(device->unix_time, 0);
	ck_assert_uint_eq(device->counts.unknown_in, 1);
	snprintf(hex, sizeof(hex), "61 45 %04x %02x ff 65 43 21 00", (unsigned)device->message_id,
		 (unsigned)device->time_token);
	peer_desk_say(desk, hex, NULL, 0);
	ck_assert_uint_eq(device->unix_time, 0x65432100);
	ck_assert_uint_eq(device->counts.con_acked, 1);
	ck_assert_uint_eq(device->counts.strange_acks,
			  1); /* that message was acknowledged already */
	peer_desk_free(desk);
}
END_TEST

/* What the server says, and all that the device answers. */
static const struct {
	const char *said;
	const char *answers[3];
} talks[] = {
	{ "40 00 12 34", { "60 00 12 34" } },			/* ping */
	{ "41 03 00 07 55 b1 73 41 01", { "61 44 00 07 55" } }, /* signal */
	{ "41 02 00 08 56 b1 66 04 62 72 65 77",		/* function "brew" */
	  { "60 00 00 08", "51 44 id 56 ff 00 00 00 01" } },
	{ "41 01 00 09 57 b1 76 04 68 65 61 74", { "61 45 00 09 57 ff 00 00 00 2a" } },
	{ "50 02 00 0a b1 65 01 78 ff 31", { NULL } },		/* event */
	{ "40 02 00 0b b1 65 01 78 ff 31", { "60 00 00 0b" } }, /* confirmable */
	{ "41 03 00 0c 58 b1 6b 01", { "60 00 00 0c" } },	/* key change */
	{ "41 01 00 0d 59 b1 71", { NULL } },			/* unknown */
	{ "41 01 00 0e 5a 11 00 b1 64", { NULL } }, /* an option before the path: not found */
	{ "40", { NULL } },
};

START_TEST(what_is_said_is_answered)
{
	struct peer_desk *desk = online(&plain);

	peer_desk_say(desk, talks[_i].said, NULL, 0);
	for (size_t i = 0; talks[_i].answers[i]; i++)
		peer_desk_expect(desk, talks[_i].answers[i]);
	peer_desk_expect_nothing(desk);
	ck_assert_int_eq(desk->device->phase, CLOUD_DEVICE_ONLINE);
	peer_desk_free(desk);
}
END_TEST

START_TEST(talk_is_counted)
{
	struct peer_desk *desk = online(&plain);
	const struct cloud_device_counts *counts = &desk->device->counts;

	for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++)
		peer_desk_say(desk, talks[i].said, NULL, 0);
	ck_assert_uint_eq(counts->pings_in, 1);
	ck_assert_uint_eq(counts->signals, 1);
	ck_assert_uint_eq(counts->functions, 1);
	ck_assert_str_eq(desk->device->last_function, "brew");
	ck_assert_uint_eq(counts->variables, 1);
	ck_assert_uint_eq(counts->events_in, 2);
	ck_assert_str_eq(desk->device->last_event, "x=1");
	ck_assert_uint_eq(counts->key_changes, 1);
	ck_assert_uint_eq(counts->unknown_in, 3);
	ck_assert_uint_eq(counts->bad_paddings, 0);
	peer_desk_free(desk);
}
END_TEST

/* Flags of the description, an era, and pieces that must be or not be there. */
static const struct {
	const char *said;
	enum cloud_device_era era;
	const char *has;
	const char *lacks;
} descriptions[] = {
	{ "41 01 00 01 33 b1 64", CLOUD_ERA_052,
	  "{\"s\":262144,\"l\":\"m\",\"vc\":30,\"vv\":30,\"f\":\"s\",\"n\":\"2\",\"v\":17,\"d\":["
	  "{\"f\":\"s\",\"n\":\"1\",\"v\":17,\"_\":\"\"}]}",
	  "\"l\":\"b\"" },
	{ "41 01 00 01 33 b1 64", CLOUD_ERA_052,
	  "{\"s\":131072,\"l\":\"f\",\"vc\":30,\"vv\":0,\"d\":[]}]}", "\"x\"" },
	{ "41 01 00 01 33 b1 64 01 01", CLOUD_ERA_052, "{\"p\":3,\"m\":[", "\"f\":[" },
	{ "41 01 00 01 33 b1 64 01 02", CLOUD_ERA_052, "{\"f\":[\"brew\"],\"v\":{", "\"m\":" },
	{ "41 01 00 01 33 b1 64", CLOUD_ERA_07,
	  "\"d\":[{\"f\":\"s\",\"n\":\"1\",\"v\":207,\"_\":\"\"},"
	  "{\"f\":\"b\",\"n\":\"0\",\"v\":101,\"_\":\"\"}]}",
	  "\"x\"" },
	{ "41 01 00 01 33 b1 64", CLOUD_ERA_23,
	  "\"d\":[{\"f\":\"s\",\"n\":\"1\",\"v\":2302},{\"f\":\"b\",\"n\":\"0\",\"v\":1003}]}",
	  "\"_\"" },
};

START_TEST(description_has_the_shape_of_its_era)
{
	struct cloud_device_config config = plain;
	struct peer_desk *desk;

	config.era = descriptions[_i].era;
	desk = online(&config);
	peer_desk_say(desk, descriptions[_i].said, NULL, 0);
	peer_desk_expect(desk, "61 45 00 01 33 ff 7b *");
	desk->message[desk->message_len] = '\0';
	ck_assert_msg(strstr((char *)desk->message + 6, descriptions[_i].has) != NULL, "%s",
		      (char *)desk->message + 6);
	ck_assert_ptr_null(strstr((char *)desk->message + 6, descriptions[_i].lacks));
	ck_assert_uint_eq(desk->device->counts.describes, 1);
	peer_desk_free(desk);
}
END_TEST

START_TEST(a_ping_wants_its_answer)
{
	struct cloud_device_config config = plain;
	struct peer_desk *desk;
	char hex[16];

	config.ping_us = 15000000;
	desk = online(&config);
	peer_desk_wait(desk, 14999999);
	peer_desk_expect_nothing(desk);
	peer_desk_wait(desk, 1);
	peer_desk_expect(desk, "40 00 id");
	snprintf(hex, sizeof(hex), "60 00 %04x", (unsigned)desk->id);
	peer_desk_say(desk, hex, NULL, 0);
	ck_assert_uint_eq(desk->device->counts.pongs, 1);
	ck_assert_uint_eq(desk->device->counts.strange_acks, 0);
	peer_desk_wait(desk, 15000000);
	peer_desk_expect(desk, "40 00 id");
	peer_desk_wait(desk, 9999999);
	ck_assert_int_eq(desk->device->phase, CLOUD_DEVICE_ONLINE);
	peer_desk_wait(desk, 1);
	ck_assert_int_eq(desk->device->end, CLOUD_END_PONG);
	peer_desk_free(desk);
}
END_TEST

START_TEST(events_have_their_name_and_age)
{
	struct peer_desk *desk = online(&plain);

	cloud_device_publish(desk->device, "temp", "21", 60);
	peer_desk_expect(desk, "50 02 id b1 45 04 74 65 6d 70 ff 32 31");
	cloud_device_publish(desk->device, "thirteen-char", "", 3600);
	peer_desk_expect(desk, "50 02 id b1 45 0d 00 74 68 69 72 74 65 65 6e 2d 63 68 61 72 "
			       "33 00 0e 10");
	cloud_device_goodbye(desk->device);
	peer_desk_expect(desk, "50 02 id b1 78 d0 ea ff 00");
	ck_assert_int_eq(desk->device->end, CLOUD_END_DROPPED);
	peer_desk_free(desk);
}
END_TEST

/* Lengths that cannot be. */
static const uint16_t lengths[] = { 0, 15, 17, 0xffff, 816 };

START_TEST(a_frame_of_a_wrong_length_ends_the_session)
{
	struct peer_desk *desk = online(&plain);
	const uint8_t frame[] = { (uint8_t)(lengths[_i] >> 8), (uint8_t)lengths[_i] };

	cloud_device_hear(desk->device, frame, sizeof(frame), 0);
	ck_assert_int_eq(desk->device->end, CLOUD_END_FRAME);
	peer_desk_free(desk);
}
END_TEST

START_TEST(the_iv_is_the_first_block_of_the_last_frame)
{
	struct peer_desk *desk = online(&plain);
	char text[61] = { 0 };

	/* frames of several blocks, so that first and last block differ, both ways */
	memset(text, 'x', sizeof(text) - 1);
	peer_desk_say(desk, "50 02 00 01 b1 65 01 61 ff", text, sizeof(text) - 1);
	peer_desk_say(desk, "50 02 00 02 b1 65 01 62 ff", text, sizeof(text) - 1);
	ck_assert_int_eq(desk->device->last_event[0], 'b');
	peer_desk_say(desk, "41 01 00 03 33 b1 64", NULL, 0);
	peer_desk_expect(desk, "61 45 00 03 33 ff 7b *");
	peer_desk_say(desk, "41 01 00 04 33 b1 64", NULL, 0);
	peer_desk_expect(desk, "61 45 00 04 33 ff 7b *");
	ck_assert_uint_eq(desk->device->counts.bad_paddings, 0);
	peer_desk_free(desk);
}
END_TEST

START_TEST(a_padding_that_cannot_be_is_noticed)
{
	struct peer_desk *desk = online(&plain);
	uint8_t frame[34] = { 0, 32 };

	memset(frame + 2, 0x5a, 32);
	cloud_device_hear(desk->device, frame, sizeof(frame), 0);
	ck_assert_uint_eq(desk->device->counts.bad_paddings, 1);
	peer_desk_free(desk);
}
END_TEST

START_TEST(it_can_say_what_it_must_not)
{
	struct cloud_device_config config = plain;
	static const uint8_t nonce[CLOUD_DEVICE_NONCE_BYTES] = { 1 };
	uint8_t bytes[CLOUD_DEVICE_ANSWER_BYTES];
	struct peer_desk *desk;

	config.faults = (struct cloud_device_faults){ .unknown_messages = true,
						      .garbage_frame = true,
						      .frame_length = 0xfff0 };
	desk = peer_desk_new(&config, &keys);
	peer_desk_nonce(desk, nonce);
	peer_desk_open_request(desk, bytes);
	peer_desk_answer(desk, bytes);
	cloud_device_hear(desk->device, bytes, sizeof(bytes), 0);
	peer_desk_expect(desk, "50 02 *");
	peer_desk_expect(desk, "41 04 *");
	for (int i = 0; i < 5; i++)
		ck_assert(peer_desk_next(desk));
	ck_assert_uint_eq(desk->device->out_count, 34 + 18);
	ck_assert_mem_eq(desk->device->out, "\x00\x20\xa5\xa5", 4);
	ck_assert_mem_eq(desk->device->out + 34, "\xff\xf0", 2);
	peer_desk_free(desk);

	config.faults = (struct cloud_device_faults){ .no_hello = true };
	desk = peer_desk_new(&config, &keys);
	peer_desk_nonce(desk, nonce);
	peer_desk_open_request(desk, bytes);
	peer_desk_answer(desk, bytes);
	cloud_device_hear(desk->device, bytes, sizeof(bytes), 0);
	peer_desk_expect_nothing(desk);
	peer_desk_free(desk);

	config.faults = (struct cloud_device_faults){ .mute = true };
	desk = online(&config);
	peer_desk_say(desk, "40 00 00 09", NULL, 0);
	peer_desk_expect_nothing(desk);
	peer_desk_free(desk);

	config.faults = (struct cloud_device_faults){ .describe_empty = true };
	desk = online(&config);
	peer_desk_say(desk, "41 01 00 01 33 b1 64", NULL, 0);
	peer_desk_expect(desk, "61 45 00 01 33");
	peer_desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_cloud");
	TCase *link = tcase_create("link");
	TCase *talk = tcase_create("talk");

	keys = peer_keys_make();
	tcase_add_test(link, the_first_message_is_nonce_id_and_key);
	tcase_add_loop_test(link, the_first_message_can_be_wrong, 0, 3);
	tcase_add_test(link, the_first_message_can_end_early);
	tcase_add_loop_test(link, the_answer_is_checked, 0, 4);
	tcase_add_test(link, an_answer_sealed_for_another_is_not_opened);
	tcase_add_test(link, each_step_of_the_handshake_has_its_time);
	tcase_add_loop_test(link, hello_as_it_was_seen, 0, 3);
	tcase_add_loop_test(link, a_frame_of_a_wrong_length_ends_the_session, 0, 5);
	tcase_add_test(link, the_iv_is_the_first_block_of_the_last_frame);
	tcase_add_test(link, a_padding_that_cannot_be_is_noticed);
	suite_add_tcase(suite, link);
	tcase_add_test(talk, nothing_is_said_before_the_servers_hello);
	tcase_add_test(talk, time_is_taken_from_an_answer_with_its_token);
	tcase_add_loop_test(talk, what_is_said_is_answered, 0, 10);
	tcase_add_test(talk, talk_is_counted);
	tcase_add_loop_test(talk, description_has_the_shape_of_its_era, 0, 6);
	tcase_add_test(talk, a_ping_wants_its_answer);
	tcase_add_test(talk, events_have_their_name_and_age);
	tcase_add_test(talk, it_can_say_what_it_must_not);
	suite_add_tcase(suite, talk);
	return testing_run(suite);
}
