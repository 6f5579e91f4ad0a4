/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reference firmware and the device cloud: the way to a session as the LED tells it, what is
 * said in one, and updates over the air, good and bad (facts 2.2, 3.2, 8.3).
 */
#include "image/image.h"
#include "delivery/module_info.h"
#include "lib/device.h"
#include "lib/testing.h"
#include "vboard/vboard_test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
	ONLINE_MS = 2600, /* from power to the first events */
	UPDATE_MS = 12000,
	CUTS = 9,
	BACK_MS = 6500,
	STAGING_BYTES = 0x40000,
};

static struct device *open_device(const char *from, const char *to)
{
	struct device *dev = device_new(from, to);

	device_go_online(dev);
	device_boot(dev, 0);
	return dev;
}

static struct device *open_online(const char *from, const char *to)
{
	struct device *dev = open_device(from, to);

	device_run_online(dev, ONLINE_MS);
	ck_assert_uint_eq(dev->peer.hellos, 1);
	return dev;
}

/* Until the peer is in 'phase', UPDATE_MS at most. */
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

/* The words in that order, each after the one before it. */
static void check_words(const struct device *dev, const char *const *words)
{
	int at = 0;

	for (; *words; words++) {
		at = led_watch_find(&dev->watch, *words, (size_t)at);
		ck_assert_msg(at >= 0, "'%s' was not seen in its place", *words);
	}
}

static const struct way {
	const char *release;
	enum slot_radio_air air;
	bool silent; /* nobody answers the greeting */
	const char *words[7];
} ways[] = {
	{ "robust-1.0",
	  SLOT_RADIO_PEER,
	  false,
	  { "blinking-green", "blinking-green-fast", "blinking-cyan", "breathing-cyan" } },
	{ "era-a-1.0",
	  SLOT_RADIO_PEER,
	  false,
	  { "blinking-green", "blinking-green-fast", "blinking-cyan", "breathing-cyan" } },
	{ "robust-1.0",
	  SLOT_RADIO_PEER,
	  true,
	  { "blinking-cyan", "blinking-cyan-fast", "blinking-cyan", "blinking-cyan-fast" } },
	{ "robust-1.0",
	  SLOT_RADIO_NETWORK,
	  false,
	  { "blinking-green", "blinking-cyan", "breathing-green" } },
	{ "robust-1.0", SLOT_RADIO_NOTHING, false, { "breathing-white" } },
};

START_TEST(led_tells_the_way)
{
	const struct way *way = &ways[_i];
	struct device *dev = open_device(way->release, "robust-1.1");

	dev->peer.silent = way->silent;
	ck_assert_int_eq(slot_radio_set(dev->peer.slot, way->air, NULL), 0);
	device_run_online(dev, 11000);
	check_words(dev, way->words);
	ck_assert_int_eq(device_showed(dev, dev->watch.board.boot.online),
			 way->air == SLOT_RADIO_PEER && !way->silent);
	ck_assert_int_eq(dev->peer.links > 0, way->air == SLOT_RADIO_PEER);
	ck_assert_int_eq(device_showed(dev, dev->watch.board.boot.alive),
			 way->air == SLOT_RADIO_NOTHING);
	device_free(dev);
}
END_TEST

/* Breathing cyan before and after 0.6.1: milliseconds from one dark moment to the next. */
START_TEST(breath_keeps_its_era)
{
	struct device *dev = open_online(_i ? "era-a-1.0" : "robust-1.0", "robust-1.1");
	const struct timer_state *timer = &vboard_test_state(dev->vb)->chip.tim2;
	int64_t dark_us[2] = { 0 };

	for (int ms = 0, found = 0; ms < 10000 && found < 2; ms++) {
		bool lit = timer->ccr[2] != 0;

		device_run_online(dev, 1);
		if (lit && timer->ccr[2] == 0)
			dark_us[found++] = led_watch_now_us(&dev->watch);
	}
	ck_assert_int_eq((dark_us[1] - dark_us[0]) / 1000, _i ? 4158 : 4000);
	device_free(dev);
}
END_TEST

