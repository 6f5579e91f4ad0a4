#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 600 --host-seconds 900
# needs: time
#
# A whole campaign with real backends: calibration, a control and cut trials of the reference
# firmware's update over DFU, through GPIO, LED edges and USB. Too few trials for a policy, so the
# gate says void; no trial may be bad, and none may fail for the rig's sake.
. "$(dirname "$0")/lib.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1
bench_file 1 >/tmp/bench.yaml

robust_firmware_survives_real_cuts() {
	otarig run --bench /tmp/bench.yaml --results /tmp/lab.db scenarios/lab/robust.yaml >/tmp/run 2>&1
	local status=$?
	cat /tmp/run
	[[ $status == 3 ]] || return 1
	otarig report --format csv /tmp/lab.db >/tmp/trials || return 1
	cat /tmp/trials
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ n++; outcome[$(at["outcome"])]++ }
		END { printf "figure trials %d updated %d reverted %d\n", n, outcome["updated"], outcome["reverted"]
		exit !(n == 4 && outcome["updated"] + outcome["reverted"] == n) }' /tmp/trials || return 1
	[[ $(gpioget rig0 6) == 0 ]]
}

testcase robust_firmware_survives_real_cuts
finish
