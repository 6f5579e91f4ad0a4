#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 1800
# host-seconds: 1200
# takes: 200
# needs: time
# compare: ymodem
#
# Updates by YMODEM through the kernel's serial port on USB, which a touch of 28800 baud makes listen: a
# delivered and proven one, a cut in the transfer, a cut in the copy.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1

updates_through_the_serial_port() {
	campaign_bench >/tmp/bench.yaml && campaign ymodem
}

testcase updates_through_the_serial_port
finish
