#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 100
# needs: gpiod2
#
# What of the slot's contract goes through GPIO lines, with libgpiod 2.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/contract_cases.sh"

contract_slots || exit 1

power_lines_and_led() {
	contract contract-gpiod2 slot plain
}

cuts() {
	contract contract-gpiod2 cut plain
}

testcase power_lines_and_led
testcase cuts
finish
