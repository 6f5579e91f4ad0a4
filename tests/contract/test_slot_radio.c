/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The radio of a slot (bench/slot.h): a board finds what is put there, its stream is heard in its
 * time, what is sent arrives, and all of it is the same when the board has done it before. The
 * board runs the reference firmware, which greets whoever is there.
 */
#include "bench/virtual/virtual.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "lib/wrapped.h"
#include "vboard/memo.h"

#include <string.h>

enum {
	HEARD_MAX = 512,
	BYTE_US = 10,
	CONNECT_US = 2300000,
	OFF_US = 100000,
	HELLO_BYTES = 17, /* with the length before it */
};

struct desk {
	struct slot slot;
	struct vboard *board;
	int64_t begun_us;
	uint8_t heard[HEARD_MAX];
	int64_t heard_us[HEARD_MAX]; /* since the board was switched on */
	size_t count;
	unsigned int ups, downs;
};

static void on_byte(void *ctx, int64_t t_us, uint8_t byte)
{
	struct desk *desk = ctx;

	ck_assert_uint_lt(desk->count, HEARD_MAX);
	desk->heard_us[desk->count] = t_us - desk->begun_us;
	desk->heard[desk->count++] = byte;
}

static void on_link(void *ctx, int64_t t_us, bool connected)
{
	struct desk *desk = ctx;

	(void)t_us;
	desk->ups += connected;
	desk->downs += !connected;
}

static void wait_us(struct desk *desk, int64_t us)
{
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(&desk->slot, slot_now_us(&desk->slot) + us, &why, NULL), 0);
	ck_assert_int_eq(why, SLOT_WAIT_DEADLINE);
}

static void desk_open(struct desk *desk, int how)
{
	struct slot_listener listener = { .ctx = desk, .radio = on_byte, .radio_link = on_link };
	struct release release;

	*desk = (struct desk){ 0 };
	ck_assert(firmware_release("reference-robust-1.0-p1", &release));
	ck_assert_int_eq(virtual_open("p1", &desk->slot, NULL), 0);
	ck_assert(slot_can(&desk->slot, SLOT_RADIO));
	desk->board = virtual_board(&desk->slot);
	firmware_install(desk->board, &release);
	release_release(&release);
	wrapped_put((enum wrapped)how, &desk->slot);
	slot_listen(&desk->slot, &listener);
	ck_assert_int_eq(slot_radio_set(&desk->slot, SLOT_RADIO_PEER, NULL), 0);
}

static void switch_on(struct desk *desk)
{
	desk->count = 0;
	desk->begun_us = slot_now_us(&desk->slot);
	ck_assert_int_eq(slot_power_set(&desk->slot, SLOT_POWER_ON, NULL), 0);
	wait_us(desk, CONNECT_US);
}

static void switch_off(struct desk *desk)
{
	ck_assert_int_eq(slot_power_set(&desk->slot, SLOT_POWER_OFF, NULL), 0);
	wait_us(desk, OFF_US);
}

static size_t send(struct desk *desk, const void *bytes, size_t len)
{
	size_t sent = 77;

	ck_assert_int_eq(slot_radio_send(&desk->slot, bytes, len, &sent, NULL), 0);
	return sent;
}

START_TEST(board_is_heard_and_answers)
{
	static const uint8_t hello[] = { 0, 7, 0x50, 2, 0, 1, 0xb1, 'h', 0xff };
	struct desk desk;
	size_t greeting;

	desk_open(&desk, _i);
	ck_assert_uint_eq(send(&desk, hello, sizeof(hello)), 0); /* no stream without power */
	switch_on(&desk);
	ck_assert_uint_eq(desk.ups, 1);
	greeting = desk.count;
	ck_assert_uint_eq(greeting, HELLO_BYTES);
	for (size_t i = 1; i < greeting; i++)
		ck_assert_int_ge(desk.heard_us[i] - desk.heard_us[i - 1], BYTE_US);
	ck_assert_uint_eq(send(&desk, hello, sizeof(hello)), sizeof(hello));
	wait_us(&desk, 100000);
	ck_assert_uint_gt(desk.count, greeting + 100); /* its events */
	ck_assert_int_eq(slot_radio_set(&desk.slot, SLOT_RADIO_NETWORK, NULL), 0);
	ck_assert_uint_eq(desk.downs, 1);
	ck_assert_uint_eq(send(&desk, hello, sizeof(hello)), 0);
	slot_close(&desk.slot);
}
END_TEST

/* A slot remembers what its boards did: what is heard is the same, to the microsecond. */
START_TEST(remembered_runs_are_heard_alike)
{
	struct memo_counts counts;
	struct desk desk;
	struct desk first;

	desk_open(&desk, WRAPPED_NOT);
	ck_assert(vboard_remember(desk.board, 0));
	switch_on(&desk); /* the application's first start */
	switch_off(&desk);
	switch_on(&desk);
	first = desk;
	ck_assert_uint_eq(first.count, HELLO_BYTES);
	ck_assert(vboard_remember(desk.board, 1 << 24));
	for (int i = 0; i < 4; i++) {
		switch_off(&desk);
		switch_on(&desk);
		ck_assert_uint_eq(desk.count, first.count);
		ck_assert_mem_eq(desk.heard, first.heard, first.count);
		for (size_t b = 0; b < first.count; b++)
			ck_assert_int_eq(desk.heard_us[b], first.heard_us[b]);
		ck_assert_uint_eq(desk.ups, (unsigned int)i + 3);
	}
	ck_assert_uint_eq(desk.downs, 5);
	memo_count(desk.board, &counts);
	ck_assert_uint_gt(counts.told, 0);
	slot_close(&desk.slot);
}
END_TEST

START_TEST(played_back_it_is_the_same)
{
	wrapped_begin();
	board_is_heard_and_answers->fn(WRAPPED_RECORD);
	wrapped_begin();
	board_is_heard_and_answers->fn(WRAPPED_REPLAY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slot: radio");
	TCase *tcase = tcase_create("radio");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, board_is_heard_and_answers, WRAPPED_NOT, WRAPPED_REPLAY);
	tcase_add_test(tcase, played_back_it_is_the_same);
	tcase_add_test(tcase, remembered_runs_are_heard_alike);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
