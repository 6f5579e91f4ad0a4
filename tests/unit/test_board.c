/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board/board.h"
#include "base/file.h"
#include "lib/edit.h"
#include "lib/testing.h"

static const char good[] =
	"board: toy\n"					       /* 1 */
	"platform_id: 8\n"				       /* 2 */
	"chip: stm32f205\n"				       /* 3 */
	"cpu_hz: 120000000\n"				       /* 4 */
	"led:\n"					       /* 5 */
	"  active_low: true\n"				       /* 6 */
	"  pwm_hz: 100\n"				       /* 7 */
	"  states:\n"					       /* 8 */
	"    - {name: white, colour: white, pattern: solid}\n" /* 9 */
	"    - {name: dfu, colour: yellow, pattern: blink, period: 202ms, tolerance: 40ms}\n" /* 10
											       */
	"    - {name: sos, colour: red, pattern: sos}\n"			     /* 11 */
	"    - {name: any, colour: cyan, pattern: fade}\n"			     /* 12 */
	"buttons:\n"								     /* 13 */
	"  safe_mode: 1s\n"							     /* 14 */
	"  dfu: 3s\n"								     /* 15 */
	"  reset_pulse: 50ms\n"							     /* 16 */
	"boot:\n"								     /* 17 */
	"  alive: white\n"							     /* 18 */
	"  dfu: dfu\n"								     /* 19 */
	"  apply: any\n"							     /* 20 */
	"  alive_max: 3s\n"							     /* 21 */
	"  apply_max: 8s\n"							     /* 22 */
	"  long_off: 30s\n"							     /* 23 */
	"regions:\n"								     /* 24 */
	"  - {name: low, start: 0x1000, size: 0x100, function: 2, index: 0}\n"	     /* 25 */
	"  - {name: high, start: 0xffff0000, size: 0xffff, function: 4, index: 1}\n" /* 26 */
	"  - {name: over, start: 0x1080, size: 0x100}\n";			     /* 27 */

/* The profile as a file; its path goes to 'path'. */
static void put(const char *text, char path[256])
{
	snprintf(path, 256, "%s/board.yaml", testing_folder());
	ck_assert_int_eq(file_write(path, text, strlen(text), NULL), 0);
}

START_TEST(good_profile)
{
	struct err err = ERR_INIT;
	struct board board;
	char path[256];

	put(good, path);
	ck_assert_msg(board_load(path, &board, &err) == 0, "%u: %s", err.line, err.text);
	ck_assert_str_eq(board.name, "toy");
	ck_assert_uint_eq(board.platform_id, 8);
	ck_assert_str_eq(board.chip, "stm32f205");
	ck_assert_uint_eq(board.cpu_hz, 120000000);
	ck_assert(board.led.active_low);
	ck_assert_uint_eq(board.led.pwm_hz, 100);
	ck_assert_uint_eq(board.led.state_count, 4);
	ck_assert_str_eq(board.led.states[1].name, "dfu");
	ck_assert_int_eq(board.led.states[1].colour, LED_COLOUR_YELLOW);
	ck_assert_int_eq(board.led.states[1].pattern, LED_PATTERN_BLINK);
	ck_assert_int_eq(board.led.states[1].period_us, 202000);
	ck_assert_int_eq(board.led.states[1].tolerance_us, 40000);
	ck_assert_int_eq(board.led.states[2].pattern, LED_PATTERN_SOS);
	ck_assert_int_eq(board.led.states[3].period_us, 0);
	ck_assert_int_eq(board.buttons.safe_mode_us, 1000000);
	ck_assert_int_eq(board.buttons.dfu_us, 3000000);
	ck_assert_int_eq(board.buttons.reset_pulse_us, 50000);
	ck_assert_str_eq(board.boot.alive, "white");
	ck_assert_str_eq(board.boot.online, "");
	ck_assert_str_eq(board.boot.dfu, "dfu");
	ck_assert_str_eq(board.boot.apply, "any");
	ck_assert_int_eq(board.boot.alive_us_max, 3000000);
	ck_assert_int_eq(board.boot.apply_us_max, 8000000);
	ck_assert_int_eq(board.boot.long_off_us, 30000000);
	ck_assert_uint_eq(board.region_count, 3);
	ck_assert_uint_eq(board.regions[1].start, 0xffff0000);
	ck_assert_uint_eq(board.regions[1].size, 0xffff);
	ck_assert_uint_eq(board.regions[1].function, 4);
	ck_assert_uint_eq(board.regions[1].index, 1);
}
END_TEST

