/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole trials on a board that plays its part by script (lib/fake_slot.h), down to the verdict. */
#include "base/text.h"
#include "lib/fake_rig.h"
#include "lib/testing.h"
#include "verdict/verdict.h"

#include <errno.h>
#include <string.h>

enum trial_test_sizes {
	IN_STAGE_US = 200000,
	IN_COMMIT_US = 450000,
	IN_APPLY_US = 900000,
	IN_START_US = 1200000,
	TOO_LATE_US = 3000000,
	LED_US = 60000, /* the decoder places the onset of a light this well */
	STORY_MAX = 1024,
};

#define DARK_FOR_EVER                                                                           \
	{                                                                                       \
		FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK, \
			FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK                          \
	}
/* power's return, reset, power cycle, long off, and the two entries into DFU mode */
#define DARK_UP_TO_DFU                                                                          \
	{                                                                                       \
		FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK, \
			FAKE_BOOT_DARK                                                          \
	}
#define CUT	"baseline deliver armed cut off recover wait "
#define STAYS	"alive confirm alive "
#define FINISH	"finish apply alive confirm alive safe"
#define IN_DFU	"dfu dfu-flash dfu "
#define NOTHING "timeout reset timeout power-cycle timeout long-off timeout dfu-buttons "

static const struct trial_case {
	uint64_t at_us;
	struct fake_board script;
	enum outcome outcome;
	enum rung rung;
	const char *story;
} trial_cases[] = {
	{ IN_STAGE_US, { 0 }, OUTCOME_REVERTED, RUNG_WAIT, CUT STAYS FINISH },
	{ IN_COMMIT_US, { 0 }, OUTCOME_REVERTED, RUNG_WAIT, CUT STAYS FINISH },
	{ IN_APPLY_US, { 0 }, OUTCOME_UPDATED, RUNG_WAIT, CUT "apply " STAYS FINISH },
	{ IN_APPLY_US,
	  { .after_cut = { FAKE_BOOT_STALE } },
	  OUTCOME_MIXED,
	  RUNG_WAIT,
	  CUT STAYS FINISH },
	{ IN_START_US,
	  { 0 },
	  OUTCOME_UPDATED,
	  RUNG_WAIT,
	  "baseline deliver armed apply cut off recover wait " STAYS FINISH },
	{ IN_STAGE_US,
	  { .after_cut = { 0, 0, FAKE_BOOT_STALE } },
	  OUTCOME_DEGRADED,
	  RUNG_WAIT,
	  CUT STAYS "finish alive confirm alive safe" },
	{ IN_STAGE_US,
	  { .after_cut = { 0, 0, FAKE_BOOT_DARK } },
	  OUTCOME_DEGRADED,
	  RUNG_WAIT,
	  CUT STAYS "finish timeout safe" },
	{ IN_STAGE_US,
	  { .after_cut = { FAKE_BOOT_DARK } },
	  OUTCOME_HUNG,
	  RUNG_RESET,
	  CUT "timeout reset " STAYS FINISH },
	{ IN_STAGE_US,
	  { .after_cut = { FAKE_BOOT_DARK, FAKE_BOOT_DARK } },
	  OUTCOME_HUNG,
	  RUNG_POWER_CYCLE,
	  CUT "timeout reset timeout power-cycle " STAYS FINISH },
	{ IN_STAGE_US,
	  { .after_cut = { FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK } },
	  OUTCOME_HUNG,
	  RUNG_LONG_OFF,
	  CUT "timeout reset timeout power-cycle timeout long-off " STAYS FINISH },
	{ IN_STAGE_US,
	  { .after_cut = { FAKE_BOOT_GOOD, FAKE_BOOT_DARK } },
	  OUTCOME_HUNG,
	  RUNG_RESET,
	  CUT "alive confirm timeout reset " STAYS FINISH },
	{ IN_COMMIT_US,
	  { .after_cut = DARK_FOR_EVER },
	  OUTCOME_NEEDS_DFU,
	  RUNG_NONE,
	  CUT NOTHING IN_DFU "came answers written left told timeout safe" },
	{ IN_COMMIT_US,
	  { .after_cut = DARK_UP_TO_DFU },
	  OUTCOME_NEEDS_DFU,
	  RUNG_DFU_FLASH,
	  CUT NOTHING IN_DFU "came answers written left told " STAYS FINISH },
	{ IN_COMMIT_US,
	  { .after_cut = DARK_FOR_EVER, .dfu = { .fails_at = 4, .fails_status = 3 } },
	  OUTCOME_NEEDS_DFU,
	  RUNG_NONE,
	  CUT NOTHING IN_DFU "came answers failed left safe" },
	{ IN_COMMIT_US,
	  { .after_cut = DARK_FOR_EVER, .no_usb = true },
	  OUTCOME_BRICKED,
	  RUNG_NONE,
	  CUT NOTHING IN_DFU "failed safe" },
	{ IN_COMMIT_US,
	  { .after_cut = DARK_FOR_EVER, .no_dfu = true },
	  OUTCOME_BRICKED,
	  RUNG_NONE,
	  CUT NOTHING "timeout dfu-flash timeout safe" },
	{ IN_STAGE_US,
	  { .rail_stays_up = true },
	  OUTCOME_NOT_DELIVERED,
	  RUNG_NONE,
	  CUT STAYS FINISH },
	{ TOO_LATE_US,
	  { 0 },
	  OUTCOME_NOT_DELIVERED,
	  RUNG_NONE,
	  "baseline deliver armed apply alive missed safe" },
};

