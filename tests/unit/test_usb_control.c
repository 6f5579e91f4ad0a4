/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transfers of a real slot's USB port: what each call of libusb may answer, and what that becomes.
 */
#include "base/macros.h"
#include "lib/testing.h"
#include "lib/usb_desk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PARTICLE = 0x2b04, P1_DFU = 0xd008 };

/* GETSTATUS of the DFU class to interface 0; a vendor's request; the kept ones. */
static const struct slot_usb_setup get_status = { 0xa1, 3, 0, 0, 6 };
static const struct slot_usb_setup vendor = { 0xc0, 0x50, 0, 30, 64 };
static const struct slot_usb_setup set_configuration = { 0x00, 9, 1, 0, 0 };
static const struct slot_usb_setup set_interface = { 0x01, 11, 1, 0, 0 };
static const struct slot_usb_setup clear_halt = { 0x02, 1, 0, 0x81, 0 };

START_TEST(device_sends)
{
	static const uint8_t answer[] = { 0, 10, 0, 0, 2, 0 };
	enum slot_usb_result result = SLOT_USB_UNKNOWN;
	uint8_t data[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	struct usb_desk desk;
	uint16_t len = 77;

	usb_desk_open_device(&desk);
	memcpy(desk.lib->bytes, answer, sizeof(answer));
	desk.lib->actual_length = 4; /* a short read is no error */
	ck_assert_int_eq(
		usb_control(desk.usb, &get_status, data, DESK_TIMEOUT_US, &len, &result, NULL), 0);
	ck_assert_int_eq(result, SLOT_USB_DONE);
	ck_assert_uint_eq(len, 4);
	ck_assert_mem_eq(data, answer, 4);
	ck_assert_uint_eq(data[4], 9);
	ck_assert_mem_eq(desk.lib->setup, "\xa1\x03\x00\x00\x00\x00\x06\x00", 8);
	usb_desk_close(&desk);
}
END_TEST

START_TEST(device_receives)
{
	const struct slot_usb_setup large = { 0x21, 1, 0x1234, 0, SLOT_USB_BYTES_MAX };
	static uint8_t data[SLOT_USB_BYTES_MAX];
	enum slot_usb_result result = SLOT_USB_UNKNOWN;
	struct usb_desk desk;
	uint16_t len = 77;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	usb_desk_open_device(&desk);
	desk.lib->actual_length = sizeof(data);
	ck_assert_int_eq(usb_control(desk.usb, &large, data, DESK_TIMEOUT_US, &len, &result, NULL),
			 0);
	ck_assert_int_eq(result, SLOT_USB_DONE);
	ck_assert_uint_eq(len, sizeof(data));
	ck_assert_mem_eq(desk.lib->sent, data, sizeof(data));
	ck_assert_mem_eq(desk.lib->setup, "\x21\x01\x34\x12\x00\x00\x00\x10", 8);
	usb_desk_close(&desk);
}
END_TEST

static int look_before_waiting(struct usb_desk *desk, int number)
{
	(void)number;
	ck_assert(!usb_landed(desk->usb));
	ck_assert_int_eq(usb_step(desk->usb, NULL), 0);
	ck_assert(usb_landed(desk->usb));
	return 0;
}

/* Whoever waits must know: no file tells of it any more. */
START_TEST(a_look_may_end_a_transfer)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	ck_assert(!usb_landed(desk.usb));
	desk.on_wait = look_before_waiting;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_DONE);
	ck_assert_int_eq(desk.waits, 1);
	ck_assert(!usb_landed(desk.usb));
	usb_desk_close(&desk);
}
END_TEST

START_TEST(every_status_has_a_result)
{
	static const struct {
		int status;
		enum slot_usb_result result;
	} cases[] = {
		{ FAKE_COMPLETED, SLOT_USB_DONE },
		{ FAKE_TIMED_OUT, SLOT_USB_TIMEOUT },
		{ FAKE_CANCELLED, SLOT_USB_TIMEOUT },
		{ FAKE_STALL, SLOT_USB_STALL },
		{ FAKE_LEFT, SLOT_USB_GONE },
		{ FAKE_TOO_MUCH, SLOT_USB_UNKNOWN },
		{ FAKE_FAILED, SLOT_USB_TIMEOUT },
		{ 77, SLOT_USB_UNKNOWN },
		{ -1, SLOT_USB_UNKNOWN },
	};
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		desk.lib->status = (enum fake_libusb_status)cases[i].status;
		ck_assert_msg(usb_desk_ask(&desk, &vendor) == cases[i].result, "case %zu", i);
	}
	usb_desk_close(&desk);
}
END_TEST

