/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Code runs from the flash that is being changed, so the core stands still during an operation:
 * an operation is a jump in time at the store that begins it. An interrupted program leaves a
 * seeded random part of the bits it had to clear; an interrupted erase leaves bytes driven to zero
 * in its first third, and bits risen to one in the rest (facts: virtual-board.md section 7).
 */
#include "vboard/flash.h"
#include "vboard/board.h"
#include "vboard/cpu.h"
#include "vboard/memo.h"

enum flash_registers {
	FLASH_ACR = 0x00,
	FLASH_KEYR = 0x04,
	FLASH_OPTKEYR = 0x08,
	FLASH_SR = 0x0c,
	FLASH_CR = 0x10,
	FLASH_OPTCR = 0x14,
};

enum flash_bits {
	SR_EOP = 1u << 0,
	SR_WRPERR = 1u << 4,
	SR_PGAERR = 1u << 5,
	SR_PGPERR = 1u << 6,
	SR_PGSERR = 1u << 7,
	SR_ERRORS = 0xf2,
	CR_PG = 1u << 0,
	CR_SER = 1u << 1,
	CR_MER = 1u << 2,
	CR_STRT = 1u << 16,
	OPTCR_OPTLOCK = 1u << 0,
	OPTCR_OPTSTRT = 1u << 1,
	OPTION_BYTES_SHIFT = 16, /* nWRP: bit 16 + sector, 0 = protected */
};

#define CR_LOCK (1u << 31)

enum flash_times_us {
	PROGRAM_US = 16,
	ERASE_16K_US = 250000,
	ERASE_64K_US = 550000,
	ERASE_128K_US = 1000000,
	OPTION_BYTES_US = 250000,
};

enum { MILLION = 1000000 };

static const struct flash_sector {
	uint32_t begin;
	uint32_t bytes;
	uint32_t erase_us;
} flash_sectors[FLASH_SECTORS] = {
	{ 0x08000000, 0x4000, ERASE_16K_US },	{ 0x08004000, 0x4000, ERASE_16K_US },
	{ 0x08008000, 0x4000, ERASE_16K_US },	{ 0x0800c000, 0x4000, ERASE_16K_US },
	{ 0x08010000, 0x10000, ERASE_64K_US },	{ 0x08020000, 0x20000, ERASE_128K_US },
	{ 0x08040000, 0x20000, ERASE_128K_US }, { 0x08060000, 0x20000, ERASE_128K_US },
	{ 0x08080000, 0x20000, ERASE_128K_US }, { 0x080a0000, 0x20000, ERASE_128K_US },
	{ 0x080c0000, 0x20000, ERASE_128K_US }, { 0x080e0000, 0x20000, ERASE_128K_US },
};

static int sector_of(uint32_t address)
{
	for (int i = 0; i < FLASH_SECTORS; i++)
		if (address - flash_sectors[i].begin < flash_sectors[i].bytes)
			return i;
	return -1;
}

uint32_t vboard_flash_sector(uint32_t address, uint32_t *ret_begin)
{
	int sector = sector_of(address);

	if (sector < 0)
		return 0;
	if (ret_begin)
		*ret_begin = flash_sectors[sector].begin;
	return flash_sectors[sector].bytes;
}

void flash_reset(struct vboard *vb)
{
	vb->s.chip.flash =
		(struct flash_state){ .cr = CR_LOCK, .optcr = vb->s.option_bytes | OPTCR_OPTLOCK };
}

static bool is_protected(const struct vboard *vb, int sector)
{
	return !(vb->s.option_bytes >> (OPTION_BYTES_SHIFT + sector) & 1);
}

/*
 * Lets the operation's time pass. Returns how much of it happened, in millionths; less than all
 * means that power failed inside.
 */
static uint32_t pass_time(struct vboard *vb, uint64_t duration)
{
	uint64_t begin = vb->s.cycles;
	uint64_t index = vb->s.flash_ops++;
	uint64_t passed = duration;
	uint32_t part = MILLION;
	bool cut_after = false;

	if (vb->cut_by == VBOARD_CUT_OP && index == vb->cut_at) {
		cut_after = vb->cut_form == VBOARD_CUT_AFTER;
		if (vb->cut_form == VBOARD_CUT_BEFORE)
			part = 0;
		else if (vb->cut_form == VBOARD_CUT_TORN)
			part = vb->cut_permille * 1000;
		passed = duration * part / MILLION;
	} else if (vb->cut_by == VBOARD_CUT_CYCLE && vb->cut_at < begin + duration) {
		passed = vb->cut_at > begin ? vb->cut_at - begin : 0;
		part = (uint32_t)(passed * MILLION / duration);
	}
	vb->s.cycles += passed;
	vb->s.idle_cycles += passed;
	if (part < MILLION || cut_after)
		board_power_failed(vb);
	return part;
}

