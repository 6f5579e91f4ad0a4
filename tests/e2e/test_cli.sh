#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016 # the shells started here expand their own variables
# The command line: help, version, and everything that can be mistyped.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rig.sh"

commands='run plan show replay report gate'

says_its_version() {
	run "$BIN" --version
	expect_status 0
	expect_lines stdout 1
	expect_stdout "^otarig $(cat "$TOP/VERSION")\$"
}

help_lists_every_command() {
	for word in --help -h help; do
		run "$BIN" "$word"
		expect_status 0
		expect_lines stderr 0
		for command in $commands; do
			expect_stdout "^  $command "
		done
	done
}

without_a_command_it_helps() {
	run "$BIN"
	expect_status 2
	expect_stdout '^usage: otarig COMMAND'
}

every_command_has_help() {
	for command in $commands; do
		run "$BIN" "$command" --help
		expect_status 0
		expect_lines stderr 0
		expect_stdout "^usage: otarig $command "
		expect_stdout '^  --[a-z]+ [A-Z]+ +[a-z]'
		[ "$(wc -L <"$tests_case/stdout")" -le 80 ] || fail "help is wider than 80 columns"
	done
}

unknown_commands() {
	refused 2 "unknown command 'rum'" "$BIN" rum
	refused 2 "unknown command '--rum'" "$BIN" --rum
	refused 2 "unknown command ''" "$BIN" ''
}

unknown_options() {
	for command in $commands; do
		refused 2 "$command: unknown option '--nope'" "$BIN" "$command" --nope
		refused 2 "$command: unknown option '-n'" "$BIN" "$command" -n x
		refused 2 "$command: unknown option '-n'" "$BIN" "$command" -nm x
	done
}

missing_arguments() {
	for command in run plan; do
		refused 2 "$command: SCENARIO is missing" "$BIN" "$command"
	done
	for command in show replay; do
		refused 2 "$command: TRIAL-ID is missing" "$BIN" "$command"
	done
	for command in report gate; do
		refused 2 "$command: DB is missing" "$BIN" "$command"
	done
	refused 2 "gate: --policy is missing" "$BIN" gate x.db
}

arguments_too_many() {
	for command in $commands; do
		refused 2 "$command: unexpected 'two'" "$BIN" "$command" one two
	done
}

missing_values() {
	refused 2 "run: '--jobs' needs a value" "$BIN" run x --jobs
	refused 2 "plan: '--seed' needs a value" "$BIN" plan x --seed
	refused 2 "show: '--results' needs a value" "$BIN" show x --results
}

unknown_format() {
	refused 2 "--format: 'pdf' is none of text, html, json, csv, junit" \
		"$BIN" report x.db --format pdf
}

# What is printed must arrive.
full_standard_output() {
	run sh -c '"$BIN" --help >/dev/full'
	expect_status 4
	expect_lines stderr 1
	expect_stderr '^otarig: cannot write to standard output: No space left on device$'
}

reader_that_leaves_early() {
	run sh -c '{ "$BIN" --help; echo "code $?" >&2; } | true'
	expect_lines stderr 1
	expect_stderr '^code 0$'
}

testcase says_its_version
testcase help_lists_every_command
testcase without_a_command_it_helps
testcase every_command_has_help
testcase unknown_commands
testcase unknown_options
testcase missing_arguments
testcase arguments_too_many
testcase missing_values
testcase unknown_format
testcase full_standard_output
testcase reader_that_leaves_early
finish