static const struct {
	uint32_t address;
	const char *region; /* NULL = none */
} addresses[] = {
	{ 0x0fff, NULL },	{ 0x1000, "low" },	{ 0x10ff, "low" }, /* the first of two */
	{ 0x1100, "over" },	{ 0x117f, "over" },	{ 0x1180, NULL },
	{ 0xffff0000, "high" }, { 0xfffffffe, "high" }, { 0xffffffff, NULL },
};

START_TEST(region_of_an_address)
{
	const struct board_region *region;
	struct board board;
	char path[256];

	put(good, path);
	ck_assert_int_eq(board_load(path, &board, NULL), 0);
	region = board_region_at(&board, addresses[_i].address);
	if (addresses[_i].region)
		ck_assert_str_eq(region ? region->name : "none", addresses[_i].region);
	else
		ck_assert_ptr_null(region);
}
END_TEST

START_TEST(region_of_a_name_or_module)
{
	struct board board;
	char path[256];

	put(good, path);
	ck_assert_int_eq(board_load(path, &board, NULL), 0);
	ck_assert_ptr_eq(board_region_by_name(&board, "over"), &board.regions[2]);
	ck_assert_ptr_null(board_region_by_name(&board, "none"));
	ck_assert_ptr_eq(board_region_by_module(&board, 4, 1), &board.regions[1]);
	ck_assert_ptr_null(board_region_by_module(&board, 4, 2));
	ck_assert_ptr_null(board_region_by_module(&board, 0, 0));
}
END_TEST

static const struct edit edits[] = {
	{ "cpu_hz", "cpu_mhz", 4, "unknown key 'cpu_mhz'" },
	{ "  pwm_hz: 100\n", "", 5, "missing key 'pwm_hz' in 'led'" },
	{ "colour: white", "colour: pink", 9,
	  "unknown word 'pink' for 'led.states[0].colour', known: off, red, green, blue, yellow, "
	  "cyan, magenta, white, orange" },
	{ "colour: white", "colour: unknown", 9,
	  "unknown word 'unknown' for 'led.states[0].colour', known: off, red, green, blue, "
	  "yellow, cyan, magenta, white, orange" },
	{ "pattern: sos", "pattern: blinking", 11,
	  "unknown word 'blinking' for 'led.states[2].pattern', known: solid, blink, fade, sos, "
	  "code, sequence" },
	{ "202ms", "202", 10,
	  "duration '202' needs a unit: us, ms, s, min, h for 'led.states[1].period'" },
	{ "202ms", "40ms", 10, "'tolerance' must be below 'period'" },
	{ ", tolerance: 40ms", "", 10, "'period' and 'tolerance' go together" },
	{ "pattern: sos", "pattern: sos, period: 1s, tolerance: 1ms", 11,
	  "only blink, fade and code have a 'period'" },
	{ "name: any", "name: sos", 12, "a second LED state 'sos'" },
	{ "name: sos", "name: Sos", 11,
	  "'Sos' has bad characters for 'led.states[2].name', use a-z 0-9 -" },
	{ "alive: white", "alive: green", 18,
	  "'green' is not in 'led.states' nor in 'led.vocabulary'" },
	{ "apply: any", "apply: any\n  online: green", 21,
	  "'green' is not in 'led.states' nor in 'led.vocabulary'" },
	{ "apply: any", "apply: all", 20, "'all' is not in 'led.states' nor in 'led.vocabulary'" },
	{ "dfu: dfu", "dfu: udf", 19, "'udf' is not in 'led.states' nor in 'led.vocabulary'" },
	{ "120000000", "0", 4, "'cpu_hz' must be above zero" },
	{ "120000000", "5000000000", 4,
	  "'5000000000' is too large for 'cpu_hz', at most 4294967295" },
	{ "pwm_hz: 100", "pwm_hz: 0", 7, "'led.pwm_hz' must be above zero" },
	{ "safe_mode: 1s", "safe_mode: 3s", 15, "'dfu' must be longer than 'safe_mode'" },
	{ "50ms", "0", 16, "'buttons.reset_pulse' must be above zero" },
	{ "30s", "half an hour", 23, "'half an hour' is not a duration for 'boot.long_off'" },
	{ "size: 0x100,", "size: 0,", 25, "region 'low' has an impossible size" },
	{ "size: 0xffff,", "size: 0x10000,", 26, "region 'high' has an impossible size" },
	{ "name: over", "name: low", 27, "a second region 'low'" },
	{ "name: over", "name: o/r", 27,
	  "'o/r' has bad characters for 'regions[2].name', use a-z 0-9 -" },
	{ "function: 4, index: 1", "function: 2", 26, "a second region for function 2, index 0" },
	{ "function: 4, ", "", 26, "'index' needs a 'function'" },
	{ "pattern: sos", "pattern: code", 11,
	  "a code, and nothing else, has a 'pause', and a 'period'" },
	{ "pattern: sos", "pattern: code, period: 1s, tolerance: 1ms, pause: 100ms", 11,
	  "'pause' must not be shorter than 'period'" },
	{ "pattern: sos", "pattern: code, period: 1s, tolerance: 1ms, pause: 2s, lit: 1s", 11,
	  "'lit' is for codes, and below 'period'" },
	{ "pattern: sos", "pattern: sequence, tolerance: 1ms", 11,
	  "a sequence, and nothing else, has 'steps', and a 'tolerance'" },
	{ "colour: red, pattern: sos",
	  "colour: red, pattern: sequence, tolerance: 1ms, steps: [{colour: red, for: 1s}, "
	  "{colour: any, for: 1s}]",
	  11, "all but a sequence have a 'colour', a sequence has none" },
	{ "board: toy", "board: to/y", 1, "'to/y' has bad characters for 'board', use a-z 0-9 -" },
	{ "stm32f205", "STM", 3, "'STM' has bad characters for 'chip', use a-z 0-9 -" },
};

