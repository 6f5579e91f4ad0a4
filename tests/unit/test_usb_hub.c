/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Power of hub ports, by the kernel's file and by the hub's requests. */
#include "base/macros.h"
#include "bench/linux/usb_hub.h"
#include "lib/fake_libusb.h"
#include "lib/fake_usb_tree.h"
#include "lib/testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PORTS = 4, INDIVIDUAL = 1, GANGED = 0, NONE = 2 };

/* A hub behind libusb's calls. */
struct hub {
	struct fake_usb_tree tree;
	struct usb_hub_roots roots;
	struct fake_libusb *lib;
	int switching;
	bool on[PORTS + 1];
	unsigned int comes_back; /* so often, a port that was switched off is on again */
	int code;		 /* that all requests end with */
	int short_by;		 /* so many bytes are missing */
	uint8_t descriptor_type;
	bool super;
};

static int control(void *ctx, const uint8_t setup[8], uint8_t *data)
{
	struct hub *hub = ctx;
	unsigned int port = setup[4];

	if (hub->code)
		return hub->code;
	if (setup[0] == 0xa0 && setup[1] == 6) {
		const uint8_t bytes[9] = {
			9, hub->descriptor_type, PORTS, (uint8_t)hub->switching, 0, 50, 100
		};

		ck_assert_uint_eq(setup[3], hub->super ? 0x2a : 0x29);
		memcpy(data, bytes, sizeof(bytes));
		return (int)sizeof(bytes) - hub->short_by;
	}
	ck_assert_uint_ge(port, 1);
	ck_assert_uint_le(port, PORTS);
	if (setup[0] == 0xa3 && setup[1] == 0) {
		memset(data, 0, 4);
		if (hub->on[port])
			data[1] = hub->super ? 2 : 1;
		if (!hub->on[port] && hub->comes_back > 0) {
			hub->comes_back--;
			hub->on[port] = true;
		}
		return 4 - hub->short_by;
	}
	ck_assert_uint_eq(setup[0], 0x23);
	ck_assert_uint_eq(setup[2], 8); /* PORT_POWER */
	hub->on[port] = setup[1] == 3;
	return 0;
}

/* Hub "1-1" on the first bus, whose root hub is "usb1". */
static void hub_init(struct hub *hub)
{
	*hub = (struct hub){ .lib = fake_libusb(),
			     .switching = INDIVIDUAL,
			     .descriptor_type = 0x29 };
	fake_tree_init(&hub->tree);
	hub->roots = (struct usb_hub_roots){ hub->tree.sysfs, hub->tree.dev };
	hub->lib->control = control;
	hub->lib->control_ctx = hub;
	for (int i = 0; i <= PORTS; i++)
		hub->on[i] = true;
	fake_tree_plug(&hub->tree, "usb1", 1, 0x1d6b, 0x0002, NULL);
	fake_tree_folder(&hub->tree, "usb1", "1-0:1.0");
	fake_tree_plug(&hub->tree, "1-1", 2, 0x05e3, 0x0608, NULL);
	fake_tree_write(&hub->tree, "1-1", "speed", "480\n");
}

/* The kernel's folder of a port, with the file that switches it. */
static void add_port(struct hub *hub, const char *device, const char *folder)
{
	char name[128];

	fake_tree_folder(&hub->tree, device, folder);
	snprintf(name, sizeof(name), "%s/disable", folder);
	fake_tree_write(&hub->tree, device, name, "?");
}

static void hub_release(const struct hub *hub)
{
	ck_assert_int_eq(hub->lib->open_count, 0);
	ck_assert_int_eq(hub->lib->context_count, 0);
}

