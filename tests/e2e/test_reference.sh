#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The reference firmware: its images are what its sources give, and it needs no fetching.
. "$(dirname "$0")/lib.sh"

compiler_kept=$(cat "$TOP/firmware-under-test/reference/images/COMPILER")

# The images in git, built again with the compiler that is named beside them; twice, in two places.
same_bytes() {
	compiler=$(arm-none-eabi-gcc --version 2>/dev/null | head -n 1)
	[ "$compiler" = "$compiler_kept" ] ||
		skip "built with '$compiler_kept', here is '${compiler:-no cross compiler}'"
	seal=$(dirname "$BIN")/tools/seal-module
	[ -x "$seal" ] || skip "seal-module is not built, see 'make tests'"
	run "$TOP/tools/build-reference" "$seal" first --check
	expect_status 0
	run "$TOP/tools/build-reference" "$seal" second/place
	expect_status 0
	run diff -r first second/place
	expect_status 0
}

# A source that gives another image is noticed.
other_bytes() {
	command -v arm-none-eabi-gcc >/dev/null || skip "there is no cross compiler"
	seal=$(dirname "$BIN")/tools/seal-module
	[ -x "$seal" ] || skip "seal-module is not built, see 'make tests'"
	mkdir -p tree/tools
	cp -r "$TOP/firmware-under-test" tree/
	cp "$TOP/tools/build-reference" tree/tools/
	sed -i 's/COPY_ATTEMPTS = 3/COPY_ATTEMPTS = 4/' tree/firmware-under-test/reference/bootloader/apply.c
	run tree/tools/build-reference "$seal" out --check
	expect_status 1
	expect_stderr 'images/bootloader-robust\.bin differs'
	expect_no_stderr 'images/system-part1-100\.bin differs'
}

# A damaged image is an error of the file, not of the cache.
damaged_image() {
	mkdir -p data/scenarios
	cp -r "$TOP/firmware-under-test" data/
	cp -r "$TOP/scenarios/policies" "$TOP/scenarios/reference" data/scenarios/
	printf x | dd of=data/firmware-under-test/reference/images/user-1.0.bin bs=1 seek=50 \
		conv=notrunc status=none
	run env OTARIG_DATA="$PWD/data" "$BIN" plan data/scenarios/reference/robust.yaml
	expect_status 2
	expect_stderr "reference-robust-1\.0-p1\.yaml:[0-9]+: '.*/images/user-1\.0\.bin' has SHA-256 [0-9a-f]{64}$"
	rm data/firmware-under-test/reference/images/user-1.0.bin
	run env OTARIG_DATA="$PWD/data" "$BIN" plan data/scenarios/reference/robust.yaml
	expect_status 2
	expect_stderr "reference-robust-1\.0-p1\.yaml:[0-9]+: .*/images/user-1\.0\.bin"
	expect_no_stderr 'fetch-particle-firmware'
}

testcase same_bytes
testcase other_bytes
testcase damaged_image
finish
