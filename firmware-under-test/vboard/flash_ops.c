/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Code runs from the flash that is being changed, so the core stands still during an operation
 * (PM0059 1.5: a read while one is under way stalls the bus): an operation is a jump in time at the
 * store that begins it. What may end it early: power that fails, and the watchdog, whose clock goes
 * on (a reset inside an operation leaves its cells undefined).
 *
 * The supply must suit PSIZE (PM0059 table "Program/erase parallelism"): 1.8 V for x8, 2.1 V for
 * x16, 2.7 V for x32. The controller does not check it. Model: below that level an operation has
 * the effect of one that was interrupted, at the share VDD / needed VDD, and reports success.
 */
#include "vboard/board.h"
#include "vboard/cut.h"
#include "vboard/bus.h"
#include "vboard/cells.h"
#include "vboard/flash.h"
#include "vboard/memo.h"
#include "vboard/peripherals.h"
#include "vboard/rail.h"

enum { MILLION = CELLS_MILLION, OPTIONS_ADDRESS = 0x1fffc000 };

static const uint32_t needed_mv[VBOARD_WIDTHS] = { RAIL_OPERATING_MV, 2100, 2700 };

/* An operation under way. */
struct passage {
	uint64_t begin;
	uint64_t insn;
	uint64_t end;  /* when it would be over */
	uint32_t part; /* how much of its time passed, millionths */
	uint32_t took; /* how much of its effect it had */
};

static uint32_t sector_begin(uint32_t sector)
{
	if (sector < 4)
		return FLASH_BASE + 0x4000 * sector;
	return sector == 4 ? FLASH_BASE + 0x10000 : FLASH_BASE + 0x20000 * (sector - 4);
}

static uint32_t sector_bytes(uint32_t sector)
{
	return sector < 4 ? 0x4000 : sector == 4 ? 0x10000 : 0x20000;
}

uint32_t vboard_flash_sector(uint32_t address, uint32_t *ret_begin)
{
	uint32_t sector;

	if (address - FLASH_BASE >= VBOARD_FLASH_BYTES)
		return 0;
	sector = flash_sector_of(address - FLASH_BASE);
	if (ret_begin)
		*ret_begin = sector_begin(sector);
	return sector_bytes(sector);
}

uint32_t vboard_flash_wear(const struct vboard *vb, uint32_t address)
{
	if (address - FLASH_BASE >= VBOARD_FLASH_BYTES)
		return 0;
	return vb->s.wear[flash_sector_of(address - FLASH_BASE)];
}

/* Cycle of the command that an armed cut gives inside the operation, UINT64_MAX for none. */
static uint64_t cut_inside(const struct vboard *vb, const struct passage *op, uint64_t index)
{
	if (vb->cut_by == VBOARD_CUT_CYCLE && vb->cut_at < op->end)
		return vb->cut_at > op->begin ? vb->cut_at : op->begin;
	if (vb->cut_by != VBOARD_CUT_OP || index != vb->cut_at)
		return UINT64_MAX;
	if (vb->cut_form == VBOARD_CUT_AFTER)
		return op->end;
	if (vb->cut_form == VBOARD_CUT_BEFORE)
		return op->begin;
	return op->begin + (op->end - op->begin) * vb->cut_permille / 1000;
}

static uint64_t not_before(uint64_t cycle, uint64_t begin)
{
	return cycle > begin ? cycle : begin;
}

static uint32_t lower_mv(const struct vboard *vb, uint64_t begin, uint64_t end)
{
	uint32_t first = rail_mv(vb, begin);
	uint32_t last = rail_mv(vb, end);

	return first < last ? first : last;
}

/* Lets the operation's time pass, or as much of it as is left. */
static struct passage pass_time(struct vboard *vb, uint32_t us, enum vboard_widths width)
{
	struct passage op = { .begin = vb->s.cycles, .insn = board_insns(vb) };
	bool at_once = vb->s.supply.fall_us == 0;
	uint64_t command;
	uint64_t end;
	uint32_t mv;

