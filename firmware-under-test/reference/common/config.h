/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration table: what a device keeps beyond its firmware, and where pending updates are
 * noted (facts 2.1). It lives in two banks of 16 KB. A change is written as a whole new bank beside
 * the valid one, so that one of the two is valid at every moment.
 *
 * The code holds no state of its own: it can be called before a system runs, and by a bootloader
 * that borrows it.
 */
#ifndef REFERENCE_COMMON_CONFIG_H
#define REFERENCE_COMMON_CONFIG_H

#include "reference/common/chip.h"

enum config_places {
	CONFIG_BYTES = 4096,	   /* of the table that are kept */
	CONFIG_CREDENTIALS = 3823, /* Wi-Fi; a byte that is not 0xff: some are there */
	CONFIG_SLOTS = 2852,
	CONFIG_STAGED_FLAG = 1753, /* a byte: CONFIG_IS_STAGED when DFU has staged a module */
	CONFIG_IS_STAGED = 0xa5,
};

enum config_state {
	CONFIG_DAMAGED = 0, /* a bank was valid once, none is now */
	CONFIG_BLANK = 1,
	CONFIG_VALID = 2,
};

enum config_state config_state(void);

/* The table's bytes at 'offset', until the next write; without a valid bank 32 blank ones. */
const void *config_read(uint32_t offset);

/* 0, or -1 when the range is not in the table or the new bank does not hold what it should. */
int config_write(const void *data, uint32_t offset, uint32_t bytes);

/* Programs bits of the valid bank in place. Only where banks have no checksum. */
void config_clear_in_place(uint32_t offset, uint32_t bytes);

#endif
