#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 200
#
# Every case of the slot's contract that a real bench can be asked, with libgpiod 1.6: the same code
# that tests/contract asks the virtual one with.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/contract_cases.sh"

contract_slots || exit 1

power_lines_led_and_cuts() {
	contract contract slot
}

usb() {
	contract contract usb
}

console() {
	contract contract console
}

radio_is_not_the_benchs() {
	contract contract radio
}

testcase power_lines_led_and_cuts
testcase usb
testcase console
testcase radio_is_not_the_benchs
finish
