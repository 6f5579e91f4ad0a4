# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the scripts that pull the cable share: campaigns whose every trial meets it in another phase. A
# phase is where the board is, by its journal: the last of a few lines that must come in their order
# since the trial began. Nothing waits for a time.
#
#	trial CUT OUTCOME 'PATTERN;PATTERN...' [BACK] [WHAT]    in the order of the trials
#	pull_in_each SCENARIO
#
# CUT is a point of the scenario's list, OUTCOME a pattern of "OUTCOME,REASON" of the report. The cable
# stays out for the rest of the trial, or until BACK: a line of the journal, or seconds. WHAT is 'power'
# when it is not the cable of the USB but that of the supply, and 'relay' when its contacts stick: the
# board has power as long as it is "out". With 'relay-dark' the LED's lines are low besides, as those of a
# board without power.

trials=()

trial() {
	trials+=("$1|$2|$3|${4:-}|${5:-cable}")
}

# shellcheck disable=SC2034 # for the scripts: the trial's baseline is over, the flash written
WRITTEN='power on;dfu leave;power off'

# the same of a whole calibration, by the ways over DFU
CALIBRATED=('power on' 'dfu leave' 'power off' 'power on' 'dfu leave' 'power off')

# campaign_bench_without_rail: the same slot, on which only the board itself shows that it has power
campaign_bench_without_rail() {
	bench_file 1 | grep -v '^      rail:'
}

# plug in|out: what the trial is about
plug() {
	mark_soft "$what $1"
	case $what-$1 in
	cable-*) boards cable slot0 "$1" ;;
	power-out) boards stick slot0 power low ;;
	relay-out | relay-dark-out) boards stick slot0 power high ;;
	power-in | relay-in | relay-dark-in) boards stick slot0 power free ;;
	esac
	[[ $what == relay-dark ]] || return 0
	local line level=low
	[[ $1 == out ]] || level=free
	for line in red green blue; do
		boards stick slot0 $line $level
	done
}

# mark_soft TEXT: into the journal, but no mark at which 'said' begins anew
mark_soft() {
	echo "$1" >>/lane/keep/pulls
}

# scenario_of NAME: that one with the trials' points
scenario_of() {
	local one
	sed '/^  points:/q' "/lane/project/scenarios/lab/$1.yaml"
	for one in "${trials[@]}"; do
		echo "    - {part: 1, ${one%%|*}}"
	done
	sed '1,/^  points:/d; /^    - {/d; s/^trials:.*/trials: '${#trials[@]}'/; s/^controls:.*/controls: 0/' \
		"/lane/project/scenarios/lab/$1.yaml"
}

# begin_trial NUMBER: what 'watcher' does in it
begin_trial() {
	IFS='|' read -r _ _ steps back what <<<"${trials[$1]}"
	IFS=';' read -ra steps <<<"$steps"
	((${#steps[@]} == 0)) || pattern=${steps[0]}
	mark_soft "trial $1"
}

# watcher: pulls the cable where each trial says, and puts it in again for the next one
watcher() {
	local line number steps back what step=0 is_out=no pattern=none
	begin_trial 0
	steps=("${CALIBRATED[@]}" "${steps[@]}")
	pattern=${steps[0]}
	while read -r line; do
		if [[ $line =~ ^([0-9]+)\ of\ [0-9]+\ trials ]]; then
			[[ $is_out == no ]] || plug in
			number=${BASH_REMATCH[1]} step=0 is_out=no pattern=none
			((number < ${#trials[@]})) || return 0
			begin_trial "$number"
		elif [[ $pattern != none && $line =~ slot0\ .*$pattern ]]; then
			mark_soft "$line"
			step=$((step + 1))
			if [[ $is_out == yes ]]; then
				plug in
				is_out=no pattern=none
			elif ((step < ${#steps[@]})); then
				pattern=${steps[step]}
			else
				plug out
				is_out=yes pattern=none
				if [[ $back =~ ^[0-9.]+$ ]]; then
					sleep "$back"
					plug in
					is_out=no
				elif [[ -n $back ]]; then
					pattern=$back
				fi
			fi
		fi
	done < <(exec tail -q -s 0.01 -n 0 -F "$JOURNAL" /tmp/run 2>/dev/null)
}

# pull_in_each SCENARIO: runs it; every trial ends as it should, the slot is safe, the database whole
pull_in_each() {
	local status number want got watching
	((${#trials[@]} <= 10)) || return 1 # so often the program says how far it is
	"${BENCH:-campaign_bench}" >/tmp/bench.yaml && scenario_of "$1" >"/lane/project/scenarios/lab/unplug.yaml" || return 1
	[[ ${FIXED:-} != yes ]] || sed -i 's/^    usb: {/&cable: fixed, /' /tmp/bench.yaml
	: >/tmp/run
	watcher &
	watching=$!
	otarig run --corpus none --bench /tmp/bench.yaml --results /lane/keep/lab.db scenarios/lab/unplug.yaml >/tmp/out 2>/tmp/run
	status=$?
	kill $watching 2>/dev/null
	boards cable slot0 in && boards stick slot0 power free || return 1 # whether it saw the end or not
	cat /tmp/run /tmp/out
	[[ $status == 1 || $status == 3 ]] || return 1
	otarig report --format csv /lane/keep/lab.db >/lane/keep/trials.csv || return 1
	sed 's/^/trial /' /lane/keep/trials.csv
	[[ $(gpioget rig0 0 1 2 6) == *0 ]] || return 1
	otarig bench check /tmp/bench.yaml >/tmp/checked 2>&1 || { cat /tmp/checked; return 1; }
	[[ $(grep -c ' out$' /lane/keep/pulls) == "${#trials[@]}" ]] || return 1
	number=0
	while IFS='|' read -r _ want _; do
		got=$(awk -F, -v n=$((number + 1)) 'NR == n + 1 { sub(/.*,done,/, ""); print }' /lane/keep/trials.csv)
		[[ $got =~ ^$want ]] || { echo "trial $number: want $want, got $got"; status=bad; }
		number=$((number + 1))
	done < <(printf '%s\n' "${trials[@]}")
	[[ $status != bad ]]
}
