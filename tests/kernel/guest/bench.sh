#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 300
#
# A real bench, the program unmodified: what its lines are asked, what goes wrong, and that it is
# left safe.
. /lane/lib.sh
. /lane/bench_cases.sh

slots 2 && install slot0 reference-robust-1.0 || exit 1
cp /lane/otarig /tmp/otarig && write_bench 2

a_good_bench_is_good() {
	otarig bench list $BENCH && otarig bench check $BENCH || return 1
	otarig bench check --format json $BENCH >/tmp/json || return 1
	! grep '"bad"' /tmp/json && grep -q '"part": "loop_back"' /tmp/json
}

a_chip_that_is_not_there() {
	says 4 "there is no GPIO chip 'nope', but gpiochip0 (rig0)" \
		otarig bench check "$(edited 'chip: rig0' 'chip: nope')"
}

a_line_that_is_not_there() {
	says 4 "GPIO chip 'rig0' has no line 'slot0-nope': it has 64, numbered from 0, and names slot0-power" \
		otarig bench check "$(edited slot0-red slot0-nope)"
}

a_chip_by_name_path_and_number() {
	otarig bench check "$(edited 'chip: rig0' 'chip: gpiochip0')" &&
		otarig bench check "$(edited 'chip: rig0' 'chip: \/dev\/gpiochip0')" &&
		otarig bench check "$(edited 'slot0-red' '3')"
}

a_line_that_another_holds() {
	gpioset -m signal rig0 1=1 &
	local holder=$!
	sleep 0.3
	says 4 "line 'slot0-reset' of GPIO chip 'rig0' is held by 'gpioset'" otarig bench check $BENCH
	local status=$?
	kill $holder && wait $holder
	return $status
}

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups /tmp/with /tmp/otarig "$@"
}

a_chip_without_permission() {
	chmod 644 $BENCH
	chown root:dialout /dev/gpiochip0 && chmod 660 /dev/gpiochip0 || return 1
	says 4 "no permission for '/dev/gpiochip0': it is for group 'dialout', be a member of it" \
		as_nobody bench check $BENCH || return 1
	chown root:root /dev/gpiochip0 && chmod 600 /dev/gpiochip0
	says 4 "no permission for '/dev/gpiochip0': it belongs to group 'root' with mode 600" \
		as_nobody bench check $BENCH
}

polarity_that_is_wrong() {
	says 4 "it says that power is on although it was switched off: wrong 'active'" \
		otarig bench check "$(edited 'rail: {line: slot0-rail}' 'rail: {line: slot0-rail, active: low}')"
}

a_switch_that_is_welded() {
	boards stick slot0 power high
	says 4 "it says that power is on although it was switched off" otarig bench check $BENCH
	local status=$?
	boards stick slot0 power free
	return $status
}

led_is_seen() {
	otarig led watch bench:$BENCH:slot0 --for 5s --record /tmp/edges.csv >/tmp/seen || return 1
	cat /tmp/seen
	grep -q white /tmp/seen && (($(wc -l </tmp/edges.csv) > 100))
}

led_is_seen_by_sampling() {
	otarig led watch "bench:$(edited '    led:' '    led:\n      sample_hz: 2000'):slot0" \
		--for 5s --record /tmp/samples.csv >/tmp/seen || return 1
	cat /tmp/seen
	grep -q white /tmp/seen && (($(wc -l </tmp/samples.csv) > 100))
}

edges_that_are_lost_are_told() {
	/tmp/with /tmp/otarig led watch bench:$BENCH:slot0 --for 6s >/tmp/seen &
	local watcher=$!
	sleep 2
	kill -STOP $watcher && sleep 1 && kill -CONT $watcher
	wait $watcher || return 1
	cat /tmp/seen
	grep -q missing /tmp/seen
}

power_is_on() {
	[[ $(cat /sys/devices/platform/gpio-sim.*/gpiochip0/sim_gpio0/value) == 1 ]]
}

killed() { # SIGNAL
	local watcher
	/tmp/with /tmp/otarig led watch bench:$BENCH:slot0 --for 60s >/dev/null 2>&1 &
	watcher=$!
	until_true 5 power_is_on || return 1
	echo >/sys/kernel/tracing/instances/safe/trace
	kill "-$1" $watcher
	wait $watcher
	until_true 5 grep -q 'gpio_value: .* set 0' /sys/kernel/tracing/instances/safe/trace || return 1
	grep gpio_value /sys/kernel/tracing/instances/safe/trace
	until_true 5 eval '! grep -qx otarig-guard /proc/[0-9]*/comm' || return 1
	! power_is_on && otarig bench check $BENCH
}

dead_programs_leave_it_safe() {
	local trace=/sys/kernel/tracing/instances/safe signal
	mkdir -p $trace && echo mono >$trace/trace_clock && echo 1 >$trace/events/gpio/enable || return 1
	for signal in KILL SEGV INT TERM HUP; do
		killed $signal || return 1
	done
}

safe_puts_a_bench_safe() {
	otarig bench safe $BENCH && ! power_is_on
}

testcase a_good_bench_is_good
testcase a_chip_that_is_not_there
testcase a_line_that_is_not_there
testcase a_chip_by_name_path_and_number
testcase a_line_that_another_holds
testcase a_chip_without_permission
testcase polarity_that_is_wrong
testcase a_switch_that_is_welded
testcase led_is_seen
testcase led_is_seen_by_sampling
testcase edges_that_are_lost_are_told
testcase dead_programs_leave_it_safe
testcase safe_puts_a_bench_safe
finish
