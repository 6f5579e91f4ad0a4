/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens in the middle of a transfer of a real slot's USB port: silence, a cut, a device that
 * leaves, a rig that fails. Each ends in a result or in a clear error, none in a hang.
 */
#include "base/clock.h"
#include "base/macros.h"
#include "lib/testing.h"
#include "lib/usb_desk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PARTICLE = 0x2b04, P1_DFU = 0xd008 };

/* GETSTATUS and DNLOAD of the DFU class to interface 0; a vendor's request; a kept one. */
static const struct slot_usb_setup get_status = { 0xa1, 3, 0, 0, 6 };
static const struct slot_usb_setup dnload = { 0x21, 1, 2, 0, 4 };
static const struct slot_usb_setup vendor = { 0xc0, 0x50, 0, 30, 64 };
static const struct slot_usb_setup set_interface = { 0x01, 11, 1, 0, 0 };

START_TEST(silence_ends_at_the_deadline)
{
	struct usb_desk desk;
	int64_t begin_us;

	usb_desk_open_device(&desk);
	desk.lib->course = FAKE_HANGS;
	begin_us = clock_now_us();
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_TIMEOUT);
	ck_assert_int_ge(clock_now_us() - begin_us, DESK_TIMEOUT_US);
	ck_assert_ptr_nonnull(strstr(desk.lib->log, "cancel "));
	desk.lib->course = FAKE_ENDS;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_DONE);
	usb_desk_close(&desk);
}
END_TEST

/* It was answered while it was being taken back: then it was answered. */
START_TEST(answer_at_the_last_moment_counts)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->course = FAKE_TOO_LATE;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_DONE);
	desk.lib->status = FAKE_STALL;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_STALL);
	usb_desk_close(&desk);
}
END_TEST

static int cut_at_second_wait(struct usb_desk *desk, int number)
{
	(void)desk;
	return number == 1 ? USB_WAIT_CUT : 0;
}

static int cut_at_first_wait(struct usb_desk *desk, int number)
{
	(void)desk;
	return number == 0 ? USB_WAIT_CUT : 0;
}

static int nothing_happens(struct usb_desk *desk, int number)
{
	(void)desk;
	(void)number;
	return 0;
}

START_TEST(cut_in_a_transfer)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->course = FAKE_HANGS;
	desk.on_wait = cut_at_first_wait;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_CUT);
	ck_assert_ptr_nonnull(strstr(desk.lib->log, "cancel "));
	desk.on_wait = nothing_happens;
	desk.lib->course = FAKE_ENDS;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_DONE);
	usb_desk_close(&desk);
}
END_TEST

START_TEST(cut_wins_over_an_answer)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->actual_length = 4;
	desk.on_wait = cut_at_first_wait;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_CUT);
	desk.waits = 0;
	ck_assert_int_eq(usb_desk_ask(&desk, &set_interface), SLOT_USB_CUT);
	usb_desk_close(&desk);
}
END_TEST

/* The cut comes while it is not clear yet whether the device leaves. */
START_TEST(cut_after_a_broken_transfer)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->status = FAKE_FAILED;
	desk.on_wait = cut_at_second_wait;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_CUT);
	usb_desk_close(&desk);
}
END_TEST

/* The device is gone before anything could be sent, and why is seen only then. */
START_TEST(cut_that_took_the_device)
{
	const struct {
		int wrap_code, submit_code;
	} rows[] = { { FAKE_NO_DEVICE, 0 }, { FAKE_IO, 0 }, { 0, FAKE_NO_DEVICE } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct usb_desk desk;

		usb_desk_open_device(&desk);
		desk.lib->wrap_code = rows[i].wrap_code;
		desk.lib->submit_code = rows[i].submit_code;
		ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_GONE);
		desk.waits = 0;
		desk.on_wait = cut_at_first_wait;
		ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_CUT);
		usb_desk_close(&desk);
	}
}
END_TEST

static int rig_fails(struct usb_desk *desk, int number)
{
	(void)desk;
	(void)number;
	return -EIO;
}

START_TEST(waiting_that_fails_is_the_rigs)
{
	enum slot_usb_result result = (enum slot_usb_result)77;
	uint8_t data[64];
	struct usb_desk desk;
	uint16_t len = 77;

	usb_desk_open_device(&desk);
	desk.lib->course = FAKE_HANGS;
	desk.on_wait = rig_fails;
	ck_assert_int_eq(usb_control(desk.usb, &vendor, data, DESK_TIMEOUT_US, &len, &result, NULL),
			 -EIO);
	ck_assert_int_eq(result, 77);
	ck_assert_ptr_nonnull(strstr(desk.lib->log, "cancel "));
	ck_assert_int_eq(usb_control(desk.usb, &set_interface, data, DESK_TIMEOUT_US, &len, &result,
				     NULL),
			 -EIO);
	usb_desk_close(&desk);
}
END_TEST

/* The kernel keeps a transfer for ever: an error, and the port works again after. */
START_TEST(transfer_that_is_never_given_back)
{
	struct usb_desk desk;
	struct err err;

	usb_desk_open_device(&desk);
	desk.lib->course = FAKE_NEVER;
	ck_assert_int_eq(usb_desk_refused(&desk, &vendor, &err), -EIO);
	ck_assert_ptr_nonnull(strstr(err.text, "does not give"));
	desk.lib->course = FAKE_ENDS;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_DONE);
	usb_close(desk.usb);
	/* what the kernel may still write to is left: one device, context and transfer */
	ck_assert_int_eq(desk.lib->open_count, 1);
	ck_assert_int_eq(desk.lib->context_count, 1);
	ck_assert_int_eq(desk.lib->transfer_count, 1);
}
END_TEST

