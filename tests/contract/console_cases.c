/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial line of a slot: what the board says is heard in its time, and what is sent arrives.
 * The board runs the reference firmware, which talks on its pads by itself, and when it listens
 * (SETUP held for three seconds, or a speed on the USB) answers on either kind of line.
 */
#include "contract/contract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEARD_MAX = 4096,
	SOON_US = 100000,
	BYTE_US = 86, /* at 115200 baud, rounded down */
	LISTEN_US = 3200000,
	BAUD = 115200,
	LISTEN_BAUD = 28800, /* on the USB */
	STEPS = 50,	     /* in which an arrival is waited for */
};

struct desk {
	struct contract_board at;
	char heard[HEARD_MAX];
	size_t count;
	int64_t last_us;
};

static void on_byte(void *ctx, int64_t t_us, uint8_t byte)
{
	struct desk *desk = ctx;
	bool spaced =
		desk->at.opener->line == CONTRACT_LINE_PADS && desk->at.opener->bounds.late_us == 0;

	ck_assert_uint_lt(desk->count + 1, HEARD_MAX);
	if (desk->count > 0)
		ck_assert_int_ge(t_us - desk->last_us, spaced ? BYTE_US : 0);
	desk->heard[desk->count++] = (char)byte;
	desk->last_us = t_us;
}

/* NULL: the firmware is not there. */
static struct desk *new_desk(int opener)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	ck_assert_ptr_nonnull(desk);
	if (!contract_open(opener, &desk->at)) {
		free(desk);
		return NULL;
	}
	slot_listen(&desk->at.slot, &(struct slot_listener){ .ctx = desk, .console = on_byte });
	if (desk->at.opener->line == CONTRACT_LINE_USB)
		contract_join(&desk->at, SLOT_USB_JOINED);
	return desk;
}

static void free_desk(struct desk *desk)
{
	contract_close(&desk->at);
	free(desk);
}

static void wait_us(const struct desk *desk, int64_t us)
{
	ck_assert_int_eq(contract_wait(&desk->at, us), SLOT_WAIT_DEADLINE);
}

static void set_baud(const struct desk *desk, uint32_t baud)
{
	ck_assert_int_eq(slot_console_set(&desk->at.slot, baud, NULL), 0);
}

static size_t send_text(const struct desk *desk, const char *text)
{
	size_t sent = 77;

	ck_assert_int_eq(slot_console_send(&desk->at.slot, (const uint8_t *)text, strlen(text),
					   &sent, NULL),
			 0);
	return sent;
}

static void forget(struct desk *desk)
{
	memset(desk->heard, 0, sizeof(desk->heard));
	desk->count = 0;
}

/* Gives power; when this ends, a line that is a device on the USB is there. */
static void power_on(const struct desk *desk)
{
	struct slot_usb_device device;

	contract_power(&desk->at, SLOT_POWER_ON);
	for (int i = 0; i < STEPS && desk->at.opener->line == CONTRACT_LINE_USB; i++) {
		if (slot_usb_device(&desk->at.slot, &device))
			break;
		wait_us(desk, desk->at.opener->bounds.arrive_us / STEPS);
	}
	wait_us(desk, SOON_US);
	contract_settle(&desk->at);
}

/* On the USB a speed is enough, and sooner. */
static void make_it_listen(const struct desk *desk)
{
	if (desk->at.opener->line == CONTRACT_LINE_USB) {
		set_baud(desk, LISTEN_BAUD);
		wait_us(desk, SOON_US);
		return;
	}
	contract_hold(&desk->at, SLOT_LINE_SETUP, SLOT_HELD);
	wait_us(desk, LISTEN_US);
	contract_hold(&desk->at, SLOT_LINE_SETUP, SLOT_RELEASED);
}

static void ask_version(struct desk *desk)
{
	ck_assert_uint_eq(send_text(desk, "v"), 1);
	wait_us(desk, SOON_US);
	ck_assert_ptr_nonnull(strstr(desk->heard, "system firmware version: 1.0.0\n"));
}

/* That an open line is one, without the time that SETUP takes. */
static void hear_anew(struct desk *desk)
{
	if (desk->at.opener->line == CONTRACT_LINE_USB) {
		make_it_listen(desk);
		ask_version(desk);
		return;
	}
	contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_HELD);
	contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_RELEASED);
	wait_us(desk, SOON_US);
	contract_settle(&desk->at);
	ck_assert_ptr_nonnull(strstr(desk->heard, "application 1.0\r\n"));
}

