#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Scenarios that meddle with an update ('fuzz') and cut at points of its delivery ('after'), run on
# the reference firmware; and every word of theirs that is wrong, with its file and line.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rig.sh"

# fuzzed: ./f.yaml, cut after the second chunk of the first part, with one act a trial
fuzzed() {
	export OTARIG_DATA="$TOP"
	cp "$TOP/scenarios/policies/default.yaml" policy.yaml
	cat >f.yaml <<-END
		scenario: fuzzed
		summary: an update that is meddled with and cut
		board: p1
		from: reference-robust-1.0-p1
		to: reference-robust-1.1-p1
		deliver:
		  via: cloud
		  parts: [system-part1, system-part2, user]
		cut:
		  strategy: list
		  points:
		    - {part: 1, after: chunk, chunk: 1}
		fuzz:
		  transfer: [drop, twice]
		power: {off: 500ms, vbat: lost}
		ladder: [wait]
		trials: 3
		controls: 1
		seed: 1
		policy: policy.yaml
	END
}

# wrong LINE TEXT FROM TO: the scenario with FROM replaced by TO is refused, before anything is run
wrong() {
	sed "s|$3|$4|" f.yaml >w.yaml
	cmp -s f.yaml w.yaml && fail "nothing is '$3'"
	for command in plan run; do
		refused 2 "w\.yaml:$1: $2\$" "$BIN" "$command" w.yaml
	done
	[ ! -e w.db ] || fail "there are results"
}

words_of_fuzz() {
	fuzzed
	wrong 14 "nothing that is done to a transfer is called 'explode'" 'drop, twice' 'drop, explode'
	wrong 14 "'drop' is there twice" 'drop, twice' 'drop, drop'
	wrong 14 "'fuzz\.transfer' needs 1 or more entries" 'drop, twice' ''
	wrong 14 "delivery 'cloud' knows no 'noise'" 'drop, twice' 'drop, noise'
	wrong 14 "delivery 'staged' knows no 'drop'" 'via: cloud' 'via: staged'
	wrong 14 "no mutation of an image is called 'bit-flop' \(see 'otarig image mutate --list'\)" \
		'transfer: .*' 'image: [bit-flop]'
	wrong 14 "'bit-flip' is there twice" 'transfer: .*' 'image: [bit-flip, bit-flip]'
	wrong 14 "unknown key 'nothing' in 'fuzz'" 'transfer: .*' 'nothing: 1'
	wrong 13 "'fuzz' needs 'transfer' or 'image'" 'transfer: .*' 'per_trial: 2'
	wrong 15 "'fuzz\.per_trial' must be 1 to 4" 'twice\]' 'twice]\n  per_trial: 5'
}

words_of_after() {
	fuzzed
	wrong 12 "unknown word 'never' for 'cut\.points\[0\]\.after', known: begun, ready, chunk, sent, taken, installed" \
		'after: chunk, chunk: 1' 'after: never'
	wrong 12 "'chunk' and 'after: chunk' go together" 'after: chunk, chunk: 1' 'after: chunk'
	wrong 12 "'chunk' and 'after: chunk' go together" 'after: chunk, chunk: 1' \
		'after: begun, chunk: 1'
	wrong 12 "'soon' is not a duration for 'cut\.points\[0\]\.plus'" 'chunk: 1' \
		'chunk: 1, plus: soon'
	wrong 12 "there is no part 4, only 1 to 3" 'part: 1' 'part: 4'
	wrong 12 "a point needs one of 'time', 'operation', 'instruction', 'after'" \
		'after: chunk, chunk: 1' 'chunk: 1'
	wrong 7 "there is no way of delivery 'pigeon', known: staged, cloud, .*" 'via: cloud' \
		'via: pigeon'
}

# A chunk that there is none of is known when the images are.
chunk_beyond_the_part() {
	fuzzed
	wrong 12 "cut point 1: chunk 4000 of part 1, which is delivered in [0-9]+" 'chunk: 1' \
		'chunk: 4000'
}

# What was done is in each trial's id, and the trial does it again.
acts_are_in_the_trial() {
	fuzzed
	run "$BIN" plan f.yaml
	expect_status 0
	expect_stdout '^fuzzed\.1\.0\.none\.0\.l +control$'
	grep -Eo '^fuzzed\.1\.[1-3]\.1achunk1p0\.500000\.l\.fuzz-(drop|twice)[0-9]+' \
		"$tests_case/stdout" >planned
	[ "$(wc -l <planned)" -eq 3 ] || fail "not three trials that meddle"
	run "$BIN" run f.yaml --results f.db
	expect_status 3 # five controls are asked for
	run "$BIN" report f.db --format csv
	expect_status 0
	sed 1,2d "$tests_case/stdout" | cut -d , -f 2 | tr -d '"' >ran
	expect_same planned ran
	id=$(sed -n 1p ran)
	run "$BIN" show "$id" --results f.db
	expect_status 0
	expect_stdout "^trial     $id\$"
	run "$BIN" replay "$id" --results f.db
	expect_status 0
	expect_stdout "^same  $id  reverted: "
}

# Images that are changed on purpose, without any cut.
images_are_changed() {
	fuzzed
	sed -e 's/via: cloud/via: staged/' -e '/^  points:/,/^    -/d' -e 's/strategy: list/strategy: none/' \
		-e 's/transfer: .*/image: [crc-wrong]/' f.yaml >i.yaml
	run "$BIN" run i.yaml --results i.db
	expect_status 3
	run "$BIN" report i.db --format csv
	expect_status 0
	expect_lines stdout 5
	grep -Ec '"fuzzed\.1\.[1-3]\.[1-3]n\.500000\.l\.image-crc-wrong\.[0-9]+"' "$tests_case/stdout" >count ||
		fail "the ids do not tell what was changed"
	[ "$(cat count)" -eq 3 ] || fail "not three trials that meddle"
}

testcase words_of_fuzz
testcase words_of_after
testcase chunk_beyond_the_part
testcase acts_are_in_the_trial
testcase images_are_changed
finish
