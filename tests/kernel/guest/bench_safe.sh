#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# gpiod: 1 2
# seconds: 100
# takes: 15
#
# A real bench is left safe, whatever the program dies of.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1
write_bench 1

power_is_on() {
	[[ $(cat /sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio0/value) == 1 ]]
}

killed() { # SIGNAL
	local watcher
	# a shell has its background programs ignore SIGINT
	/tmp/with env --default-signal=INT /lane/otarig led watch "bench:$BENCH:slot0" --for 60s >/dev/null 2>&1 &
	watcher=$!
	until_true 5 power_is_on || return 1
	echo >/sys/kernel/tracing/instances/safe/trace
	kill "-$1" "$watcher"
	wait "$watcher"
	until_true 5 grep -q 'gpio_value: .* set 0' /sys/kernel/tracing/instances/safe/trace || return 1
	grep gpio_value /sys/kernel/tracing/instances/safe/trace
	until_true 5 eval '! grep -qx otarig-guard /proc/[0-9]*/comm' || return 1
	! power_is_on && otarig bench check "$BENCH"
}

dead_programs_leave_it_safe() {
	local trace=/sys/kernel/tracing/instances/safe signal
	mkdir -p "$trace" && echo mono >"$trace"/trace_clock && echo 1 >"$trace"/events/gpio/enable || return 1
	for signal in KILL SEGV INT TERM HUP; do
		killed "$signal" || return 1
	done
}

safe_puts_a_bench_safe() {
	otarig bench safe "$BENCH" && ! power_is_on
}

# what another program holds cannot be made safe, and who that is, is said
a_line_that_another_holds_is_told() {
	gpioset -m signal rig0 0=1 &
	local holder=$!
	until_true 3 power_is_on || return 1
	says 4 "gpioset" otarig bench safe "$BENCH"
	local status=$?
	kill "$holder" && wait "$holder"
	((status == 0)) && otarig bench safe "$BENCH" && ! power_is_on
}

testcase dead_programs_leave_it_safe
testcase safe_puts_a_bench_safe
testcase a_line_that_another_holds_is_told
finish
