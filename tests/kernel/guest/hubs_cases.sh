# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the scripts of hubs share: a hub of tests/kernel/programs/hub.c on the last port of the virtual
# host's second controller, and a bench whose switch is a port of a hub.

SYS=/sys/bus/usb/devices
CONTROLLER=30 # the second one's ports begin there
ROOT_PORT=15  # the last of the 15 of each of its buses

# bus FOLDER SPEED: the number of a root hub
bus() {
	basename "$(compgen -G "/sys/devices/$1/usb*/speed" | xargs grep -lx "$2" | xargs dirname)" | tr -d usb
}

hub=$(bus platform/vhci_hcd.1 480)-$ROOT_PORT
# shellcheck disable=SC2034 # for some of them
hub_super=$(bus platform/vhci_hcd.1 5000)-$ROOT_PORT

there() {
	local port
	for port in "$@"; do
		[[ -e $SYS/$port ]] || return 1
	done
}
gone() {
	local port
	for port in "$@"; do
		[[ ! -e $SYS/$port ]] || return 1
	done
}
number_of() {
	cat "$SYS/$1/devnum"
}
is_another() {
	there "$1" && [[ $(number_of "$1") != "$2" ]]
}

follow_hub() {
	local line
	while read -r line; do
		echo "$line" >>/tmp/hub
		case $line in
		"vbus 1 on") boards stick slot0 power high ;;
		"vbus 1 off") boards stick slot0 power low ;;
		esac
	done
}

# our_hub WORD...: plugged in, with what it prints in /tmp/hub; the board's supply comes from its port
# 1, as if its relay's line were that port's VBUS
our_hub() {
	no_hub
	: >/tmp/hub
	/lane/hub $((CONTROLLER + ROOT_PORT - 1)) "$@" > >(follow_hub) 2>&1 &
	hub_pid=$!
	until_true 10 there "$hub":1.0
}
no_hub() {
	[[ -n ${hub_pid:-} ]] || return 0
	kill "$hub_pid"
	hub_pid=
	boards stick slot0 power free
	until_true 10 gone "$hub"
}
hub_said() {
	grep -qx "$1" /tmp/hub
}

# hub_bench PORT: a board whose supply is a port of a hub; what proves it are the lab's lines
hub_bench() {
	write_bench 1
	sed -i '/gpio:/d; /loop_back:/d; s/discharge: .*/discharge: 500ms/; s/settle: .*/settle: 500ms/
		s/switch: .*/switch: hub\n      port: "'"$1"'"/' "$BENCH"
}
