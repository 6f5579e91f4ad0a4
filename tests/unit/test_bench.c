/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "bench/bench.h"
#include "lib/edit.h"
#include "lib/testing.h"

#include <string.h>

static const char good[] =
	"bench: desk-1\n"							  /* 1 */
	"chip: pinctrl\n"							  /* 2 */
	"cloud: {address: 127.0.0.1, port: 5683}\n"				  /* 3 */
	"slots:\n"								  /* 4 */
	"  - name: left\n"							  /* 5 */
	"    board: p1\n"							  /* 6 */
	"    power:\n"								  /* 7 */
	"      switch: relay\n"							  /* 8 */
	"      gpio: {line: GPIO17, active: low}\n"				  /* 9 */
	"      latency: 5ms\n"							  /* 10 */
	"      spread: 800us\n"							  /* 11 */
	"      settle: 20ms\n"							  /* 12 */
	"      discharge: 500ms\n"						  /* 13 */
	"      loop_back: {line: GPIO27}\n"					  /* 14 */
	"      rail: {chip: other, line: 17}\n"					  /* 15 */
	"      bleed: {line: GPIO22}\n"						  /* 16 */
	"    vbat: {line: GPIO23}\n"						  /* 17 */
	"    reset: {line: GPIO5}\n"						  /* 18 */
	"    setup: {line: GPIO6}\n"						  /* 19 */
	"    led:\n"								  /* 20 */
	"      red: {line: GPIO12}\n"						  /* 21 */
	"      blue: {line: GPIO13}\n"						  /* 22 */
	"      inverted: true\n"						  /* 23 */
	"      lit: high\n"							  /* 24 */
	"      sample_hz: 2000\n"						  /* 25 */
	"    usb: {port: 1-1.2, serial: 3d00, vbus: {line: GPIO24}}\n"		  /* 26 */
	"    console: {baud: 115200, port: 1-1.3, nth: 1, rest: break}\n"	  /* 27 */
	"    limits: {on: 1h, between: 500ms, trials_a_day: 2000}\n"		  /* 28 */
	"    programmer: openocd -f board.cfg\n"				  /* 29 */
	"    programmer_timeout: 2min\n"					  /* 30 */
	"    wrap:\n"								  /* 31 */
	"      - {name: fault, seed: 7, late: 10, lost: 5, stuck: 1, wrong: 2}\n" /* 32 */
	"      - {name: record, file: left.txt}\n"				  /* 33 */
	"  - name: right\n"							  /* 34 */
	"    board: photon\n"							  /* 35 */
	"    power: {switch: hub, port: 1-1.4}\n"				  /* 36 */
	"    usb: {port: 1-1.4, cable: fixed}\n"				  /* 37 */
	"    console: {baud: 9600, device: /dev/ttyAMA0}\n"			  /* 38 */
	"  - name: third\n"							  /* 39 */
	"    board: p1\n"							  /* 40 */
	"    power: {switch: command, on: psu on 3, off: psu off 3, query: psu 3, "
	"timeout: 2s}\n"; /* 41 */

static void put(const char *text, char path[256])
{
	snprintf(path, 256, "%s/bench.yaml", testing_folder());
	ck_assert_int_eq(file_write(path, text, strlen(text), NULL), 0);
}

static void expect_line(const struct bench_line *line, const char *chip, const char *name,
			enum bench_active active)
{
	ck_assert_str_eq(line->chip, chip);
	ck_assert_str_eq(line->line, name);
	ck_assert_int_eq(line->active, active);
}

static struct bench *load_good(void)
{
	struct bench *bench = malloc(sizeof(*bench));
	struct err err = ERR_INIT;
	char path[256];

	ck_assert_ptr_nonnull(bench);
	put(good, path);
	ck_assert_msg(bench_load(path, bench, &err) == 0, "%u: %s", err.line, err.text);
	ck_assert_str_eq(bench->path, path);
	return bench;
}

