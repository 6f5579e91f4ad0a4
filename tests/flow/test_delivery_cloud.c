/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The delivery "cloud": whole campaigns of the reference firmware updated over the air, judged as
 * when its updates are staged; what is done to a transfer on purpose; and over TCP, with a board
 * that lives in this test.
 */
#include "bench/virtual/virtual.h"
#include "cloud/server.h"
#include "delivery/delivery.h"
#include "lib/cloud_board.h"
#include "lib/firmware.h"
#include "lib/flow.h"
#include "lib/module.h"
#include "lib/testing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MS = 1000,
	BOOT_US = 1500 * MS,
	APPLIED_US = 6000 * MS,
	UNITS_MAX = 64,
	STEPS_MAX = 8,
	TURNS_MAX = 100000
};

static const struct campaign_row {
	const char *scenario;
	unsigned int trials;
	int outcome; /* of a cut in the copy of part 1 */
} campaigns[] = {
	{ "robust-cloud", 40, OUTCOME_UPDATED },
	{ "era-c-cloud", 24, OUTCOME_NEEDS_DFU },
};

START_TEST(campaign_over_the_air)
{
	const struct campaign_row *row = &campaigns[_i];
	const char *copy = "1.apply.system-part1";
	struct flow flow;

	ck_assert(flow_run("reference", row->scenario, flow_scale(row->trials, 12), 2, &flow));
	flow_check_controls(&flow);
	ck_assert_uint_gt(flow_count(&flow, copy, -1), 0);
	ck_assert_uint_eq(flow_count(&flow, copy, row->outcome), flow_count(&flow, copy, -1));
	/* a download that is cut harms nobody */
	ck_assert_uint_eq(flow_count(&flow, "1.stage", -1),
			  flow_count(&flow, "1.stage", OUTCOME_REVERTED));
	if (row->outcome == OUTCOME_UPDATED)
		flow_check_all_good(&flow);
	flow_release(&flow);
}
END_TEST

/* A device, a way to it, and what the way told. */
struct desk {
	struct loaded *loaded;
	struct delivery_outcome outcome;
	unsigned int points[STEPS_MAX];
	enum delivery_point last;
	uint32_t chunks;
};

static void on_radio(void *ctx, int64_t t_us, uint8_t byte)
{
	struct desk *desk = ctx;

	(void)t_us;
	delivery_port_radio(&desk->loaded->port, byte);
}

static void on_link(void *ctx, int64_t t_us, bool connected)
{
	struct desk *desk = ctx;

	delivery_port_link(&desk->loaded->port, t_us, connected);
}

static struct desk *new_desk(const char *era)
{
	static const char text[] =
		"scenario: cloud\nsummary: reference firmware\nboard: p1\n"
		"from: reference-%s-1.0-p1\nto: reference-%s-1.1-p1\n"
		"deliver: {via: cloud, parts: [system-part1, system-part2, user]}\n"
		"cut: {strategy: none}\npower: {off: 1s, vbat: lost}\nladder: [wait]\ntrials: 0\n"
		"controls: 1\nseed: 1\n";
	struct desk *desk = calloc(1, sizeof(*desk));
	struct slot_listener listener = { .ctx = desk, .radio = on_radio, .radio_link = on_link };
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	AUTO_FREE char *filled = NULL;
	struct err err = ERR_INIT;
	enum slot_wait why;

