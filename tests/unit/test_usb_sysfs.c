/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/macros.h"
#include "bench/linux/console_driver.h"
#include "bench/linux/console_find.h"
#include "bench/linux/usb_events.h"
#include "bench/linux/usb_sysfs.h"
#include "lib/fake_usb_tree.h"
#include "lib/testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ID_A "3b002a000447343138333038"
#define ID_B "3B002A000447343138333039"
#define ID_C "3b002a00044734313833303a"
#define OLD  "00000000050C"

#define P1_IDS .vendor = 0x2b04, .products = { 0xc008, 0xd008 }, .product_count = 2

START_TEST(port_paths)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{ "1-1", true },
		{ "12-3.4.10", true },
		{ "1-1.2.3.4.5.6", true },
		{ "1-1.2.3.4.5.6.7", false },
		{ "", false },
		{ "1", false },
		{ "1-", false },
		{ "-1", false },
		{ "1-0", false },
		{ "01-1", false },
		{ "1-1.", false },
		{ "1-1..2", false },
		{ "1.1", false },
		{ "1-1-1", false },
		{ "usb1", false },
		{ "1-1:1.0", false },
		{ "1-1/..", false },
		{ "1-11111111111111111111111111111111111", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_msg(usb_port_is_valid(cases[i].text) == cases[i].valid, "%s",
			      cases[i].text);
}
END_TEST

START_TEST(device_is_read)
{
	struct fake_usb_tree tree;
	struct usb_found found;

	fake_tree_init(&tree);
	fake_tree_plug(&tree, "1-1.4", 17, 0x2b04, 0xd008, ID_A);
	ck_assert(usb_sysfs_read(tree.sysfs, "1-1.4", &found));
	ck_assert_str_eq(found.port, "1-1.4");
	ck_assert_uint_eq(found.bus, 1);
	ck_assert_uint_eq(found.number, 17);
	ck_assert(found.ready);
	ck_assert_uint_eq(found.device.vendor, 0x2b04);
	ck_assert_uint_eq(found.device.product, 0xd008);
	ck_assert_uint_eq(found.device.release, 0x0250);
	ck_assert_str_eq(found.device.serial, ID_A);
}
END_TEST

/* A file that is not there or holds something else: the device is coming or leaving. */
START_TEST(half_a_device_is_none)
{
	static const struct {
		const char *file;
		const char *text; /* NULL: not there */
	} cases[] = {
		{ "busnum", NULL },	   { "devnum", NULL },	      { "idVendor", NULL },
		{ "idProduct", NULL },	   { "bcdDevice", NULL },     { "devnum", "" },
		{ "devnum", "128\n" },	   { "devnum", "-1\n" },      { "busnum", "1x\n" },
		{ "idVendor", "12345\n" }, { "idProduct", "g000\n" },
	};
	struct fake_usb_tree tree;
	struct usb_found found;
	char path[FAKE_TREE_PATH_MAX + 64];

	fake_tree_init(&tree);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fake_tree_plug(&tree, "1-1", 2, 0x2b04, 0xd008, NULL);
		ck_assert(usb_sysfs_read(tree.sysfs, "1-1", &found));
		if (cases[i].text) {
			fake_tree_write(&tree, "1-1", cases[i].file, cases[i].text);
		} else {
			snprintf(path, sizeof(path), "%s/1-1/%s", tree.sysfs, cases[i].file);
			ck_assert_int_eq(unlink(path), 0);
		}
		ck_assert_msg(!usb_sysfs_read(tree.sysfs, "1-1", &found), "case %zu", i);
		fake_tree_unplug(&tree, "1-1");
	}
	ck_assert(!usb_sysfs_read(tree.sysfs, "1-1", &found));
}
END_TEST