START_TEST(lines_and_times_are_read)
{
	struct bench *bench = load_good();
	const struct bench_slot *slot = bench_slot(bench, "left");

	ck_assert_str_eq(bench->name, "desk-1");
	ck_assert_str_eq(bench->cloud_address, "127.0.0.1");
	ck_assert_uint_eq(bench->cloud_port, 5683);
	ck_assert_uint_eq(bench->slot_count, 3);
	ck_assert_ptr_eq(slot, &bench->slots[0]);
	ck_assert_ptr_null(bench_slot(bench, "none"));
	ck_assert_int_eq(slot->power.kind, BENCH_SWITCH_RELAY);
	expect_line(&slot->power.line, "pinctrl", "GPIO17", BENCH_ACTIVE_LOW);
	expect_line(&slot->power.loop_back, "pinctrl", "GPIO27", BENCH_ACTIVE_HIGH);
	expect_line(&slot->power.rail, "other", "17", BENCH_ACTIVE_HIGH);
	expect_line(&slot->power.bleed, "pinctrl", "GPIO22", BENCH_ACTIVE_HIGH);
	expect_line(&slot->vbat, "pinctrl", "GPIO23", BENCH_ACTIVE_HIGH);
	expect_line(&slot->reset, "pinctrl", "GPIO5", BENCH_ACTIVE_HIGH);
	expect_line(&slot->setup, "pinctrl", "GPIO6", BENCH_ACTIVE_HIGH);
	ck_assert_int_eq(slot->power.latency_us, 5000);
	ck_assert_int_eq(slot->power.spread_us, 800);
	ck_assert_int_eq(slot->power.settle_us, 20000);
	ck_assert_int_eq(slot->power.discharge_us, 500000);
	ck_assert_int_eq(slot->limits.on_us_max, 3600000000);
	ck_assert_int_eq(slot->limits.switch_us_min, 500000);
	ck_assert_uint_eq(slot->limits.trials_a_day, 2000);
	free(bench);
}
END_TEST

START_TEST(led_usb_console_and_wrappers_are_read)
{
	struct bench *bench = load_good();
	const struct bench_slot *slot = &bench->slots[0];

	expect_line(&slot->led.lines[0], "pinctrl", "GPIO12", BENCH_ACTIVE_LOW);
	ck_assert(!bench_wired(&slot->led.lines[1]));
	expect_line(&slot->led.lines[2], "pinctrl", "GPIO13", BENCH_ACTIVE_LOW);
	ck_assert_int_eq(slot->led.lit, BENCH_LIT_HIGH);
	ck_assert_uint_eq(slot->led.sample_hz, 2000);
	ck_assert_str_eq(slot->usb.port, "1-1.2");
	ck_assert_str_eq(slot->usb.serial, "3d00");
	ck_assert_int_eq(slot->usb.cable, BENCH_CABLE_LOOSE);
	ck_assert_int_eq(bench->slots[1].usb.cable, BENCH_CABLE_FIXED);
	ck_assert_uint_eq(slot->usb.vendor, 0); /* the file does not know */
	ck_assert_uint_eq(slot->board_line, 6);
	expect_line(&slot->usb.vbus, "pinctrl", "GPIO24", BENCH_ACTIVE_HIGH);
	ck_assert_uint_eq(slot->console.baud, 115200);
	ck_assert_str_eq(slot->console.port, "1-1.3");
	ck_assert_uint_eq(slot->console.nth, 1);
	ck_assert_int_eq(slot->console.rest, BENCH_REST_BREAK);
	ck_assert_str_eq(slot->programmer, "openocd -f board.cfg");
	ck_assert_int_eq(slot->programmer_us, 120000000);
	ck_assert_uint_eq(slot->wrap_count, 2);
	ck_assert_int_eq(slot->wraps[0].kind, BENCH_WRAP_FAULT);
	ck_assert_uint_eq(slot->wraps[0].seed, 7);
	ck_assert_uint_eq(slot->wraps[0].late_permille, 10);
	ck_assert_uint_eq(slot->wraps[0].wrong_permille, 2);
	ck_assert_int_eq(slot->wraps[1].kind, BENCH_WRAP_RECORD);
	ck_assert_str_eq(slot->wraps[1].file, "left.txt");
	free(bench);
}
END_TEST

