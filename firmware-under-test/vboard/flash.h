/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash and its controller: sectors, locks, AND semantics, times, protection, and what is left
 * of an operation when power fails inside it. RM0033 section 2, PM0059; times: flash_times.c.
 */
#ifndef VBOARD_FLASH_H
#define VBOARD_FLASH_H

#include "vboard/record.h"

enum option_bits {
	OPTIONS_MASK = 0x0fffffec, /* nWRP, RDP, user bits, BOR level */
	OPTION_WDG_SW = 1 << 5,	   /* 0: the watchdog runs from reset on */
	OPTION_RDP_SHIFT = 8,
	OPTION_NWRP_SHIFT = 16, /* bit 16 + sector, 0 = protected */
};

/* What the registers do (flash.c). */
void flash_reset(struct vboard *vb);
uint32_t flash_read(struct vboard *vb, uint32_t offset);
void flash_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask);

/* Whether an aligned store into flash would change nothing at all: it is refused, and the error
 * that says so is there already. */
bool flash_ignores(const struct vboard *vb);

/* A store of the core into flash memory, 'size' 1, 2 or 4 bytes. */
void flash_store(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value);

/*
 * Operations themselves, locks aside: also what the bench uses (flash_ops.c). They count, take
 * their time, and may be torn. True when the operation came to its end (power may be gone all the
 * same).
 */
bool flash_program(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value);
bool flash_erase_sector(struct vboard *vb, uint32_t sector, enum vboard_widths width);
bool flash_erase_all(struct vboard *vb, enum vboard_widths width);
bool flash_program_options(struct vboard *vb, uint32_t value);

/* Sector of an offset in flash. */
static inline uint32_t flash_sector_of(uint32_t offset)
{
	if (offset < 0x10000)
		return offset / 0x4000;
	return offset < 0x20000 ? 4 : 4 + offset / 0x20000;
}

/* 'words' of them in a row that nobody watches one by one, each of flash_program_cycles(). */
void flash_program_words(struct vboard *vb, uint32_t address, const uint8_t *bytes, uint32_t words);
uint64_t flash_program_cycles(const struct vboard *vb);

/* Operations that were recorded, done again without taking time; they count, and wear the flash. */
void flash_redo(struct vboard *vb, const struct record_op *ops, uint32_t count);

/* The next one, in which the armed cut falls: power fails inside. */
void flash_redo_cut(struct vboard *vb, const struct record_op *op);

#endif