static int libusb_breaks(struct usb_desk *desk, int number)
{
	(void)number;
	desk->lib->init_code = FAKE_NO_MEM;
	return 0;
}

START_TEST(libusb_that_does_not_start_again)
{
	struct usb_desk desk;
	struct err err;

	usb_desk_open_device(&desk);
	desk.lib->course = FAKE_NEVER;
	desk.on_wait = libusb_breaks;
	ck_assert_int_eq(usb_desk_refused(&desk, &vendor, &err), -EIO);
	ck_assert_int_eq(usb_desk_refused(&desk, &vendor, &err), -EIO);
	ck_assert_ptr_nonnull(strstr(err.text, "does not run"));
	ck_assert_int_eq(usb_step(desk.usb, &err), -EIO);
	usb_close(desk.usb);
}
END_TEST

static int unplugged(struct usb_desk *desk, int number)
{
	if (number == 1) {
		fake_tree_unplug(&desk->tree, "1-1.4");
		desk->usb->look_us = 0;
	}
	return 0;
}

/* Pulled out in a transfer: a broken transfer first, then the hub's word. */
START_TEST(device_that_leaves_in_a_transfer)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->status = FAKE_FAILED;
	desk.on_wait = unplugged;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_GONE);
	ck_assert_uint_eq(desk.seen_count, 2);
	ck_assert_int_eq(desk.lib->open_count, 0);
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_GONE);
	usb_desk_close(&desk);
}
END_TEST

static int unplugged_first(struct usb_desk *desk, int number)
{
	return number == 0 ? unplugged(desk, 1) : 0;
}

/* The departure is seen before the kernel gives the transfer back. */
START_TEST(device_that_leaves_before_its_transfer_ends)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->course = FAKE_HANGS;
	desk.on_wait = unplugged_first;
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_TIMEOUT);
	ck_assert_uint_eq(desk.seen_count, 2);
	ck_assert_int_eq(desk.lib->open_count, 0);
	usb_desk_close(&desk);
}
END_TEST

/* A call that the kernel keeps book of breaks on the wire: the device leaves, or only was silent.
 */
START_TEST(device_that_leaves_in_a_kept_call)
{
	static const int errnos[] = { EPROTO, EILSEQ, ETIME };

	for (size_t i = 0; i < ARRAY_LEN(errnos); i++) {
		struct usb_desk desk;

		usb_desk_open_device(&desk);
		desk.lib->set_interface_code = FAKE_OTHER;
		desk.lib->hidden_errno = errnos[i];
		desk.on_wait = i == 0 ? NULL : unplugged_first;
		ck_assert_int_eq(usb_desk_ask(&desk, &set_interface),
				 i == 0 ? SLOT_USB_TIMEOUT : SLOT_USB_GONE);
		usb_desk_close(&desk);
	}
}
END_TEST

static int replaced(struct usb_desk *desk, int number)
{
	if (number == 0) {
		fake_tree_unplug(&desk->tree, "1-1.4");
		fake_tree_plug(&desk->tree, "1-1.4", 6, PARTICLE, P1_DFU, NULL);
		desk->usb->look_us = 0;
	}
	return 0;
}

/* It came back meanwhile: the next transfer is the new one's. */
START_TEST(device_that_came_anew_in_a_transfer)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->status = FAKE_LEFT;
	desk.on_wait = replaced;
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_GONE);
	ck_assert_uint_eq(desk.seen_count, 3);
	desk.lib->status = FAKE_COMPLETED;
	desk.lib->log[0] = '\0';
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_DONE);
	ck_assert_str_eq(desk.lib->log, "wrap claim0 submita1.03 ");
	usb_desk_close(&desk);
}
END_TEST

static int let_go(struct usb_desk *desk, int number)
{
	(void)number;
	usb_release(desk->usb);
	return USB_WAIT_CUT;
}

/* Before a cut the slot lets go, in the middle of a transfer too. */
START_TEST(let_go_in_a_transfer)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->course = FAKE_HANGS;
	desk.on_wait = let_go;
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_CUT);
	ck_assert_int_eq(desk.lib->open_count, 0);
	ck_assert_str_eq(desk.lib->log, "wrap claim0 submita1.03 cancel release0 close ");
	usb_desk_close(&desk);
}
END_TEST

static int powered_off(struct usb_desk *desk, int number)
{
	if (number == 0)
		usb_power(desk->usb, SLOT_POWER_OFF, clock_now_us());
	return number == 0 ? USB_WAIT_CUT : 0;
}

START_TEST(power_off_in_a_transfer)
{
	struct slot_usb_device device;
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->course = FAKE_HANGS;
	desk.on_wait = powered_off;
	ck_assert_int_eq(usb_desk_ask(&desk, &dnload), SLOT_USB_CUT);
	ck_assert_uint_eq(desk.seen_count, 2);
	ck_assert(!usb_device(desk.usb, &device));
	ck_assert_int_eq(usb_desk_ask(&desk, &dnload), SLOT_USB_GONE);
	usb_desk_close(&desk);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		silence_ends_at_the_deadline,
		answer_at_the_last_moment_counts,
		cut_in_a_transfer,
		cut_wins_over_an_answer,
		cut_after_a_broken_transfer,
		cut_that_took_the_device,
		waiting_that_fails_is_the_rigs,
		transfer_that_is_never_given_back,
		libusb_that_does_not_start_again,
		device_that_leaves_in_a_transfer,
		device_that_leaves_before_its_transfer_ends,
		device_that_leaves_in_a_kept_call,
		device_that_came_anew_in_a_transfer,
		let_go_in_a_transfer,
		power_off_in_a_transfer,
	};
	Suite *suite = suite_create("usb: in the middle of a transfer");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 30);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
