# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2034 # variables are for the scripts that read this
#
# For scripts that run otarig on scenarios; read after lib.sh. Every case that calls 'setup' has a
# data folder of its own, ./data, with what the project has and the scenario s.yaml, whose update is
# small: its trials are quick.

# Is the released firmware in the cache? Asked once a script: it reads all of it.
if "$TOP/tools/fetch-particle-firmware" --check >/dev/null 2>&1; then
	rig_firmware=yes
else
	rig_firmware=no
fi

# need_firmware: ends the case, visibly, without released firmware in the cache
need_firmware() {
	[ "$rig_firmware" = yes ] || skip "the cache lacks released firmware, see 'make firmware'"
}

setup() {
	mkdir -p data/firmware-under-test
	cp -r "$TOP/firmware-under-test/boards" "$TOP/firmware-under-test/releases" \
		data/firmware-under-test/
	cp "$TOP/scenarios/policies/default.yaml" data/policy.yaml
	sed -e 's/^  parts: .*/  parts: [user]/' -e 's/^trials: .*/trials: 6/' \
		-e 's/^controls: .*/controls: 1/' -e 's/^policy: .*/policy: policy.yaml/' \
		"$TOP/scenarios/smoke/p1-power-loss.yaml" >data/s.yaml
	export OTARIG_DATA="$PWD/data"
	unset XDG_CACHE_HOME
	releases=data/firmware-under-test/releases
	boards=data/firmware-under-test/boards
	old=$releases/particle-1.5.0-p1.yaml
}

# own_cache: a copy of the firmware of the old release, to be spoilt; $bootloader is a file of it
own_cache() {
	need_firmware
	from=${OTARIG_CACHE:-$HOME/.cache/otarig}
	package=$(sed -n 's/^package: *//p' "$old")-$(sed -n 's/^package_version: *//p' "$old")
	mkdir cache
	cp -r "$from/$package" cache/
	export OTARIG_CACHE="$PWD/cache"
	bootloader=cache/$package/$(sed -n 's/^ *file: *//p' "$old" | head -n 1)
}

# line_of ERE FILE: the number of the first line that matches
line_of() {
	grep -nE -e "$1" "$2" | head -n 1 | cut -d : -f 1
}

# wait_for ERE FILE PID: until a line is there; fails when the process has ended before
wait_for() {
	until grep -Eq -e "$1" "$2" 2>/dev/null; do
		kill -0 "$3" 2>/dev/null || fail "ended before '$1' was in $2: $(cat "$2")"
		sleep 0.05
	done
}

# all files and folders of the case with their contents
inventory() {
	find . -type d
	find . -type f ! -name before ! -name after -exec cksum {} +
}

# refused CODE ERE COMMAND...: exit code, one line "otarig: ...", and nothing was written
refused() {
	refused_code=$1
	refused_text=$2
	shift 2
	inventory | sort >before
	run "$@"
	expect_status "$refused_code"
	expect_lines stdout 0
	expect_lines stderr 1
	expect_stderr "^otarig: $refused_text"
	inventory | sort >after
	cmp -s before after || fail "files changed: $(diff before after)"
}
