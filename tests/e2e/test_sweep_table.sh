#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tools/sweep-table on reports of a made-up program, and on one of the real one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rig.sh"

# window PHASE PART MODULE BEGIN END
window() {
	printf '  {\n   "phase": "%s",\n   "part": %s,\n   "module": "%s",\n' "$1" "$2" "$3"
	printf '   "begin_op": %s,\n   "end_op": %s\n  },\n' "$4" "$5"
}

# trial NUMBER PHASE PART BY AT OUTCOME RUNG
trial() {
	printf '  {\n   "id": "x.%s",\n   "number": %s,\n   "control": false,\n' "$1" "$1"
	printf '   "phase": "%s",\n   "cut": {\n    "part": %s,\n    "by": "%s",\n' "$2" "$3" "$4"
	printf '    "at": %s\n   },\n   "end": {\n    "outcome": "%s",\n' "$5" "$6"
	printf '    "reason": "for a test",\n    "recovered_by": "%s"\n   }\n  },\n' "$7"
}

made_up_report() {
	printf '{\n "run": {\n  "id": 1,\n  "board": "toy",\n  "release_from": "particle-1.0-toy",\n'
	printf '  "release_to": "particle-1.1-toy"\n },\n "update": [\n'
	window 1.stage 1 system 0 60000
	window 1.slot 1 system 60000 60014
	window 1.boot 1 system 60014 60014
	window 1.apply.system 1 system 60014 1120014
	window 2.stage 2 user 0 10
	printf ' ],\n "trials": [\n'
	printf '  {\n   "number": 0,\n   "control": true,\n   "end": {\n    "outcome": "updated"\n   }\n  },\n'
	trial 1 1.stage 1 operation 5 reverted wait
	trial 2 1.apply.system 1 operation 70000 needs-dfu none
	trial 3 1.apply.system 1 operation 70000 bricked none
	trial 4 1.apply.system 1 operation 80000 hung reset
	trial 5 2.stage 2 time 10 updated wait
	trial 6 2.stage 2 time 10 updated wait
	printf '  {\n   "number": 7,\n   "control": false,\n   "end": null\n  }\n ]\n}\n'
}

counts_operations_once() {
	made_up_report >report.json
	printf '#!/bin/sh\ncat report.json\n' >otarig
	chmod +x otarig
	export OTARIG="$PWD/otarig"
	run "$TOP/tools/sweep-table" a.db
	expect_status 0
	expect_lines stdout 4
	cat >expected <<-'END'
		| board | update | module | operations | cut | fatal | other | by rung |
		|---|---|---|---|---|---|---|---|
		| toy | 1.0 to 1.1 | system | 60,000 + 14 + 1,060,000 | 3 | 1 (33.3 %): apply.system, bricked 1 | hung 1 | wait 1, reset 1, never 2 |
		| toy | 1.0 to 1.1 | user | 10 + 0 + 0 | 2 trials | 0 | - | wait 2 |
	END
	expect_same expected "$tests_case/stdout"
}

reads_what_the_program_writes() {
	setup
	need_firmware
	run "$BIN" run data/s.yaml --trials 2 --results a.db
	expect_status 3
	export OTARIG="$BIN"
	run "$TOP/tools/sweep-table" a.db
	expect_status 0
	expect_lines stdout 3
	expect_stdout '^\| p1 \| 1\.5\.0 to 1\.5\.2 \| user \| 1,332 \+ 6,377 \+ 7,979 \| 2 trials \|'
}

needs_a_database() {
	run "$TOP/tools/sweep-table"
	expect_status 2
	expect_stderr '^usage: '
	export OTARIG="$BIN"
	run "$TOP/tools/sweep-table" none.db
	expect_status 2
	expect_lines stdout 0
}

testcase counts_operations_once
testcase reads_what_the_program_writes
testcase needs_a_database
finish