START_TEST(what_is_not_said_is_not_there)
{
	struct bench *bench = load_good();
	const struct bench_slot *hub = &bench->slots[1];
	const struct bench_slot *command = &bench->slots[2];

	ck_assert_int_eq(hub->power.kind, BENCH_SWITCH_HUB);
	ck_assert_str_eq(hub->power.port, "1-1.4");
	ck_assert_int_eq(hub->power.latency_us, 0);
	ck_assert_int_eq(hub->power.discharge_us, 1000000);
	ck_assert(!bench_wired(&hub->power.rail) && !bench_wired(&hub->reset));
	ck_assert_uint_eq(hub->led.sample_hz, 0);
	ck_assert_str_eq(hub->console.device, "/dev/ttyAMA0");
	ck_assert_int_eq(hub->limits.on_us_max, 0);
	ck_assert_int_eq(command->power.kind, BENCH_SWITCH_COMMAND);
	ck_assert_str_eq(command->power.on, "psu on 3");
	ck_assert_str_eq(command->power.off, "psu off 3");
	ck_assert_str_eq(command->power.query, "psu 3");
	ck_assert_int_eq(command->power.timeout_us, 2000000);
	ck_assert_uint_eq(command->console.baud, 0);
	ck_assert_uint_eq(command->wrap_count, 0);
	ck_assert_str_eq(command->programmer, "");
	ck_assert_int_eq(command->programmer_us, 300000000);
	free(bench);
}
END_TEST