START_TEST(bad_profile)
{
	char *text = edit_apply(good, &edits[_i]);
	struct board board = { .cpu_hz = 77 };
	struct err err = ERR_INIT;
	char path[256];

	put(text, path);
	ck_assert_int_lt(board_load(path, &board, &err), 0);
	edit_expect(&edits[_i], &err, path);
	ck_assert_uint_eq(board.cpu_hz, 77);
	free(text);
}
END_TEST

START_TEST(shipped_profile)
{
	struct err err = ERR_INIT;
	struct board board;

	ck_assert_msg(board_load("firmware-under-test/boards/p1.yaml", &board, &err) == 0,
		      "%s:%u: %s", err.file, err.line, err.text);
	ck_assert_str_eq(board.name, "p1");
	ck_assert_str_eq(board_region_by_module(&board, 4, 2)->name, "system-part2");
	ck_assert_str_eq(board_region_at(&board, 0x080c0000)->name, "staging");
	ck_assert_str_eq(board_region_at(&board, 0x080fffff)->name, "staging");
	ck_assert_str_eq(board_region_at(&board, 0x0801ffff)->name, "eeprom");
	ck_assert_ptr_null(board_region_at(&board, 0x08100000));
}
END_TEST

/* No blink or fade may be two words at once. */
START_TEST(shipped_vocabulary_is_clear)
{
	struct board board;

	ck_assert_int_eq(board_load("firmware-under-test/boards/p1.yaml", &board, NULL), 0);
	for (size_t i = 0; i < board.led.state_count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct board_led_state *a = &board.led.states[i];
			const struct board_led_state *b = &board.led.states[k];

			if (a->colour != b->colour || a->pattern != b->pattern ||
			    a->pattern == LED_PATTERN_SEQUENCE)
				continue;
			ck_assert_msg(llabs(a->period_us - b->period_us) >
					      a->tolerance_us + b->tolerance_us,
				      "'%s' and '%s' overlap", a->name, b->name);
		}
}
END_TEST

/* Languages in files of their own: what they say must be found when it is shown. */
START_TEST(shipped_languages)
{
	struct err err = ERR_INIT;
	struct board board;

	ck_assert_msg(board_load_language("firmware-under-test/boards/led/circuitpython.yaml",
					  &board, &err) == 0,
		      "%s:%u: %s", err.file, err.line, err.text);
	ck_assert_str_eq(board.name, "circuitpython");
	ck_assert_int_eq(board_led_state(&board.led, "exception")->pattern, LED_PATTERN_CODE);
	ck_assert_int_eq(board_led_state(&board.led, "exception")->lit_us, 100000);
	ck_assert_ptr_null(board_led_state(&board.led, "breathing-white"));
	ck_assert_int_eq(board_load_language("firmware-under-test/boards/led/particle-gen2.yaml",
					     &board, NULL),
			 0);
	ck_assert_uint_eq(board_led_state(&board.led, "nyan")->step_count, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("board");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, good_profile);
	tcase_add_loop_test(tcase, region_of_an_address, 0, ARRAY_LEN(addresses));
	tcase_add_test(tcase, region_of_a_name_or_module);
	tcase_add_loop_test(tcase, bad_profile, 0, ARRAY_LEN(edits));
	tcase_add_test(tcase, shipped_profile);
	tcase_add_test(tcase, shipped_languages);
	tcase_add_test(tcase, shipped_vocabulary_is_clear);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
