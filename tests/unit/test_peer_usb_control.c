/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The device with control requests, transfer by transfer. */
#include "lib/peer_module.h"
#include "lib/testing.h"
#include "lib/usb_control_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_US = 1000000, TIMEOUT_US = 500000, TEXT_MAX = 256, IN = 0xc0, OUT = 0x40 };

struct bench {
	struct usb_control_device *device;
	struct slot slot;
	char text[TEXT_MAX]; /* what came, in hexadecimal; or why nothing did */
	char bus[TEXT_MAX];  /* "+c008 -c008 " */
};

static void on_usb(void *ctx, int64_t t_us, bool arrived, uint16_t vendor, uint16_t product)
{
	struct bench *bench = ctx;
	size_t len = strlen(bench->bus);

	(void)t_us;
	ck_assert_uint_eq(vendor, USB_CONTROL_VENDOR);
	snprintf(bench->bus + len, sizeof(bench->bus) - len, "%c%04x ", arrived ? '+' : '-',
		 product);
}

static struct bench *bench_new(const struct usb_control_config *config)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct slot_listener listener = { .ctx = bench, .usb = on_usb };

	ck_assert_ptr_nonnull(bench);
	bench->device = usb_control_device_new(config);
	ck_assert_ptr_nonnull(bench->device);
	usb_control_device_slot(bench->device, &bench->slot);
	slot_listen(&bench->slot, &listener);
	ck_assert_int_eq(slot_usb_join(&bench->slot, SLOT_USB_JOINED, NULL), 0);
	return bench;
}

static struct bench *bench_plain(void)
{
	static const struct usb_control_config config = { 0 };

	return bench_new(&config);
}

static void bench_free(struct bench *bench)
{
	slot_close(&bench->slot);
	usb_control_device_free(bench->device);
	free(bench);
}

static void wait_for(struct bench *bench, int64_t us)
{
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(&bench->slot, slot_now_us(&bench->slot) + us, &why, NULL), 0);
}

/* One transfer; data that comes is shown as hexadecimal text. */
static const char *transfer(struct bench *bench, uint8_t type, uint8_t request, uint16_t value,
			    uint16_t index, const void *out, uint16_t length)
{
	struct slot_usb_setup setup = { type, request, value, index, length };
	static const char *const words[] = { "unknown", "", "stall", "timeout", "gone", "cut" };
	enum slot_usb_result result;
	uint8_t data[SLOT_USB_BYTES_MAX];
	uint16_t len = 0;

	if (out)
		memcpy(data, out, length);
	ck_assert_int_eq(
		slot_usb_control(&bench->slot, &setup, data, TIMEOUT_US, &len, &result, NULL), 0);
	snprintf(bench->text, sizeof(bench->text), "%s", words[result]);
	for (size_t i = 0; result == SLOT_USB_DONE && type == IN && i < len && i < 100; i++)
		snprintf(bench->text + 2 * i, sizeof(bench->text) - 2 * i, "%02x", data[i]);
	return bench->text;
}

static const char *init(struct bench *bench, uint16_t type, uint16_t size)
{
	return transfer(bench, IN, USB_CONTROL_INIT, size, type, NULL, 64);
}

static const char *check(struct bench *bench, uint16_t id)
{
	return transfer(bench, IN, USB_CONTROL_CHECK, 0, id, NULL, 64);
}

static const char *send(struct bench *bench, uint16_t id, const void *bytes, uint16_t len)
{
	return transfer(bench, OUT, USB_CONTROL_SEND, 0, id, bytes, len);
}

static const char *receive(struct bench *bench, uint16_t id, uint16_t len)
{
	return transfer(bench, IN, USB_CONTROL_RECV, 0, id, NULL, len);
}

/* A whole request of up to 64 bytes; the text is CHECK's last answer. */
static const char *ask(struct bench *bench, uint16_t type, const void *bytes, uint16_t len)
{
	char expected[32];
	uint16_t id = (uint16_t)(bench->device->last_id + 1);

	snprintf(expected, sizeof(expected), "030000000000%02x00", id);
	ck_assert_str_eq(init(bench, type, len), expected);
	if (len > 0)
		ck_assert_str_eq(send(bench, id, bytes, len), "");
	wait_for(bench, 3 * SECOND_US);
	return check(bench, id);
}

