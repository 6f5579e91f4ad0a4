/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Presence on a real slot's USB port. */
#include "base/clock.h"
#include "base/macros.h"
#include "lib/testing.h"
#include "lib/usb_desk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ID_A "3b002a000447343138333038"
#define ID_B "3b002a000447343138333039"

enum { P1_DFU = 0xd008, P1_APP = 0xc008, PARTICLE = 0x2b04 };

#define P1_IDS .vendor = PARTICLE, .products = { P1_APP, P1_DFU }, .product_count = 2

static void plug(struct usb_desk *desk, unsigned int number, uint16_t product)
{
	fake_tree_plug(&desk->tree, "1-1.4", number, PARTICLE, product, ID_A);
	ck_assert_int_eq(usb_desk_look(desk, NULL), 0);
}

static void unplug(struct usb_desk *desk)
{
	fake_tree_unplug(&desk->tree, "1-1.4");
	ck_assert_int_eq(usb_desk_look(desk, NULL), 0);
}

static void join(struct usb_desk *desk, enum slot_usb_port port)
{
	ck_assert_int_eq(usb_join(desk->usb, port, NULL), 0);
}

START_TEST(settings_that_name_no_device)
{
	static const struct usb_settings cases[] = {
		{ .port = NULL },
		{ .port = "" },
		{ .port = "usb1" },
		{ .port = "1-1:1.0" },
		{ .serial = "" },
		{ .serial = "0123456789012345678901234567890123456789012345678901234567890123" },
	};
	struct usb *usb = NULL;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;

		ck_assert_msg(usb_open(&cases[i], &usb, &err) == -EINVAL, "case %zu", i);
		ck_assert_int_eq(err.kind, ERR_CONFIG);
		ck_assert_ptr_null(usb);
	}
}
END_TEST