START_TEST(session_of_a_healthy_device)
{
	struct device *dev = open_online("robust-1.0", "robust-1.1");
	json_t *root;

	ck_assert(told(dev, "spark/hardware/max_binary=262144\n"));
	ck_assert(told(dev, "spark/hardware/ota_chunk_size=512\n"));
	ck_assert(told(dev, "spark/device/last_reset=40\n"));
	ck_assert(told(dev, "application={\"version\":\"1.0\",\"state\":\"running\"}\n"));
	ck_assert(!told(dev, "safemode"));
	ck_assert_uint_eq(dev->peer.times, 1);
	cloud_peer_ping(&dev->peer);
	device_run_online(dev, 10);
	ck_assert_uint_eq(dev->peer.pongs, 1);
	cloud_peer_describe(&dev->peer);
	device_run_online(dev, 50);
	root = json_loads(dev->peer.description, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(root != NULL, "'%s'", dev->peer.description);
	ck_assert(json_is_array(json_object_get(root, "f")));
	ck_assert(json_is_object(json_object_get(root, "v")));
	ck_assert_uint_eq(json_array_size(json_object_get(root, "m")), 5);
	json_decref(root);
	device_run_online(dev, 40000); /* kept alive by the device's pings */
	ck_assert_uint_eq(dev->peer.hellos, 1);
	dev->peer.silent = true;
	device_run_online(dev, 30000); /* a cloud that is silent is left */
	ck_assert_uint_gt(dev->peer.hellos, 1);
	device_free(dev);
}
END_TEST

static const struct delivery_row {
	const char *era;
	bool fast, padded;
	uint16_t chunk_bytes;
	int lost, corrupt;
} deliveries[] = {
	{ "robust", false, false, 0, -1, -1 }, { "robust", true, true, 0, -1, -1 },
	{ "robust", true, false, 64, 5, -1 },  { "robust", true, true, 0, -1, 2 },
	{ "robust", false, true, 0, -1, 1 },   { "era-a", false, true, 0, -1, 0 },
	{ "era-a", true, true, 0, 1, -1 },     { "era-b", true, true, 0, -1, -1 },
};

static struct cloud_update update_of(const struct device *dev, enum device_part part)
{
	const struct image *image = device_image(dev, part);

	return (struct cloud_update){ CLOUD_UPDATE_WELL, .bytes = image->bytes, .len = image->len };
}

static struct device *device_of(const char *era)
{
	char from[32];
	char to[32];

	snprintf(from, sizeof(from), "%s-1.0", era);
	snprintf(to, sizeof(to), "%s-1.1", era);
	return open_online(from, to);
}

START_TEST(update_over_the_air)
{
	const struct delivery_row *row = &deliveries[_i];
	struct device *dev = device_of(row->era);
	struct cloud_update update = update_of(dev, DEVICE_PART1);
	bool is_a = strcmp(row->era, "era-a") == 0;

	update.fast = row->fast;
	update.padded = row->padded;
	update.chunk_bytes = row->chunk_bytes;
	update.lost = row->lost;
	update.corrupt = row->corrupt;
	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_DONE);
	ck_assert_str_eq(dev->peer.result, is_a ? "" : "{\"r\":\"ok\"}");
	ck_assert_uint_eq(dev->peer.refused, !row->fast && row->corrupt >= 0);
	ck_assert_uint_eq(dev->peer.missed, row->fast && (row->lost >= 0 || row->corrupt >= 0));
	if (dev->peer.missed)
		ck_assert_uint_eq(dev->peer.missed_index,
				  (unsigned int)(row->lost >= 0 ? row->lost : row->corrupt));
	ck_assert_int_eq(dev->peer.ended_by_device, is_a && row->lost >= 0);
	device_run_online(dev, 6000);
	ck_assert(device_holds(dev, DEVICE_PART1, true));
	ck_assert(device_showed(dev, "blinking-magenta-fast"));
	ck_assert_uint_eq(dev->peer.hellos, 2);
	ck_assert(told(dev, "spark/device/last_reset=70\n"));
	device_free(dev);
}
END_TEST

