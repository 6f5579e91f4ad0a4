#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016 # the scripts written here expand their own variables
# tools/run-tests on made-up test programs: nothing that fails may look as if it passed.
. "$(dirname "$0")/lib.sh"

# program KIND/NAME TEXT: a test "binary" in ./build
program() {
	mkdir -p "build/tests/$(dirname "$1")" scripts
	printf '#!/bin/sh\n%b\n' "$2" >"build/tests/$1"
	chmod +x "build/tests/$1"
}

run_tests() {
	run env -u FLOW_SCALE E2E=scripts "$@"
}

total() {
	[ "$(tail -n 1 "$tests_case/stdout")" = "$1" ] || fail "the last line is not: $1"
}

adds_closing_lines_up() {
	program unit/test_a 'echo "3 passed, 0 failed, 0 skipped"'
	program flow/test_b 'echo "SKIP: no board"\necho "1 passed, 0 failed, 2 skipped"'
	touch build/tests/unit/test_a.o
	printf '#!/bin/sh\necho "4 passed, 0 failed, 0 skipped"\n' >scripts/test_c.sh
	chmod +x scripts/test_c.sh
	run_tests "$TOP/tools/run-tests" build
	expect_status 0
	expect_stdout '^ok +build unit/test_a: 3 passed, 0 failed, 0 skipped$'
	expect_stdout '^ok +build scripts/test_c\.sh: 4 passed'
	expect_stdout '^ +SKIP: no board$'
	total "8 passed, 0 failed, 2 skipped"
	expect_no_stdout '===='
}

shows_the_output_of_what_failed() {
	program unit/test_a 'echo "what was wrong"\necho "1 passed, 1 failed, 0 skipped"\nexit 1'
	program unit/test_b 'echo "not worth showing"\necho "1 passed, 0 failed, 0 skipped"'
	run_tests "$TOP/tools/run-tests" build
	expect_status 1
	expect_stdout '^FAIL build unit/test_a: '
	expect_stdout '^what was wrong$'
	expect_no_stdout 'not worth showing'
	total "2 passed, 1 failed, 0 skipped"
}

a_crash_counts() {
	program unit/test_a 'kill -SEGV $$'
	program unit/test_b 'echo "2 passed, 0 failed, 0 skipped"\nexit 23'
	program unit/test_c 'echo "1 passed, 0 failed, 0 skipped"\necho more'
	program unit/test_d 'true'
	run_tests "$TOP/tools/run-tests" build
	expect_status 1
	expect_stdout '^\[no closing line; exit code 139\]$'
	expect_stdout '^\[closed well, then ended with exit code 23\]$'
	total "2 passed, 4 failed, 0 skipped"
}

a_hang_counts() {
	program unit/test_a 'sleep 100'
	run_tests TEST_TIMEOUT=0.2 "$TOP/tools/run-tests" build
	expect_status 1
	expect_stdout '^\[ended after 0\.2 s without a closing line\]$'
	total "0 passed, 1 failed, 0 skipped"
}

nothing_to_run_is_no_success() {
	mkdir -p build scripts
	run_tests "$TOP/tools/run-tests" build
	expect_status 1
	total "0 passed, 0 failed, 0 skipped"
	program unit/test_a 'echo "0 passed, 0 failed, 5 skipped"'
	run_tests "$TOP/tools/run-tests" build
	expect_status 1
	run_tests "$TOP/tools/run-tests"
	expect_status 2
}

each_folder_with_its_scale_and_program() {
	program unit/test_a 'echo "$BIN ${FLOW_SCALE:-full}" >>seen\necho "1 passed, 0 failed, 0 skipped"'
	mv build first
	cp -r first second
	run_tests "$TOP/tools/run-tests" first --small second
	expect_status 0
	total "2 passed, 0 failed, 0 skipped"
	printf '%s\n' "$PWD/first/otarig full" "$PWD/second/otarig small" >expected
	sort -o seen seen
	expect_same expected seen
}

scripts_that_do_not_use_the_program_run_once() {
	mkdir -p first second scripts
	printf '#!/bin/sh\necho "1 passed, 0 failed, 0 skipped"\n' >scripts/test_once.sh
	printf '#!/bin/sh\necho "${BIN:+1} passed, 0 failed, 0 skipped"\n' >scripts/test_twice.sh
	chmod +x scripts/*
	run_tests "$TOP/tools/run-tests" first second
	expect_status 0
	total "3 passed, 0 failed, 0 skipped"
}

testcase adds_closing_lines_up
testcase shows_the_output_of_what_failed
testcase a_crash_counts
testcase a_hang_counts
testcase nothing_to_run_is_no_success
testcase each_folder_with_its_scale_and_program
testcase scripts_that_do_not_use_the_program_run_once
finish
