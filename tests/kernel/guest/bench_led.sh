#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 100
#
# The LED of a board on a real bench: by its edges, by sampling, and when edges are lost. libgpiod 1
# keeps 16 of a line.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"
. "$(dirname "$0")/bench_led_cases.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1
write_bench 1

edges_that_are_lost_are_told() {
	stopped 1 && grep -q missing /tmp/seen
}

testcase led_is_seen
testcase led_is_seen_by_sampling
testcase edges_that_are_lost_are_told
finish
