#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 300
# takes: 35
#
# The relay's contacts stick: the board has power while the slot is off, and no rail sense tells of it.
# Its LED does, or its USB device: the trial is void and says so.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"
. "$(dirname "$0")/unplug_cases.sh"

slots 1 && install slot0 reference-era-b-1.0 || exit 1

in_dfu='after: chunk, chunk: 0'

campaign_bench() {
	bench_file 1 | grep -v '^      rail:'
}

trial "$in_dfu" 'not-delivered,"power was off, but the LED stayed lit"' \
	"$WRITTEN;power on;dfu block" '' relay
trial "$in_dfu" 'not-delivered,"power was off, but 2b04:d008 stayed on the USB"' \
	"$WRITTEN;power on;dfu block" '' relay-dark

a_board_that_is_fed_is_not_judged() {
	pull_in_each short
}

testcase a_board_that_is_fed_is_not_judged
finish