START_TEST(hub_and_port_of_a_path)
{
	static const struct {
		const char *path, *hub;
		unsigned int port;
	} cases[] = {
		{ "1-1", "usb1", 1 },	 { "3-14", "usb3", 14 },
		{ "1-1.2", "1-1", 2 },	 { "1-1.2.10", "1-1.2", 10 },
		{ "12-3.4", "12-3", 4 }, { "1-127", "usb1", 127 },
		{ "1-128", NULL, 0 },	 { "1-99999999999", NULL, 0 },
		{ "usb1", NULL, 0 },	 { "", NULL, 0 },
		{ "1", NULL, 0 },	 { "1-1.", NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char hub[USB_PORT_MAX];
		unsigned int port = 0;
		bool is = usb_hub_of_port(cases[i].path, hub, &port);

		ck_assert_msg(is == (cases[i].hub != NULL), "%s", cases[i].path);
		if (!is)
			continue;
		ck_assert_str_eq(hub, cases[i].hub);
		ck_assert_uint_eq(port, cases[i].port);
	}
}
END_TEST

START_TEST(descriptors)
{
	static const struct {
		uint8_t bytes[9];
		size_t len;
		bool valid;
		enum hub_switching switching;
	} cases[] = {
		{ { 9, 0x29, 4, 0x00, 0, 50, 100 }, 9, true, HUB_SWITCHING_GANGED },
		{ { 9, 0x29, 4, 0x01, 0, 50, 100 }, 9, true, HUB_SWITCHING_EACH },
		{ { 9, 0x29, 4, 0x02, 0, 50, 100 }, 9, true, HUB_SWITCHING_NONE },
		{ { 9, 0x29, 4, 0x03, 0, 50, 100 }, 9, true, HUB_SWITCHING_NONE },
		/* overcurrent and indicator bits do not matter */
		{ { 9, 0x29, 4, 0xe9, 0xff, 50, 100 }, 9, true, HUB_SWITCHING_EACH },
		{ { 12, 0x2a, 4, 0x09, 0, 50, 100 }, 9, true, HUB_SWITCHING_EACH },
		{ { 9, 0x29, 4, 0x01, 0, 50, 100 }, 7, true, HUB_SWITCHING_EACH },
		{ { 9, 0x29, 4, 0x01, 0, 50, 100 }, 6, false, HUB_SWITCHING_UNKNOWN },
		{ { 9, 0x29, 4, 0x01, 0, 50, 100 }, 0, false, HUB_SWITCHING_UNKNOWN },
		{ { 6, 0x29, 4, 0x01, 0, 50, 100 }, 9, false, HUB_SWITCHING_UNKNOWN },
		{ { 9, 0x28, 4, 0x01, 0, 50, 100 }, 9, false, HUB_SWITCHING_UNKNOWN },
		{ { 9, 0x29, 0, 0x01, 0, 50, 100 }, 9, false, HUB_SWITCHING_UNKNOWN },
		{ { 9, 0x29, 128, 0x01, 0, 50, 100 }, 9, false, HUB_SWITCHING_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct usb_hub_descriptor got = { 0 };

		ck_assert_msg(usb_hub_parse(cases[i].bytes, cases[i].len, &got) == cases[i].valid,
			      "case %zu", i);
		ck_assert_msg(got.switching == cases[i].switching, "case %zu", i);
	}
}
END_TEST

START_TEST(switching_is_asked_of_the_hub)
{
	static const struct {
		int switching;
		enum hub_switching expected;
	} cases[] = {
		{ GANGED, HUB_SWITCHING_GANGED },
		{ INDIVIDUAL, HUB_SWITCHING_EACH },
		{ NONE, HUB_SWITCHING_NONE },
	};
	enum hub_switching got;
	struct hub hub;

	hub_init(&hub);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		hub.switching = cases[i].switching;
		ck_assert_int_eq(usb_hub_switching_at(&hub.roots, "1-1.2", &got, NULL), 0);
		ck_assert_int_eq(got, cases[i].expected);
		ck_assert_int_eq(usb_hub_switching_at(&hub.roots, "1-3", &got, NULL), 0);
	}
	hub_release(&hub);
}
END_TEST

START_TEST(switched_by_request)
{
	enum hub_power power = HUB_POWER_OFF;
	struct hub hub;

	hub_init(&hub);
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_OFF, NULL), 0);
	ck_assert(hub.on[1] && !hub.on[2] && hub.on[3] && hub.on[4]);
	ck_assert_int_eq(usb_hub_get_at(&hub.roots, "1-1.1", &power, NULL), 0);
	ck_assert_int_eq(power, HUB_POWER_ON);
	ck_assert_int_eq(usb_hub_get_at(&hub.roots, "1-1.2", &power, NULL), 0);
	ck_assert_int_eq(power, HUB_POWER_OFF);
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_ON, NULL), 0);
	ck_assert(hub.on[2]);
	hub_release(&hub);
}
END_TEST

