#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# needs: gpiod2
# vm: --icount 0 --seconds 300
#
# With libgpiod 2: the program looks at a bench, through its own backends: what the file says is there, a cut is as
# exact as it must be, wiring that is wrong is told, and everything is off afterwards.
. /lane/lib.sh

slots 1 && install slot0 reference-robust-1.0 || exit 1
bench_file 1 >/tmp/bench.yaml

off() { # the board has no power, and no line is held
	[[ $(gpioget rig0 6) == 0 ]] && ! gpioinfo rig0 | grep -q otarig
}

list_shows_the_slot() {
	otarig bench list /tmp/bench.yaml >/tmp/out || return 1
	cat /tmp/out
	grep -q slot0 /tmp/out
}

check_finds_all_well() {
	otarig bench check /tmp/bench.yaml
	local status=$?
	off && return $status
}

calibrate_measures_the_switch() {
	otarig bench calibrate --times 30 --format json /tmp/bench.yaml >/tmp/json
	local status=$?
	cat /tmp/json
	off && return $status
}

testcase list_shows_the_slot
testcase check_finds_all_well
testcase calibrate_measures_the_switch
cat /tmp/case.out
finish
