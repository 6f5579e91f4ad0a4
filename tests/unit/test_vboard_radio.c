/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The radio of the virtual board: steps of its link, time of a byte, what waits, what is lost. */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/peripherals.h"
#include "vboard/radio.h"

#include <string.h>

enum {
	BYTE_CYCLES = 1200, /* 100 KB/s */
	ASSOCIATE = RADIO_ASSOCIATE_US * VBOARD_CYCLES_PER_US,
	ADDRESS = RADIO_ADDRESS_US * VBOARD_CYCLES_PER_US,
	CONNECT = RADIO_CONNECT_US * VBOARD_CYCLES_PER_US,
	UP = ASSOCIATE + ADDRESS + CONNECT,
	REST = RADIO_ALL_SENT | RADIO_CHANGED, /* of a link that has changed, and is quiet */
	HEARD_MAX = 512,
};

struct ear {
	unsigned int count, ups, downs;
	uint8_t byte[HEARD_MAX];
	uint64_t cycle; /* of the last one */
};

static void on_byte(void *ctx, uint64_t cycle, uint8_t byte)
{
	struct ear *ear = ctx;

	ck_assert_uint_lt(ear->count, HEARD_MAX);
	ear->byte[ear->count++] = byte;
	ear->cycle = cycle;
}

static void on_link(void *ctx, uint64_t cycle, bool connected)
{
	struct ear *ear = ctx;

	ear->ups += connected;
	ear->downs += !connected;
	ear->cycle = cycle;
}

static uint32_t get(struct vboard *vb, uint32_t offset)
{
	return peripherals_read(vb, RADIO_BASE + offset);
}

static void set(struct vboard *vb, uint32_t offset, uint32_t value)
{
	peripherals_write(vb, RADIO_BASE + offset, value, UINT32_MAX);
}

static struct vboard *open_board(struct ear *ear, enum vboard_radio level)
{
	static const uint16_t here = 0xe7fe; /* b . */
	struct vboard *vb = bare_new();

	*ear = (struct ear){ 0 };
	bare_code(vb, BARE_CODE, &here, 1);
	vboard_listen(vb, &(struct vboard_listener){
				  .ctx = ear, .radio = on_byte, .radio_link = on_link });
	vboard_radio_air(vb, level, 0);
	return vb;
}

static struct vboard *open_connected(struct ear *ear)
{
	struct vboard *vb = open_board(ear, VBOARD_RADIO_PEER);

	set(vb, RADIO_CONTROL, RADIO_ON | RADIO_CONNECT);
	bare_run(vb, UP);
	ck_assert(vboard_radio_connected(vb));
	set(vb, RADIO_STATUS, RADIO_CHANGED);
	return vb;
}

/* How far the link comes with what is there and what is asked, and when. */
static const struct climb {
	enum vboard_radio level;
	uint32_t control, link;
	uint64_t cycles;
} climbs[] = {
	{ VBOARD_RADIO_NOTHING, RADIO_ON | RADIO_CONNECT, 0, 1 },
	{ VBOARD_RADIO_NETWORK, 0, RADIO_IN_RANGE, 1 },
	{ VBOARD_RADIO_NETWORK, RADIO_CONNECT, RADIO_IN_RANGE, 1 },
	{ VBOARD_RADIO_NETWORK, RADIO_ON | RADIO_CONNECT,
	  RADIO_IN_RANGE | RADIO_ASSOCIATED | RADIO_ADDRESS, ASSOCIATE + ADDRESS },
	{ VBOARD_RADIO_PEER, RADIO_ON, RADIO_IN_RANGE | RADIO_ASSOCIATED, ASSOCIATE },
	{ VBOARD_RADIO_PEER, RADIO_ON, RADIO_IN_RANGE | RADIO_ASSOCIATED | RADIO_ADDRESS,
	  ASSOCIATE + ADDRESS },
	{ VBOARD_RADIO_PEER, RADIO_ON | RADIO_CONNECT,
	  RADIO_IN_RANGE | RADIO_CAN_WRITE | RADIO_LINK, UP },
};

