/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The planted defects that an update over the air shows: each is triggered deliberately and seen,
 * and the same trigger does no harm to the healthy build (reference/common/defects.h). And messages
 * of every kind of nonsense, to the healthy build.
 */
#include "base/rng.h"
#include "image/image.h"
#include "lib/device.h"
#include "lib/testing.h"
#include "vboard/vboard_test.h"

#include <stdlib.h>
#include <string.h>

enum {
	ONLINE_MS = 2600,
	UPDATE_MS = 12000,
	APPLIED_MS = 6500,
	CHUNK = 512,
	EVENT_MS = 10000, /* the application publishes when its time is a multiple of this */
	PADDED_MAX = 64 * CHUNK,
	NONSENSE_ROUNDS = 300,
};

static struct device *open_online(const char *from, const char *to)
{
	struct device *dev = device_new(from, to);

	device_go_online(dev);
	device_boot(dev, 0);
	device_run_online(dev, ONLINE_MS);
	ck_assert_uint_eq(dev->peer.hellos, 1);
	return dev;
}

static void run_to(struct device *dev, enum cloud_phase phase)
{
	for (int ms = 0; ms < UPDATE_MS && dev->peer.phase != phase; ms += 10)
		device_run_online(dev, 10);
	ck_assert_int_eq(dev->peer.phase, phase);
}

static bool told(const struct device *dev, const char *event)
{
	return strstr(dev->peer.events, event) != NULL;
}

static struct cloud_update update_of(const struct device *dev, enum device_part part)
{
	const struct image *image = device_image(dev, part);

	return (struct cloud_update){ CLOUD_UPDATE_WELL, .bytes = image->bytes, .len = image->len,
				      .fast = true };
}

/* An update of part 1 of a multiple of 8 chunks, or of another number; or part 2 without part 1. */
static const struct silent_row {
	bool healthy;
	enum device_part part;
	bool by_eight;
	bool installed;
	const char *result;
	const char *reset;
} silents[] = {
	{ false, DEVICE_PART1, true, false, "", "last_reset=70\n" },
	{ false, DEVICE_PART1, false, true, "", "last_reset=70\n" },
	{ false, DEVICE_PART2, false, false, "", "last_reset=70\n" },
	{ true, DEVICE_PART1, true, true, "{\"r\":\"ok\"}", "last_reset=70\n" },
	{ true, DEVICE_PART2, false, false, "{\"r\":\"error\"}", "last_reset=80\n" },
};

START_TEST(silent_update)
{
	const struct silent_row *row = &silents[_i];
	struct device *dev =
		open_online(row->healthy ? "robust-1.0" : "silent-update", "robust-1.1");
	struct cloud_update update = update_of(dev, row->part);
	uint8_t *bytes = calloc(1, PADDED_MAX);
	size_t chunks = (update.len + CHUNK - 1) / CHUNK;

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, update.bytes, update.len);
	if (row->by_eight)
		chunks = (chunks + 7) / 8 * 8;
	else if (chunks % 8 == 0)
		chunks++;
	update.bytes = bytes;
	update.len = chunks * CHUNK;
	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_DONE); /* "update started", and all of it taken */
	ck_assert_str_eq(dev->peer.result, row->result);
	device_run_online(dev, APPLIED_MS);
	ck_assert_int_eq(device_holds(dev, row->part, true), row->installed);
	ck_assert_int_eq(device_said(dev, "update taken") || device_said(dev, "update refused"),
			 row->healthy);
	ck_assert_msg(told(dev, row->reset), "%s", dev->peer.events);
	ck_assert(device_showed(dev, "breathing-cyan"));
	free(bytes);
	device_free(dev);
}
END_TEST

static bool is_dark(struct device *dev, unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i++) {
		device_run_online(dev, 1);
		for (int led = VBOARD_LED_RED; led <= VBOARD_LED_BLUE; led++)
			if (!vboard_led_high(dev->vb, (enum vboard_led)led))
				return false;
	}
	return true;
}

/* Two chunks, a pause until the application has something to tell, and the rest. */
static void update_with_traffic(struct device *dev)
{
	struct cloud_update update = update_of(dev, DEVICE_PART1);

	update.last = 1;
	update.pause_us = EVENT_MS * 1000;
	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_SENDING);
	dev->peer.events[0] = '\0';
	device_run_online(dev, EVENT_MS);
}

