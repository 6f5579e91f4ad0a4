/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DFU mode of the reference bootloaders, by the rig's own client: who they say they are, reading,
 * writing both memories, what is refused, leaving; and a dead board that is brought back.
 */
#include "base/macros.h"
#include "campaign/campaign.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "lib/usb_port.h"

#include <string.h>

enum {
	ARRIVE_MS = 1000,
	USER = 0x080a0000,
	PART1 = 0x08020000,
	SECOND_US = 1000000,
	HOLD_MS = 3500,
};

static const char *const eras[] = { "era-a-1.0", "era-b-1.0", "era-c-1.0", "robust-1.0" };

/* In DFU mode by SETUP held over the reset. */
static struct usb_port *in_dfu(const char *release, struct dfu *dfu)
{
	struct usb_port *port = usb_port_new(release);

	usb_port_boot(port, HOLD_MS);
	ck_assert(usb_port_wait_for(port, USB_PORT_DFU, ARRIVE_MS));
	usb_port_dfu(port, dfu);
	return port;
}

START_TEST(tells_who_it_is)
{
	struct slot_usb_device device;
	struct dfu dfu;
	struct usb_port *port = in_dfu(eras[_i], &dfu);

	ck_assert(slot_usb_device(&port->slot, &device));
	ck_assert_uint_eq(device.vendor, 0x2b04);
	ck_assert_uint_eq(device.product, 0xd008);
	ck_assert_uint_eq(device.release, 0x0250);
	ck_assert_str_eq(device.serial, "30002f000f47343334353136");
	ck_assert_uint_eq(dfu.interface.transfer_bytes, 4096);
	ck_assert_uint_eq(dfu.interface.attributes, 0x0b);
	ck_assert_uint_eq(dfu.interface.version, 0x011a);
	ck_assert_uint_eq(dfu.interface.memory_count, 2);
	ck_assert_str_eq(dfu.interface.memories[0].name, "Internal Flash");
	ck_assert_str_eq(dfu.interface.memories[1].name, "DCT Flash");
	usb_port_free(port);
}
END_TEST

START_TEST(flash_is_read_and_written)
{
	enum { BYTES = 6001 };
	enum dfu_result result;
	struct dfu dfu;
	struct usb_port *port = in_dfu("robust-1.0", &dfu);
	static uint8_t bytes[BYTES];
	static uint8_t there[BYTES + 3];

	for (size_t i = 0; i < BYTES; i++)
		bytes[i] = (uint8_t)(i * 7 + 3);
	ck_assert_int_eq(dfu_write(&dfu, USER, bytes, BYTES, &result, NULL), 0);
	ck_assert_msg(result == DFU_GOOD, "%s", dfu.text);
	ck_assert(vboard_flash_read(port->vb, USER, there, sizeof(there)));
	ck_assert_mem_eq(there, bytes, BYTES);
	for (size_t i = BYTES; i < sizeof(there); i++)
		ck_assert_uint_eq(there[i], 0xff);
	memset(there, 0, sizeof(there));
	ck_assert_int_eq(dfu_read(&dfu, USER, there, BYTES, &result, NULL), 0);
	ck_assert_msg(result == DFU_GOOD, "%s", dfu.text);
	ck_assert_mem_eq(there, bytes, BYTES);
	usb_port_free(port);
}
END_TEST

/* Requests that a device must refuse, and be there after: DNLOAD and what GETSTATUS says then. */
static const struct refusal {
	uint8_t command[8];
	uint16_t bytes, block;
	uint8_t status;
} refusals[] = {
	{ { 0x41, 0x00, 0x00, 0x00, 0x08 }, 5, 0, 1 }, /* its own sector */
	{ { 0x41, 0x00, 0x00, 0x01, 0x08 },
	  5,
	  0,
	  1 }, /* below the system, in spite of the layout */
	{ { 0x41, 0x00, 0x00, 0x10, 0x08 }, 5, 0, 1 }, /* behind the flash */
	{ { 0x41 }, 1, 0, 1 },			       /* everything */
	{ { 0x99, 0, 0, 0, 0 }, 5, 0, 14 },	       /* no such command */
	{ { 1, 2, 3, 4 }, 4, 1, 1 },		       /* a block that counts for nothing */
	{ { 1, 2, 3, 4 }, 4, 2, 1 },		       /* data for address 0 */
};

static void ask(struct usb_port *port, uint8_t type, uint8_t request, uint16_t value,
		uint8_t *bytes, uint16_t len, enum slot_usb_result expected)
{
	struct slot_usb_setup setup = { type, request, value, 0, len };
	enum slot_usb_result result;
	uint16_t got;

	ck_assert_int_eq(slot_usb_control(&port->slot, &setup, bytes, 5 * SECOND_US, &got, &result,
					  NULL),
			 0);
	ck_assert_int_eq(result, expected);
}

