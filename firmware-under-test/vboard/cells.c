/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An interrupted program has cleared a random part of the bits it had to clear. An interrupted
 * erase leaves bytes driven to zero in its first third (a NOR flash programs all cells before it
 * erases them), and bits risen to one in the rest. Which, is seeded.
 *
 * Cells are weak where the charge stopped near the level that tells 1 from 0: seen on real parts as
 * bits that read differently each time, and as pages that look erased and are not (facts:
 * power-flash-statistics.md section 4). Model: of the cells that still hold 1 after an operation
 * got to a share p of its effect, p * (1 - p) are weak, at most a quarter; a read finds a 0 in them
 * with the probability with which a cell was cleared. Programming a weak cell to 0 settles it,
 * erasing settles them all, nothing else does.
 */
#include "vboard/cells.h"
#include "vboard/board.h"
#include "vboard/bus.h"
#include "vboard/flash.h"
#include "vboard/rail.h"

enum {
	THIRD = CELLS_MILLION / 3,
	/* At the power-down threshold one read in so many is wrong, at the lowest operating voltage
	 * none: a guess, there is no figure anywhere. */
	READS_PER_ERROR = 4096,
};

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

static uint32_t chance_word(struct vboard *vb, uint32_t p)
{
	uint32_t word = 0;

	for (unsigned int i = 0; i < 4; i++)
		word |= (uint32_t)chance_bits(vb, p) << (8 * i);
	return word;
}

static uint32_t flash_word(const struct vboard *vb, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, &vb->s.flash[offset], 4);
	return word;
}

/* p * (1 - p) of 256, from p of 256. */
static uint32_t weak_share(uint32_t p)
{
	return p * (256 - p) / 256;
}

static void weaken_word(struct vboard *vb, uint32_t offset, uint32_t mask, uint32_t zeros)
{
	struct weak_state *weak = &vb->s.weak;

	if (mask == 0 || weak->word_count == WEAK_WORDS_MAX)
		return;
	weak->words[weak->word_count++] = (struct weak_word){ offset, mask, zeros };
	flash_refresh_window(vb);
}

void cells_tear_program(struct vboard *vb, uint32_t offset, unsigned int size, uint32_t value,
			uint32_t part)
{
	uint32_t p = part * 256 / CELLS_MILLION;
	uint32_t missed = 0;

	for (unsigned int i = 0; i < size; i++) {
		uint8_t *byte = &vb->s.flash[offset + i];
		uint8_t must_clear = (uint8_t)(*byte & ~(value >> (8 * i)));

		*byte &= (uint8_t) ~(must_clear & chance_bits(vb, p));
		missed |= (uint32_t)(must_clear & *byte) << (8 * ((offset + i) & 3));
	}
	if (vb->s.cells == VBOARD_CELLS_WEAK && p > 0)
		weaken_word(vb, offset & ~3u, missed & chance_word(vb, weak_share(p)), p);
}

/* Another torn erase of the same sector before a whole one: the later one counts. */
static void weaken_sector(struct vboard *vb, uint32_t sector, uint32_t share, uint32_t zeros)
{
	struct weak_sector *row = &vb->s.weak.sectors[sector];

	if (share == 0)
		return;
	vb->s.weak.sector_count += row->share == 0;
	*row = (struct weak_sector){ share, zeros, board_chance(vb) };
	flash_refresh_window(vb);
}

void cells_tear_erase(struct vboard *vb, uint32_t sector, uint32_t offset, uint32_t bytes,
		      uint32_t part)
{
	uint8_t *cells = &vb->s.flash[offset];
	uint32_t p;

	if (part == 0)
		return;
	if (part < THIRD) {
		for (uint32_t i = 0; i < bytes; i++)
			if ((board_chance(vb) & 0xffff) < (uint64_t)part * 65536 / THIRD)
				cells[i] = 0;
		p = part * 256 / THIRD;
	} else {
		p = (part - THIRD) * 256 / (CELLS_MILLION - THIRD);
		for (uint32_t i = 0; i < bytes; i++)
			cells[i] = chance_bits(vb, p);
		p = 256 - p; /* what is not risen yet */
	}
	if (vb->s.cells == VBOARD_CELLS_WEAK)
		weaken_sector(vb, sector, weak_share(p), p);
}

uint32_t cells_tear_options(struct vboard *vb, uint32_t before, uint32_t after, uint32_t part)
{
	uint32_t half = CELLS_MILLION / 2;

	if (part < half)
		return before | chance_word(vb, part * 256 / half);
	return ~(~after & chance_word(vb, (part - half) * 256 / half));
}

void cells_firm(struct vboard *vb, uint32_t sector, uint32_t offset, uint32_t bytes)
{
	struct weak_state *weak = &vb->s.weak;
	uint32_t kept = 0;

	if (weak->word_count + weak->sector_count == 0)
		return;
	for (uint32_t i = 0; i < weak->word_count; i++)
		if (weak->words[i].offset - offset >= bytes)
			weak->words[kept++] = weak->words[i];
	/* one state has one representation */
	memset(&weak->words[kept], 0, (weak->word_count - kept) * sizeof(weak->words[0]));
	weak->word_count = kept;
	weak->sector_count -= weak->sectors[sector].share != 0;
	weak->sectors[sector] = (struct weak_sector){ 0 };
	code_flash_changed(vb, offset, bytes); /* may be kept decoded again */
	flash_refresh_window(vb);
}

