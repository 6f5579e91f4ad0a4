#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0 --chardev socket,id=a,path=HERE/uart,server=on,wait=off --chardev socket,id=b,path=HERE/uart --chardev socket,id=c,path=HERE/adapter,server=on,wait=off --chardev socket,id=d,path=HERE/adapter --device pci-serial-4x,chardev1=a,chardev2=b,chardev3=c --device qemu-xhci,id=x --device usb-hub,bus=x.0,port=1,ports=4,port-power=on --device usb-kbd,bus=x.0,port=1.1 --device usb-tablet,bus=x.0,port=1.2 --device usb-serial,bus=x.0,port=1.3,chardev=d,serial=ADAPTER7 --device usb-hub,bus=x.0,port=2,ports=4 --device usb-mouse,bus=x.0,port=2.1
# seconds: 120
# takes: 45
#
# Hubs as power switches, with the program unmodified. Behind a host controller of QEMU's: a hub that
# switches each port, one that switches none. On the virtual host: hubs of tests/kernel/programs/hub.c,
# ganged ones and one of USB 3, and a board that lives on what they give.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"
export LD_LIBRARY_PATH=/lane/lib

slots 1 && install slot0 reference-robust-1.0 || exit 1
. "$(dirname "$0")/hubs_cases.sh"

qemu=$(bus 'pci*/*' 480)
each=$qemu-1 none=$qemu-2
boards_port=$(boards path slot0)

# port PORT: commands for usbport on stdin
port() {
	timeout 60 /lane/usbport "$1"
}
port_as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups timeout 60 /lane/usbport "$1"
}

each_port_by_the_kernels_file() {
	until_true 10 there "$each".1 "$each".2 || return 1
	local neighbour
	neighbour=$(number_of "$each".2)
	port "$each".1 <<-END || return 1
		hub $each.1 switching each
		hub $each.1 get on
		hub $each.1 off
		hub $each.1 get off
		wait 1
		hub $each.1 get off
	END
	gone "$each".1 && [[ $(cat "$SYS"/"$each":1.0/"$each"-port1/disable) == 1 ]] || return 1
	port "$each".1 <<<"hub $each.1 on" && until_true 5 there "$each".1 || return 1
	[[ $(number_of "$each".2) == "$neighbour" ]]
}

# Who may not write the file, but may ask the hub. This one does not tell the kernel then that the
# device left, so that stays listed until power is back.
each_port_by_request() {
	local neighbour before
	neighbour=$(number_of "$each".2) before=$(number_of "$each".1)
	chmod 0666 /dev/bus/usb/*/*
	port_as_nobody "$each".1 <<-END || return 1
		hub $each.1 off
		hub $each.1 get off
		wait 1
		hub $each.1 get off
	END
	port_as_nobody "$each".1 <<<"hub $each.1 on" || return 1
	until_true 5 is_another "$each".1 "$before" && [[ $(number_of "$each".2) == "$neighbour" ]]
}

a_hub_that_switches_each_port_is_good() {
	cat >"$BENCH" <<-END
		bench: hubs
		slots:
		  - name: key
		    board: p1
		    power: {switch: hub, port: $each.1, discharge: 500ms}
		    led: {red: {chip: rig0, line: slot0-red}}
	END
	otarig bench check "$BENCH" | tee /tmp/said || return 1
	grep -qE "^key +power +$each.1 +good" /tmp/said && grep -q 'nothing proves that power went' /tmp/said &&
		until_true 5 gone "$each".1 && there "$each".2 || return 1
	port "$each".1 <<<"hub $each.1 on" && until_true 5 there "$each".1
}

a_hub_that_switches_none_is_refused() {
	sed "s/$each.1/$none.1/" "$BENCH" >/tmp/edited.yaml
	says 4 "this hub cannot switch its ports" otarig bench check /tmp/edited.yaml &&
		says 4 "slot 'key': the hub of USB port '$none.1' cannot switch its ports" \
			otarig bench calibrate /tmp/edited.yaml && there "$none".1 || return 1
	sed "s/$each.1/$qemu-3/" "$BENCH" >/tmp/edited.yaml
	says 4 "this hub cannot switch its ports" otarig bench check /tmp/edited.yaml || return 1
	sed "s/$each.1/$each.9/" "$BENCH" >/tmp/edited.yaml
	says 4 "usb hub '$each' has 4 ports, and none of 9" otarig bench check /tmp/edited.yaml
}

a_board_on_a_port_of_the_root_hub_is_cut() {
	boards supply slot0 port
	hub_bench "$boards_port"
	otarig bench check "$BENCH" || return 1
	otarig bench calibrate --times 3 "$BENCH" >/tmp/said || return 1
	sed 's/^/figure root hub: /' /tmp/said
	[[ $(gpioget rig0 6) == 0 ]] || return 1
	port "$boards_port" <<<"hub $boards_port on"
	boards supply slot0 relay
}

each_port_of_our_hub_takes_the_board_alone() {
	our_hub each 4 high 1 2 && until_true 5 there "$hub".1 "$hub".2 || return 1
	hub_bench "$hub".1
	otarig bench check "$BENCH" | tee /tmp/said || return 1
	! grep -q 'switches all its ports together' /tmp/said && grep -qE "power +$hub.1 +good" /tmp/said &&
		there "$hub".2 && hub_said 'vbus 1 off' && ! hub_said 'vbus 2 off' || return 1
	otarig bench calibrate --times 3 "$BENCH" >/tmp/said || return 1
	sed 's/^/figure hub, each: /' /tmp/said
}

# The file's own words say what a cut would take along.
a_ganged_hub_may_not_cut() {
	our_hub ganged 2 high 1 2 && until_true 5 there "$hub".1 "$hub".2 || return 1
	hub_bench "$hub".1
	cat >>"$BENCH" <<-END
		  - name: beside
		    board: p1
		    usb: {port: $hub.2}
		    led: {red: {chip: rig0, line: 40}}
	END
	says 0 "for recovery only, no cuts; with it go $hub.2 (1209:0102)" otarig bench check "$BENCH" || return 1
	grep -q "slot 'beside', on port '$hub.2' of the same hub, is switched with this one" /tmp/said || return 1
	port "$hub".1 <<<"hub $hub.1 on" && until_true 5 there "$hub".2 || return 1
	says 4 "slot 'slot0' cannot cut power (the hub of USB port '$hub.1' switches all its ports together, and with it would go $hub.2 (1209:0102))" \
		otarig bench calibrate --slot slot0 "$BENCH" && (($(wc -l </tmp/said) == 1))
}

# And is good for the rest: bench check has seen the rail go and come; see campaign_hub for a control.
a_ganged_hub_is_good_for_recovery() {
	hub_said 'vbus 1 off' && hub_said 'vbus 2 off' || return 1
	hub_bench "$hub".1
	echo "    usb: {port: \"$boards_port\"}" >>"$BENCH"
	sed 's/^scenario: .*/scenario: hub-cuts/' /lane/project/scenarios/lab/short.yaml >/tmp/cuts.yaml
	says 2 "slot 'slot0' cannot cut power (the hub of USB port '$hub.1' switches all its ports together" \
		otarig run --bench "$BENCH" --results /tmp/refused.db /tmp/cuts.yaml && (($(wc -l </tmp/said) == 1))
}