static void tell(struct vboard *vb, enum vboard_flash_kind kind, uint32_t address, uint32_t bytes,
		 uint64_t begin_cycle, uint64_t insn)
{
	struct vboard_flash_op op = {
		.kind = kind,
		.address = address,
		.bytes = bytes,
		.index = vb->s.flash_ops - 1,
		.insn = insn,
		.begin_cycle = begin_cycle,
		.end_cycle = vb->s.cycles,
	};

	if (vb->listener.flash)
		vb->listener.flash(vb->listener.ctx, &op);
}

/* A byte with each bit set with probability 'p' of 256. */
static uint8_t chance_bits(struct vboard *vb, uint32_t p)
{
	uint64_t lanes = board_chance(vb);
	uint8_t bits = 0;

	for (unsigned int i = 0; i < 8; i++)
		if ((lanes >> (8 * i) & 0xff) < p)
			bits |= (uint8_t)(1u << i);
	return bits;
}

static void tear_program(struct vboard *vb, uint8_t *bytes, unsigned int size, uint32_t value,
			 uint32_t part)
{
	uint32_t p = part * 256 / MILLION;

	for (unsigned int i = 0; i < size; i++) {
		uint8_t target = (uint8_t)(value >> (8 * i));
		uint8_t must_clear = (uint8_t)(bytes[i] & ~target);

		bytes[i] &= (uint8_t) ~(must_clear & chance_bits(vb, p));
	}
}

static void tear_erase(struct vboard *vb, uint8_t *bytes, uint32_t size, uint32_t part)
{
	uint32_t third = MILLION / 3;

	if (part == 0)
		return;
	if (part < third) {
		for (uint32_t i = 0; i < size; i++)
			if ((board_chance(vb) & 0xffff) < (uint64_t)part * 65536 / third)
				bytes[i] = 0;
		return;
	}
	for (uint32_t i = 0; i < size; i++)
		bytes[i] = chance_bits(vb, (part - third) * 256 / (MILLION - third));
}

uint64_t flash_program_cycles(void)
{
	return (uint64_t)PROGRAM_US * VBOARD_CYCLES_PER_US;
}

void flash_program_words(struct vboard *vb, uint32_t address, const uint8_t *bytes, uint32_t words)
{
	uint32_t offset = address - FLASH_BASE;

	for (uint32_t i = 0; i < 4 * words; i++)
		vb->s.flash[offset + i] &= bytes[i];
	vb->s.flash_ops += words;
	vb->s.cycles += words * flash_program_cycles();
	vb->s.idle_cycles += words * flash_program_cycles();
	code_flash_changed(vb, offset, 4 * words);
}

void flash_program(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value)
{
	uint32_t offset = address - FLASH_BASE;
	uint8_t *bytes = &vb->s.flash[offset];
	uint64_t begin = vb->s.cycles;
	uint64_t insn = board_insns(vb);
	uint64_t duration = flash_program_cycles();
	uint32_t part;

	if (vb->recorder)
		record_program(vb, address, size, value, begin, duration);
	part = pass_time(vb, duration);
	if (part == MILLION) {
		for (unsigned int i = 0; i < size; i++)
			bytes[i] &= (uint8_t)(value >> (8 * i));
	} else {
		tear_program(vb, bytes, size, value, part);
	}
	code_flash_changed(vb, offset, size);
	tell(vb, VBOARD_FLASH_PROGRAM, address, size, begin, insn);
}

void flash_erase_sector(struct vboard *vb, uint32_t sector)
{
	const struct flash_sector *row = &flash_sectors[sector];
	uint32_t offset = row->begin - FLASH_BASE;
	uint64_t begin = vb->s.cycles;
	uint64_t insn = board_insns(vb);
	uint64_t duration = (uint64_t)row->erase_us * VBOARD_CYCLES_PER_US;
	uint32_t part;

	if (vb->recorder)
		record_erase(vb, row->begin, row->bytes, begin, duration);
	part = pass_time(vb, duration);
	if (part == MILLION)
		memset(&vb->s.flash[offset], 0xff, row->bytes);
	else
		tear_erase(vb, &vb->s.flash[offset], row->bytes, part);
	if (part > 0)
		vb->s.wear[sector]++;
	code_flash_changed(vb, offset, row->bytes);
	tell(vb, VBOARD_FLASH_ERASE, row->begin, row->bytes, begin, insn);
	memo_landmark(vb);
}

static void redo(struct vboard *vb, const struct record_op *op)
{
	uint8_t *bytes = &vb->s.flash[(op->address - FLASH_BASE) % VBOARD_FLASH_BYTES];

	if (op->kind == VBOARD_FLASH_NONE)
		return; /* option bytes: not part of flash, and not counted */
	vb->s.flash_ops++;
	if (op->kind == VBOARD_FLASH_ERASE) {
		memset(bytes, 0xff, op->bytes);
		vb->s.wear[sector_of(op->address)]++;
		return;
	}
	for (uint32_t i = 0; i < op->bytes; i++)
		bytes[i] &= (uint8_t)(op->value >> (8 * i));
}

