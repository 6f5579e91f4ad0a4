#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# needs: gpiod2
# vm: --icount 0 --seconds 120
#
# The same with libgpiod 2.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"
. "$(dirname "$0")/bench_check_cases.sh"

slots 2 && install slot0 reference-robust-1.0 || exit 1
write_bench 2

check_all
finish
