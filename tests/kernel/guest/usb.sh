#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 200
# takes: 20
#
# A board that runs the reference firmware is a USB device and a serial port for the stock kernel
# and tools: seen, spoken with, unplugged, switched off, and brought to other modes.
. "$(dirname "$0")/lib.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1
port=$(boards path slot0)
tty_of_slot0() {
	# shellcheck disable=SC2012 # names without surprises
	ls "/sys/bus/usb/devices/$port:1.0/tty" 2>/dev/null | head -n 1
}
there() { # VENDOR:PRODUCT
	lsusb -d "$1" >/dev/null
}
gone() {
	[[ ! -d /sys/bus/usb/devices/$port ]]
}
has_tty() {
	tty=$(tty_of_slot0) && [[ -n $tty && -c /dev/$tty ]]
}
power() { # 1: on, until power 0
	if (($1)); then
		gpioset -m signal rig0 0=1 &
		power_pid=$!
	else
		kill "$power_pid" && wait "$power_pid"
		true
	fi
}
# answer CHARACTER: what the console answers, in $said
answer() {
	stty -F "/dev/$tty" 115200 raw -echo
	timeout 1 cat "/dev/$tty" >/tmp/said &
	local reader=$!
	sleep 0.1
	printf '%s' "$1" >"/dev/$tty"
	wait "$reader"
	said=$(tr -d '\r' </tmp/said)
}

it_comes_as_the_device_it_is() {
	power 1
	until_true 3 there 2b04:c008 || return 1
	lsusb -v -d 2b04:c008 >/tmp/lsusb 2>&1
	grep -q 'iProduct .*P1' /tmp/lsusb && grep -q 'CDC ACM' /tmp/lsusb || return 1
	[[ $(cat "/sys/bus/usb/devices/$port/serial") == 30002f000f47343334353136 ]]
}

it_has_a_serial_port() {
	until_true 3 has_tty || return 1
	until_true 3 test -c /dev/serial/by-id/usb-Particle_P1_30002f000f47343334353136-if00
}

the_touch_of_28800_brings_listening_and_the_console_answers() {
	sleep 1 # until it shows its state; before, nobody could see that it listens
	/lane/boards touch "/dev/$tty" 28800
	until_true 2 said 'usb baud 28800' || return 1
	sleep 0.5
	answer v
	echo "v: $said"
	[[ $said == *system*firmware*version* || $said == *1.0* ]] || return 1
	answer i
	echo "i: $said"
	[[ $said == *30002f000f47343334353136* ]]
}

unplugged_while_somebody_reads_it_hangs_up_and_comes_back() {
	cat "/dev/$tty" >/dev/null &
	local reader=$!
	sleep 0.1
	boards cable slot0 out
	until_true 3 gone || return 1
	wait "$reader" # ends: the device is gone
	boards cable slot0 in
	until_true 5 has_tty && until_true 3 there 2b04:c008
}

the_relay_takes_it_off_the_bus() {
	power 0
	until_true 2 gone || return 1
	said 'power off' || return 1
	power 1
	until_true 5 has_tty
}

reset_makes_it_leave_and_come_again() {
	gpioset -m time -u 100000 -D open-drain rig0 1=0
	said 'usb no pull-up' || return 1
	until_true 3 said 'usb plugged' && until_true 3 has_tty
}

the_touch_of_14400_brings_dfu() {
	/lane/boards touch "/dev/$tty" 14400
	until_true 2 said 'usb baud 14400' || return 1
	until_true 3 there 2b04:d008 || return 1
	dfu-util -l | grep -q 'Found DFU: \[2b04:d008\].*@Internal Flash' || return 1
	power 0
	until_true 2 gone
}

# port_disabled 0|1: the kernel's file for the port's power
port_disabled() {
	local hub=${port%%-*}
	echo "$1" >"/sys/bus/usb/devices/$hub-0:1.0/usb$hub-port${port##*-}/disable"
}

port_power_feeds_a_board_without_relay() {
	boards supply slot0 port
	until_true 3 said 'power on' && until_true 5 has_tty || return 1
	port_disabled 1
	until_true 2 said 'port dark' && until_true 2 said 'power off' && until_true 2 gone || return 1
	mark lit
	port_disabled 0
	until_true 2 said 'port lit' && until_true 2 said 'power on' && until_true 5 has_tty
}

uhubctl_switches_the_port() {
	local hub=${port%%-*} number=${port##*-}
	uhubctl -f -l "$hub" -p "$number" -a off || return 1
	until_true 3 said 'port dark' && until_true 2 said 'power off' || return 1
	mark lit
	uhubctl -f -l "$hub" -p "$number" -a on || return 1
	until_true 3 said 'port lit' && until_true 5 has_tty
}

testcase it_comes_as_the_device_it_is
testcase it_has_a_serial_port
testcase the_touch_of_28800_brings_listening_and_the_console_answers
testcase unplugged_while_somebody_reads_it_hangs_up_and_comes_back
testcase the_relay_takes_it_off_the_bus
testcase reset_makes_it_leave_and_come_again
testcase the_touch_of_14400_brings_dfu
testcase port_power_feeds_a_board_without_relay
testcase uhubctl_switches_the_port
finish