START_TEST(refuses)
{
	struct dfu dfu;
	struct usb_port *port = in_dfu("robust-1.0", &dfu);
	struct refusal row = refusals[_i];
	uint8_t status[6] = { 0 };
	uint8_t before[64], after[64];

	ck_assert(vboard_flash_read(port->vb, 0x08000000, before, sizeof(before)));
	ask(port, 0x21, 1, row.block, row.command, row.bytes, SLOT_USB_DONE);
	ask(port, 0xa1, 3, 0, status, sizeof(status), SLOT_USB_DONE);
	ck_assert_uint_eq(status[4], 4); /* busy */
	ask(port, 0xa1, 3, 0, status, sizeof(status), SLOT_USB_DONE);
	ck_assert_uint_eq(status[0], row.status);
	ck_assert_uint_eq(status[4], 10);
	/* in error nothing is taken; it ends with CLRSTATUS */
	ask(port, 0x21, 1, row.block, row.command, row.bytes, SLOT_USB_STALL);
	ask(port, 0x21, 4, 0, NULL, 0, SLOT_USB_DONE);
	ask(port, 0xa1, 3, 0, status, sizeof(status), SLOT_USB_DONE);
	ck_assert_uint_eq(status[4], 2);
	ck_assert(vboard_flash_read(port->vb, 0x08000000, after, sizeof(after)));
	ck_assert_mem_eq(before, after, sizeof(before));
	usb_port_free(port);
}
END_TEST

/* The table through its code: borrowed by the middle eras, which have none while a part is bad. */
static const struct table {
	const char *release;
	bool damaged; /* system part 2 */
	bool taken;
} tables[] = {
	{ "era-a-1.0", true, true },  { "era-b-1.0", false, true }, { "era-b-1.0", true, false },
	{ "era-c-1.0", true, false }, { "robust-1.0", true, true },
};

START_TEST(table_is_written_through_its_code)
{
	static const uint8_t bytes[] = { 0xa5, 1, 2, 3, 4 };
	struct usb_port *port = usb_port_new(tables[_i].release);
	enum dfu_result result;
	uint8_t there[8];
	struct dfu dfu;

	if (tables[_i].damaged)
		usb_port_load(port, 0x08060400, "damaged", 7);
	usb_port_boot(port, HOLD_MS);
	ck_assert(usb_port_wait_for(port, USB_PORT_DFU, ARRIVE_MS));
	usb_port_dfu(port, &dfu);
	ck_assert_int_eq(dfu_select(&dfu, 1, &result, NULL), 0);
	ck_assert_int_eq(result, DFU_GOOD);
	ck_assert_int_eq(dfu_write(&dfu, 1753, bytes, sizeof(bytes), &result, NULL), 0);
	ck_assert_int_eq(result, tables[_i].taken ? DFU_GOOD : DFU_REFUSED);
	usb_port_dfu(port, &dfu);
	ck_assert_int_eq(dfu_select(&dfu, 1, &result, NULL), 0);
	ck_assert_int_eq(dfu_read(&dfu, 1752, there, sizeof(there), &result, NULL), 0);
	ck_assert_msg(result == DFU_GOOD, "%s", dfu.text);
	ck_assert_uint_eq(there[0], 0xff);
	ck_assert_uint_eq(there[1], tables[_i].taken ? 0xa5 : 0xff);
	ck_assert_uint_eq(there[7], 0xff);
	usb_port_free(port);
}
END_TEST

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* One control request out of nothing; not one that moves the device to another address. */
static void send_nonsense(struct usb_port *port, uint32_t *seed)
{
	static const uint8_t types[] = {
		0x00, 0x80, 0x01, 0x81, 0x21, 0xa1, 0x40, 0xc0, 0x02, 0xff
	};
	static const uint16_t lengths[] = { 0, 1, 5, 7, 8, 63, 64, 65, 255, 4095, 4096 };
	struct slot_usb_setup setup = {
		.type = types[next(seed) % ARRAY_LEN(types)],
		.request = (uint8_t)(next(seed) % 40),
		.value = (uint16_t)(next(seed) % 2 ? next(seed) % 6 : next(seed)),
		.index = (uint16_t)(next(seed) % 3),
		.length = lengths[next(seed) % ARRAY_LEN(lengths)],
	};
	static uint8_t bytes[SLOT_USB_BYTES_MAX];
	enum slot_usb_result result;
	uint16_t len;

	if (setup.type == 0 && setup.request == 5)
		return;
	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)next(seed);
	ck_assert_int_eq(
		slot_usb_control(&port->slot, &setup, bytes, SECOND_US, &len, &result, NULL), 0);
	ck_assert_msg(result == SLOT_USB_DONE || result == SLOT_USB_STALL,
		      "%d to type 0x%02x, request %u, value %u, length %u", (int)result, setup.type,
		      setup.request, setup.value, setup.length);
}

