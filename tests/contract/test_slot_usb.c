/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every slot promises of its USB port (bench/slot.h), with a device on it that is in DFU mode:
 * a released bootloader on the virtual bench, and the fake one that tests of the rig stand on.
 */
#include "bench/virtual/virtual.h"
#include "lib/fake_slot.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "lib/wrapped.h"

#include <string.h>

enum { ARRIVE_US = 2000000, SECOND_US = 1000000, CUT_US = 100 };

struct desk {
	struct slot slot;
	struct fake_board fake;
	int came, left;
	uint16_t vendor, product;
	int64_t t_us; /* of the last of them */
};

/* Opens a slot whose board goes into DFU mode when powered; false when there is no firmware. */
static bool open_virtual(struct desk *desk)
{
	struct release release;
	const struct image *image;

	if (!firmware_release("particle-1.5.0-p1", &release))
		return false;
	image = &release.modules[release_find_module(&release, "bootloader")].image;
	ck_assert_int_eq(virtual_open("p1", &desk->slot, NULL), 0);
	ck_assert_int_eq(slot_storage_load(&desk->slot, image->header.start, image->bytes,
					   image->len, NULL),
			 0);
	release_release(&release);
	return true;
}

static bool open_fake(struct desk *desk)
{
	fake_slot_open(&desk->fake, &desk->slot);
	ck_assert_int_eq(slot_hold(&desk->slot, SLOT_LINE_SETUP, SLOT_HELD, NULL), 0);
	return true;
}

static const struct opener {
	bool (*open)(struct desk *desk);
	enum wrapped how;
} openers[] = {
	{ open_virtual, WRAPPED_NOT },	  { open_fake, WRAPPED_NOT },
	{ open_virtual, WRAPPED_FAULT },  { open_fake, WRAPPED_FAULT },
	{ open_virtual, WRAPPED_RECORD }, /* the last two: see played_back_it_is_the_same */
	{ open_virtual, WRAPPED_REPLAY },
};

enum { OPENERS_ALONE = ARRAY_LEN(openers) - 1, OPENER_RECORD = 4, OPENER_REPLAY = 5 };

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
	if (!openers[opener].open(desk)) {
		free(desk);
		return NULL;
	}
	wrapped_put(openers[opener].how, &desk->slot);
	slot_listen(&desk->slot, &(struct slot_listener){ .ctx = desk, .usb = on_usb });
	return desk;
}

static void free_desk(struct desk *desk)
{
	slot_close(&desk->slot);
	free(desk);
}

static void join(const struct desk *desk, enum slot_usb_port port)
{
	ck_assert_int_eq(slot_usb_join(&desk->slot, port, NULL), 0);
}

static void power(const struct desk *desk, enum slot_power state)
{
	ck_assert_int_eq(slot_power_set(&desk->slot, state, NULL), 0);
}

static void wait_us(const struct desk *desk, int64_t us)
{
	enum slot_wait why;
	int64_t until_us = slot_now_us(&desk->slot) + us;

	ck_assert_int_eq(slot_wait(&desk->slot, until_us, &why, NULL), 0);
	ck_assert_int_eq(slot_now_us(&desk->slot), until_us);
}

static enum slot_usb_result ask(const struct desk *desk, uint8_t request, uint16_t value,
				uint8_t *bytes, uint16_t *ret_len)
{
	struct slot_usb_setup setup = { 0x80, request, value, 0, 255 };
	enum slot_usb_result result = SLOT_USB_UNKNOWN;

	ck_assert_int_eq(
		slot_usb_control(&desk->slot, &setup, bytes, SECOND_US, ret_len, &result, NULL), 0);
	return result;
}

#define OPEN_OR_SKIP(desk)                \
	struct desk *desk = new_desk(_i); \
	if (!(desk))                      \
	TEST_SKIP("the firmware is not in the cache")

START_TEST(parted_has_nothing_on_it)
{
	struct slot_usb_device device = { .vendor = 77 };
	uint8_t bytes[255];
	uint16_t len = 77;
	int64_t now_us;

	OPEN_OR_SKIP(desk);
	power(desk, SLOT_POWER_ON);
	wait_us(desk, ARRIVE_US);
	ck_assert_int_eq(desk->came, 0);
	ck_assert(!slot_usb_device(&desk->slot, &device));
	ck_assert_uint_eq(device.vendor, 77);
	now_us = slot_now_us(&desk->slot);
	ck_assert_int_eq(ask(desk, 6, 0x200, bytes, &len), SLOT_USB_GONE);
	ck_assert_uint_eq(len, 77);
	ck_assert_int_eq(slot_now_us(&desk->slot), now_us);
	free_desk(desk);
}
END_TEST

START_TEST(joined_a_device_comes_and_answers)
{
	struct slot_usb_device device;
	uint8_t bytes[255] = { 0 };
	uint16_t len = 0;

	OPEN_OR_SKIP(desk);
	join(desk, SLOT_USB_JOINED);
	ck_assert(!slot_usb_device(&desk->slot, &device));
	power(desk, SLOT_POWER_ON);
	wait_us(desk, ARRIVE_US);
	ck_assert_int_eq(desk->came, 1);
	ck_assert_int_eq(desk->left, 0);
	ck_assert_int_le(desk->t_us, slot_now_us(&desk->slot));
	ck_assert(slot_usb_device(&desk->slot, &device));
	ck_assert_uint_eq(device.vendor, desk->vendor);
	ck_assert_uint_eq(device.product, desk->product);
	ck_assert_int_eq(ask(desk, 6, 0x200, bytes, &len), SLOT_USB_DONE);
	ck_assert_uint_eq(len, bytes[2]); /* wTotalLength: less than was asked for */
	ck_assert_uint_eq(bytes[1], 2);
	ck_assert_int_eq(ask(desk, 99, 0, bytes, &len), SLOT_USB_STALL);
	ck_assert_int_eq(ask(desk, 6, 0x200, bytes, &len), SLOT_USB_DONE);
	free_desk(desk);
}
END_TEST