	ck_assert(desk && scenario);
	ck_assert_int_gt(asprintf(&filled, text, era, era), 0);
	ck_assert_msg(scenario_parse(filled, "cloud", scenario, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_open(scenario, &desk->loaded, &err) == 0, "%s", err.text);
	firmware_install(virtual_board(&desk->loaded->slot), &desk->loaded->from);
	slot_listen(&desk->loaded->slot, &listener);
	ck_assert_int_eq(slot_power_set(&desk->loaded->slot, SLOT_POWER_ON, NULL), 0);
	ck_assert_int_eq(slot_wait(&desk->loaded->slot, BOOT_US, &why, NULL), 0);
	return desk;
}

static void free_desk(struct desk *desk)
{
	loaded_free(desk->loaded);
	free(desk);
}

static int on_progress(void *ctx, const struct delivery_progress *progress, struct err *err)
{
	struct desk *desk = ctx;

	(void)err;
	ck_assert_uint_ge(progress->point, desk->last);
	desk->last = progress->point;
	desk->points[progress->point]++;
	if (progress->point == DELIVERY_CHUNK && progress->chunk >= desk->chunks)
		desk->chunks = progress->chunk + 1;
	return 0;
}

static void deliver(struct desk *desk, const struct fuzz_acts *acts)
{
	const struct trial_setup *setup = &desk->loaded->setup;
	const struct delivery_run run = { .context = setup->context,
					  .part = &setup->parts[0],
					  .progress = on_progress,
					  .progress_ctx = desk,
					  .acts = acts };
	struct err err = ERR_INIT;

	ck_assert_msg(delivery_prepare(setup->delivery, &run, &desk->outcome, &err) == 0, "%s",
		      err.text);
	ck_assert_msg(desk->outcome.result == DELIVERY_DONE, "%s", desk->outcome.text);
	ck_assert_msg(delivery_send(setup->delivery, &run, &desk->outcome, &err) == 0, "%s",
		      err.text);
}

static struct delivery_proof prove(struct desk *desk)
{
	const struct trial_setup *setup = &desk->loaded->setup;
	const struct delivery_run run = { .context = setup->context, .part = &setup->parts[0] };
	struct delivery_proof proof;
	struct err err = ERR_INIT;
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(setup->slot, slot_now_us(setup->slot) + APPLIED_US, &why, NULL),
			 0);
	ck_assert_msg(delivery_prove(setup->delivery, &run, &proof, &err) == 0, "%s", err.text);
	return proof;
}

static const struct act_row {
	const char *era;
	enum delivery_mode mode;
	struct fuzz_act act; /* FUZZ_NONE: nothing is done */
	enum delivery_result result;
	const char *text; /* begins with */
	enum delivery_proof_kind proof;
} acts[] = {
	{ "robust",
	  DELIVERY_MODE_DEFAULT,
	  { FUZZ_NONE, 0, 0 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_SLOW,
	  { FUZZ_NONE, 0, 0 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "era-a",
	  DELIVERY_MODE_FAST,
	  { FUZZ_DROP, 3, 0 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_DROP, 3, 0 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_SLOW,
	  { FUZZ_DROP, 3, 0 },
	  DELIVERY_LOST,
	  "timeout: waited in vain",
	  DELIVERY_PROOF_OTHER },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_TWICE, 3, 0 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_SWAP, 3, 0 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_SWAP, 10, 0 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED }, /* the last one, after the end */
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_SPOIL, 3, 99 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_SLOW,
	  { FUZZ_SPOIL, 3, 99 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_SEAL, 3, 99 },
	  DELIVERY_LOST,
	  "bad: {\"r\":\"error\"}",
	  DELIVERY_PROOF_OTHER },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_DELAY, 3, 1000000 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_STALL, 3, 0 },
	  DELIVERY_LOST,
	  "timeout: waited in vain",
	  DELIVERY_PROOF_OTHER },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_HANGUP, 3, 0 },
	  DELIVERY_LOST,
	  "cut: disconnected by the tamper hook",
	  DELIVERY_PROOF_OTHER },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_SIZE, 3, 100 },
	  DELIVERY_LOST,
	  "bad: {\"r\":\"error\"}",
	  DELIVERY_PROOF_OTHER },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_INDEX, 3, 2 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_AGAIN, 3, 0 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_EARLY, 3, 0 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_JUNK, 3, 7 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_OPTIONS, 3, 9 },
	  DELIVERY_DONE,
	  "",
	  DELIVERY_PROOF_INSTALLED },
	{ "robust",
	  DELIVERY_MODE_FAST,
	  { FUZZ_ADDRESS, 0, 0xfff40000 },
	  DELIVERY_LOST,
	  "refused: the board refused the update with 5.03",
	  DELIVERY_PROOF_OTHER },
};

