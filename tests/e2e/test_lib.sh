#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016 # the scripts written here expand their own variables
# The test library tested with itself: what it must notice, it notices.
. "$(dirname "$0")/lib.sh"

# write_script: a test script from stdin, beside a copy of the library
write_script() {
	mkdir -p tests/e2e
	cp "$TOP/tests/e2e/lib.sh" tests/e2e/
	{
		echo '. "$(dirname "$0")/lib.sh"'
		cat
	} >tests/e2e/test_it.sh
}

counts_passed_failed_and_skipped() {
	write_script <<-'END'
		good() { run true; expect_status 0; }
		bad() { run true; expect_status 1; }
		not_here() { skip "no such thing"; }
		testcase good
		testcase bad
		testcase not_here
		testcase good
		finish
	END
	run env TMPDIR="$PWD" sh tests/e2e/test_it.sh
	expect_status 1
	expect_stdout '^FAIL: bad: exit code is not 1$'
	expect_stdout '^  command: true$'
	expect_stdout '^SKIP: not_here: no such thing$'
	expect_stdout '^work folder kept: '
	[ "$(tail -n 1 "$tests_case/stdout")" = "2 passed, 1 failed, 1 skipped" ] ||
		fail "wrong closing line"
}

removes_its_work_folder_when_all_passes() {
	write_script <<-'END'
		good() { run touch here; expect_status 0; }
		testcase good
		finish
	END
	mkdir tmp
	run env TMPDIR="$PWD/tmp" sh tests/e2e/test_it.sh
	expect_status 0
	[ -z "$(ls tmp)" ] || fail "something is left in the work folder"
}

# refuses EXPECTATION...: the expectation must fail after a command that prints "out" and "err"
refuses() {
	write_script <<-END
		it() { run sh -c 'echo out; echo err >&2; exit 3'; $*; }
		testcase it
		finish
	END
	run env TMPDIR="$PWD" sh tests/e2e/test_it.sh
	expect_status 1
	expect_stdout '^0 passed, 1 failed, 0 skipped$'
}

every_expectation_can_fail() {
	refuses expect_status 0
	refuses expect_stdout '^err$'
	refuses expect_stderr '^out$'
	refuses expect_no_stdout '^out$'
	refuses expect_no_stderr '^err$'
	refuses expect_lines stdout 2
	refuses expect_same "$TOP/Makefile" /dev/null
	refuses expect_status 3 '&&' false
}

every_expectation_can_hold() {
	run sh -c 'echo out; echo err >&2; exit 3'
	expect_status 3
	expect_stdout '^out$'
	expect_stderr '^err$'
	expect_no_stdout '^err$'
	expect_no_stderr '^out$'
	expect_lines stdout 1
	expect_lines stderr 1
	expect_same "$TOP/Makefile" "$TOP/Makefile"
}

testcase counts_passed_failed_and_skipped
testcase removes_its_work_folder_when_all_passes
testcase every_expectation_can_fail
testcase every_expectation_can_hold
finish
