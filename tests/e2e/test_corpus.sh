#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Trials that are kept from run to run, as a user meets them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rig.sh"

# A scenario that meddles, on the reference firmware: it needs no cache.
setup_meddling() {
	setup
	mkdir -p data/firmware-under-test/reference
	cp -r "$TOP/firmware-under-test/reference/images" data/firmware-under-test/reference/
	cat >data/m.yaml <<-END
		scenario: meddling
		summary: an update over the air, meddled with
		board: p1
		from: reference-robust-1.0-p1
		to: reference-robust-1.1-p1
		deliver: {via: cloud, parts: [user]}
		cut: {strategy: none}
		fuzz: {transfer: [drop, twice, stall], per_trial: 2}
		power: {off: 1s, vbat: lost}
		ladder: [wait, reset, power-cycle]
		trials: 4
		controls: 1
		seed: 1
		policy: policy.yaml
	END
	corpus=data/results/runs/meddling.corpus
}

stands_beside_the_database() {
	setup_meddling
	run "$BIN" run data/m.yaml
	expect_status 3 # five controls are asked for
	expect_stdout "^corpus    $corpus, [0-9]+ trials: [0-9]+ new, [0-9]+ of them made smaller\$"
	expect_stderr '^making [1-9][0-9]* trials that led to something new smaller$'
	head -n 1 "$corpus" >header
	echo 'otarig-corpus 1' >expected
	expect_same expected header
	id=$(sed -n '2s/.* //p' "$corpus")
	run "$BIN" plan data/m.yaml --seed 2
	expect_status 0
	sed -n '/^trial/{n;n;s/ .*//p;}' "$tests_case/stdout" >second
	echo "$id" >expected
	expect_same expected second
	cp "$corpus" before.corpus
	run "$BIN" run data/m.yaml
	expect_stdout "^corpus    $corpus, [0-9]+ trials: 0 new\$"
	expect_same before.corpus "$corpus"
	run "$BIN" show "$id"
	expect_status 0
}

none_and_another_file() {
	setup_meddling
	run "$BIN" run data/m.yaml --corpus none
	expect_status 3
	expect_no_stdout '^corpus'
	[ ! -e "$corpus" ] || fail "there is a corpus"
	run "$BIN" run data/m.yaml --corpus mine
	expect_stdout '^corpus    mine, '
	[ ! -e "$corpus" ] || fail "there is a corpus"
	run "$BIN" run data/m.yaml --results here.db
	expect_stdout '^corpus    here\.corpus, '
}

# Without meddling there is nothing to keep, unless it is asked for.
cuts_alone_have_none() {
	setup_meddling
	sed -i -e '/^fuzz:/d' -e 's/^cut: .*/cut: {strategy: random, by: time}/' data/m.yaml
	run "$BIN" run data/m.yaml
	expect_no_stdout '^corpus'
	run "$BIN" run data/m.yaml --corpus mine
	expect_stdout '^corpus    mine, [1-9]'
}

a_bad_file() {
	setup_meddling
	mkdir -p data/results/runs
	printf 'otarig-corpus 1\n0123 hung x\n' >"$corpus"
	refused 2 "$corpus:2: expected a signature of 16 digits" "$BIN" run data/m.yaml
	refused 2 "$corpus:2: expected a signature of 16 digits" "$BIN" plan data/m.yaml
	printf 'otarig-corpus 1' >short
	refused 2 'short:1: the line has no end' "$BIN" run data/m.yaml --corpus short
	refused 2 "data/m\.yaml:1: not a corpus" "$BIN" plan data/m.yaml --corpus data/m.yaml
	refused 2 "cannot read 'data': not a regular file" "$BIN" run data/m.yaml --corpus data
	printf 'otarig-corpus 1\n0000000000000001 hung m.1.1.1n.1.l.fuzz-drop\n' >id
	refused 2 "id:2: trial id 'm\.1\.1\.1n\.1\.l\.fuzz-drop': character 23: expected a digit\$" \
		"$BIN" run data/m.yaml --corpus id
}

# The run is stored and told of all the same.
a_folder_that_is_not_there() {
	setup_meddling
	run "$BIN" run data/m.yaml --corpus nowhere/mine
	expect_status 4
	expect_stdout '^database  data/results/runs/meddling\.db, run 1$'
	expect_stderr "^otarig: cannot write 'nowhere/mine'"
}

# What was done until then is kept as it is, and a file is never half written.
an_interrupted_run() {
	setup_meddling
	sed -i -e 's/^trials: .*/trials: 400/' data/m.yaml
	env --default-signal=INT "$BIN" run data/m.yaml --jobs 1 >out 2>err </dev/null &
	pid=$!
	wait_for '^41 of 401 trials' err "$pid"
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ] || fail "exit code $status: $(cat err)"
	[ "$(wc -l <"$corpus")" -gt 1 ] || fail "nothing was kept"
	run "$BIN" plan data/m.yaml
	expect_status 0
}

testcase stands_beside_the_database
testcase none_and_another_file
testcase cuts_alone_have_none
testcase a_bad_file
testcase a_folder_that_is_not_there
testcase an_interrupted_run
finish