/* Whatever a host asks for, there is an answer, and the device is there after. */
START_TEST(nonsense_is_answered)
{
	enum { COUNT = 1000, FEW = 200 };
	struct usb_port *port = usb_port_new("robust-1.0");
	uint32_t seed = 7 + (uint32_t)_i;
	struct dfu dfu;

	usb_port_boot(port, _i ? HOLD_MS : 0);
	ck_assert(usb_port_wait_for(port, _i ? USB_PORT_DFU : USB_PORT_SERIAL, ARRIVE_MS));
	for (unsigned int i = 0; i < flow_scale(COUNT, FEW); i++)
		send_nonsense(port, &seed);
	ck_assert_uint_eq(port->arrivals, 1);
	if (_i) {
		usb_port_dfu(port, &dfu);
	} else {
		usb_port_set_baud(port, 14400);
		ck_assert(usb_port_wait_for(port, USB_PORT_DFU, ARRIVE_MS));
	}
	usb_port_free(port);
}
END_TEST

/* Half a second after the host said so; and the next boot is the system's. */
START_TEST(is_left)
{
	enum dfu_result result;
	struct dfu dfu;
	struct usb_port *port = in_dfu("robust-1.0", &dfu);

	ck_assert_int_eq(dfu_leave(&dfu, PART1, &result, NULL), 0);
	ck_assert_int_eq(result, DFU_GOOD);
	usb_port_wait(port, 450);
	ck_assert_uint_eq(port->product, USB_PORT_DFU);
	usb_port_wait(port, 100);
	ck_assert_uint_eq(port->product, 0);
	usb_port_wait(port, 200);
	ck_assert_msg(strstr(port->line, "application 1.0"), "%s", port->line);
	usb_port_free(port);
}
END_TEST

/* Without a system there is nothing else that the bootloader could do. */
START_TEST(is_there_without_a_system)
{
	struct usb_port *port = usb_port_new(eras[_i]);
	uint8_t blank[1024];
	struct dfu dfu;

	memset(blank, 0xff, sizeof(blank));
	usb_port_load(port, PART1, blank, sizeof(blank));
	usb_port_boot(port, 0);
	ck_assert(usb_port_wait_for(port, USB_PORT_DFU, ARRIVE_MS));
	usb_port_dfu(port, &dfu);
	usb_port_free(port);
}
END_TEST

/* Killed in the middle of an update, and reflashed by the last rung of the ladder. */
START_TEST(rung_brings_a_dead_board_back)
{
	struct loaded *loaded = firmware_scenario_in("reference", _i ? "era-c" : "era-b");
	struct err err = ERR_INIT;
	struct verdict verdict;
	struct trial_spec spec;
	struct calib calib;
	struct obs_log log;
	struct obs_sink sink;
	int64_t board_us;

	ck_assert_ptr_nonnull(loaded);
	loaded->scenario.ladder[0] = RUNG_WAIT;
	loaded->scenario.ladder[1] = RUNG_DFU_FLASH;
	loaded->scenario.ladder_count = 2;
	ck_assert_msg(loaded_calibrate(loaded, &calib, &err) == 0, "%s", err.text);
	ck_assert_int_eq(trial_id_parse(_i ? "reference-era-c.1.42.1o2000t500.1000000.l"
					   : "reference-era-b.1.42.1o2000t500.1000000.l",
					&spec, &err),
			 0);
	obs_log_init(&log);
	sink = obs_log_sink(&log);
	ck_assert_msg(trial_run(&loaded->setup, &spec, &sink, &board_us, &err) == 0, "%s",
		      err.text);
	verdict_judge(&spec, &calib, &log, &verdict);
	ck_assert_msg(verdict.outcome == OUTCOME_NEEDS_DFU, "%u: %s", verdict.outcome,
		      verdict.reason);
	ck_assert_int_eq(verdict.recovered_by, RUNG_DFU_FLASH);
	obs_log_release(&log);
	loaded_free(loaded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference firmware: DFU");
	TCase *tcase = tcase_create("dfu");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, tells_who_it_is, 0, ARRAY_LEN(eras));
	tcase_add_test(tcase, flash_is_read_and_written);
	tcase_add_loop_test(tcase, refuses, 0, ARRAY_LEN(refusals));
	tcase_add_loop_test(tcase, table_is_written_through_its_code, 0, ARRAY_LEN(tables));
	tcase_add_loop_test(tcase, nonsense_is_answered, 0, 2);
	tcase_add_test(tcase, is_left);
	tcase_add_loop_test(tcase, is_there_without_a_system, 0, ARRAY_LEN(eras));
	tcase_add_loop_test(tcase, rung_brings_a_dead_board_back, 0, 2);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