/* The kernel switches a port on again when it sees the device leave. */
START_TEST(port_that_comes_back_is_switched_off_again)
{
	struct err err = ERR_INIT;
	struct hub hub;

	hub_init(&hub);
	hub.comes_back = 1;
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_OFF, NULL), 0);
	ck_assert(!hub.on[2]);
	hub.comes_back = 100;
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_OFF, &err), -EIO);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_ptr_nonnull(strstr(err.text, "does not stay"));
	hub_release(&hub);
}
END_TEST

START_TEST(kernels_file_is_preferred)
{
	struct hub hub;
	char text[64];

	hub_init(&hub);
	add_port(&hub, "1-1", "1-1:1.0/1-1-port2");
	add_port(&hub, "usb1", "1-0:1.0/usb1-port3");
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_OFF, NULL), 0);
	fake_tree_read(&hub.tree, "1-1", "1-1:1.0/1-1-port2/disable", text);
	ck_assert_str_eq(text, "1");
	ck_assert(hub.on[2]);
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_ON, NULL), 0);
	fake_tree_read(&hub.tree, "1-1", "1-1:1.0/1-1-port2/disable", text);
	ck_assert_str_eq(text, "0");
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-3", HUB_POWER_OFF, NULL), 0);
	fake_tree_read(&hub.tree, "usb1", "1-0:1.0/usb1-port3/disable", text);
	ck_assert_str_eq(text, "1");
	hub_release(&hub);
}
END_TEST

/* The VBUS of a USB 3 socket is off only when both its ports are. */
START_TEST(both_halves_of_a_socket)
{
	char link[FAKE_TREE_PATH_MAX + 64], text[64];
	struct hub hub;

	hub_init(&hub);
	add_port(&hub, "1-1", "1-1:1.0/1-1-port2");
	fake_tree_plug(&hub.tree, "2-1", 2, 0x05e3, 0x0620, NULL);
	fake_tree_write(&hub.tree, "2-1", "speed", "5000\n");
	add_port(&hub, "2-1", "2-1:1.0/2-1-port2");
	snprintf(link, sizeof(link), "%s/1-1/1-1:1.0/1-1-port2/peer", hub.tree.sysfs);
	ck_assert_int_eq(symlink("../../../2-1/2-1:1.0/2-1-port2", link), 0);
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_OFF, NULL), 0);
	fake_tree_read(&hub.tree, "1-1", "1-1:1.0/1-1-port2/disable", text);
	ck_assert_str_eq(text, "1");
	fake_tree_read(&hub.tree, "2-1", "2-1:1.0/2-1-port2/disable", text);
	ck_assert_str_eq(text, "1");
	hub_release(&hub);
}
END_TEST

START_TEST(neighbours_are_on_both_buses)
{
	char link[FAKE_TREE_PATH_MAX + 64], text[HUB_TEXT_MAX];
	struct hub hub;

	hub_init(&hub);
	add_port(&hub, "1-1", "1-1:1.0/1-1-port2");
	fake_tree_plug(&hub.tree, "2-1", 2, 0x05e3, 0x0620, NULL);
	snprintf(link, sizeof(link), "%s/1-1/1-1:1.0/1-1-port2/peer", hub.tree.sysfs);
	ck_assert_int_eq(symlink("../../../2-1/2-1:1.0/2-1-port2", link), 0);
	fake_tree_plug(&hub.tree, "1-1.2", 5, 0x2b04, 0xc008, NULL);
	fake_tree_plug(&hub.tree, "1-1.3", 6, 0x0bda, 0x5411, NULL);
	fake_tree_plug(&hub.tree, "2-1.2", 7, 0x2b04, 0xc00a, NULL);
	fake_tree_plug(&hub.tree, "2-1.4", 8, 0x0781, 0x5581, NULL);
	usb_hub_neighbours_at(&hub.roots, "1-1.2", text);
	ck_assert_str_eq(text, "1-1.3 (0bda:5411), 2-1.4 (0781:5581)");
	hub_release(&hub);
}
END_TEST

