# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The suites of the slot's contract (tests/contract) over slots of rig/bench/linux, by
# tests/kernel/programs/contract.c: bench files of two slots with everything wired, and the wrappers.

CONTRACT=/tmp/contract
SPARE=56 # lines of no slot, while there are few

# contract_bench plain|fault|record|replay [ADAPTER...]: to stdout; paths of the slots' serial adapters, where the
# serial line is not the board's own on the USB
contract_bench() {
	local wrapper=$1
	shift
	bench_file 2 | awk -v wrapper="$wrapper" -v spare="$SPARE" -v adapters="$*" '
		BEGIN { split(adapters, adapter, " ") }
		/- name: slot/ { slot = $3 }
		/discharge:/ { print "      settle: 20ms" }
		!/usb: / { print; next }
		{
			port = $0
			sub(/.*port: /, "", port)
			sub(/}.*/, "", port)
			printf "    usb: {port: %s, vbus: {chip: rig0, line: %d}}\n", port, spare++
			printf "    vbat: {chip: rig0, line: %d}\n", spare++
			if (adapters)
				port = "\"" adapter[++n] "\""
			printf "    console: {baud: 115200, port: %s}\n", port
			if (wrapper ~ /fault/)
				print "    wrap: [{name: fault, seed: 1}]"
			else if (wrapper != "plain")
				printf "    wrap: [{name: %s, file: %s.txt}]\n", wrapper, slot
		}'
}

# contract_slots: the boards, and what the program wants to find of them
contract_slots() {
	local slot wrapper adapters=()
	rm -rf $CONTRACT $CONTRACT-pads
	slots 2 && mkdir $CONTRACT $CONTRACT-pads || return 1
	for slot in 0 1; do
		boards wire slot$slot vbus rig0 $((SPARE + 2 * slot)) &&
			boards wire slot$slot vbat rig0 $((SPARE + 2 * slot + 1)) &&
			boards keep slot$slot 0 || return 1
	done
	for slot in 0 1; do
		adapters+=("$(boards adapter slot$slot $((2 + slot)))") || return 1
		until_true 5 compgen -G "/sys/bus/usb/devices/${adapters[slot]}:*/tty/tty*" || return 1
	done
	for wrapper in plain fault record replay; do
		contract_bench $wrapper >$CONTRACT/$wrapper.yaml
		contract_bench $wrapper "${adapters[@]}" >$CONTRACT-pads/$wrapper.yaml
	done
}

# contract PROGRAM SUITE WRAPPER...: which cases were asked is a figure
contract() {
	local program=$1 suite=$2 folder=$CONTRACT status
	shift 2
	[[ $suite != *-pads ]] || folder+=-pads
	LD_LIBRARY_PATH=/lane/lib "/lane/$program" "$suite" "$folder" "$SOCKET" \
		/lane/firmware/reference-robust-1.0 "$@" >/tmp/contract.out
	status=$?
	sed 's/^contract: /figure &/' /tmp/contract.out
	return $status
}
