#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 600
# host-seconds: 900
# takes: 70
# compare: short
#
# A short campaign with real backends through GPIO, LED edges and USB: calibration, a control and cuts
# of the reference firmware's update over DFU. The same trials on a virtual board come to the same.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"

slots 1 && install slot0 reference-era-b-1.0 || exit 1

cuts_of_the_reference_firmware() {
	campaign_bench >/tmp/bench.yaml && campaign short
}

testcase cuts_of_the_reference_firmware
finish
