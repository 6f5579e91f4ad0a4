#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016,SC2154 # 'spoil' expands later; 'setup' sets variables
# Bad input of every kind: one line that names the user's file and line, exit code 2, nothing done.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rig.sh"

# bad TEXT: 'run' and 'plan' refuse the scenario
bad() {
	refused 2 "$1" "$BIN" run data/s.yaml
	refused 2 "$1" "$BIN" plan data/s.yaml
}

# with FILE SED TEXT: refused with FILE edited so, and FILE is as before after
with() {
	cp "$1" saved
	sed -i "$2" "$1"
	! cmp -s "$1" saved || fail "the edit changes nothing: $2"
	refused 2 "$3" "$BIN" run data/s.yaml
	mv saved "$1"
}

scenario_file() {
	setup
	refused 2 "cannot read 'nope.yaml': No such file" "$BIN" run nope.yaml
	refused 2 "cannot read 'data': not a regular file" "$BIN" run data
	refused 2 "cannot read '': No such file" "$BIN" plan ''
	: >data/s.yaml
	bad 'data/s\.yaml:1: the file is empty$'
	printf 'scenario: [\n' >data/s.yaml
	bad 'data/s\.yaml:1: not valid YAML'
	printf 'scenario: x\000y\n' >data/s.yaml
	bad 'data/s\.yaml: a NUL byte at offset 11$'
}

scenario_keys() {
	setup
	with data/s.yaml 's/^seed:/sede:/' "data/s\.yaml:$(line_of ^seed: data/s.yaml): unknown key 'sede'"
	with data/s.yaml '/^trials:/p' \
		"data/s\.yaml:$(($(line_of ^trials: data/s.yaml) + 1)): duplicate key 'trials'"
	with data/s.yaml '/^ladder:/d' "data/s\.yaml:[0-9]+: missing key 'ladder'"
	with data/s.yaml 's/^trials: .*/trials: 12abc/' "data/s\.yaml:$(line_of ^trials: data/s.yaml): "
	with data/s.yaml 's/off: .*/off: 5/' "data/s\.yaml:$(line_of off: data/s.yaml): "
	with data/s.yaml 's/by: .*/by: moon/' "data/s\.yaml:$(line_of by: data/s.yaml): "
}

options_with_numbers() {
	setup
	need_firmware
	refused 2 '--jobs: must be above zero' "$BIN" run data/s.yaml --jobs 0
	refused 2 "--jobs: '65' is too large" "$BIN" run data/s.yaml --jobs 65
	refused 2 "--trials: 'abc' is not a number" "$BIN" run data/s.yaml --trials abc
	refused 2 '--trials: must be above zero' "$BIN" plan data/s.yaml --trials 0
	refused 2 "--trials: '-1' is not a number" "$BIN" plan data/s.yaml --trials -1
	refused 2 "--seed: '99999999999999999999' is too large" \
		"$BIN" run data/s.yaml --seed 99999999999999999999
}

# What a scenario names and is not there: the scenario's line is told.
names_of_nothing() {
	setup
	with data/s.yaml 's/^board: .*/board: nope/' \
		"data/s\.yaml:$(line_of ^board: data/s.yaml): there is no board 'nope' \(no file '.*/nope\.yaml'\)"
	with data/s.yaml 's/^from: .*/from: nope/' \
		"data/s\.yaml:$(line_of ^from: data/s.yaml): there is no release 'nope' \(no file '.*/nope\.yaml'\)"
	need_firmware
	with data/s.yaml 's/^to: .*/to: nope/' \
		"data/s\.yaml:$(line_of ^to: data/s.yaml): there is no release 'nope'"
	with data/s.yaml 's/via: .*/via: pigeon/' \
		"data/s\.yaml:$(line_of via: data/s.yaml): there is no way of delivery 'pigeon'"
	with data/s.yaml 's/parts: .*/parts: [user, nope]/' \
		"data/s\.yaml:$(line_of parts: data/s.yaml): release 'particle-1\.5\.2-p1' has no module 'nope'"
	with data/s.yaml 's/^policy: .*/policy: nope.yaml/' \
		"data/s\.yaml:$(line_of ^policy: data/s.yaml): there is no policy 'nope\.yaml'"
	with data/s.yaml '/^policy:/d' 'data/s\.yaml:[0-9]+: the scenario names no policy, use --policy'
	refused 2 "cannot read 'nope': No such file" "$BIN" run data/s.yaml --policy nope
}

