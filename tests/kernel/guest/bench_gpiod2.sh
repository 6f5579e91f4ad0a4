#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 300
# needs: gpiod2
#
# The program, built with libgpiod 2: a cut is as exact as it must be, and what the other scripts
# with libgpiod 2 (bench_check, _led and _safe) do not look at.
. "$(dirname "$0")/lib.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1
bench_file 1 >/tmp/bench.yaml

off() { # the board has no power, and no line is held
	[[ $(gpioget rig0 6) == 0 ]] && ! gpioinfo rig0 | grep -q otarig
}

# ends STATUS WORD...: so does the program, its words in /tmp/out, and everything is off
ends() {
	local wanted=$1 status=0
	shift
	otarig "$@" >/tmp/out 2>&1 || status=$?
	cat /tmp/out
	echo "exit code $status"
	[[ $status == "$wanted" ]] && off
}

list_shows_the_slot() {
	ends 0 bench list /tmp/bench.yaml && grep -q slot0 /tmp/out
}

a_rail_that_stays_up_is_told() {
	boards stick slot0 rail high
	otarig bench check /tmp/bench.yaml >/tmp/out
	local status=$?
	cat /tmp/out
	boards stick slot0 rail free
	[[ $status == 4 ]] && grep -q 'rail .*bad' /tmp/out && off
}

two_slots_on_one_line_are_refused() {
	{
		cat /tmp/bench.yaml
		sed -n '/^  - name/,$p' /tmp/bench.yaml | sed 's/name: slot0/name: other/'
	} >/tmp/changed.yaml
	ends 2 bench check /tmp/changed.yaml && grep -q 'changed.yaml:[0-9]' /tmp/out
}

safe_switches_off_what_another_left_on() {
	gpioset -m signal rig0 0=1 &
	local holder=$!
	until_true 3 said 'power on' || return 1
	otarig bench safe /tmp/bench.yaml >/tmp/out 2>&1
	local status=$?
	cat /tmp/out
	kill "$holder" && wait "$holder"
	[[ $status == 4 ]] && grep -q gpioset /tmp/out || return 1
	ends 0 bench safe /tmp/bench.yaml
}

# What a cut's line does, by the kernel's own time of it, against what was aimed at; and the same
# with gpioset from a shell.
a_cut_is_exact() {
	local trace=/sys/kernel/tracing/instances/cuts i
	mkdir "$trace" && echo mono >"$trace/trace_clock" && echo 1 >"$trace"/events/gpio/enable || return 1
	echo 'get == 0' >"$trace/events/gpio/gpio_value/filter"
	otarig bench calibrate --times 100 --format json /tmp/bench.yaml >/tmp/json || return 1
	levels "$trace" 0 >/tmp/traced
	sed -n 's/.*"aimed_us": \([0-9]*\).*/\1/p' /tmp/json | errors aimed >/tmp/errors
	echo "figure cuts $(wc -l </tmp/errors)" "$(quantiles cut_error_us /tmp/errors)"
	local p99
	p99=$(quantile 99 /tmp/errors)
	echo >"$trace/trace"
	for ((i = 0; i < 50; i++)); do
		# the shell's clock and the kernel's differ by a constant, found below
		local aim=$((${EPOCHREALTIME/./} + 40000))
		sleep 0.0399
		while ((${EPOCHREALTIME/./} < aim)); do :; done
		echo "$aim" >>/tmp/aims
		gpioset rig0 0=0
	done
	levels "$trace" 0 >/tmp/traced
	rmdir "$trace"
	offset >/tmp/offset
	awk -v offset="$(cat /tmp/offset)" '{ printf "%d\n", $1 - offset }' /tmp/aims | errors aimed >/tmp/errors
	echo "figure gpioset $(wc -l </tmp/errors)" "$(quantiles gpioset_error_us /tmp/errors)"
	off && ((p99 < 100))
}

# levels TRACE LEVEL: the times in us at which a line was set so
levels() {
	sed -n "s/.* \([0-9.]*\): gpio_value: [0-9]* set $2\$/\1/p" "$1/trace" |
		awk '{ printf "%d\n", $1 * 1000000 }' | sort -n
}

# errors: for each aimed time on stdin how much later a line was set the first time after it
errors() {
	awk 'NR == FNR { at[n++] = $1; next }
		{ for (i = 0; i < n && at[i] < $1 - 50; i++); if (i < n) print at[i] - $1 }' /tmp/traced -
}

quantile() { # PERCENT FILE
	sort -n "$2" | awk -v p="$1" '{ v[NR] = $1 } END { i = int((NR * p + 99) / 100); print v[i < 1 ? 1 : i] }'
}

quantiles() { # NAME FILE
	echo "$1_p50 $(quantile 50 "$2") $1_p99 $(quantile 99 "$2")"
}

# offset: from the kernel's CLOCK_MONOTONIC to the shell's clock, us: the least seen of many looks
offset() {
	local i mono
	for ((i = 0; i < 20; i++)); do
		mono=$(/lane/boards now)
		echo $((${EPOCHREALTIME/./} - mono))
	done | sort -n | head -n 1
}

testcase list_shows_the_slot
testcase a_rail_that_stays_up_is_told
testcase two_slots_on_one_line_are_refused
testcase safe_switches_off_what_another_left_on
testcase a_cut_is_exact
finish