START_TEST(traffic_stops_the_board)
{
	struct device *dev = open_online("traffic", "robust-1.1");
	char text[128];

	update_with_traffic(dev);
	ck_assert(told(dev, "application="));
	device_run_online(dev, 100);
	ck_assert(vboard_fault_text(dev->vb, text, sizeof(text)));
	ck_assert(is_dark(dev, 20000)); /* no SOS, no reset */
	ck_assert(device_holds(dev, DEVICE_PART1, false));
	vboard_line(dev->vb, VBOARD_RESET, true);
	device_run_online(dev, 100);
	vboard_line(dev->vb, VBOARD_RESET, false);
	device_run_online(dev, ONLINE_MS);
	ck_assert_uint_eq(dev->peer.hellos, 2);
	ck_assert(told(dev, "last_reset=20\n"));
	device_free(dev);
}
END_TEST

START_TEST(traffic_and_a_watchdog)
{
	struct device *dev = open_online("traffic-watchdog", "robust-1.1");
	struct cloud_update update = update_of(dev, DEVICE_PART1);

	update_with_traffic(dev);
	device_run_online(dev, 100);
	ck_assert(is_dark(dev, 3000));
	device_run_online(dev, 2500 + ONLINE_MS);
	ck_assert_uint_eq(dev->peer.hellos, 2);
	ck_assert(told(dev, "last_reset=60\n"));
	ck_assert(device_holds(dev, DEVICE_PART1, false));
	cloud_peer_update(&dev->peer, &update); /* and it takes the update when all is quiet */
	run_to(dev, CLOUD_DONE);
	device_run_online(dev, APPLIED_MS);
	ck_assert(device_holds(dev, DEVICE_PART1, true));
	device_free(dev);
}
END_TEST

START_TEST(traffic_waits_in_the_healthy_build)
{
	struct device *dev = open_online("robust-1.0", "robust-1.1");

	update_with_traffic(dev);
	ck_assert(!told(dev, "application="));
	run_to(dev, CLOUD_DONE);
	device_run_online(dev, APPLIED_MS);
	ck_assert(device_holds(dev, DEVICE_PART1, true));
	ck_assert(told(dev, "application="));
	device_free(dev);
}
END_TEST

/* Both parts over the air, and power lost while part 2 comes (field report 000). */
START_TEST(dark_led_after_a_cut_between_parts)
{
	static const char *const way[] = { "blinking-green", "blinking-cyan" };
	struct device *dev = open_online("robust-1.0", _i ? "dark-led" : "robust-1.1");
	struct cloud_update update = update_of(dev, DEVICE_PART1);
	const struct vboard_cut cut = { .by = VBOARD_CUT_OP, .at = 100, .form = VBOARD_CUT_AFTER };

	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_DONE);
	device_run_online(dev, APPLIED_MS);
	update = update_of(dev, DEVICE_PART2);
	cloud_peer_update(&dev->peer, &update);
	vboard_arm_cut(dev->vb, &cut);
	device_run_online(dev, 2000);
	ck_assert(!vboard_is_powered(dev->vb));
	device_boot(dev, 0);
	if (_i)
		ck_assert(is_dark(dev, 5000));
	device_run_online(dev, 5000);
	ck_assert(device_said(dev, "system: start"));
	ck_assert_int_eq(device_showed(dev, "breathing-cyan"), !_i);
	vboard_line(dev->vb, VBOARD_SETUP, true); /* safe mode by the button */
	device_boot(dev, 2000);
	vboard_line(dev->vb, VBOARD_SETUP, false);
	device_run_online(dev, 8000);
	ck_assert(device_said(dev, "system: safe mode"));
	ck_assert(told(dev, "spark/device/safemode="));
	ck_assert(device_showed(dev, "breathing-magenta"));
	for (size_t i = 0; i < ARRAY_LEN(way); i++)
		ck_assert_int_eq(device_showed(dev, way[i]), !_i);
	vboard_line(dev->vb, VBOARD_SETUP, true);
	device_run_online(dev, 3500);
	vboard_line(dev->vb, VBOARD_SETUP, false);
	ck_assert_int_eq(device_said(dev, "listening\r\n"), !_i);
	device_free(dev);
}
END_TEST

