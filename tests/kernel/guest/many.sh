#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 300
# takes: 55
#
# Sixteen slots at once, on two chips and two buses.
. "$(dirname "$0")/lib.sh"

count=16
slots "$count" || exit 1
for ((slot = 0; slot < count; slot++)); do
	install "slot$slot" reference-robust-1.0 || exit 1
done
bench_file $count >/tmp/bench.yaml

devices() { # COUNT PRODUCT
	[[ $(lsusb -d "2b04:$2" | wc -l) == "$1" ]]
}
power_lines() { # CHIP: gpioset's words that switch its slots on
	local slot
	for ((slot = 0; slot < 8; slot++)); do
		printf ' %d=1' $((slot * 8))
	done
}

all_come_and_go() {
	local pids=() slot
	# shellcheck disable=SC2046 # one word a line
	gpioset -m signal rig0 $(power_lines) &
	pids+=($!)
	# shellcheck disable=SC2046
	gpioset -m signal rig1 $(power_lines) &
	pids+=($!)
	until_true 20 devices "$count" c008 || return 1
	[[ $(find /sys/class/tty -name 'ttyACM*' | wc -l) == "$count" ]] || return 1
	for ((slot = 0; slot < count; slot++)); do
		boards state "slot$slot" || return 1
	done >/tmp/states
	cat /tmp/states
	awk '{ for (i = 1; i <= NF; i++) { split($i, a, "=")
			if (a[1] == "lag_max_us" && a[2] > lag) lag = a[2]
			if (a[1] == "slipped_us" && a[2] > slipped) slipped = a[2]
			if (a[1] == "edges_lost") lost += a[2] } }
		END { printf "figure slots %d lag_max_us %d slipped_us %d edges_lost %d\n", NR, lag, slipped, lost
		exit lost > 0 }' /tmp/states || return 1
	kill "${pids[@]}"
	wait "${pids[@]}"
	until_true 5 devices 0 c008
}

the_program_checks_all_of_them() {
	otarig bench check /tmp/bench.yaml >/tmp/out
	local status=$?
	cat /tmp/out
	return "$status"
}

testcase all_come_and_go
testcase the_program_checks_all_of_them
finish
