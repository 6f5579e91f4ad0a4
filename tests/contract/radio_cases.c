/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The radio of a slot: a board finds what is put there, its stream is heard in its time, and what
 * is sent arrives. The board runs the reference firmware, which greets whoever is there.
 */
#include "contract/contract.h"

#include <string.h>

enum {
	HEARD_MAX = 512,
	BYTE_US = 10,
	CONNECT_US = 2300000,
	ANSWER_US = 100000,
	HELLO_BYTES = 17, /* with the length before it */
};

struct desk {
	struct contract_board at;
	size_t count;
	int64_t last_us;
	unsigned int ups, downs;
};

static void on_byte(void *ctx, int64_t t_us, uint8_t byte)
{
	struct desk *desk = ctx;

	(void)byte;
	if (desk->count > 0 && desk->at.opener->bounds.late_us == 0)
		ck_assert_int_ge(t_us - desk->last_us, BYTE_US);
	desk->last_us = t_us;
	desk->count++;
}

static void on_link(void *ctx, int64_t t_us, bool connected)
{
	struct desk *desk = ctx;

	(void)t_us;
	desk->ups += connected;
	desk->downs += !connected;
}

static size_t send(struct desk *desk, const void *bytes, size_t len)
{
	size_t sent = 77;

	ck_assert_int_eq(slot_radio_send(&desk->at.slot, bytes, len, &sent, NULL), 0);
	return sent;
}

START_TEST(board_is_heard_and_answers)
{
	static const uint8_t hello[] = { 0, 7, 0x50, 2, 0, 1, 0xb1, 'h', 0xff };
	struct desk desk = { .count = 0 };

	if (!contract_open(_i, &desk.at))
		return;
	slot_listen(&desk.at.slot, &(struct slot_listener){
					   .ctx = &desk, .radio = on_byte, .radio_link = on_link });
	ck_assert_int_eq(slot_radio_set(&desk.at.slot, SLOT_RADIO_PEER, NULL), 0);
	ck_assert_uint_eq(send(&desk, hello, sizeof(hello)), 0); /* no stream without power */
	contract_power(&desk.at, SLOT_POWER_ON);
	ck_assert_int_eq(contract_wait(&desk.at, CONNECT_US), SLOT_WAIT_DEADLINE);
	ck_assert_uint_eq(desk.ups, 1);
	ck_assert_uint_eq(desk.count, HELLO_BYTES);
	ck_assert_uint_eq(send(&desk, hello, sizeof(hello)), sizeof(hello));
	ck_assert_int_eq(contract_wait(&desk.at, ANSWER_US), SLOT_WAIT_DEADLINE);
	ck_assert_uint_gt(desk.count, (size_t)HELLO_BYTES + 100); /* its events */
	ck_assert_int_eq(slot_radio_set(&desk.at.slot, SLOT_RADIO_NETWORK, NULL), 0);
	ck_assert_uint_eq(desk.downs, 1);
	ck_assert_uint_eq(send(&desk, hello, sizeof(hello)), 0);
	contract_close(&desk.at);
}
END_TEST

static bool nth(size_t n, struct contract_case *ret)
{
	if (n > 0)
		return false;
	*ret = (struct contract_case){ board_is_heard_and_answers, SLOT_RADIO | SLOT_POWER, 0 };
	return true;
}

const struct contract_suite contract_radio_suite = { "radio", nth };
