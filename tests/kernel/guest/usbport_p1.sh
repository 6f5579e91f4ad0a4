#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 300
# takes: 20
# needs: released
#
# The bench's own USB port on the P1's released bootloader 1.5.0, in DFU mode.
. "$(dirname "$0")/lib.sh"
export LD_LIBRARY_PATH=/lane/lib
ask='/lane/boards ask /tmp/boards.sock'

slots 1 && install slot0 particle-1.5.0-primed || exit 1
port=$(boards path slot0)
head -c 70001 /dev/urandom >/tmp/sent

# port: commands on stdin, on a board whose cable is in
port() {
	boards cable slot0 in
	timeout 60 /lane/usbport "$port"
}

held_setup_brings_dfu() {
	gpioset -m signal -D open-drain rig0 2=0 &
	local setup=$!
	until_true 2 said 'line setup low' || return 1
	gpioset -m signal rig0 0=1 &
	sleep 4
	kill "$setup" && wait "$setup"
	port <<-END
		join
		came d008 5
	END
}

what_is_written_is_read_and_in_flash() {
	port <<-END || return 1
		join
		came d008 5
		write 0x080a0000 /tmp/sent good
		read 0x080a0000 70001 /tmp/got good
		write 0x08000000 /tmp/sent refused
	END
	cmp /tmp/sent /tmp/got || return 1
	boards dump slot0 0x080a0000 70001 /tmp/held && cmp /tmp/sent /tmp/held
}

# in each phase: erase, set address, download, status
pulled_out_at_any_moment_of_a_download() {
	local after
	for after in 0.002 0.05 0.3 0.9 1.2; do
		port <<-END || return 1
			join
			came d008 5
			run sleep $after; $ask cable slot0 out
			write 0x080a0000 /tmp/sent gone
			left 3
			run $ask cable slot0 in
			came d008 8
		END
	done
}

cut_at_any_moment_of_a_download() {
	local after
	for after in 0.002 0.05 0.3 0.9 1.2; do
		port <<-END || return 1
			join
			came d008 5
			cut $after
			write 0x080a0000 /tmp/sent cut
			release
			write 0x080a0000 /tmp/sent good
		END
	done
}

leaving_starts_the_system() {
	cp /lane/firmware/particle-1.5.0/0x080a0000 /tmp/application
	port <<-END || return 1
		join
		came d008 5
		write 0x080a0000 /tmp/application good
		boot 0x080a0000 good
		left 5
	END
	until_true 10 said 'usb pull-up' || return 1
	boards dump slot0 0x080a0000 "$(stat -c %s /tmp/application)" /tmp/held &&
		cmp /tmp/application /tmp/held
}

testcase held_setup_brings_dfu
testcase what_is_written_is_read_and_in_flash
testcase pulled_out_at_any_moment_of_a_download
testcase cut_at_any_moment_of_a_download
testcase leaving_starts_the_system
finish
