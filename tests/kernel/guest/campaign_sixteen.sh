#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm: --icount 0
# gpiod: 2
# seconds: 900
# host-seconds: 1500
# takes: 300
# needs: time
# compare: sixteen
#
# A campaign on sixteen slots at once: a worker and a board each.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/campaign_cases.sh"

count=16
slots "$count" || exit 1
for ((slot = 0; slot < count; slot++)); do
	install "slot$slot" reference-robust-1.0 || exit 1
done

# Sixteen lights that breathe at once are more than the processor of this machine can do: lines move
# some milliseconds late, and it is told what they show when some of them are off again.
patient_profile() {
	local profile=/lane/project/firmware-under-test/boards/p1.yaml
	sed -i 's/^  alive_max: 3s.*/  alive_max: 40s/' "$profile"
	grep -q '^  alive_max: 40s' "$profile" && cp "$profile" /lane/keep
}

every_slot_has_a_trial() {
	local slot
	patient_profile || return 1
	bench_file "$count" >/tmp/bench.yaml
	campaign sixteen || return 1
	awk -F, '{ print "figure outcome " $14 }' /lane/keep/trials.csv | grep -v 'outcome outcome' | sort |
		/lab/busybox uniq -c | awk '{ print $2, $4, $1 }'
	(($(grep -c asent /lane/keep/trials.csv) == count)) || return 1
	for ((slot = 0; slot < count; slot++)); do
		said " slot$slot .*power on" || return 1
	done
}

testcase every_slot_has_a_trial
finish