/* Until it has an interface, its serial number is not asked for. */
START_TEST(unconfigured_device_is_not_ready)
{
	struct fake_usb_tree tree;
	struct usb_found found;

	fake_tree_init(&tree);
	fake_tree_plug_raw(&tree, "1-1", 2, 0x2b04, 0xd008);
	fake_tree_write(&tree, "1-1", "serial", ID_A "\n");
	ck_assert(usb_sysfs_read(tree.sysfs, "1-1", &found));
	ck_assert(!found.ready);
	ck_assert_str_eq(found.device.serial, "");
	fake_tree_folder(&tree, "1-1", "1-1.2:1.0"); /* of another device: no interface of this */
	ck_assert(usb_sysfs_read(tree.sysfs, "1-1", &found));
	ck_assert(!found.ready);
}
END_TEST

START_TEST(one_is_chosen_among_several)
{
	static const struct {
		struct usb_wanted wanted;
		const char *port; /* NULL: none */
		int code;
	} cases[] = {
		{ { .port = "1-1.1" }, "1-1.1", 0 },
		{ { .port = "1-1.9" }, NULL, 0 },
		{ { .port = "1-1.1", .vendor = 0x2b04 }, "1-1.1", 0 },
		{ { .port = "1-1.1", .vendor = 0x1d50 }, NULL, -EXDEV },
		{ { .port = "1-1.1", .products = { 0xd008 }, .product_count = 1 }, "1-1.1", 0 },
		{ { .port = "1-1.1", .products = { 0xc008, 0xd008 }, .product_count = 2 },
		  "1-1.1",
		  0 },
		{ { .port = "1-1.1", .products = { 0xc008 }, .product_count = 1 }, NULL, -EXDEV },
		{ { .port = "1-1", .vendor = 0x2b04 }, NULL, -EXDEV }, /* a hub */
		{ { .port = "1-1.9", .vendor = 0x2b04 }, NULL, 0 },
		/* two old boards share a number: the port tells which is meant */
		{ { .port = "1-1.2", .serial = OLD }, "1-1.2", 0 },
		{ { .port = "1-1.3", .serial = OLD }, "1-1.3", 0 },
		{ { .serial = OLD }, NULL, -ENOTUNIQ },
		{ { .serial = ID_B }, "1-1.4", 0 },
		{ { .serial = "3b002a000447343138333039" }, "1-1.4", 0 }, /* lower case */
		{ { .serial = "none such" }, NULL, 0 },
		/* an adapter with the number of a board is none */
		{ { .serial = ID_B, .vendor = 0x0403 }, NULL, 0 },
		{ { .serial = "adapter", .vendor = 0x2b04 }, NULL, 0 },
		{ { .serial = OLD, .vendor = 0x2b04 }, NULL, -ENOTUNIQ },
		/* it was on that port, and says no number now */
		{ { .serial = ID_C, .seen_port = "1-1.2", P1_IDS }, "1-1.2", 0 },
		{ { .serial = ID_C, .seen_port = "1-1.6", P1_IDS }, "1-1.6", 0 },
		{ { .serial = ID_C, .seen_port = "1-1.1", P1_IDS }, NULL, 0 }, /* another's id */
		{ { .serial = ID_C, .seen_port = "1-1.5", P1_IDS }, NULL, 0 }, /* no board */
		{ { .serial = ID_C, .seen_port = "1-1.9", P1_IDS }, NULL, 0 },
		{ { .serial = ID_C, .seen_port = "1-1.2" }, NULL, 0 }, /* ids not known: a guess */
		{ { .serial = ID_B, .seen_port = "1-1.2", P1_IDS }, "1-1.4", 0 }, /* it moved */
		/* swapped boards are seen by their device ids only */
		{ { .port = "1-1.1", .serial = ID_A }, "1-1.1", 0 },
		{ { .port = "1-1.1", .serial = ID_B }, NULL, -EXDEV },
		{ { .port = "1-1.1", .serial = OLD }, "1-1.1", 0 },
		{ { .port = "1-1.2", .serial = ID_A }, "1-1.2", 0 },
	};
	struct fake_usb_tree tree;

	fake_tree_init(&tree);
	fake_tree_plug(&tree, "1-1.1", 4, 0x2b04, 0xd008, ID_A);
	fake_tree_plug(&tree, "1-1.2", 5, 0x2b04, 0xc008, OLD);
	fake_tree_plug(&tree, "1-1.3", 6, 0x2b04, 0xc008, OLD);
	fake_tree_plug(&tree, "1-1.4", 7, 0x2b04, 0xc008, ID_B);
	fake_tree_plug(&tree, "1-1.5", 8, 0x0403, 0x6001, "adapter");
	fake_tree_plug_raw(&tree, "1-1.6", 9, 0x2b04, 0xd008);
	fake_tree_plug(&tree, "1-1", 2, 0x05e3, 0x0608, NULL);
	fake_tree_plug(&tree, "usb1", 1, 0x1d6b, 0x0002, "3f980000.usb");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct usb_found found = { .port = "" };
		struct err err = ERR_INIT;
		bool there = false;
		int r = usb_find(tree.sysfs, &cases[i].wanted, &found, &there, &err);

		ck_assert_msg(r == cases[i].code, "case %zu: %d", i, r);
		if (r < 0) {
			ck_assert_int_eq(err.kind, ERR_RIG);
			continue;
		}
		ck_assert_msg(there == (cases[i].port != NULL), "case %zu", i);
		if (there)
			ck_assert_msg(strcmp(found.port, cases[i].port) == 0, "case %zu: %s", i,
				      found.port);
	}
}
END_TEST

