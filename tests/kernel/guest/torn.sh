#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 100
# takes: 10
#
# Power that fails inside an erase, which takes a second, leaves the sector torn: a board that was
# told afterwards would hold it erased.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dfu_cases.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1
base=$(cat /sys/devices/platform/gpio-sim.*/gpio/gpiochip*/base | head -n 1)
echo "$base" >/sys/class/gpio/export && echo out >"/sys/class/gpio/gpio$base/direction" || exit 1

power() {
	echo "$1" >"/sys/class/gpio/gpio$base/value"
}

dfu_by_button() {
	gpioset -m time -s 5 -D open-drain rig0 2=0 &
	local setup=$!
	until_true 2 said 'line setup low' || return 1
	power 1
	wait "$setup"
	until_true 5 lsusb -d "$DFU"
}

a_cut_inside_an_erase_tears_it() {
	yes 0 | head -c 100000 >/tmp/sent
	download 0x080a0000 /tmp/sent || return 1
	mark erase
	dfu-util -d "$DFU" -a 0 -s 0x080a0000 -D /tmp/sent >/tmp/dfu 2>&1 &
	local writer=$!
	sleep 0.5
	power 0
	wait "$writer"
	until_true 2 said 'power off' && said torn || return 1
	boards dump slot0 0x080a0000 100000 /tmp/held || return 1
	tr -d '\377' </tmp/held | wc -c >/tmp/left
	echo "not erased: $(cat /tmp/left) bytes of 100000"
	(($(cat /tmp/left) > 0)) && ! cmp -s /tmp/sent /tmp/held
}

testcase dfu_by_button
testcase a_cut_inside_an_erase_tears_it
finish
