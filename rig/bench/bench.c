/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/bench.h"

#include "bench/slot.h"

#include <string.h>
#include <strings.h>

bool bench_console_is_usb(const struct bench_slot *slot)
{
	const struct bench_console *console = &slot->console;

	if (!console->baud || !bench_has_usb(&slot->usb))
		return false;
	return (console->port[0] && strcmp(console->port, slot->usb.port) == 0) ||
	       (console->serial[0] && strcasecmp(console->serial, slot->usb.serial) == 0);
}

unsigned int bench_wiring(const struct bench_slot *slot)
{
	unsigned int bits = 0;

	bits |= slot->power.kind ? SLOT_POWER | SLOT_CUT : 0;
	bits |= bench_wired(&slot->power.rail) ? SLOT_RAIL : 0;
	bits |= bench_wired(&slot->vbat) ? SLOT_VBAT : 0;
	bits |= bench_wired(&slot->reset) ? SLOT_RESET : 0;
	bits |= bench_wired(&slot->setup) ? SLOT_SETUP : 0;
	for (size_t i = 0; i < BENCH_LEDS; i++)
		bits |= bench_wired(&slot->led.lines[i]) ? SLOT_LED : 0;
	bits |= bench_has_usb(&slot->usb) ? SLOT_USB : 0;
	bits |= slot->console.baud ? SLOT_CONSOLE : 0;
	bits |= bench_has_usb(&slot->usb) && slot->usb.cable == BENCH_CABLE_LOOSE ? SLOT_USB_CABLE
										  : 0;
	bits |= bench_console_is_usb(slot) ? SLOT_CONSOLE_USB : 0;
	bits |= slot->programmer[0] ? SLOT_PROGRAMMER : 0;
	return bits;
}

const struct bench_slot *bench_slot(const struct bench *bench, const char *name)
{
	for (size_t i = 0; i < bench->slot_count; i++)
		if (strcmp(bench->slots[i].name, name) == 0)
			return &bench->slots[i];
	return NULL;
}