/* What the device says of itself, read as the rig's cloud reads it. */
static void described(struct device *dev, struct module_info *ret)
{
	char text[MODULE_INFO_WHY_MAX];

	cloud_peer_describe(&dev->peer);
	device_run_online(dev, 50);
	ck_assert(dev->peer.described);
	ck_assert_msg(module_info_parse(dev->peer.description, strlen(dev->peer.description), ret,
					text),
		      "%s", text);
}

/* Every module is there and passed its checks; the system has that version. */
static void check_sound(const struct module_info *info, uint16_t version)
{
	static const struct {
		uint8_t function, index;
	} rows[] = { { IMAGE_FUNCTION_BOOTLOADER, 0 },
		     { IMAGE_FUNCTION_SYSTEM, 1 },
		     { IMAGE_FUNCTION_SYSTEM, 2 },
		     { IMAGE_FUNCTION_USER, 1 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct module_info_module *module =
			module_info_find(info, rows[i].function, rows[i].index);

		ck_assert_ptr_nonnull(module);
		ck_assert_uint_ne(module->checked, 0);
		ck_assert_uint_eq(module->checked, module->passed);
		if (rows[i].function == IMAGE_FUNCTION_SYSTEM)
			ck_assert_uint_eq(module->version, version);
	}
}

static const struct whole_row {
	const char *era;
	bool fast;
} wholes[] = { { "robust", true }, { "robust", false }, { "era-a", true }, { "era-a", false } };

/* All three, one after the other: a whole release. */
START_TEST(whole_release_over_the_air)
{
	const struct whole_row *row = &wholes[_i];
	struct device *dev = device_of(row->era);
	struct module_info before;
	struct module_info after;

	described(dev, &before);
	check_sound(&before, 100);
	ck_assert_uint_eq(before.platform_id, 8);
	for (unsigned int part = DEVICE_PART1; part <= DEVICE_USER; part++) {
		struct cloud_update update = update_of(dev, (enum device_part)part);

		update.fast = row->fast;
		cloud_peer_update(&dev->peer, &update);
		run_to(dev, CLOUD_DONE);
		device_run_online(dev, 6500);
		ck_assert(device_holds(dev, (enum device_part)part, true));
		ck_assert_uint_eq(dev->peer.hellos, part + 2);
	}
	described(dev, &after);
	check_sound(&after, 101);
	ck_assert_mem_ne(module_info_find(&after, IMAGE_FUNCTION_USER, 1)->hash,
			 module_info_find(&before, IMAGE_FUNCTION_USER, 1)->hash, SHA256_BYTES);
	ck_assert(told(dev, "application={\"version\":\"1.1\",\"state\":\"running\"}\n"));
	device_free(dev);
}
END_TEST

/* At ten kilobytes a second the light changes every 53 ms. */
START_TEST(light_blinks_with_the_chunks)
{
	struct device *dev = device_of("robust");
	struct cloud_update update = update_of(dev, DEVICE_PART2);

	vboard_radio_air(dev->vb, VBOARD_RADIO_PEER, 10000);
	update.fast = true;
	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_SENDING);
	ck_assert(!device_showed(dev, "blinking-magenta-fast"));
	run_to(dev, CLOUD_ASKED);
	ck_assert(device_showed(dev, "blinking-magenta-fast"));
	device_free(dev);
}
END_TEST

