/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/slots.h"

#include "base/text.h"
#include "bench/linux/linux.h"
#include "bench/virtual/virtual.h"
#include "bench/wrap/wrap.h"

#include <errno.h>
#include <string.h>

int slots_choose(struct loaded *loaded, const struct bench *bench, struct err *err)
{
	loaded->bench = bench;
	loaded->bench_slot_count = 0;
	if (!bench)
		return 0;
	for (size_t i = 0; i < bench->slot_count; i++)
		if (strcmp(bench->slots[i].board, loaded->scenario.board) == 0)
			loaded->bench_slots[loaded->bench_slot_count++] = &bench->slots[i];
	if (loaded->bench_slot_count == 0)
		return err_set_at(err, bench->path, 0, "bench '%s' has no slot with board '%s'",
				  bench->name, loaded->scenario.board);
	return 0;
}

size_t slots_count(const struct loaded *loaded)
{
	return loaded->bench ? loaded->bench_slot_count : SIZE_MAX;
}

static int open_slot(struct loaded *loaded, size_t i, struct slot *ret, struct err *err)
{
	const char *board = loaded->scenario.board;
	int r;

	if (loaded->bench)
		return wrap_open(loaded->bench_slots[i], loaded->bench->path, linux_open, ret, err);
	r = virtual_open(board, ret, err);
	return r == -ENODEV ? scenario_fail(&loaded->scenario, err, "board",
					    "board '%s' has no virtual stand-in", board)
			    : r;
}

struct delivery_board slots_delivery_board(const struct board *board)
{
	return (struct delivery_board){
		.name = board->name,
		.platform_id = board->platform_id,
		.usb_vendor = board->usb.vendor,
		.usb_serial = board->usb.serial,
		.usb_dfu = board->usb.dfu,
		.reset_pulse_us = board->buttons.reset_pulse_us,
		.setup_dfu_us = board->buttons.dfu_us,
		.setup_listening_us = board->buttons.listening_us,
		.boot_us_max = board->boot.alive_us_max,
	};
}

struct delivery_options slots_cloud_options(const struct bench *bench,
					    const struct bench_slot *slot)
{
	struct delivery_options options = { 0 };

	text_copy(options.address, sizeof(options.address), bench->cloud_address);
	if (bench->cloud_port)
		options.port = (uint16_t)(bench->cloud_port + (slot - bench->slots));
	return options;
}

/* What the scenario chooses, and where the slot's board has its cloud. */
static struct delivery_options delivery_options(const struct loaded *loaded)
{
	static const enum delivery_mode modes[] = {
		[SCENARIO_TRANSFER_DEFAULT] = DELIVERY_MODE_DEFAULT,
		[SCENARIO_TRANSFER_FAST] = DELIVERY_MODE_FAST,
		[SCENARIO_TRANSFER_SLOW] = DELIVERY_MODE_SLOW,
	};
	const struct scenario *scenario = &loaded->scenario;
	struct delivery_options options = { 0 };

	if (loaded->bench)
		options = slots_cloud_options(loaded->bench, loaded->bench_slots[loaded->slot_at]);
	if (loaded->bench)
		options.baud = loaded->bench_slots[loaded->slot_at]->console.baud;
	options.sum = scenario->deliver.sum == SCENARIO_SUM_RIGHT ? DELIVERY_SUM_RIGHT
								  : DELIVERY_SUM_DEFAULT;
	options.mode = modes[scenario->deliver.mode];
	options.chunk_bytes = scenario->deliver.chunk_bytes;
	options.timeout_us = scenario->deliver.timeout_us;
	text_copy(options.command, sizeof(options.command), scenario->deliver.command);
	text_copy(options.progress, sizeof(options.progress), scenario->deliver.progress);
	return options;
}

int slots_deliver(struct loaded *loaded, struct err *err)
{
	loaded->delivery_board = slots_delivery_board(&loaded->board);
	loaded->delivery_options = delivery_options(loaded);
	delivery_port_init(&loaded->port, &loaded->slot);
	loaded->context = (struct delivery_context){
		.slot = &loaded->slot,
		.board = &loaded->delivery_board,
		.options = &loaded->delivery_options,
		.port = &loaded->port,
	};
	return delivery_open(loaded->setup.delivery, &loaded->context, err);
}

int slots_take(struct loaded *loaded, size_t i, struct err *err)
{
	int r = open_slot(loaded, i, &loaded->slot, err);

	if (r < 0)
		return r;
	loaded->slot_is_open = true;
	loaded->slot_at = i;
	loaded->setup.slot = &loaded->slot;
	loaded->setup.context = &loaded->context;
	return 0;
}

void slots_let_go(struct loaded *loaded)
{
	if (!loaded->slot_is_open)
		return;
	delivery_close(loaded->setup.delivery, &loaded->context);
	slot_close(&loaded->slot);
	loaded->slot_is_open = false;
}
