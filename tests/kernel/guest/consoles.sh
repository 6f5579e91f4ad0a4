#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --chardev socket,id=a,path=HERE/uart,server=on,wait=off --chardev socket,id=b,path=HERE/uart --chardev socket,id=c,path=HERE/adapter,server=on,wait=off --chardev socket,id=d,path=HERE/adapter --device pci-serial-4x,chardev1=a,chardev2=b,chardev3=c --device qemu-xhci,id=x --device usb-hub,bus=x.0,port=1,ports=4,port-power=on --device usb-kbd,bus=x.0,port=1.1 --device usb-tablet,bus=x.0,port=1.2 --device usb-serial,bus=x.0,port=1.3,chardev=d,serial=ADAPTER7 --device usb-hub,bus=x.0,port=2,ports=4 --device usb-mouse,bus=x.0,port=2.1
# seconds: 120
# takes: 25
#
# A board's serial line on UARTs: the rig's end is ttyS1 or a USB adapter, the board's USART1 is at the
# other end of the wire, ttyS2 and ttyS3. What the rig's TX does is read in the UART's own register.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"
export LD_LIBRARY_PATH=/lane/lib

slots 1 && install slot0 reference-robust-1.0 || exit 1
until_true 10 test -c /dev/ttyUSB0 || exit 1
adapter=$(basename "$(dirname "$(realpath /sys/class/tty/ttyUSB0/device/..)")")
base=$(sed -n 's/^1: .*port:\([0-9A-F]*\).*/\1/p' /proc/tty/driver/serial)

# What is asked by 'run' lines, in a shell of its own.
mkdir /tmp/is
cat >/tmp/is/low <<-END
	#!/bin/bash
	# TX is held low: bit 6 of the UART's line control register
	(( \$(dd if=/dev/port bs=1 skip=$((0x$base + 3)) count=1 2>/dev/null | od -An -tu1) & 0x40 ))
END
cat >/tmp/is/open <<-END
	#!/bin/bash
	ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q "\$1"
END
cat >/tmp/is/fast <<-END
	#!/bin/bash
	[[ \$(stty -F \$1 speed) == \$2 ]]
END
chmod 755 /tmp/is/*
PATH=$PATH:/tmp/is

# console_bench CONSOLE: what stands in its braces
console_bench() {
	write_bench 1
	echo "    console: {baud: 115200, $1}" >>"$BENCH"
}

# slot: commands for benchslot on stdin
slot() {
	timeout 60 /lane/benchslot "$BENCH" slot0
}

the_rig_hears_the_firmware_and_is_answered() {
	boards uart slot0 /dev/ttyS2
	console_bench 'device: /dev/ttyS1'
	slot <<-END || return 1
		console 115200
		power on
		heard application 1 3
		hold setup
		heard listening 5
		release setup
		say v
		heard version 2
		say i
		heard 30002f000f47343334353136 2
	END
}

# 'rest: closed' leaves TX to the driver: a UART's is high then. 'rest: break' holds it low, from the
# slot's opening on, for as long as it is open.
at_a_cut_the_line_is_closed() {
	slot <<-END || return 1
		run ! open ttyS1
		power on
		console 115200
		run open ttyS1 && ! low
		heard application 1 3
		cut 0.3
		run ! open ttyS1 && ! low
		wait 1
		power on
		silent 0.5
		console 115200
		run fast /dev/ttyS1 115200
		power off
		run ! open ttyS1
		power on
		console 115200
		heard application 1 3
	END
}

at_a_cut_the_line_is_held_low() {
	console_bench 'device: /dev/ttyS1, rest: break'
	slot <<-END || return 1
		run open ttyS1 && low && fast /dev/ttyS1 9600
		power on
		console 115200
		run ! low && fast /dev/ttyS1 115200
		heard application 1 3
		hold setup
		heard listening 5
		release setup
		cut 0.3
		run low
		wait 1
		run low
		power on
		console 115200
		run ! low && fast /dev/ttyS1 115200
		heard application 1 3
		hold setup
		heard listening 5
		release setup
		say i
		heard 30002f000f47343334353136 2
		console 0
		run low
		console 115200
		power off
		run low
	END
	# the kernel's driver ends a break when the line is closed: after the program it is as with closed
	! low && otarig bench check "$BENCH" | tee /tmp/said && grep -qE 'console +/dev/ttyS1 +good' /tmp/said && ! low
}

# The adapter's UART is QEMU's, and tells nobody of a break: that it is asked for does no harm.
an_adapter_is_found_by_its_port_and_by_its_number() {
	local by
	boards uart slot0 /dev/ttyS3
	for by in "port: $adapter" "port: $adapter, rest: break" 'serial: adapter7'; do
		console_bench "$by"
		slot <<-END || return 1
			console 115200
			run open ttyUSB0
			power on
			heard application 1 3
			cut 0.3
			power on
			console 115200
			heard application 1 3
			run fast /dev/ttyUSB0 115200
		END
	done
	otarig bench check "$BENCH" | tee /tmp/said && grep -qE 'console +adapter7 +good' /tmp/said
}

# unlike the board's own USB device an adapter stays: when it leaves, the rig is broken
an_adapter_that_vanishes_is_told() {
	local disable
	console_bench "port: $adapter"
	disable=$(echo /sys/bus/usb/devices/*/"${adapter%.*}-port${adapter##*.}"/disable)
	slot >/tmp/said <<-END
		power on
		console 115200
		heard application 1 3
		run echo 1 >$disable
		wait 1
	END
	local status=$?
	echo 0 >"$disable"
	cat /tmp/said
	((status == 1)) && grep -q "serial line '/dev/ttyUSB0'" /tmp/said && until_true 5 test -c /dev/ttyUSB0
}