static const char *const reflash_words[] = {
	[OBS_REFLASH_FAILED] = "failed",
	[OBS_REFLASH_ANSWERED] = "answers",
	[OBS_REFLASH_WRITTEN] = "written",
	[OBS_REFLASH_LEFT] = "told",
};

static const char *story_word(const struct obs *obs)
{
	switch (obs->kind) {
	case OBS_PHASE:
	case OBS_RUNG: return obs->text;
	case OBS_CUT_ARMED: return "armed";
	case OBS_CUT_DELIVERED: return "cut";
	case OBS_CUT_MISSED: return "missed";
	case OBS_ALIVE: return "alive";
	case OBS_APPLY: return "apply";
	case OBS_DFU: return "dfu";
	case OBS_TIMEOUT: return "timeout";
	case OBS_RIG_FAULT: return "fault";
	case OBS_USB: return obs->code ? "came" : "left";
	case OBS_REFLASH: return reflash_words[obs->code];
	case OBS_MODULE: return "module";
	case OBS_FED: return "fed";
	case OBS_UNKNOWN:
	case OBS_POWER_COMMANDED:
	case OBS_POWER_CONFIRMED:
	case OBS_LINE_COMMANDED:
	case OBS_LED:
	case OBS_DELIVERY:
	case OBS_PROBE:
	case OBS_NOTE:
	case OBS_KIND_COUNT: break;
	}
	return NULL;
}

/* The log in words, without what the bench did and what the LED showed. */
static void tell_story(const struct obs_log *log, char ret_story[STORY_MAX])
{
	size_t len = 0;

	ret_story[0] = '\0';
	for (size_t i = 0; i < log->count; i++) {
		const char *word = story_word(&log->items[i]);

		if (!word)
			continue;
		if (len > 0)
			ret_story[len++] = ' ';
		ck_assert(text_copy(ret_story + len, STORY_MAX - len, word));
		len += strlen(word);
	}
}

/* All but what the LED showed is told when it happens. */
static void expect_order(const struct obs_log *log)
{
	int64_t last_us = 0;

	for (size_t i = 0; i < log->count; i++) {
		if (log->items[i].kind == OBS_LED)
			continue;
		ck_assert_int_ge(log->items[i].t_us, last_us);
		last_us = log->items[i].t_us;
	}
}

