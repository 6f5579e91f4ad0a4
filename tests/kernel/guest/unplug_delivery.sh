#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 1800
# host-seconds: 2400
# takes: 300
# needs: time
#
# The USB cable comes off in every phase of a trial up to the cut, with an update over DFU.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"
. "$(dirname "$0")/unplug_cases.sh"

slots 1 && install slot0 reference-era-b-1.0 || exit 1

cut='after: taken, plus: 200ms' # the board lives
port='rig-fault,"[^"]*usb port [0-9-]+: '
begun="$WRITTEN;power on" # of the delivery

# the baseline: told to leave, on its way to 'alive'; its writing is in 'unplug'
trial "$cut" "$port.*nothing is there" 'dfu leave'
trial "$cut" "$port.*nothing is there" 'dfu leave;no pull-up'
trial "$cut" 'updated,' 'dfu leave;no pull-up' 'power off'
# the delivery: before DFU mode, there, erased, in a block, entered, told to leave
trial "$cut" "$port.*nothing is there" "$begun"
trial "$cut" "$port.*device left" "$begun;usb configuration 1"
trial "$cut" "$port.*device left" "$begun;dfu erase"
trial "$cut" "$port.*device left" "$begun;dfu block;dfu block"
trial "$cut" "$port.*device left" "$begun;dfu block;dfu .* 0x0000"
trial "$cut" "$port.*nothing is there" "$begun;dfu block;dfu leave"
# the board works alone, and the cut is waited for
trial "$cut" "$port.*nothing is there" "$begun;dfu leave;no pull-up"

in_every_phase_of_a_delivery_over_dfu() {
	pull_in_each short
}

testcase in_every_phase_of_a_delivery_over_dfu
finish
