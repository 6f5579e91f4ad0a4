#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# needs: gpiod2
# vm: --icount 0 --seconds 140
#
# The same with libgpiod 2, for which the kernel keeps 1024 edges of a line and numbers them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"
. "$(dirname "$0")/bench_led_cases.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1
write_bench 1

a_second_is_no_loss() {
	stopped 1 && ! grep -q missing: /tmp/seen && grep -q ' 0 edges missing' /tmp/seen
}

edges_that_are_lost_are_told() {
	stopped 9 && grep -q 'edges are missing' /tmp/seen
}

testcase led_is_seen
testcase led_is_seen_by_sampling
testcase a_second_is_no_loss
testcase edges_that_are_lost_are_told
finish