/* What the calls answer: a result of the device's, or an errno. */
static const struct answer {
	int code;
	int hidden_errno;
	int error; /* 0: the result counts */
	enum slot_usb_result result;
} answers[] = {
	{ 0, 0, 0, SLOT_USB_DONE },
	{ FAKE_IO, 0, -EIO, SLOT_USB_UNKNOWN },
	{ FAKE_INVALID, 0, -EINVAL, SLOT_USB_UNKNOWN },
	{ FAKE_ACCESS, 0, -EACCES, SLOT_USB_UNKNOWN },
	{ FAKE_NO_DEVICE, 0, 0, SLOT_USB_GONE },
	{ FAKE_NOT_FOUND, 0, 0, SLOT_USB_STALL },
	{ FAKE_BUSY, 0, -EBUSY, SLOT_USB_UNKNOWN },
	{ FAKE_TIMEOUT, 0, 0, SLOT_USB_TIMEOUT },
	{ FAKE_OVERFLOW, 0, -EOVERFLOW, SLOT_USB_UNKNOWN },
	{ FAKE_PIPE, 0, 0, SLOT_USB_STALL },
	{ FAKE_INTERRUPTED, 0, -EINTR, SLOT_USB_UNKNOWN },
	{ FAKE_NO_MEM, 0, -ENOMEM, SLOT_USB_UNKNOWN },
	{ FAKE_NOT_SUPPORTED, 0, -EOPNOTSUPP, SLOT_USB_UNKNOWN },
	{ FAKE_OTHER, 0, -EIO, SLOT_USB_UNKNOWN },
	{ FAKE_OTHER, EPIPE, 0, SLOT_USB_STALL },
	{ FAKE_OTHER, ETIMEDOUT, 0, SLOT_USB_TIMEOUT },
	{ FAKE_OTHER, ESHUTDOWN, 0, SLOT_USB_GONE },
	{ FAKE_OTHER, EHOSTUNREACH, 0, SLOT_USB_GONE },
	{ FAKE_OTHER, ENOMEM, -EIO, SLOT_USB_UNKNOWN },
	{ -50, 0, -EIO, SLOT_USB_UNKNOWN }, /* one that libusb does not have */
};

/* The calls that the kernel keeps book with tell the errno only behind libusb's back. */
START_TEST(every_answer_of_the_kept_calls)
{
	static const struct slot_usb_setup *const setups[] = { &set_configuration, &set_interface,
							       &clear_halt };
	struct err err;

	for (size_t k = 0; k < ARRAY_LEN(setups); k++) {
		struct usb_desk desk;

		usb_desk_open_device(&desk);
		for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
			desk.lib->set_configuration_code = answers[i].code;
			desk.lib->set_interface_code = answers[i].code;
			desk.lib->clear_halt_code = answers[i].code;
			desk.lib->hidden_errno = answers[i].hidden_errno;
			if (answers[i].error)
				ck_assert_msg(usb_desk_refused(&desk, setups[k], &err) ==
						      answers[i].error,
					      "request %zu, case %zu: %s", k, i, err.text);
			else
				ck_assert_msg(usb_desk_ask(&desk, setups[k]) == answers[i].result,
					      "request %zu, case %zu", k, i);
		}
		ck_assert_ptr_null(strstr(desk.lib->log, "submit"));
		usb_desk_close(&desk);
	}
}
END_TEST

START_TEST(every_answer_to_a_claim)
{
	struct usb_desk desk;
	struct err err;

	usb_desk_open_device(&desk);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (answers[i].hidden_errno)
			continue;
		desk.lib->claim_code = answers[i].code;
		if (answers[i].error)
			ck_assert_msg(usb_desk_refused(&desk, &get_status, &err) ==
					      answers[i].error,
				      "case %zu: %s", i, err.text);
		else
			ck_assert_msg(usb_desk_ask(&desk, &get_status) == answers[i].result,
				      "case %zu", i);
		usb_release(desk.usb);
	}
	usb_desk_close(&desk);
}
END_TEST

