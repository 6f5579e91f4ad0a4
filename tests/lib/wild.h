/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a board's memory and as what happens to it: firmware that runs wild, jumps into
 * nowhere, writes to protected flash, never ends. Used by the fuzz target and by a seeded test.
 */
#ifndef TESTS_LIB_WILD_H
#define TESTS_LIB_WILD_H

#include "vboard/vboard_test.h"

enum wild_limits {
	WILD_EVENTS_MAX = 32,
	WILD_RUN_CYCLES = 4096,	  /* between two events, in units of 1 to 256 */
	WILD_OPERATIONS_MAX = 64, /* of the flash; more, and power goes off for good */
};

/*
 * Plays the bytes: the first says how many events follow, then they follow, five bytes each; what
 * is left is what the board holds, first its vectors and code, then its RAM. Returns a hash of the
 * board at the end. The same bytes give the same hash; asserts what holds for every board.
 */
uint64_t wild_play(const uint8_t *data, size_t size);

#endif