START_TEST(error_names_both_ports)
{
	const struct usb_wanted wanted = { .serial = OLD };
	struct usb_found found[2] = { { .port = "1-1.2", .ready = true },
				      { .port = "1-1.3", .ready = true } };
	struct err err = ERR_INIT;
	int chosen = 77;

	snprintf(found[0].device.serial, SLOT_USB_SERIAL_MAX, OLD);
	snprintf(found[1].device.serial, SLOT_USB_SERIAL_MAX, OLD);
	ck_assert_int_eq(usb_choose(&wanted, found, 2, &chosen, &err), -ENOTUNIQ);
	ck_assert_int_eq(chosen, 77);
	ck_assert_ptr_nonnull(strstr(err.text, "1-1.2"));
	ck_assert_ptr_nonnull(strstr(err.text, "1-1.3"));
}
END_TEST

START_TEST(tty_of_a_device)
{
	struct fake_usb_tree tree;
	char tty[CONSOLE_TTY_MAX] = "?";

	fake_tree_init(&tree);
	ck_assert(!console_find_tty(tree.sysfs, "1-1.4", 0, tty));
	fake_tree_plug(&tree, "1-1.4", 9, 0x2b04, 0xc008, ID_A);
	ck_assert(!console_find_tty(tree.sysfs, "1-1.4", 0, tty));
	/* two lines of cdc_acm; the second was named first */
	fake_tree_folder(&tree, "1-1.4", "1-1.4:1.2");
	fake_tree_folder(&tree, "1-1.4", "1-1.4:1.2/tty");
	fake_tree_folder(&tree, "1-1.4", "1-1.4:1.2/tty/ttyACM0");
	fake_tree_folder(&tree, "1-1.4", "1-1.4:1.1");
	fake_tree_folder(&tree, "1-1.4", "1-1.4:1.0/tty");
	ck_assert(console_find_tty(tree.sysfs, "1-1.4", 0, tty));
	ck_assert_str_eq(tty, "ttyACM0");
	fake_tree_folder(&tree, "1-1.4", "1-1.4:1.0/tty/ttyACM7");
	ck_assert(console_find_tty(tree.sysfs, "1-1.4", 0, tty));
	ck_assert_str_eq(tty, "ttyACM7");
	ck_assert(console_find_tty(tree.sysfs, "1-1.4", 1, tty));
	ck_assert_str_eq(tty, "ttyACM0");
	ck_assert(!console_find_tty(tree.sysfs, "1-1.4", 2, tty));
	/* an adapter: its driver puts the port's folder into the interface's */
	fake_tree_plug(&tree, "1-1.5", 10, 0x0403, 0x6001, NULL);
	fake_tree_folder(&tree, "1-1.5", "1-1.5:1.0/ttyUSB3");
	ck_assert(console_find_tty(tree.sysfs, "1-1.5", 0, tty));
	ck_assert_str_eq(tty, "ttyUSB3");
}
END_TEST