START_TEST(ports_of_one_hub)
{
	static const struct {
		const char *port, *other;
		bool together;
	} cases[] = {
		{ "1-1.2", "1-1.4", true },    { "1-1.2", "1-1.2", true },
		{ "1-1", "1-4", true },	       { "1-1.2", "1-1.4.1", false },
		{ "1-1.2", "2-1.4", false },   { "1-1.2", "1-11.4", false },
		{ "1-1.2", "1-1", false },     { "1-1.2", "", false },
		{ "rubbish", "1-1.2", false }, { "", "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_msg(hub_ports_together(cases[i].port, cases[i].other) ==
				      cases[i].together,
			      "%s %s", cases[i].port, cases[i].other);
}
END_TEST

START_TEST(super_speed_hub_has_words_of_its_own)
{
	enum hub_power power = HUB_POWER_OFF;
	struct hub hub;

	hub_init(&hub);
	hub.super = true;
	hub.descriptor_type = 0x2a;
	fake_tree_write(&hub.tree, "1-1", "speed", "10000\n");
	ck_assert_int_eq(usb_hub_get_at(&hub.roots, "1-1.2", &power, NULL), 0);
	ck_assert_int_eq(power, HUB_POWER_ON);
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_OFF, NULL), 0);
	ck_assert(!hub.on[2]);
	hub_release(&hub);
}
END_TEST

/* Its power goes when the last port is told, so all are; whom that hits can be asked. */
START_TEST(ganged_hub)
{
	char text[HUB_TEXT_MAX];
	struct hub hub;

	hub_init(&hub);
	hub.switching = GANGED;
	usb_hub_neighbours_at(&hub.roots, "1-1.2", text);
	ck_assert_str_eq(text, "");
	fake_tree_plug(&hub.tree, "1-1.2", 5, 0x2b04, 0xc008, NULL);
	fake_tree_plug(&hub.tree, "1-1.4", 6, 0x0bda, 0x5411, NULL);
	fake_tree_plug(&hub.tree, "1-1.4.1", 7, 0x2b04, 0xc008, NULL);
	usb_hub_neighbours_at(&hub.roots, "1-1.2", text);
	ck_assert_str_eq(text, "1-1.4 (0bda:5411)");
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_OFF, NULL), 0);
	for (int i = 1; i <= PORTS; i++)
		ck_assert(!hub.on[i]);
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_ON, NULL), 0);
	for (int i = 1; i <= PORTS; i++)
		ck_assert(hub.on[i]);
	hub_release(&hub);
}
END_TEST

START_TEST(neighbours_end_with_the_text)
{
	char text[HUB_TEXT_MAX], port[16];
	struct hub hub;

	hub_init(&hub);
	for (unsigned int i = 1; i <= 31; i++) {
		snprintf(port, sizeof(port), "1-1.%u", i);
		fake_tree_plug(&hub.tree, port, 10 + i, 0x2b04, 0xc008, NULL);
	}
	usb_hub_neighbours_at(&hub.roots, "1-1.2", text);
	ck_assert_uint_gt(strlen(text), 100);
	ck_assert_uint_lt(strlen(text), sizeof(text));
	usb_hub_neighbours_at(&hub.roots, "rubbish", text);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(what_a_hub_cannot_do)
{
	static const struct {
		const char *path;
		int code;
		const char *text;
	} cases[] = {
		{ "1-9.1", -ENODEV, "no hub '1-9'" },
		{ "7-1", -ENODEV, "no hub 'usb7'" },
		{ "rubbish", -EINVAL, "no usb port path" },
		{ "1-1.5", -ENODEV, "4 ports" },
	};
	enum hub_switching switching = HUB_SWITCHING_UNKNOWN;
	struct err err = ERR_INIT;
	struct hub hub;

	hub_init(&hub);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert_int_eq(usb_hub_set_at(&hub.roots, cases[i].path, HUB_POWER_OFF, &err),
				 cases[i].code);
		ck_assert_int_eq(err.kind, ERR_RIG);
		ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%s", err.text);
		ck_assert_int_eq(usb_hub_switching_at(&hub.roots, cases[i].path, &switching, NULL),
				 cases[i].code);
	}
	ck_assert_int_eq(switching, HUB_SWITCHING_UNKNOWN);
	hub.switching = NONE;
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_OFF, &err), -EOPNOTSUPP);
	hub_release(&hub);
}
END_TEST

