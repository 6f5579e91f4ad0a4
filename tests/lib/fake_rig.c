/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/fake_rig.h"
#include "base/text.h"

enum { FAKE_OFF_US = 500000 };

static const enum rung ladder[] = { RUNG_WAIT,	   RUNG_RESET,	     RUNG_POWER_CYCLE,
				    RUNG_LONG_OFF, RUNG_DFU_BUTTONS, RUNG_DFU_FLASH };

/* A protected module, and one that may be written. */
static void make_from(struct fake_rig *rig)
{
	struct release_module *modules = rig->from.modules;

	for (size_t i = 0; i < FAKE_RIG_MODULE_BYTES; i++)
		rig->from_bytes[i] = (uint8_t)(i * 7 + 1);
	rig->from.module_count = 2;
	text_copy(modules[0].name, sizeof(modules[0].name), "bootloader");
	modules[0].image = (struct image){ .bytes = rig->from_bytes, .len = 64 };
	modules[0].image.header.start = FAKE_DFU_BASE;
	text_copy(modules[1].name, sizeof(modules[1].name), "app");
	modules[1].image = (struct image){ .bytes = rig->from_bytes, .len = FAKE_RIG_MODULE_BYTES };
	modules[1].image.header.start = FAKE_DFU_OPEN;
}

struct fake_rig *fake_rig_new(size_t parts)
{
	struct fake_rig *rig = calloc(1, sizeof(*rig));

	if (!rig)
		return NULL;
	fake_slot_open(&rig->fake, &rig->slot);
	fake_profile(&rig->board);
	text_copy(rig->scenario.name, sizeof(rig->scenario.name), "fake");
	rig->scenario.part_count = parts;
	rig->scenario.cut.strategy = CUT_STRATEGY_RANDOM;
	rig->scenario.cut.by = CUT_BY_TIME;
	rig->scenario.power.off_us_min = FAKE_OFF_US;
	rig->scenario.power.off_us_max = FAKE_OFF_US;
	rig->scenario.power.vbat = VBAT_LOST;
	rig->scenario.ladder_count = ARRAY_LEN(ladder);
	for (size_t i = 0; i < ARRAY_LEN(ladder); i++)
		rig->scenario.ladder[i] = ladder[i];
	rig->image.header.start = rig->board.regions[1].start;
	make_from(rig);
	rig->setup = (struct trial_setup){ .slot = &rig->slot,
					   .board = &rig->board,
					   .scenario = &rig->scenario,
					   .delivery = &delivery_staged,
					   .context = &rig->context,
					   .part_count = parts,
					   .from = &rig->from };
	delivery_port_init(&rig->port, &rig->slot);
	rig->context = (struct delivery_context){
		.slot = &rig->slot,
		.board = &rig->delivery_board,
		.options = &rig->options,
		.port = &rig->port,
	};
	for (size_t i = 0; i < parts; i++)
		rig->setup.parts[i] =
			(struct delivery_part){ .number = (uint32_t)i + 1,
						.name = rig->board.regions[1].name,
						.image = &rig->image,
						.staging_address = rig->board.regions[2].start };
	return rig;
}

int fake_rig_learn(struct fake_rig *rig, struct err *err)
{
	int r = trial_baseline(&rig->setup, NULL, 0, err);

	return r < 0 ? r : trial_calibrate(&rig->setup, &rig->calib, err);
}

struct trial_spec fake_rig_spec(uint32_t part, uint64_t at_us)
{
	struct trial_spec spec = { .scenario = "fake", .vbat = VBAT_LOST };

	if (part == 0)
		return spec;
	spec.cut = (struct cut_point){ .part = part, .by = CUT_BY_TIME, .at = at_us };
	spec.off_us = FAKE_OFF_US;
	return spec;
}
