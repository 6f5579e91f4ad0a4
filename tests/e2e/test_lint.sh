#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016 # the scripts written here expand their own variables
# The lints on small made-up trees: each finds what it is there for, and leaves the rest alone.
. "$(dirname "$0")/lib.sh"

spdx='SPDX-License-Identifier: GPL-3.0-or-later'

# plant FILE TEXT: a source file below the work folder, with its SPDX line
plant() {
	mkdir -p "$(dirname "$1")"
	printf '/* %s */\n%b' "$spdx" "$2" >"$1"
}

lint() {
	run "$TOP/tools/lint-$1"
}

# accepts LINT, refuses LINT ERE
accepts() {
	lint "$1"
	expect_status 0
	expect_lines stdout 1
	expect_stdout "^lint-$1: ok\$"
}

refuses() {
	lint "$1"
	expect_status 1
	expect_stdout "$2"
	expect_no_stdout ': ok$'
}

includes_in_the_right_direction() {
	plant rig/led/led.c '#include "led/led.h"\n#include "board/board.h"\n#include <stdint.h>\n'
	plant rig/bench/linux/x.c '#include "bench/bench.h"\n#include "bench/linux/y.h"\n'
	plant rig/bench/linux/gpio_v1.c '#include <gpiod.h>\n#include <linux/gpio.h>\n'
	plant rig/bench/virtual/x.c '#include "vboard/vboard.h"\n'
	plant rig/board/board_load.c '#include <cyaml/cyaml.h>\n'
	plant results/store_read.c '#include <sqlite3.h>\n#include <time.h>\n#include "verdict/verdict.h"\n'
	plant rig/cli/main.c '#include "campaign/campaign.h"\n#include "results/store.h"\n'
	plant firmware-under-test/vboard/cpu.c '#include "vboard/cpu.h"\n#include "vboard/vboard_test.h"\n'
	plant tests/unit/test_x.c '#include "vboard/vboard_test.h"\n#include "lib/testing.h"\n#include <check.h>\n'
	accepts includes
}

# wrong FILE INCLUDE ERE
wrong() {
	plant "$1" "\n\t# include $2\n"
	refuses includes "^$1:3: $3"
	rm "$1"
}

includes_against_the_direction() {
	wrong rig/verdict/judge.c '"bench/bench.h"' 'verdict may not include bench '
	wrong rig/base/err.c '"obs/obs.h"' 'base may not include obs '
	wrong rig/trial/trial.c '"results/store.h"' 'trial may not include results '
	wrong results/stats.c '"trial/trial.h"' 'results may not include trial '
	wrong rig/bench/linux/x.c '"bench/virtual/x.h"' 'bench/linux may not include bench/virtual '
	wrong firmware-under-test/vboard/cpu.c '"base/err.h"' 'vboard may not include base '
	wrong rig/bench/virtual/x.c '"vboard/cpu.h"' 'bench/virtual may not include vboard '
	wrong rig/bench/virtual/x.c '"vboard/vboard_test.h"' '"vboard/vboard_test.h" is for tests'
	wrong rig/verdict/judge.c '"base/file.h"' '"base/file.h" must never be seen by verdict'
	wrong rig/led/led.c '"led.h"' '"led.h" names no room'
	wrong rig/led/led.c '"lib/testing.h"' '"lib/testing.h" is for tests'
	wrong rig/attic/x.c '"base/err.h"' 'this file lies in no room'
	wrong rig/led/led.c 'LED_HEADER' 'an include that cannot be read'
}

libraries_only_where_they_belong() {
	wrong rig/cli/main.c '<gpiod.h>' '<gpiod.h> may only be included by '
	wrong rig/bench/linux/usb.c '<gpiod.h>' '<gpiod.h> may only be included by '
	wrong rig/cli/main.c '<sqlite3.h>' '<sqlite3.h> may only be included by '
	wrong rig/plan/plan.c '<cyaml/cyaml.h>' '<cyaml/cyaml.h> may only be included by '
	wrong rig/plan/plan.c '<time.h>' '<time.h> may only be included by '
	wrong rig/base/err.c '<curl/curl.h>' '<curl/curl.h> is in no table'
}

