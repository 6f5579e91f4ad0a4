/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/deliver.h"
#include "lib/device.h"
#include "bench/virtual/virtual.h"
#include "campaign/load.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { BOOT_MS = 1500, APPLIED_MS = 4000, OFF_US = 1000000, STEP_MS = 50 };

static const char *const part_names[] = { "system-part1", "system-part2", "user" };

static void on_led(void *ctx, uint64_t cycle, enum vboard_led led, bool high)
{
	struct device *dev = ctx;

	ck_assert_int_eq(led_decoder_edge(dev->watch.decoder,
					  (int64_t)(cycle / VBOARD_CYCLES_PER_US),
					  (enum led_channel)led, high),
			 0);
}

static void on_flash(void *ctx, const struct vboard_flash_op *op)
{
	struct device *dev = ctx;

	ck_assert_uint_lt(dev->op_count, DEVICE_OPS_MAX);
	dev->ops[dev->op_count++] = *op;
}

static void on_serial(void *ctx, uint64_t cycle, unsigned int port, uint8_t byte)
{
	struct device *dev = ctx;

	(void)cycle;
	ck_assert_uint_eq(port, 1);
	if (dev->text_len + 1 < DEVICE_TEXT_MAX)
		dev->text[dev->text_len++] = (char)byte;
}

static void on_radio(void *ctx, uint64_t cycle, uint8_t byte)
{
	struct device *dev = ctx;

	(void)cycle;
	cloud_peer_heard(&dev->peer, byte);
}

static void on_radio_link(void *ctx, uint64_t cycle, bool connected)
{
	struct device *dev = ctx;

	(void)cycle;
	cloud_peer_linked(&dev->peer, connected);
}

static struct loaded *open_scenario(const char *from, const char *to)
{
	static const char text[] =
		"scenario: device\nsummary: reference firmware\nboard: p1\n"
		"from: reference-%s-p1\nto: reference-%s-p1\n"
		"deliver: {via: staged, parts: [system-part1, system-part2, user]}\n"
		"cut: {strategy: none}\npower: {off: 1s, vbat: lost}\nladder: [wait]\ntrials: 0\n"
		"controls: 1\nseed: 1\n";
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	AUTO_FREE char *filled = NULL;
	struct loaded *loaded = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_gt(asprintf(&filled, text, from, to), 0);
	ck_assert_msg(scenario_parse(filled, "device", scenario, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_open(scenario, &loaded, &err) == 0, "%s", err.text);
	return loaded;
}

static void run(struct device *dev, unsigned int ms)
{
	led_watch_run(&dev->watch, ms);
}

struct device *device_new(const char *from, const char *to)
{
	struct device *dev = calloc(1, sizeof(*dev));

