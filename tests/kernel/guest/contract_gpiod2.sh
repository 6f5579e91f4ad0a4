#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 100
# needs: gpiod2
#
# What of the slot's contract goes through GPIO lines, with libgpiod 2.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/contract_cases.sh"

contract_slots || exit 1

power_lines_led_and_cuts() {
	contract contract-gpiod2 slot
}

testcase power_lines_led_and_cuts
finish
