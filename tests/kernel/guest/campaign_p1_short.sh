#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 900
# host-seconds: 900
# takes: 100
# needs: released
# compare: p1-short
#
# A campaign on the P1's released bootloader, short: a control and a cut while it copies a system part.
# campaign_p1 and campaign_p1_copy are longer ones.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"

slots 1 && install slot0 particle-1.5.0-primed || exit 1

cuts_of_the_released_bootloader() {
	p1_profile && p1_bench >/tmp/bench.yaml && campaign p1-short
}

testcase cuts_of_the_released_bootloader
finish
