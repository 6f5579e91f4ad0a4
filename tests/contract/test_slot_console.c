/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial line of a slot (bench/slot.h): what the board says is heard in its time, and what is
 * sent arrives. The board runs the reference firmware, which talks.
 */
#include "bench/virtual/virtual.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "lib/wrapped.h"

#include <string.h>

enum {
	HEARD_MAX = 4096,
	SOON_US = 100000,
	BYTE_US = 86, /* at 115200 baud, rounded down */
	LISTEN_US = 3200000,
};

struct desk {
	struct slot slot;
	char heard[HEARD_MAX];
	size_t count;
	int64_t last_us;
};

static void on_byte(void *ctx, int64_t t_us, uint8_t byte)
{
	struct desk *desk = ctx;

	ck_assert_uint_lt(desk->count + 1, HEARD_MAX);
	if (desk->count > 0)
		ck_assert_int_ge(t_us - desk->last_us, BYTE_US);
	desk->heard[desk->count++] = (char)byte;
	desk->last_us = t_us;
}

static void wait_us(struct desk *desk, int64_t us)
{
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(&desk->slot, slot_now_us(&desk->slot) + us, &why, NULL), 0);
	ck_assert_int_eq(why, SLOT_WAIT_DEADLINE);
}

static void desk_open(struct desk *desk, int how)
{
	struct slot_listener listener = { .ctx = desk, .console = on_byte };
	struct release release;

	*desk = (struct desk){ 0 };
	ck_assert(firmware_release("reference-robust-1.0-p1", &release));
	ck_assert_int_eq(virtual_open("p1", &desk->slot, NULL), 0);
	ck_assert(slot_can(&desk->slot, SLOT_CONSOLE));
	firmware_install(virtual_board(&desk->slot), &release);
	release_release(&release);
	wrapped_put((enum wrapped)how, &desk->slot);
	slot_listen(&desk->slot, &listener);
	ck_assert_int_eq(slot_console_set(&desk->slot, 115200, NULL), 0);
}

static size_t send_text(struct desk *desk, const char *text)
{
	size_t sent = 77;

	ck_assert_int_eq(slot_console_send(&desk->slot, (const uint8_t *)text, strlen(text), &sent,
					   NULL),
			 0);
	return sent;
}

START_TEST(board_is_heard_and_answers)
{
	struct desk desk;

	desk_open(&desk, _i);
	ck_assert_uint_eq(send_text(&desk, "v"), 0); /* nobody receives without power */
	ck_assert_int_eq(slot_power_set(&desk.slot, SLOT_POWER_ON, NULL), 0);
	wait_us(&desk, SOON_US);
	ck_assert_ptr_nonnull(strstr(desk.heard, "system: start, reset reason 40"));
	ck_assert_ptr_nonnull(strstr(desk.heard, "application 1.0\r\n"));
	ck_assert_int_eq(slot_hold(&desk.slot, SLOT_LINE_SETUP, SLOT_HELD, NULL), 0);
	wait_us(&desk, LISTEN_US);
	ck_assert_int_eq(slot_hold(&desk.slot, SLOT_LINE_SETUP, SLOT_RELEASED, NULL), 0);
	ck_assert_uint_eq(send_text(&desk, "v"), 1);
	wait_us(&desk, SOON_US);
	ck_assert_ptr_nonnull(strstr(desk.heard, "system firmware version: 1.0.0\n"));
	slot_close(&desk.slot);
}
END_TEST

/* Let go, it neither hears nor says anything; opened again, it does. */
START_TEST(line_let_go_is_silent)
{
	struct desk desk;

	desk_open(&desk, _i);
	ck_assert_int_eq(slot_console_set(&desk.slot, 0, NULL), 0);
	ck_assert_int_eq(slot_power_set(&desk.slot, SLOT_POWER_ON, NULL), 0);
	wait_us(&desk, SOON_US);
	ck_assert_uint_eq(desk.count, 0);
	ck_assert_uint_eq(send_text(&desk, "v"), 0);
	ck_assert_int_eq(slot_power_set(&desk.slot, SLOT_POWER_OFF, NULL), 0);
	wait_us(&desk, SOON_US);
	ck_assert_int_eq(slot_console_set(&desk.slot, 115200, NULL), 0);
	ck_assert_int_eq(slot_power_set(&desk.slot, SLOT_POWER_ON, NULL), 0);
	wait_us(&desk, SOON_US);
	ck_assert_ptr_nonnull(strstr(desk.heard, "application 1.0\r\n"));
	slot_close(&desk.slot);
}
END_TEST

/* Whoever drives the line would feed a board whose power is cut. */
START_TEST(cut_lets_the_line_go)
{
	struct slot_cut cut = { .by = SLOT_CUT_BY_TIME, .at = SOON_US };
	struct slot_cut_report report;
	enum slot_wait why;
	struct desk desk;
	int64_t armed_us;

	desk_open(&desk, _i);
	ck_assert(!slot_cut_report(&desk.slot, &report));
	ck_assert_int_eq(slot_power_set(&desk.slot, SLOT_POWER_ON, NULL), 0);
	ck_assert_int_eq(slot_cut_arm(&desk.slot, &cut, NULL), 0);
	armed_us = slot_now_us(&desk.slot);
	ck_assert_int_eq(slot_wait(&desk.slot, armed_us + 2 * SOON_US, &why, NULL), 0);
	ck_assert_int_eq(why, SLOT_WAIT_CUT);
	ck_assert(slot_cut_report(&desk.slot, &report));
	ck_assert_int_eq(report.aimed_us, armed_us + SOON_US);
	ck_assert_int_eq(report.commanded_us, armed_us + SOON_US);
	ck_assert_int_eq(report.confirmed_us, armed_us + SOON_US);
	ck_assert_int_eq(slot_power_set(&desk.slot, SLOT_POWER_ON, NULL), 0);
	desk.count = 0;
	wait_us(&desk, SOON_US);
	ck_assert_uint_eq(desk.count, 0);
	slot_close(&desk.slot);
}
END_TEST

/* The n-th of the tests that every backend passes; NULL after the last. */
static const TTest *suite_test(int n)
{
	const TTest *const tests[] = {
		board_is_heard_and_answers,
		line_let_go_is_silent,
		cut_lets_the_line_go,
		NULL,
	};

	return tests[n];
}

START_TEST(played_back_it_is_the_same)
{
	wrapped_begin();
	suite_test(_i)->fn(WRAPPED_RECORD);
	wrapped_begin();
	suite_test(_i)->fn(WRAPPED_REPLAY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slot: serial line");
	TCase *tcase = tcase_create("console");
	int count = 0;

	tcase_set_timeout(tcase, 60);
	for (; suite_test(count); count++)
		tcase_add_loop_test(tcase, suite_test(count), WRAPPED_NOT, WRAPPED_REPLAY);
	tcase_add_loop_test(tcase, played_back_it_is_the_same, 0, count);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