START_TEST(a_request_without_payload_or_reply)
{
	struct bench *bench = bench_plain();

	/* mask 3: status 0, id 1 */
	ck_assert_str_eq(init(bench, 70, 0), "0300000000000100");
	/* mask 1: status 2, pending */
	ck_assert_str_eq(check(bench, 1), "010000000200");
	wait_for(bench, USB_CONTROL_WORK_US);
	/* mask 9: status 0, result 0; and with that it is over */
	ck_assert_str_eq(check(bench, 1), "09000000000000000000");
	ck_assert_str_eq(check(bench, 1), "010000000500");
	ck_assert_int_eq(bench->device->mode, USB_CONTROL_LISTENING);
	ck_assert_str_eq(init(bench, 72, 0), "0300000000000200");
	wait_for(bench, USB_CONTROL_WORK_US);
	/* mask d: size 2, result 0 */
	ck_assert_str_eq(check(bench, 2), "0d00000000000200000000000000");
	ck_assert_str_eq(receive(bench, 2, 2), "0801");
	ck_assert_str_eq(check(bench, 2), "010000000500");
	ask(bench, 71, NULL, 0);
	ck_assert_int_eq(bench->device->mode, USB_CONTROL_NORMAL);
	bench_free(bench);
}
END_TEST

START_TEST(a_large_payload_waits_for_memory_and_goes_in_parts)
{
	struct bench *bench = bench_plain();
	uint8_t bytes[101]; /* one more than is announced */

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	ck_assert_str_eq(init(bench, 1, 100), "0300000002000100"); /* pending */
	ck_assert_str_eq(send(bench, 1, bytes, 100), "stall");
	ck_assert_str_eq(check(bench, 1), "010000000200");
	wait_for(bench, USB_CONTROL_ALLOC_US);
	ck_assert_str_eq(check(bench, 1), "010000000000");
	ck_assert_str_eq(send(bench, 1, bytes, 64), "");
	ck_assert_str_eq(send(bench, 1, bytes + 64, 37), "stall"); /* one too many */
	ck_assert_str_eq(check(bench, 1), "010000000000");
	ck_assert_str_eq(send(bench, 1, bytes + 64, 36), "");
	ck_assert_str_eq(check(bench, 1), "010000000200");
	wait_for(bench, USB_CONTROL_WORK_US);
	ck_assert_str_eq(check(bench, 1), "0d00000000006400000000000000");
	ck_assert_str_eq(receive(bench, 1, 101), "stall");
	ck_assert_str_eq(receive(bench, 1, 4), "00010203");
	ck_assert_str_eq(receive(bench, 1, 97), "stall");
	ck_assert_int_eq(receive(bench, 1, 96)[1], '4');
	ck_assert_uint_eq(bench->device->counts.finished, 1);
	ck_assert_uint_eq(bench->device->counts.echoes, 1);
	bench_free(bench);
}
END_TEST

START_TEST(four_requests_and_no_more)
{
	struct bench *bench = bench_plain();

	for (int i = 1; i <= 4; i++) /* 64 bytes are pooled: OK at once */
		ck_assert_str_ne(init(bench, 1, 64), "010000000300");
	ck_assert_str_eq(init(bench, 1, 64), "010000000300"); /* busy, no id */
	ck_assert_str_eq(transfer(bench, IN, USB_CONTROL_RESET, 0, 3, NULL, 64), "010000000000");
	ck_assert_str_eq(init(bench, 1, 64), "0300000000000500");
	ck_assert_str_eq(transfer(bench, IN, USB_CONTROL_RESET, 0, 3, NULL, 64), "010000000500");
	ck_assert_str_eq(transfer(bench, IN, USB_CONTROL_RESET, 0, 0, NULL, 64), "010000000000");
	ck_assert_str_eq(check(bench, 1), "010000000500");
	ck_assert_str_eq(check(bench, 5), "010000000500");
	bench_free(bench);
}
END_TEST