START_TEST(host_without_usb)
{
	const struct usb_settings settings = { .port = "1-1", .sysfs = "/nowhere/at/all" };
	struct usb *usb = NULL;
	struct err err = ERR_INIT;

	fake_libusb();
	ck_assert_int_eq(usb_open(&settings, &usb, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all"));
}
END_TEST

START_TEST(libusb_that_does_not_start)
{
	struct fake_usb_tree tree;
	struct usb *usb = NULL;
	struct err err = ERR_INIT;

	fake_tree_init(&tree);
	fake_libusb()->init_code = FAKE_OTHER;
	ck_assert_int_eq(usb_open(&(struct usb_settings){ .port = "1-1", .sysfs = tree.sysfs },
				  &usb, &err),
			 -EIO);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_ptr_null(usb);
}
END_TEST

START_TEST(parted_has_nothing_on_it)
{
	struct slot_usb_device device = { .vendor = 77 };
	struct usb_desk desk;

	usb_desk_open(&desk, NULL);
	plug(&desk, 5, P1_DFU);
	ck_assert_uint_eq(desk.seen_count, 0);
	ck_assert(!usb_device(desk.usb, &device));
	ck_assert_uint_eq(device.vendor, 77);
	ck_assert(usb_is_listed(desk.usb)); /* the kernel sees it all the same */
	usb_desk_close(&desk);
}
END_TEST

START_TEST(comes_and_leaves)
{
	struct slot_usb_device device;
	struct usb_desk desk;

	usb_desk_open(&desk, NULL);
	join(&desk, SLOT_USB_JOINED);
	ck_assert_uint_eq(desk.seen_count, 0);
	ck_assert(!usb_is_listed(desk.usb));
	plug(&desk, 5, P1_DFU);
	ck_assert_uint_eq(desk.seen_count, 1);
	ck_assert(desk.seen[0].arrived);
	ck_assert_uint_eq(desk.seen[0].device.product, P1_DFU);
	ck_assert(usb_device(desk.usb, &device));
	ck_assert_str_eq(device.serial, ID_A);
	ck_assert_int_eq(usb_due_us(desk.usb), INT64_MAX);
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 1);
	unplug(&desk);
	ck_assert_uint_eq(desk.seen_count, 2);
	ck_assert(!desk.seen[1].arrived);
	ck_assert_uint_eq(desk.seen[1].device.product, P1_DFU);
	ck_assert(!usb_device(desk.usb, &device));
	usb_desk_close(&desk);
}
END_TEST

/* Between two looks: the device that is there now has another number. */
START_TEST(left_and_came_unseen)
{
	struct usb_desk desk;

	usb_desk_open(&desk, NULL);
	join(&desk, SLOT_USB_JOINED);
	plug(&desk, 5, P1_DFU);
	fake_tree_unplug(&desk.tree, "1-1.4");
	plug(&desk, 6, P1_APP);
	ck_assert_uint_eq(desk.seen_count, 3);
	ck_assert(!desk.seen[1].arrived);
	ck_assert_uint_eq(desk.seen[1].device.product, P1_DFU);
	ck_assert(desk.seen[2].arrived);
	ck_assert_uint_eq(desk.seen[2].device.product, P1_APP);
	usb_desk_close(&desk);
}
END_TEST

/* A device has arrived when it can be used: it has a configuration, and a node that opens. */
START_TEST(arrives_when_ready)
{
	char node[FAKE_TREE_PATH_MAX + 16];
	struct usb_desk desk;

	usb_desk_open(&desk, NULL);
	join(&desk, SLOT_USB_JOINED);
	fake_tree_plug_raw(&desk.tree, "1-1.4", 5, PARTICLE, P1_APP);
	snprintf(node, sizeof(node), "%s/001/005", desk.tree.dev);
	ck_assert_int_eq(unlink(node), 0);
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 0);
	ck_assert_int_lt(usb_due_us(desk.usb), INT64_MAX);
	fake_tree_folder(&desk.tree, "1-1.4", "1-1.4:1.0");
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 0);
	fake_tree_unplug(&desk.tree, "1-1.4");
	plug(&desk, 5, P1_APP);
	ck_assert_uint_eq(desk.seen_count, 1);
	usb_desk_close(&desk);
}
END_TEST

