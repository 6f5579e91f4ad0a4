/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bootloader's vectors. A fault in it ends in a dark board that stands still. */
#include "reference/bootloader/bootloader.h"
#include "reference/common/sections.h"
#include "reference/common/usb.h"

void start_reset(void);
static void stand_still(void);

typedef void (*vector)(void);

enum { VECTOR_COUNT = 97, VECTOR_SYSTICK = 15 };

static const union {
	vector code;
	uint32_t stack;
} vectors[VECTOR_COUNT] __attribute__((section(".vectors"), used)) = {
	[0].stack = CHIP_STACK_TOP,
	[1].code = start_reset,
	[2 ... VECTOR_SYSTICK - 1].code = stand_still,
	[VECTOR_SYSTICK].code = blink_tick,
	[VECTOR_SYSTICK + 1 ... USB_VECTOR - 1].code = stand_still,
	[USB_VECTOR].code = usb_interrupt,
	[USB_VECTOR + 1 ... VECTOR_COUNT - 1].code = stand_still,
};

static void stand_still(void)
{
	for (;;)
		;
}

void start_reset(void)
{
	sections_init();
	bootloader_main();
}
