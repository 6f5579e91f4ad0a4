#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The bench commands as a user runs them, on a computer without any GPIO lines: what a bench file
# says, what is wrong with it, and a slot whose power is switched by commands alone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rig.sh"

commands='list check safe calibrate provision'

# wired: ./b.yaml, a whole slot on a chip that is not there
wired() {
	cat >b.yaml <<-END
		bench: desk-1
		chip: no-such-chip
		cloud: {address: 192.0.2.5, port: 5683}
		slots:
		  - name: left
		    board: p1
		    power:
		      switch: high-side
		      gpio: {line: GPIO17}
		      rail: {line: GPIO4}
		      discharge: 500ms
		    reset: {line: GPIO5}
		    setup: {line: GPIO6}
		    led:
		      red: {line: GPIO12}
		    usb: {port: 1-1.2}
		    console: {baud: 115200, port: 1-1.2}
	END
}

# supply: ./c.yaml, power by commands, which leave ./is-on while it is on and count in ./cuts
supply() {
	cat >switch <<-END
		#!/bin/sh
		case \$1 in
		on) touch "$PWD/is-on" ;;
		off) rm -f "$PWD/is-on" && echo off >>"$PWD/cuts" ;;
		esac
	END
	chmod +x switch
	cat >c.yaml <<-END
		bench: desk-2
		cloud: {address: 192.0.2.5, port: 5683}
		slots:
		  - name: supply
		    board: p1
		    power:
		      switch: command
		      on: "'$PWD/switch' on"
		      off: "'$PWD/switch' off"
		      discharge: 1ms
	END
}

needs_a_second_word() {
	refused 2 "'bench' needs one of check, list, safe, calibrate, provision" "$BIN" bench
	refused 2 "'bench' needs one of check, list, safe, calibrate, provision" "$BIN" bench mend
	for command in $commands; do
		run "$BIN" bench "$command" --help
		expect_status 0
		expect_lines stderr 0
		expect_stdout "^usage: otarig bench $command "
		[ "$(wc -L <"$tests_case/stdout")" -le 80 ] || fail "help is wider than 80 columns"
		refused 2 "bench $command: FILE is missing" "$BIN" bench "$command"
		refused 2 "bench $command: unknown option '--nothing'" \
			"$BIN" bench "$command" --nothing 1 b.yaml
		refused 2 "cannot read 'b\.yaml': No such file or directory" \
			"$BIN" bench "$command" b.yaml
	done
}

options_are_looked_at() {
	supply
	refused 2 "unknown format 'xml', known: text, json" "$BIN" bench check --format xml c.yaml
	refused 2 "unknown format 'xml', known: text, json" "$BIN" bench calibrate --format xml c.yaml
	refused 2 '--times: must be above zero' "$BIN" bench calibrate --times 0 c.yaml
	refused 2 "--times: 'many' is not a number" "$BIN" bench calibrate --times many c.yaml
	for command in check safe calibrate provision; do
		refused 2 "bench 'desk-2' has no slot 'right'" "$BIN" bench "$command" --slot right c.yaml
	done
	refused 2 "bench list: unknown option '--slot'" "$BIN" bench list --slot supply c.yaml
}

lists_what_the_file_says() {
	wired
	run "$BIN" bench list b.yaml
	expect_status 0
	expect_lines stderr 0
	expect_lines stdout 1
	expect_stdout '^left +p1 +high-side +rail reset setup red usb console$'
	supply
	run "$BIN" bench list c.yaml
	expect_status 0
	expect_stdout '^supply +p1 +command *$'
}

# wrong LINE TEXT FROM TO: the file with FROM replaced by TO is refused by every command
wrong() {
	sed "s|$3|$4|" b.yaml >w.yaml
	cmp -s b.yaml w.yaml && fail "nothing is '$3'"
	for command in $commands; do
		refused 2 "w\.yaml:$1: $2\$" "$BIN" bench "$command" w.yaml
	done
	refused 2 "w\.yaml:$1: $2\$" "$BIN" run --bench w.yaml data/s.yaml
}

files_that_are_wrong() {
	setup
	wired
	wrong 8 "unknown word 'magic' for 'slots\[0\]\.power\.switch', known: relay, .*command" \
		high-side magic
	wrong 11 "'soon' is not a duration for 'slots\[0\]\.power\.discharge'" 500ms soon
	wrong 11 "unknown key 'dischrge' in 'slots\[0\]\.power'" discharge dischrge
	wrong 10 "line 'GPIO17' of chip 'no-such-chip' is used twice, here and on line 9" GPIO4 GPIO17
	wrong 3 "'70000' is too large for 'cloud\.port', at most 65535" 5683 70000
	wrong 2 "missing key 'bench'" '^bench: .*' ''
	wrong 3 'not valid YAML: .*' '^bench: .*' 'bench: ['
	: >b.yaml
	for command in $commands; do
		refused 2 'b\.yaml:1: the file is empty' "$BIN" bench "$command" b.yaml
	done
	supply
	sed '/off:/d' c.yaml >w.yaml
	refused 2 "w\.yaml:6: a power switch 'command' needs 'off'" "$BIN" bench check w.yaml
	sed -n '/- name/,$p' c.yaml | cat c.yaml - >w.yaml
	refused 2 "w\.yaml:[0-9]+: a second slot 'supply'" "$BIN" bench safe w.yaml
}