board_file() {
	setup
	with "$boards/p1.yaml" 's/^chip:/chop:/' ".*/p1\.yaml:$(line_of ^chip: "$boards/p1.yaml"): unknown key 'chop'"
	with "$boards/p1.yaml" '/^chip:/d' ".*/p1\.yaml:[0-9]+: missing key 'chip'"
	with "$boards/p1.yaml" '/^chip:/p' ".*/p1\.yaml:$(($(line_of ^chip: "$boards/p1.yaml") + 1)): duplicate key 'chip'"
}

release_file() {
	setup
	with "$old" 's/^version:/verzion:/' ".*1\.5\.0-p1\.yaml:$(line_of ^version: "$old"): unknown key 'verzion'"
	with "$old" '/^version:/d' ".*1\.5\.0-p1\.yaml:[0-9]+: missing key 'version'"
	with "$old" '/^version:/p' ".*1\.5\.0-p1\.yaml:$(($(line_of ^version: "$old") + 1)): duplicate key"
	need_firmware
	with "$old" 's/^    version: .*/    version: 9/' \
		".*1\.5\.0-p1\.yaml:$(line_of '^    version:' "$old"): module 'bootloader' has version [0-9]+, not 9"
}

policy_file() {
	setup
	need_firmware
	with data/policy.yaml 's/bricked:/briked:/' \
		"data/policy\.yaml:$(line_of bricked: data/policy.yaml): unknown key 'briked'"
	with data/policy.yaml '/^trials_min:/d' "data/policy\.yaml:[0-9]+: missing key 'trials_min'"
	with data/policy.yaml '/^trials_min:/p' \
		"data/policy\.yaml:$(($(line_of ^trials_min: data/policy.yaml) + 1)): duplicate key"
	with data/policy.yaml 's/mixed: .*/mixed: 7/' \
		"data/policy\.yaml:$(line_of mixed: data/policy.yaml): 'limits\.mixed' must lie between 0 and 1"
}

firmware_not_fetched() {
	setup
	export OTARIG_CACHE="$PWD/empty"
	bad ".*1\.5\.0-p1\.yaml:$(line_of '^ *- name:' "$old"): .*not in the firmware cache, run 'tools/fetch-particle-firmware particle-1\.5\.0-p1'"
}

no_home_for_a_cache() {
	setup
	refused 2 'no firmware cache' env -u HOME -u OTARIG_CACHE "$BIN" run data/s.yaml
}

firmware_with_a_wrong_hash() {
	setup
	own_cache
	printf 'X' | dd of="$bootloader" bs=1 seek=1000 conv=notrunc 2>/dev/null
	bad ".*1\.5\.0-p1\.yaml:$(line_of file_sha256: "$old"): .* has SHA-256 [0-9a-f]{64}\$"
}

# spoil SCRIPT TEXT: refused after "$bootloader" was spoilt, though the manifest has its new hash
spoil() {
	cp "$bootloader" kept
	eval "$1"
	hash=$(sha256sum <"$bootloader" | cut -d ' ' -f 1)
	sed -i "$(line_of file_sha256: "$old")s/:.*/: $hash/" "$old"
	bad "$2"
	mv kept "$bootloader"
}

firmware_that_is_no_module() {
	setup
	own_cache
	spoil 'printf X | dd of="$bootloader" bs=1 seek=1000 conv=notrunc 2>/dev/null' \
		".*/p1-bootloader@.*\.bin: module 'bootloader': "
	spoil 'truncate -s 2000 "$bootloader"' ".*/p1-bootloader@.*\.bin: module 'bootloader': "
	spoil 'truncate -s 10 "$bootloader"' ".*/p1-bootloader@.*\.bin: module 'bootloader': "
	spoil 'truncate -s 0 "$bootloader"' ".*/p1-bootloader@.*\.bin: module 'bootloader': "
}

