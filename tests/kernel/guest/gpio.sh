#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 100
# takes: 10
#
# The stock GPIO tools see the pins of a board that runs the reference firmware.
. "$(dirname "$0")/lib.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1

level() { # LINE
	# shellcheck disable=SC2046 # chip and offset
	gpioget $(gpiofind "slot0-$1")
}
is() { # LINE LEVEL
	[[ $(level "$1") == "$2" ]]
}
# hold LINE LEVEL [OPTION]...: until 'let_go PID'; the pid is in $held
hold() {
	local line=$1 level=$2
	shift 2
	# shellcheck disable=SC2046
	gpioset -m signal "$@" $(gpiofind "slot0-$line")="$level" &
	held=$!
}
let_go() {
	kill "$1" && wait "$1"
	true
}

chip_and_lines_have_their_names() {
	local chip
	chip=$(chip_of rig0)
	gpiodetect | grep -Fx "$chip [rig0] (64 lines)" || return 1
	[[ $(gpiofind slot0-power) == "$chip 0" && $(gpiofind slot0-loop) == "$chip 7" ]]
}

without_power_the_led_is_dark_and_the_rail_down() {
	is red 1 && is green 1 && is blue 1 && is rail 0 && is loop 0
}

the_relay_brings_rail_and_loop() {
	hold power 1
	until_true 2 is rail 1 && is loop 1 && said 'slot0 .* power on' || return 1
	gpioinfo rig0 | grep -E 'slot0-power.*gpioset.*output.*\[used\]' || return 1
	! gpioset rig0 0=0 # somebody has it
	local busy=$?
	let_go "$held"
	until_true 2 is rail 0 && is loop 0 && said 'slot0 .* power off' && return "$busy"
}

# The firmware's LED is dimmed at 100 Hz: in breathing white the red line falls each 10 ms.
led_edges_have_the_kernels_time_and_the_boards_distance() {
	hold power 1
	until_true 3 said 'usb plugged' || return 1
	timeout 5 gpiomon -n 200 -f -F '%s %n' rig0 3 >/tmp/edges
	let_go "$held"
	awk 'function ms() { return $1 * 1000 + $2 / 1000000 }
		NR > 1 { d = ms() - last; if (d > 9.9 && d < 10.1) good++; sum += d }
		{ last = ms() }
		END { printf "figure led_period_ms %.3f good %d of %d\n", sum / (NR - 1), good, NR - 1
		exit !(NR == 200 && good >= 180) }' /tmp/edges
}

reset_held_low_keeps_the_board_in_reset() {
	hold power 1
	local power=$held
	until_true 3 said 'usb pull-up' || return 1
	hold reset 0 -D open-drain
	until_true 2 said 'line reset low' && until_true 2 said 'usb no pull-up' || return 1
	is rail 1 && is red 1 && is green 1 && is blue 1 || return 1
	mark released
	let_go "$held"
	until_true 2 said 'line reset high' && until_true 3 said 'usb pull-up' || return 1
	let_go "$power"
}

# The cut's place in the board's time does not depend on when the process looks. A line that is let
# go is not traced, so the kernel's oldest interface, which keeps it, drives the relay here.
a_cut_falls_where_the_kernel_says() {
	local trace=/sys/kernel/tracing/instances/check base i
	base=$(cat /sys/devices/platform/gpio-sim.*/gpio/gpiochip*/base | head -n 1)
	echo "$base" >/sys/class/gpio/export && cd "/sys/class/gpio/gpio$base" || return 1
	echo out >direction
	mark begin
	mkdir "$trace" && echo mono >"$trace/trace_clock" && echo 1 >"$trace"/events/gpio/enable || return 1
	for i in 1 2 3 4 5 6 7 8; do
		echo 1 >value
		sleep 0.0$((i + 10))
		echo 0 >value
		sleep 0.01
	done
	until_true 2 is rail 0
	cd / && echo "$base" >/sys/class/gpio/unexport
	grep -o '[0-9.]*: gpio_value: .* set .*' "$trace/trace" | tr -d : |
		awk '{ printf "%d\n", $1 * 1000000 }' >/tmp/traced
	awk '$2 == "mark" { n = 0 } / power (on|off) / { at[n] = $1; board[n++] = $3 }
		END { for (i = 0; i < n; i++) print at[i], board[i] }' "$JOURNAL" >/tmp/told
	paste -d ' ' /tmp/traced /tmp/told >/tmp/both
	cat /tmp/both
	awk '
		{ slope = ($3 - board) - ($2 - host); late = $2 - $1 }
		(NR > 1 && (slope > 1 || slope < -1)) || late < -5 || late > 5 { bad++ }
		{ host = $2; board = $3; n++ }
		END { printf "figure cuts %d, not where the kernel says %d\n", n, bad; exit !(n == 16 && !bad) }' /tmp/both
}

faults_of_the_wiring_show() {
	boards stick slot0 rail high
	is rail 1 || return 1
	boards stick slot0 rail free
	is rail 0 || return 1
	boards stick slot0 power high # a relay that is welded
	until_true 2 is rail 1 && is loop 0 || return 1
	boards stick slot0 power free
	until_true 2 is rail 0 || return 1
	boards stick slot0 red low
	is red 0 || return 1
	boards stick slot0 red free
	is red 1
}

testcase chip_and_lines_have_their_names
testcase without_power_the_led_is_dark_and_the_rail_down
testcase the_relay_brings_rail_and_loop
testcase led_edges_have_the_kernels_time_and_the_boards_distance
testcase reset_held_low_keeps_the_board_in_reset
testcase a_cut_falls_where_the_kernel_says
testcase faults_of_the_wiring_show
finish
