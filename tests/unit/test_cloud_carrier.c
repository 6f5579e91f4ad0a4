/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session over a slot's radio: the slot here is one that keeps what it is told. */
#include "cloud/carrier.h"
#include "lib/cloud_board.h"
#include "lib/testing.h"

#include <errno.h>
#include <string.h>

enum { AIRS_MAX = 8, STEP_US = 1000, FILE_BYTES = 3000 };

/* A board on the radio, and how much the radio takes at a time. */
struct radio {
	struct cloud_board board;
	int64_t now_us;
	size_t takes;
	size_t most; /* bytes that one call offered */
	enum slot_radio_air airs[AIRS_MAX];
	size_t air_count;
	int error;
	struct slot slot;
	struct carrier carrier;
};

static int64_t now_us(void *backend)
{
	return ((struct radio *)backend)->now_us;
}

static int set(void *backend, enum slot_radio_air air, struct err *err)
{
	struct radio *radio = backend;

	(void)err;
	ck_assert_uint_lt(radio->air_count, AIRS_MAX);
	radio->airs[radio->air_count++] = air;
	return 0;
}

static int send(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent, struct err *err)
{
	struct radio *radio = backend;

	if (radio->error < 0)
		return err_set(err, ERR_RIG, radio->error, "no radio");
	if (len > radio->most)
		radio->most = len;
	*ret_sent = len < radio->takes ? len : radio->takes;
	cloud_board_heard(&radio->board, bytes, *ret_sent);
	return 0;
}

static const struct slot_time_ops time_ops = { .now_us = now_us };
static const struct slot_radio_ops radio_ops = { .set = set, .send = send };

static void radio_open(struct radio *radio)
{
	static const struct session_setup setup = { .first_id = 0 };

	memset(radio, 0, sizeof(*radio));
	radio->takes = SIZE_MAX;
	radio->slot = (struct slot){
		.capabilities = SLOT_RADIO, .backend = radio, .time = &time_ops, .radio = &radio_ops
	};
	cloud_board_begin(&radio->board, CLOUD_BOARD_15, 1, NULL, 0);
	carrier_begin(&radio->carrier, &radio->slot, &setup);
}

/* A step of both sides. */
static int step(struct radio *radio, struct err *err)
{
	for (size_t i = 0; i < radio->board.out_len; i++)
		carrier_heard(&radio->carrier, radio->now_us, radio->board.out[i]);
	radio->board.out_len = 0;
	radio->now_us += STEP_US;
	return carrier_step(&radio->carrier, err);
}

static void go_online(struct radio *radio)
{
	carrier_linked(&radio->carrier, radio->now_us, true);
	cloud_board_up(&radio->board);
	ck_assert_int_eq(step(radio, NULL), 0);
	ck_assert(radio->board.online);
	ck_assert_int_eq(radio->carrier.session.state, SESSION_OPEN);
}

START_TEST(sessions_follow_the_stream)
{
	static struct radio radio;

	radio_open(&radio);
	ck_assert_int_eq(step(&radio, NULL), 0); /* no stream: nothing to do */
	ck_assert_int_eq(radio.carrier.session.state, SESSION_NONE);
	go_online(&radio);
	carrier_linked(&radio.carrier, radio.now_us, false);
	ck_assert_int_eq(radio.carrier.session.state, SESSION_OVER);
	ck_assert_int_eq(radio.carrier.session.end, SESSION_END_GONE);
	ck_assert_int_eq(step(&radio, NULL), 0);
	ck_assert_uint_eq(radio.air_count, 0); /* there is no stream to be closed */
	go_online(&radio);
	ck_assert_uint_eq(radio.carrier.links, 2);
	ck_assert_uint_eq(radio.carrier.session.counts.hellos, 1);
	cloud_board_end(&radio.board);
}
END_TEST

/* What we are through with is told to the board by closing its stream, which it may open again. */
START_TEST(session_that_is_over_closes_the_stream)
{
	static struct radio radio;

	radio_open(&radio);
	go_online(&radio);
	carrier_heard(&radio.carrier, radio.now_us, 0xff);
	carrier_heard(&radio.carrier, radio.now_us, 0xff);
	ck_assert_int_eq(radio.carrier.session.end, SESSION_END_GARBLED);
	ck_assert_int_eq(step(&radio, NULL), 0);
	ck_assert_uint_eq(radio.air_count, 2);
	ck_assert_int_eq(radio.airs[0], SLOT_RADIO_NETWORK);
	ck_assert_int_eq(radio.airs[1], SLOT_RADIO_PEER);
	cloud_board_end(&radio.board);
}
END_TEST

/* A radio that takes little at a time is never offered more than one chunk. */
START_TEST(one_chunk_at_a_time)
{
	static uint8_t file[FILE_BYTES];
	static struct radio radio;
	const struct update_setup setup = { .bytes = file, .len = FILE_BYTES, .mode = UPDATE_FAST };

	radio_open(&radio);
	memset(file, 7, sizeof(file));
	go_online(&radio);
	radio.takes = 100;
	ck_assert(session_update(&radio.carrier.session, &setup, radio.now_us));
	for (int i = 0; update_is_on(&radio.carrier.session.update); i++) {
		ck_assert_int_lt(i, 1000);
		ck_assert_int_eq(step(&radio, NULL), 0);
	}
	ck_assert_int_eq(radio.carrier.session.update.result, UPDATE_DONE);
	ck_assert_mem_eq(radio.board.file, file, FILE_BYTES);
	ck_assert_uint_le(radio.most, UPDATE_CHUNK_DEFAULT + 32);
	ck_assert_uint_gt(radio.carrier.sent_bytes, FILE_BYTES);
	cloud_board_end(&radio.board);
}
END_TEST

START_TEST(radio_that_fails)
{
	struct err err = ERR_INIT;
	static struct radio radio;

	radio_open(&radio);
	carrier_linked(&radio.carrier, 0, true);
	cloud_board_up(&radio.board);
	radio.error = -EIO;
	ck_assert_int_eq(step(&radio, &err), -EIO);
	ck_assert_str_eq(err.text, "no radio");
	cloud_board_end(&radio.board);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: a slot's radio");
	TCase *tcase = tcase_create("carrier");

	tcase_add_test(tcase, sessions_follow_the_stream);
	tcase_add_test(tcase, session_that_is_over_closes_the_stream);
	tcase_add_test(tcase, one_chunk_at_a_time);
	tcase_add_test(tcase, radio_that_fails);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
