#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016 # the shells started here expand their own variables
# Runs of released firmware on the virtual board: what they leave behind, however they end.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rig.sh"

# start COMMAND...: in the background with SIGINT as for a command in the foreground; $pid is its id
start() {
	ran=$*
	ran_status=0
	env --default-signal=INT "$@" >"$tests_case/stdout" 2>"$tests_case/stderr" </dev/null &
	pid=$!
}

# ended: waits for what was started
ended() {
	wait "$pid" 2>/dev/null || ran_status=$?
}

# trials DB: a line "number,state,outcome" a trial
trials() {
	run "$BIN" report "$1" --format csv
	expect_status 0
	sed 1d "$tests_case/stdout" | cut -d , -f 1,13,14
}

leaves_a_database_and_a_page() {
	setup
	need_firmware
	run "$BIN" run data/s.yaml --trials 2
	expect_status 3 # five controls are asked for
	expect_stdout '^gate default: void, exit code 3$'
	expect_stdout '^database  data/results/runs/p1-power-loss\.db, run 1$'
	expect_stdout '^report    data/results/runs/p1-power-loss\.run1\.html$'
	expect_stderr '^3 of 3 trials, '
	expect_no_stderr '[[:cntrl:]]'
	printf '%s\n' p1-power-loss.db p1-power-loss.run1.html >expected
	ls data/results/runs >found
	expect_same expected found
	grep -q '</html>' data/results/runs/p1-power-loss.run1.html || fail "the page has no end"
	id=$(sed -n 's/.*\(p1-power-loss\.1\.1\.[a-z0-9.]*\).*/\1/p' \
		data/results/runs/p1-power-loss.run1.html | head -n 1)
	run "$BIN" show "$id"
	expect_status 0
	expect_stdout "^trial     $id\$"
	expect_stdout '^\* .*[a-z]'
	run "$BIN" replay "$id" --times 2
	expect_status 0
	expect_lines stdout 2
	expect_no_stdout DIFFERS
	expect_stdout "^same  $id  [a-z-]+: "
	run "$BIN" gate data/results/runs/p1-power-loss.db --policy data/policy.yaml
	expect_status 3
	refused 2 "'data/results/runs/p1-power-loss.db' has no run 2" \
		"$BIN" report data/results/runs/p1-power-loss.db --run 2
	refused 2 "'data/results/runs/p1-power-loss.db' has no trial" \
		"$BIN" show p1-power-loss.1.77.none.0.l
}

# The plan names the trials that every run does. The database is where --results says, and the page
# beside it.
same_results_with_one_worker_and_two() {
	setup
	need_firmware
	run "$BIN" plan data/s.yaml --trials 12 --seed 7
	expect_status 0
	expect_lines stderr 0
	expect_stdout '^1\.apply\.user '
	grep '^p1-power-loss\.7\.' "$tests_case/stdout" | cut -d ' ' -f 1 >planned
	for jobs in 1 2; do
		run "$BIN" run data/s.yaml --trials 12 --seed 7 --jobs "$jobs" --results "jobs$jobs.db"
		expect_status 3
		expect_stdout "^report    jobs$jobs\.run1\.html\$"
		[ -f "jobs$jobs.run1.html" ] || fail "there is no page"
		run "$BIN" report "jobs$jobs.db" --format csv
		expect_status 0
		expect_lines stdout 14
		cp "$tests_case/stdout" "jobs$jobs.csv"
	done
	expect_same jobs1.csv jobs2.csv
	sed 1d jobs1.csv | cut -d , -f 2 | tr -d '"' >ran
	expect_same planned ran
	[ ! -e data/results ] || fail "the default folder was made"
	id=$(cut -d , -f 2 jobs1.csv | sed -n '3s/"//gp')
	run "$BIN" replay "$id" --results jobs2.db
	expect_status 0
	expect_stdout "^same  $id  "
	refused 2 "cannot open 'data/results/runs/p1-power-loss.db'" "$BIN" show "$id"
}

interrupted_while_it_prepares() {
	setup
	need_firmware
	start "$BIN" run data/s.yaml
	sleep 0.3
	kill -INT "$pid"
	ended
	expect_status 130
	[ ! -e data/results ] || fail "something was written"
}

interrupted_while_it_runs() {
	setup
	need_firmware
	start "$BIN" run data/s.yaml --trials 50 --jobs 2 --results x.db
	wait_for '^[0-9]+ of 51 trials' "$tests_case/stderr" "$pid" # some are done
	workers=$(pgrep -P "$pid" | tr '\n' ' ')
	kill -INT "$pid"
	ended
	expect_status 130
	expect_stderr "^otarig: interrupted: [0-9]+ of 51 trials are stored in 'x\.db'\$"
	for worker in $workers; do
		! kill -0 "$worker" 2>/dev/null || fail "worker $worker lives on"
	done
	stored=$(sed -n 's/^otarig: interrupted: \([0-9]*\) of.*/\1/p' "$tests_case/stderr")
	trials x.db >found
	[ "$(grep -c ,done, found)" -eq "$stored" ] || fail "$stored were told: $(cat found)"
	[ ! -e x.run1.html ] || fail "there is a page of half a run"
}

