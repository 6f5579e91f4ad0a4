#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# gpiod: 1 2
# seconds: 250
# takes: 40
#
# Every case of the slot's contract that a real bench can be asked: the same code that tests/contract
# asks the virtual one with. Wrappers are the same before any bench, and asked of all suites there; here
# they are put before what takes little time. What goes through GPIO lines is asked of either libgpiod.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/contract_cases.sh"

contract_slots || exit 1

if ((GPIOD == 1)); then
	program=contract wrappers=(plain fault record)
else
	program=contract-gpiod2 wrappers=(plain)
fi

power_lines_and_led() {
	contract "$program" slot "${wrappers[@]}"
}

cuts() {
	contract "$program" cut "${wrappers[@]}"
}

usb() {
	contract contract usb plain record
}

the_boards_own_serial_line() {
	contract contract console plain
}

serial_line_at_its_pads() {
	contract contract console-pads plain
}

radio_is_not_the_benchs() {
	contract contract radio plain
}

testcase power_lines_and_led
testcase cuts
((GPIOD == 1)) || finish
testcase usb
testcase the_boards_own_serial_line
testcase serial_line_at_its_pads
testcase radio_is_not_the_benchs
finish
