#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 300
#
# The program, built with the libgpiod of this machine.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_cases.sh"
