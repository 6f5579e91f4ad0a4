#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016 # the scripts written here expand their own variables
# tools/deps on machines made up of fake programs: what it finds missing, and what it installs.
. "$(dirname "$0")/lib.sh"

# machine PROGRAM...: ./bin holds the shell's usual tools and these programs, all of which succeed
machine() {
	mkdir -p bin
	for tool in sh cat tr grep env uname; do
		ln -sf "$(command -v "$tool")" "bin/$tool"
	done
	fake id 'echo 0'
	for program in "$@"; do
		fake "$program" 'exit 0'
	done
}

# fake PROGRAM TEXT
fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

deps() {
	run env -u DEPS PATH="$PWD/bin" "$@"
}

silent_when_nothing_is_missing() {
	machine gcc make pkg-config
	fake apt-get 'echo "must not be called" >&2; exit 1'
	deps "$TOP/tools/deps" build
	expect_status 0
	expect_lines stdout 0
	expect_lines stderr 0
}

names_exactly_what_is_missing() {
	machine gcc make shellcheck sb
	fake pkg-config 'case $2 in gsl | check) exit 1 ;; esac'
	deps DEPS=no "$TOP/tools/deps" check
	expect_status 1
	expect_lines stderr 1
	expect_stderr '^deps: missing: libgsl-dev check clang-format$'
	deps DEPS=no "$TOP/tools/deps" build
	expect_status 1
	expect_stderr '^deps: missing: libgsl-dev$'
}

without_pkg_config_the_package_database_answers() {
	machine gcc make
	fake dpkg-query 'case $4 in zlib1g-dev) echo config-files ;; *) echo installed ;; esac'
	deps DEPS=no "$TOP/tools/deps"
	expect_status 1
	expect_stderr '^deps: missing: pkg-config zlib1g-dev$'
}

fuzzing_needs_the_runtime_of_the_compiler() {
	machine gcc make pkg-config
	fake clang 'case $1 in -dumpversion) echo 19.1.7 ;; *) echo "${1#*=}" ;; esac'
	deps DEPS=no "$TOP/tools/deps" fuzz
	expect_status 1
	expect_stderr '^deps: missing: libclang-rt-19-dev$'
}

installs_what_is_missing_and_looks_again() {
	machine gcc make
	fake touch "exec $(command -v touch) \"\$@\""
	fake apt-get 'echo "$@" >>apt.log
		case "$*" in *install*) touch bin/pkg-config && '"$(command -v chmod)"' +x bin/pkg-config ;; esac'
	fake dpkg-query 'echo installed'
	deps "$TOP/tools/deps" build
	expect_status 0
	expect_stderr '^deps: installing pkg-config$'
	printf '%s\n' '-qq update' '-qq -y --no-install-recommends install pkg-config' >expected
	expect_same expected apt.log
}

says_so_when_installing_did_not_help() {
	machine gcc make pkg-config apt-get
	deps "$TOP/tools/deps" demo
	expect_status 1
	expect_stderr '^deps: still missing after installing: npm$'
	fake apt-get 'exit 100'
	deps "$TOP/tools/deps" demo
	expect_status 1
	expect_stderr '^deps: apt-get could not install: npm$'
}

root_or_sudo_or_advice() {
	machine gcc make pkg-config apt-get
	fake id 'echo 1000'
	deps "$TOP/tools/deps" demo
	expect_status 1
	expect_stderr '^deps: neither root nor sudo; please have installed: npm$'
	fake sudo 'echo "$@" >>sudo.log'
	deps "$TOP/tools/deps" demo
	[ "$(wc -l <sudo.log)" -eq 2 ] || fail "sudo was not used for update and install"
}

other_systems_get_the_names() {
	machine gcc make pkg-config
	deps "$TOP/tools/deps" demo
	expect_status 1
	expect_stderr '^deps: no apt-get here; please install what Debian calls: npm$'
}

unknown_group_is_a_usage_error() {
	run "$TOP/tools/deps" nonsense
	expect_status 2
	expect_lines stderr 1
}

testcase silent_when_nothing_is_missing
testcase names_exactly_what_is_missing
testcase without_pkg_config_the_package_database_answers
testcase fuzzing_needs_the_runtime_of_the_compiler
testcase installs_what_is_missing_and_looks_again
testcase says_so_when_installing_did_not_help
testcase root_or_sudo_or_advice
testcase other_systems_get_the_names
testcase unknown_group_is_a_usage_error
finish