static void expect_lines_released(const struct fake_rig *rig)
{
	ck_assert_int_eq(rig->fake.held[SLOT_LINE_RESET], SLOT_RELEASED);
	ck_assert_int_eq(rig->fake.held[SLOT_LINE_SETUP], SLOT_RELEASED);
}

static struct fake_rig *new_rig(size_t parts)
{
	struct fake_rig *rig = fake_rig_new(parts);
	struct err err = ERR_INIT;

	ck_assert_ptr_nonnull(rig);
	ck_assert_msg(fake_rig_learn(rig, &err) == 0, "%s", err.text);
	return rig;
}

static void take_script(struct fake_rig *rig, const struct fake_board *script)
{
	memcpy(rig->fake.after_cut, script->after_cut, sizeof(script->after_cut));
	rig->fake.no_dfu = script->no_dfu;
	rig->fake.no_usb = script->no_usb;
	rig->fake.dfu = script->dfu;
	rig->fake.rail_stays_up = script->rail_stays_up;
}

static void run(struct fake_rig *rig, const struct trial_spec *spec, struct obs_log *log,
		struct verdict *ret)
{
	struct obs_sink sink = obs_log_sink(log);
	struct err err = ERR_INIT;
	int64_t board_us = -1;
	int64_t begin_us = rig->fake.now_us;

	ck_assert_msg(trial_run(&rig->setup, spec, &sink, &board_us, &err) == 0, "%s", err.text);
	ck_assert_int_gt(board_us, 0);
	ck_assert_int_le(board_us, rig->fake.now_us - begin_us);
	ck_assert(!rig->fake.powered);
	ck_assert(!rig->fake.armed);
	ck_assert_ptr_null((void *)(uintptr_t)rig->fake.listener.led);
	ck_assert_int_eq(rig->fake.port, SLOT_USB_PARTED);
	expect_lines_released(rig);
	expect_order(log);
	verdict_judge(spec, &rig->calib, log, ret);
}

START_TEST(cut_trials)
{
	const struct trial_case *c = &trial_cases[_i];
	struct trial_spec spec = fake_rig_spec(1, c->at_us);
	struct fake_rig *rig = new_rig(1);
	char story[STORY_MAX];
	struct verdict verdict;
	struct obs_log log;

	obs_log_init(&log);
	take_script(rig, &c->script);
	run(rig, &spec, &log, &verdict);
	tell_story(&log, story);
	ck_assert_str_eq(story, c->story);
	ck_assert_str_eq(outcome_name(verdict.outcome), outcome_name(c->outcome));
	ck_assert_str_eq(rung_name(verdict.recovered_by), rung_name(c->rung));
	obs_log_release(&log);
	free(rig);
}
END_TEST

START_TEST(cut_is_told_with_its_time)
{
	struct trial_spec spec = fake_rig_spec(1, IN_APPLY_US);
	struct fake_rig *rig = new_rig(1);
	struct verdict verdict;
	struct obs_log log;
	const struct obs *cut;

	obs_log_init(&log);
	run(rig, &spec, &log, &verdict);
	cut = &log.items[verdict.evidence[0]];
	ck_assert_int_eq(cut->kind, OBS_CUT_DELIVERED);
	ck_assert_int_eq(cut->code, 1);
	ck_assert_int_eq(cut->value, IN_APPLY_US);
	obs_log_release(&log);
	free(rig);
}
END_TEST

