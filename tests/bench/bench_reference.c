/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reference firmware, measured on the virtual board: bytes of each module, its stack and RAM,
 * and the time of a boot. The table in firmware-under-test/reference/README.md is from here.
 */
#include "lib/device.h"
#include "campaign/load.h"
#include "lib/ymodem.h"
#include "vboard/vboard_test.h"

#include <check.h>
#include <stdio.h>

enum {
	RAM_BEGIN = 0x20000000,
	RAM_AT_POWER_ON = 0x5a,
	SYSTEM_VECTORS = 0x08020000,
	BOOT_MS = 100,
	DFU_HOLD_MS = 3500,
	ARRIVE_MS = 1000,
	ERASE_MS = 1200,
	BAUD_LISTENING = 28800,
	USER = 0x080a0000,
};

static const char *const releases[] = { "era-a", "era-b", "era-c", "robust" };

static void tell(const char *release, const char *what, double value, const char *unit)
{
	printf("reference_%s_%s,%g,%s\n", release, what, value, unit);
}

/* Bytes at the top of RAM that were written since power came. */
static unsigned int stack_bytes(struct vboard *vb)
{
	const uint8_t *ram = vboard_test_state(vb)->chip.ram;
	unsigned int at = VBOARD_RAM_BYTES / 2; /* variables lie far below, the stack far above */

	while (at < VBOARD_RAM_BYTES && ram[at] == RAM_AT_POWER_ON)
		at++;
	return VBOARD_RAM_BYTES - at;
}

/* Power on, and until the line of text has been said. */
static double ms_until(struct device *dev, const char *text)
{
	device_boot(dev, 0);
	for (int i = 0; i < BOOT_MS && !device_said(dev, text); i++)
		led_watch_run(&dev->watch, 1);
	return (double)(led_watch_now_us(&dev->watch) - dev->watch.begun_us) / 1000;
}

/* Stack of DFU mode that writes, and of a system that takes a file. */
static void measure_ways_in(const char *name)
{
	static const uint8_t bytes[1024] = { 1 };
	enum dfu_result result;
	struct usb_port *port;
	struct dfu dfu;
	char from[32];

	snprintf(from, sizeof(from), "%s-1.0", name);
	port = usb_port_new(from);
	usb_port_boot(port, DFU_HOLD_MS);
	ck_assert(usb_port_wait_for(port, USB_PORT_DFU, ARRIVE_MS));
	usb_port_dfu(port, &dfu);
	ck_assert_int_eq(dfu_write(&dfu, USER, bytes, sizeof(bytes), &result, NULL), 0);
	ck_assert_int_eq(dfu_select(&dfu, 1, &result, NULL), 0);
	ck_assert_int_eq(dfu_write(&dfu, 0, bytes, sizeof(bytes), &result, NULL), 0);
	tell(name, "dfu_stack", stack_bytes(port->vb), "bytes");
	usb_port_off(port);
	usb_port_boot(port, 0);
	ck_assert(usb_port_wait_for(port, USB_PORT_SERIAL, ARRIVE_MS));
	usb_port_set_baud(port, BAUD_LISTENING);
	ck_assert(usb_port_write(port, "s", 1));
	usb_port_read(port, NULL, BOOT_MS);
	ymodem_header(port, "binary", sizeof(bytes));
	ymodem_expect(port, YMODEM_OK, ERASE_MS);
	ymodem_file(port, bytes, sizeof(bytes), sizeof(bytes));
	ymodem_header(port, NULL, 0);
	usb_port_read(port, NULL, BOOT_MS);
	tell(name, "console_stack", stack_bytes(port->vb), "bytes");
	usb_port_free(port);
}

static void measure(const char *name)
{
	char from[32];
	char to[32];
	struct device *dev;
	uint64_t begin;

	snprintf(from, sizeof(from), "%s-1.0", name);
	snprintf(to, sizeof(to), "%s-1.1", name);
	dev = device_new(from, to);
	for (size_t i = 0; i < dev->loaded->from.module_count; i++)
		tell(name, dev->loaded->from.modules[i].name,
		     (double)dev->loaded->from.modules[i].image.len, "bytes");
	device_boot(dev, 0);
	begin = vboard_cycle(dev->vb);
	vboard_run_to_handover(dev->vb, begin + 1000000000, SYSTEM_VECTORS);
	tell(name, "bootloader_boot",
	     (double)(vboard_cycle(dev->vb) - begin) / VBOARD_CYCLES_PER_US / 1000, "ms");
	tell(name, "bootloader_stack", stack_bytes(dev->vb), "bytes");
	tell(name, "first_line", ms_until(dev, "system: "), "ms");
	tell(name, "application", ms_until(dev, "application 1.0"), "ms");
	tell(name, "all_stack", stack_bytes(dev->vb), "bytes");
	device_deliver(dev, DEVICE_PART1, NULL);
	tell(name, "apply_operations", (double)dev->op_count, "operations");
	device_free(dev);
}

/* The helpers assert as tests do, so this runs as one. */
START_TEST(figures)
{
	measure(releases[_i]);
	measure_ways_in(releases[_i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference firmware, measured");
	TCase *tcase = tcase_create("figures");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, figures, 0, ARRAY_LEN(releases));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