# Both halves of a socket are told, and only then its power goes.
both_halves_of_a_usb_3_hub_are_switched() {
	our_hub each 4 both 1 2 1s 2s && until_true 10 there "$hub".1 "$hub".2 "$hub_super".1 "$hub_super".2 || return 1
	[[ $(basename "$(readlink "$SYS"/"$hub":1.0/"$hub"-port1/peer)") == $hub_super-port1 ]] || return 1
	port "$hub".1 <<-END || return 1
		hub $hub.1 off
		wait 1
		hub $hub.1 get off
		hub $hub_super.1 get off
	END
	gone "$hub".1 "$hub_super".1 && there "$hub".2 "$hub_super".2 || return 1
	hub_said 'high port 1 off' && hub_said 'super port 1 off' && hub_said 'vbus 1 off' || return 1
	[[ $(grep -nx 'vbus 1 off' /tmp/hub | cut -d: -f1) -gt $(grep -nx 'super port 1 off' /tmp/hub | cut -d: -f1) ]] || return 1
	! hub_said 'vbus 2 off' && port "$hub".1 <<<"hub $hub.1 on" && until_true 5 there "$hub".1 "$hub_super".1 || return 1
	# the same by requests
	: >/tmp/hub
	chmod 0666 /dev/bus/usb/*/*
	port_as_nobody "$hub_super".2 <<-END || return 1
		hub $hub_super.2 off
		wait 1
		hub $hub.2 get off
		hub $hub_super.2 get off
	END
	gone "$hub".2 "$hub_super".2 && there "$hub".1 "$hub_super".1 && hub_said 'vbus 2 off'
}

a_ganged_usb_3_hub_takes_both_buses_along() {
	our_hub ganged 2 both 1 2 2s && until_true 10 there "$hub".1 "$hub".2 "$hub_super".2 || return 1
	hub_bench "$hub".1
	says 4 "with it would go $hub.2 (1209:0102), $hub_super.2 (1209:0102))" otarig bench calibrate "$BENCH" &&
		hub_said 'vbus 2 off'
}

testcase each_port_by_the_kernels_file
testcase each_port_by_request
testcase a_hub_that_switches_each_port_is_good
testcase a_hub_that_switches_none_is_refused
testcase a_board_on_a_port_of_the_root_hub_is_cut
testcase each_port_of_our_hub_takes_the_board_alone
testcase a_ganged_hub_may_not_cut
testcase a_ganged_hub_is_good_for_recovery
testcase both_halves_of_a_usb_3_hub_are_switched
testcase a_ganged_usb_3_hub_takes_both_buses_along
no_hub
finish
