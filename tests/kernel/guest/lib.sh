# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What every guest script shares; it runs in the lab's machine. A script reads this file, sets up
# what it needs, gives each case as a function and ends with 'finish':
#
#	. /lane/lib.sh
#	slots 1
#	install slot0 robust-1.0
#	the_relay_switches_the_board() { gpioset ...; until_true 2 powered slot0; }
#	testcase the_relay_switches_the_board
#	finish
#
# A case runs in this shell; it fails when its function does. A line "ok NAME" or "not ok NAME" each.
set -u

SOCKET=/tmp/boards.sock
JOURNAL=/lane/keep/journal
LINES_A_SLOT=8
SLOTS_A_CHIP=8
line_names=(power reset setup red green blue rail loop)
tests_failed=0

# boards WORD...: a command for the boards, see lab.h
boards() {
	/lane/boards ask "$SOCKET" "$@"
}

# until_true SECONDS COMMAND...: until it succeeds
until_true() {
	local end=$((${EPOCHREALTIME%.*} + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((${EPOCHREALTIME%.*} < end)) || return 1
		sleep 0.1
	done
}

# said PATTERN: the journal has a line like it since the last mark
said() {
	awk -v pattern="$1" '$2 == "mark" { found = 0 } $0 ~ pattern { found = 1 } END { exit !found }' \
		"$JOURNAL"
}

# mark TEXT: what is said from now on
mark() {
	boards mark "$1"
}

# The chips' banks: a chip for each eight slots, its lines named after slot and purpose.
make_chips() {
	local slots=$1 slot chip offset folder
	local top=/sys/kernel/config/gpio-sim/lab
	mkdir "$top" || return 1
	for ((slot = 0; slot < slots; slot++)); do
		chip=rig$((slot / SLOTS_A_CHIP))
		folder=$top/bank$((slot / SLOTS_A_CHIP))
		if ((slot % SLOTS_A_CHIP == 0)); then
			mkdir "$folder" || return 1
			echo $((LINES_A_SLOT * SLOTS_A_CHIP)) >"$folder/num_lines"
			echo "$chip" >"$folder/label"
		fi
		for ((offset = 0; offset < LINES_A_SLOT; offset++)); do
			local line=$folder/line$((slot % SLOTS_A_CHIP * LINES_A_SLOT + offset))
			mkdir "$line" || return 1
			echo "slot$slot-${line_names[offset]}" >"$line/name"
		done
	done
	echo 1 >"$top/live"
}

# Tells the boards where the chips are.
name_chips() {
	local bank class label
	for bank in /sys/kernel/config/gpio-sim/lab/bank*; do
		label=$(cat "$bank/label")
		for class in /sys/class/gpio/gpiochip*; do
			[[ $(cat "$class/label") != "$label" ]] || boards chip "$label" \
				"/sys/devices/platform/$(cat /sys/kernel/config/gpio-sim/lab/dev_name)/$(cat "$bank/chip_name")" \
				"$(cat "$class/base")" || return 1
		done
	done
}

# chip_of LABEL: the chip's name, gpiochip0 mostly
chip_of() {
	gpiodetect | sed -n "s/ \[$1\].*//p"
}

# port_of SLOT: where the kernel counts it; 15 ports a controller
port_of() {
	local controller=$(($1 / 15))
	echo $((controller * 30 + $1 % 15))
}

# The commands that make slot $1.
describe_slot() {
	local slot=$1 offset
	echo "board slot$slot p1 $((slot + 1)) $(port_of "$slot")"
	for ((offset = 0; offset < LINES_A_SLOT; offset++)); do
		echo "wire slot$slot ${line_names[offset]} rig$((slot / SLOTS_A_CHIP))" \
			$((slot % SLOTS_A_CHIP * LINES_A_SLOT + offset))
	done
	echo "cable slot$slot in"
}

# slots COUNT: boards without firmware, wired and with their cables in, and udev
slots() {
	local count=$1 controller
	for controller in 2 3 4 5 6 7; do
		# not there any more: a lane before this one has done it
		[[ ! -d /sys/bus/platform/drivers/vhci_hcd/vhci_hcd.$controller ]] ||
			echo vhci_hcd.$controller >/sys/bus/platform/drivers/vhci_hcd/unbind
	done
	make_chips "$count" || return 1
	/lane/boards serve "$SOCKET" "$JOURNAL" 2>/lane/keep/boards &
	until_true 5 test -S "$SOCKET" || return 1
	name_chips || return 1
	for ((slot = 0; slot < count; slot++)); do
		describe_slot "$slot"
	done | /lane/boards feed "$SOCKET" || return 1
	boards start || return 1
	/usr/lib/systemd/systemd-udevd --daemon >/dev/null 2>&1
	udevadm trigger -s usb
	udevadm settle
}

# install SLOT RELEASE: the release's images of /lane/firmware, into the flash of the board
install() {
	local image
	for image in "/lane/firmware/$2"/0x*; do
		boards load "$1" "$(basename "$image")" "$image" || return 1
	done
}

# testcase FUNCTION
testcase() {
	local begun=${EPOCHREALTIME/./} status
	[[ -S $SOCKET ]] && mark "$1"
	"$1" >/tmp/case.out 2>&1
	status=$?
	if ((status == 0)); then
		echo "ok $1 ($(((${EPOCHREALTIME/./} - begun) / 1000)) ms)"
		grep '^figure ' /tmp/case.out
	else
		echo "not ok $1 (exit code $status)"
		tail -n 30 /tmp/case.out | sed 's/^/  /'
		/lab/busybox dmesg | grep -E 'segfault|BUG|Oops' | tail -n 3 | sed 's/^/  kernel: /'
		[[ ! -f $JOURNAL ]] || awk '$2 == "mark" { n = 0 } { line[n++] = $0 } END { for (i = n > 40 ? n - 40 : 0; i < n; i++) print "  journal: " line[i] }' "$JOURNAL"
		tests_failed=$((tests_failed + 1))
	fi
}

finish() {
	echo "done"
	exit $((tests_failed > 0))
}

# otarig WORD...: the program, unmodified
otarig() {
	(cd /lane/project && OTARIG_CACHE=/lane/cache LD_LIBRARY_PATH=/lane/lib /lane/otarig "$@")
}

# otarig_behind WORD...: the same in the background; its own pid is in 'program'. SIGINT, which a
# shell makes its children ignore there, counts again.
otarig_behind() {
	(
		trap - INT
		cd /lane/project || exit
		OTARIG_CACHE=/lane/cache LD_LIBRARY_PATH=/lane/lib exec env --default-signal=INT,QUIT \
			/lane/otarig "$@"
	) &
	# shellcheck disable=SC2034 # for the caller
	program=$!
}

# bench_file COUNT: a bench of as many slots, to stdout
bench_file() {
	local slot
	echo "bench: lab"
	echo "slots:"
	for ((slot = 0; slot < $1; slot++)); do
		cat <<-END
			  - name: slot$slot
			    board: p1
			    power:
			      switch: relay
			      gpio: {chip: rig$((slot / SLOTS_A_CHIP)), line: slot$slot-power}
			      discharge: 100ms
			      loop_back: {chip: rig$((slot / SLOTS_A_CHIP)), line: slot$slot-loop}
			      rail: {chip: rig$((slot / SLOTS_A_CHIP)), line: slot$slot-rail}
			    reset: {chip: rig$((slot / SLOTS_A_CHIP)), line: slot$slot-reset}
			    setup: {chip: rig$((slot / SLOTS_A_CHIP)), line: slot$slot-setup}
			    led:
			      red: {chip: rig$((slot / SLOTS_A_CHIP)), line: slot$slot-red}
			      green: {chip: rig$((slot / SLOTS_A_CHIP)), line: slot$slot-green}
			      blue: {chip: rig$((slot / SLOTS_A_CHIP)), line: slot$slot-blue}
			    usb: {port: "$(boards path "slot$slot")"}
		END
	done
}