/* Transfers that are none of the service's. */
static const struct {
	uint8_t type, request;
	uint16_t index, length;
} wrong[] = {
	{ IN, USB_CONTROL_INIT, 30, 63 }, { IN, USB_CONTROL_CHECK, 1, 63 },
	{ IN, USB_CONTROL_RESET, 0, 63 }, { OUT, USB_CONTROL_SEND, 9, 4 },
	{ IN, USB_CONTROL_RECV, 9, 4 },	  { OUT, USB_CONTROL_INIT, 30, 0 },
	{ IN, USB_CONTROL_SEND, 1, 4 },	  { IN, 6, 0, 64 },
	{ IN, USB_CONTROL_RAW, 20, 23 },  { IN, USB_CONTROL_RAW, 99, 64 },
	{ OUT, USB_CONTROL_RAW, 41, 0 },  { 0x80, 6, 0, 64 },
};

START_TEST(what_it_does_not_know_is_stalled)
{
	struct bench *bench = bench_plain();

	ck_assert_str_eq(transfer(bench, wrong[_i].type, wrong[_i].request, 0, wrong[_i].index,
				  NULL, wrong[_i].length),
			 "stall");
	ck_assert_uint_eq(bench->device->counts.stalls, 1);
	bench_free(bench);
}
END_TEST

START_TEST(raw_requests_are_one_packet)
{
	struct usb_control_config old = { .before_2_0 = true };
	struct bench *bench = bench_plain();

	ck_assert_str_eq(transfer(bench, IN, USB_CONTROL_RAW, 0, 30, NULL, 64), "322e332e31");
	ck_assert_int_eq(strncmp(transfer(bench, IN, USB_CONTROL_RAW, 0, 20, NULL, 64), "3330", 4),
			 0);
	ck_assert_str_eq(transfer(bench, OUT, USB_CONTROL_RAW, 0, 302, NULL, 0), "");
	ck_assert_uint_eq(bench->device->counts.raw_disconnects, 1);
	ck_assert_str_eq(transfer(bench, OUT, USB_CONTROL_RAW, 0, 40, NULL, 0), "");
	ck_assert_str_eq(bench->bus, "+c008 -c008 ");
	bench_free(bench);
	bench = bench_new(&old);
	ck_assert_str_eq(transfer(bench, OUT, USB_CONTROL_RAW, 0, 40, NULL, 0), "stall");
	bench_free(bench);
}
END_TEST

START_TEST(version_and_modules_are_protobuf)
{
	struct usb_control_config config = { .modules = {
						     { 2, 0, 501, 16384, 0, { 0, 0, 0 } },
						     { 5, 1, 3, 131072, 3, { 4, 2, 6 } },
					     } };
	struct bench *bench = bench_new(&config);

	ck_assert_str_eq(ask(bench, 30, NULL, 0), "0d00000000000700000000000000");
	ck_assert_str_eq(receive(bench, 1, 7), "0a05322e332e31");
	ck_assert_str_eq(ask(bench, 90, NULL, 0), "0d00000000002100000000000000");
	/* type 2, version 501, size 16384; type 5, index 1, version 3, size 131072, both flaws,
	 * needs 4.2 at 6 */
	ck_assert_str_eq(receive(bench, 2, 0x21), "0a09080218f50320808001"
						  "0a14080510011803208080082803"
						  "3206080410021806");
	bench_free(bench);
}
END_TEST

/* Type, and the product id that comes back after its reset. */
static const struct {
	uint16_t type;
	const char *bus;
	enum usb_control_mode mode;
} resets[] = {
	{ 40, "+c008 -c008 +c008 ", USB_CONTROL_NORMAL },
	{ 50, "+c008 -c008 +d008 ", USB_CONTROL_IN_DFU },
	{ 60, "+c008 -c008 +c008 ", USB_CONTROL_SAFE_MODE },
};

