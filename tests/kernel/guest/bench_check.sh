#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# gpiod: 1 2
# seconds: 120
# takes: 10
#
# A real bench, the program unmodified: whether it is as its file says, and what is said when it is
# not.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"

slots 2 && install slot0 reference-robust-1.0 || exit 1
write_bench 2
chip=$(chip_of rig0)

a_good_bench_is_good() {
	otarig bench list "$BENCH" >/tmp/list && grep -q slot0 /tmp/list || return 1
	otarig bench check "$BENCH" || return 1
	otarig bench check --format json "$BENCH" >/tmp/json || return 1
	! grep '"bad"' /tmp/json && grep -q '"part": "loop_back"' /tmp/json
}

a_chip_that_is_not_there() {
	says 4 "there is no GPIO chip 'nope', but $chip (rig0)" \
		otarig bench check "$(edited 'chip: rig0' 'chip: nope')"
}

a_line_that_is_not_there() {
	says 4 "GPIO chip 'rig0' has no line 'slot0-nope': it has 64, numbered from 0, and names slot0-power" \
		otarig bench check "$(edited slot0-red slot0-nope)"
}

a_chip_by_name_path_and_number() {
	otarig bench check "$(edited 'chip: rig0' "chip: $chip")" &&
		otarig bench check "$(edited 'chip: rig0' "chip: \/dev\/$chip")" &&
		otarig bench check "$(edited 'slot0-red' '3')"
}

a_line_that_another_holds() {
	gpioset -m signal rig0 1=1 &
	local holder=$!
	sleep 0.3
	says 4 "line 'slot0-reset' of GPIO chip 'rig0' is held by 'gpioset'" otarig bench check "$BENCH"
	local status=$?
	kill "$holder" \&\& wait "$holder"
	return "$status"
}

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups /tmp/with /lane/otarig "$@"
}

a_chip_without_permission() {
	chmod 644 "$BENCH"
	echo "rigs:x:997:" >>/etc/group
	chown 0:997 "/dev/$chip" && chmod 660 "/dev/$chip" || return 1
	says 4 "no permission for '/dev/$chip': it is for group 'rigs', be a member of it" \
		as_nobody bench check "$BENCH" || return 1
	chown 0:0 "/dev/$chip" && chmod 600 "/dev/$chip"
	says 4 "no permission for '/dev/$chip': it belongs to group '" \
		as_nobody bench check "$BENCH" || return 1
	grep -q "with mode 600" /tmp/said
}

polarity_that_is_wrong() {
	says 4 "it says that power is on although it was switched off: wrong 'active'" \
		otarig bench check "$(edited 'rail: {line: slot0-rail}' 'rail: {line: slot0-rail, active: low}')"
}

a_switch_that_is_welded() {
	boards stick slot0 power high
	says 4 "it says that power is on although it was switched off" otarig bench check "$BENCH"
	local status=$?
	boards stick slot0 power free
	return "$status"
}

a_rail_that_stays_up() {
	boards stick slot0 rail high
	says 4 "rail" otarig bench check "$BENCH" && grep -q 'rail .*bad' /tmp/said
	local status=$?
	boards stick slot0 rail free
	return "$status"
}

two_slots_on_one_line() {
	{
		cat "$BENCH"
		sed -n '/^  - name: slot0/,/^  - name: slot1/p' "$BENCH" | sed '$d; s/name: slot0/name: other/'
	} >/tmp/doubled.yaml
	says 2 "/tmp/doubled.yaml:" otarig bench check /tmp/doubled.yaml
}

# each leaves the board without power and holds no line
everything_is_off() {
	[[ $(gpioget rig0 6) == 0 ]] && ! gpioinfo rig0 | grep otarig
}

testcase a_good_bench_is_good
testcase a_chip_that_is_not_there
testcase a_line_that_is_not_there
testcase a_chip_by_name_path_and_number
testcase a_line_that_another_holds
testcase a_chip_without_permission
testcase polarity_that_is_wrong
testcase a_switch_that_is_welded
testcase a_rail_that_stays_up
testcase two_slots_on_one_line
testcase everything_is_off
finish
