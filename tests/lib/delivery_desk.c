/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/delivery_desk.h"
#include "bench/virtual/virtual.h"
#include "campaign/load.h"
#include "lib/firmware.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { OFF_US = 1000000, START_US = 2000000 };

static void on_console(void *ctx, int64_t t_us, uint8_t byte)
{
	struct delivery_desk *desk = ctx;

	(void)t_us;
	delivery_port_console(&desk->port, byte);
	if (desk->line_len + 1 < DELIVERY_DESK_LINE_MAX)
		desk->line[desk->line_len++] = (char)byte;
}

static void on_led(void *ctx, int64_t t_us, int channel, bool high)
{
	(void)ctx;
	(void)t_us;
	(void)channel;
	(void)high;
}

static int on_progress(void *ctx, const struct delivery_progress *progress, struct err *err)
{
	struct delivery_desk *desk = ctx;

	ck_assert_uint_lt(desk->point_count, DELIVERY_DESK_POINTS_MAX);
	desk->points[desk->point_count++] = *progress;
	if (desk->cut_at != progress->point || desk->cut_at == DELIVERY_POINT_NONE ||
	    desk->cut_chunk != progress->chunk)
		return 0;
	desk->cut_at = DELIVERY_POINT_NONE;
	return slot_cut_arm(&desk->slot, &desk->cut, err);
}

static void load_profile(struct delivery_desk *desk, const char *name)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *path = NULL;
	struct err err = ERR_INIT;

	ck_assert_int_gt(asprintf(&path, "%s/firmware-under-test/boards/%s.yaml", data, name), 0);
	ck_assert_msg(board_load(path, &desk->board, &err) == 0, "%s", err.text);
	desk->delivery_board = (struct delivery_board){
		.name = desk->board.name,
		.platform_id = desk->board.platform_id,
		.usb_vendor = desk->board.usb.vendor,
		.usb_serial = desk->board.usb.serial,
		.usb_dfu = desk->board.usb.dfu,
		.reset_pulse_us = desk->board.buttons.reset_pulse_us,
		.setup_dfu_us = desk->board.buttons.dfu_us,
		.setup_listening_us = desk->board.buttons.listening_us,
		.boot_us_max = desk->board.boot.alive_us_max,
	};
}

static void listen(struct delivery_desk *desk)
{
	slot_listen(&desk->slot,
		    &(struct slot_listener){ .ctx = desk, .led = on_led, .console = on_console });
}

struct delivery_desk *delivery_desk_new(const char *from, const char *to)
{
	struct delivery_desk *desk = calloc(1, sizeof(*desk));

	ck_assert_ptr_nonnull(desk);
	if (!firmware_release(from, &desk->from) || !firmware_release(to, &desk->to)) {
		release_release(&desk->from);
		free(desk);
		return NULL;
	}
	load_profile(desk, desk->from.board);
	ck_assert_int_eq(virtual_open(desk->from.board, &desk->slot, NULL), 0);
	desk->vb = virtual_board(&desk->slot);
	listen(desk);
	firmware_install(desk->vb, &desk->from);
	delivery_port_init(&desk->port, &desk->slot);
	desk->context = (struct delivery_context){
		.slot = &desk->slot,
		.board = &desk->delivery_board,
		.options = &desk->options,
		.port = &desk->port,
	};
	delivery_desk_boot(desk);
	return desk;
}

void delivery_desk_free(struct delivery_desk *desk)
{
	delivery_close(desk->way, &desk->context);
	slot_close(&desk->slot);
	release_release(&desk->from);
	release_release(&desk->to);
	free(desk);
}

void delivery_desk_on_usb(struct delivery_desk *desk)
{
	cdc_slot_open(&desk->cdc, desk->delivery_board.usb_serial, &desk->slot);
	listen(desk);
}

void delivery_desk_use(struct delivery_desk *desk, const char *way)
{
	struct err err = ERR_INIT;

	delivery_close(desk->way, &desk->context);
	desk->way = delivery_find(way);
	ck_assert_ptr_nonnull(desk->way);
	ck_assert(slot_can(&desk->slot, desk->way->needs));
	ck_assert_msg(delivery_open(desk->way, &desk->context, &err) == 0, "%s", err.text);
}

void delivery_desk_wait(struct delivery_desk *desk, int64_t us)
{
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(&desk->slot, slot_now_us(&desk->slot) + us, &why, NULL), 0);
	ck_assert_int_eq(why, SLOT_WAIT_DEADLINE);
}

void delivery_desk_boot(struct delivery_desk *desk)
{
	ck_assert_int_eq(slot_power_set(&desk->slot, SLOT_POWER_OFF, NULL), 0);
	delivery_desk_wait(desk, OFF_US);
	ck_assert_int_eq(slot_power_set(&desk->slot, SLOT_POWER_ON, NULL), 0);
	delivery_desk_wait(desk, START_US);
}

const struct image *delivery_desk_image(const struct release *release, const char *module)
{
	int i = release_find_module(release, module);

	ck_assert_int_ge(i, 0);
	return &release->modules[i].image;
}

static struct delivery_part part_of(const char *module, const struct image *image)
{
	return (struct delivery_part){ .number = 1,
				       .name = module,
				       .image = image,
				       .staging_address = 0x080c0000,
				       .system_vectors = 0x08020000 };
}

