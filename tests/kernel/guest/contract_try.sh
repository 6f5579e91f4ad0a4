#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --seconds 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/contract_cases.sh"
contract_slots || exit 1
export CK_RUN_CASE=linux
t() { contract contract usb; }
c() { contract contract console; }
testcase t
testcase c
cp /tmp/contract.out /lane/keep
finish