/* A node that never opens is the rig's fault, and stays it, until the device leaves. */
START_TEST(node_that_stays_shut_is_an_error)
{
	char node[FAKE_TREE_PATH_MAX + 16];
	struct err err = ERR_INIT;
	struct usb_desk desk;

	usb_desk_open(&desk, NULL);
	join(&desk, SLOT_USB_JOINED);
	fake_tree_plug(&desk.tree, "1-1.4", 5, PARTICLE, P1_APP, ID_A);
	snprintf(node, sizeof(node), "%s/001/005", desk.tree.dev);
	ck_assert_int_eq(unlink(node), 0);
	ck_assert_int_eq(usb_desk_look(&desk, &err), 0);
	desk.usb->refused_since_us -= USB_GRACE_US;
	ck_assert_int_eq(usb_desk_look(&desk, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_ptr_nonnull(strstr(err.text, node));
	ck_assert_int_lt(usb_due_us(desk.usb), INT64_MAX);
	ck_assert_int_eq(usb_desk_look(&desk, &err), -ENOENT);
	unplug(&desk);
	ck_assert_uint_eq(desk.seen_count, 0);
	usb_desk_close(&desk);
}
END_TEST

START_TEST(another_board_is_an_error)
{
	struct err err = ERR_INIT;
	struct usb_desk desk;

	usb_desk_open(&desk, &(struct usb_settings){ .port = "1-1.4", .serial = ID_B });
	join(&desk, SLOT_USB_JOINED);
	fake_tree_plug(&desk.tree, "1-1.4", 5, PARTICLE, P1_APP, ID_A);
	ck_assert_int_eq(usb_desk_look(&desk, &err), -EXDEV);
	ck_assert_ptr_nonnull(strstr(err.text, ID_A));
	ck_assert_ptr_nonnull(strstr(err.text, ID_B));
	ck_assert_int_eq(usb_desk_look(&desk, &err), -EXDEV);
	ck_assert_uint_eq(desk.seen_count, 0);
	usb_desk_close(&desk);
}
END_TEST

/* Something else is where the board should be: told, never talked to, and gone when it is gone. */
START_TEST(another_device_is_an_error)
{
	static const struct slot_usb_setup ask = { 0x80, 6, 0x0100, 0, 18 };
	struct err err = ERR_INIT;
	struct usb_desk desk;

	usb_desk_open(&desk, &(struct usb_settings){ .port = "1-1.4", .board = "p1", P1_IDS });
	join(&desk, SLOT_USB_JOINED);
	fake_tree_plug(&desk.tree, "1-1.3", 6, 0x05e3, 0x0608,
		       NULL); /* elsewhere anything may be */
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_int_eq(usb_check(desk.usb, NULL), 0);
	fake_tree_plug(&desk.tree, "1-1.4", 5, 0x05e3, 0x0608, NULL);
	ck_assert_int_eq(usb_desk_look(&desk, &err), -EXDEV);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.text, "usb port '1-1.4' has 05e3:0608 on it, not a board 'p1' "
				   "(2b04:c008, 2b04:d008)");
	ck_assert_int_eq(usb_check(desk.usb, NULL), -EXDEV);
	ck_assert_uint_eq(desk.seen_count, 0);
	ck_assert(usb_is_listed(desk.usb)); /* what feeds the board would be seen all the same */
	ck_assert_int_eq(usb_desk_ask(&desk, &ask), SLOT_USB_GONE);
	ck_assert_int_eq(desk.lib->open_count, 0);
	fake_tree_unplug(&desk.tree, "1-1.4");
	plug(&desk, 7, P1_APP);
	ck_assert_uint_eq(desk.seen_count, 1);
	usb_desk_close(&desk);
}
END_TEST

/* It is the board's serial number that counts, not the port it was on. */
START_TEST(a_board_without_a_port_is_followed)
{
	struct usb_desk desk;

	usb_desk_open(&desk, &(struct usb_settings){ .serial = ID_A, .board = "p1", P1_IDS });
	join(&desk, SLOT_USB_JOINED);
	fake_tree_plug(&desk.tree, "1-1.3", 6, PARTICLE, P1_APP, ID_B);
	fake_tree_plug(&desk.tree, "1-1.2", 5, 0x0403, 0x6001, ID_A); /* no board */
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 0);
	fake_tree_plug(&desk.tree, "2-7", 4, PARTICLE, P1_APP, ID_A);
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_str_eq(desk.usb->now.port, "2-7");
	fake_tree_unplug(&desk.tree, "2-7");
	fake_tree_plug(&desk.tree, "1-1.1", 8, PARTICLE, P1_APP, ID_A);
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 3); /* there, gone, there again */
	ck_assert_str_eq(desk.usb->now.port, "1-1.1");
	/* an old bootloader on the same port says another number */
	fake_tree_unplug(&desk.tree, "1-1.1");
	fake_tree_plug(&desk.tree, "1-1.1", 9, PARTICLE, P1_DFU, "00000000050C");
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 5);
	ck_assert_uint_eq(desk.seen[4].device.product, P1_DFU);
	ck_assert(usb_is_listed(desk.usb));
	/* the board of the neighbour takes its port: that is not ours */
	fake_tree_unplug(&desk.tree, "1-1.1");
	fake_tree_plug(&desk.tree, "1-1.1", 10, PARTICLE, P1_APP, ID_B);
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 6);
	ck_assert(!usb_is_listed(desk.usb));
	usb_desk_close(&desk);
}
END_TEST

