#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 300
# needs: gpiod2
#
# The program, built with libgpiod 2.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_cases.sh"