START_TEST(every_answer_to_submitting)
{
	struct usb_desk desk;
	struct err err;

	usb_desk_open_device(&desk);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (answers[i].hidden_errno)
			continue;
		desk.lib->submit_code = answers[i].code;
		if (answers[i].code == FAKE_IO) /* the kernel's word for one that is leaving */
			ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_TIMEOUT);
		else if (answers[i].error)
			ck_assert_msg(usb_desk_refused(&desk, &vendor, &err) == answers[i].error,
				      "case %zu: %s", i, err.text);
		else
			ck_assert_msg(usb_desk_ask(&desk, &vendor) == answers[i].result, "case %zu",
				      i);
	}
	usb_desk_close(&desk);
}
END_TEST

START_TEST(every_answer_to_opening)
{
	struct usb_desk desk;
	struct err err;

	usb_desk_open_device(&desk);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (answers[i].hidden_errno)
			continue;
		usb_release(desk.usb);
		desk.lib->wrap_code = answers[i].code;
		if (answers[i].code == FAKE_IO) /* its descriptors are not there any more */
			ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_GONE);
		else if (answers[i].error)
			ck_assert_msg(usb_desk_refused(&desk, &vendor, &err) == answers[i].error,
				      "case %zu: %s", i, err.text);
		else
			ck_assert_msg(usb_desk_ask(&desk, &vendor) == answers[i].result, "case %zu",
				      i);
	}
	usb_desk_close(&desk);
}
END_TEST

START_TEST(nothing_there_is_gone_at_once)
{
	char node[FAKE_TREE_PATH_MAX + 16];
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	/* the node went, and nobody has looked since */
	snprintf(node, sizeof(node), "%s/001/005", desk.tree.dev);
	ck_assert_int_eq(unlink(node), 0);
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_GONE);
	ck_assert_int_eq(desk.waits, 1); /* for nothing, to see whether a cut took it */
	ck_assert_int_eq(usb_join(desk.usb, SLOT_USB_PARTED, NULL), 0);
	desk.waits = 0;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_GONE);
	ck_assert_int_eq(usb_desk_ask(&desk, &set_configuration), SLOT_USB_GONE);
	ck_assert_int_eq(desk.waits, 0);
	usb_desk_close(&desk);
}
END_TEST

START_TEST(address_is_the_hosts)
{
	const struct slot_usb_setup set_address = { 0x00, 5, 9, 0, 0 };
	struct usb_desk desk;
	struct err err;

	usb_desk_open_device(&desk);
	ck_assert_int_eq(usb_desk_refused(&desk, &set_address, &err), -EINVAL);
	usb_desk_close(&desk);
}
END_TEST

/* Who is claimed, taken off and given back, and when. */
START_TEST(interfaces_are_claimed_when_needed)
{
	static const struct {
		struct slot_usb_setup setup;
		const char *log;
	} cases[] = {
		{ { 0xa1, 3, 0, 1, 6 }, "wrap claim1 submita1.03 " },
		{ { 0x81, 10, 0, 2, 1 }, "wrap claim2 submit81.0a " },
		{ { 0xc0, 0x50, 0, 30, 64 }, "wrap submitc0.50 " },
		{ { 0x41, 3, 0, 0, 0 }, "wrap submit41.03 " },
		{ { 0x80, 6, 0x200, 0, 64 }, "wrap submit80.06 " },
		{ { 0x82, 0, 0, 0x81, 2 }, "wrap claim1 submit82.00 " },
		{ { 0x82, 0, 0, 0x00, 2 }, "wrap submit82.00 " },
		{ { 0x82, 0, 0, 0x85, 2 }, "wrap submit82.00 " }, /* nobody's endpoint */
		{ { 0x02, 1, 0, 0x01, 0 }, "wrap claim1 halt01 " },
		{ { 0x02, 1, 0, 0x80, 0 }, "wrap submit02.01 " },
		{ { 0x01, 11, 2, 1, 0 }, "wrap claim1 setting1.2 " },
		{ { 0x00, 9, 0, 0, 0 }, "wrap configuration-1 " },
		{ { 0x00, 9, 2, 0, 0 }, "wrap configuration2 " },
	};
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		usb_release(desk.usb);
		desk.lib->log[0] = '\0';
		ck_assert_int_eq(usb_desk_ask(&desk, &cases[i].setup), SLOT_USB_DONE);
		ck_assert_msg(strcmp(desk.lib->log, cases[i].log) == 0, "case %zu: %s", i,
			      desk.lib->log);
	}
	usb_desk_close(&desk);
}
END_TEST

