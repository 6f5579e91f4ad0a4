#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 300
# takes: 45
#
# The bench's own USB port and serial line (rig/bench/linux), by tests/kernel/programs/usbport.c, on
# a board that runs the reference firmware.
. "$(dirname "$0")/lib.sh"
export LD_LIBRARY_PATH=/lane/lib
ask='/lane/boards ask /tmp/boards.sock'

slots 1 && install slot0 reference-robust-1.0 || exit 1
port=$(boards path slot0)
gpioset -m signal rig0 0=1 &
power_pid=$!

# port: commands on stdin, on a board whose cable is in
port() {
	boards cable slot0 in
	timeout 60 /lane/usbport "$port"
}

# the same as somebody who may use USB devices and nothing else
port_as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups timeout 60 /lane/usbport "$port"
}

gone() {
	[[ ! -d /sys/bus/usb/devices/$port ]]
}

it_comes_when_joined_and_leaves_when_pulled_out() {
	port <<-END || return 1
		wait 1
		listed yes
		join
		came c008 5
		part
		left 0
		join
		came c008 1
		run $ask cable slot0 out
		left 3
		listed no
		run $ask cable slot0 in
		came c008 5
	END
}

the_touch_of_28800_brings_listening_and_the_console_answers() {
	port <<-END || return 1
		join
		came c008 5
		baud 28800
		wait 0.5
		say v
		heard version 2
		say i
		heard 30002f000f47343334353136 2
		baud 9600
		say v
		heard version 2
		baud 28800
		baud 0
	END
	# both times: the second is no change for the kernel
	[[ $(awk '$2 == "mark" { n = 0 } / usb baud 28800/ { n++ } END { print n }' "$JOURNAL") == 2 ]]
}

control_transfers_and_what_becomes_of_them() {
	port <<-END || return 1
		join
		came c008 5
		ask 0x80 6 0x100 0 18 1000 done
		ask 0x80 6 0x200 0 255 1000 done
		ask 0xc0 0x77 0 0 64 1000 stall
		ask 0x80 8 0 0 1 1000 done
		ask 0xa1 0x21 0 0 7 1000 done
		ask 0x01 11 0 0 0 1000 done
		ask 0x00 9 1 0 0 1000 done
		ask 0x80 6 0x100 0 18 1000 done
		ask 0x01 11 9 0 0 1000 stall
		ask 0x21 0x20 0 9 0 1000 stall
		part
		ask 0x80 6 0x100 0 18 1000 gone
	END
}

# the driver that was taken off for a request is back, and the line is there again
the_drivers_are_given_back() {
	port <<-END || return 1
		join
		came c008 5
		ask 0xa1 0x21 0 0 7 1000 done
		baud 9600 gone
		part
		wait 1
		join
		baud 9600
		say v
		line open 1
	END
}

# A board that erases flash answers nothing meanwhile. Without care the kernel would wait 30 s for the
# bytes that were not taken, and 5 s for an answer to the news that DTR goes.
closing_ends_although_the_board_takes_nothing() {
	local as
	for as in port port_as_nobody; do
		until_true 5 test -c /dev/ttyACM0 || return 1
		chmod 0666 /dev/bus/usb/*/* /dev/ttyACM*
		$as <<-END || return 1
			join
			came c008 5
			baud 28800
			wait 0.5
			say f
			heard Waiting 2
			wait 0.1
			header 200000
			wait 0.1
			say xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 50
			baud 0
			took 300
		END
		port <<-END || return 1
			join
			came c008 5
			wait 3
			baud 115200
			baud 0
		END
		gpioset -m time -u 100000 -D open-drain rig0 1=0
		until_true 3 gone || return 1
	done
}

the_line_is_found_under_another_number() {
	# somebody holds the number of before
	port <<-END || return 1
		join
		came c008 5
		baud 115200
		path ttyACM
		run exec 9<>/dev/ttyACM0; sleep 4
		wait 0.5
		run $ask cable slot0 out
		left 3
		line shut 2
		run $ask cable slot0 in
		came c008 5
		line open 3
		path ttyACM1
		baud 28800
		wait 0.5
		say v
		heard version 2
		baud 0
	END
	sleep 4
}

pulled_out_in_a_control_transfer() {
	port <<-END || return 1
		join
		came c008 5
		run sleep 0.3; $ask cable slot0 out
		storm 3 0x80 6 0x200 0 255 9000 gone
		left 3
		ask 0x80 6 0x100 0 18 1000 gone
		run $ask cable slot0 in
		came c008 5
		ask 0x80 6 0x100 0 18 1000 done
	END
}

# A request that the kernel makes itself, with the device's lock held: a host controller gives it back
# at once when nobody answers.
pulled_out_in_a_request_of_the_kernels_own() {
	port <<-END || return 1
		join
		came c008 5
		run sleep 0.3; $ask cable slot0 out
		storm 3 0x01 11 0 0 0 1000 gone
		took 1000
		left 1
		run $ask cable slot0 in
		came c008 5
	END
}

power_lost_in_a_request_of_the_kernels_own() {
	port <<-END || return 1
		join
		came c008 5
		run sleep 0.3; $ask stick slot0 power low
		storm 3 0x01 11 0 0 0 1000 gone
		took 1000
		left 1
		run $ask stick slot0 power free
		came c008 8
	END
}

pulled_out_in_sending() {
	port <<-END || return 1
		join
		came c008 5
		baud 115200
		run sleep 0.4; $ask cable slot0 out
		say xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 1500
		line shut 2
		baud 9600 gone
		run $ask cable slot0 in
		came c008 5
		line open 3
		baud 0
	END
}

port_power_by_the_kernels_file() {
	boards supply slot0 port
	port <<-END || return 1
		hub $port switching each
		join
		came c008 8
		hub $port off
		hub $port get off
		left 3
		wait 1
		listed no
		hub $port on
		hub $port get on
		came c008 8
	END
	until_true 2 said 'port dark' && until_true 2 said 'port lit'
}

# who may not write the file, but may ask the hub
port_power_by_request() {
	chmod 0666 /dev/bus/usb/*/*
	port_as_nobody <<-END || return 1
		join
		came c008 8
		hub $port off
		hub $port get off
		wait 1
		hub $port get off
		hub $port on
		hub $port get on
		wait 1
	END
	until_true 2 said 'port dark' && until_true 2 said 'port lit'
}

