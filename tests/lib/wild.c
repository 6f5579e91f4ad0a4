/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/wild.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum wild_event_kind {
	EVENT_RUN,
	EVENT_POWER,
	EVENT_LINE,
	EVENT_CUT,
	EVENT_SEED,
	EVENT_JUMP,
	EVENT_CALL,
	EVENT_HANDOVER,
	EVENT_SNAPSHOT,
	EVENT_FLASH,
	EVENT_KINDS
};

enum { EVENT_BYTES = 5 };

struct wild {
	struct vboard *vb;
	struct vboard_snapshot *snapshot;
	uint64_t operations;
};

static void on_led(void *ctx, uint64_t cycle, enum vboard_led led, bool high)
{
	struct wild *wild = ctx;

	(void)led, (void)high;
	assert(cycle <= vboard_cycle(wild->vb));
}

static void on_flash(void *ctx, const struct vboard_flash_op *op)
{
	struct wild *wild = ctx;
	struct vboard_cut now = { .by = VBOARD_CUT_CYCLE };

	assert(op->begin_cycle <= op->end_cycle && op->end_cycle <= vboard_cycle(wild->vb));
	assert(op->address >= FLASH_BASE &&
	       op->address - FLASH_BASE <= VBOARD_FLASH_BYTES - op->bytes);
	if (++wild->operations > WILD_OPERATIONS_MAX)
		vboard_arm_cut(wild->vb, &now);
}

/* Where an event points at: mostly somewhere in the two memories. */
static uint32_t address_of(const uint8_t *p)
{
	uint32_t low = p[2] | (uint32_t)p[3] << 8;

	switch (p[4] % 8) {
	case 0: return low << 16 | low;
	case 1: return low;
	case 2: return FLASH_BASE + VBOARD_FLASH_BYTES - 64 + low % 128;
	case 3: return RAM_BASE + VBOARD_RAM_BYTES - 64 + low % 128;
	case 4: return RAM_BASE + low;
	default: return FLASH_BASE + low;
	}
}

static void run(struct wild *wild, uint64_t cycles)
{
	struct vboard *vb = wild->vb;
	uint64_t until = vboard_cycle(vb) + cycles;

	while (vboard_cycle(vb) < until)
		vboard_run(vb, until); /* ends early when power is cut */
}

static void arm(struct wild *wild, const uint8_t *p)
{
	struct vboard_cut cut = {
		.by = (enum vboard_cut_by)(p[1] % 4),
		.at = p[2] * (p[1] & 0x80 ? 256u : 1u),
		.form = (enum vboard_cut_form)(1 + p[3] % 3),
		.permille = 1 + (p[3] * 256u + p[4]) % 999,
	};

	vboard_arm_cut(wild->vb, &cut);
}

static void snapshot(struct wild *wild, const uint8_t *p)
{
	uint64_t hash;

	if (p[1] & 1) {
		vboard_snapshot_restore(wild->snapshot, wild->vb,
					(enum vboard_snapshot_time)(p[2] & 1));
		return;
	}
	hash = vboard_test_hash(wild->vb);
	if (!vboard_snapshot_take(wild->snapshot, wild->vb))
		return;
	run(wild, p[2] * 64u);
	assert(vboard_snapshot_restore(wild->snapshot, wild->vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN));
	assert(vboard_test_hash(wild->vb) == hash);
}

static void flash(struct wild *wild, const uint8_t *p)
{
	uint32_t address = address_of(p);

	if (p[1] & 1)
		vboard_flash_erase(wild->vb, address);
	else
		vboard_flash_program(wild->vb, address, p[1] * 0x01010101u);
}

static void call(struct wild *wild, const uint8_t *p)
{
	const uint32_t args[4] = { address_of(p), p[1], p[2], p[3] };
	uint32_t value;

	if (vboard_is_powered(wild->vb))
		vboard_call(wild->vb, address_of(p), args,
			    vboard_cycle(wild->vb) + WILD_RUN_CYCLES * 16u, &value);
}

static void play(struct wild *wild, const uint8_t *p)
{
	struct vboard *vb = wild->vb;

	switch ((enum wild_event_kind)(p[0] % EVENT_KINDS)) {
	case EVENT_RUN: run(wild, WILD_RUN_CYCLES * (1u + p[1])); break;
	case EVENT_POWER:
		if (p[1] & 2)
			vboard_set_vbat(vb, p[1] & 4);
		if (p[1] & 1)
			vboard_power_off(vb);
		else
			vboard_power_on(vb);
		break;
	case EVENT_LINE: vboard_line(vb, (enum vboard_line)(p[1] & 1), p[1] & 2); break;
	case EVENT_CUT: arm(wild, p); break;
	case EVENT_SEED: vboard_seed(vb, p[1]); break;
	case EVENT_JUMP: vboard_test_start(vb, address_of(p), RAM_BASE + p[1] * 512u); break;
	case EVENT_CALL: call(wild, p); break;
	case EVENT_HANDOVER:
		vboard_run_to_handover(vb, vboard_cycle(vb) + WILD_RUN_CYCLES * (1u + p[1]),
				       address_of(p));
		break;
	case EVENT_SNAPSHOT: snapshot(wild, p); break;
	case EVENT_FLASH: flash(wild, p); break;
	case EVENT_KINDS: break;
	}
}

static struct wild *wild_new(const uint8_t *rest, size_t size, bool photon)
{
	struct wild *wild = calloc(1, sizeof(*wild));
	size_t in_flash = size / 2;
	size_t in_ram = size - in_flash;

	assert(wild);
	wild->vb = vboard_new(photon ? VBOARD_MODEL_PHOTON : VBOARD_MODEL_P1, 1);
	wild->snapshot = vboard_snapshot_new();
	assert(wild->vb && wild->snapshot);
	vboard_listen(wild->vb,
		      &(struct vboard_listener){ .ctx = wild, .led = on_led, .flash = on_flash });
	if (in_flash > VBOARD_FLASH_BYTES)
		in_flash = VBOARD_FLASH_BYTES;
	if (in_ram > VBOARD_RAM_BYTES)
		in_ram = VBOARD_RAM_BYTES;
	if (in_flash)
		vboard_flash_load(wild->vb, FLASH_BASE, rest, in_flash);
	vboard_power_on(wild->vb);
	vboard_ram_write(wild->vb, RAM_BASE, rest + size / 2, in_ram);
	return wild;
}

uint64_t wild_play(const uint8_t *data, size_t size)
{
	size_t events = size ? data[0] % (WILD_EVENTS_MAX + 1) : 0;
	struct wild *wild;
	const uint8_t *p = data + 1;
	uint64_t hash;

	if (size < 1 + events * EVENT_BYTES)
		return 0;
	wild = wild_new(p + events * EVENT_BYTES, size - 1 - events * EVENT_BYTES, data[0] & 0x80);
	run(wild, WILD_RUN_CYCLES);
	for (size_t i = 0; i < events; i++)
		play(wild, p + i * EVENT_BYTES);
	run(wild, WILD_RUN_CYCLES);
	assert(vboard_insns(wild->vb) <= vboard_cycle(wild->vb));
	hash = vboard_test_hash(wild->vb);
	vboard_snapshot_free(wild->snapshot);
	vboard_free(wild->vb);
	free(wild);
	return hash;
}