START_TEST(driver_is_taken_off_and_given_back)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->driver[0] = true;
	ck_assert_int_eq(usb_desk_ask(&desk, &vendor), SLOT_USB_DONE);
	ck_assert(desk.lib->driver[0]); /* no need */
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_DONE);
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_DONE);
	ck_assert_str_eq(desk.lib->log, "wrap submitc0.50 claim0 detach0 claim0 submita1.03 "
					"submita1.03 ");
	usb_release(desk.usb);
	ck_assert(!desk.lib->driver[0]); /* there is no time for it before a cut */
	ck_assert_int_eq(usb_join(desk.usb, SLOT_USB_PARTED, NULL), 0);
	ck_assert(desk.lib->driver[0]);
	ck_assert_ptr_nonnull(strstr(desk.lib->log, "release0 close wrap attach0 close "));
	ck_assert_int_eq(usb_join(desk.usb, SLOT_USB_JOINED, NULL), 0);
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_DONE);
	ck_assert(!desk.lib->driver[0]);
	usb_desk_close(&desk);
	ck_assert(desk.lib->driver[0]);
}
END_TEST

/* A device that left is looked at by the kernel when it comes: nothing is to be given back. */
START_TEST(driver_of_a_device_that_left)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	desk.lib->driver[0] = true;
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_DONE);
	fake_tree_unplug(&desk.tree, "1-1.4");
	fake_tree_plug(&desk.tree, "1-1.4", 6, PARTICLE, P1_DFU, NULL);
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	usb_desk_close(&desk);
	ck_assert_ptr_null(strstr(desk.lib->log, "attach"));
}
END_TEST

START_TEST(driver_that_stays)
{
	struct usb_desk desk;
	struct err err;

	usb_desk_open_device(&desk);
	desk.lib->driver[0] = true;
	desk.lib->detach_code = FAKE_ACCESS;
	ck_assert_int_eq(usb_desk_refused(&desk, &get_status, &err), -EACCES);
	desk.lib->detach_code = FAKE_NO_DEVICE;
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_GONE);
	usb_desk_close(&desk);
}
END_TEST

START_TEST(configuration_takes_all_drivers_off)
{
	struct usb_desk desk;

	usb_desk_open_device(&desk);
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_DONE);
	desk.lib->driver[1] = true;
	desk.lib->log[0] = '\0';
	ck_assert_int_eq(usb_desk_ask(&desk, &set_configuration), SLOT_USB_DONE);
	ck_assert_str_eq(desk.lib->log, "release0 detach1 configuration1 ");
	desk.lib->log[0] = '\0';
	ck_assert_int_eq(usb_desk_ask(&desk, &get_status), SLOT_USB_DONE);
	ck_assert_str_eq(desk.lib->log, "claim0 submita1.03 ");
	usb_desk_close(&desk);
	ck_assert(desk.lib->driver[1]); /* given back: the kernel may not have done it */
	ck_assert_ptr_null(strstr(desk.lib->log, "attach0"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		device_sends,
		device_receives,
		a_look_may_end_a_transfer,
		every_status_has_a_result,
		every_answer_of_the_kept_calls,
		every_answer_to_a_claim,
		every_answer_to_submitting,
		every_answer_to_opening,
		nothing_there_is_gone_at_once,
		address_is_the_hosts,
		interfaces_are_claimed_when_needed,
		driver_is_taken_off_and_given_back,
		driver_of_a_device_that_left,
		driver_that_stays,
		configuration_takes_all_drivers_off,
	};
	Suite *suite = suite_create("usb: transfers");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 30);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
