/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A board is told where the rig's cloud is, over DFU, and keeps it. */
#include "bench/virtual/virtual.h"
#include "cloud/dct.h"
#include "cloud/keys.h"
#include "delivery/provision.h"
#include "base/text.h"
#include "lib/firmware.h"
#include "lib/store_file.h"
#include "lib/testing.h"
#include "usb/dfu.h"

#include <string.h>

enum { VECTORS = 0x08020000, ALIVE_US = 3000000 };

static const struct delivery_board p1 = {
	.name = "p1",
	.usb_vendor = 0x2b04,
	.usb_serial = 0xc008,
	.usb_dfu = 0xd008,
	.reset_pulse_us = 50000,
	.setup_dfu_us = 3000000,
	.setup_listening_us = 3000000,
	.boot_us_max = ALIVE_US,
};

/* The bootloaders of 0.7 and later write the table by code of the system, others by their own. */
static const char *const releases[] = { "reference-robust-1.0-p1", "reference-era-a-1.0-p1",
					"reference-era-c-1.0-p1", "particle-1.5.0-p1" };

struct desk {
	struct slot slot;
	struct delivery_port *port;
	struct delivery_options options;
	struct delivery_context context;
};

static bool open_desk(struct desk *desk, const char *name)
{
	char folder[TEST_PATH_MAX];
	struct release release;

	*desk = (struct desk){ .port = malloc(sizeof(*desk->port)) };
	if (!firmware_release(name, &release))
		return false;
	ck_assert_int_eq(virtual_open("p1", &desk->slot, NULL), 0);
	firmware_install(virtual_board(&desk->slot), &release);
	release_release(&release);
	/* a blank released board makes its keys first, and starts anew */
	ck_assert_int_eq(slot_power_set(&desk->slot, SLOT_POWER_ON, NULL), 0);
	test_path(folder, "keys");
	ck_assert(text_copy(desk->options.keys, sizeof(desk->options.keys), folder));
	text_copy(desk->options.address, sizeof(desk->options.address), "192.168.1.10");
	desk->options.port = 5690;
	delivery_port_init(desk->port, &desk->slot);
	desk->context = (struct delivery_context){
		.slot = &desk->slot, .board = &p1, .options = &desk->options, .port = desk->port
	};
	return true;
}

static void wait_us(struct desk *desk, int64_t us)
{
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(&desk->slot, slot_now_us(&desk->slot) + us, &why, NULL), 0);
}

/* What the table holds, read back after the board has had no power. */
static void read_block(struct desk *desk, uint8_t ret[DCT_BLOCK_BYTES])
{
	enum dfu_result result;
	struct dfu dfu;

	ck_assert_int_eq(slot_power_set(&desk->slot, SLOT_POWER_OFF, NULL), 0);
	wait_us(desk, 1000000);
	ck_assert_int_eq(slot_hold(&desk->slot, SLOT_LINE_SETUP, SLOT_HELD, NULL), 0);
	ck_assert_int_eq(slot_usb_join(&desk->slot, SLOT_USB_JOINED, NULL), 0);
	ck_assert_int_eq(slot_power_set(&desk->slot, SLOT_POWER_ON, NULL), 0);
	wait_us(desk, 4000000);
	ck_assert_int_eq(slot_hold(&desk->slot, SLOT_LINE_SETUP, SLOT_RELEASED, NULL), 0);
	wait_us(desk, 1000000);
	ck_assert_int_eq(dfu_open(&dfu, &desk->slot, &result, NULL), 0);
	ck_assert_int_eq(result, DFU_GOOD);
	ck_assert_int_eq(dfu_select(&dfu, 1, &result, NULL), 0);
	ck_assert_int_eq(dfu_read(&dfu, DCT_SERVER_OFFSET, ret, DCT_BLOCK_BYTES, &result, NULL), 0);
	ck_assert_int_eq(result, DFU_GOOD);
}

START_TEST(board_keeps_key_and_address)
{
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	static const uint8_t address[] = { 1 - 1, 4 };
	uint8_t block[DCT_BLOCK_BYTES];
	struct err err = ERR_INIT;
	struct keys *keys;
	struct desk desk;
	const uint8_t *der;
	size_t len;

	if (!open_desk(&desk, releases[_i])) {
		free(desk.port);
		TEST_SKIP("the firmware is not in the cache");
	}
	wait_us(&desk, 6000000);
	ck_assert_msg(cloud_provision(&desk.context, VECTORS, &outcome, &err) == 0, "%s", err.text);
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%s", outcome.text);
	read_block(&desk, block);
	ck_assert_int_eq(keys_open(desk.options.keys, &keys, &err), 0);
	der = keys_public(keys, &len);
	ck_assert_mem_eq(block, der, len);
	ck_assert_mem_eq(block + DCT_ADDRESS_AT, address, sizeof(address));
	ck_assert_uint_eq(block[DCT_PORT_AT], 5690 >> 8);
	ck_assert_uint_eq(block[DCT_PORT_AT + 1], 5690 & 0xff);
	keys_close(keys);
	slot_close(&desk.slot);
	free(desk.port);
}
END_TEST

START_TEST(an_address_that_is_none_is_refused)
{
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct err err = ERR_INIT;
	struct desk desk;

	ck_assert(open_desk(&desk, releases[0]));
	text_copy(desk.options.address, sizeof(desk.options.address), "192.168.1.10.11");
	ck_assert_int_lt(cloud_provision(&desk.context, VECTORS, &outcome, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	slot_close(&desk.slot);
	free(desk.port);
}
END_TEST

/* A board that is not there does not come into DFU mode: its fault, told in words. */
START_TEST(a_board_without_firmware_is_told)
{
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct err err = ERR_INIT;
	struct slot blank;
	struct desk desk;

	ck_assert(open_desk(&desk, releases[0]));
	ck_assert_int_eq(virtual_open("p1", &blank, NULL), 0);
	desk.context.slot = &blank;
	ck_assert_int_eq(cloud_provision(&desk.context, VECTORS, &outcome, &err), 0);
	ck_assert_int_eq(outcome.result, DELIVERY_REFUSED);
	ck_assert_str_eq(outcome.text, "no DFU device came to the USB");
	slot_close(&blank);
	slot_close(&desk.slot);
	free(desk.port);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provision");
	TCase *tcase = tcase_create("cloud");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, board_keeps_key_and_address, 0, 4);
	tcase_add_test(tcase, an_address_that_is_none_is_refused);
	tcase_add_test(tcase, a_board_without_firmware_is_told);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
