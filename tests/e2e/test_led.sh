#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016 # VCD is full of dollars
# The led commands: captures decoded, a virtual board watched, words proposed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rig.sh"

# blink FILE LIT_US DARK_US TIMES: red on a line without PWM, low = lit
blink() {
	awk -v lit="$2" -v dark="$3" -v times="$4" 'BEGIN {
		print "t_us,channel,level"
		for (i = 0; i < times; i++) {
			t = 1000000 + i * (lit + dark)
			print t ",r,0"
			print t + lit ",r,1"
		}
	}' >"$1"
}

decodes_edges() {
	blink c.csv 50000 50000 20
	run "$BIN" led decode c.csv
	expect_status 0
	expect_stdout '^# CSV of edges, 1\.950 s'
	expect_stdout ' 100 %  blinking-red-fast: red blink, period 100 ms$'
}

decodes_to_json() {
	blink c.csv 50000 50000 20
	run "$BIN" led decode --format json c.csv
	expect_status 0
	expect_stdout '"name": "blinking-red-fast"'
	expect_stdout '"period_us": 100000'
}

decodes_another_language() {
	# the darkness before it belongs to a code
	printf 't_ms,r,g,b\n0,1,1,1\n1000,0,1,1\n1100,1,1,1\n1400,0,1,1\n1500,1,1,1\n9000,1,1,0\n' >c.csv
	run "$BIN" led decode --vocabulary circuitpython c.csv
	expect_status 0
	expect_stdout 'exception: red code 2$'
}

decodes_sigrok() {
	{
		echo '$timescale 1 us $end $var wire 1 ! BLUE $end $enddefinitions $end'
		awk 'BEGIN { for (i = 0; i < 21; i++) print "#" i * 250000 " " i % 2 "!" }'
	} >c.vcd
	run "$BIN" led decode c.vcd
	expect_status 0
	expect_stdout '^# VCD, '
	# without red and green it may be any light that has blue in it
	expect_stdout 'unknown'
	sed 's/\$enddefinitions/$var wire 1 r RED $end $var wire 1 g GREEN $end &/;s/^#0 /#0 1r 1g /' \
		c.vcd >d.vcd
	run "$BIN" led decode d.vcd
	expect_status 0
	expect_stdout 'blinking-blue: blue blink, period 500 ms$'
}

swapped_lines() {
	blink c.csv 50000 50000 20
	run "$BIN" led decode --lines bgr c.csv
	expect_status 0
	expect_stdout 'blinking-blue-fast'
	refused 2 "'rgx' for --lines is not three of r, g, b and '-'" \
		"$BIN" led decode --lines rgx c.csv
}

learns_words() {
	blink c.csv 300000 300000 12
	run "$BIN" led learn c.csv
	expect_status 0
	expect_stdout '    - \{name: blinking-red-600, colour: red, pattern: blink, period: 600ms, '
}

# A code of two, twice, and an SOS of one, twice; red, low = lit
marks() {
	awk -v marks="$1" 'BEGIN {
		print "t_ms,r,g,b\n0,1,1,1"
		t = 1000
		n = split(marks, us, " ")
		for (turn = 0; turn < 2; turn++)
			for (i = 1; i <= n; i++) {
				print t "," (i % 2 ? 0 : 1) ",1,1"
				t += us[i]
			}
		print t ",1,1,0"
		print t + 100 ",1,1,1"
	}'
}

learns_codes_and_sos() {
	marks '200 300 200 2000' >c.csv
	run "$BIN" led learn c.csv
	expect_status 0
	expect_stdout '    - \{name: code-red-500, colour: red, pattern: code, period: 500ms, lit: 200ms, '
	marks '150 100 150 100 150 200 300 100 300 100 300 200 150 100 150 100 150 1000 300 1100' >c.csv
	run "$BIN" led learn c.csv
	expect_status 0
	expect_stdout '    - \{name: sos-red, colour: red, pattern: sos\}'
}

learns_sequences() {
	awk 'BEGIN {
		print "t_ms,r,g,b\n0,1,1,1"
		for (i = 0; i < 5; i++) {
			print 1000 + 700 * i ",0,1,1"
			print 1200 + 700 * i ",1,1,0"
		}
	}' >c.csv
	run "$BIN" led learn c.csv
	expect_status 0
	expect_stdout '    - name: sequence-1'
	expect_stdout '        - \{colour: red, for: 200ms\}'
	expect_stdout '        - \{colour: blue, for: 500ms\}'
}

bad_captures() {
	echo 't_us,channel,level' >c.csv
	refused 2 'c.csv:1: no line changes its level in this capture' "$BIN" led decode c.csv
	printf 't_us,channel,level\n5,r,1\n4,r,0\n' >c.csv
	refused 2 'c.csv:3: time goes back, from 5 to 4 us' "$BIN" led decode c.csv
	printf 't_us,r\n\001\n' >c.csv
	refused 2 'c.csv:2: byte 0x01 is no text' "$BIN" led decode c.csv
	refused 2 "unknown format 'xml', known: text, json" "$BIN" led decode --format xml c.csv
	refused 2 "cannot read 'none.csv'" "$BIN" led decode none.csv
}

bad_names() {
	refused 2 "'led' needs one of decode, watch, learn" "$BIN" led
	refused 2 "'led' needs one of decode, watch, learn" "$BIN" led dance
	refused 2 "there is no virtual board 'none'" "$BIN" led watch virtual:none --board p1
	refused 2 'a virtual board needs a release to boot: --release NAME' \
		"$BIN" led watch virtual:p1
	refused 2 "duration '3' needs a unit: us, ms, s, min, h for '--for'" \
		"$BIN" led watch virtual:p1 --for 3
}

watches_and_records() {
	need_firmware
	run "$BIN" led watch virtual:p1 --release particle-1.5.0-p1 --for 5s --record edges.csv
	expect_status 0
	expect_stdout 'blinking-white: white blink, period 200 ms$'
	expect_stdout 'breathing-white: white fade'
	run "$BIN" led decode edges.csv
	expect_status 0
	expect_stdout 'breathing-white: white fade'
}

testcase decodes_edges
testcase decodes_to_json
testcase decodes_another_language
testcase decodes_sigrok
testcase swapped_lines
testcase learns_words
testcase learns_codes_and_sos
testcase learns_sequences
testcase bad_captures
testcase bad_names
testcase watches_and_records
finish
