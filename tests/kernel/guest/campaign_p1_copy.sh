#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 1800
# host-seconds: 2400
# takes: 600
# needs: released time
# compare: p1-copy
#
# Cuts while the P1's released bootloader copies a system part, as in campaign_p1.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"

slots 1 && install slot0 particle-1.5.0-primed || exit 1

cuts_of_the_released_bootloaders_copy() {
	p1_profile && p1_bench >/tmp/bench.yaml && campaign p1-copy
}

testcase cuts_of_the_released_bootloaders_copy
finish