START_TEST(acts_on_a_transfer)
{
	const struct act_row *row = &acts[_i];
	const struct fuzz_acts list = { .items = { row->act },
					.count = row->act.kind != FUZZ_NONE };
	struct desk *desk = new_desk(row->era);
	struct delivery_proof proof;

	ck_assert(!row->act.kind || (desk->loaded->setup.delivery->acts & 1u << row->act.kind));
	desk->loaded->delivery_options.mode = row->mode;
	deliver(desk, &list);
	ck_assert_msg(desk->outcome.result == row->result, "%d %s", (int)desk->outcome.result,
		      desk->outcome.text);
	ck_assert_msg(strncmp(desk->outcome.text, row->text, strlen(row->text)) == 0, "'%s'",
		      desk->outcome.text);
	proof = prove(desk);
	ck_assert_msg(proof.kind == row->proof, "%d %s", (int)proof.kind, proof.text);
	ck_assert_uint_eq(proof.version, row->proof == DELIVERY_PROOF_INSTALLED ? 101 : 100);
	ck_assert_uint_eq(desk->points[DELIVERY_BEGUN], 1);
	if (row->result == DELIVERY_DONE) {
		ck_assert_uint_eq(desk->points[DELIVERY_READY], 1);
		ck_assert_uint_eq(desk->chunks, 11);
		ck_assert_uint_eq(desk->points[DELIVERY_SENT], 1);
		ck_assert_uint_eq(desk->points[DELIVERY_TAKEN], 1);
	}
	free_desk(desk);
}
END_TEST

/* Nobody is there to connect: a board without power. */
START_TEST(board_that_does_not_connect)
{
	struct desk *desk = new_desk("robust");
	const struct trial_setup *setup = &desk->loaded->setup;
	const struct delivery_run run = { .context = setup->context, .part = &setup->parts[0] };
	struct delivery_proof proof;

	ck_assert_int_eq(slot_power_set(setup->slot, SLOT_POWER_OFF, NULL), 0);
	ck_assert_int_eq(delivery_prepare(setup->delivery, &run, &desk->outcome, NULL), 0);
	ck_assert_int_eq(desk->outcome.result, DELIVERY_REFUSED);
	ck_assert_str_eq(desk->outcome.text,
			 "no session with the cloud: the board did not connect");
	proof = prove(desk);
	ck_assert_int_eq(proof.kind, DELIVERY_PROOF_NONE);
	free_desk(desk);
}
END_TEST

/* A slot that can nothing but wait: while it does, a board outside of it gets on over TCP. */
struct outside {
	struct cloud_board board;
	int64_t now_us;
};

static int64_t outside_now_us(void *backend)
{
	return ((struct outside *)backend)->now_us;
}

static int outside_wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	struct outside *outside = backend;

	(void)err;
	ck_assert(cloud_board_pump(&outside->board));
	outside->now_us = deadline_us;
	*ret = SLOT_WAIT_DEADLINE;
	return 0;
}

static uint16_t free_port(struct keys *keys)
{
	struct server_setup setup = { .address = "127.0.0.1",
				      .keys = keys,
				      .trust = HANDSHAKE_TRUST_FIRST };
	struct server *server;
	uint16_t port;

	ck_assert_int_eq(server_open(&setup, &server, NULL), 0);
	port = server_port(server);
	server_close(server);
	return port;
}

#define USER "{\"p\":8,\"m\":[{\"l\":\"m\",\"f\":\"u\",\"n\":\"1\","
#define SHA  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* What a board may say of the part, which has version 5. */
static const struct description_row {
	const char *json;
	enum delivery_proof_kind proof;
	const char *text;
} descriptions[] = {
	{ USER "\"v\":5,\"vc\":30,\"vv\":30}]}", DELIVERY_PROOF_INSTALLED,
	  "described: user has version 5" },
	{ USER "\"v\":4,\"vc\":30,\"vv\":30}]}", DELIVERY_PROOF_OTHER,
	  "described: user has version 4" },
	{ USER "\"v\":5,\"vc\":30,\"vv\":30,\"u\":\"" SHA "\"}]}", DELIVERY_PROOF_OTHER,
	  "described: user has version 5, but another hash" },
	{ USER "\"v\":5,\"vc\":30,\"vv\":26}]}", DELIVERY_PROOF_BAD,
	  "described: user version 5, of checks 30 passed 26" },
	{ "{\"p\":8,\"m\":[]}", DELIVERY_PROOF_BAD, "described: no module user is listed" },
	{ "nonsense", DELIVERY_PROOF_NONE, "no description: no JSON at byte 8" },
};