/* Given to the slot before power, with the scenario's weak cells; none for the trial after. */
START_TEST(supply_is_as_the_trial_says)
{
	struct fake_rig *rig = new_rig(1);
	struct trial_spec spec = fake_rig_spec(1, IN_STAGE_US);
	struct verdict verdict;
	struct obs_log log;

	obs_log_init(&log);
	spec.fall_us = 20000;
	spec.rise_us = 300;
	rig->scenario.power.weak_cells = true;
	run(rig, &spec, &log, &verdict);
	ck_assert_int_eq(rig->fake.supply_at_cut.fall_us, 20000);
	ck_assert_int_eq(rig->fake.supply_at_cut.rise_us, 300);
	ck_assert_int_eq(rig->fake.supply_at_cut.cells, SLOT_CELLS_WEAK);
	obs_log_clear(&log);
	rig->scenario.power.weak_cells = false;
	spec.fall_us = 0;
	spec.rise_us = 0;
	run(rig, &spec, &log, &verdict);
	ck_assert_int_eq(rig->fake.supply_at_cut.fall_us, 0);
	ck_assert_int_eq(rig->fake.supply_at_cut.rise_us, 0);
	ck_assert_int_eq(rig->fake.supply_at_cut.cells, SLOT_CELLS_FIRM);
	obs_log_release(&log);
	free(rig);
}
END_TEST

START_TEST(backup_supply_and_chance_are_as_the_trial_says)
{
	static const enum vbat_mode modes[] = { VBAT_LOST, VBAT_KEPT };
	struct fake_rig *rig = new_rig(1);
	struct verdict verdict;
	struct obs_log log;

	obs_log_init(&log);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct trial_spec spec = fake_rig_spec(1, IN_STAGE_US);

		spec.vbat = modes[i];
		spec.number = i;
		obs_log_clear(&log);
		run(rig, &spec, &log, &verdict);
		ck_assert_int_eq(rig->fake.vbat_at_cut, modes[i] == VBAT_KEPT);
		ck_assert_uint_eq(rig->fake.seed, trial_spec_seed(&spec));
		ck_assert_int_eq(verdict.outcome, OUTCOME_REVERTED);
		ck_assert(!rig->fake.vbat); /* a clean boot came after */
	}
	obs_log_release(&log);
	free(rig);
}
END_TEST

START_TEST(control_delivers_every_part)
{
	struct trial_spec spec = fake_rig_spec(0, 0);
	struct fake_rig *rig = new_rig(3);
	char story[STORY_MAX];
	struct verdict verdict;
	struct obs_log log;

	obs_log_init(&log);
	run(rig, &spec, &log, &verdict);
	tell_story(&log, story);
	ck_assert_str_eq(story, "baseline deliver apply alive apply alive apply alive recover wait "
				"confirm alive safe");
	ck_assert_int_eq(verdict.outcome, OUTCOME_UPDATED);
	ck_assert_uint_eq(rig->fake.installed, 3);
	ck_assert_uint_eq(rig->fake.calls[FAKE_CALL_ARM], 0);
	obs_log_release(&log);
	free(rig);
}
END_TEST

START_TEST(later_part_begins_where_the_parts_before_are_installed)
{
	struct trial_spec spec = fake_rig_spec(2, IN_STAGE_US);
	struct fake_rig *rig = new_rig(3);
	char story[STORY_MAX];
	struct verdict verdict;
	struct obs_log log;

	obs_log_init(&log);
	run(rig, &spec, &log, &verdict);
	tell_story(&log, story);
	ck_assert_str_eq(story, CUT STAYS "finish apply alive apply alive confirm alive safe");
	ck_assert_int_eq(verdict.outcome, OUTCOME_REVERTED);
	ck_assert_uint_eq(rig->fake.installed, 3);
	obs_log_release(&log);
	free(rig);
}
END_TEST

