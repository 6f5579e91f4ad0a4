#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 2000
. "$(dirname "$0")/lib.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1
bench_file 1 >/tmp/bench.yaml


robust() {
	otarig run --bench /tmp/bench.yaml --results /tmp/robust.db /lane/project/scenarios/lab/robust.yaml >/tmp/out 2>&1
	local status=$?
	cat /tmp/out
	otarig report --format csv /tmp/robust.db
	boards state slot0
	return 1
}
testcase robust
finish
