/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Planted defects of the ways in: boards that take no update any more but by DFU, and a board whose
 * LED says that all is well while its serial ports are dead. Each with the same done to the healthy
 * build. What each is: reference/common/defects.h.
 */
#include "base/hash.h"
#include "base/macros.h"
#include "lib/device.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "lib/ymodem.h"

#include <string.h>

enum {
	ARRIVE_MS = 1000,
	ANSWER_MS = 30,
	ERASE_MS = 1200,
	RESET_MS = 2500,
	LEAVE_MS = 1000,
	HOLD_MS = 3500,
	FADE_MS = 5000,
	SAFE_MODE_HOLD_MS = 2000,
	BAUD_LISTENING = 28800,
	BOOTLOADER = 0x08000000,
	VERSION_AT = 0x184 + 10, /* in a module that begins with vectors */
};

static void open_release(struct release *release, const char *name)
{
	ck_assert(firmware_release(name, release));
}

static const struct image *image_of(const struct release *release, const char *module)
{
	return &release->modules[release_find_module(release, module)].image;
}

static void boot(struct usb_port *port, unsigned int setup_ms)
{
	usb_port_off(port);
	usb_port_boot(port, setup_ms);
	ck_assert(usb_port_wait_for(port, USB_PORT_SERIAL, ARRIVE_MS));
}

static const char *ask(struct usb_port *port, const char *keys)
{
	ck_assert(usb_port_write(port, keys, strlen(keys)));
	return usb_port_read(port, NULL, ANSWER_MS);
}

/* Sends a module by YMODEM; false when the device takes none. It has restarted after one it took.
 */
static bool flash_by_serial(struct usb_port *port, const struct image *image)
{
	const char *text;

	usb_port_set_baud(port, BAUD_LISTENING);
	ask(port, "f");
	ymodem_header(port, "binary", image->len);
	text = usb_port_read(port, NULL, ERASE_MS);
	if (text[0] == YMODEM_STOP) {
		ask(port, "x");
		return false;
	}
	ck_assert_str_eq(text, "\006C");
	ymodem_file(port, image->bytes, image->len, 1024);
	ymodem_header(port, NULL, 0);
	ck_assert(strstr(ymodem_expect(port, YMODEM_OK, ERASE_MS), "Downloaded file"));
	usb_port_wait(port, RESET_MS);
	ck_assert(usb_port_wait_for(port, USB_PORT_SERIAL, ARRIVE_MS));
	return true;
}

/* By the DFU that is always there; the system runs afterwards. */
static void flash_by_dfu(struct usb_port *port, const struct image *image)
{
	enum dfu_result result;
	struct dfu dfu;

	usb_port_off(port);
	usb_port_boot(port, HOLD_MS);
	ck_assert(usb_port_wait_for(port, USB_PORT_DFU, ARRIVE_MS));
	usb_port_dfu(port, &dfu);
	ck_assert_int_eq(
		dfu_write(&dfu, image->header.start, image->bytes, image->len, &result, NULL), 0);
	ck_assert_msg(result == DFU_GOOD, "%s", dfu.text);
	ck_assert_int_eq(dfu_leave(&dfu, image->header.start, &result, NULL), 0);
	usb_port_wait(port, LEAVE_MS);
	ck_assert(usb_port_wait_for(port, USB_PORT_SERIAL, ARRIVE_MS));
}

/* The last line of that beginning, to its end. */
static const char *last_said(const struct usb_port *port, const char *begin)
{
	const char *found = "";

	for (const char *at = port->line; (at = strstr(at, begin)) != NULL; at++)
		found = at;
	return found;
}

START_TEST(only_dfu_helps_after_an_application_update)
{
	struct usb_port *port = usb_port_new(_i ? "dfu-only" : "robust-1.0");
	struct release old_release;
	struct release new_release;

	open_release(&old_release, "reference-robust-1.0-p1");
	open_release(&new_release, "reference-robust-1.1-p1");
	boot(port, 0);
	ck_assert(flash_by_serial(port, image_of(&new_release, "user")));
	ck_assert(strstr(last_said(port, "application"), "application 1.1"));
	boot(port, 0);
	ck_assert_int_eq(flash_by_serial(port, image_of(&old_release, "user")), !_i);
	if (_i) {
		boot(port, SAFE_MODE_HOLD_MS);
		ck_assert(strstr(port->line, "safe mode"));
		ck_assert(!flash_by_serial(port, image_of(&old_release, "user")));
		flash_by_dfu(port, image_of(&old_release, "user"));
		ck_assert(strstr(last_said(port, "application"), "application 1.0"));
		ck_assert(!flash_by_serial(port, image_of(&new_release, "user")));
	}
	/* another system, by DFU, takes updates again */
	flash_by_dfu(port, image_of(&new_release, "system-part1"));
	flash_by_dfu(port, image_of(&new_release, "system-part2"));
	boot(port, 0);
	ck_assert(flash_by_serial(port, image_of(&new_release, "user")));
	ck_assert(strstr(last_said(port, "application"), "application 1.1"));
	release_release(&new_release);
	release_release(&old_release);
	usb_port_free(port);
}
END_TEST

