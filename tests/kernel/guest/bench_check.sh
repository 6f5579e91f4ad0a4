#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 120
#
# A real bench, the program unmodified: whether it is as its file says, and what is said when it is
# not.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"
. "$(dirname "$0")/bench_check_cases.sh"

slots 2 && install slot0 reference-robust-1.0 || exit 1
write_bench 2

check_all
finish
