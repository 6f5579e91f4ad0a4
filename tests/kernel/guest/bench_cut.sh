#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# gpiod: 1 2
# seconds: 300
# takes: 25
#
# How far from its moment a cut is: order against the kernel's own time of the line's change, and the
# same of a loop in a shell that sleeps and calls gpioset, in the same run.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"

CUTS=200
SHELL_CUTS=30
TRACE=/sys/kernel/tracing/instances/cuts

slots 1 && install slot0 reference-robust-1.0 || exit 1
write_bench 1
mkdir "$TRACE" && echo mono >"$TRACE"/trace_clock && echo 1 >"$TRACE"/events/gpio/enable || exit 1
number=$(cat /sys/class/gpio/gpiochip*/base | sort -n | head -n 1)

# When the power line fell since the trace was emptied: microseconds, one a line.
falls() {
	grep -o "[0-9.]*: gpio_value: $number set 0" "$TRACE"/trace | tr -d : |
		awk '{ printf "%.0f\n", $1 * 1000000 }'
}

# percentiles NAME: of the numbers that come in; as figures
percentiles() {
	sort -n | awk -v name="$1" '{ at[NR] = $1 }
		function rank(p,	i) { i = int((NR * p + 99) / 100); return at[i < 1 ? 1 : i] }
		END { printf "figure %s_us_p50 %d\nfigure %s_us_p99 %d of %d\n", name, rank(50), name, rank(99), NR
			exit !NR }'
}

calibrate_prints_what_goes_into_the_file() {
	otarig bench calibrate "$BENCH" --times 20 >/tmp/said || return 1
	sed 's/^/figure calibrate: /' /tmp/said
	grep -q '^    power:$' /tmp/said && grep -qE '^      latency: [0-9]+us$' /tmp/said &&
		grep -qE '^      spread: [0-9]+us$' /tmp/said && grep -q 'order to rail:' /tmp/said || return 1
	sed -n 's/^      //p' /tmp/said | grep -E 'latency|spread' | sed 's/^/      /' >/tmp/lines
	sed '/settle: 20ms/r /tmp/lines' "$BENCH" >/tmp/calibrated.yaml
	cat /tmp/lines && otarig bench list /tmp/calibrated.yaml
}

# Each cut: the order's time as the program says, and the line's fall as the kernel says.
a_cut_is_where_it_is_aimed() {
	echo >"$TRACE"/trace
	otarig bench calibrate "$BENCH" --times "$CUTS" --format json >/tmp/json || return 1
	falls >/tmp/fell
	# the line is set low again when the next pause begins and at the end: only falls right after
	# an order are the cut's
	sed -n 's/.*"aimed_us": \([0-9]*\).*/\1/p' /tmp/json >/tmp/aimed
	sed -n 's/.*"commanded_us": \([0-9]*\).*/\1/p' /tmp/json >/tmp/commanded
	(($(wc -l </tmp/aimed) == CUTS)) || return 1
	paste -d ' ' /tmp/aimed /tmp/commanded | awk '
		FILENAME == "/tmp/fell" { fell[n++] = $1; next }
		{
			while (i < n && fell[i] < $2) i++
			if (i == n || fell[i] - $2 > 100000) { missing++; next }
			print fell[i] - $1 >"/tmp/from_aim"
			print fell[i] - $2 >"/tmp/from_order"
		}
		END { exit missing > 0 }' /tmp/fell - || return 1
	percentiles cut_error </tmp/from_aim && percentiles cut_order_to_line </tmp/from_order || return 1
	sort -n /tmp/from_order | awk -v n="$CUTS" '{ at[NR] = $1 } END { exit !(at[int(n * 0.99)] < 100) }'
}

# What people do without a rig: switch on, sleep for so long, switch off; by the kernel's times of
# both.
gpioset_from_a_shell_for_comparison() {
	local i
	echo >"$TRACE"/trace
	for ((i = 0; i < SHELL_CUTS; i++)); do
		gpioset rig0 0=1
		sleep 0.01
		gpioset rig0 0=0
	done
	grep -o "[0-9.]*: gpio_value: $number set [01]" "$TRACE"/trace | tr -d : | awk '
		$NF == 1 { rose = $1 * 1000000; next }
		rose { printf "%.0f\n", $1 * 1000000 - rose - 10000; rose = 0 }' >/tmp/shell
	(($(wc -l </tmp/shell) == SHELL_CUTS)) && percentiles gpioset_error </tmp/shell
}

testcase calibrate_prints_what_goes_into_the_file
testcase a_cut_is_where_it_is_aimed
testcase gpioset_from_a_shell_for_comparison
finish