# A slot must name a board that there is; to make a bench safe it need not be known.
board_without_a_profile() {
	setup
	wired
	sed 's/board: p1/board: argon/' b.yaml >w.yaml
	for command in list check calibrate provision; do
		refused 2 "w\.yaml:6: there is no board 'argon' \(no file '.*/boards/argon\.yaml'\)" \
			"$BIN" bench "$command" w.yaml
	done
	for command in run plan; do
		refused 2 "w\.yaml:6: there is no board 'argon' .*" "$BIN" "$command" --bench w.yaml data/s.yaml
	done
	refused 4 "slot 'left': there is no GPIO chip .*" "$BIN" bench safe w.yaml
}

# Every line is a finding of its own; the others say the first, once a slot.
chip_that_is_not_there() {
	wired
	missing="there is no GPIO chip 'no-such-chip'"
	run "$BIN" bench check b.yaml
	expect_status 4
	expect_lines stderr 0
	for line in 'power +no-such-chip:GPIO17' 'rail +no-such-chip:GPIO4' \
		'reset +no-such-chip:GPIO5' 'setup +no-such-chip:GPIO6' \
		'red +no-such-chip:GPIO12'; do
		expect_stdout "^left +$line +bad +$missing"
	done
	run "$BIN" bench check --slot left --format json b.yaml
	expect_status 4
	expect_stdout '"part": "rail"'
	expect_stdout "\"text\": \"$missing"
	for command in safe calibrate provision; do
		refused 4 "slot 'left': $missing" "$BIN" bench "$command" b.yaml
	done
}

power_by_commands() {
	supply
	run "$BIN" bench check c.yaml
	expect_status 0
	expect_lines stderr 0
	expect_stdout '^supply +power +supply +note +neither a rail nor a looped-back line'
	expect_stdout '^supply +cut +supply +good *$'
	[ -s cuts ] || fail "the switch was not tried"
	[ ! -e is-on ] || fail "power was left on"
	touch is-on # somebody else left it on
	run "$BIN" bench safe --slot supply c.yaml
	expect_status 0
	expect_lines stdout 0
	expect_lines stderr 0
	[ ! -e is-on ] || fail "power is still on"
	run "$BIN" bench calibrate c.yaml
	expect_status 4
	expect_lines stderr 1
	expect_stderr "^otarig: slot 'supply' has neither 'rail' nor 'loop_back' to measure with$"
	[ ! -e is-on ] || fail "power was left on"
	sed "s|switch' off|switch' off more|" c.yaml >more.yaml
	printf '#!/bin/sh\nexit 3\n' >switch
	for command in safe calibrate; do
		run "$BIN" bench "$command" more.yaml
		expect_status 4
		expect_lines stderr 1
		expect_stderr "^otarig: slot 'supply': command '.*' ended with code 3$"
	done
	run "$BIN" bench check more.yaml
	expect_status 4
	expect_stdout '^supply +slot +supply +bad +.* ended with code 3$'
}

provision_needs_what_is_wired() {
	supply
	run "$BIN" bench provision c.yaml
	expect_status 2
	expect_lines stderr 1
	expect_stderr "^otarig: slot 'supply' needs power, RESET, SETUP and USB for that$"
	sed '/^cloud/d' c.yaml >w.yaml
	refused 2 "w\.yaml: the bench says no 'cloud': where boards would find the rig" \
		"$BIN" bench provision w.yaml
}

# A scenario that is right, on a bench that is not good enough for it: before a board has power.
runs_on_a_bench() {
	supply
	mkdir -p reference
	cp "$TOP"/scenarios/reference/robust.yaml reference/
	cp -r "$TOP"/scenarios/policies .
	export OTARIG_DATA="$TOP"
	run "$BIN" run --bench c.yaml reference/robust.yaml --results r.db
	expect_status 2
	expect_lines stdout 0
	expect_lines stderr 1
	expect_stderr "^otarig: reference/robust\.yaml:4: slot 'supply' has no way to bring a board into a known state: "
	[ ! -e is-on ] || fail "power was left on"
	[ ! -e r.db ] || fail "there are results"
	refused 2 "cannot read 'none\.yaml': No such file" "$BIN" run --bench none.yaml \
		reference/robust.yaml --results r.db
	refused 2 "cannot read 'none\.yaml': No such file" "$BIN" run --bench c.yaml none.yaml
	wired
	refused 2 "reference/robust\.yaml:16: slot 'left' cannot cut by operation or instruction, stage an update\$" \
		"$BIN" run --bench b.yaml reference/robust.yaml --results r.db
	by_time
	refused 4 "slot 'left': there is no GPIO chip 'no-such-chip'" "$BIN" run --bench b.yaml \
		reference/time.yaml --results r.db
	refused 4 "slot 'left': there is no GPIO chip 'no-such-chip'" "$BIN" plan --bench b.yaml \
		reference/time.yaml
	sed 's/board: p1/board: photon/' b.yaml >w.yaml
	refused 2 "w\.yaml: bench 'desk-1' has no slot with board 'p1'" "$BIN" run --bench w.yaml \
		reference/robust.yaml --results r.db
}

