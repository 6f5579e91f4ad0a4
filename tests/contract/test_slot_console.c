/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The console suite over the virtual bench: at the board's pads, and as a device on its USB. */
#include "contract/virtual_openers.h"

#include "lib/testing.h"

enum { SERIAL_PRODUCT = 0xc008 };

static const struct virtual_firmware pads = { .model = "p1", .release = "reference-robust-1.0-p1" };
static const struct virtual_firmware on_usb = { .model = "p1",
						.release = "reference-robust-1.0-p1",
						.cdc_product = SERIAL_PRODUCT };

static const struct contract_opener openers[] = {
	VIRTUAL_OPENER("virtual p1", WRAPPED_NOT, CONTRACT_LINE_PADS, virtual_opener_open, &pads),
	VIRTUAL_OPENER("virtual p1, line on usb", WRAPPED_NOT, CONTRACT_LINE_USB,
		       virtual_opener_open, &on_usb),
	VIRTUAL_OPENER("virtual p1, faults at rate 0", WRAPPED_FAULT, CONTRACT_LINE_PADS,
		       virtual_opener_open, &pads),
	VIRTUAL_OPENER("virtual p1, recorded and played back", WRAPPED_RECORD, CONTRACT_LINE_PADS,
		       virtual_opener_open, &pads),
	VIRTUAL_OPENER("virtual p1, line on usb, recorded and played back", WRAPPED_RECORD,
		       CONTRACT_LINE_USB, virtual_opener_open, &on_usb),
};

int main(void)
{
	Suite *suite = suite_create("slot: serial line");

	contract_add(suite, &contract_console_suite, openers, ARRAY_LEN(openers));
	return testing_run(suite);
}
