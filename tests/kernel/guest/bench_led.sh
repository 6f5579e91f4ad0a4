#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# gpiod: 1 2
# seconds: 100
# takes: 30
#
# The LED of a board on a real bench: by its edges, by sampling, and when edges are lost. The kernel
# keeps 16 of a line for libgpiod 1, and 1024, which it numbers, for libgpiod 2.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"

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

# stopped SECONDS: watches a board's LED, and stands still for so long meanwhile
stopped() {
	/tmp/with /lane/otarig led watch "bench:$BENCH:slot0" --for "$(($1 + 5))s" >/tmp/seen &
	local watcher=$!
	sleep 2
	kill -STOP "$watcher" && sleep "$1" && kill -CONT "$watcher"
	wait "$watcher" || return 1
	cat /tmp/seen
}

lost_s=$((GPIOD == 2 ? 9 : 1))

edges_that_are_lost_are_told() {
	stopped "$lost_s" && grep -qE '[1-9][0-9]* edges missing|edges are missing' /tmp/seen
}

a_second_is_no_loss() {
	stopped 1 && ! grep -q missing: /tmp/seen && grep -q ' 0 edges missing' /tmp/seen
}

testcase led_is_seen
testcase led_is_seen_by_sampling
((GPIOD == 1)) || testcase a_second_is_no_loss
testcase edges_that_are_lost_are_told
finish
