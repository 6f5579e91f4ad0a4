#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 300
# host-seconds: 1500
# takes: 60
# needs: time
#
# What cuts nothing runs on a slot whose power comes from a ganged hub: a control, through GPIO, LED
# edges, USB and the hub's ports.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1
. "$(dirname "$0")/hubs_cases.sh"

a_control_on_a_ganged_hub() {
	our_hub ganged 2 high 2 && until_true 5 there "$hub".2 || return 1
	hub_bench "$hub".1
	echo "    usb: {port: \"$(boards path slot0)\"}" >>"$BENCH"
	otarig run --bench "$BENCH" --results /lane/keep/lab.db /lane/project/scenarios/lab/hub.yaml >/tmp/run 2>&1
	local status=$?
	cat /tmp/run
	[[ $status == 1 || $status == 3 ]] || return 1 # a gate of one control says nothing
	otarig report --format csv /lane/keep/lab.db | tee /lane/keep/trials.csv
	grep -q ',yes,.*,updated,' /lane/keep/trials.csv && hub_said 'vbus 2 off'
}

testcase a_control_on_a_ganged_hub
no_hub
finish