START_TEST(two_boards_with_one_number_are_told)
{
	struct err err = ERR_INIT;
	struct usb_desk desk;

	usb_desk_open(&desk, &(struct usb_settings){ .serial = "00000000050C", P1_IDS });
	join(&desk, SLOT_USB_JOINED);
	fake_tree_plug(&desk.tree, "1-1.3", 6, PARTICLE, P1_APP, "00000000050C");
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 1);
	fake_tree_plug(&desk.tree, "2-7", 4, PARTICLE, P1_DFU, "00000000050C");
	ck_assert_int_eq(usb_desk_look(&desk, &err), -ENOTUNIQ);
	ck_assert_ptr_nonnull(strstr(err.text, "'1-1.3'"));
	ck_assert_ptr_nonnull(strstr(err.text, "'2-7'"));
	ck_assert_ptr_nonnull(strstr(err.text, ": the bench file must name the port"));
	ck_assert_int_eq(usb_check(desk.usb, NULL), -ENOTUNIQ);
	usb_desk_close(&desk);
}
END_TEST

START_TEST(found_by_serial_number_alone)
{
	struct usb_desk desk;

	usb_desk_open(&desk, &(struct usb_settings){ .serial = ID_A });
	join(&desk, SLOT_USB_JOINED);
	fake_tree_plug(&desk.tree, "1-1.3", 6, PARTICLE, P1_APP, ID_B);
	ck_assert(!usb_is_listed(desk.usb));
	fake_tree_plug(&desk.tree, "2-7", 5, PARTICLE, P1_APP, ID_A);
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 1);
	ck_assert_str_eq(desk.usb->now.port, "2-7");
	ck_assert(usb_is_listed(desk.usb));
	usb_desk_close(&desk);
}
END_TEST

/* Without a switch, parting lets go, and joining finds what is still there. */
START_TEST(parted_and_joined)
{
	struct usb_desk desk;

	usb_desk_open(&desk, NULL);
	join(&desk, SLOT_USB_JOINED);
	plug(&desk, 5, P1_APP);
	join(&desk, SLOT_USB_PARTED);
	ck_assert_uint_eq(desk.seen_count, 2);
	ck_assert(!desk.seen[1].arrived);
	join(&desk, SLOT_USB_PARTED);
	ck_assert_uint_eq(desk.seen_count, 2);
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 2);
	join(&desk, SLOT_USB_JOINED);
	ck_assert_uint_eq(desk.seen_count, 3);
	ck_assert(desk.seen[2].arrived);
	usb_desk_close(&desk);
}
END_TEST

/* With one, what the kernel still lists is of before and does not count, until it comes anew or has
 * been there too long to be that. */
START_TEST(switched_port_shows_what_comes_anew)
{
	struct usb_desk desk;

	usb_desk_open(&desk, &(struct usb_settings){ .port = "1-1.4", .vbus.set = usb_desk_vbus });
	ck_assert_int_eq(desk.vbus_count, 0);
	plug(&desk, 5, P1_APP);
	join(&desk, SLOT_USB_JOINED);
	ck_assert_int_eq(desk.vbus_count, 1);
	ck_assert_int_eq(desk.vbus, SLOT_USB_JOINED);
	ck_assert_uint_eq(desk.seen_count, 1); /* it was powered all the time */
	join(&desk, SLOT_USB_PARTED);
	ck_assert_int_eq(desk.vbus, SLOT_USB_PARTED);
	ck_assert_uint_eq(desk.seen_count, 2);
	join(&desk, SLOT_USB_JOINED);
	ck_assert_uint_eq(desk.seen_count, 2);
	ck_assert_int_lt(usb_due_us(desk.usb), INT64_MAX);
	fake_tree_unplug(&desk.tree, "1-1.4");
	plug(&desk, 6, P1_APP);
	ck_assert_uint_eq(desk.seen_count, 3);
	join(&desk, SLOT_USB_PARTED);
	join(&desk, SLOT_USB_JOINED);
	ck_assert_uint_eq(desk.seen_count, 4);
	desk.usb->stale_until_us = clock_now_us();
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 5); /* the switch was too short for the hub */
	usb_desk_close(&desk);
}
END_TEST

