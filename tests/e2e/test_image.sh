#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The image commands: modules shown, judged, compared, built, and changed on purpose.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rig.sh"

images=$TOP/firmware-under-test/reference/images
commands='inspect verify diff build mutate'

# make_user FILE [OPTION...]: a small user part for the P1
make_user() {
	user_file=$1
	shift
	printf 'Thirty-two bytes of a small body' >body
	"$BIN" image build --function user --version 7 --platform p1 "$@" body -o "$user_file" \
		>/dev/null || fail "cannot build $user_file"
}

# poke FILE OFFSET BYTE: one byte changed, in octal
poke() {
	printf '%b' "\\0$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

needs_a_second_word() {
	refused 2 "'image' needs one of inspect, verify, diff, build, mutate" "$BIN" image
	refused 2 "'image' needs one of inspect, verify, diff, build, mutate" "$BIN" image paint
	for command in $commands; do
		run "$BIN" image "$command" --help
		expect_status 0
		expect_lines stderr 0
		expect_stdout "^usage: otarig image $command "
		[ "$(wc -L <"$tests_case/stdout")" -le 80 ] || fail "help is wider than 80 columns"
	done
	refused 2 'image inspect: FILE... is missing' "$BIN" image inspect
	refused 2 "image inspect: unknown option '-o'" "$BIN" image inspect -o x y
	refused 2 "image mutate: '-o' needs a value" "$BIN" image mutate x -o
	# shellcheck disable=SC2046 # a list of words
	refused 2 "image verify: unexpected '65'" "$BIN" image verify $(seq 65)
	refused 2 'image verify: FILE... is missing' "$BIN" image verify
	refused 2 'image diff: A B is missing' "$BIN" image diff x
	refused 2 "image diff: unexpected 'z'" "$BIN" image diff x y z
	refused 2 'image build: BODY is missing' "$BIN" image build
	refused 2 'image mutate: FILE is missing' "$BIN" image mutate --seed 1 -o x
}

shows_a_module() {
	run "$BIN" image inspect "$images/bootloader-era-b.bin"
	expect_status 0
	expect_lines stderr 0
	expect_stdout '^  module   bootloader 0 for p1 \(8\), version 501 \(1\.4\.4, 1\.5\.0, 1\.5\.1\)$'
	expect_stdout '^  header   at 0x184: 0x08000000 to 0x0800[0-9a-f]{4}, [0-9]+ bytes, flags 0x00$'
	expect_stdout '^  vectors  stack 0x2002[0-9a-f]{4}, reset 0x0800[0-9a-f]{4}$'
	expect_stdout '^  SHA-256  [0-9a-f]{64} right$'
	expect_stdout '^  CRC      [0-9a-f]{8} right$'
	expect_no_stdout wrong
}

shows_a_module_as_json() {
	make_user u.bin --depends system.2:207 --product 12:3
	run "$BIN" image inspect --format json u.bin
	expect_status 0
	expect_stdout '"platform": "p1"'
	expect_stdout '"header_offset": 0,'
	expect_stdout '"start": 134873088,'
	expect_stdout '"wrong": \[\]'
	expect_stdout '"right": true'
	refused 2 "unknown format 'xml', known: text, json" "$BIN" image inspect --format xml u.bin
}

shows_what_is_damaged() {
	make_user u.bin
	poke u.bin 30 101
	run "$BIN" image inspect u.bin
	expect_status 0
	expect_stdout '^  CRC      [0-9a-f]{8} WRONG, [0-9a-f]{8} computed$'
	expect_stdout '^  wrong    0x60: CRC is '
	head -c 70 u.bin >cut.bin
	run "$BIN" image inspect cut.bin
	expect_status 0
	expect_stdout ' 100 bytes \(the file has 70\), flags 0x00$'
	expect_stdout '^  tail     not there$'
	expect_stdout '^  wrong    0x4: the header tells of 100 bytes, there are only 70$'
}

shows_what_it_can_of_many() {
	make_user u.bin
	head -c 1000 /dev/zero >zero.bin
	refused 2 'zero.bin: no header of a module at 0x0, 0x184, 0x200 or near the start' \
		"$BIN" image inspect zero.bin
	refused 2 "cannot read 'none.bin': No such file" "$BIN" image inspect none.bin
	run "$BIN" image inspect zero.bin u.bin
	expect_status 2
	expect_stdout '^u.bin$'
	expect_stderr '^otarig: zero.bin: no header'
	run "$BIN" image inspect --format json zero.bin u.bin
	expect_status 2
	expect_stdout '"text": "zero.bin: no header of a module'
}

judges_modules() {
	make_user u.bin
	run "$BIN" image verify --platform p1 u.bin
	expect_status 0
	expect_stdout '^u.bin: good: user 1 for p1 \(8\), version 7$'
	run "$BIN" image verify --platform photon u.bin
	expect_status 1
	expect_lines stdout 1
	expect_stdout '^u.bin: 0xc: it is for platform 8 \(p1\), not for 6 \(photon\)$'
	refused 2 "no platform is called 'pdp11'" "$BIN" image verify --platform pdp11 u.bin
	refused 2 "cannot read 'none.bin': No such file" "$BIN" image verify none.bin
	poke u.bin 30 101
	run "$BIN" image verify u.bin
	expect_status 1
	expect_lines stdout 2
	expect_stdout '^u.bin: 0x60: CRC is '
	expect_stdout '^u.bin: 0x3e: SHA-256 is '
}

judges_the_reference_firmware() {
	for file in "$images"/*.bin; do
		run "$BIN" image verify --platform p1 "$file"
		expect_status 0
	done
}

judges_released_firmware() {
	need_firmware
	cache=${OTARIG_CACHE:-$HOME/.cache/otarig}
	find "$cache"/particle-* -name '*.bin' >list
	[ "$(wc -l <list)" -gt 20 ] || fail "there are few modules in $cache"
	while read -r file; do
		run "$BIN" image verify "$file"
		expect_status 0
	done <list
}

# The Electron's files are numbered in the order of delivery; their indexes are 3, 1, 2.
orders_an_update() {
	need_firmware
	from=${OTARIG_CACHE:-$HOME/.cache/otarig}/particle-cli-2.4.1/assets
	for part in 1 2 3; do
		cp "$from/updates/electron-system-part$part@1.5.0.bin" "part$part.bin"
	done
	cp "$from/binaries/electron_tinker.bin" user.bin
	run "$BIN" image verify user.bin part3.bin part2.bin part1.bin
	expect_status 0
	expect_stdout '^order for electron:$'
	expect_stdout '^ 1 part1.bin: system 3 for electron'
	expect_stdout '^ 2 part2.bin: system 1 for electron'
	expect_stdout '^ 3 part3.bin: system 2 for electron'
	expect_stdout '^ 4 user.bin: user 1 for electron'
	expect_stdout '^   the board must have system 2, version 110 \(0\.6\.4\) or later before, for part1'
	expect_stdout '^   the board must have bootloader 0, version 400 or later, for part3.bin$'
}

finds_contradictions_in_a_set() {
	printf 'Thirty-two bytes of a small body' >body
	for index in 1 2; do
		"$BIN" image build --function system --index "$index" --version 9 --platform p1 \
			--depends system.$((3 - index)):9 body -o "s$index.bin" >/dev/null
	done
	run "$BIN" image verify s1.bin s2.bin
	expect_status 1
	expect_stdout '^p1: circular: system 1 needs system 2 needs system 1$'
	make_user u.bin --depends system.2:10
	"$BIN" image build --force --function system --index 2 --version 9 --platform p1 body \
		-o s2.bin >/dev/null
	run "$BIN" image verify u.bin s2.bin
	expect_status 1
	expect_stdout '^u.bin: needs system 2, version 10 or later, the set has 9$'
	run "$BIN" image verify u.bin u.bin
	expect_status 1
	expect_stdout '^p1: user 1 is there twice$'
	# alone, or of different boards, they have nothing to do with each other
	"$BIN" image build --function user --version 1 --platform photon body -o p.bin >/dev/null
	run "$BIN" image verify u.bin p.bin
	expect_status 0
	expect_no_stdout order
}

compares_modules() {
	make_user a.bin
	make_user b.bin --product 1:2
	run "$BIN" image diff a.bin a.bin
	expect_status 0
	expect_stdout '^  the same bytes$'
	run "$BIN" image diff a.bin b.bin
	expect_status 0
	expect_stdout '^user 1 for p1 \(8\): version 7 -> 7, 100 -> 100 bytes$'
	expect_stdout '^  [0-9]+ bytes in [0-9]+ words differ; 1 sector$'
	expect_stdout '^  first at 0x080a0038 \(offset 0x38\); read the word at 0x080a0038: 0xffffffff -> 0x00020001$'
	refused 2 "cannot read 'none': No such file" "$BIN" image diff a.bin none
}

compares_folders() {
	mkdir old new empty
	make_user old/u.bin
	make_user new/other-name.bin
	echo text >new/README
	"$BIN" image build --function system --index 2 --version 9 --platform p1 body \
		-o old/s2.bin >/dev/null
	run "$BIN" image diff old new
	expect_status 0
	expect_stderr '^otarig: left out: new/README: no header'
	expect_stdout '^user 1 for p1 \(8\): version 7 -> 7'
	expect_stdout '^  only in old$'
	run "$BIN" image diff new old
	expect_stdout '^  only in old$'
	refused 2 "no modules in folder 'empty'" "$BIN" image diff old empty
	cp old/u.bin old/v.bin
	refused 2 'old/u.bin and old/v.bin are both user 1 for p1 \(8\)' "$BIN" image diff old old
}

builds_modules() {
	make_user u.bin --depends system.2:207 --depends bootloader.0:400
	run "$BIN" image inspect u.bin
	expect_stdout '^  needs    system 2, version 207 \(0\.7\.0\) or later$'
	expect_stdout '^  needs    bootloader 0, version 400 or later$'
	expect_stdout '^  product  none$'
	cp u.bin before.bin
	refused 2 "'u.bin' is there already, use --force" "$BIN" image build --function user \
		--version 8 --platform p1 body -o u.bin
	expect_same u.bin before.bin
	run "$BIN" image build --function user --version 8 --platform p1 --force body --output u.bin
	expect_status 0
	expect_stdout '^u.bin: user 1 for p1 \(8\), version 8, 100 bytes$'
	mkdir folder
	refused 2 "'folder' is there and is no regular file" "$BIN" image build --function user \
		--version 8 --platform p1 --force body -o folder
	run "$BIN" image build --function user --version 8 --platform p1 --start 0x08080000 body \
		-o odd.bin
	expect_status 0
	expect_stderr '^otarig: warning: odd.bin: 0x0: start address 0x08080000, user 1 lies at 0x080a0000$'
}

# build_refused TEXT OPTION...
build_refused() {
	build_text=$1
	shift
	refused 2 "$build_text" "$BIN" image build "$@" body -o x.bin
}

refuses_to_build() {
	printf 'Thirty-two bytes of a small body' >body
	build_refused 'image build: --function is missing' --version 1 --platform p1
	build_refused 'image build: --version is missing' --function user --platform p1
	build_refused 'image build: --platform is missing' --function user --version 1
	refused 2 'image build: --output is missing' "$BIN" image build --function user \
		--version 1 --platform p1 body
	set -- --function user --version 1 --platform p1
	build_refused "no function is called 'usr'" "$@" --function usr
	build_refused "no platform is called 'p2'" "$@" --platform p2
	build_refused "--version: " "$@" --version 65536
	build_refused "--index: " "$@" --index 256
	build_refused "--start: " "$@" --start 0x100000000
	build_refused 'image build: --start is missing' "$@" --index 9
	build_refused "--depends: 'system:2' is not a dependency" "$@" --depends system:2
	build_refused '--depends: a module has room for 2' "$@" --depends system.1:1 \
		--depends system.2:1 --depends bootloader.0:1
	build_refused "--product: '12' is not ID:VERSION" "$@" --product 12
	build_refused "--product: '1:x' is not ID:VERSION" "$@" --product 1:x
	build_refused 'body: modules for platform 12 \(argon\) cannot be built' "$@" \
		--platform argon
	build_refused "image build: '--depends' is given more than 4 times" "$@" --depends a \
		--depends b --depends c --depends d --depends e
	: >empty
	refused 2 'empty: offset 0x0: the body is empty' "$BIN" image build "$@" empty -o x.bin
	refused 2 "cannot read 'none': No such file" "$BIN" image build "$@" none -o x.bin
}

lists_mutations() {
	run "$BIN" image mutate --list
	expect_status 0
	expect_lines stdout 24
	expect_stdout '^bit-flip +blind +one bit anywhere$'
	expect_stdout '^bootloader-other-board +grammar-aware .*\(dangerous: '
}

changes_by_seed() {
	make_user u.bin
	for file in a b; do
		run "$BIN" image mutate u.bin --seed 77 --count 5 -o "$file.bin"
		expect_status 0
		expect_lines stdout 5
		expect_stdout '^[a-z-]+\.77: offset 0x[0-9a-f]+: '
		cp "$tests_case/stdout" "$file.txt"
	done
	expect_same a.bin b.bin
	expect_same a.txt b.txt
	run "$BIN" image mutate u.bin --seed 78 --count 5 -o c.bin
	expect_status 0
	! cmp -s a.bin c.bin || fail "another seed gave the same bytes"
}

# What is printed says how to do it again.
changes_by_id() {
	make_user u.bin
	run "$BIN" image mutate u.bin --seed 3 -o a.bin
	expect_status 0
	id=$(sed 's/: .*//' "$tests_case/stdout")
	run "$BIN" image mutate u.bin --kind "$id" -o b.bin
	expect_status 0
	expect_same a.bin b.bin
	run "$BIN" image mutate u.bin --kind "${id%%.*}" --seed 3 -o c.bin
	expect_status 0
	expect_same a.bin c.bin
}

seals_what_it_changed() {
	make_user u.bin
	run "$BIN" image mutate u.bin --kind version-max --seed 1 -o a.bin
	expect_status 0
	expect_stdout '^version-max\.1: offset 0xa: version 7 became 65535$'
	run "$BIN" image verify a.bin
	expect_status 0
	run "$BIN" image mutate u.bin --kind version-max --seed 1 --sums raw -o b.bin
	expect_status 0
	expect_stdout '^version-max\.1\.raw: '
	run "$BIN" image verify b.bin
	expect_status 1
	expect_stdout ': CRC is '
	run "$BIN" image mutate u.bin --kind flags-set.1 -o f.bin
	run "$BIN" image inspect f.bin
	expect_stdout '^  header .*, flags 0x0[1-7] \((drop module info|compressed|combined|, )+\)$'
	run "$BIN" image mutate u.bin --kind sha-wrong.9 -o c.bin
	run "$BIN" image verify c.bin
	expect_lines stdout 1
	expect_stdout ': SHA-256 is '
	run "$BIN" image mutate u.bin --kind crc-wrong.9 -o d.bin
	run "$BIN" image verify d.bin
	expect_lines stdout 1
	expect_stdout ': CRC is '
}

makes_a_circle_of_two() {
	printf 'Thirty-two bytes of a small body' >body
	for index in 1 2; do
		"$BIN" image build --function system --index "$index" --version 9 --platform p1 \
			body -o "s$index.bin" >/dev/null
	done
	for index in 1 2; do
		run "$BIN" image mutate "s$index.bin" --kind dependency-circular.1 \
			--with "s$((3 - index)).bin" -o "c$index.bin"
		expect_status 0
	done
	run "$BIN" image verify c1.bin c2.bin
	expect_status 1
	expect_stdout '^p1: circular: system 1 needs system 2 needs system 1$'
}

tells_of_danger() {
	make_user u.bin
	run "$BIN" image mutate u.bin --kind address-overlap.1 -o a.bin
	expect_status 0
	expect_stderr '^otarig: dangerous for a board: address-overlap\.1: '
	# what may cost a board is not drawn unless it is asked for
	seed=0
	: >told
	while [ "$seed" -lt 40 ]; do
		run "$BIN" image mutate u.bin --seed "$seed" --force -o a.bin
		expect_status 0
		expect_lines stderr 0
		run "$BIN" image mutate u.bin --seed "$seed" --dangerous --force -o a.bin
		expect_status 0
		cat "$tests_case/stderr" >>told
		seed=$((seed + 1))
	done
	grep -q '^otarig: dangerous for a board: ' told || fail "no dangerous kind was drawn"
}

refuses_to_change() {
	make_user u.bin
	echo precious >there.bin
	cp there.bin before.bin
	refused 2 'image mutate: --seed is missing' "$BIN" image mutate u.bin -o x.bin
	refused 2 'image mutate: --output is missing' "$BIN" image mutate u.bin --seed 1
	refused 2 "--kind: there is no kind 'bit-flop'" "$BIN" image mutate u.bin --seed 1 \
		--kind bit-flop -o x.bin
	refused 2 "'bit-flip.x' is not a mutation like bit-flip.12345" "$BIN" image mutate u.bin \
		--kind bit-flip.x -o x.bin
	refused 2 '--kind has a seed in it, --seed is too much' "$BIN" image mutate u.bin \
		--kind bit-flip.1 --seed 2 -o x.bin
	refused 2 "--sums: 'maybe' is not sealed or raw" "$BIN" image mutate u.bin --seed 1 \
		--sums maybe -o x.bin
	refused 2 '--count: ' "$BIN" image mutate u.bin --seed 1 --count 0 -o x.bin
	refused 2 '--count: ' "$BIN" image mutate u.bin --seed 1 --count 1001 -o x.bin
	refused 2 'u.bin: bootloader-other-board: it is no bootloader, and there is none in it' \
		"$BIN" image mutate u.bin --kind bootloader-other-board.1 -o x.bin
	refused 2 "cannot read 'none': No such file" "$BIN" image mutate none --seed 1 -o x.bin
	refused 4 "cannot write 'none/x.bin': No such file" "$BIN" image mutate u.bin --seed 1 \
		-o none/x.bin
	refused 2 "'there.bin' is there already, use --force" "$BIN" image mutate u.bin --seed 1 \
		-o there.bin
	expect_same there.bin before.bin
	[ "$(find . -type f | wc -l)" -eq 6 ] || fail "files were left behind: $(find .)"
}

# Sums made right over an earlier change are dangerous too.
tells_of_danger_in_steps() {
	run "$BIN" image mutate "$images/bootloader-era-b.bin" --kind bit-flip.1 -o a.bin
	expect_status 0
	expect_lines stderr 0
	run "$BIN" image mutate "$images/bootloader-era-b.bin" --kind bit-flip.1.sealed -o b.bin
	expect_stderr '^otarig: dangerous for a board: bit-flip\.1\.sealed: a broken bootloader'
	seed=0
	while [ "$seed" -lt 20 ]; do
		run "$BIN" image mutate "$images/bootloader-era-b.bin" --seed "$seed" --count 6 \
			--force -o c.bin
		expect_status 0
		expect_lines stderr 0
		# what was changed blindly has a wrong CRC to the end
		if grep -Eq '^(bit-flip|byte-set|body-splice|zero-block|ff-block)' \
			"$tests_case/stdout"; then
			run "$BIN" image verify c.bin
			[ "$ran_status" -ne 0 ] || fail "seed $seed: a broken bootloader is good"
		fi
		seed=$((seed + 1))
	done
}

testcase needs_a_second_word
testcase shows_a_module
testcase shows_a_module_as_json
testcase shows_what_is_damaged
testcase shows_what_it_can_of_many
testcase judges_modules
testcase judges_the_reference_firmware
testcase judges_released_firmware
testcase orders_an_update
testcase finds_contradictions_in_a_set
testcase compares_modules
testcase compares_folders
testcase builds_modules
testcase refuses_to_build
testcase lists_mutations
testcase changes_by_seed
testcase changes_by_id
testcase seals_what_it_changed
testcase makes_a_circle_of_two
testcase tells_of_danger
testcase tells_of_danger_in_steps
testcase refuses_to_change
finish
