#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 1800
# host-seconds: 2400
# takes: 200
# needs: time
#
# The USB cable comes off while an update goes by YMODEM through the board's serial port on it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"
. "$(dirname "$0")/unplug_cases.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1

CALIBRATED=('power on' 'dfu leave' 'power off' 'power on' 'power off')
cut='after: taken, plus: 2000ms'
port='rig-fault,"[^"]*usb port [0-9-]+: '
begun="$WRITTEN;power on"
block='sent 133 bytes'

# before its port is there, told to listen, in a block, at the end, asked after the cut what it runs; a
# receiver has patience: with the cable in again after a second the transfer goes on, unless it was the
# answer to a block that was lost, which this protocol cannot mend (docs/delivery.md): then it is void
trial "$cut" "$port" "$begun"
trial "$cut" "$port" "$begun;usb baud 28800"
trial "$cut" "$port" "$begun;$block;$block;$block"
trial "$cut" '(updated,|not-delivered,"the update was over before the cut")' "$begun;$block;$block;$block" 1
trial "$cut" "$port" "$begun;$block;$block;sent 1 bytes"
trial "$cut" "$port" "$begun;$block;power off;power on;usb baud 28800"

in_every_phase_of_a_delivery_through_the_serial_port() {
	pull_in_each ymodem
}

testcase in_every_phase_of_a_delivery_through_the_serial_port
finish
