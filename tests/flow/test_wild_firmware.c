/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole trial of firmware that runs wild, jumps into nowhere or never ends: it comes back, within
 * the board's time that the ladder takes, with a verdict; what ended it is named.
 */
#include "bench/virtual/virtual.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "trial/trial.h"
#include "verdict/verdict.h"

#include <string.h>

enum { CODE = 0x400, FLASH = 0x08000000, BOARD_US_MAX = 600000000 };

static const struct wild_row {
	const char *what;
	uint16_t code[6];
	uint32_t vector;  /* of all faults */
	const char *note; /* what is named; NULL: it only ran out of time */
} rows[] = {
	{ "never ends", { 0xe7fe }, FLASH + CODE + 1, NULL },
	{ "sleeps for ever", { 0xbf30, 0xe7fd }, FLASH + CODE + 1, NULL },
	{ "jumps into nowhere",
	  { 0xf04f, 0x5080, 0x3001, 0x4700 }, /* mov r0, #0x10000000; adds r0, #1; bx r0 */
	  FLASH + CODE + 9,
	  "executes where nothing is at 0x10000000" },
	{ "runs into erased flash", { 0xbf00, 0xbf00 }, 0xffffffff, "locked up" },
	{ "stays in its fault handler", { 0xde00 }, FLASH + CODE + 9, "undefined instruction" },
	{ "is not even code", { 0xffff, 0xffff }, 0xfffffffe, "locked up" },
};

static void install(const struct slot *slot, const struct wild_row *row)
{
	static uint8_t erased[VBOARD_FLASH_BYTES];
	uint32_t vectors[16];
	uint8_t code[12];
	const uint16_t loop = 0xe7fe;
	struct err err = ERR_INIT;

	memset(erased, 0xff, sizeof(erased));
	for (int i = 0; i < 16; i++)
		vectors[i] = i == 0 ? 0x20008000 : i == 1 ? FLASH + CODE + 1 : row->vector;
	memset(code, 0xff, sizeof(code));
	for (int i = 0; i < 6 && row->code[i]; i++)
		memcpy(code + 2 * i, &row->code[i], 2);
	if (row->vector == FLASH + CODE + 9)
		memcpy(code + 8, &loop, 2);
	ck_assert_int_eq(slot_storage_load(slot, FLASH, erased, sizeof(erased), &err), 0);
	ck_assert_int_eq(
		slot_storage_load(slot, FLASH, (const uint8_t *)vectors, sizeof(vectors), &err), 0);
	ck_assert_int_eq(slot_storage_load(slot, FLASH + CODE, code, sizeof(code), &err), 0);
	ck_assert_int_eq(slot_storage_keep(slot, 0, &err), 0);
}

static bool named(const struct obs_log *log, enum obs_kind kind, const char *text)
{
	for (size_t i = 0; i < log->count; i++)
		if (log->items[i].kind == kind && strstr(log->items[i].text, text))
			return true;
	return false;
}

START_TEST(ends_and_is_named)
{
	const struct wild_row *row = &rows[_i];
	struct loaded *loaded = firmware_scenario("p1-power-loss");
	const struct trial_spec control = { .run_seed = 1, .number = 1, .vbat = VBAT_LOST };
	const struct calib calib = { .part_count = 1 };
	struct err err = ERR_INIT;
	struct verdict verdict;
	struct obs_log log;
	struct obs_sink sink = obs_log_sink(&log);
	int64_t board_us;

	if (!loaded)
		TEST_SKIP("the firmware of 1.5.0 is not in the cache");
	obs_log_init(&log);
	install(&loaded->slot, row);
	ck_assert_msg(trial_run(&loaded->setup, &control, &sink, &board_us, &err) == 0, "%s: %s",
		      row->what, err.text);
	ck_assert_int_lt(board_us, BOARD_US_MAX);
	verdict_judge(&control, &calib, &log, &verdict);
	ck_assert_msg(verdict.outcome == OUTCOME_BRICKED, "%s: %s, %s", row->what,
		      outcome_name(verdict.outcome), verdict.reason);
	ck_assert(strstr(verdict.reason, "nothing up to rung"));
	ck_assert(named(&log, OBS_DELIVERY, "refused by the board"));
	ck_assert(named(&log, OBS_TIMEOUT, "alive")); /* the limit, with its microseconds */
	ck_assert_msg(named(&log, OBS_NOTE, "board fault: ") == (row->note != NULL), "%s",
		      row->what);
	if (row->note)
		ck_assert_msg(named(&log, OBS_NOTE, row->note), "%s", row->what);
	obs_log_release(&log);
	loaded_free(loaded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wild_firmware");
	TCase *tcase = tcase_create("trials");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, ends_and_is_named, 0, ARRAY_LEN(rows));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
