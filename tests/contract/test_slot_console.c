/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The console suite over the virtual bench: at the board's pads, and as a device on its USB. */
#include "contract/virtual_openers.h"

#include "lib/testing.h"

enum { SERIAL_PRODUCT = 0xc008 };

static const struct virtual_firmware pads = { .model = "p1", .release = "reference-robust-1.0-p1" };
static const struct virtual_firmware on_usb = { .model = "p1",
						.release = "reference-robust-1.0-p1",
						.cdc_product = SERIAL_PRODUCT };

#define OPENER(its_name, its_how, its_firmware, its_line)                                  \
	{                                                                                  \
		.name = (its_name), .how = (its_how), .bounds = VIRTUAL_BOUNDS,            \
		.line = (its_line), .bench = &(its_firmware), .open = virtual_opener_open, \
		.look = virtual_opener_look                                                \
	}

static const struct contract_opener openers[] = {
	OPENER("virtual p1", WRAPPED_NOT, pads, CONTRACT_LINE_PADS),
	OPENER("virtual p1, line on usb", WRAPPED_NOT, on_usb, CONTRACT_LINE_USB),
	OPENER("virtual p1, faults at rate 0", WRAPPED_FAULT, pads, CONTRACT_LINE_PADS),
	OPENER("virtual p1, recorded and played back", WRAPPED_RECORD, pads, CONTRACT_LINE_PADS),
	OPENER("virtual p1, line on usb, recorded and played back", WRAPPED_RECORD, on_usb,
	       CONTRACT_LINE_USB),
};

int main(void)
{
	Suite *suite = suite_create("slot: serial line");

	contract_add(suite, &contract_console_suite, openers, ARRAY_LEN(openers));
	return testing_run(suite);
}