struct delivery_outcome delivery_desk_send_image(struct delivery_desk *desk, const char *module,
						 const struct image *image)
{
	const struct delivery_part part = part_of(module, image);
	const struct delivery_run run = { .context = &desk->context,
					  .part = &part,
					  .progress = on_progress,
					  .progress_ctx = desk,
					  .acts = &desk->acts };
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct err err = ERR_INIT;

	desk->point_count = 0;
	ck_assert_msg(delivery_prepare(desk->way, &run, &outcome, &err) == 0, "%s", err.text);
	if (outcome.result != DELIVERY_DONE)
		return outcome;
	outcome.result = DELIVERY_UNKNOWN;
	ck_assert_msg(delivery_send(desk->way, &run, &outcome, &err) == 0, "%s", err.text);
	ck_assert_int_ne(outcome.result, DELIVERY_UNKNOWN);
	return outcome;
}

struct delivery_outcome delivery_desk_send(struct delivery_desk *desk, const char *module)
{
	return delivery_desk_send_image(desk, module, delivery_desk_image(&desk->to, module));
}

struct delivery_proof delivery_desk_prove(struct delivery_desk *desk, const char *module)
{
	const struct delivery_part part = part_of(module, delivery_desk_image(&desk->to, module));
	const struct delivery_run run = { .context = &desk->context, .part = &part };
	struct delivery_proof proof;
	struct err err = ERR_INIT;

	ck_assert_msg(delivery_prove(desk->way, &run, &proof, &err) == 0, "%s", err.text);
	return proof;
}

void delivery_desk_expect(const struct delivery_outcome *outcome, enum delivery_result result,
			  const char *text)
{
	ck_assert_msg(outcome->result == result && (!text || strcmp(outcome->text, text) == 0),
		      "result %d: '%s', not %d: '%s'", (int)outcome->result, outcome->text,
		      (int)result, text ? text : "");
}

void delivery_desk_expect_proof(struct delivery_desk *desk, const char *module,
				enum delivery_proof_kind kind)
{
	struct delivery_proof proof = delivery_desk_prove(desk, module);

	ck_assert_msg(proof.kind == kind, "%s: %d: %s", module, (int)proof.kind, proof.text);
}

void delivery_desk_recover(struct delivery_desk *desk)
{
	slot_cut_disarm(&desk->slot);
	delivery_desk_boot(desk);
}

void delivery_desk_damage(struct delivery_desk *desk, uint32_t address, size_t len)
{
	uint8_t bytes[16];

	ck_assert_uint_le(len, sizeof(bytes));
	ck_assert(vboard_flash_read(desk->vb, address, bytes, len));
	for (size_t i = 0; i < len; i++)
		bytes[i] ^= 0xff;
	ck_assert_int_eq(slot_power_set(&desk->slot, SLOT_POWER_OFF, NULL), 0);
	ck_assert(vboard_flash_load(desk->vb, address, bytes, len));
	delivery_desk_boot(desk);
}

void delivery_desk_act(struct delivery_desk *desk, enum fuzz_act_kind kind, uint32_t unit,
		       uint64_t value)
{
	ck_assert_uint_lt(desk->acts.count, FUZZ_ACTS_MAX);
	ck_assert(desk->way->acts >> kind & 1);
	desk->acts.items[desk->acts.count++] = (struct fuzz_act){ kind, unit, value };
}

bool delivery_desk_holds(struct delivery_desk *desk, const struct release *release,
			 const char *module)
{
	const struct image *image = delivery_desk_image(release, module);
	AUTO_FREE uint8_t *there = malloc(image->len);

	ck_assert_ptr_nonnull(there);
	ck_assert(vboard_flash_read(desk->vb, image->header.start, there, image->len));
	return memcmp(there, image->bytes, image->len) == 0;
}

unsigned int delivery_desk_count(const struct delivery_desk *desk, enum delivery_point point)
{
	unsigned int count = 0;

	for (size_t i = 0; i < desk->point_count; i++)
		count += desk->points[i].point == point;
	return count;
}

void delivery_desk_check_points(const struct delivery_desk *desk, uint32_t chunks, uint64_t bytes)
{
	size_t n = desk->point_count;

	ck_assert_uint_eq(n, chunks + 4);
	ck_assert_int_eq(desk->points[0].point, DELIVERY_BEGUN);
	ck_assert_int_eq(desk->points[1].point, DELIVERY_READY);
	for (uint32_t i = 0; i < chunks; i++) {
		ck_assert_int_eq(desk->points[2 + i].point, DELIVERY_CHUNK);
		ck_assert_uint_eq(desk->points[2 + i].chunk, i);
		ck_assert_uint_gt(desk->points[2 + i].bytes, desk->points[1 + i].bytes);
	}
	ck_assert_uint_eq(desk->points[1 + chunks].bytes, bytes);
	ck_assert_int_eq(desk->points[n - 2].point, DELIVERY_SENT);
	ck_assert_int_eq(desk->points[n - 1].point, DELIVERY_TAKEN);
	ck_assert_uint_eq(desk->points[n - 1].bytes, bytes);
}
