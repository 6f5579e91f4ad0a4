/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The board on its serial line: console keys and the receiver's habits, era by era. */
#include "lib/peer_module.h"
#include "lib/testing.h"
#include "lib/ymodem_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_US = 1000000, IMAGE_BYTES = 1300, TEXT_MAX = 4096 };

#define WAITING "Waiting for the binary file to be sent ... (press 'a' to abort)\r\n"

struct line {
	struct ymodem_device *device;
	int64_t now_us;
	char heard[TEXT_MAX]; /* NUL is shown as '0' */
};

static struct line *line_new(const struct ymodem_device_config *config)
{
	struct line *line = calloc(1, sizeof(*line));

	ck_assert_ptr_nonnull(line);
	line->device = ymodem_device_new(config);
	ck_assert_ptr_nonnull(line->device);
	ymodem_device_set_baud(line->device, YMODEM_DEVICE_BAUD_LISTEN, 0);
	return line;
}

static struct line *line_of(enum ymodem_device_era era)
{
	struct ymodem_device_config config = { .era = era };

	return line_new(&config);
}

static void line_free(struct line *line)
{
	ymodem_device_free(line->device);
	free(line);
}

/* What is there to be read now. */
static const char *hear(struct line *line)
{
	size_t len = ymodem_device_ready(line->device);

	ck_assert_uint_lt(len, TEXT_MAX);
	memcpy(line->heard, line->device->out, len);
	line->heard[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (line->heard[i] == '\0')
			line->heard[i] = '0';
	ymodem_device_sent(line->device, len);
	return line->heard;
}

static void pass(struct line *line, int64_t us)
{
	int64_t end_us = line->now_us + us;
	int64_t next_us;

	while ((next_us = ymodem_device_deadline(line->device)) < end_us) {
		if (next_us > line->now_us)
			line->now_us = next_us;
		ymodem_device_step(line->device, line->now_us);
	}
	line->now_us = end_us;
	ymodem_device_step(line->device, line->now_us);
}

static void type(struct line *line, const char *keys)
{
	ymodem_device_hear(line->device, (const uint8_t *)keys, strlen(keys), line->now_us);
}

/* A block of 128 or 1024 bytes, its CRC zero as the vendor's host sends it. */
static void send_block(struct line *line, uint8_t number, const void *bytes, size_t len,
		       size_t block_bytes)
{
	uint8_t block[YMODEM_DEVICE_BLOCK_MAX];

	memset(block, 0x1a, sizeof(block));
	block[0] = block_bytes == 128 ? 1 : 2;
	block[1] = number;
	block[2] = (uint8_t)~number;
	memcpy(block + 3, bytes, len);
	memset(block + 3 + block_bytes, 0, 2);
	ymodem_device_hear(line->device, block, 3 + block_bytes + 2, line->now_us);
}

static void send_header(struct line *line, const char *name, unsigned int bytes)
{
	char data[128] = { 0 };

	snprintf(data, sizeof(data), "%s", name);
	if (*name)
		snprintf(data + strlen(name) + 1, sizeof(data) - strlen(name) - 1, "%u ", bytes);
	send_block(line, 0, data, sizeof(data), 128);
}

/* From the key f until all data blocks are acknowledged. */
static void send_file(struct line *line, const uint8_t *image, size_t len)
{
	uint8_t number = 1;

	type(line, "f");
	pass(line, SECOND_US / 2);
	ck_assert_str_eq(hear(line), WAITING);
	send_header(line, "binary", (unsigned)len);
	pass(line, SECOND_US);
	ck_assert_str_eq(hear(line), "\x06"
				     "C");
	for (size_t at = 0; at < len; at += 128, number++) {
		send_block(line, number, image + at, len - at < 128 ? len - at : 128, 128);
		ck_assert_str_eq(hear(line), "\x06");
	}
}

/* Keys and what they are answered with, in the eras from..to. */
static const struct {
	const char *keys;
	enum ymodem_device_era from, to;
	const char *answer;
} keys[] = {
	{ "i", 1, 3, "Your device id is 30002a000547343233323032\r\n" },
	{ "m", 1, 3, "Your device MAC address is\r\n6c:0b:84:01:02:03\r\n" },
	{ "v", 1, 1, "system firmware version: 0.5.2\n\r\n" },
	{ "v", 3, 3, "system firmware version: 2.3.1\n\r\n" },
	{ "s", 1, 3, "{\"p\":8,\"m\":[]}\r\n" },
	{ "f", 1, 3, WAITING },
	{ "fa", 1, 1,
	  WAITING "\x18\x18"
		  "Aborted by user.\r\n" },
	{ "fA", 3, 3,
	  WAITING "\x18\x18"
		  "Aborted by user.\r\n" },
	{ "c", 1, 1, "" },
	{ "c", 2, 3, "Device claimed: no\r\n" },
	{ "d", 1, 2, "" },
	{ "d", 3, 3, "{}\r\n" },
	{ "C12\r", 2, 3, "Enter 63-digit claim code: 12\r\n" },
	{ "q\r\n", 1, 3, "" },
	{ "xi", 1, 3, "" },
	{ "w"
	  "net\b\x7fT\n"
	  "0",
	  1, 3,
	  "SSID: net\b \b\b \bT\r\nSecurity 0=unsecured, 1=WEP, 2=WPA, 3=WPA2: 0\r\n"
	  "Thanks! Wait while I save those credentials...\r\n\r\n" },
};

START_TEST(keys_are_answered)
{
	for (int era = (int)keys[_i].from; era <= (int)keys[_i].to; era++) {
		struct line *line = line_of((enum ymodem_device_era)era);

		type(line, keys[_i].keys);
		pass(line, SECOND_US);
		ck_assert_str_eq(hear(line), keys[_i].answer);
		line_free(line);
	}
}
END_TEST

START_TEST(credentials_are_asked_for_one_by_one)
{
	struct line *line = line_of(YMODEM_ERA_08);

	type(line, "wHome\r3");
	ck_assert_ptr_nonnull(strstr(hear(line), "Security Cipher 1=AES"));
	type(line, "1");
	ck_assert_str_eq(hear(line), "1\r\nPassword: ");
	type(line, "secret\n");
	ck_assert_uint_eq(line->device->credentials, 1);
	ck_assert_str_eq(line->device->ssid, "Home");
	ck_assert_str_eq(line->device->password, "secret");
	ck_assert_int_eq(line->device->security, 3);
	ck_assert_int_eq(line->device->cipher, 1);
	hear(line);
	type(line, "i"); /* back at the keys */
	ck_assert_int_eq(hear(line)[0], 'Y');
	line_free(line);
}
END_TEST

START_TEST(a_text_takes_a_millisecond_a_character_at_0_5_2)
{
	struct line *line = line_of(YMODEM_ERA_052);

	type(line, "i");
	ck_assert_str_eq(hear(line), "");
	pass(line, 4000);
	ck_assert_str_eq(hear(line), "Your");
	type(line, "v"); /* not heard meanwhile */
	pass(line, SECOND_US);
	ck_assert_str_eq(hear(line), " device id is 30002a000547343233323032\r\n"
				     "system firmware version: 0.5.2\n\r\n");
	line_free(line);
}
END_TEST

START_TEST(bauds_are_requests)
{
	struct ymodem_device_config config = { .era = YMODEM_ERA_08 };
	struct line *line = line_new(&config);
	struct ymodem_device *other = ymodem_device_new(&config);

	ymodem_device_hear(other, (const uint8_t *)"i", 1, 0);
	ck_assert_uint_eq(other->out_count, 0); /* not listening */
	ymodem_device_set_baud(other, 9600, 0);
	ck_assert_int_eq(other->mode, YMODEM_DEVICE_RUNNING);
	ymodem_device_set_baud(other, YMODEM_DEVICE_BAUD_DFU, 0);
	ck_assert_int_eq(other->mode, YMODEM_DEVICE_GONE);
	ck_assert_int_eq(other->gone, YMODEM_GONE_DFU);
	ymodem_device_free(other);
	ymodem_device_set_baud(line->device, 9600, 0); /* listening goes on */
	type(line, "i");
	ck_assert_int_eq(hear(line)[0], 'Y');
	type(line, "L");
	ck_assert_int_eq(line->device->gone, YMODEM_GONE_SAFE_MODE);
	line_free(line);
}
END_TEST

START_TEST(a_whole_session_to_0_6_0)
{
	struct line *line = line_of(YMODEM_ERA_052);
	uint8_t image[IMAGE_BYTES];

	memset(image, 0x55, sizeof(image)); /* no module: nobody looks before the reset */
	send_file(line, image, sizeof(image));
	ck_assert_mem_eq(line->device->staging, image, sizeof(image));
	ck_assert_uint_eq(line->device->staging[IMAGE_BYTES], 0x1a); /* the padding too */
	ck_assert_uint_eq(line->device->written, 11 * 128);
	ck_assert_uint_eq(line->device->bad_sums, 12); /* zero is not their CRC; nobody minds */
	type(line, "\x04");
	ck_assert_str_eq(hear(line), "\x06"); /* and no C */
	send_header(line, "", 0);
	ck_assert_str_eq(hear(line), "\x06"); /* at once; the text comes slowly */
	pass(line, SECOND_US / 2);
	ck_assert_str_eq(hear(line), "\r\nDownloaded file successfully!\r\nName: binary\r\n"
				     "Size: 1300 bytes\r\n");
	ck_assert_int_eq(line->device->mode, YMODEM_DEVICE_LEAVING);
	pass(line, SECOND_US);
	ck_assert_int_eq(line->device->mode, YMODEM_DEVICE_GONE);
	ck_assert_int_eq(line->device->gone, YMODEM_GONE_UPDATE);
	ck_assert_uint_eq(line->device->updates_bad, 1);
	line_free(line);
}
END_TEST

START_TEST(a_whole_session_from_0_6_1_on)
{
	struct line *line = line_of((enum ymodem_device_era)_i);
	uint8_t image[IMAGE_BYTES];

	peer_module_make(image, sizeof(image), 8, 3);
	send_file(line, image, sizeof(image));
	type(line, "\x04");
	ck_assert_str_eq(hear(line), "\x06");
	send_header(line, "", 0);
	ck_assert_str_eq(hear(line), "\x06\r\nDownloaded file successfully!\r\nName: binary\r\n"
				     "Size: 1300 bytes\r\n"
				     "Restarting system to apply firmware update...\r\n");
	pass(line, 1100000 - 1);
	ck_assert_int_eq(line->device->mode, YMODEM_DEVICE_LEAVING);
	pass(line, 1);
	ck_assert_int_eq(line->device->gone, YMODEM_GONE_UPDATE);
	ck_assert_int_eq(line->device->mode, YMODEM_DEVICE_GONE);
	ck_assert_uint_eq(line->device->updates_good, 1);
	line_free(line);
}
END_TEST

/* What the image is spoilt with, and the code. */
static const struct {
	size_t at;
	const char *text;
} spoilt[] = {
	{ 500, "\x18\x18"
	       "Validation failed: -1330\r\n" },
	{ 12, "\x18\x18"
	      "Validation failed: -1360\r\n" },
	{ 6, "\x18\x18"
	     "Validation failed: -1300\r\n" },
};

START_TEST(a_bad_image_is_refused_from_0_6_1_on)
{
	struct line *line = line_of(YMODEM_ERA_08);
	uint8_t image[IMAGE_BYTES];

	peer_module_make(image, sizeof(image), 8, 3);
	image[spoilt[_i].at] ^= 0x40;
	send_file(line, image, sizeof(image));
	type(line, "\x04");
	hear(line);
	send_header(line, "", 0);
	ck_assert_str_eq(hear(line), spoilt[_i].text);
	ck_assert_int_eq(line->device->mode, YMODEM_DEVICE_CONSOLE);
	line_free(line);
}
END_TEST

START_TEST(the_header_is_answered_after_the_erase)
{
	struct line *line = line_of(YMODEM_ERA_08);

	type(line, "f");
	hear(line);
	send_header(line, "binary", 131073); /* two sectors */
	pass(line, 2 * SECOND_US - 1);
	ck_assert_str_eq(hear(line), "");
	pass(line, 1);
	ck_assert_str_eq(hear(line), "\x06"
				     "C");
	line_free(line);
}
END_TEST

START_TEST(a_block_begins_a_session_without_f)
{
	struct line *line = line_of(YMODEM_ERA_052);

	send_header(line, "binary", 100);
	pass(line, SECOND_US);
	ck_assert_str_eq(hear(line), "\x06"
				     "C");
	line_free(line);
}
END_TEST

/* Number of a second block after block 1 was taken, and what is said of it. */
static const struct {
	uint8_t number;
	size_t bytes;
	const char *answer;
} numbers[] = {
	{ 2, 128, "\x06" }, { 2, 1024, "\x06" }, { 1, 128, "\x15" }, /* a repeated block too */
	{ 3, 128, "\x15" }, { 0, 128, "\x15" },
};

START_TEST(a_wrong_number_is_refused)
{
	struct line *line = line_of((enum ymodem_device_era)(1 + _i % 3));

	type(line, "f");
	send_header(line, "binary", 4000);
	pass(line, 2 * SECOND_US);
	send_block(line, 1, "x", 1, 128);
	hear(line);
	send_block(line, numbers[_i].number, "y", 1, numbers[_i].bytes);
	ck_assert_str_eq(hear(line), numbers[_i].answer);
	line_free(line);
}
END_TEST

START_TEST(a_lost_answer_cannot_be_mended)
{
	struct ymodem_device_config config = { .era = YMODEM_ERA_08, .faults = { .lose_ack = 2 } };
	struct line *line = line_new(&config);

	type(line, "f");
	send_header(line, "binary", 4000);
	pass(line, 2 * SECOND_US);
	hear(line);
	send_block(line, 1, "x", 1, 128);
	ck_assert_str_eq(hear(line), "");
	for (int i = 0; i < 10; i++) {
		send_block(line, 1, "x", 1, 128);
		ck_assert_str_eq(hear(line), "\x15");
	}
	/* then the sender is silent: five times C is forgiven */
	pass(line, 25 * SECOND_US);
	ck_assert_str_eq(hear(line), "CCCCC");
	pass(line, 5 * SECOND_US);
	ck_assert_str_eq(hear(line), "C\x18\x18"
				     "Failed to receive the file!\r\n");
	ck_assert_int_eq(line->device->mode, YMODEM_DEVICE_CONSOLE);
	line_free(line);
}
END_TEST

START_TEST(silence_before_the_first_block)
{
	struct line *line = line_of((enum ymodem_device_era)_i);

	type(line, "f");
	pass(line, SECOND_US);
	hear(line);
	pass(line, 60 * SECOND_US);
	/* old ones wait for ever without a sound */
	ck_assert_str_eq(hear(line), _i == YMODEM_ERA_052 ? ""
							  : "CCCCCC\x18\x18"
							    "Failed to receive the file!\r\n");
	line_free(line);
}
END_TEST

/* What is sent instead of a block, and what is answered. */
static const struct {
	const char *sent;
	const char *answer;
} strange[] = {
	{ "?", "C" },
	{ "??????", "CCCCCC\x18\x18"
		    "Failed to receive the file!\r\n" },
	{ "\x18\x18", "\x06"
		      "Failed to receive the file!\r\n" },
	{ "\x18?", "C" },
	{ "a", "\x18\x18"
	       "Aborted by user.\r\n" },
	{ "\x01\x01\x01", "" },
};

START_TEST(what_begins_no_block)
{
	struct line *line = line_of(YMODEM_ERA_08);

	type(line, "f");
	send_header(line, "binary", 4000);
	pass(line, 2 * SECOND_US);
	hear(line);
	type(line, strange[_i].sent);
	ck_assert_str_eq(hear(line), strange[_i].answer);
	line_free(line);
}
END_TEST

START_TEST(half_a_block_is_forgotten)
{
	struct line *line = line_of(YMODEM_ERA_08);

	type(line, "f");
	send_header(line, "binary", 4000);
	pass(line, 2 * SECOND_US);
	hear(line);
	type(line, "\x01\x01");
	pass(line, 5 * SECOND_US);
	ck_assert_str_eq(hear(line), "C");
	send_block(line, 1, "x", 1, 128);
	ck_assert_str_eq(hear(line), "\x06");
	line_free(line);
}
END_TEST

static const struct {
	struct ymodem_device_faults faults;
	const char *answer; /* to block 1 */
	unsigned int written;
} flaws[] = {
	{ { .cancel = 2 },
	  "\x18\x18"
	  "Failed to receive the file!\r\n",
	  0 },
	{ { .refuse = 2 }, "\x15", 0 },
	{ { .noise = 2 }, "0\x7f\xfe\x06", 128 },
	{ { .lose_block = 2 }, "", 0 },
	{ { .mute = 2 }, "", 128 },
};

START_TEST(scripted_flaws)
{
	struct ymodem_device_config config = { .era = YMODEM_ERA_08, .faults = flaws[_i].faults };
	struct line *line = line_new(&config);

	type(line, "f");
	send_header(line, "binary", 4000);
	pass(line, 2 * SECOND_US);
	hear(line);
	send_block(line, 1, "x", 1, 128);
	ck_assert_str_eq(hear(line), flaws[_i].answer);
	ck_assert_uint_eq(line->device->written, flaws[_i].written);
	line_free(line);
}
END_TEST

START_TEST(more_scripted_flaws)
{
	struct ymodem_device_config config = { .era = YMODEM_ERA_08 };
	uint8_t image[IMAGE_BYTES];
	struct line *line;

	config.faults = (struct ymodem_device_faults){ .deaf = true };
	line = line_new(&config);
	type(line, "ivf");
	ck_assert_str_eq(hear(line), "");
	line_free(line);
	config.faults = (struct ymodem_device_faults){ .validation_fails = true };
	line = line_new(&config);
	peer_module_make(image, sizeof(image), 8, 3);
	send_file(line, image, sizeof(image));
	type(line, "\x04");
	hear(line);
	send_header(line, "", 0);
	ck_assert_str_eq(hear(line), spoilt[0].text);
	line_free(line);
	config.faults = (struct ymodem_device_faults){ .no_reset = true };
	line = line_new(&config);
	send_file(line, image, sizeof(image));
	type(line, "\x04");
	send_header(line, "", 0);
	pass(line, 100 * SECOND_US);
	ck_assert_int_eq(line->device->mode, YMODEM_DEVICE_LEAVING);
	line_free(line);
}
END_TEST

START_TEST(what_finds_no_room_is_lost)
{
	struct line *line = line_of(YMODEM_ERA_08);
	static const uint8_t bytes[YMODEM_DEVICE_IN_MAX + 10];

	type(line, "f");
	send_header(line, "binary", 4000);
	ymodem_device_hear(line->device, bytes, sizeof(bytes), line->now_us); /* while it erases */
	ck_assert_uint_eq(line->device->lost_bytes, 10);
	line_free(line);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_ymodem");
	TCase *console = tcase_create("console");
	TCase *receiver = tcase_create("receiver");

	tcase_add_loop_test(console, keys_are_answered, 0, sizeof(keys) / sizeof(keys[0]));
	tcase_add_test(console, credentials_are_asked_for_one_by_one);
	tcase_add_test(console, a_text_takes_a_millisecond_a_character_at_0_5_2);
	tcase_add_test(console, bauds_are_requests);
	suite_add_tcase(suite, console);
	tcase_add_test(receiver, a_whole_session_to_0_6_0);
	tcase_add_loop_test(receiver, a_whole_session_from_0_6_1_on, 2, 4);
	tcase_add_loop_test(receiver, a_bad_image_is_refused_from_0_6_1_on, 0, 3);
	tcase_add_test(receiver, the_header_is_answered_after_the_erase);
	tcase_add_test(receiver, a_block_begins_a_session_without_f);
	tcase_add_loop_test(receiver, a_wrong_number_is_refused, 0, 5);
	tcase_add_test(receiver, a_lost_answer_cannot_be_mended);
	tcase_add_loop_test(receiver, silence_before_the_first_block, 1, 4);
	tcase_add_loop_test(receiver, what_begins_no_block, 0, 6);
	tcase_add_test(receiver, half_a_block_is_forgotten);
	tcase_add_loop_test(receiver, scripted_flaws, 0, 5);
	tcase_add_test(receiver, more_scripted_flaws);
	tcase_add_test(receiver, what_finds_no_room_is_lost);
	suite_add_tcase(suite, receiver);
	return testing_run(suite);
}