text_that_is_well() {
	plant rig/a.c 'int a;\n'
	printf '#!/bin/sh\n# %s\nrm "$TMPDIR/x"\n' "$spdx" >script
	printf 'Words, and words again; mktemp XXXXXX. See docs/work/plan.md\n' >README.md
	awk 'BEGIN { for (i = 0; i < 700; i++) print "licence" }' >LICENSE
	mkdir -p tests/fuzz/corpus/x
	printf 'blank \nTO''DO\n' >tests/fuzz/corpus/x/1
	accepts text
}

# bad_text FILE TEXT ERE
bad_text() {
	plant "$1" "$2"
	refuses text "^$1:$3"
	rm "$1"
}

text_that_is_not() {
	bad_text rig/a.c 'int a; /* TO''DO: more */\n' '2: work put off$'
	bad_text tests/a.c 'FIX''ME\n' '2: work put off$'
	bad_text rig/a.c 'int a; \n' '2: blanks at the end of the line$'
	bad_text rig/a.c 'int a;\r\n' '2: blanks at the end of the line$'
	bad_text README.md 'see /wo''rk/main\n' '2: path of a machine$'
	bad_text tests/e2e/x.sh 'cd "/ho''me/me"\n' '2: path of a machine$'
	bad_text rig/a.c 'open("/t''mp/x");\n' '2: path of a machine$'
	bad_text rig/a.c "$(awk 'BEGIN { for (i = 0; i < 600; i++) printf "x\\n" }')" '601: 601 lines, limit 600$'
}

sources_without_a_licence() {
	for file in a.c a.h a.sh a.sql a.yaml Makefile; do
		echo "x" >"$file"
		refuses text "^$file:1: no SPDX line at the top\$"
		rm "$file"
	done
	printf '#!/bin/sh\n' >tool
	refuses text '^tool:1: no SPDX line at the top$'
}

headers_alone() {
	command -v gcc >/dev/null || skip "no gcc"
	plant rig/led/led.h '#include <stdint.h>\nuint8_t led_get(void);\n'
	accepts headers
	plant rig/obs/obs.h 'uint8_t obs_get(void);\n'
	refuses headers '^rig/obs/obs\.h:2:1: error: unknown type name'
}

shell_scripts() {
	command -v shellcheck >/dev/null || skip "no shellcheck"
	printf '#!/bin/sh\necho "$1"\n' >good
	printf 'no script $x\n' >text.md
	accepts shell
	printf '#!/bin/sh\nrm $1\n' >bad
	refuses shell '^bad:2:4: .*SC2086'
}

c_format() {
	cp "$TOP/.clang-format" .
	plant rig/a.c 'int a(void)\n{\n\treturn 0;\n}\n'
	lint format
	[ "$(grep -c SKIP "$tests_case/stdout")" -eq 0 ] || skip "another version of clang-format"
	accepts format
	plant rig/b.c 'int b(void) { return 0;}\n'
	refuses format '^rig/b\.c:2:'
	run "$TOP/tools/lint-format" --fix
	expect_status 0
	accepts format
}

files_that_git_ignores_do_not_count() {
	command -v git >/dev/null || skip "no git"
	run git init -q .
	echo /build/ >.gitignore
	plant build/a.c 'int a; \n'
	plant rig/b.c 'int b;\n'
	accepts text
	plant rig/c.c 'int c; \n'
	refuses text '^rig/c\.c:2: blanks'
}

testcase includes_in_the_right_direction
testcase includes_against_the_direction
testcase libraries_only_where_they_belong
testcase text_that_is_well
testcase text_that_is_not
testcase sources_without_a_licence
testcase headers_alone
testcase shell_scripts
testcase c_format
testcase files_that_git_ignores_do_not_count
finish