	ck_assert_ptr_nonnull(dev);
	dev->loaded = open_scenario(from, to);
	dev->vb = virtual_board(&dev->loaded->slot);
	for (size_t i = 0; i < dev->loaded->from.module_count; i++) {
		const struct image *image = &dev->loaded->from.modules[i].image;

		ck_assert(
			vboard_flash_load(dev->vb, image->header.start, image->bytes, image->len));
	}
	led_watch_begin(&dev->watch, dev->vb);
	vboard_listen(dev->vb, &(struct vboard_listener){ .ctx = dev,
							  .led = on_led,
							  .flash = on_flash,
							  .serial = on_serial,
							  .radio = on_radio,
							  .radio_link = on_radio_link });
	device_boot(dev, BOOT_MS);
	return dev;
}

void device_free(struct device *dev)
{
	led_watch_end(&dev->watch);
	loaded_free(dev->loaded);
	free(dev->storage);
	free(dev);
}

void device_keep(struct device *dev)
{
	vboard_power_off(dev->vb);
	if (!dev->storage)
		dev->storage = malloc(vboard_storage_bytes());
	ck_assert_ptr_nonnull(dev->storage);
	vboard_storage_save(dev->vb, dev->storage);
}

void device_put_back(struct device *dev)
{
	vboard_power_off(dev->vb);
	vboard_storage_restore(dev->vb, dev->storage);
}

static void forget(struct device *dev)
{
	led_decoder_begin(dev->watch.decoder, led_watch_now_us(&dev->watch));
	dev->watch.begun_us = led_watch_now_us(&dev->watch);
	dev->watch.count = 0;
	memset(dev->text, 0, sizeof(dev->text));
	dev->text_len = 0;
}

static void power_cycle(struct device *dev)
{
	vboard_power_off(dev->vb);
	vboard_run(dev->vb, vboard_cycle(dev->vb) + (uint64_t)OFF_US * VBOARD_CYCLES_PER_US);
	forget(dev);
	dev->op_count = 0;
	vboard_power_on(dev->vb);
}

void device_boot(struct device *dev, unsigned int ms)
{
	power_cycle(dev);
	run(dev, ms);
}

void device_go_online(struct device *dev)
{
	struct err err = ERR_INIT;

	cloud_peer_begin(&dev->peer, &dev->loaded->slot);
	ck_assert_msg(slot_radio_set(&dev->loaded->slot, SLOT_RADIO_PEER, &err) == 0, "%s",
		      err.text);
}

void device_run_online(struct device *dev, unsigned int ms)
{
	for (; ms > 0; ms--) {
		run(dev, 1);
		cloud_peer_step(&dev->peer);
	}
}

bool device_boot_until(struct device *dev, const char *text, unsigned int ms)
{
	power_cycle(dev);
	for (unsigned int at = 0; at < ms && !device_said(dev, text); at += STEP_MS)
		run(dev, STEP_MS);
	return device_said(dev, text);
}

bool device_boot_cut(struct device *dev, const struct vboard_cut *cut, unsigned int ms)
{
	power_cycle(dev);
	vboard_arm_cut(dev->vb, cut);
	run(dev, ms);
	vboard_arm_cut(dev->vb, &(struct vboard_cut){ .by = VBOARD_CUT_NONE });
	return !vboard_is_powered(dev->vb);
}

bool device_deliver(struct device *dev, enum device_part number, const struct vboard_cut *cut)
{
	const struct delivery_part *part = &dev->loaded->setup.parts[number];
	enum delivery_result result;

	if (!vboard_is_powered(dev->vb))
		device_boot(dev, 0);
	deliver_prepare(&dev->loaded->setup, part);
	forget(dev);
	dev->op_count = 0;
	if (cut)
		vboard_arm_cut(dev->vb, cut);
	result = deliver_send(&dev->loaded->setup, part);
	ck_assert_int_ne(result, DELIVERY_REFUSED);
	if (result != DELIVERY_CUT)
		run(dev, APPLIED_MS);
	vboard_arm_cut(dev->vb, &(struct vboard_cut){ .by = VBOARD_CUT_NONE });
	return !vboard_is_powered(dev->vb);
}

bool device_said(const struct device *dev, const char *text)
{
	return strstr(dev->text, text) != NULL;
}

bool device_showed(const struct device *dev, const char *word)
{
	return led_watch_find(&dev->watch, word, 0) >= 0;
}

bool device_holds(const struct device *dev, enum device_part part, bool of_new_release)
{
	const struct release *release = of_new_release ? &dev->loaded->to : &dev->loaded->from;
	int i = release_find_module(release, part_names[part]);
	const struct image *image = &release->modules[i].image;
	AUTO_FREE uint8_t *bytes = malloc(image->len);

	ck_assert_ptr_nonnull(bytes);
	return vboard_flash_read(dev->vb, image->header.start, bytes, image->len) &&
	       memcmp(bytes, image->bytes, image->len) == 0;
}

const struct image *device_image(const struct device *dev, enum device_part part)
{
	const struct release *release = &dev->loaded->to;

	return &release->modules[release_find_module(release, part_names[part])].image;
}

size_t device_first_op(const struct device *dev, uint32_t begin, uint32_t end, size_t from)
{
	for (size_t i = from; i < dev->op_count; i++)
		if (dev->ops[i].address >= begin && dev->ops[i].address < end)
			return i;
	ck_abort_msg("no operation on 0x%08x to 0x%08x", begin, end);
}

size_t device_last_op(const struct device *dev, uint32_t begin, uint32_t end)
{
	for (size_t i = dev->op_count; i-- > 0;)
		if (dev->ops[i].address >= begin && dev->ops[i].address < end)
			return i;
	ck_abort_msg("no operation on 0x%08x to 0x%08x", begin, end);
}

uint32_t device_address(enum device_part part)
{
	static const uint32_t addresses[] = { 0x08020000, 0x08060000, 0x080a0000 };

	return addresses[part];
}