a_line_that_is_not_there() {
	console_bench 'device: /dev/ttyS9'
	says 4 "there is no serial line '/dev/ttyS9'" otarig bench check "$BENCH" || return 1
	console_bench 'device: /dev/ttyS9, rest: break'
	says 4 "slot 'slot0': there is no serial line '/dev/ttyS9'" otarig bench calibrate "$BENCH" &&
		(($(wc -l </tmp/said) == 1)) || return 1
	console_bench "port: ${adapter%.*}.4"
	says 4 "there is no serial line at usb port '${adapter%.*}.4'" otarig bench check "$BENCH" || return 1
	console_bench "serial: nobody"
	says 4 "there is no serial line at usb device 'nobody'" otarig bench check "$BENCH" || return 1
	console_bench 'device: /dev/null'
	says 4 "there is no serial line '/dev/null'" otarig bench check "$BENCH"
}

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups /tmp/with /lane/otarig "$@"
}

# Held by a slot of another bench, by a lock and TIOCEXCL; who is neither sees no more of the holder.
a_line_that_another_holds() {
	local holder status=0
	console_bench 'device: /dev/ttyS1'
	cat >/tmp/other.yaml <<-END
		bench: other
		slots:
		  - name: other
		    board: p1
		    led: {red: {chip: rig0, line: 40}}
		    console: {baud: 115200, device: /dev/ttyS1}
	END
	printf 'console 115200\nwait 9\n' >/tmp/commands
	/lane/benchslot /tmp/other.yaml other </tmp/commands &
	holder=$!
	until_true 3 open ttyS1
	says 4 "'/dev/ttyS1' is in use by benchslot (process $holder)" otarig bench check "$BENCH" || status=1
	chmod 666 /dev/ttyS1 "/dev/$(chip_of rig0)"
	chmod 644 "$BENCH"
	says 4 "'/dev/ttyS1' is in use by another program" as_nobody bench check "$BENCH" || status=1
	kill "$holder"
	wait "$holder"
	otarig bench check "$BENCH" || return 1
	return "$status"
}

a_line_without_permission() {
	echo "dialers:x:996:" >>/etc/group
	chown 0:996 /dev/ttyS1 && chmod 660 /dev/ttyS1
	says 4 "no permission for '/dev/ttyS1': it is of group 'dialers', this user is not in it" \
		as_nobody bench check "$BENCH" || return 1
	chmod 600 /dev/ttyS1
	says 4 "no permission for '/dev/ttyS1' (group 'dialers', mode 600)" as_nobody bench check "$BENCH"
}

testcase the_rig_hears_the_firmware_and_is_answered
testcase at_a_cut_the_line_is_closed
testcase at_a_cut_the_line_is_held_low
testcase an_adapter_is_found_by_its_port_and_by_its_number
testcase an_adapter_that_vanishes_is_told
testcase a_line_that_is_not_there
testcase a_line_that_another_holds
testcase a_line_without_permission
finish