START_TEST(a_reset_comes_a_second_after_its_reply_was_taken)
{
	struct bench *bench = bench_plain();
	struct slot_usb_device device;

	init(bench, resets[_i].type, 0);
	wait_for(bench, 10 * SECOND_US); /* nobody took the reply: it stays */
	ck_assert_str_eq(bench->bus, "+c008 ");
	ck_assert_str_eq(check(bench, 1), "09000000000000000000");
	wait_for(bench, USB_CONTROL_RESET_US - 1);
	ck_assert(slot_usb_device(&bench->slot, &device));
	wait_for(bench, 1);
	ck_assert(!slot_usb_device(&bench->slot, &device));
	ck_assert_str_eq(check(bench, 1), "gone");
	wait_for(bench, USB_CONTROL_BOOT_US);
	ck_assert_str_eq(bench->bus, resets[_i].bus);
	ck_assert(slot_usb_device(&bench->slot, &device));
	ck_assert_str_eq(device.serial, "30002a000547343233323032");
	ck_assert_int_eq(bench->device->mode, resets[_i].mode);
	if (resets[_i].type == 50)
		ck_assert_str_eq(init(bench, 30, 0), "stall"); /* the bootloader has no service */
	bench_free(bench);
}
END_TEST

/* Sends 'len' bytes as messages of data of 1024 bytes at most; the last answer of CHECK. */
static const char *send_image(struct bench *bench, const uint8_t *image, size_t len)
{
	const char *answer = "";

	for (size_t at = 0; at < len; at += USB_CONTROL_CHUNK_BYTES) {
		size_t part =
			len - at < USB_CONTROL_CHUNK_BYTES ? len - at : USB_CONTROL_CHUNK_BYTES;
		uint8_t bytes[USB_CONTROL_CHUNK_BYTES + 3] = { 0x0a, (uint8_t)(part & 127) | 128,
							       (uint8_t)(part >> 7) };
		uint16_t id = (uint16_t)(bench->device->last_id + 1);

		memcpy(bytes + 3, image + at, part);
		init(bench, 253, (uint16_t)(part + 3));
		wait_for(bench, USB_CONTROL_ALLOC_US);
		if (strcmp(send(bench, id, bytes, (uint16_t)(part + 3)), "") != 0)
			return bench->text;
		wait_for(bench, USB_CONTROL_WORK_US);
		answer = check(bench, id);
		if (strcmp(answer, "09000000000000000000") != 0)
			return answer;
	}
	return answer;
}

/* size 2500, format raw */
static const uint8_t begin_2500[] = { 0x08, 0xc4, 0x13, 0x10, 0x00 };

START_TEST(an_update)
{
	struct bench *bench = bench_plain();
	uint8_t image[2500];

	peer_module_make(image, sizeof(image), 8, 77);
	ck_assert_str_eq(init(bench, 250, sizeof(begin_2500)), "0300000000000100");
	ck_assert_str_eq(send(bench, 1, begin_2500, sizeof(begin_2500)), "");
	wait_for(bench, USB_CONTROL_ERASE_US);
	ck_assert_str_eq(check(bench, 1), "010000000200"); /* still erasing */
	wait_for(bench, USB_CONTROL_WORK_US);
	ck_assert_str_eq(check(bench, 1), "0d00000000000300000000000000");
	ck_assert_str_eq(receive(bench, 1, 3), "088008"); /* chunks of 1024 */
	ck_assert_str_eq(send_image(bench, image, sizeof(image)), "09000000000000000000");
	ck_assert_str_eq(ask(bench, 251, "\x08\x01", 2), "09000000000000000000");
	wait_for(bench, 5 * SECOND_US);
	ck_assert_str_eq(bench->bus, "+c008 "); /* that was to validate only */
	ck_assert_str_eq(ask(bench, 251, NULL, 0), "09000000000000000000");
	ck_assert_uint_eq(bench->device->config.modules[3].version, 6);
	wait_for(bench, USB_CONTROL_RESET_US + USB_CONTROL_BOOT_US);
	ck_assert_str_eq(bench->bus, "+c008 -c008 +c008 ");
	ck_assert(bench->device->applied);
	ck_assert_uint_eq(bench->device->config.modules[3].version, 77);
	ck_assert_mem_eq(bench->device->staging, image, sizeof(image));
	ck_assert_uint_eq(bench->device->biggest_data, USB_CONTROL_CHUNK_BYTES);
	bench_free(bench);
}
END_TEST

