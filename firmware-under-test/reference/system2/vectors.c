/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A vector table that nobody uses: part 1's counts. The P1's part 2 has one as well, and so tools
 * find the header of both parts in the same place.
 */
#include "reference/common/chip.h"

static void stand_still(void);

typedef void (*vector)(void);

enum { VECTOR_COUNT = 97 };

static const union {
	vector code;
	uint32_t stack;
} vectors[VECTOR_COUNT] __attribute__((section(".vectors"), used)) = {
	[0].stack = CHIP_STACK_TOP,
	[1 ... VECTOR_COUNT - 1].code = stand_still,
};

static void stand_still(void)
{
	for (;;)
		;
}
