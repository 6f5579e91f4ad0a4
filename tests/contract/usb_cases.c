/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The USB port of a slot, with a board that comes to it by itself when it has power. */
#include "contract/contract.h"

#include <stdlib.h>
#include <string.h>

enum {
	SECOND_US = 1000000,
	BYTES_MAX = 255,
	GET_DESCRIPTOR = 6,
	CONFIGURATION = 0x200,
	NO_REQUEST = 99, /* no device knows it */
	STEPS = 50,	 /* in which an arrival is waited for */
	TO_LOOK = 400,	 /* times, instead of once */
};

struct desk {
	struct contract_board at;
	int came, left;
	uint16_t vendor, product;
	int64_t t_us; /* of the last of them */
};

static void on_usb(void *ctx, int64_t t_us, bool arrived, uint16_t vendor, uint16_t product)
{
	struct desk *desk = ctx;

	desk->came += arrived;
	desk->left += !arrived;
	desk->vendor = vendor;
	desk->product = product;
	desk->t_us = t_us;
}

static struct desk *new_desk(int opener)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	ck_assert_ptr_nonnull(desk);
	if (!contract_open(opener, &desk->at)) {
		free(desk);
		return NULL;
	}
	slot_listen(&desk->at.slot, &(struct slot_listener){ .ctx = desk, .usb = on_usb });
	return desk;
}

static void free_desk(struct desk *desk)
{
	contract_close(&desk->at);
	free(desk);
}

/* As long as a device may need to come. */
static void wait_in_vain(const struct desk *desk)
{
	ck_assert_int_eq(contract_wait(&desk->at, desk->at.opener->bounds.arrive_us),
			 SLOT_WAIT_DEADLINE);
}

/* Until so many arrivals were told. */
static void wait_for(const struct desk *desk, int came)
{
	for (int i = 0; i < STEPS && desk->came < came; i++)
		ck_assert_int_eq(contract_wait(&desk->at,
					       desk->at.opener->bounds.arrive_us / STEPS),
				 SLOT_WAIT_DEADLINE);
	contract_settle(&desk->at);
	ck_assert_int_eq(desk->came, came);
}

static enum slot_usb_result ask(const struct desk *desk, uint8_t request, uint16_t value,
				uint8_t *bytes, uint16_t *ret_len)
{
	struct slot_usb_setup setup = { 0x80, request, value, 0, BYTES_MAX };
	enum slot_usb_result result = SLOT_USB_UNKNOWN;

	ck_assert_int_eq(slot_usb_control(&desk->at.slot, &setup, bytes, SECOND_US, ret_len,
					  &result, NULL),
			 0);
	return result;
}

START_TEST(parted_has_nothing_on_it)
{
	struct slot_usb_device device = { .vendor = 77 };
	struct desk *desk = new_desk(_i);
	uint8_t bytes[BYTES_MAX];
	uint16_t len = 77;
	int64_t now_us;

	if (!desk)
		return;
	contract_power(&desk->at, SLOT_POWER_ON);
	wait_in_vain(desk);
	ck_assert_int_eq(desk->came, 0);
	ck_assert(!slot_usb_device(&desk->at.slot, &device));
	ck_assert_uint_eq(device.vendor, 77);
	now_us = slot_now_us(&desk->at.slot);
	ck_assert_int_eq(ask(desk, GET_DESCRIPTOR, CONFIGURATION, bytes, &len), SLOT_USB_GONE);
	ck_assert_uint_eq(len, 77);
	contract_is_at(&desk->at, slot_now_us(&desk->at.slot), now_us);
	free_desk(desk);
}
END_TEST

START_TEST(joined_a_device_comes_and_answers)
{
	struct desk *desk = new_desk(_i);
	struct slot_usb_device device;
	uint8_t bytes[BYTES_MAX] = { 0 };
	uint16_t len = 0;

	if (!desk)
		return;
	contract_join(&desk->at, SLOT_USB_JOINED);
	ck_assert(!slot_usb_device(&desk->at.slot, &device));
	contract_power(&desk->at, SLOT_POWER_ON);
	wait_for(desk, 1);
	ck_assert_int_eq(desk->left, 0);
	ck_assert_int_le(desk->t_us, slot_now_us(&desk->at.slot));
	ck_assert(slot_usb_device(&desk->at.slot, &device));
	ck_assert_uint_eq(device.vendor, desk->vendor);
	ck_assert_uint_eq(device.product, desk->product);
	ck_assert_int_eq(ask(desk, GET_DESCRIPTOR, CONFIGURATION, bytes, &len), SLOT_USB_DONE);
	ck_assert_uint_eq(len, bytes[2]); /* wTotalLength: less than was asked for */
	ck_assert_uint_eq(bytes[1], 2);
	ck_assert_int_eq(ask(desk, NO_REQUEST, 0, bytes, &len), SLOT_USB_STALL);
	ck_assert_int_eq(ask(desk, GET_DESCRIPTOR, CONFIGURATION, bytes, &len), SLOT_USB_DONE);
	free_desk(desk);
}
END_TEST

