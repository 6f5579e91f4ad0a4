/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A module on its way in: written to the staging region, looked at, and entered in the table, from
 * which the bootloader copies it (facts 2.2). However it comes, it comes through here.
 */
#ifndef REFERENCE_SYSTEM2_STAGED_H
#define REFERENCE_SYSTEM2_STAGED_H

#include "reference/common/chip.h"

enum staged_result {
	STAGED_GOOD = 0,
	STAGED_NOT_FOUND = -1300, /* no header, or not for this place */
	STAGED_INTEGRITY = -1330,
	STAGED_DEPENDENCY = -1340,
	STAGED_PLATFORM = -1360,
	STAGED_DISABLED = -1380, /* updates are not taken */
	STAGED_FAILED = -1390,
};

/* Erases what 'bytes' need of the region, a second for each 128 KB; -1 when they are too many. */
int staged_begin(uint32_t bytes);

/* Writes 'bytes', a multiple of 4, at 'offset' into the region; -1 beyond its end. */
int staged_put(uint32_t offset, const uint8_t *data, uint32_t bytes);

/*
 * Checks what was staged. When it is good it is noted for the next boot, or, a bootloader, which
 * cannot replace itself, written at once: power lost then leaves a board without one.
 */
enum staged_result staged_finish(void);

/* Does the same to what DFU has staged, if it has (facts 2.2); the flag goes first. */
void staged_look(void);

#endif
