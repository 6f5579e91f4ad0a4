#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 200
# takes: 10
#
# Stock dfu-util and the reference bootloader: what it lists, writes and reads is what is in flash.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dfu_cases.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1
# shellcheck disable=SC2034 # of the cases
application=/lane/firmware/reference-robust-1.1/0x080a0000
came_back() {
	lsusb -d 2b04:c008
}
testcase held_setup_brings_dfu
testcase dfu_util_lists_the_memories
testcase what_is_downloaded_is_in_flash
testcase what_is_uploaded_is_what_was_downloaded
testcase a_region_that_is_protected_is_refused
testcase leave_starts_the_system
finish
