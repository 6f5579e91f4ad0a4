#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The checked-in images of the bare-metal test programs are what their sources give.
. "$(dirname "$0")/lib.sh"

images=$TOP/tests/bare/images

images_are_of_these_sources() {
	compiler=$("$TOP/tools/build-bare" --compiler 2>/dev/null) ||
		skip "no arm-none-eabi-gcc to rebuild the bare programs with"
	[ "$compiler" = "$(cat "$images/compiler")" ] ||
		skip "the images were built with another compiler: $(cat "$images/compiler")"
	run "$TOP/tools/build-bare" "$PWD/new"
	expect_status 0
	run diff -r "$images" new
	expect_status 0
}

says_when_there_is_no_compiler() {
	run env BARE_PREFIX=no-such- "$TOP/tools/build-bare" "$PWD/new"
	expect_status 2
	expect_stderr '^build-bare: no no-such-gcc'
	[ ! -e new ] || fail "something was made"
}

testcase images_are_of_these_sources
testcase says_when_there_is_no_compiler
finish
