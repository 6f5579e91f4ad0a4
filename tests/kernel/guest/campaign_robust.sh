#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 1800
# host-seconds: 1800
# takes: 400
# needs: time
# compare: robust
#
# The same cuts on firmware that survives all of them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1

cuts_of_firmware_as_it_should_be() {
	campaign_bench >/tmp/bench.yaml && campaign robust
}

testcase cuts_of_firmware_as_it_should_be
finish
