#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 120
# takes: 15
#
# Which device is the board: by USB port, by the ids of its profile, by its serial number alone. The
# power switches are welded, so that 'bench check', which leaves power off, has devices to look at.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"

slots 2 && install slot0 reference-robust-1.0 && install slot1 reference-robust-1.0 || exit 1
write_bench 2

port=$(boards path slot0)
other=$(boards path slot1)

listed() {
	[[ -e /sys/bus/usb/devices/$1/serial ]]
}

weld() {
	boards stick "$1" power high && until_true 10 listed "$2"
}

# with USB TEXT: the bench, whose first slot has that of its USB
with() {
	awk -v usb="    usb: $1" '/name: slot1/ && !done { print usb; done = 1 } { print }' "$BENCH" |
		sed "$2" >/tmp/edited.yaml
	echo /tmp/edited.yaml
}

# row TEXT FILE: what is said of the USB of slot0
row() {
	otarig bench check --slot slot0 "$2" >/tmp/said 2>&1
	cat /tmp/said
	grep -E "^slot0 +usb +" /tmp/said | grep -qF -- "$1"
}

nothing_is_there_without_power() {
	row "nothing is there now" "$(with "{port: \"$port\"}" '')"
}

the_board_on_its_port() {
	weld slot0 "$port" || return 1
	row "a device is listed although power is off" "$(with "{port: \"$port\"}" '')"
}

another_kind_of_board_on_the_port() {
	row "usb port '$port' has 2b04:c008 on it, not a board 'photon' (2b04:c006, 2b04:d006)" \
		"$(with "{port: \"$port\"}" 's/board: p1/board: photon/')"
}

the_board_by_its_serial_number() {
	serial=$(cat "/sys/bus/usb/devices/$port/serial")
	row "a device is listed although power is off" "$(with "{serial: \"$serial\"}" '')" || return 1
	row "nothing is there now" "$(with '{serial: "000000000000000000000000"}' '')" || return 1
	# the same number, and no such board
	row "nothing is there now" "$(with "{serial: \"$serial\"}" 's/board: p1/board: photon/')"
}

two_boards_with_one_number() {
	weld slot1 "$other" || return 1
	[[ $(cat "/sys/bus/usb/devices/$other/serial") == "$serial" ]] || return 1
	row "usb serial number '$serial' is at port '" "$(with "{serial: \"$serial\"}" '')" || return 1
	grep -qF "'$port'" /tmp/said && grep -qF "'$other'" /tmp/said || return 1
	grep -qF "the bench file must name the port" /tmp/said
}

# The board is unplugged and comes back elsewhere: here, the other one takes its place.
the_board_is_followed() {
	boards cable slot0 out
	until_true 5 test ! -e "/sys/bus/usb/devices/$port" || return 1
	row "a device is listed although power is off" "$(with "{serial: \"$serial\"}" '')"
}

testcase nothing_is_there_without_power
testcase the_board_on_its_port
testcase another_kind_of_board_on_the_port
testcase the_board_by_its_serial_number
testcase two_boards_with_one_number
testcase the_board_is_followed
finish