/* By number, not by text: interface 10 comes after 9. */
START_TEST(ttys_are_in_the_interfaces_order)
{
	struct fake_usb_tree tree;
	char tty[CONSOLE_TTY_MAX] = "?";

	fake_tree_init(&tree);
	fake_tree_plug_raw(&tree, "1-1", 9, 0x2b04, 0xc008);
	fake_tree_folder(&tree, "1-1", "1-1:1.10");
	fake_tree_folder(&tree, "1-1", "1-1:1.10/ttyUSB0");
	fake_tree_folder(&tree, "1-1", "1-1:1.9");
	fake_tree_folder(&tree, "1-1", "1-1:1.9/ttyUSB1");
	ck_assert(console_find_tty(tree.sysfs, "1-1", 0, tty));
	ck_assert_str_eq(tty, "ttyUSB1");
}
END_TEST

START_TEST(interfaces_by_name)
{
	static const struct {
		const char *name, *port;
		unsigned int number;
	} cases[] = {
		{ "1-1.4:1.0", "1-1.4", 0 },
		{ "3-2:2.11", "3-2", 11 },
		{ "1-1:1.256", NULL, 0 },
		{ "1-1", NULL, 0 },
		{ "1-1:1", NULL, 0 },
		{ "1-1:1.", NULL, 0 },
		{ "1-1:1.x", NULL, 0 },
		{ "1-1:1.0x", NULL, 0 },
		{ "usb1:1.0", NULL, 0 },
		{ ":1.0", NULL, 0 },
		{ "", NULL, 0 },
		{ "serial8250", NULL, 0 },
		{ "1-1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1:1.0", NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char port[USB_PORT_MAX] = "?";
		unsigned int number = 77;

		ck_assert_msg(console_driver_parse(cases[i].name, port, &number) ==
				      (cases[i].port != NULL),
			      "%s", cases[i].name);
		ck_assert_str_eq(port, cases[i].port ? cases[i].port : "?");
		ck_assert_uint_eq(number, cases[i].port ? cases[i].number : 77);
	}
}
END_TEST

START_TEST(events_of_the_usb)
{
#define EVENT(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}
	static const struct {
		struct {
			const char *bytes;
			size_t len;
		} event;
		bool usb;
	} cases[] = {
		{ EVENT("add@/devices/x/usb1/1-1\0ACTION=add\0SUBSYSTEM=usb\0SEQNUM=7\0"), true },
		{ EVENT("add@/devices/x\0SUBSYSTEM=usb_x\0"), false },
		{ EVENT("add@/devices/x\0SUBSYSTEM=us\0"), false },
		{ EVENT("add@/devices/x\0XSUBSYSTEM=usb\0"), false },
		{ EVENT("add@/devices/x\0SUBSYSTEM=tty\0"), false },
		{ EVENT("SUBSYSTEM=usb\0"), true },
		{ EVENT("SUBSYSTEM=usb"), false }, /* cut off: no NUL */
		{ EVENT(""), false },
		{ EVENT("\0\0\0"), false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_msg(usb_events_is_usb(cases[i].event.bytes, cases[i].event.len) ==
				      cases[i].usb,
			      "case %zu", i);
}
END_TEST

START_TEST(events_are_heard_without_waiting)
{
	int fd = usb_events_open();

	if (fd < 0)
		TEST_SKIP("this host's kernel tells no events");
	while (usb_events_drain(fd))
		;
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("usb: what the kernel lists");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, port_paths);
	tcase_add_test(tcase, device_is_read);
	tcase_add_test(tcase, half_a_device_is_none);
	tcase_add_test(tcase, unconfigured_device_is_not_ready);
	tcase_add_test(tcase, one_is_chosen_among_several);
	tcase_add_test(tcase, error_names_both_ports);
	tcase_add_test(tcase, tty_of_a_device);
	tcase_add_test(tcase, ttys_are_in_the_interfaces_order);
	tcase_add_test(tcase, interfaces_by_name);
	tcase_add_test(tcase, events_of_the_usb);
	tcase_add_test(tcase, events_are_heard_without_waiting);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
