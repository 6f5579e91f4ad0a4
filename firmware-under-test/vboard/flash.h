/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash and its controller: sectors, locks, AND semantics, times, and what is left of an
 * operation when power fails inside it. RM0033 section 2, PM0059; times: data-sheet typicals.
 */
#ifndef VBOARD_FLASH_H
#define VBOARD_FLASH_H

#include "vboard/record.h"

void flash_reset(struct vboard *vb);
uint32_t flash_read(struct vboard *vb, uint32_t offset);
void flash_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask);

/* A store of the core into flash memory, 'size' 1, 2 or 4 bytes. */
void flash_store(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value);

/* An operation itself, locks aside: also what the bench uses. */
void flash_erase_sector(struct vboard *vb, uint32_t sector);
void flash_program(struct vboard *vb, uint32_t address, unsigned int size, uint32_t value);

/* 'words' of them in a row that nobody watches one by one, each of flash_program_cycles(). */
void flash_program_words(struct vboard *vb, uint32_t address, const uint8_t *bytes, uint32_t words);
uint64_t flash_program_cycles(void);

/* Operations that were recorded, done again without taking time; they count, and wear the flash. */
void flash_redo(struct vboard *vb, const struct record_op *ops, uint32_t count);

/* The next one, in which the armed cut falls: power fails inside. */
void flash_redo_cut(struct vboard *vb, const struct record_op *op);

#endif