release_for_another_board() {
	setup
	need_firmware
	with "$old" 's/^board: .*/board: photon/' \
		"data/s\.yaml:$(line_of ^from: data/s.yaml): release 'particle-1\.5\.0-p1' is for board 'photon', not 'p1'"
	with "$boards/p1.yaml" 's/^platform_id: .*/platform_id: 6/' \
		".*1\.5\.0-p1\.yaml:$(line_of '^ *- name:' "$old"): module 'bootloader' is for platform 8, board 'p1' is 6"
}

board_without_a_stand_in() {
	setup
	need_firmware
	sed 's/^board: .*/board: other/' "$boards/p1.yaml" >"$boards/other.yaml"
	sed -i 's/^board: .*/board: other/' data/s.yaml "$releases"/*.yaml
	bad "data/s\.yaml:$(line_of ^board: data/s.yaml): board 'other' has no virtual stand-in"
}

# These need a calibration to be found out.
impossible_cuts() {
	setup
	need_firmware
	with data/s.yaml 's/^  by: time/&\n  phases: [1.stage, 1.nope]/' \
		"data/s\.yaml:$(($(line_of by: data/s.yaml) + 1)): the update has no phase '1\.nope'"
	sed -i -e 's/strategy: .*/strategy: list/' \
		-e 's/^  by: .*/  points:\n  - {part: 1, time: 1s}\n  - {part: 1, operation: 999999999, form: after}/' \
		data/s.yaml
	refused 2 "data/s\.yaml:$(line_of operation: data/s.yaml): cut point 2 .* ends at [0-9]+" \
		"$BIN" run data/s.yaml
	# the same without one
	with data/s.yaml 's/part: 1, time/part: 3, time/' \
		"data/s\.yaml:$(line_of 'time: 1s' data/s.yaml): there is no part 3, only 1 to 1"
}

trial_ids() {
	setup
	for command in show replay; do
		refused 2 "trial id 'nope'" "$BIN" "$command" nope
		refused 2 "trial id ''" "$BIN" "$command" ''
		refused 2 "trial id '\.\./x" "$BIN" "$command" ../x.1.0.none.0.l
		refused 2 "cannot open 'data/results/runs/other\.db': No such file" \
			"$BIN" "$command" other.1.0.none.0.l
	done
	refused 2 '--times: must be above zero' "$BIN" replay other.1.0.none.0.l --times 0
}

no_database() {
	setup
	id=p1-power-loss.1.0.none.0.l
	refused 2 "'data/s\.yaml' is not a results database" "$BIN" report data/s.yaml
	refused 2 "'data/s\.yaml' is not a results database" \
		"$BIN" gate data/s.yaml --policy data/policy.yaml
	refused 2 "'data/s\.yaml' is not a results database" "$BIN" show "$id" --results data/s.yaml
	refused 2 "'data/s\.yaml' is not a results database" "$BIN" replay "$id" --results data/s.yaml
	refused 2 "cannot open 'nope\.db': No such file" "$BIN" report nope.db
	refused 2 "'data' is not a results database" "$BIN" report data
	refused 2 '--run: must be above zero' "$BIN" report data/s.yaml --run 0
	need_firmware
	refused 2 "'data/s\.yaml' is not a results database" \
		"$BIN" run data/s.yaml --results data/s.yaml
}

testcase scenario_file
testcase scenario_keys
testcase options_with_numbers
testcase names_of_nothing
testcase board_file
testcase release_file
testcase policy_file
testcase firmware_not_fetched
testcase no_home_for_a_cache
testcase firmware_with_a_wrong_hash
testcase firmware_that_is_no_module
testcase release_for_another_board
testcase board_without_a_stand_in
testcase impossible_cuts
testcase trial_ids
testcase no_database
finish
