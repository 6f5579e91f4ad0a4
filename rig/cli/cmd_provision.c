/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boards of a bench are told where the rig's cloud is. */
#include "bench/linux/linux.h"
#include "campaign/slots.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/led_source.h"
#include "delivery/provision.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum provision_option { PROVISION_SLOT };

/* One board. Its slot is open. *ret_good: it took it. */
static int tell_board(const struct bench *bench, const struct bench_slot *where,
		      const struct slot *slot, const struct board *board, bool *ret_good,
		      struct err *err)
{
	AUTO_FREE struct delivery_port *port = malloc(sizeof(*port));
	const struct board_region *system = board_region_by_module(board, IMAGE_FUNCTION_SYSTEM, 1);
	const struct delivery_board facts = slots_delivery_board(board);
	const struct delivery_options options = slots_cloud_options(bench, where);
	struct delivery_context context = {
		.slot = slot, .board = &facts, .options = &options, .port = port
	};
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	int r;

	if (!port)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	if (!system)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "board '%s' has no region of system part 1", board->name);
	delivery_port_init(port, slot);
	r = cloud_provision(&context, system->start, &outcome, err);
	if (r < 0)
		return r;
	*ret_good = outcome.result == DELIVERY_DONE;
	printf("%-16s %s:%u  %s\n", where->name, options.address, options.port,
	       *ret_good ? "written" : outcome.text);
	return 0;
}

static int provision_slot(const struct bench *bench, const struct bench_slot *where, bool *ret_good,
			  struct err *err)
{
	const struct led_options options = { .board = where->board };
	struct board board;
	struct slot slot;
	int r = led_source_board(&options, &board, err);

	if (r == 0)
		r = linux_open(where, &slot, err);
	if (r < 0)
		return r;
	if (!slot_can(&slot, SLOT_POWER | SLOT_RESET | SLOT_SETUP | SLOT_USB))
		r = err_set(err, ERR_CONFIG, -EINVAL,
			    "slot '%s' needs power, RESET, SETUP and USB for that", where->name);
	else
		r = tell_board(bench, where, &slot, &board, ret_good, err);
	slot_close(&slot);
	return r;
}

static int cmd_provision(const struct command_input *input, struct err *err)
{
	const char *only = input->options[PROVISION_SLOT];
	AUTO_FREE struct bench *bench = NULL;
	bool all_good = true;
	int r = cli_bench(input->argument, &bench, err);

	if (r < 0)
		return r;
	if (only && !bench_slot(bench, only))
		return err_set(err, ERR_USAGE, -EINVAL, "bench '%s' has no slot '%s'", bench->name,
			       only);
	if (!bench->cloud_address[0])
		return err_set_at(err, bench->path, 0,
				  "the bench says no 'cloud': where boards would find the rig");
	for (size_t i = 0; i < bench->slot_count && r == 0; i++) {
		bool good = true;

		if (!only || strcmp(bench->slots[i].name, only) == 0)
			r = provision_slot(bench, &bench->slots[i], &good, err);
		all_good = all_good && good;
	}
	return r < 0 ? r : all_good ? EXIT_ACCEPTED : EXIT_FIRMWARE_FAILED;
}

const struct command command_bench_provision = {
	.name = "bench provision",
	.argument = "FILE",
	.summary = "tell the boards of a bench where the rig's cloud is",
	.options = {
		[PROVISION_SLOT] = { "slot", "NAME", "this slot alone" },
	},
	.run = cmd_provision,
};