START_TEST(link_climbs_as_far_as_it_may)
{
	const struct climb *row = &climbs[_i];
	struct ear ear;
	struct vboard *vb = open_board(&ear, row->level);

	ck_assert_uint_eq(get(vb, RADIO_ID), RADIO_ID_VALUE);
	set(vb, RADIO_CONTROL, row->control);
	if (row->cycles > 1) {
		bare_run(vb, row->cycles - 1);
		ck_assert_uint_ne(get(vb, RADIO_STATUS) & ~(uint32_t)REST, row->link);
		bare_run(vb, 1);
	}
	ck_assert_uint_eq(get(vb, RADIO_STATUS) & ~(uint32_t)REST, row->link);
	ck_assert_uint_eq(ear.ups, (row->link & RADIO_CONNECTED) != 0);
	if (row->cycles == 1) {
		bare_run(vb, 2 * (uint64_t)UP);
		ck_assert_uint_eq(get(vb, RADIO_STATUS) & ~(uint32_t)REST, row->link);
	}
	vboard_free(vb);
}
END_TEST

START_TEST(bytes_go_out_in_their_time)
{
	struct ear ear;
	struct vboard *vb = open_connected(&ear);
	uint64_t begin = vboard_cycle(vb);

	set(vb, RADIO_DATA, 'a');
	set(vb, RADIO_DATA, 'b');
	ck_assert(!(get(vb, RADIO_STATUS) & RADIO_ALL_SENT));
	bare_run(vb, BYTE_CYCLES - 1);
	ck_assert_uint_eq(ear.count, 0);
	bare_run(vb, 1);
	ck_assert_uint_eq(ear.count, 1);
	bare_run(vb, BYTE_CYCLES);
	ck_assert_mem_eq(ear.byte, "ab", 2);
	ck_assert_uint_eq(ear.cycle, begin + 2 * BYTE_CYCLES);
	ck_assert(get(vb, RADIO_STATUS) & RADIO_ALL_SENT);
	vboard_radio_air(vb, VBOARD_RADIO_PEER, 1000);
	set(vb, RADIO_DATA, 'c');
	bare_run(vb, 100 * BYTE_CYCLES - 1);
	ck_assert_uint_eq(ear.count, 2);
	bare_run(vb, 1);
	ck_assert_uint_eq(ear.count, 3);
	vboard_free(vb);
}
END_TEST

START_TEST(what_is_not_read_waits)
{
	struct ear ear;
	struct vboard *vb = open_connected(&ear);
	uint8_t bytes[RADIO_IN_BYTES + 10];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	ck_assert_uint_eq(vboard_radio_send(vb, bytes, sizeof(bytes)), RADIO_IN_BYTES);
	ck_assert_uint_eq(get(vb, RADIO_DATA), 0); /* nothing yet */
	bare_run(vb, 3 * BYTE_CYCLES);
	ck_assert_uint_eq(get(vb, RADIO_LEVELS), 3 | RADIO_OUT_BYTES << 16);
	bare_run(vb, 2 * RADIO_IN_BYTES * BYTE_CYCLES);
	ck_assert_uint_eq(get(vb, RADIO_LEVELS) & 0xffff, RADIO_IN_BYTES);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(get(vb, RADIO_DATA), bytes[i]);
	ck_assert_uint_eq(vboard_radio_send(vb, bytes + RADIO_IN_BYTES, 10), 5);
	bare_run(vb, 5 * BYTE_CYCLES);
	for (size_t i = 5; i < RADIO_IN_BYTES + 5; i++)
		ck_assert_uint_eq(get(vb, RADIO_DATA), bytes[i]);
	ck_assert(!(get(vb, RADIO_STATUS) & RADIO_CAN_READ));
	vboard_free(vb);
}
END_TEST

START_TEST(room_for_bytes_out_has_an_end)
{
	struct ear ear;
	struct vboard *vb = open_connected(&ear);

	for (int i = 0; i < RADIO_OUT_BYTES; i++)
		set(vb, RADIO_DATA, 'q');
	ck_assert(!(get(vb, RADIO_STATUS) & RADIO_CAN_WRITE));
	ck_assert_uint_eq(get(vb, RADIO_LEVELS), 0);
	set(vb, RADIO_DATA, 'x');
	bare_run(vb, 2 * RADIO_OUT_BYTES * BYTE_CYCLES);
	ck_assert_uint_eq(ear.count, RADIO_OUT_BYTES);
	ck_assert_uint_eq(ear.byte[RADIO_OUT_BYTES - 1], 'q');
	vboard_free(vb);
}
END_TEST

/* Ways to lose the link; with it goes what was on its way. */
enum way { PEER_GOES, NETWORK_GOES, BOARD_CLOSES, RESET_LINE, POWER, WAYS };

