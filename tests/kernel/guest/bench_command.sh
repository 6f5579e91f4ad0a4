#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# seconds: 100
# takes: 15
#
# Power that is switched by commands of the user's: here gpioset, that holds the relay's line as long
# as it runs.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bench_file_cases.sh"

slots 1 && install slot0 reference-robust-1.0 || exit 1

cat >/tmp/outlet <<-"END"
	#!/bin/bash
	# outlet on|off|query
	pid=/tmp/outlet.pid
	case $1 in
	on)
		[[ ! -e $pid ]] || exit 0
		gpioset -m signal rig0 0=1 </dev/null >/dev/null 2>&1 &
		echo $! >$pid
		;;
	off)
		[[ ! -e $pid ]] || kill "$(cat $pid)"
		rm -f $pid
		;;
	query) [[ -e $pid ]] && echo on || echo off ;;
	esac
END
printf '#!/bin/bash\nsleep 777 & wait\n' >/tmp/hangs
printf '#!/bin/bash\necho no such outlet >&2; exit 3\n' >/tmp/fails
chmod 755 /tmp/outlet /tmp/hangs /tmp/fails

# command_bench ON OFF QUERY [TIMEOUT]
command_bench() {
	write_bench 1
	sed -i '/gpio:/d; s/discharge: .*/discharge: 200ms/
		s|switch: .*|switch: command\n      on: '"$1"'\n      off: '"$2"'\n      query: '"$3"'\n      timeout: '"${4:-5s}"'|' "$BENCH"
}

a_board_is_switched_and_cut_by_commands() {
	command_bench '/tmp/outlet on' '/tmp/outlet off' '/tmp/outlet query'
	otarig bench check "$BENCH" || return 1
	mark cuts
	otarig bench calibrate --times 5 "$BENCH" >/tmp/said || return 1
	sed 's/^/figure /' /tmp/said
	grep -q 'order to rail:.* of 5$' /tmp/said && [[ ! -e /tmp/outlet.pid && $(gpioget rig0 6) == 0 ]] || return 1
	(($(awk '$2 == "mark" { n = 0 } / power off / { n++ } END { print n }' "$JOURNAL") == 5))
}

# the program that /tmp/hangs starts; its pattern is not itself found
is_asleep() {
	grep -qsxz '[7]77' /proc/[0-9]*/cmdline
}
is_noticed() {
	sleep 777 &
	until_true 2 is_asleep && kill $! && wait $!
	! is_asleep
}

# within the time it was given, and with what it has started
a_command_that_hangs_is_ended() {
	local begun=${EPOCHREALTIME/./}
	command_bench /tmp/hangs '/tmp/outlet off' '/tmp/outlet query' 500ms
	says 4 "command '/tmp/hangs' took longer than 500ms" otarig bench check "$BENCH" &&
		((${EPOCHREALTIME/./} - begun < 3000000)) && ! is_asleep || return 1
	is_noticed || return 1
	command_bench '/tmp/outlet on' "sleep 777" '/tmp/outlet query' 500ms
	says 4 "slot 'slot0': command 'sleep 777' took longer than 500ms" otarig bench calibrate "$BENCH" &&
		(($(wc -l </tmp/said) == 1))
}

a_command_that_fails_is_told() {
	command_bench '/tmp/fails on' '/tmp/outlet off' '/tmp/outlet query'
	says 4 "command '/tmp/fails on' ended with code 3: no such outlet" otarig bench check "$BENCH" || return 1
	command_bench '/tmp/outlet on' false '/tmp/outlet query'
	says 4 "slot 'slot0': command 'false' ended with code 1" otarig bench calibrate "$BENCH" || return 1
	command_bench '/tmp/outlet on' '/tmp/nothing of it' '/tmp/outlet query'
	says 4 "cannot run '/tmp/nothing of it': No such file or directory" otarig bench check "$BENCH"
}

a_command_that_lies_is_found() {
	command_bench true '/tmp/outlet off' '/tmp/outlet query'
	says 4 "the switch says that it is off, and was told on" otarig bench check "$BENCH" || return 1
	command_bench true '/tmp/outlet off' 'echo on'
	says 4 "the switch says that it is on, and was told off" otarig bench check "$BENCH" || return 1
	command_bench '/tmp/outlet on' '/tmp/outlet off' 'echo perhaps'
	says 4 "command 'echo perhaps' says 'perhaps', and must say 'on' or 'off'" otarig bench check "$BENCH"
}

testcase a_board_is_switched_and_cut_by_commands
testcase a_command_that_hangs_is_ended
testcase a_command_that_fails_is_told
testcase a_command_that_lies_is_found
finish
