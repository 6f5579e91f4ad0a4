#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The bench commands on a machine whose lines are not there: files, options, exit codes. What they do
# with lines is asked in the kernel lab (tests/kernel).
. "$(dirname "$0")/lib.sh"

# bench FILE: two slots on a chip that no machine has
bench() {
	cat >"$1" <<-END
		bench: desk
		chip: no-such-chip
		slots:
		  - name: left
		    board: p1
		    power: {switch: high-side, gpio: {line: 17}, rail: {line: 4}}
		    reset: {line: 5}
		    led: {red: {line: 12}}
		  - name: right
		    board: photon
		    power: {switch: command, on: "touch $PWD/on", off: "rm -f $PWD/on"}
	END
}

lists_a_file() {
	bench b.yaml
	run "$BIN" bench list b.yaml
	expect_status 0
	expect_stdout '^left  *p1  *high-side  *rail reset red$'
	expect_stdout '^right  *photon  *command'
}

checks_and_goes_on_after_what_is_bad() {
	bench b.yaml
	run "$BIN" bench check b.yaml
	expect_status 4
	expect_stdout "^left  *power  *no-such-chip:17  *bad  *there is no GPIO chip 'no-such-chip'"
	expect_stdout '^left  *red .* bad '
	expect_stdout '^right  *cut '
	run "$BIN" bench check --slot right --format json b.yaml
	expect_status 0
	expect_stdout '"slot": "right"'
}

leaves_a_slot_safe() {
	bench b.yaml
	touch on
	run "$BIN" bench safe --slot right b.yaml
	expect_status 0
	[ ! -e on ] || fail "power was left on"
	touch on
	run "$BIN" bench safe b.yaml
	expect_status 4
	expect_stderr "^otarig: slot 'left': there is no GPIO chip 'no-such-chip'"
	[ ! -e on ] || fail "the other slot was left on"
}

tells_what_cannot_be_measured() {
	bench b.yaml
	run "$BIN" bench calibrate --slot right b.yaml
	expect_status 4
	expect_stderr "slot 'right' has neither 'rail' nor 'loop_back' to measure with"
}

tells_a_bad_file_with_its_line() {
	bench b.yaml
	sed 's/line: 5}/line: 17}/' b.yaml >c.yaml
	run "$BIN" bench list c.yaml
	expect_status 2
	expect_stderr "^otarig: c.yaml:7: line '17' of chip 'no-such-chip' is used twice, here and on line 6$"
}

tells_wrong_words() {
	bench b.yaml
	run "$BIN" bench
	expect_status 2
	expect_stderr "'bench' needs one of check, list, safe, calibrate"
	run "$BIN" bench check --slot middle b.yaml
	expect_status 2
	expect_stderr "bench 'desk' has no slot 'middle'"
	run "$BIN" bench check --format xml b.yaml
	expect_status 2
	run "$BIN" bench calibrate --times 0 b.yaml
	expect_status 2
	run "$BIN" led watch bench:b.yaml:middle
	expect_status 2
	expect_stderr "has no slot 'middle'"
	run "$BIN" led watch bench:b.yaml
	expect_status 2
}

# The slot itself runs only commands: its LED is not wired, so nothing is said of it.
wraps_a_slot() {
	bench b.yaml
	printf '    wrap: [{name: record, file: right.txt}]\n' >>b.yaml
	run "$BIN" led watch bench:b.yaml:right --board p1 --for 50ms
	expect_status 0
	grep -q '^> power 1$' right.txt || fail "nothing was recorded"
	[ ! -e on ] || fail "power was left on"
	sed 's/name: record/name: replay/' b.yaml >c.yaml
	run "$BIN" led watch bench:c.yaml:right --board p1 --for 1s
	expect_status 4
	expect_stderr "right.txt:[0-9]*: the record .*asked was 'wait "
}

for name in lists_a_file checks_and_goes_on_after_what_is_bad leaves_a_slot_safe \
	tells_what_cannot_be_measured tells_a_bad_file_with_its_line tells_wrong_words wraps_a_slot; do
	testcase "$name"
done
finish