/* What is wrong with an image, as words changed in it; and why it is refused. */
static const struct bad_row {
	enum device_part part;
	size_t offset; /* of a word; the CRC is made right again unless it says 0 */
	uint32_t value;
	unsigned int result;
} bads[] = {
	{ DEVICE_PART1, 0, 0x20000000, 1330 },		/* CRC */
	{ DEVICE_PART1, 0x184 + 12, 0x02040008, 1300 }, /* says part 2, is for part 1's place */
	{ DEVICE_PART1, 0x184 + 12, 0x01040006, 1360 }, /* a Photon's */
	{ DEVICE_PART1, 0x184 + 12, 0x00020008, 1300 }, /* a bootloader */
	{ DEVICE_PART1, 0x184 + 8, 0x00010000, 1340 },	/* too old for part 2 */
	{ DEVICE_PART2, 0x184 + 8, 0x00650000, 1340 },	/* part 1 is not there yet */
};

START_TEST(bad_image_is_not_entered)
{
	const struct bad_row *row = &bads[_i];
	struct device *dev = device_of("robust");
	struct cloud_update update = update_of(dev, row->part);
	uint8_t *bytes = malloc(update.len);
	char line[64];

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, update.bytes, update.len);
	memcpy(bytes + row->offset, &row->value, 4);
	if (row->offset)
		ck_assert_int_eq(image_seal(bytes, update.len, NULL), 0);
	update.bytes = bytes;
	update.fast = true;
	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_DONE);
	ck_assert_str_eq(dev->peer.result, "{\"r\":\"error\"}");
	snprintf(line, sizeof(line), "update refused, -%u\r\n", row->result);
	device_run_online(dev, 3000);
	ck_assert_msg(device_said(dev, line), "%s", dev->text);
	ck_assert(told(dev, "spark/device/last_reset=80\n"));
	ck_assert(device_holds(dev, row->part, false));
	free(bytes);
	device_free(dev);
}
END_TEST

/* Refused before anything is erased. */
static const struct refusal_row {
	const char *era;
	uint32_t address;
	size_t len;
	uint16_t chunk_bytes;
	uint8_t code;
} refusals[] = {
	{ "robust", 0xfff40000, 512, 0, 0xa3 }, /* would reach the bootloader */
	{ "robust", 0, STAGING_BYTES + 1, 0, 0xa3 },
	{ "robust", 0, STAGING_BYTES, 32, 0xa3 }, /* too many chunks */
	{ "robust", 0, 512, 2000, 0xa3 },
	{ "era-a", 0, STAGING_BYTES, 32, 0x80 },
};

START_TEST(update_is_refused)
{
	const struct refusal_row *row = &refusals[_i];
	struct device *dev = device_of(row->era);
	struct cloud_update update = update_of(dev, DEVICE_PART1);
	size_t ops = dev->op_count;

	update.address = row->address;
	update.len = row->len;
	if (row->chunk_bytes > UPDATE_CHUNK_MAX)
		update.chunk_bytes_told = row->chunk_bytes; /* more than our cloud would send */
	else
		update.chunk_bytes = row->chunk_bytes;
	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_REFUSED);
	ck_assert_uint_eq(dev->peer.code, row->code);
	device_run_online(dev, 2000);
	ck_assert_uint_eq(dev->op_count, ops);
	ck_assert_uint_eq(dev->peer.hellos, 1);
	device_free(dev);
}
END_TEST

START_TEST(update_that_stops_is_given_up)
{
	struct device *dev = device_of("robust");
	struct cloud_update update = update_of(dev, DEVICE_PART1);

	update.last = 1;
	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_SENDING);
	device_run_online(dev, 29500);
	ck_assert_uint_eq(dev->peer.hellos, 1);
	device_run_online(dev, 1000 + ONLINE_MS);
	ck_assert_uint_eq(dev->peer.hellos, 2);
	ck_assert(told(dev, "spark/device/last_reset=90\n"));
	ck_assert(device_holds(dev, DEVICE_PART1, false));
	device_free(dev);
}
END_TEST