worker_that_dies() {
	setup
	need_firmware
	start "$BIN" run data/s.yaml --trials 14 --jobs 2 --results x.db
	wait_for '^[0-9]+ of 15 trials' "$tests_case/stderr" "$pid"
	victim=$(pgrep -P "$pid" | head -n 1)
	kill -STOP "$victim" # so that it is certainly at a trial
	kill -KILL "$victim"
	ended
	expect_status 3
	trials x.db >found
	[ "$(grep -c ,done, found)" -eq 15 ] || fail "not all trials ended: $(cat found)"
	[ "$(grep -c ,done,rig-fault found)" -eq 1 ] || fail "not one rig fault: $(cat found)"
}

# A death of the rig itself, mid-run: no more than the trials that were running is lost.
rig_that_is_killed() {
	setup
	need_firmware
	start "$BIN" run data/s.yaml --trials 14 --jobs 2 --results x.db
	wait_for '^[0-9]+ of 15 trials' "$tests_case/stderr" "$pid"
	told=$(sed -n 's/^\([0-9]*\) of 15 trials.*/\1/p' "$tests_case/stderr" | tail -n 1)
	kill -KILL "$pid"
	ended
	expect_status 137
	trials x.db >found
	[ "$(grep -c ,done, found)" -ge "$told" ] || fail "$told were told: $(cat found)"
	id=$("$BIN" report x.db --format csv | grep running | head -n 1 | cut -d , -f 2 | tr -d '"')
	refused_replay=$("$BIN" replay "$id" --results x.db 2>&1)
	[ $? -eq 2 ] || fail "a trial that never ended was replayed: $refused_replay"
}

folder_that_cannot_be_written() {
	setup
	need_firmware
	: >file
	refused 4 "cannot open 'file/x\.db': .*Not a directory" \
		"$BIN" run data/s.yaml --results file/x.db
	: >data/results
	refused 4 "cannot make folder 'data/results/runs': Not a directory" "$BIN" run data/s.yaml
}

# A limit on the size of files stands in for the disk. What was stored before stays.
full_disk() {
	setup
	need_firmware
	run "$BIN" run data/s.yaml --trials 1 --results x.db
	expect_status 3
	run sh -c 'ulimit -f 120; exec "$BIN" run data/s.yaml --trials 40 --results x.db'
	expect_status 4
	expect_lines stdout 0
	grep '^otarig: ' "$tests_case/stderr" >errors
	[ "$(wc -l <errors)" -eq 1 ] || fail "not one line"
	expect_stderr "^otarig: cannot write to 'x\.db': "
	run "$BIN" report x.db --run 1 --format csv
	expect_status 0
	expect_lines stdout 3
	run "$BIN" report x.db
	expect_status 0
	expect_stdout ', run 2: '
	expect_stdout '\(not ended\)$'
	run sh -c '"$BIN" report x.db >/dev/full'
	expect_status 4
	expect_lines stderr 1
	expect_stderr '^otarig: cannot write the report: No space left on device$'
	refused 4 "cannot write '/dev/full': No space left on device" \
		"$BIN" report x.db --format html --output /dev/full
}

reader_that_leaves_early() {
	setup
	need_firmware
	run sh -c '{ "$BIN" run data/s.yaml --trials 1 --results x.db; echo "code $?" >&2; } | head -n 1'
	expect_lines stdout 1
	expect_stderr '^code 3$'
	expect_no_stderr '^otarig:'
	[ -s x.run1.html ] || fail "there is no page"
}

# The bar: drawn over in place, never wider than the terminal, the last one whole.
terminal_shows_a_bar() {
	setup
	need_firmware
	command -v script >/dev/null || skip "script (bsdutils) is not installed"
	script -qec 'stty cols 60; exec "$BIN" run data/s.yaml --trials 3 --results x.db >out' \
		/dev/null >screen </dev/null
	tr '\r' '\n' <screen | sed 's/\x1b\[K//g' >lines
	[ "$(wc -L <lines)" -le 80 ] || fail "wider than 80 columns: $(cat lines)"
	grep '^\[[#.]*\] [0-4]/4 trials' lines >bars || fail "no bar: $(cat lines)"
	[ "$(wc -L <bars)" -lt 60 ] || fail "wider than the terminal: $(cat bars)"
	head -n 1 lines | grep -q '^preparing the board' || sed -n 2p lines |
		grep -q '^preparing the board' || fail "nothing at first: $(cat lines)"
	tail -n 1 bars | grep -q '^\[#*\] 4/4 trials' || fail "the bar is not full: $(cat bars)"
}

testcase leaves_a_database_and_a_page
testcase same_results_with_one_worker_and_two
testcase interrupted_while_it_prepares
testcase interrupted_while_it_runs
testcase worker_that_dies
testcase rig_that_is_killed
testcase folder_that_cannot_be_written
testcase full_disk
testcase reader_that_leaves_early
testcase terminal_shows_a_bar
finish