/* A message with a few bytes changed, cut short, or of chance alone. */
static size_t nonsense(struct rng *rng, uint8_t *out)
{
	static const uint8_t like[][20] = {
		{ 0x41, 2, 0, 1, 0x5b, 0xb1, 'u', 0xff, 1, 2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0 },
		{ 0x51, 2, 0, 2, 0x5c, 0xb1, 'c', 0x44, 1, 2, 3, 4, 2, 0, 1, 0xff, 1, 2, 3, 4 },
		{ 0x41, 3, 0, 3, 0x5d, 0xb1, 'u', 0xff },
		{ 0x41, 1, 0, 4, 0x5e, 0xb1, 'd' },
		{ 0x40, 0, 0, 5 },
	};
	size_t len = 1 + rng_below(rng, sizeof(like[0]));

	memcpy(out + 2, like[rng_below(rng, ARRAY_LEN(like))], sizeof(like[0]));
	for (uint64_t i = rng_below(rng, 4); i > 0; i--)
		out[2 + rng_below(rng, len)] = (uint8_t)rng_below(rng, 256);
	out[0] = 0;
	out[1] = (uint8_t)len;
	return len + 2;
}

/* The device may refuse, drop the session, or give up an update; it must not fault. */
START_TEST(nonsense_does_no_harm)
{
	struct device *dev = open_online("robust-1.0", "robust-1.1");
	uint8_t bytes[64];
	char text[128];
	struct rng rng;

	rng_init(&rng, 5);
	for (int i = 0; i < NONSENSE_ROUNDS; i++) {
		size_t len = nonsense(&rng, bytes);
		size_t sent;

		ck_assert_int_eq(slot_radio_send(dev->peer.slot, bytes, len, &sent, NULL), 0);
		led_watch_run(&dev->watch, 5);
	}
	ck_assert_msg(!vboard_fault_text(dev->vb, text, sizeof(text)), "%s", text);
	ck_assert(dev->peer.connected);
	ck_assert_uint_gt(dev->op_count, 0); /* some of it was good enough to erase staging */
	device_boot(dev, 0);
	device_run_online(dev, ONLINE_MS);
	ck_assert(device_said(dev, "system: start"));
	ck_assert(device_showed(dev, "breathing-cyan"));
	ck_assert(device_holds(dev, DEVICE_PART1, false));
	device_free(dev);
}
END_TEST

/* The first update, of the application, is taken; after it none is, over the air neither. */
START_TEST(only_one_application_update)
{
	struct device *dev = open_online(_i ? "dfu-only" : "robust-1.0", "robust-1.1");
	struct cloud_update update = update_of(dev, DEVICE_USER);

	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_DONE);
	device_run_online(dev, APPLIED_MS);
	ck_assert(device_holds(dev, DEVICE_USER, true));
	update = update_of(dev, DEVICE_PART1);
	dev->peer.hellos = 0;
	device_boot(dev, 0);
	device_run_online(dev, ONLINE_MS);
	ck_assert_uint_eq(dev->peer.hellos, 1);
	cloud_peer_update(&dev->peer, &update);
	device_run_online(dev, UPDATE_MS);
	ck_assert_int_eq(device_holds(dev, DEVICE_PART1, true), !_i);
	ck_assert_int_eq(device_holds(dev, DEVICE_PART1, false), _i);
	device_free(dev);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference firmware: defects over the air");
	TCase *tcase = tcase_create("defects");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, silent_update, 0, ARRAY_LEN(silents));
	tcase_add_test(tcase, traffic_stops_the_board);
	tcase_add_test(tcase, traffic_and_a_watchdog);
	tcase_add_test(tcase, traffic_waits_in_the_healthy_build);
	tcase_add_loop_test(tcase, dark_led_after_a_cut_between_parts, 0, 2);
	tcase_add_test(tcase, nonsense_does_no_harm);
	tcase_add_loop_test(tcase, only_one_application_update, 0, 2);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
