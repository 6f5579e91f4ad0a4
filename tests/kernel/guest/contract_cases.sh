# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The suites of the slot's contract (tests/contract) over slots of rig/bench/linux, by
# tests/kernel/programs/contract.c: bench files of two slots with everything wired, and the wrappers.

CONTRACT=/tmp/contract
SPARE=56 # lines of no slot, while there are few

# contract_bench [WRAPPER]: to stdout
contract_bench() {
	bench_file 2 | awk -v wrapper="${1:-}" -v spare="$SPARE" '
		/- name: slot/ { slot = $3 }
		/discharge:/ { print "      settle: 20ms" }
		!/usb: / { print; next }
		{
			port = $0
			sub(/.*port: /, "", port)
			sub(/}.*/, "", port)
			printf "    usb: {port: %s, vbus: {chip: rig0, line: %d}}\n", port, spare++
			printf "    vbat: {chip: rig0, line: %d}\n", spare++
			printf "    console: {baud: 115200, port: %s}\n", port
			if (wrapper ~ /fault/)
				print "    wrap: [{name: fault, seed: 1}]"
			else if (wrapper)
				printf "    wrap: [{name: %s, file: %s.txt}]\n", wrapper, slot
		}'
}

# contract_slots: the boards, and what the program wants to find of them
contract_slots() {
	local slot wrapper
	slots 2 && mkdir $CONTRACT || return 1
	for slot in 0 1; do
		boards wire slot$slot vbus rig0 $((SPARE + 2 * slot)) &&
			boards wire slot$slot vbat rig0 $((SPARE + 2 * slot + 1)) &&
			boards keep slot$slot 0 || return 1
	done
	contract_bench >$CONTRACT/plain.yaml
	for wrapper in fault record replay; do
		contract_bench $wrapper >$CONTRACT/$wrapper.yaml
	done
}

# contract PROGRAM SUITE WRAPPER...: which cases were asked is a figure
contract() {
	local program=$1 suite=$2 status
	shift 2
	LD_LIBRARY_PATH=/lane/lib "/lane/$program" "$suite" $CONTRACT "$SOCKET" \
		/lane/firmware/reference-robust-1.0 "$@" >/tmp/contract.out
	status=$?
	sed 's/^contract: /figure &/' /tmp/contract.out
	return $status
}