START_TEST(requests_that_fail)
{
	static const struct {
		int code, short_by;
		uint8_t descriptor_type;
		int expected;
	} cases[] = {
		{ FAKE_NO_DEVICE, 0, 0x29, -ENODEV },
		{ FAKE_PIPE, 0, 0x29, -EIO },
		{ FAKE_TIMEOUT, 0, 0x29, -EIO },
		{ FAKE_IO, 0, 0x29, -EIO },
		{ FAKE_OTHER, 0, 0x29, -EIO },
		{ 0, 3, 0x29, -EIO },
		{ 0, 0, 0x77, -EPROTO },
	};
	enum hub_power power = (enum hub_power)77;
	struct err err = ERR_INIT;
	struct hub hub;

	hub_init(&hub);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		hub.code = cases[i].code;
		hub.short_by = cases[i].short_by;
		hub.descriptor_type = cases[i].descriptor_type;
		ck_assert_msg(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_OFF, &err) ==
				      cases[i].expected,
			      "case %zu: %s", i, err.text);
		ck_assert_int_eq(err.kind, ERR_RIG);
		if (cases[i].expected != -EPROTO)
			ck_assert_int_eq(usb_hub_get_at(&hub.roots, "1-1.2", &power, NULL),
					 cases[i].expected);
	}
	ck_assert_int_eq(power, 77);
	hub.code = 0;
	hub.lib->wrap_code = FAKE_ACCESS;
	ck_assert_int_eq(usb_hub_get_at(&hub.roots, "1-1.2", &power, &err), -EIO);
	hub.lib->wrap_code = 0;
	hub.lib->init_code = FAKE_NO_MEM;
	ck_assert_int_eq(usb_hub_get_at(&hub.roots, "1-1.2", &power, &err), -EIO);
	hub_release(&hub);
}
END_TEST

/* As nobody: all nodes are shut, and what is named is what would help. */
START_TEST(permission)
{
	struct err err = ERR_INIT;
	char path[FAKE_TREE_PATH_MAX + 64], text[64];
	struct hub hub;

	hub_init(&hub);
	add_port(&hub, "1-1", "1-1:1.0/1-1-port2");
	snprintf(path, sizeof(path), "%s/1-1/1-1:1.0/1-1-port2/disable", hub.tree.sysfs);
	ck_assert_int_eq(chmod(path, 0666), 0);
	if (!fake_tree_become_nobody(&hub.tree))
		TEST_SKIP("only root can give its rights up");
	/* may write the kernel's file, may not ask the hub */
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.2", HUB_POWER_OFF, &err), 0);
	fake_tree_read(&hub.tree, "1-1", "1-1:1.0/1-1-port2/disable", text);
	ck_assert_str_eq(text, "1");
	ck_assert_int_eq(usb_hub_set_at(&hub.roots, "1-1.3", HUB_POWER_OFF, &err), -EACCES);
	ck_assert_ptr_nonnull(strstr(err.text, "group 'root'"));
	ck_assert_ptr_nonnull(strstr(err.text, "001/002"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		hub_and_port_of_a_path,
		descriptors,
		switching_is_asked_of_the_hub,
		switched_by_request,
		port_that_comes_back_is_switched_off_again,
		kernels_file_is_preferred,
		both_halves_of_a_socket,
		neighbours_are_on_both_buses,
		ports_of_one_hub,
		super_speed_hub_has_words_of_its_own,
		ganged_hub,
		neighbours_end_with_the_text,
		what_a_hub_cannot_do,
		requests_that_fail,
		permission,
	};
	Suite *suite = suite_create("usb: power of hub ports");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 30);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