START_TEST(calibration_knows_the_phases)
{
	static const struct {
		const char *phase;
		int64_t begin_us, end_us;
	} windows[] = {
		{ "stage", 0, FAKE_WRITE_US },
		{ "slot", FAKE_WRITE_US, FAKE_COMMIT_US },
		{ "boot", FAKE_COMMIT_US, FAKE_APPLY_US },
		{ "apply.app", FAKE_APPLY_US, FAKE_APPLY_END_US },
	};
	struct fake_rig *rig = new_rig(2);
	const struct calib *calib = &rig->calib;
	size_t at = 0;

	ck_assert_uint_eq(calib->part_count, 2);
	ck_assert_uint_eq(calib->window_count, 10);
	for (uint32_t part = 1; part <= 2; part++) {
		char phase[SCENARIO_NAME_MAX];

		for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
			const struct calib_window *window = &calib->windows[at++];

			snprintf(phase, sizeof(phase), "%u.%s", part, windows[i].phase);
			ck_assert_str_eq(window->phase, phase);
			ck_assert_uint_eq(window->part, part);
			ck_assert_int_eq(window->begin_us, windows[i].begin_us);
			ck_assert_int_eq(window->end_us, windows[i].end_us);
			/* the slot counts nothing */
			ck_assert_uint_eq(window->begin_op, window->end_op);
		}
		snprintf(phase, sizeof(phase), "%u.start", part);
		ck_assert_str_eq(calib->windows[at].phase, phase);
		ck_assert_int_eq(calib->windows[at].begin_us, FAKE_APPLY_END_US);
		ck_assert_int_ge(calib->windows[at++].end_us, FAKE_ALIVE_US);
		ck_assert_str_eq(calib->parts[part - 1].module, "app");
		ck_assert_int_le(labs(calib->parts[part - 1].apply_us - 700000), LED_US);
	}
	ck_assert(!rig->fake.powered);
	ck_assert_uint_eq(rig->fake.kept[0], 1);
	ck_assert_uint_eq(rig->fake.kept[2], 3);
	free(rig);
}
END_TEST

START_TEST(board_that_does_not_start_cannot_be_calibrated)
{
	struct fake_rig *rig = fake_rig_new(1);
	struct err err = ERR_INIT;

	rig->fake.was_cut = true; /* the script counts from the first boot */
	rig->fake.after_cut[0] = FAKE_BOOT_DARK;
	ck_assert_int_eq(fake_rig_learn(rig, &err), -ETIMEDOUT);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.text,
			 "baseline: the board does not show 'green' with the old release");
	free(rig);
}
END_TEST

/* Runs a trial on a board that needs every rung, with one call failing. */
static bool run_failing(enum fake_call call, unsigned int nth)
{
	static const struct fake_board script = { .after_cut = DARK_FOR_EVER };
	struct trial_spec spec = fake_rig_spec(1, IN_COMMIT_US);
	struct fake_rig *rig = new_rig(1);
	struct err err = ERR_INIT;
	int64_t board_us = 0;
	char story[STORY_MAX];
	struct verdict verdict;
	struct obs_log log;
	struct obs_sink sink;
	bool failed;
	int r;

	obs_log_init(&log);
	sink = obs_log_sink(&log);
	take_script(rig, &script);
	memset(rig->fake.calls, 0, sizeof(rig->fake.calls));
	rig->fake.fails = call;
	rig->fake.fails_at = nth;
	r = trial_run(&rig->setup, &spec, &sink, &board_us, &err);
	failed = rig->fake.calls[call] >= nth;
	ck_assert_int_eq(r, failed ? -EIO : 0);
	if (failed) {
		bool in_safe;

		ck_assert_int_eq(err.kind, ERR_RIG);
		verdict_judge(&spec, &rig->calib, &log, &verdict);
		ck_assert_int_eq(verdict.outcome, OUTCOME_RIG_FAULT);
		tell_story(&log, story);
		in_safe = strstr(story, "safe fault") != NULL;
		ck_assert(!rig->fake.armed);
		if (!in_safe || call != FAKE_CALL_POWER)
			ck_assert(!rig->fake.powered);
		if (!in_safe || call != FAKE_CALL_HOLD)
			expect_lines_released(rig);
	}
	obs_log_release(&log);
	free(rig);
	return failed;
}

