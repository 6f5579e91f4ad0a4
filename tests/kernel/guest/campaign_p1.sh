#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 1800
# host-seconds: 2400
# takes: 600
# needs: released time
# compare: p1
#
# Cuts while the P1's released bootloader begins to apply a system part: the old one is whole, or half
# erased. The board's flash is written over DFU before each trial. The USB is joined in DFU mode only: a
# released system with USB joined falls behind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"

slots 1 && install slot0 particle-1.5.0-primed || exit 1

cuts_of_the_released_bootloader() {
	p1_profile && p1_bench >/tmp/bench.yaml && campaign p1
}

testcase cuts_of_the_released_bootloader
finish