# by_time: ./reference/time.yaml, which the slot of b.yaml could run
by_time() {
	mkdir -p reference
	sed 's/via: staged/via: dfu/; s/by: operation/by: time/' "$TOP"/scenarios/reference/robust.yaml \
		>reference/time.yaml
}

# What a bench file says is enough to refuse a scenario: the chip, which is not there, is not asked.
slots_that_do_not_fit() {
	wired
	by_time
	cp -r "$TOP"/scenarios/policies .
	export OTARIG_DATA="$TOP"
	printf '    limits: {between: 501ms}\n' | cat b.yaml - >w.yaml
	refused 2 "reference/time\.yaml:14: 'power\.off' is shorter than power of slot 'left' stays away: limits.between is 501ms\$" \
		"$BIN" run --bench w.yaml reference/time.yaml --results r.db
	printf '    limits: {between: 500ms}\n' | cat b.yaml - >w.yaml
	refused 4 "slot 'left': there is no GPIO chip .*" \
		"$BIN" run --bench w.yaml reference/time.yaml --results r.db
	# the second slot for the board is asked as well
	{
		cat b.yaml
		printf '  - name: right\n    board: p1\n    power: {switch: high-side, gpio: {line: GPIO20}}\n'
		printf '    reset: {line: GPIO21}\n    setup: {line: GPIO22}\n    usb: {serial: 3e}\n'
	} >w.yaml
	refused 2 "reference/time\.yaml:16: slot 'right' cannot see the LED\$" \
		"$BIN" run --bench w.yaml reference/time.yaml --results r.db
	sed '/usb: {serial/d' w.yaml >v.yaml
	refused 2 "reference/time\.yaml:4: slot 'right' has no way to bring a board into a known state: .*" \
		"$BIN" run --bench v.yaml reference/time.yaml --results r.db
}

# What was staged and cut by operation on a virtual board is refused before the chip is asked for.
a_virtual_trial_is_not_for_a_bench() {
	wired
	mkdir reference
	cp "$TOP"/scenarios/reference/robust.yaml reference/
	cp -r "$TOP"/scenarios/policies .
	export OTARIG_DATA="$TOP"
	run "$BIN" run reference/robust.yaml --trials 1 --results r.db
	expect_status 3
	run "$BIN" replay --bench b.yaml --results r.db reference-robust.1.0.none.0.l
	expect_status 2
	expect_lines stdout 0
	expect_lines stderr 1
	expect_stderr "^otarig: slot 'left' cannot cut by operation or instruction, stage an update\$"
}

# Nor is it when a board could be lost, unless all slots have a programmer.
boards_that_could_be_lost() {
	wired
	by_time
	cp -r "$TOP"/scenarios/policies .
	export OTARIG_DATA="$TOP"
	sed -e 's/via: dfu/via: cloud/' -e '/^cut:/,/by:/d' reference/time.yaml >reference/lose.yaml
	printf 'cut: {strategy: none}\nfuzz: {transfer: [address]}\n' >>reference/lose.yaml
	refused 2 "reference/lose\.yaml:[0-9]+: 'address' can destroy the board in slot 'left', which has no programmer: .*" \
		"$BIN" run --bench b.yaml reference/lose.yaml --results r.db
	sed 's/transfer: \[address\]/image: [address-wrong]/' reference/lose.yaml >reference/image.yaml
	refused 2 "reference/image\.yaml:[0-9]+: 'address-wrong' of '.*' can cost the board in slot 'left', which has no programmer: .*" \
		"$BIN" run --bench b.yaml reference/image.yaml --results r.db
	printf '    programmer: flash\n' | cat b.yaml - >w.yaml
	for scenario in lose image; do
		refused 4 "slot 'left': there is no GPIO chip .*" \
			"$BIN" run --bench w.yaml "reference/$scenario.yaml" --results r.db
	done
}

testcase needs_a_second_word
testcase options_are_looked_at
testcase lists_what_the_file_says
testcase files_that_are_wrong
testcase board_without_a_profile
testcase chip_that_is_not_there
testcase power_by_commands
testcase provision_needs_what_is_wired
testcase runs_on_a_bench
testcase slots_that_do_not_fit
testcase a_virtual_trial_is_not_for_a_bench
testcase boards_that_could_be_lost
finish