	op.end = op.begin + (uint64_t)us * VBOARD_CYCLES_PER_US;
	end = op.end;
	command = cut_inside(vb, &op, vb->s.flash_ops++);
	if (command != UINT64_MAX && at_once)
		end = command;
	else if (command != UINT64_MAX)
		board_cut(vb, command); /* falls from there on: not before the operation's begin */
	if (rail_dies(vb) < end)
		end = not_before(rail_dies(vb), op.begin);
	if (!memo_is_telling(vb) && iwdg_next(vb) < end) /* it would have been seen when it ran */
		end = not_before(iwdg_next(vb), op.begin);
	mv = lower_mv(vb, op.begin, end);
	op.part = end == op.end ? MILLION
				: (uint32_t)((end - op.begin) * MILLION / (op.end - op.begin));
	op.took = mv < needed_mv[width] ? (uint32_t)((uint64_t)op.part * mv / needed_mv[width])
					: op.part;
	vb->s.cycles = end;
	vb->s.idle_cycles += end - op.begin;
	if (command <= end && at_once)
		board_cut(vb, end);
	else if (rail_dies(vb) <= end)
		board_run_events(vb);
	if (end != op.end)
		board_schedule(vb); /* the watchdog has come due */
	return op;
}

static void tell(struct vboard *vb, enum vboard_flash_kind kind, uint32_t address, uint32_t bytes,
		 const struct passage *passed)
{
	struct vboard_flash_op op = {
		.kind = kind,
		.address = address,
		.bytes = bytes,
		.index = vb->s.flash_ops - 1,
		.insn = passed->insn,
		.begin_cycle = passed->begin,
		.end_cycle = vb->s.cycles,
	};

	if (vb->listener.flash)
		vb->listener.flash(vb->listener.ctx, &op);
}

/* Noted before anything changes. */
static void note(struct vboard *vb, enum vboard_flash_kind kind, uint32_t address, uint32_t bytes,
		 uint32_t value, uint32_t us)
{
	if (vb->recorder)
		record_flash(vb,
			     &(struct record_op){ .address = address,
						  .value = value,
						  .cycles = us * VBOARD_CYCLES_PER_US,
						  .bytes = bytes,
						  .kind = kind },
			     vb->s.cycles);
}

bool flash_program(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value)
{
	uint32_t offset = address - FLASH_BASE;
	enum vboard_widths width = (enum vboard_widths)(size / 2);
	uint32_t us = vb->s.timing.program_us[width];
	struct passage op;

	note(vb, VBOARD_FLASH_PROGRAM, address, size, value, us);
	op = pass_time(vb, us, width);
	if (op.took == MILLION)
		for (unsigned int i = 0; i < size; i++)
			vb->s.flash[offset + i] &= (uint8_t)(value >> (8 * i));
	else
		cells_tear_program(vb, offset, size, value, op.took);
	code_flash_changed(vb, offset, size);
	tell(vb, VBOARD_FLASH_PROGRAM, address, size, &op);
	return op.part == MILLION;
}

static void end_erase(struct vboard *vb, uint32_t sector, const struct passage *op)
{
	uint32_t offset = sector_begin(sector) - FLASH_BASE;
	uint32_t bytes = sector_bytes(sector);

	if (op->took == 0)
		return;
	if (op->took == MILLION) {
		memset(&vb->s.flash[offset], 0xff, bytes);
		cells_firm(vb, sector, offset, bytes);
	} else {
		cells_tear_erase(vb, sector, offset, bytes, op->took);
	}
	vb->s.wear[sector]++;
	code_flash_changed(vb, offset, bytes);
}

static uint32_t erase_us(const struct vboard *vb, uint32_t sector, enum vboard_widths width)
{
	if (sector < 4)
		return vb->s.timing.erase_16k_us[width];
	return sector == 4 ? vb->s.timing.erase_64k_us[width] : vb->s.timing.erase_128k_us[width];
}

bool flash_erase_sector(struct vboard *vb, uint32_t sector, enum vboard_widths width)
{
	uint32_t us = erase_us(vb, sector, width);
	struct passage op;

	note(vb, VBOARD_FLASH_ERASE, sector_begin(sector), sector_bytes(sector), width, us);
	op = pass_time(vb, us, width);
	end_erase(vb, sector, &op);
	tell(vb, VBOARD_FLASH_ERASE, sector_begin(sector), sector_bytes(sector), &op);
	memo_landmark(vb);
	return op.part == MILLION;
}

