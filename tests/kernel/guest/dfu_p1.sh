#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 200
# takes: 20
# needs: released
#
# The same with the P1's released bootloader 1.5.0.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/dfu_cases.sh"

slots 1 && install slot0 particle-1.5.0-primed || exit 1
# shellcheck disable=SC2034 # of the cases
application=/lane/firmware/particle-1.5.0/0x080a0000
# The released system busies the processor more than the emulator can follow here, so it is not waited
# for until the kernel knows it.
came_back() {
	said 'usb plugged'
}
testcase held_setup_brings_dfu
testcase dfu_util_lists_the_memories
testcase what_is_downloaded_is_in_flash
testcase what_is_uploaded_is_what_was_downloaded
testcase a_region_that_is_protected_is_refused
testcase leave_starts_the_system
finish
