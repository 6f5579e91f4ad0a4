/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The suites of power, lines, LED, cuts and flash over the virtual bench. */
#include "contract/virtual_openers.h"

#include "bench/virtual/virtual.h"
#include "lib/testing.h"

#include <errno.h>

static const struct virtual_firmware p1 = { .model = "p1" };
static const struct virtual_firmware photon = { .model = "photon" };

static const struct contract_opener openers[] = {
	VIRTUAL_OPENER("virtual p1", WRAPPED_NOT, CONTRACT_LINE_PADS, virtual_opener_open, &p1),
	VIRTUAL_OPENER("virtual photon", WRAPPED_NOT, CONTRACT_LINE_PADS, virtual_opener_open,
		       &photon),
	VIRTUAL_OPENER("virtual p1, faults at rate 0", WRAPPED_FAULT, CONTRACT_LINE_PADS,
		       virtual_opener_open, &p1),
	VIRTUAL_OPENER("virtual p1, recorded and played back", WRAPPED_RECORD, CONTRACT_LINE_PADS,
		       virtual_opener_open, &p1),
};

START_TEST(unknown_model_is_a_configuration_error)
{
	struct err err = ERR_INIT;
	struct slot slot = { .name = "untouched" };

	ck_assert_int_eq(virtual_open("toaster", &slot, &err), -ENODEV);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_str_eq(err.text, "board 'toaster' has no virtual stand-in");
	ck_assert_str_eq(slot.name, "untouched");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slot");
	TCase *tcase = tcase_create("virtual");

	contract_add(suite, &contract_slot_suite, openers, ARRAY_LEN(openers));
	contract_add(suite, &contract_cut_suite, openers, ARRAY_LEN(openers));
	tcase_add_test(tcase, unknown_model_is_a_configuration_error);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