bool flash_erase_all(struct vboard *vb, enum vboard_widths width)
{
	struct passage op;

	if (vb->recorder)
		record_spoil(vb); /* rare, and it leaves nothing to go on with */
	op = pass_time(vb, vb->s.timing.mass_erase_us[width], width);
	for (uint32_t sector = 0; sector < FLASH_SECTORS; sector++)
		end_erase(vb, sector, &op);
	tell(vb, VBOARD_FLASH_ERASE, FLASH_BASE, VBOARD_FLASH_BYTES, &op);
	return op.part == MILLION;
}

bool flash_program_options(struct vboard *vb, uint32_t value)
{
	struct passage op;

	note(vb, VBOARD_FLASH_OPTIONS, OPTIONS_ADDRESS, 4, value, vb->s.timing.options_us);
	op = pass_time(vb, vb->s.timing.options_us, VBOARD_X8);
	if (op.took == MILLION)
		vb->s.option_bytes = value & OPTIONS_MASK;
	else if (op.took > 0)
		vb->s.option_bytes =
			cells_tear_options(vb, vb->s.option_bytes, value, op.took) & OPTIONS_MASK;
	board_schedule(vb); /* another brown-out level may mean a reset */
	tell(vb, VBOARD_FLASH_OPTIONS, OPTIONS_ADDRESS, 4, &op);
	return op.part == MILLION;
}

uint64_t flash_program_cycles(const struct vboard *vb)
{
	return (uint64_t)vb->s.timing.program_us[VBOARD_X32] * VBOARD_CYCLES_PER_US;
}

/* Programming can only clear bits. */
static void clear_word(uint8_t *cells, const void *word)
{
	uint32_t old;
	uint32_t clear;

	memcpy(&old, cells, 4);
	memcpy(&clear, word, 4);
	old &= clear;
	memcpy(cells, &old, 4);
}

void flash_program_words(struct vboard *vb, uint32_t address, const uint8_t *bytes, uint32_t words)
{
	uint32_t offset = address - FLASH_BASE;

	for (uint32_t i = 0; i < words; i++)
		clear_word(&vb->s.flash[offset + 4 * i], bytes + 4 * (size_t)i);
	vb->s.flash_ops += words;
	vb->s.cycles += words * flash_program_cycles(vb);
	vb->s.idle_cycles += words * flash_program_cycles(vb);
	code_flash_changed(vb, offset, 4 * words);
}

static void redo(struct vboard *vb, const struct record_op *op)
{
	uint8_t *bytes = &vb->s.flash[(op->address - FLASH_BASE) % VBOARD_FLASH_BYTES];

	vb->s.flash_ops++;
	if (op->kind == VBOARD_FLASH_OPTIONS) {
		vb->s.option_bytes = op->value & OPTIONS_MASK;
	} else if (op->kind == VBOARD_FLASH_ERASE) {
		memset(bytes, 0xff, op->bytes);
		vb->s.wear[flash_sector_of(op->address - FLASH_BASE)]++;
	} else if (op->bytes == 4) {
		clear_word(bytes, &op->value);
	} else {
		for (uint32_t i = 0; i < op->bytes; i++)
			bytes[i] &= (uint8_t)(op->value >> (8 * i));
	}
}

void flash_redo(struct vboard *vb, const struct record_op *ops, uint32_t count)
{
	uint32_t begin = 0;
	uint32_t end = 0; /* addresses from 'begin' on that changed and are not told yet */

	for (uint32_t i = 0; i < count; i++) {
		redo(vb, &ops[i]);
		if (ops[i].kind == VBOARD_FLASH_OPTIONS)
			continue;
		if (ops[i].address != end) {
			if (end > begin)
				code_flash_changed(vb, begin - FLASH_BASE, end - begin);
			begin = ops[i].address;
		}
		end = ops[i].address + ops[i].bytes;
	}
	if (end > begin)
		code_flash_changed(vb, begin - FLASH_BASE, end - begin);
}

void flash_redo_cut(struct vboard *vb, const struct record_op *op)
{
	if (op->kind == VBOARD_FLASH_ERASE)
		flash_erase_sector(vb, flash_sector_of(op->address - FLASH_BASE),
				   (enum vboard_widths)op->value);
	else if (op->kind == VBOARD_FLASH_OPTIONS)
		flash_program_options(vb, op->value);
	else
		flash_program(vb, op->address, op->bytes, op->value);
}