START_TEST(switch_that_is_stuck)
{
	struct err err = ERR_INIT;
	struct usb_desk desk;

	usb_desk_open(&desk, &(struct usb_settings){ .port = "1-1.4", .vbus.set = usb_desk_vbus });
	plug(&desk, 5, P1_APP);
	desk.vbus_code = -EIO;
	ck_assert_int_eq(usb_join(desk.usb, SLOT_USB_JOINED, &err), -EIO);
	ck_assert_uint_eq(desk.seen_count, 0);
	desk.vbus_code = 0;
	join(&desk, SLOT_USB_JOINED);
	desk.vbus_code = -EIO;
	ck_assert_int_eq(usb_join(desk.usb, SLOT_USB_PARTED, &err), -EIO);
	ck_assert_uint_eq(desk.seen_count, 2); /* it is not used any more all the same */
	usb_desk_close(&desk);
}
END_TEST

START_TEST(power_that_goes_takes_the_device_along)
{
	struct slot_usb_device device;
	struct usb_desk desk;
	int64_t off_us;

	usb_desk_open(&desk, NULL);
	join(&desk, SLOT_USB_JOINED);
	plug(&desk, 5, P1_APP);
	off_us = clock_now_us() - 10;
	usb_power(desk.usb, SLOT_POWER_OFF, off_us);
	usb_power(desk.usb, SLOT_POWER_OFF, off_us + 1);
	ck_assert_uint_eq(desk.seen_count, 2);
	ck_assert(!desk.seen[1].arrived);
	ck_assert_int_eq(desk.seen[1].t_us, off_us);
	ck_assert(!usb_device(desk.usb, &device));
	ck_assert(usb_is_listed(desk.usb)); /* the hub has not noticed yet */
	ck_assert_int_eq(usb_desk_look(&desk, NULL), 0);
	usb_power(desk.usb, SLOT_POWER_ON, clock_now_us());
	ck_assert_int_eq(usb_step(desk.usb, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 2); /* nor now */
	unplug(&desk);
	ck_assert_uint_eq(desk.seen_count, 2);
	plug(&desk, 6, P1_APP);
	ck_assert_uint_eq(desk.seen_count, 3);
	usb_power(desk.usb, SLOT_POWER_OFF, clock_now_us());
	unplug(&desk);
	ck_assert_uint_eq(desk.seen_count, 4);
	plug(&desk, 6, P1_APP); /* fed by something else: without power nothing counts */
	ck_assert_uint_eq(desk.seen_count, 4);
	usb_desk_close(&desk);
}
END_TEST

static int on_status(void *ctx, const uint8_t setup[8], uint8_t *data)
{
	static const uint8_t get_status[8] = { 0x80, 0, 0, 0, 0, 0, 2, 0 };
	const int *result = ctx;

	ck_assert_mem_eq(setup, get_status, sizeof(get_status));
	if (*result >= 2)
		memset(data, 0, 2);
	return *result;
}

/* A hub may be late to notice; what answers is fed, and so is what is listed for long. */
START_TEST(a_device_that_is_fed)
{
	struct slot_usb_device device;
	struct usb_desk desk;
	int result = FAKE_IO;

	usb_desk_open(&desk, NULL);
	desk.lib->control = on_status;
	desk.lib->control_ctx = &result;
	join(&desk, SLOT_USB_JOINED);
	plug(&desk, 5, P1_APP);
	ck_assert(!usb_fed(desk.usb, &device)); /* power is on */
	usb_power(desk.usb, SLOT_POWER_OFF, clock_now_us());
	ck_assert(!usb_fed(desk.usb, &device));
	ck_assert_int_eq(desk.lib->open_count, 0);
	result = 2;
	ck_assert(usb_fed(desk.usb, &device));
	ck_assert_uint_eq(device.product, P1_APP);
	ck_assert_int_eq(desk.lib->open_count, 0);
	ck_assert_uint_eq(desk.seen_count, 2);
	unplug(&desk);
	ck_assert(!usb_fed(desk.usb, &device));
	/* silent, and listed for longer than any hub takes */
	plug(&desk, 6, P1_DFU);
	result = FAKE_TIMEOUT;
	usb_power(desk.usb, SLOT_POWER_ON, clock_now_us());
	usb_power(desk.usb, SLOT_POWER_OFF, clock_now_us() - USB_STALE_US);
	ck_assert(usb_fed(desk.usb, &device));
	ck_assert_uint_eq(device.product, P1_DFU);
	usb_desk_close(&desk);
}
END_TEST

/* Power off for a millisecond: a hub may not notice, and the board is there as before. */
START_TEST(listing_of_before_counts_in_the_end)
{
	struct usb_desk desk;
	int64_t now_us;

	usb_desk_open(&desk, NULL);
	join(&desk, SLOT_USB_JOINED);
	plug(&desk, 5, P1_APP);
	now_us = clock_now_us();
	usb_power(desk.usb, SLOT_POWER_OFF, now_us);
	usb_power(desk.usb, SLOT_POWER_ON, now_us - USB_STALE_US);
	ck_assert_int_eq(usb_step(desk.usb, NULL), 0);
	ck_assert_uint_eq(desk.seen_count, 3);
	ck_assert(desk.seen[2].arrived);
	usb_desk_close(&desk);
}
END_TEST

/* Where the kernel tells nothing, looking is by the clock. */
START_TEST(looks_by_itself_without_events)
{
	struct usb_desk desk;
	int64_t due_us;

	usb_desk_open(&desk, NULL);
	if (desk.usb->events_fd >= 0)
		close(desk.usb->events_fd);
	desk.usb->events_fd = -1;
	join(&desk, SLOT_USB_JOINED);
	due_us = usb_due_us(desk.usb);
	ck_assert_int_le(due_us, clock_now_us() + USB_LOOK_US);
	plug(&desk, 5, P1_APP);
	ck_assert_uint_eq(desk.seen_count, 1);
	ck_assert_int_lt(usb_due_us(desk.usb), INT64_MAX);
	usb_desk_close(&desk);
}
END_TEST

START_TEST(events_that_fail_are_the_rigs)
{
	static const struct {
		int code, result;
	} cases[] = {
		{ FAKE_INTERRUPTED, 0 },
		{ FAKE_NO_DEVICE, 0 },
		{ FAKE_IO, -EIO },
		{ FAKE_OTHER, -EIO },
	};
	struct usb_desk desk;

	usb_desk_open(&desk, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;

		desk.lib->events_code = cases[i].code;
		ck_assert_msg(usb_step(desk.usb, &err) == cases[i].result, "case %zu", i);
		ck_assert_int_eq(err.kind, cases[i].result ? ERR_RIG : ERR_NONE);
	}
	usb_desk_close(&desk);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		settings_that_name_no_device,
		host_without_usb,
		libusb_that_does_not_start,
		parted_has_nothing_on_it,
		comes_and_leaves,
		left_and_came_unseen,
		arrives_when_ready,
		node_that_stays_shut_is_an_error,
		another_board_is_an_error,
		another_device_is_an_error,
		a_board_without_a_port_is_followed,
		two_boards_with_one_number_are_told,
		found_by_serial_number_alone,
		parted_and_joined,
		switched_port_shows_what_comes_anew,
		switch_that_is_stuck,
		power_that_goes_takes_the_device_along,
		a_device_that_is_fed,
		listing_of_before_counts_in_the_end,
		looks_by_itself_without_events,
		events_that_fail_are_the_rigs,
	};
	Suite *suite = suite_create("usb: presence");
	TCase *tcase = tcase_create("all");

	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