/* What is asked, from what state, and the result as CHECK says it (low byte first). */
static const struct {
	bool begun;
	uint16_t type;
	const char *payload;
	uint16_t len;
	int32_t result;
} refusals[] = {
	{ false, 253, "\x0a\x01x", 3, USB_CONTROL_INVALID_STATE },
	{ false, 251, "", 0, USB_CONTROL_INVALID_STATE },
	{ true, 251, "", 0, USB_CONTROL_INVALID_STATE }, /* not all is there */
	{ true, 253, "\x0a\x05xx", 4, USB_CONTROL_BAD_DATA },
	{ true, 253, "\x0b", 1, USB_CONTROL_BAD_DATA },
	{ false, 250, "\x08\x81\x80\x10", 4, USB_CONTROL_ADDRESS }, /* 262145 bytes */
	{ false, 250, "\x08\x64\x10\x01", 4, USB_CONTROL_FORMAT },
	{ false, 250, "\x08\x80", 2, USB_CONTROL_BAD_DATA },
	{ false, 252, "", 0, USB_CONTROL_GOOD },
	{ false, 9999, "", 0, USB_CONTROL_NOT_SUPPORTED },
};

START_TEST(an_update_that_cannot_be)
{
	struct bench *bench = bench_plain();
	uint32_t result = (uint32_t)refusals[_i].result;
	char expected[32];

	if (refusals[_i].begun) {
		ask(bench, 250, begin_2500, sizeof(begin_2500));
		receive(bench, 1, 3);
	}
	snprintf(expected, sizeof(expected), "090000000000%02x%02x%02x%02x", result & 255,
		 result >> 8 & 255, result >> 16 & 255, result >> 24);
	ck_assert_str_eq(ask(bench, refusals[_i].type, refusals[_i].payload, refusals[_i].len),
			 expected);
	bench_free(bench);
}
END_TEST

START_TEST(a_bad_image_is_refused_and_nothing_resets)
{
	struct bench *bench = bench_plain();
	uint8_t image[2500];

	peer_module_make(image, sizeof(image), 8, 77);
	image[1000] ^= 1;
	ask(bench, 250, begin_2500, sizeof(begin_2500));
	receive(bench, 1, 3);
	send_image(bench, image, sizeof(image));
	ck_assert_str_eq(ask(bench, 251, NULL, 0), "090000000000cefaffff"); /* -1330 */
	wait_for(bench, 10 * SECOND_US);
	ck_assert_str_eq(bench->bus, "+c008 ");
	bench_free(bench);
}
END_TEST

static const struct {
	struct usb_control_faults faults;
	const char *inits[3]; /* answers to INIT of type 30 */
	const char *check;
} scripts[] = {
	{ { .busy_count = 2 },
	  { "010000000300", "010000000300", "0300000000000100" },
	  "0d00000000000700000000000000" },
	{ { .stall_service = USB_CONTROL_INIT, .stall_count = 1 },
	  { "stall", "0300000000000100" },
	  "0d00000000000700000000000000" },
	{ { .stall_service = USB_CONTROL_CHECK }, { "0300000000000100" }, "stall" },
	{ { .lose_type = 30 }, { "0300000000000100" }, "010000000500" },
	{ { .endless_type = 30 }, { "0300000000000100" }, "010000000200" },
	{ { .fail_type = 30, .fail_result = -1 }, { "0300000000000100" }, "090000000000ffffffff" },
	{ { .size_type = 30, .size_error = 1 },
	  { "0300000000000100" },
	  "0d00000000000800000000000000" },
	{ { .empty_type = 30 }, { "0300000000000100" }, "09000000000000000000" },
	{ { .silent_at = 2 }, { "0300000000000100" }, "timeout" },
};

START_TEST(scripted_flaws)
{
	struct usb_control_config config = { .faults = scripts[_i].faults };
	struct bench *bench = bench_new(&config);

	for (size_t i = 0; i < 3 && scripts[_i].inits[i]; i++)
		ck_assert_str_eq(init(bench, 30, 0), scripts[_i].inits[i]);
	wait_for(bench, SECOND_US);
	ck_assert_str_eq(check(bench, 1), scripts[_i].check);
	bench_free(bench);
}
END_TEST

