#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 1800
# host-seconds: 2400
# takes: 300
# needs: time
#
# The USB cable comes off in every phase of a trial from the cut on: while power is away, while the
# board starts, while it is brought back over DFU, while it is asked and updated once more.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"
. "$(dirname "$0")/unplug_cases.sh"

slots 1 && install slot0 reference-era-b-1.0 || exit 1

lives='after: taken, plus: 200ms'
dies='after: taken, plus: 1300ms' # brought back by the rung dfu-flash
port='rig-fault,"[^"]*usb port [0-9-]+: '
off="$WRITTEN;power on;dfu leave;power off" # cut

trial "$lives" "$port.*nothing is there" "$off"
trial "$lives" 'updated,' "$off" 0.2
trial "$lives" "$port.*nothing is there" "$off;power on"
# it says what it runs: in DFU mode
trial "$lives" "$port.*device left" "$off;power on;setup low;reset high;usb configuration 1"
# the second update
trial "$lives" "$port.*device left" "$off;power on;dfu leave;dfu block"
# the rung: before DFU mode, in an erase, in a block, told to leave
trial "$dies" "$port.*nothing is there" "$off;power on;setup low"
trial "$dies" "$port.*device left" "$off;power on;setup low;dfu erase"
trial "$dies" "$port.*device left" "$off;power on;setup low;dfu block;dfu block"
trial "$dies" "$port.*device left" "$off;power on;setup low;dfu block" 1
trial "$dies" "$port.*nothing is there" "$off;power on;setup low;dfu leave"

in_every_phase_of_a_recovery() {
	pull_in_each short
}

# Where no cable can come off, a board whose DFU mode is not on the USB is to blame; not one that has
# no power.
a_fixed_cable_leaves_the_board_alone_to_blame() {
	trials=()
	trial "$dies" 'bricked,"shows its DFU mode, which does not answer on the USB"' \
		"$off;power on;setup low"
	trial "$lives" "rig-fault,\"power was switched on, but the board's rail is down\"" "$off" '' power
	rm -f /lane/keep/lab.db* /lane/keep/pulls
	FIXED=yes pull_in_each short
}

# Its relay sticks: in DFU mode, and while it applies an update.
a_board_that_is_fed_is_not_judged() {
	trials=()
	trial 'after: chunk, chunk: 0' 'not-delivered,"power was off, but the LED stayed lit"' \
		"$WRITTEN;power on;usb configuration" 6 relay
	trial "$lives" 'not-delivered,"power was off, but the LED stayed lit"' \
		"$WRITTEN;power on;dfu leave" 6 relay
	rm -f /lane/keep/lab.db* /lane/keep/pulls
	BENCH=campaign_bench_without_rail pull_in_each short
}

testcase in_every_phase_of_a_recovery
testcase a_board_that_is_fed_is_not_judged
testcase a_fixed_cable_leaves_the_board_alone_to_blame
finish