/* The stream ends, or power does, in the middle of the download; then the whole once more. */
START_TEST(download_that_is_cut_is_harmless)
{
	struct device *dev = device_of("robust");
	struct cloud_update update = update_of(dev, DEVICE_PART1);

	update.last = 2;
	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_SENDING);
	if (_i == 0) {
		device_run_online(dev, 100);
		ck_assert_int_eq(slot_radio_set(dev->peer.slot, SLOT_RADIO_NETWORK, NULL), 0);
		device_run_online(dev, 100);
		ck_assert(device_said(dev, "update failed\r\n"));
		ck_assert_int_eq(slot_radio_set(dev->peer.slot, SLOT_RADIO_PEER, NULL), 0);
	} else {
		const struct vboard_cut cut = {
			.by = VBOARD_CUT_OP, .at = 200, .form = VBOARD_CUT_TORN, .permille = 500
		};

		vboard_arm_cut(dev->vb, &cut);
		device_run_online(dev, 100);
		ck_assert(!vboard_is_powered(dev->vb));
		device_boot(dev, 0);
	}
	device_run_online(dev, ONLINE_MS);
	ck_assert_uint_eq(dev->peer.hellos, 2);
	ck_assert(device_holds(dev, DEVICE_PART1, false));
	update.last = CLOUD_PEER_NOWHERE;
	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_DONE);
	device_run_online(dev, 6000);
	ck_assert(device_holds(dev, DEVICE_PART1, true));
	device_free(dev);
}
END_TEST

/* Power lost here and there in the whole of it: what is entered is applied, and else nothing is. */
START_TEST(update_is_cut_anywhere)
{
	struct device *dev = device_of("robust");
	struct cloud_update update = update_of(dev, DEVICE_PART1);
	unsigned int applied = 0;
	size_t ops;

	update.fast = true;
	device_keep(dev);
	device_boot(dev, 0);
	device_run_online(dev, ONLINE_MS);
	cloud_peer_update(&dev->peer, &update);
	run_to(dev, CLOUD_DONE);
	device_run_online(dev, BACK_MS);
	ops = dev->op_count;
	for (uint64_t at = 1; at < ops; at += ops / CUTS) {
		const struct vboard_cut cut = {
			.by = VBOARD_CUT_OP, .at = at, .form = VBOARD_CUT_TORN, .permille = 500
		};
		bool is_new;

		device_put_back(dev);
		device_boot(dev, 0);
		device_run_online(dev, ONLINE_MS);
		vboard_arm_cut(dev->vb, &cut);
		cloud_peer_update(&dev->peer, &update);
		for (int ms = 0; ms < UPDATE_MS && vboard_is_powered(dev->vb); ms += 10)
			device_run_online(dev, 10);
		ck_assert(!vboard_is_powered(dev->vb));
		device_boot(dev, 0);
		device_run_online(dev, BACK_MS);
		is_new = device_holds(dev, DEVICE_PART1, true);
		ck_assert(is_new || device_holds(dev, DEVICE_PART1, false));
		ck_assert(device_showed(dev, dev->watch.board.boot.online));
		applied += is_new;
	}
	ck_assert_uint_ge(applied, 3);
	device_free(dev);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference firmware: cloud");
	TCase *tcase = tcase_create("cloud");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, led_tells_the_way, 0, ARRAY_LEN(ways));
	tcase_add_loop_test(tcase, breath_keeps_its_era, 0, 2);
	tcase_add_test(tcase, session_of_a_healthy_device);
	tcase_add_loop_test(tcase, update_over_the_air, 0, ARRAY_LEN(deliveries));
	tcase_add_loop_test(tcase, whole_release_over_the_air, 0, ARRAY_LEN(wholes));
	tcase_add_test(tcase, light_blinks_with_the_chunks);
	tcase_add_loop_test(tcase, bad_image_is_not_entered, 0, ARRAY_LEN(bads));
	tcase_add_loop_test(tcase, update_is_refused, 0, ARRAY_LEN(refusals));
	tcase_add_test(tcase, update_that_stops_is_given_up);
	tcase_add_loop_test(tcase, download_that_is_cut_is_harmless, 0, 2);
	tcase_add_test(tcase, update_is_cut_anywhere);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
