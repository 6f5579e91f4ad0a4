#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016 # the scripts written here expand their own variables
# run-demo, run-bench, run-fuzz and .ci/run with made-up programs in their places.
. "$(dirname "$0")/lib.sh"

# program FILE TEXT
program() {
	mkdir -p "$(dirname "$1")"
	printf '#!/bin/sh\n%b\n' "$2" >"$1"
	chmod +x "$1"
}

# demo CODE [FETCHED]: run-demo in a tree where the program ends with CODE; FETCHED is what asking for
# released firmware ends with
demo() {
	mkdir -p tools scenarios/smoke
	cp "$TOP/scenarios/smoke/p1-power-loss.yaml" scenarios/smoke/
	program tools/fetch-particle-firmware "echo \"\$*\" >asked; exit ${2:-0}"
	cp "$TOP/tools/run-demo" tools/
	program bin/otarig "echo \"\$@\"; exit $1"
	run tools/run-demo
}

demo_says_what_ci_would_have_seen() {
	for code in 0 1 3; do
		demo "$code"
		expect_status 0
		expect_stdout '^run scenarios/smoke/p1-power-loss\.yaml$'
		tail -n 1 "$tests_case/stdout" | grep -q "exit code $code (" ||
			fail "the last line does not name the code"
	done
}

demo_without_firmware_takes_the_reference() {
	demo 1 1
	expect_status 0
	expect_stdout 'the reference firmware that comes with the project instead'
	expect_stdout '^run scenarios/reference/era-b\.yaml$'
	grep -qx -e '--check particle-1\.5\.0-p1 particle-1\.5\.2-p1' asked ||
		fail "asked for other releases: $(cat asked)"
}

demo_fails_when_the_rig_does() {
	for code in 2 4 139; do
		demo "$code"
		expect_status 1
		expect_stdout "ended with exit code $code\$"
	done
}

bench_collects_lines() {
	program one 'echo decode,12.5,Mlines/s\necho decode.min,-3e-6,s'
	program two 'echo "# fast skipped: no firmware"\necho boot,7,ms'
	run "$TOP/tools/run-bench" out/bench.csv ./one ./two
	expect_status 0
	expect_stdout '^boot +7  ms$'
	expect_stderr '^# fast skipped: no firmware$'
	printf '%s\n' name,value,unit decode,12.5,Mlines/s decode.min,-3e-6,s boot,7,ms >expected
	expect_same expected out/bench.csv
}

bench_keeps_nothing_half() {
	program one 'echo decode,fast,s'
	run "$TOP/tools/run-bench" bench.csv ./one
	expect_status 1
	expect_stderr "no 'name,value,unit' line: 2:decode,fast,s\$"
	program one 'echo decode,1,s\nexit 1'
	run "$TOP/tools/run-bench" bench.csv ./one
	expect_status 1
	expect_stderr 'one failed$'
	[ ! -e bench.csv ] || fail "a file was left"
}

fuzz_uses_the_corpus_and_keeps_it() {
	mkdir -p tests/fuzz/corpus/yaml
	program fuzz_yaml 'echo "$@" >seen\necho "stat::number_of_executed_units: 12"'
	program fuzz_bad 'echo "SUMMARY: AddressSanitizer: overflow"\nexit 77'
	run "$TOP/tools/run-fuzz" 7 ./fuzz_yaml
	expect_status 0
	expect_stdout '^ok   fuzz_yaml: 12 runs$'
	grep -q -- '-max_total_time=7 .* \./fuzz_yaml\.corpus tests/fuzz/corpus/yaml$' seen ||
		fail "wrong arguments: $(cat seen)"
	run "$TOP/tools/run-fuzz" 7 ./fuzz_yaml ./fuzz_bad
	[ "$ran_status" -ne 0 ] || fail "a finding was lost"
	expect_stdout '^FAIL fuzz_bad: see \./fuzz_bad\.log$'
	expect_stdout '^SUMMARY: AddressSanitizer'
}

# ci DEPS-CODE MAKE-OUTPUT MAKE-CODE
ci() {
	mkdir -p .ci
	cp "$TOP/.ci/run" .ci/
	program tools/deps "exit $1"
	program bin/make "case \$1 in check) cat said; exit $3 ;; esac"
	printf "%b" "$2" >said
	run env CI_KERNEL=no PATH="$PWD/bin:$PATH" .ci/run
}

ci_ends_with_the_total() {
	ci 0 '3 passed, 0 failed, 0 skipped\n' 0
	expect_status 0
	expect_lines stdout 1
	ci 0 '3 passed, 1 failed, 0 skipped\nmake: Error 1\n' 2
	expect_status 2
	expect_lines stdout 3
	[ "$(tail -n 1 "$tests_case/stdout")" = "3 passed, 1 failed, 0 skipped" ] || fail "no total"
	ci 0 'lint-text: findings\n' 2
	expect_status 2
	[ "$(tail -n 1 "$tests_case/stdout")" = "0 passed, 1 failed, 0 skipped" ] || fail "no total"
	ci 1 '' 0
	expect_status 1
	expect_stdout '^0 passed, 1 failed, 0 skipped$'
}

ci_adds_the_kernel_lab() {
	ci 0 '3 passed, 0 failed, 0 skipped\n' 0
	program bin/make 'case $1 in check | check-kernel) cat "$1" ;; esac
[ "$1" != check-kernel ] || exit "$(cat code)"'
	echo "3 passed, 0 failed, 4 skipped" >check
	echo "2 passed, 0 failed, 1 skipped" >check-kernel
	echo 0 >code
	run env PATH="$PWD/bin:$PATH" .ci/run
	expect_status 0
	[ "$(tail -n 1 "$tests_case/stdout")" = "5 passed, 0 failed, 5 skipped" ] || fail "no total"
	echo "2 passed, 1 failed, 0 skipped" >check-kernel
	echo 2 >code
	run env PATH="$PWD/bin:$PATH" .ci/run
	expect_status 2
	[ "$(tail -n 1 "$tests_case/stdout")" = "5 passed, 1 failed, 4 skipped" ] || fail "no total"
}

testcase demo_says_what_ci_would_have_seen
testcase demo_without_firmware_takes_the_reference
testcase demo_fails_when_the_rig_does
testcase bench_collects_lines
testcase bench_keeps_nothing_half
testcase fuzz_uses_the_corpus_and_keeps_it
testcase ci_ends_with_the_total
testcase ci_adds_the_kernel_lab
finish
