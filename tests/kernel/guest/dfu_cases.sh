# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154
#
# What is asked of any P1 bootloader in DFU mode; 'application' names an image for 0x080a0000, and
# 'came_back' is true when the system has started.

DFU=2b04:d008

held_setup_brings_dfu() {
	gpioset -m signal -D open-drain rig0 2=0 &
	local setup=$!
	until_true 2 said 'line setup low' || return 1
	gpioset -m signal rig0 0=1 &
	power_pid=$!
	sleep 4
	kill $setup && wait $setup
	until_true 5 lsusb -d $DFU
}

dfu_util_lists_the_memories() {
	dfu-util -l >/tmp/list || return 1
	cat /tmp/list
	grep -q 'alt=0, name="@Internal Flash   /0x08000000/03\*016Ka,01\*016Kg,01\*064Kg,07\*128Kg"' /tmp/list &&
		grep -q 'alt=1, name="@DCT Flash' /tmp/list
}

download() { # ADDRESS FILE
	dfu-util -d $DFU -a 0 -s "$1" -D "$2" >/tmp/dfu 2>&1
	local status=$?
	tail -n 3 /tmp/dfu | tr '\r' '\n' | tail -n 3
	return $status
}

what_is_downloaded_is_in_flash() {
	head -c 70001 /dev/urandom >/tmp/sent
	download 0x080a0000 /tmp/sent || return 1
	boards dump slot0 0x080a0000 70001 /tmp/held && cmp /tmp/sent /tmp/held
}

what_is_uploaded_is_what_was_downloaded() {
	dfu-util -d $DFU -a 0 -s 0x080a0000:20000 -U /tmp/got >/dev/null 2>&1 || return 1
	head -c 20000 /tmp/sent | cmp - /tmp/got
}

a_region_that_is_protected_is_refused() {
	boards dump slot0 0x08000000 16384 /tmp/before || return 1
	! download 0x08000000 /tmp/sent || return 1
	boards dump slot0 0x08000000 16384 /tmp/after && cmp /tmp/before /tmp/after
}

leave_starts_the_system() {
	cp "$application" /tmp/application
	download 0x080a0000:leave /tmp/application || return 1
	boards dump slot0 0x080a0000 "$(stat -c %s /tmp/application)" /tmp/held &&
		cmp /tmp/application /tmp/held || return 1
	until_true 3 said 'usb no pull-up' && until_true 10 came_back || return 1
	kill "$power_pid" && wait "$power_pid"
	until_true 2 said 'power off'
}
