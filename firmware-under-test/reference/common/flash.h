/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash driver. Sectors of 16, 64 and 128 KB; programming clears bits, a word at a time. The
 * core runs from the flash it changes, so it stands still until an operation is over.
 */
#ifndef REFERENCE_COMMON_FLASH_H
#define REFERENCE_COMMON_FLASH_H

#include "reference/common/chip.h"

/* Erases the sector that begins at 'address'. */
void flash_erase(uint32_t address);

/* Programs a word; nothing is done for one that is there already. */
void flash_program(uint32_t address, uint32_t word);

/* Bytes of the sector that holds 'address', and where it begins; 0 outside flash. */
uint32_t flash_sector(uint32_t address, uint32_t *ret_begin);

#endif
