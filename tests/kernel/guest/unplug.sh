#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --cpus 1 --icount 0
# seconds: 600
# host-seconds: 900
# takes: 70
#
# In a machine of its own, which '--cpus 1' stands for: when a chip vanishes whose lines are held, this
# kernel uses memory that it has freed, and what comes after may fail.
#
# The board's USB cable comes off in the middle of a trial: it is not judged as a board that died, and
# the next trial is one as ever. Nor is a board judged that has power while the slot is off.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"
. "$(dirname "$0")/unplug_cases.sh"

slots 1 && install slot0 reference-era-b-1.0 || exit 1

early='after: taken, plus: 200ms' # the board lives
lost="rig-fault,\"[^\"]*usb port [0-9-]+: the device left"

trial "$early" "$lost" 'dfu block'
trial "$early" "$lost" "$WRITTEN;power on;dfu block;dfu block" 1
trial "$early" 'updated,' "$WRITTEN;dfu leave;power off" 0.2

# the relay sticks, and the LED's lines are as those of a board without power
trial 'after: chunk, chunk: 0' 'not-delivered,"power was off, but 2b04:d008 stayed on the USB"' \
	"$WRITTEN;power on;usb configuration" 6 relay-dark

a_cable_that_comes_off_is_no_board_that_died() {
	BENCH=campaign_bench_without_rail pull_in_each short
}

# The GPIO chip vanishes (one behind USB, say) while the program waits for edges of its lines.
a_chip_that_vanishes_ends_it_with_an_error() {
	local status
	otarig_behind led watch bench:/tmp/bench.yaml:slot0 --for 30s >/tmp/out 2>&1
	until_true 5 said 'power on' && sleep 1 || return 1
	echo 0 >/sys/kernel/config/gpio-sim/lab/live
	until_true 5 eval "! kill -0 $program" || return 1
	wait "$program"
	status=$?
	cat /tmp/out
	[[ $status == 4 ]] && grep -q 'GPIO' /tmp/out
}

testcase a_cable_that_comes_off_is_no_board_that_died
testcase a_chip_that_vanishes_ends_it_with_an_error
finish