void flash_redo(struct vboard *vb, const struct record_op *ops, uint32_t count)
{
	uint32_t begin = 0;
	uint32_t end = 0; /* addresses from 'begin' on that changed and are not told yet */

	for (uint32_t i = 0; i < count; i++) {
		redo(vb, &ops[i]);
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
		flash_erase_sector(vb, (uint32_t)sector_of(op->address));
	else
		flash_program(vb, op->address, op->bytes, op->value);
}

void flash_store(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value)
{
	struct flash_state *flash = &vb->s.chip.flash;
	uint32_t psize = flash->cr >> 8 & 3;
	int sector = sector_of(address);

	if (!(flash->cr & CR_PG) || (flash->cr & (CR_SER | CR_MER)))
		flash->sr |= SR_PGSERR;
	else if (psize == 3 || size != 1u << psize)
		flash->sr |= SR_PGPERR;
	else if (address & (size - 1))
		flash->sr |= SR_PGAERR;
	else if (sector < 0 || is_protected(vb, sector))
		flash->sr |= SR_WRPERR;
	else
		flash_program(vb, address, size, value);
}

static void erase_command(struct vboard *vb)
{
	struct flash_state *flash = &vb->s.chip.flash;
	uint32_t number = flash->cr >> 3 & 15;
	bool mass = (flash->cr & CR_MER) != 0;

	if (!mass && number >= FLASH_SECTORS) {
		flash->sr |= SR_PGSERR;
		return;
	}
	if (vb->recorder && mass)
		record_spoil(vb);
	for (uint32_t i = mass ? 0 : number; i < (mass ? FLASH_SECTORS : number + 1); i++) {
		if (is_protected(vb, (int)i))
			flash->sr |= SR_WRPERR;
		else if (vb->s.powered)
			flash_erase_sector(vb, i);
	}
}

static void control_write(struct vboard *vb, uint32_t value)
{
	struct flash_state *flash = &vb->s.chip.flash;

	if (flash->cr & CR_LOCK)
		return;
	flash->cr = value & 0x830103ffu;
	if ((value & CR_STRT) && (value & (CR_SER | CR_MER)))
		erase_command(vb);
	flash->cr &= ~(uint32_t)CR_STRT;
	if (value & CR_LOCK)
		flash->key_step = 0;
}

static void option_write(struct vboard *vb, uint32_t value, uint32_t mask)
{
	struct flash_state *flash = &vb->s.chip.flash;

	if (flash->optcr & OPTCR_OPTLOCK)
		return;
	flash->optcr = (flash->optcr & ~mask) | (value & mask);
	if (flash->optcr & OPTCR_OPTSTRT) {
		if (vb->recorder)
			record_stall(vb, (uint64_t)OPTION_BYTES_US * VBOARD_CYCLES_PER_US);
		memo_landmark(vb);
		vb->s.option_bytes = flash->optcr & 0x0fffffecu;
		vb->s.cycles += (uint64_t)OPTION_BYTES_US * VBOARD_CYCLES_PER_US;
		vb->s.idle_cycles += (uint64_t)OPTION_BYTES_US * VBOARD_CYCLES_PER_US;
		flash->optcr &= ~(uint32_t)OPTCR_OPTSTRT;
	}
}

/* Two keys in order open a lock; anything else closes it until reset (RM0033 2.5.1). */
static bool unlock(uint32_t *step, uint32_t value, uint32_t first, uint32_t second)
{
	if (*step == 0 && value == first) {
		*step = 1;
	} else if (*step == 1 && value == second) {
		*step = 0;
		return true;
	} else {
		*step = UINT32_MAX;
	}
	return false;
}

uint32_t flash_read(struct vboard *vb, uint32_t offset)
{
	const struct flash_state *flash = &vb->s.chip.flash;

	switch (offset) {
	case FLASH_ACR: return flash->acr;
	case FLASH_SR: return flash->sr;
	case FLASH_CR: return flash->cr;
	case FLASH_OPTCR: return flash->optcr;
	default: return 0;
	}
}

void flash_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	struct flash_state *flash = &vb->s.chip.flash;

	switch (offset) {
	case FLASH_ACR: flash->acr = (flash->acr & ~mask) | (value & mask); break;
	case FLASH_KEYR:
		if (unlock(&flash->key_step, value, 0x45670123, 0xcdef89ab))
			flash->cr &= ~CR_LOCK;
		break;
	case FLASH_OPTKEYR:
		if (unlock(&flash->optkey_step, value, 0x08192a3b, 0x4c5d6e7f))
			flash->optcr &= ~(uint32_t)OPTCR_OPTLOCK;
		break;
	case FLASH_SR: flash->sr &= ~(value & mask & (SR_ERRORS | SR_EOP)); break;
	case FLASH_CR: control_write(vb, (flash->cr & ~mask) | (value & mask)); break;
	case FLASH_OPTCR: option_write(vb, value, mask); break;
	default: break;
	}
}
