/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The USB suite over the virtual bench, with a released bootloader in DFU mode and with the
 * reference firmware, and over the fake slot that tests of the rig stand on.
 */
#include "contract/virtual_openers.h"

#include "lib/fake_slot.h"
#include "lib/testing.h"

static const struct virtual_firmware released = { .model = "p1",
						  .release = "particle-1.5.0-p1",
						  .module = "bootloader" };
static const struct virtual_firmware reference = { .model = "p1",
						   .release = "reference-robust-1.0-p1" };

static bool open_fake(const struct contract_opener *opener, enum wrapped how, unsigned int number,
		      struct slot *ret, void **ret_behind)
{
	static struct fake_board boards[2]; /* of the one test that runs in this process */

	(void)opener;
	(void)ret_behind;
	ck_assert_uint_lt(number, ARRAY_LEN(boards));
	fake_slot_open(&boards[number], ret);
	ck_assert_int_eq(slot_hold(ret, SLOT_LINE_SETUP, SLOT_HELD, NULL), 0);
	wrapped_put(how, ret);
	return true;
}

static const struct contract_opener openers[] = {
	VIRTUAL_OPENER("virtual p1, released bootloader", WRAPPED_NOT, CONTRACT_LINE_PADS,
		       virtual_opener_open, &released),
	VIRTUAL_OPENER("virtual p1, reference", WRAPPED_NOT, CONTRACT_LINE_PADS,
		       virtual_opener_open, &reference),
	VIRTUAL_OPENER("fake", WRAPPED_NOT, CONTRACT_LINE_PADS, open_fake, NULL),
	VIRTUAL_OPENER("virtual p1, faults at rate 0", WRAPPED_FAULT, CONTRACT_LINE_PADS,
		       virtual_opener_open, &released),
	VIRTUAL_OPENER("fake, faults at rate 0", WRAPPED_FAULT, CONTRACT_LINE_PADS, open_fake,
		       NULL),
	VIRTUAL_OPENER("virtual p1, recorded and played back", WRAPPED_RECORD, CONTRACT_LINE_PADS,
		       virtual_opener_open, &reference),
};

int main(void)
{
	Suite *suite = suite_create("slot: usb");

	contract_add(suite, &contract_usb_suite, openers, ARRAY_LEN(openers));
	return testing_run(suite);
}