START_TEST(over_tcp)
{
	static const struct slot_time_ops time_ops = { .now_us = outside_now_us,
						       .wait = outside_wait };
	static struct outside outside;
	static struct delivery_port port;
	struct slot slot = { .name = "outside", .backend = &outside, .time = &time_ops };
	struct delivery_options options = { .address = "127.0.0.1" };
	struct delivery_context context = { .slot = &slot, .options = &options, .port = &port };
	const struct delivery *delivery = delivery_find("cloud");
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct delivery_proof proof;
	struct image_header header = { .start = 0x080a0000,
				       .version = 5,
				       .platform_id = 8,
				       .function = IMAGE_FUNCTION_USER,
				       .index = 1 };
	uint8_t *bytes;
	struct image image;
	struct delivery_part part = { .number = 1, .name = "user", .image = &image };
	struct delivery_run run = { .context = &context, .part = &part };
	struct keys *keys;
	const uint8_t *der;
	size_t len;
	int dead_fd = -1;

	snprintf(options.keys, sizeof(options.keys), "%s", testing_folder());
	ck_assert_int_eq(keys_open(options.keys, &keys, NULL), 0);
	der = keys_public(keys, &len);
	options.port = free_port(keys);
	delivery_port_init(&port, &slot);
	ck_assert_int_eq(delivery_open(delivery, &context, NULL), 0);
	cloud_board_begin(&outside.board, CLOUD_BOARD_15, 7, der, len);
	cloud_board_connect(&outside.board, options.port);
	bytes = module_make(header, 0, 3000, &len);
	ck_assert_int_eq(image_parse(bytes, len, &image, NULL), 0);
	for (int i = 0; !outside.board.online; i++) { /* also while nothing is delivered */
		ck_assert_int_lt(i, TURNS_MAX);
		ck_assert_int_eq(delivery_port_idle(&port, NULL), 0);
		ck_assert(cloud_board_pump(&outside.board));
	}
	if (_i == 1) { /* power was cut, nobody closed the connection, and it comes again */
		dead_fd = outside.board.fd;
		cloud_board_again(&outside.board, options.port);
	}
	ck_assert_int_eq(delivery_prepare(delivery, &run, &outcome, NULL), 0);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert_uint_eq(outside.board.pings, 1);
	ck_assert_int_eq(delivery_send(delivery, &run, &outcome, NULL), 0);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	ck_assert_uint_eq(outside.board.file_len, image.len);
	ck_assert_mem_eq(outside.board.file, image.bytes, image.len);
	for (size_t i = 0; i < ARRAY_LEN(descriptions); i++) {
		outside.board.describes = descriptions[i].json;
		ck_assert_int_eq(delivery_prove(delivery, &run, &proof, NULL), 0);
		ck_assert_int_eq(proof.kind, descriptions[i].proof);
		ck_assert_str_eq(proof.text, descriptions[i].text);
	}
	delivery_close(delivery, &context);
	if (dead_fd >= 0)
		close(dead_fd);
	cloud_board_end(&outside.board);
	image_release(&image);
	free(bytes);
	keys_close(keys);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery: cloud");
	TCase *tcase = tcase_create("cloud");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, campaign_over_the_air, 0, ARRAY_LEN(campaigns));
	tcase_add_loop_test(tcase, acts_on_a_transfer, 0, ARRAY_LEN(acts));
	tcase_add_test(tcase, board_that_does_not_connect);
	tcase_add_loop_test(tcase, over_tcp, 0, 2);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
