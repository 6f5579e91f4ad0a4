# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
#
# What every test script shares. A script reads this file, gives each case as a function, and ends
# with 'finish', which prints the closing line that tools/run-tests adds up:
#
#	. "$(dirname "$0")/lib.sh"
#	says_its_version() {
#		run "$BIN" --version
#		expect_status 0
#		expect_stdout '^otarig [0-9]'
#	}
#	testcase says_its_version
#	finish
#
# A case runs in a shell and an empty work folder of its own; its first expectation not met ends it.
# TOP is the project's folder, BIN the program. The work folder is kept when a case failed.
set -u

TOP=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
BIN=${BIN:-$TOP/bin/otarig}
export TOP BIN

tests_work=$(mktemp -d "${TMPDIR:-/tmp}/otarig-e2e.XXXXXX") || exit 2
tests_passed=0
tests_failed=0
tests_skipped=0

# run COMMAND...: for the expectations after it; never fails itself
run() {
	ran=$*
	ran_status=0
	"$@" >"$tests_case/stdout" 2>"$tests_case/stderr" </dev/null || ran_status=$?
}

# fail TEXT: ends the case
fail() {
	echo "FAIL: $tests_name: $*"
	if [ -n "${ran:-}" ]; then
		echo "  command: $ran"
		echo "  exit code: $ran_status"
		sed 's/^/  stdout: /' "$tests_case/stdout"
		sed 's/^/  stderr: /' "$tests_case/stderr"
	fi
	exit 1
}

# skip REASON: ends the case, visibly
skip() {
	echo "SKIP: $tests_name: $*"
	exit 77
}

# expect_status CODE
expect_status() {
	[ "$ran_status" -eq "$1" ] || fail "exit code is not $1"
}

# expect_stdout ERE, expect_stderr ERE: a line matches
expect_stdout() {
	grep -Eq -e "$1" "$tests_case/stdout" || fail "stdout has no line like: $1"
}

expect_stderr() {
	grep -Eq -e "$1" "$tests_case/stderr" || fail "stderr has no line like: $1"
}

# expect_no_stdout ERE, expect_no_stderr ERE: no line matches
expect_no_stdout() {
	! grep -Eq -e "$1" "$tests_case/stdout" || fail "stdout has a line like: $1"
}

expect_no_stderr() {
	! grep -Eq -e "$1" "$tests_case/stderr" || fail "stderr has a line like: $1"
}

# expect_lines stdout|stderr COUNT
expect_lines() {
	[ "$(wc -l <"$tests_case/$1")" -eq "$2" ] || fail "$1 is not $2 lines long"
}

# expect_same FILE FILE, byte for byte
expect_same() {
	cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

# testcase FUNCTION
testcase() {
	tests_name=$1
	tests_case=$tests_work/$1
	mkdir -p "$tests_case/work"
	(cd "$tests_case/work" && "$1")
	case $? in
	0) tests_passed=$((tests_passed + 1)) ;;
	77) tests_skipped=$((tests_skipped + 1)) ;;
	*) tests_failed=$((tests_failed + 1)) ;;
	esac
}

finish() {
	if [ "$tests_failed" -eq 0 ]; then
		rm -rf "$tests_work"
	else
		echo "work folder kept: $tests_work"
	fi
	echo "$tests_passed passed, $tests_failed failed, $tests_skipped skipped"
	[ "$tests_failed" -eq 0 ]
	exit
}
