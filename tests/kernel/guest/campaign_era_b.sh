#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 1800
# host-seconds: 1800
# takes: 300
# needs: time
# compare: era-b
#
# Cuts from the first bytes of an update to its start, on firmware that a cut in the copy kills: it is
# brought back over DFU by libusb.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"

slots 1 && install slot0 reference-era-b-1.0 || exit 1

cuts_of_firmware_that_dies() {
	campaign_bench >/tmp/bench.yaml && campaign era-b
}

testcase cuts_of_firmware_that_dies
finish