/* The kernel of a real bench tells some time later that a board let go; what the bench itself does
 * is told at once. */
START_TEST(every_way_to_leave_is_told_once)
{
	struct desk *desk = new_desk(_i);

	if (!desk)
		return;
	contract_join(&desk->at, SLOT_USB_JOINED);
	contract_power(&desk->at, SLOT_POWER_ON);
	wait_for(desk, 1);
	contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_HELD);
	contract_settle(&desk->at);
	ck_assert_int_eq(desk->left, 1);
	wait_in_vain(desk);
	ck_assert_int_eq(desk->came, 1);
	contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_RELEASED);
	wait_for(desk, 2);
	contract_join(&desk->at, SLOT_USB_PARTED);
	contract_join(&desk->at, SLOT_USB_PARTED);
	ck_assert_int_eq(desk->left, 2);
	wait_in_vain(desk);
	ck_assert_int_eq(desk->came, 2);
	contract_join(&desk->at, SLOT_USB_JOINED);
	wait_for(desk, 3);
	contract_power(&desk->at, SLOT_POWER_OFF);
	ck_assert_int_eq(desk->left, 3);
	contract_power(&desk->at, SLOT_POWER_ON);
	wait_for(desk, 4);
	ck_assert_int_eq(desk->left, 3);
	slot_listen(&desk->at.slot, NULL);
	contract_power(&desk->at, SLOT_POWER_OFF);
	ck_assert_int_eq(desk->left, 3);
	free_desk(desk);
}
END_TEST

START_TEST(cut_in_a_transfer_is_told)
{
	struct desk *desk = new_desk(_i);
	struct slot_usb_device device;
	uint8_t bytes[BYTES_MAX];
	uint16_t len = 77;
	int64_t cut_us;
	bool up = true;

	if (!desk)
		return;
	contract_join(&desk->at, SLOT_USB_JOINED);
	contract_power(&desk->at, SLOT_POWER_ON);
	wait_for(desk, 1);
	cut_us = slot_now_us(&desk->at.slot) + desk->at.opener->bounds.transfer_us;
	contract_arm(&desk->at, SLOT_CUT_BY_TIME, (uint64_t)desk->at.opener->bounds.transfer_us,
		     SLOT_CUT_BEFORE);
	ck_assert_int_eq(ask(desk, GET_DESCRIPTOR, CONFIGURATION, bytes, &len), SLOT_USB_CUT);
	ck_assert_uint_eq(len, 77);
	contract_is_at(&desk->at, slot_now_us(&desk->at.slot), cut_us);
	ck_assert_int_eq(slot_rail_read(&desk->at.slot, &up, NULL), 0);
	ck_assert(!up);
	ck_assert_int_eq(desk->left, 1);
	contract_is_at(&desk->at, desk->t_us, cut_us);
	ck_assert(!slot_usb_device(&desk->at.slot, &device));
	ck_assert_int_eq(ask(desk, GET_DESCRIPTOR, CONFIGURATION, bytes, &len), SLOT_USB_GONE);
	free_desk(desk);
}
END_TEST

/* Joins a port, gives power, and waits with so many looks; how long it took the device to come. */
static int64_t arrival_us(struct desk *desk, int looks)
{
	int64_t begin_us;

	contract_join(&desk->at, SLOT_USB_JOINED);
	begin_us = slot_now_us(&desk->at.slot);
	contract_power(&desk->at, SLOT_POWER_ON);
	for (int i = 0; i < looks; i++)
		contract_wait(&desk->at, desk->at.opener->bounds.arrive_us / looks);
	ck_assert_int_eq(desk->came, 1);
	return desk->t_us - begin_us;
}

START_TEST(arrival_does_not_depend_on_how_often_one_looks)
{
	struct desk *desk = new_desk(_i);
	struct desk *often;
	int64_t once_us, often_us;

	if (!desk)
		return;
	once_us = arrival_us(desk, 1);
	often = new_desk(_i);
	ck_assert_ptr_nonnull(often);
	often_us = arrival_us(often, TO_LOOK);
	ck_assert_int_le(llabs(often_us - once_us), desk->at.opener->bounds.late_us);
	free_desk(often);
	free_desk(desk);
}
END_TEST

static bool nth(size_t n, struct contract_case *ret)
{
	enum { FED = SLOT_USB | SLOT_POWER };
	const struct contract_case cases[] = {
		{ parted_has_nothing_on_it, FED, 0 },
		{ joined_a_device_comes_and_answers, FED, 0 },
		{ every_way_to_leave_is_told_once, FED | SLOT_RESET, 0 },
		{ cut_in_a_transfer_is_told, FED | SLOT_CUT | SLOT_RAIL, 0 },
		{ arrival_does_not_depend_on_how_often_one_looks, FED, 0 },
	};

	if (n >= ARRAY_LEN(cases))
		return false;
	*ret = cases[n];
	return true;
}

const struct contract_suite contract_usb_suite = { "usb", nth };