START_TEST(slot_that_fails_is_made_safe)
{
	enum fake_call call = (enum fake_call)_i;
	unsigned int failures = 0;

	/* every one of the first calls, then ever fewer: a trial waits hundreds of times */
	for (unsigned int nth = 1; run_failing(call, nth); nth += 1 + nth / 16)
		failures++;
	ck_assert_uint_gt(failures, 0);
}
END_TEST

/* What a way has to get done meanwhile: how often, and at which time it fails (0: never). */
struct meanwhile {
	unsigned int count;
	unsigned int fails_at;
};

static int get_on(void *ctx, struct err *err)
{
	struct meanwhile *meanwhile = ctx;

	if (++meanwhile->count == meanwhile->fails_at)
		return err_set(err, ERR_IO, -EIO, "the server is gone");
	return 0;
}

START_TEST(way_gets_on_while_the_trial_waits)
{
	struct meanwhile meanwhile = { .fails_at = _i ? 50 : 0 };
	struct trial_spec spec = fake_rig_spec(0, 0);
	struct fake_rig *rig = new_rig(1);
	struct err err = ERR_INIT;
	struct obs_sink sink;
	struct obs_log log;
	int64_t board_us;

	obs_log_init(&log);
	sink = obs_log_sink(&log);
	rig->port.idle = get_on;
	rig->port.idle_ctx = &meanwhile;
	ck_assert_int_eq(trial_run(&rig->setup, &spec, &sink, &board_us, &err), _i ? -EIO : 0);
	ck_assert_uint_ge(meanwhile.count, 50);
	if (_i)
		ck_assert_str_eq(err.text, "the server is gone");
	obs_log_release(&log);
	free(rig);
}
END_TEST

START_TEST(slot_without_lines_is_made_safe)
{
	struct trial_spec spec = fake_rig_spec(1, IN_STAGE_US);
	struct fake_rig *rig = new_rig(1);
	struct verdict verdict;
	struct obs_log log;

	obs_log_init(&log);
	rig->slot.capabilities &= ~(unsigned int)(SLOT_RESET | SLOT_SETUP | SLOT_VBAT | SLOT_RAIL);
	rig->scenario.ladder_count = 1;
	run(rig, &spec, &log, &verdict);
	ck_assert_int_eq(verdict.outcome, OUTCOME_REVERTED);
	ck_assert_uint_eq(rig->fake.calls[FAKE_CALL_HOLD], 0);
	obs_log_release(&log);
	free(rig);
}
END_TEST

/* A switch that may not cut, as a ganged hub's, is good for what cuts nothing. */
START_TEST(control_needs_no_switch_that_cuts)
{
	struct trial_spec spec = fake_rig_spec(0, 0);
	struct fake_rig *rig = new_rig(1);
	struct verdict verdict;
	struct obs_log log;

	obs_log_init(&log);
	rig->slot.capabilities &= ~(unsigned int)SLOT_CUT;
	run(rig, &spec, &log, &verdict);
	ck_assert_int_eq(verdict.outcome, OUTCOME_UPDATED);
	obs_log_release(&log);
	free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trial");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, cut_trials, 0, ARRAY_LEN(trial_cases));
	tcase_add_test(tcase, cut_is_told_with_its_time);
	tcase_add_test(tcase, supply_is_as_the_trial_says);
	tcase_add_test(tcase, backup_supply_and_chance_are_as_the_trial_says);
	tcase_add_test(tcase, control_delivers_every_part);
	tcase_add_test(tcase, later_part_begins_where_the_parts_before_are_installed);
	tcase_add_test(tcase, calibration_knows_the_phases);
	tcase_add_test(tcase, board_that_does_not_start_cannot_be_calibrated);
	tcase_add_loop_test(tcase, slot_that_fails_is_made_safe, FAKE_CALL_WAIT, FAKE_CALL_PROGRAM);
	tcase_add_loop_test(tcase, way_gets_on_while_the_trial_waits, 0, 2);
	tcase_add_test(tcase, slot_without_lines_is_made_safe);
	tcase_add_test(tcase, control_needs_no_switch_that_cuts);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
