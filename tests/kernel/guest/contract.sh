#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 150
#
# Every case of the slot's contract that a real bench can be asked, with libgpiod 1.6: the same code
# that tests/contract asks the virtual one with. Wrappers are the same before any bench, and asked of
# all suites there; here they are put before what takes little time.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/contract_cases.sh"

contract_slots || exit 1

power_lines_and_led() {
	contract contract slot plain fault record
}

cuts() {
	contract contract cut plain fault record
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
testcase usb
testcase the_boards_own_serial_line
testcase serial_line_at_its_pads
testcase radio_is_not_the_benchs
finish