/* Which cells of a word are weak by its sector's share: the same each time it is asked. */
static uint32_t sector_mask(const struct weak_sector *row, uint32_t offset)
{
	uint32_t mask = 0;
	uint64_t z = row->salt ^ ((uint64_t)offset << 20);

	for (unsigned int lane = 0; lane < 32; lane += 8) {
		uint64_t x = (z += 0x9e3779b97f4a7c15u);

		x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
		x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
		x ^= x >> 31;
		for (unsigned int i = 0; i < 8; i++)
			if ((x >> (8 * i) & 0xff) < row->share)
				mask |= 1u << (lane + i);
	}
	return mask;
}

static const struct weak_sector *sector_at(const struct vboard *vb, uint32_t offset)
{
	return &vb->s.weak.sectors[flash_sector_of(offset)];
}

static bool word_is_firm(const struct vboard *vb, uint32_t offset)
{
	const struct weak_state *weak = &vb->s.weak;

	if (weak->sector_count && sector_at(vb, offset)->share)
		return false;
	for (uint32_t i = 0; i < weak->word_count; i++)
		if (weak->words[i].offset == offset)
			return false;
	return true;
}

bool cells_are_firm(const struct vboard *vb, uint32_t offset, uint32_t bytes)
{
	if (flash_is_sure(vb))
		return true;
	if (vb->s.rail.unsure)
		return false;
	for (uint32_t at = offset & ~3u; at < offset + bytes && at < VBOARD_FLASH_BYTES; at += 4)
		if (!word_is_firm(vb, at))
			return false;
	return true;
}

static uint32_t read_word(struct vboard *vb, uint32_t offset)
{
	const struct weak_state *weak = &vb->s.weak;
	uint32_t word = flash_word(vb, offset);

	for (uint32_t i = 0; i < weak->word_count; i++)
		if (weak->words[i].offset == offset && (word & weak->words[i].mask))
			word &= ~(weak->words[i].mask & chance_word(vb, weak->words[i].zeros));
	if (weak->sector_count) {
		const struct weak_sector *row = sector_at(vb, offset);

		if (row->share)
			word &= ~(sector_mask(row, offset) & chance_word(vb, row->zeros));
	}
	return word;
}

/* Below the lowest operating voltage a read is wrong in one bit now and then. */
static uint32_t misread(struct vboard *vb, unsigned int size, uint32_t value)
{
	uint32_t mv = rail_mv(vb, vb->s.cycles);
	uint64_t short_mv = mv < RAIL_OPERATING_MV ? RAIL_OPERATING_MV - mv : 0;
	uint64_t chance = board_chance(vb);
	uint64_t limit =
		(short_mv << 32) / (RAIL_OPERATING_MV - RAIL_POWER_DOWN_MV) / READS_PER_ERROR;

	if ((chance & UINT32_MAX) < limit)
		value ^= 1u << (chance >> 32) % (8 * size);
	return value;
}

uint32_t cells_read(struct vboard *vb, uint32_t offset, unsigned int size)
{
	uint32_t first = offset & ~3u;
	uint64_t value;

	if (flash_is_sure(vb)) {
		value = 0;
		memcpy(&value, &vb->s.flash[offset], size);
		return (uint32_t)value;
	}
	value = read_word(vb, first);
	if ((offset + size - 1) / 4 != first / 4)
		value |= (uint64_t)read_word(vb, first + 4) << 32;
	value >>= 8 * (offset - first);
	if (size < 4)
		value &= (1u << (8 * size)) - 1;
	if (vb->s.rail.unsure)
		value = misread(vb, size, (uint32_t)value);
	return (uint32_t)value;
}

void flash_refresh_window(struct vboard *vb)
{
	vb->flash_sure =
		vb->s.weak.word_count == 0 && vb->s.weak.sector_count == 0 && !vb->s.rail.unsure;
	vb->flash_window = vb->flash_sure && !vb->recorder ? FLASH_WINDOW : 0;
}

void vboard_set_cells(struct vboard *vb, enum vboard_cells cells)
{
	vb->s.cells = cells;
}

uint32_t vboard_weak_cells(const struct vboard *vb)
{
	const struct weak_state *weak = &vb->s.weak;
	uint32_t count = 0;

	for (uint32_t at = 0; at < VBOARD_FLASH_BYTES && flash_sector_of(at) < FLASH_SECTORS;
	     at += 4) {
		uint32_t mask = 0;

		if (weak->sector_count && sector_at(vb, at)->share)
			mask = sector_mask(sector_at(vb, at), at);
		for (uint32_t i = 0; i < weak->word_count; i++)
			if (weak->words[i].offset == at)
				mask |= weak->words[i].mask;
		count += (uint32_t)__builtin_popcount(mask & flash_word(vb, at));
	}
	return count;
}