START_TEST(board_is_heard_from_its_start)
{
	struct desk *desk = new_desk(_i);

	if (!desk)
		return;
	set_baud(desk, BAUD);
	/* nobody receives without power, which real wires do not tell */
	ck_assert_uint_le(send_text(desk, "v"), desk->at.opener->bounds.late_us > 0);
	power_on(desk);
	ck_assert_ptr_nonnull(strstr(desk->heard, "system: start, reset reason 40"));
	ck_assert_ptr_nonnull(strstr(desk->heard, "application 1.0\r\n"));
	free_desk(desk);
}
END_TEST

START_TEST(line_that_is_not_there_is_told)
{
	struct desk *desk = new_desk(_i);
	struct err err = ERR_INIT;

	if (!desk)
		return;
	ck_assert_int_eq(slot_console_set(&desk->at.slot, BAUD, &err), -ENODEV);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_uint_eq(send_text(desk, "v"), 0);
	power_on(desk);
	set_baud(desk, BAUD);
	contract_power(&desk->at, SLOT_POWER_OFF);
	ck_assert_uint_eq(send_text(desk, "v"), 0);
	contract_settle(&desk->at);
	ck_assert_int_eq(slot_console_set(&desk->at.slot, BAUD, NULL), -ENODEV);
	free_desk(desk);
}
END_TEST

/* The board sees the first setting too, and the same one again. */
START_TEST(speed_is_seen_by_the_board)
{
	struct desk *desk = new_desk(_i);

	if (!desk)
		return;
	for (int again = 0; again < 2; again++) {
		forget(desk);
		power_on(desk);
		set_baud(desk, LISTEN_BAUD);
		wait_us(desk, SOON_US);
		ask_version(desk);
		contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_HELD);
		wait_us(desk, SOON_US);
		contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_RELEASED);
	}
	free_desk(desk);
}
END_TEST

/* Open, the board answers; let go, it neither hears nor says anything; opened again, it does. */
START_TEST(line_that_is_let_go_is_silent)
{
	struct desk *desk = new_desk(_i);

	if (!desk)
		return;
	power_on(desk);
	ck_assert_uint_eq(desk->count, 0); /* a slot begins with it let go */
	set_baud(desk, BAUD);
	make_it_listen(desk);
	ask_version(desk);
	set_baud(desk, 0);
	forget(desk);
	ck_assert_uint_eq(send_text(desk, "v"), 0);
	wait_us(desk, SOON_US);
	ck_assert_uint_eq(desk->count, 0);
	set_baud(desk, BAUD);
	ask_version(desk);
	free_desk(desk);
}
END_TEST

/* Whoever drives the line would feed a board whose power is cut. */
START_TEST(cut_lets_the_line_go)
{
	struct desk *desk = new_desk(_i);
	enum slot_wait why;

	if (!desk)
		return;
	power_on(desk);
	set_baud(desk, BAUD);
	contract_arm(&desk->at, SLOT_CUT_BY_TIME, SOON_US, SLOT_CUT_BEFORE);
	why = contract_wait(&desk->at, 2 * (int64_t)SOON_US);
	ck_assert_int_eq(why, SLOT_WAIT_CUT);
	forget(desk);
	power_on(desk);
	ck_assert_uint_eq(send_text(desk, "v"), 0);
	wait_us(desk, SOON_US);
	ck_assert_uint_eq(desk->count, 0);
	set_baud(desk, BAUD);
	hear_anew(desk);
	free_desk(desk);
}
END_TEST

static bool nth(size_t n, struct contract_case *ret)
{
	enum { TALKS = SLOT_CONSOLE | SLOT_POWER, LISTENS = TALKS | SLOT_SETUP };
	const struct contract_case cases[] = {
		{ board_is_heard_from_its_start, TALKS, CONTRACT_LINE_PADS },
		{ line_that_is_not_there_is_told, TALKS | SLOT_USB, CONTRACT_LINE_USB },
		{ speed_is_seen_by_the_board, TALKS | SLOT_USB | SLOT_RESET, CONTRACT_LINE_USB },
		{ line_that_is_let_go_is_silent, LISTENS, 0 },
		{ cut_lets_the_line_go, TALKS | SLOT_RESET | SLOT_CUT, 0 },
	};

	if (n >= ARRAY_LEN(cases))
		return false;
	*ret = cases[n];
	return true;
}

const struct contract_suite contract_console_suite = { "console", nth };
