# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the scripts of the real bench share: the program, and the bench file of the lab's slots.

BENCH=/tmp/bench.yaml

# The program, with the libraries it was built with. As a command of its own, so that '$!' is it.
cat >/tmp/with <<-END
	#!/bin/sh
	export LD_LIBRARY_PATH=/lane/lib OTARIG_DATA=/lane/project
	exec "\$@"
END
chmod 755 /tmp/with
otarig() {
	/tmp/with /lane/otarig "$@"
}

# write_bench COUNT: every line of every slot
write_bench() {
	local slot
	echo "bench: lab" >$BENCH
	echo "chip: rig0" >>$BENCH
	echo "slots:" >>$BENCH
	for ((slot = 0; slot < $1; slot++)); do
		cat >>$BENCH <<-END
			  - name: slot$slot
			    board: p1
			    power:
			      switch: high-side
			      gpio: {line: slot$slot-power}
			      settle: 20ms
			      discharge: 100ms
			      loop_back: {line: slot$slot-loop}
			      rail: {line: slot$slot-rail}
			    reset: {line: slot$slot-reset}
			    setup: {line: slot$slot-setup}
			    led:
			      red: {line: slot$slot-red}
			      green: {line: slot$slot-green}
			      blue: {line: slot$slot-blue}
		END
	done
}

# edited FROM TO: another bench file, with every FROM replaced; its name is printed
edited() {
	sed "s/$1/$2/" $BENCH >/tmp/edited.yaml
	echo /tmp/edited.yaml
}

# says CODE TEXT COMMAND...: it ends with that code, and says that
says() {
	local code=$1 text=$2 status
	shift 2
	"$@" >/tmp/said 2>&1
	status=$?
	cat /tmp/said
	((status == code)) && grep -qF -- "$text" /tmp/said
}
