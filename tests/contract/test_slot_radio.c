/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The radio suite over the virtual bench, and that a board's stream is the same when the board has
 * done it before.
 */
#include "contract/virtual_openers.h"

#include "bench/virtual/virtual.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "vboard/memo.h"

enum {
	HEARD_MAX = 512,
	CONNECT_US = 2300000,
	OFF_US = 100000,
	HELLO_BYTES = 17, /* with the length before it */
};

static const struct virtual_firmware reference = { .model = "p1",
						   .release = "reference-robust-1.0-p1" };

static const struct contract_opener openers[] = {
	VIRTUAL_OPENER("virtual p1", WRAPPED_NOT, CONTRACT_LINE_PADS, virtual_opener_open,
		       &reference),
	VIRTUAL_OPENER("virtual p1, faults at rate 0", WRAPPED_FAULT, CONTRACT_LINE_PADS,
		       virtual_opener_open, &reference),
	VIRTUAL_OPENER("virtual p1, recorded and played back", WRAPPED_RECORD, CONTRACT_LINE_PADS,
		       virtual_opener_open, &reference),
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

static void desk_open(struct desk *desk)
{
	struct slot_listener listener = { .ctx = desk, .radio = on_byte, .radio_link = on_link };
	struct release release;

	*desk = (struct desk){ 0 };
	ck_assert(firmware_release("reference-robust-1.0-p1", &release));
	ck_assert_int_eq(virtual_open("p1", &desk->slot, NULL), 0);
	desk->board = virtual_board(&desk->slot);
	firmware_install(desk->board, &release);
	release_release(&release);
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

/* A slot remembers what its boards did: what is heard is the same, to the microsecond. */
START_TEST(remembered_runs_are_heard_alike)
{
	struct memo_counts counts;
	struct desk desk;
	struct desk first;

	desk_open(&desk);
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

int main(void)
{
	Suite *suite = suite_create("slot: radio");
	TCase *tcase = tcase_create("remembered");

	contract_add(suite, &contract_radio_suite, openers, ARRAY_LEN(openers));
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, remembered_runs_are_heard_alike);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