/* The release's bootloader with a lower version, and its sum made right again. */
static void make_bootloader_older(struct usb_port *port, const struct image *image)
{
	AUTO_FREE uint8_t *bytes = malloc(image->len);
	uint32_t sum;

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, image->bytes, image->len);
	bytes[VERSION_AT] = 10; /* 11 is asked for at least */
	bytes[VERSION_AT + 1] = 0;
	sum = hash_crc32(bytes, image->len - 4);
	for (int i = 0; i < 4; i++)
		bytes[image->len - 4 + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
	usb_port_load(port, BOOTLOADER, bytes, image->len);
}

START_TEST(bootloader_is_older_than_asked_for)
{
	struct usb_port *port = usb_port_new(_i ? "old-bootloader" : "robust-1.1");
	struct release release;
	const struct image *bootloader;

	open_release(&release, "reference-robust-1.1-p1");
	bootloader = image_of(&release, "bootloader");
	if (!_i)
		make_bootloader_older(port, bootloader);
	boot(port, 0);
	ck_assert_msg(strstr(port->line, "system: safe mode"), "%s", port->line);
	ck_assert(strstr(port->line, "system-part2 101, checked 30, passed 26\r\n"));
	ck_assert(strstr(port->line, "user 5, checked 30, passed 30\r\n"));
	ck_assert_int_eq(flash_by_serial(port, bootloader), !_i);
	if (_i) {
		ck_assert(!flash_by_serial(port, image_of(&release, "user")));
		flash_by_dfu(port, image_of(&release, "user")); /* written, and it does not help */
		ck_assert(strstr(last_said(port, "system:"), "system: safe mode"));
		flash_by_dfu(port, image_of(&release, "system-part2"));
	}
	ck_assert(strstr(last_said(port, "system:"), "system: start"));
	ck_assert(strstr(last_said(port, "system:"), "application 1.1"));
	release_release(&release);
	usb_port_free(port);
}
END_TEST

/* A reset that the system itself makes, here by the console's 'L': safe mode, if one looks at it.
 */
START_TEST(led_is_good_and_serial_is_dead)
{
	struct device *dev = device_new(_i ? "dead-serial" : "robust-1.1", "robust-1.1");

	ck_assert(device_said(dev, "application 1.1"));
	vboard_line(dev->vb, VBOARD_SETUP, true);
	led_watch_run(&dev->watch, HOLD_MS);
	vboard_line(dev->vb, VBOARD_SETUP, false);
	led_watch_run(&dev->watch, ANSWER_MS);
	ck_assert_uint_eq(vboard_serial_send(dev->vb, 1, "L", 1), 1);
	led_watch_run(&dev->watch, FADE_MS);
	ck_assert(device_showed(dev, "breathing-magenta"));
	ck_assert_int_eq(device_said(dev, "system: safe mode"), !_i);
	device_boot(dev, ARRIVE_MS);
	ck_assert(device_said(dev, "application 1.1"));
	device_free(dev);
}
END_TEST

/* The same on the USB, from which the board has gone. */
START_TEST(usb_is_dead_too)
{
	struct usb_port *port = usb_port_new(_i ? "dead-serial" : "robust-1.1");

	boot(port, 0);
	usb_port_set_baud(port, BAUD_LISTENING);
	ask(port, "L");
	usb_port_wait(port, ARRIVE_MS);
	ck_assert_uint_eq(port->product, _i ? 0 : USB_PORT_SERIAL);
	boot(port, 0);
	usb_port_free(port);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("planted defects of the ways in");
	TCase *tcase = tcase_create("defects");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, only_dfu_helps_after_an_application_update, 0, 2);
	tcase_add_loop_test(tcase, bootloader_is_older_than_asked_for, 0, 2);
	tcase_add_loop_test(tcase, led_is_good_and_serial_is_dead, 0, 2);
	tcase_add_loop_test(tcase, usb_is_dead_too, 0, 2);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