START_TEST(link_falls)
{
	struct ear ear;
	struct vboard *vb = open_connected(&ear);

	ck_assert_uint_eq(vboard_radio_send(vb, "abc", 3), 3);
	set(vb, RADIO_DATA, 'x');
	switch ((enum way)_i) {
	case PEER_GOES: vboard_radio_air(vb, VBOARD_RADIO_NETWORK, 0); break;
	case NETWORK_GOES: vboard_radio_air(vb, VBOARD_RADIO_NOTHING, 0); break;
	case BOARD_CLOSES: set(vb, RADIO_CONTROL, RADIO_ON); break;
	case RESET_LINE: vboard_line(vb, VBOARD_RESET, true); break;
	case POWER: vboard_power_off(vb); break;
	case WAYS: break;
	}
	ck_assert_uint_eq(ear.downs, 1);
	ck_assert(!vboard_radio_connected(vb));
	ck_assert_uint_eq(vboard_radio_send(vb, "abc", 3), 0);
	bare_run(vb, 10 * BYTE_CYCLES);
	ck_assert_uint_eq(ear.count, 0);
	if (_i == PEER_GOES) { /* and it comes again by itself */
		ck_assert(get(vb, RADIO_STATUS) & RADIO_CHANGED);
		vboard_radio_air(vb, VBOARD_RADIO_PEER, 0);
		bare_run(vb, CONNECT);
		ck_assert(vboard_radio_connected(vb));
		ck_assert(!(get(vb, RADIO_STATUS) & RADIO_CAN_READ));
	}
	vboard_free(vb);
}
END_TEST

static bool line(const struct vboard *vb)
{
	uint32_t number = EXC_IRQ0 + IRQ_RADIO;

	return vb->s.chip.nvic.level[number / 32] >> number % 32 & 1;
}

START_TEST(interrupt_line_follows_the_states)
{
	struct ear ear;
	struct vboard *vb = open_connected(&ear);
	uint32_t on = RADIO_ON | RADIO_CONNECT;

	ck_assert(!line(vb));
	set(vb, RADIO_CONTROL, on | RADIO_IRQ_CAN_WRITE);
	ck_assert(line(vb));
	set(vb, RADIO_CONTROL, on | RADIO_IRQ_CAN_READ | RADIO_IRQ_CHANGED);
	ck_assert(!line(vb));
	ck_assert_uint_eq(vboard_radio_send(vb, "x", 1), 1);
	bare_run(vb, BYTE_CYCLES);
	ck_assert(line(vb));
	ck_assert_uint_eq(get(vb, RADIO_DATA), 'x');
	ck_assert(!line(vb));
	vboard_radio_air(vb, VBOARD_RADIO_NETWORK, 0);
	ck_assert(line(vb));
	set(vb, RADIO_STATUS, RADIO_CHANGED);
	ck_assert(!line(vb));
	vboard_free(vb);
}
END_TEST

/* A snapshot in the middle of a byte and of a step, put back later, goes on from there. */
START_TEST(snapshot_keeps_what_is_under_way)
{
	struct ear ear;
	struct vboard *vb = open_connected(&ear);
	struct vboard_snapshot *snapshot = vboard_snapshot_new();

	ck_assert_ptr_nonnull(snapshot);
	set(vb, RADIO_DATA, 'a');
	bare_run(vb, BYTE_CYCLES / 2);
	ck_assert(vboard_snapshot_take(snapshot, vb));
	bare_run(vb, BYTE_CYCLES / 2);
	ck_assert_uint_eq(ear.count, 1);
	bare_run(vb, 5 * BYTE_CYCLES);
	ck_assert(vboard_snapshot_restore(snapshot, vb, VBOARD_SNAPSHOT_TIME_GOES_ON));
	bare_run(vb, BYTE_CYCLES / 2 - 1);
	ck_assert_uint_eq(ear.count, 1);
	bare_run(vb, 1);
	ck_assert_uint_eq(ear.count, 2);
	vboard_snapshot_free(snapshot);
	vboard_free(vb);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("radio");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, link_climbs_as_far_as_it_may, 0,
			    sizeof(climbs) / sizeof(climbs[0]));
	tcase_add_test(tcase, bytes_go_out_in_their_time);
	tcase_add_test(tcase, what_is_not_read_waits);
	tcase_add_test(tcase, room_for_bytes_out_has_an_end);
	tcase_add_loop_test(tcase, link_falls, 0, WAYS);
	tcase_add_test(tcase, interrupt_line_follows_the_states);
	tcase_add_test(tcase, snapshot_keeps_what_is_under_way);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