START_TEST(scripted_flaws_of_an_update)
{
	struct usb_control_config config = { .faults = { .no_memory_count = 1 } };
	struct bench *bench = bench_new(&config);
	uint8_t image[2500];

	peer_module_make(image, sizeof(image), 8, 77);
	init(bench, 253, 1000);
	wait_for(bench, USB_CONTROL_ALLOC_US);
	ck_assert_str_eq(check(bench, 1), "010000000400");
	ck_assert_str_eq(check(bench, 1), "010000000500"); /* and with that it is gone */
	bench_free(bench);

	config.faults = (struct usb_control_faults){ .gone_at_data = 2 };
	bench = bench_new(&config);
	ask(bench, 250, begin_2500, sizeof(begin_2500));
	receive(bench, 1, 3);
	ck_assert_str_eq(send_image(bench, image, sizeof(image)), "gone");
	ck_assert_str_eq(bench->bus, "+c008 -c008 ");
	bench_free(bench);

	config.faults = (struct usb_control_faults){ .refuse_data = 2, .chunk_bytes = 200 };
	bench = bench_new(&config);
	ask(bench, 250, begin_2500, sizeof(begin_2500));
	ck_assert_str_eq(receive(bench, 1, 3), "08c801");
	ck_assert_str_eq(send_image(bench, image, sizeof(image)), "090000000000defeffff");
	bench_free(bench);

	config.faults = (struct usb_control_faults){ .updates_disabled = true };
	bench = bench_new(&config);
	ck_assert_str_eq(ask(bench, 250, begin_2500, sizeof(begin_2500)),
			 "0900000000009cfaffff"); /* -1380 */
	bench_free(bench);

	config.faults = (struct usb_control_faults){ .no_reset = true };
	bench = bench_new(&config);
	ck_assert_str_eq(ask(bench, 40, NULL, 0), "09000000000000000000");
	wait_for(bench, 10 * SECOND_US);
	ck_assert_str_eq(bench->bus, "+c008 ");
	bench_free(bench);
}
END_TEST

START_TEST(power_takes_it_away)
{
	struct bench *bench = bench_plain();

	init(bench, 1, 64);
	ck_assert_int_eq(slot_power_set(&bench->slot, SLOT_POWER_OFF, NULL), 0);
	ck_assert_str_eq(check(bench, 1), "gone");
	wait_for(bench, SECOND_US);
	ck_assert_int_eq(slot_power_set(&bench->slot, SLOT_POWER_ON, NULL), 0);
	wait_for(bench, USB_CONTROL_BOOT_US);
	ck_assert_str_eq(check(bench, 1), "010000000500");
	ck_assert_int_eq(slot_usb_join(&bench->slot, SLOT_USB_PARTED, NULL), 0);
	ck_assert_str_eq(bench->bus, "+c008 -c008 +c008 -c008 ");
	bench_free(bench);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_usb_control");
	TCase *service = tcase_create("service");
	TCase *update = tcase_create("update");

	tcase_add_test(service, a_request_without_payload_or_reply);
	tcase_add_test(service, a_large_payload_waits_for_memory_and_goes_in_parts);
	tcase_add_test(service, four_requests_and_no_more);
	tcase_add_loop_test(service, what_it_does_not_know_is_stalled, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(service, raw_requests_are_one_packet);
	tcase_add_test(service, version_and_modules_are_protobuf);
	tcase_add_loop_test(service, a_reset_comes_a_second_after_its_reply_was_taken, 0, 3);
	tcase_add_loop_test(service, scripted_flaws, 0, sizeof(scripts) / sizeof(scripts[0]));
	tcase_add_test(service, power_takes_it_away);
	suite_add_tcase(suite, service);
	tcase_add_test(update, an_update);
	tcase_add_loop_test(update, an_update_that_cannot_be, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(update, a_bad_image_is_refused_and_nothing_resets);
	tcase_add_test(update, scripted_flaws_of_an_update);
	suite_add_tcase(suite, update);
	return testing_run(suite);
}