static const struct edit edits[] = {
	{ "bench: desk-1", "bench: Desk", 1,
	  "'Desk' has bad characters for 'bench', use a-z 0-9 -" },
	{ "chip: pinctrl", "chips: pinctrl", 2, "unknown key 'chips'" },
	{ "chip: pinctrl\n", "", 8, "no 'chip', neither here nor at the top of the file" },
	{ "port: 5683", "port: 0", 3, "'port' must be above zero" },
	{ "port: 5683", "port: 70000", 3, "'70000' is too large for 'cloud.port', at most 65535" },
	{ "name: right", "name: left", 34, "a second slot 'left'" },
	{ "board: photon", "board: ''", 35, "'slots[1].board' is empty" },
	{ "switch: relay", "switch: triac", 8,
	  "unknown word 'triac' for 'slots[0].power.switch', known: relay, high-side, hub, "
	  "command" },
	{ "      gpio: {line: GPIO17, active: low}\n", "", 7,
	  "a power switch 'relay' needs 'gpio'" },
	{ "switch: hub, port: 1-1.4", "switch: hub", 36, "a power switch 'hub' needs 'port'" },
	{ "switch: hub, port", "switch: hub, on: x, port", 36, "a power switch 'hub' has no 'on'" },
	{ "off: psu off 3, ", "", 41, "a power switch 'command' needs 'off'" },
	{ "switch: relay", "switch: high-side", 28,
	  "a power switch 'high-side' has no 'trials_a_day'" },
	{ "active: low", "active: lower", 9,
	  "unknown word 'lower' for 'slots[0].power.gpio.active', known: high, low" },
	{ "{line: GPIO5}", "{line: GPIO5, active: high}", 18,
	  "unknown key 'active' in 'slots[0].reset'" },
	{ "latency: 5ms", "latency: 5", 10,
	  "duration '5' needs a unit: us, ms, s, min, h for 'slots[0].power.latency'" },
	{ "latency: 5ms", "latency: 11s", 10, "'power.latency' must be between 0 and 10s" },
	{ "discharge: 500ms", "discharge: 61s", 13,
	  "'power.discharge' must be between 0 and 1min" },
	{ "on: 1h", "on: 1ms", 28, "'limits.on' must be between 1s and 8760h" },
	{ "between: 500ms", "between: 10us", 28, "'limits.between' must be between 1ms and 10min" },
	{ "trials_a_day: 2000", "trials_a_day: 0", 28,
	  "'trials_a_day' must be between 1 and 100000" },
	{ "trials_a_day: 2000", "trials_a_day: 100001", 28,
	  "'trials_a_day' must be between 1 and 100000" },
	{ "programmer_timeout: 2min", "programmer_timeout: 16min", 30,
	  "'programmer_timeout' must be between 1s and 15min" },
	{ "    programmer: openocd -f board.cfg\n", "", 29, "there is no 'programmer' here" },
	{ "board: photon\n    power: {switch: hub, port: 1-1.4}\n",
	  "board: photon\n    programmer: x\n", 36, "a 'programmer' needs a power switch" },
	{ "timeout: 2s", "timeout: 0", 41, "'power.timeout' must be between 1ms and 1min" },
	{ "line: GPIO27", "line: GPIO17", 14,
	  "line 'GPIO17' of chip 'pinctrl' is used twice, here and on line 9" },
	{ "line: GPIO6", "line: GPIO5", 19,
	  "line 'GPIO5' of chip 'pinctrl' is used twice, here and on line 18" },
	{ "board: photon\n", "board: photon\n    reset: {line: GPIO12}\n", 36,
	  "line 'GPIO12' of chip 'pinctrl' is used twice, here and on line 21" },
	{ "line: 17}", "line: 017}", 15, "a line's number has no leading zeros" },
	{ "usb: {port: 1-1.4,", "usb: {port: 1-1.2,", 37,
	  "USB port '1-1.2' is used twice, here and on line 26" },
	{ "switch: hub, port: 1-1.4", "switch: hub, port: 1-1.3", 36,
	  "USB port '1-1.3' is used twice, here and on line 27" },
	{ "port: 1-1.2,", "port: 1.1.2,", 26, "'1.1.2' is no USB port path, such as 1-1.2" },
	{ "port: 1-1.2,", "port: 1-,", 26, "'1-' is no USB port path, such as 1-1.2" },
	{ "port: 1-1.2,", "port: 1-0.2,", 26, "'1-0.2' is no USB port path, such as 1-1.2" },
	{ "      red: {line: GPIO12}\n      blue: {line: GPIO13}\n", "", 20,
	  "'led' needs one of red, green, blue" },
	{ "usb: {port: 1-1.4, cable: fixed}", "usb: {vbus: {line: GPIO9}}", 37,
	  "'usb' needs a port or a serial number" },
	{ "    usb: {port: 1-1.4, cable: fixed}\n    console: {baud: 9600, device: /dev/ttyAMA0}\n"
	  "  - name: third\n    board: p1\n",
	  "    usb: {serial: 3e}\n  - name: third\n    board: p1\n    usb: {serial: 3e}\n", 40,
	  "serial number '3e' is used twice, here and on line 37" },
	{ "sample_hz: 2000", "sample_hz: 100", 25, "'sample_hz' must be between 200 and 20000" },
	{ "inverted: true", "inverted: maybe", 23,
	  "'slots[0].led.inverted' must be 'true' or 'false', not 'maybe'" },
	{ "baud: 115200, port: 1-1.3", "baud: 115200", 27,
	  "'console' needs one of port, serial, device, and only one" },
	{ "baud: 115200, port: 1-1.3", "baud: 115200, port: 1-1.3, serial: x", 27,
	  "'console' needs one of port, serial, device, and only one" },
	{ "baud: 9600", "baud: 9", 38, "'baud' must be between 300 and 4000000" },
	{ "device: /dev", "device: dev", 38, "'device' must be a path from the root on" },
	{ "board: photon\n    power: {switch: hub, port: 1-1.4}\n",
	  "board: photon\n    limits: {on: 1h}\n", 36, "'limits' need a power switch" },
	{ "seed: 7, late: 10", "seed: 7, late: 1001", 32, "rates are permille, at most 1000" },
	{ "name: fault, seed: 7", "name: fault, file: x, seed: 7", 32, "'fault' has no 'file'" },
	{ "name: record, file: left.txt", "name: record", 33,
	  "'record' and 'replay' need a 'file'" },
	{ "name: record, file", "name: record, seed: 1, file", 33,
	  "only 'fault' has a seed and rates" },
	{ "name: record, file", "name: replay, file", 33,
	  "'replay' stands in for the bench: it must come first" },
	{ "name: third", "name: third\n    nmae: x", 40, "unknown key 'nmae' in 'slots[2]'" },
};

START_TEST(bad_file)
{
	struct bench *bench = malloc(sizeof(*bench));
	struct err err = ERR_INIT;
	char *text = edit_apply(good, &edits[_i]);
	char path[256];

	ck_assert_ptr_nonnull(bench);
	put(text, path);
	ck_assert_int_lt(bench_load(path, bench, &err), 0);
	edit_expect(&edits[_i], &err, path);
	free(text);
	free(bench);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bench");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, lines_and_times_are_read);
	tcase_add_test(tcase, led_usb_console_and_wrappers_are_read);
	tcase_add_test(tcase, what_is_not_said_is_not_there);
	tcase_add_loop_test(tcase, bad_file, 0, ARRAY_LEN(edits));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
