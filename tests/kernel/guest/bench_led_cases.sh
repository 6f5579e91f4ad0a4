# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The LED of a board on a real bench, of either generation of libgpiod.

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
