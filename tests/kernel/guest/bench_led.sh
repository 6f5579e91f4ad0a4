#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 100
#
# The LED of a board on a real bench: by its edges, by sampling, and when edges are lost.
# shellcheck source=/dev/null
. /lane/lib.sh
# shellcheck source=/dev/null
. /lane/bench_file_cases.sh

slots 1 && install slot0 reference-robust-1.0 || exit 1
write_bench 1

led_is_seen() {
	otarig led watch "bench:$BENCH:slot0" --for 5s --record /tmp/edges.csv >/tmp/seen || return 1
	cat /tmp/seen
	grep -q white /tmp/seen && (($(wc -l </tmp/edges.csv) > 100))
}

led_is_seen_by_sampling() {
	otarig led watch "bench:$(edited '    led:' '    led:\n      sample_hz: 5000'):slot0" \
		--for 8s --record /tmp/samples.csv >/tmp/seen || return 1
	cat /tmp/seen
	wc -l /tmp/samples.csv
	sed -n 300,320p /tmp/samples.csv
	grep -q white /tmp/seen && (($(wc -l </tmp/samples.csv) > 100))
}

edges_that_are_lost_are_told() {
	/tmp/with /lane/otarig led watch "bench:$BENCH:slot0" --for 6s >/tmp/seen &
	local watcher=$!
	sleep 2
	kill -STOP "$watcher" && sleep 1 && kill -CONT "$watcher"
	wait "$watcher" || return 1
	cat /tmp/seen
	grep -q missing /tmp/seen
}

testcase led_is_seen
testcase led_is_seen_by_sampling
testcase edges_that_are_lost_are_told
finish