the_touch_of_14400_brings_dfu() {
	boards supply slot0 relay
	port <<-END || return 1
		join
		came c008 8
		baud 14400
		came d008 5
		line shut 2
		baud 9600 gone
	END
	until_true 2 said 'usb baud 14400'
}

dfu_through_the_bench() {
	head -c 70001 /dev/urandom >/tmp/sent
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

pulled_out_in_a_download() {
	port <<-END || return 1
		join
		came d008 5
		run sleep 0.7; $ask cable slot0 out
		write 0x080a0000 /tmp/sent gone
		left 3
		run $ask cable slot0 in
		came d008 5
		write 0x080a0000 /tmp/sent good
	END
}

cut_in_a_download() {
	port <<-END || return 1
		join
		came d008 5
		cut 0.5
		write 0x080a0000 /tmp/sent cut
		release
		write 0x080a0000 /tmp/sent good
	END
}

leaving_starts_the_system() {
	cp /lane/firmware/reference-robust-1.0/0x080a0000 /tmp/application
	port <<-END || return 1
		join
		came d008 5
		write 0x080a0000 /tmp/application good
		boot 0x080a0000 good
		left 5
		came c008 10
		baud 9600
		wait 1
		came c008 0
	END
	! said 'usb baud 14400' # what was said before was not said again
}

power_that_goes_is_told_at_once() {
	port <<-END || return 1
		join
		came c008 5
		run kill $power_pid
		power off
		left 0
		wait 1
		listed no
		run exec gpioset -m signal rig0 0=1
		power on
		came c008 8
	END
}

nobody_is_told_which_group() {
	port <<<"wait 0"
	until_true 5 test -d "/sys/bus/usb/devices/$port:1.0"
	chmod 0660 /dev/bus/usb/*/*
	printf 'join\nwait 5\n' | port_as_nobody >/tmp/nobody
	cat /tmp/nobody
	grep -q "group '\(root\|0\)'" /tmp/nobody && grep -q 'udev rule\|not in it' /tmp/nobody
}

nobody_is_told_the_group_of_the_line() {
	port <<<"wait 0"
	until_true 5 test -c /dev/ttyACM0 && chmod 0660 /dev/ttyACM0 || return 1
	sleep 5 # one that has just come may get its group yet
	printf 'baud 9600\n' | port_as_nobody >/tmp/nobody
	cat /tmp/nobody
	grep -q "^failed: baud .*'/dev/ttyACM0'.* group '" /tmp/nobody
}

a_line_that_another_holds() {
	printf 'baud 9600\nwait 3\n' | /lane/usbport "$port" >/tmp/first &
	until_true 3 grep -q ms /tmp/first || return 1
	printf 'baud 9600\n' | /lane/usbport "$port" >/tmp/second
	cat /tmp/second
	wait $! && grep -q "^failed: baud '/dev/ttyACM0' is in use by usbport" /tmp/second
}

testcase it_comes_when_joined_and_leaves_when_pulled_out
testcase the_touch_of_28800_brings_listening_and_the_console_answers
testcase control_transfers_and_what_becomes_of_them
testcase the_drivers_are_given_back
testcase closing_ends_although_the_board_takes_nothing
testcase the_line_is_found_under_another_number
testcase pulled_out_in_a_control_transfer
testcase pulled_out_in_a_request_of_the_kernels_own
testcase power_lost_in_a_request_of_the_kernels_own
testcase pulled_out_in_sending
testcase port_power_by_the_kernels_file
testcase port_power_by_request
testcase the_touch_of_14400_brings_dfu
testcase dfu_through_the_bench
testcase pulled_out_in_a_download
testcase cut_in_a_download
testcase leaving_starts_the_system
testcase power_that_goes_is_told_at_once
testcase nobody_is_told_which_group
testcase nobody_is_told_the_group_of_the_line
testcase a_line_that_another_holds
finish
