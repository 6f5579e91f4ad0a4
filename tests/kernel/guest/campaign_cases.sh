# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the scripts that run a campaign share: the scenario of the same trials that a virtual board is
# given later, outside (tests/kernel/compare), on the lab's slot with the real backends.

# campaign_bench: the lab's slot; its serial line is the board's own on the USB
campaign_bench() {
	bench_file 1
	echo "    console: {baud: 115200, port: \"$(boards path slot0)\"}"
}

VBUS=8 # the line: no slot's when there is one slot

# p1_bench: the same with a released system: its USB's cable is in while the rig has it joined, in DFU
# mode, and not when the system runs
p1_bench() {
	boards wire slot0 vbus rig0 $VBUS || return 1
	bench_file 1 | sed "s/^    usb: {\(.*\)}/    usb: {\1, vbus: {chip: rig0, line: $VBUS}}/"
}

# p1_profile: what says that a released system runs. It breathes white for half a second, keeping the
# processor busy, so that the emulator in this machine is too slow and the light's edges come too late
# to be told; then, for the virtual board has no Wi-Fi chip, it gives up with SOS, ten seconds of an
# idle processor. That is waited for instead, here and on the virtual board that is compared.
p1_profile() {
	local profile=/lane/project/firmware-under-test/boards/p1.yaml
	sed -i 's/^  alive: breathing-white.*/  alive: sos/; s/^  alive_max: 3s.*/  alive_max: 12s/' $profile
	grep -q '^  alive: sos' $profile && grep -q '^  alive_max: 12s' $profile && cp $profile /lane/keep
}

# campaign SCENARIO: on the bench of /tmp/bench.yaml. Nothing of the rig's fails; what came of the trials is kept. Verdicts are not
# looked at here. A gate of so few trials may be void (3) or reject (1), not fail.
campaign() {
	local status
	otarig run --bench /tmp/bench.yaml --results /lane/keep/lab.db "scenarios/lab/$1.yaml" >/tmp/run 2>&1
	status=$?
	cat /tmp/run
	[[ $status == 1 || $status == 3 ]] || return 1
	otarig report --format csv /lane/keep/lab.db >/lane/keep/trials.csv || return 1
	cat /lane/keep/trials.csv
	! grep -E ',(rig-fault|inconclusive),' /lane/keep/trials.csv || return 1
	[[ $(gpioget rig0 6) == 0 ]]
}