START_TEST(every_way_to_leave_is_told_once)
{
	OPEN_OR_SKIP(desk);
	join(desk, SLOT_USB_JOINED);
	power(desk, SLOT_POWER_ON);
	wait_us(desk, ARRIVE_US);
	ck_assert_int_eq(slot_hold(&desk->slot, SLOT_LINE_RESET, SLOT_HELD, NULL), 0);
	ck_assert_int_eq(desk->left, 1);
	wait_us(desk, ARRIVE_US);
	ck_assert_int_eq(desk->came, 1);
	ck_assert_int_eq(slot_hold(&desk->slot, SLOT_LINE_RESET, SLOT_RELEASED, NULL), 0);
	wait_us(desk, ARRIVE_US);
	ck_assert_int_eq(desk->came, 2);
	join(desk, SLOT_USB_PARTED);
	join(desk, SLOT_USB_PARTED);
	ck_assert_int_eq(desk->left, 2);
	wait_us(desk, ARRIVE_US);
	ck_assert_int_eq(desk->came, 2);
	join(desk, SLOT_USB_JOINED);
	wait_us(desk, ARRIVE_US);
	ck_assert_int_eq(desk->came, 3);
	power(desk, SLOT_POWER_OFF);
	ck_assert_int_eq(desk->left, 3);
	power(desk, SLOT_POWER_ON);
	wait_us(desk, ARRIVE_US);
	ck_assert_int_eq(desk->came, 4);
	slot_listen(&desk->slot, NULL);
	power(desk, SLOT_POWER_OFF);
	ck_assert_int_eq(desk->left, 3);
	free_desk(desk);
}
END_TEST

START_TEST(cut_in_a_transfer_is_told)
{
	static const struct slot_cut cut = { .by = SLOT_CUT_BY_TIME,
					     .at = CUT_US,
					     .form = SLOT_CUT_BEFORE };
	struct slot_usb_device device;
	uint8_t bytes[255];
	uint16_t len = 0;
	int64_t now_us;
	bool up = true;

	OPEN_OR_SKIP(desk);
	join(desk, SLOT_USB_JOINED);
	power(desk, SLOT_POWER_ON);
	wait_us(desk, ARRIVE_US);
	now_us = slot_now_us(&desk->slot);
	ck_assert_int_eq(slot_cut_arm(&desk->slot, &cut, NULL), 0);
	ck_assert_int_eq(ask(desk, 6, 0x200, bytes, &len), SLOT_USB_CUT);
	ck_assert_int_eq(slot_now_us(&desk->slot), now_us + CUT_US);
	ck_assert_int_eq(slot_rail_read(&desk->slot, &up, NULL), 0);
	ck_assert(!up);
	ck_assert_int_eq(desk->left, 1);
	ck_assert_int_eq(desk->t_us, now_us + CUT_US);
	ck_assert(!slot_usb_device(&desk->slot, &device));
	ck_assert_int_eq(ask(desk, 6, 0x200, bytes, &len), SLOT_USB_GONE);
	free_desk(desk);
}
END_TEST

START_TEST(arrival_does_not_depend_on_how_often_one_looks)
{
	struct desk *often;

	OPEN_OR_SKIP(desk);
	join(desk, SLOT_USB_JOINED);
	power(desk, SLOT_POWER_ON);
	wait_us(desk, ARRIVE_US);
	often = new_desk(_i);
	join(often, SLOT_USB_JOINED);
	power(often, SLOT_POWER_ON);
	for (int i = 0; i < 400; i++)
		wait_us(often, ARRIVE_US / 400);
	ck_assert_int_eq(often->came, 1);
	ck_assert_int_eq(often->t_us, desk->t_us);
	free_desk(often);
	free_desk(desk);
}
END_TEST

/* The n-th of the tests that every backend passes; NULL after the last. */
static const TTest *suite_test(int n)
{
	const TTest *const tests[] = {
		parted_has_nothing_on_it,
		joined_a_device_comes_and_answers,
		every_way_to_leave_is_told_once,
		cut_in_a_transfer_is_told,
		arrival_does_not_depend_on_how_often_one_looks,
		NULL,
	};

	return tests[n];
}

START_TEST(played_back_it_is_the_same)
{
	wrapped_begin();
	suite_test(_i)->fn(OPENER_RECORD);
	wrapped_begin();
	suite_test(_i)->fn(OPENER_REPLAY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slot usb");
	TCase *tcase = tcase_create("all");
	int count = 0;

	tcase_set_timeout(tcase, 60);
	for (; suite_test(count); count++)
		tcase_add_loop_test(tcase, suite_test(count), 0, OPENERS_ALONE);
	tcase_add_loop_test(tcase, played_back_it_is_the_same, 0, count);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
