/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logs are written as words, one observation each, a second apart. A word that ends in '*' is one
 * the verdict must rest on; no other may be among its evidence.
 */
#include "base/rng.h"
#include "base/text.h"
#include "lib/testing.h"
#include "verdict/verdict.h"

#include <string.h>

enum judge_sizes {
	SECOND_US = 1000000,
	WORDS_MAX = 80,
	WORD_LEN_MAX = 24,
	RANDOM_LOGS = 10000,
	RANDOM_LOG_LEN = 60,
	RANDOM_SEED = 7,
};

static const struct word {
	const char *word;
	enum obs_kind kind;
	int32_t code;
	const char *text;
} words[] = {
	{ "baseline", OBS_PHASE, 0, "baseline" },
	{ "deliver", OBS_PHASE, 0, "deliver" },
	{ "off", OBS_PHASE, 0, "off" },
	{ "recover", OBS_PHASE, 0, "recover" },
	{ "confirm", OBS_PHASE, 0, "confirm" },
	{ "finish", OBS_PHASE, 0, "finish" },
	{ "safe", OBS_PHASE, 0, "safe" },
	{ "armed", OBS_CUT_ARMED, 1, "1t4000" },
	{ "cut", OBS_CUT_DELIVERED, 1, "" },
	{ "missed", OBS_CUT_MISSED, 1, "" },
	{ "rail-down", OBS_POWER_CONFIRMED, 0, "" },
	{ "rail-up", OBS_POWER_CONFIRMED, 1, "" },
	{ "alive", OBS_ALIVE, 1, "" },
	{ "apply", OBS_APPLY, 1, "" },
	{ "dfu", OBS_DFU, 0, "" },
	{ "timeout", OBS_TIMEOUT, 0, "alive" },
	{ "fault", OBS_RIG_FAULT, -5, "the relay does not answer" },
	{ "mute-fault", OBS_RIG_FAULT, -5, "" },
	{ "wait", OBS_RUNG, RUNG_WAIT, "wait" },
	{ "reset", OBS_RUNG, RUNG_RESET, "reset" },
	{ "power-cycle", OBS_RUNG, RUNG_POWER_CYCLE, "power-cycle" },
	{ "long-off", OBS_RUNG, RUNG_LONG_OFF, "long-off" },
	{ "dfu-buttons", OBS_RUNG, RUNG_DFU_BUTTONS, "dfu-buttons" },
	{ "dfu-flash", OBS_RUNG, RUNG_DFU_FLASH, "dfu-flash" },
	{ "came", OBS_USB, 1, "2b04:d008" },
	{ "left", OBS_USB, 0, "2b04:d008" },
	{ "answers", OBS_REFLASH, OBS_REFLASH_ANSWERED, "" },
	{ "written", OBS_REFLASH, OBS_REFLASH_WRITTEN, "system-part1" },
	{ "told", OBS_REFLASH, OBS_REFLASH_LEFT, "" },
	{ "failed", OBS_REFLASH, OBS_REFLASH_FAILED, "ERASE was refused" },
	{ "led", OBS_LED, 0, "unknown" },
	{ "note", OBS_NOTE, 0, "" },
	{ "supply", OBS_POWER_COMMANDED, 1, "" },
	{ "line", OBS_LINE_COMMANDED, 1, "reset" },
	{ "delivery", OBS_DELIVERY, 1, "stage" },
	{ "probe", OBS_PROBE, 1, "" },
	{ "untold", OBS_MODULE, OBS_MODULE_UNTOLD, "" },
	{ "new", OBS_MODULE, OBS_MODULE_NEW, "" },
	{ "other", OBS_MODULE, OBS_MODULE_OTHER, "" },
	{ "bad", OBS_MODULE, OBS_MODULE_BAD, "" },
	{ "fed", OBS_FED, 0, "the LED stayed lit" },
};

/* How far the part's module was installed when power was cut. */
enum place { CONTROL = 0, OLD, HALF, NEW, NOWHERE, ANCHORED, MEDDLED };

struct judge_case {
	const char *log;
	enum place place;
	uint32_t part;
	enum outcome outcome;
	enum rung rung;
	int64_t recovery_s;
	const char *reason;
};

#define CUT	   "deliver armed cut* off rail-down recover rail-up "
#define BACK	   CUT "wait alive confirm alive* "
#define APPLIED	   CUT "wait apply* alive confirm alive "
#define BY_RESET   CUT "wait timeout reset alive confirm alive* "
#define TAKES_BOTH "finish apply alive apply alive confirm alive* "
#define TAKES_ONE  "finish apply alive confirm alive* "
#define CLIMBED	   "wait timeout reset timeout power-cycle timeout long-off timeout "
#define NOT_BACK   CUT CLIMBED

static const struct judge_case cut_cases[] = {
	{ APPLIED TAKES_BOTH, OLD, 1, OUTCOME_UPDATED, RUNG_WAIT, 6,
	  "runs the new module, applied when power came back; a second update took" },
	{ APPLIED TAKES_BOTH, HALF, 1, OUTCOME_UPDATED, RUNG_WAIT, 6,
	  "runs the new module, applied when power came back; a second update took" },
	{ CUT "wait alive confirm apply* alive " TAKES_BOTH, OLD, 1, OUTCOME_UPDATED, RUNG_WAIT, 6,
	  "runs the new module, applied when power came back; a second update took" },
	{ BACK TAKES_BOTH, NEW, 1, OUTCOME_UPDATED, RUNG_WAIT, 5,
	  "runs the new module; a second update took" },
	{ BACK TAKES_ONE, NEW, 2, OUTCOME_UPDATED, RUNG_WAIT, 5,
	  "runs the new module; a second update took" },
	{ BACK TAKES_BOTH, OLD, 1, OUTCOME_REVERTED, RUNG_WAIT, 5,
	  "runs the old module; a second update took" },
	{ BACK TAKES_ONE, OLD, 2, OUTCOME_REVERTED, RUNG_WAIT, 5,
	  "runs the old module; a second update took" },
	{ "deliver armed apply cut* off recover wait alive confirm alive* " TAKES_ONE, OLD, 2,
	  OUTCOME_REVERTED, RUNG_WAIT, 4, "runs the old module; a second update took" },
	{ BACK TAKES_BOTH, HALF, 1, OUTCOME_MIXED, RUNG_WAIT, 5,
	  "runs although its module was half written; a second update took" },
	{ BACK TAKES_BOTH, NOWHERE, 1, OUTCOME_UNKNOWN, RUNG_WAIT, 5,
	  "runs, nobody knows what; a second update took" },

	{ "baseline timeout dfu answers written told apply alive " BACK TAKES_ONE, OLD, 2,
	  OUTCOME_REVERTED, RUNG_WAIT, 5, "runs the old module; a second update took" },

	/* the second update: not at all, in part, not confirmed, not told from the first */
	{ BACK "finish timeout", OLD, 1, OUTCOME_DEGRADED, RUNG_WAIT, 5,
	  "runs the old module; a second update did not take" },
	{ BACK, NEW, 1, OUTCOME_DEGRADED, RUNG_WAIT, 5,
	  "runs the new module; a second update did not take" },
	{ BACK "finish alive alive confirm alive*", OLD, 1, OUTCOME_DEGRADED, RUNG_WAIT, 5,
	  "runs the old module; a second update did not take" },
	{ BACK "finish apply alive alive confirm alive*", HALF, 1, OUTCOME_DEGRADED, RUNG_WAIT, 5,
	  "runs although its module was half written; a second update did not take" },
	{ BACK "finish apply alive apply alive confirm timeout", OLD, 1, OUTCOME_DEGRADED,
	  RUNG_WAIT, 5, "runs the old module; a second update did not take" },
	{ BACK "finish apply apply alive confirm alive*", OLD, 1, OUTCOME_DEGRADED, RUNG_WAIT, 5,
	  "runs the old module; a second update did not take" },
	{ APPLIED "finish alive confirm alive*", OLD, 2, OUTCOME_DEGRADED, RUNG_WAIT, 6,
	  "runs the new module, applied when power came back; a second update did not take" },
	{ APPLIED "finish alive apply alive confirm alive*", OLD, 1, OUTCOME_DEGRADED, RUNG_WAIT, 6,
	  "runs the new module, applied when power came back; a second update did not take" },
	{ "deliver armed apply cut* off recover wait alive confirm alive* finish alive confirm "
	  "alive*",
	  OLD, 2, OUTCOME_DEGRADED, RUNG_WAIT, 4,
	  "runs the old module; a second update did not take" },

	/* brought back by more than power */
	{ BY_RESET TAKES_BOTH, OLD, 1, OUTCOME_HUNG, RUNG_RESET, 7,
	  "runs the old module; a second update took" },
	{ BY_RESET "finish timeout", HALF, 1, OUTCOME_HUNG, RUNG_RESET, 7,
	  "runs although its module was half written; a second update did not take" },
	{ CUT "wait timeout reset timeout power-cycle alive confirm alive* " TAKES_BOTH, NEW, 1,
	  OUTCOME_HUNG, RUNG_POWER_CYCLE, 9, "runs the new module; a second update took" },
	{ CUT "wait timeout reset timeout power-cycle timeout long-off apply* alive confirm "
	      "alive " TAKES_BOTH,
	  OLD, 1, OUTCOME_HUNG, RUNG_LONG_OFF, 12,
	  "runs the new module, applied when power came back; a second update took" },
	{ CUT "wait alive confirm timeout reset alive confirm alive* " TAKES_BOTH, OLD, 1,
	  OUTCOME_HUNG, RUNG_RESET, 9, "runs the old module; a second update took" },

	/* brought back by the old release, written over DFU */
	{ CUT "wait timeout dfu-flash dfu came answers written told* left alive confirm "
	      "alive* " TAKES_BOTH,
	  HALF, 1, OUTCOME_NEEDS_DFU, RUNG_DFU_FLASH, 13,
	  "the old release, written over DFU, brought it back; a second update took" },
	{ CUT "wait timeout dfu-flash dfu answers told* alive confirm alive* finish timeout", HALF,
	  1, OUTCOME_NEEDS_DFU, RUNG_DFU_FLASH, 10,
	  "the old release, written over DFU, brought it back; a second update did not take" },
	{ CUT "wait timeout dfu-flash dfu came answers* written told* left timeout", HALF, 1,
	  OUTCOME_NEEDS_DFU, RUNG_NONE, 11,
	  "DFU mode answers; with the old release written it does not start" },
	{ CUT "wait timeout dfu-flash dfu came answers* failed* left", HALF, 1, OUTCOME_NEEDS_DFU,
	  RUNG_NONE, 9, "DFU mode answers; writing the old release failed: ERASE was refused" },
	{ CUT "wait timeout dfu-flash* dfu failed", HALF, 1, OUTCOME_BRICKED, RUNG_NONE, 6,
	  "shows its DFU mode, which does not answer on the USB" },
	{ CUT "wait timeout dfu-flash* timeout", HALF, 1, OUTCOME_BRICKED, RUNG_NONE, 5,
	  "nothing up to rung 'dfu-flash' brought it back" },
	/* what an earlier rung saw of DFU does not count for a later one */
	{ CUT "wait timeout dfu-flash dfu answers told timeout reset* timeout", HALF, 1,
	  OUTCOME_BRICKED, RUNG_NONE, 10, "nothing up to rung 'reset' brought it back" },

	/* never back */
	{ NOT_BACK "dfu-buttons dfu*", HALF, 1, OUTCOME_NEEDS_DFU, RUNG_NONE, 11,
	  "the system does not start; DFU mode answers" },
	{ CUT "wait alive confirm timeout reset alive confirm timeout dfu-buttons dfu*", HALF, 1,
	  OUTCOME_NEEDS_DFU, RUNG_NONE, 11,
	  "came alive, but not twice in a row; DFU mode answers" },
	{ CUT "wait dfu*", HALF, 1, OUTCOME_NEEDS_DFU, RUNG_NONE, 3,
	  "the system does not start; DFU mode answers" },
	{ NOT_BACK "dfu-buttons* timeout", HALF, 1, OUTCOME_BRICKED, RUNG_NONE, 11,
	  "nothing up to rung 'dfu-buttons' brought it back" },
	{ CUT "wait dfu reset* timeout", HALF, 1, OUTCOME_BRICKED, RUNG_NONE, 5,
	  "nothing up to rung 'reset' brought it back" },
	{ CUT "wait* timeout", OLD, 1, OUTCOME_BRICKED, RUNG_NONE, 3,
	  "nothing up to rung 'wait' brought it back" },
	{ CUT "wait alive confirm timeout long-off* timeout safe", OLD, 1, OUTCOME_BRICKED,
	  RUNG_NONE, 8, "nothing up to rung 'long-off' brought it back" },
};

/* What the board itself says counts more than light and calibration. */
static const struct judge_case told_cases[] = {
	{ CUT "wait alive confirm alive* new* " TAKES_BOTH, HALF, 1, OUTCOME_UPDATED, RUNG_WAIT, 5,
	  "runs the new module; a second update took" },
	{ CUT "wait alive confirm alive* new* " TAKES_BOTH, NOWHERE, 1, OUTCOME_UPDATED, RUNG_WAIT,
	  5, "runs the new module; a second update took" },
	{ CUT "wait alive confirm alive* other* " TAKES_BOTH, NEW, 1, OUTCOME_REVERTED, RUNG_WAIT,
	  5, "runs the old module; a second update took" },
	{ CUT "wait apply* alive confirm alive other* " TAKES_BOTH, NEW, 1, OUTCOME_REVERTED,
	  RUNG_WAIT, 6, "runs the old module, applied when power came back; a second update took" },
	{ CUT "wait alive confirm alive* bad* " TAKES_BOTH, NEW, 1, OUTCOME_MIXED, RUNG_WAIT, 5,
	  "runs although its module was half written; a second update took" },
	{ CUT "wait alive confirm alive* untold " TAKES_BOTH, OLD, 1, OUTCOME_REVERTED, RUNG_WAIT,
	  5, "runs the old module; a second update took" },
	/* a way of delivery that shows nothing while it installs */
	{ CUT "wait alive confirm alive* other* finish alive new alive new confirm alive*", OLD, 1,
	  OUTCOME_REVERTED, RUNG_WAIT, 5, "runs the old module; a second update took" },
	{ CUT "wait alive confirm alive* other* finish apply alive new apply alive new confirm "
	      "alive*",
	  OLD, 1, OUTCOME_REVERTED, RUNG_WAIT, 5, "runs the old module; a second update took" },
	{ CUT "wait alive confirm alive* other* finish alive new alive confirm alive*", OLD, 1,
	  OUTCOME_DEGRADED, RUNG_WAIT, 5, "runs the old module; a second update did not take" },
	{ CUT "wait alive confirm alive* other* finish apply alive other*", OLD, 2,
	  OUTCOME_DEGRADED, RUNG_WAIT, 5, "runs the old module; a second update did not take" },
	/* a cut after a point of the delivery is judged by when it came */
	{ "deliver armed cut* off recover wait alive confirm alive* " TAKES_ONE, ANCHORED, 2,
	  OUTCOME_REVERTED, RUNG_WAIT, 4, "runs the old module; a second update took" },
	/* no cut, but something done to the update */
	{ "deliver delivery recover wait alive confirm alive* " TAKES_BOTH, MEDDLED, 1,
	  OUTCOME_REVERTED, RUNG_WAIT, 4, "runs the old module; a second update took" },
	{ "deliver delivery apply alive recover wait alive confirm alive* " TAKES_ONE, MEDDLED, 2,
	  OUTCOME_UPDATED, RUNG_WAIT, 4, "runs the new module; a second update took" },
	{ "deliver delivery apply alive recover wait alive confirm alive* other* " TAKES_ONE,
	  MEDDLED, 2, OUTCOME_REVERTED, RUNG_WAIT, 4, "runs the old module; a second update took" },
	{ "deliver delivery recover wait timeout reset alive confirm alive* " TAKES_BOTH, MEDDLED,
	  1, OUTCOME_HUNG, RUNG_RESET, 6, "runs the old module; a second update took" },
	{ "deliver delivery alive other recover wait alive confirm alive* other* " TAKES_BOTH,
	  MEDDLED, 1, OUTCOME_REVERTED, RUNG_WAIT, 4, "runs the old module; a second update took" },
	{ "deliver delivery recover wait* timeout", MEDDLED, 1, OUTCOME_BRICKED, RUNG_NONE, 2,
	  "nothing up to rung 'wait' brought it back" },
	{ "deliver recover wait alive confirm alive", MEDDLED, 1, OUTCOME_INCONCLUSIVE, RUNG_NONE,
	  0, "the transfer was not begun" },
};

static const struct judge_case control_cases[] = {
	{ "deliver alive new alive new recover wait confirm alive*", CONTROL, 0, OUTCOME_UPDATED,
	  RUNG_WAIT, 3, "every part was applied, and the system came alive" },
	{ "deliver apply alive new apply alive other* recover wait confirm alive*", CONTROL, 0,
	  OUTCOME_STALE, RUNG_WAIT, 3,
	  "delivered, and the board says that it runs another module" },
	{ "deliver apply alive bad* recover wait confirm alive*", CONTROL, 0, OUTCOME_MIXED,
	  RUNG_WAIT, 3, "runs with a module of which the board says that it is not sound" },
	{ "deliver apply alive apply alive recover wait confirm alive*", CONTROL, 0,
	  OUTCOME_UPDATED, RUNG_WAIT, 3, "every part was applied, and the system came alive" },
	{ "deliver alive alive recover wait confirm alive*", CONTROL, 0, OUTCOME_STALE, RUNG_WAIT,
	  3, "delivered, but no part was seen to be applied" },
	{ "deliver alive apply alive recover wait confirm alive*", CONTROL, 0, OUTCOME_MIXED,
	  RUNG_WAIT, 3, "1 of 2 parts were seen to be applied" },
	{ "baseline apply alive deliver apply alive recover wait confirm alive*", CONTROL, 0,
	  OUTCOME_MIXED, RUNG_WAIT, 3, "1 of 2 parts were seen to be applied" },
	{ "deliver apply alive apply alive recover wait confirm timeout reset alive confirm alive*",
	  CONTROL, 0, OUTCOME_HUNG, RUNG_RESET, 7, "did not start by itself after an update" },
	{ "deliver apply timeout recover wait wait timeout dfu-buttons dfu*", CONTROL, 0,
	  OUTCOME_NEEDS_DFU, RUNG_NONE, 5, "the system does not start; DFU mode answers" },
	{ "deliver apply timeout recover wait wait timeout dfu-buttons* timeout", CONTROL, 0,
	  OUTCOME_BRICKED, RUNG_NONE, 5, "nothing up to rung 'dfu-buttons' brought it back" },
	{ "deliver apply timeout recover wait wait timeout dfu-flash dfu answers told* alive "
	  "confirm "
	  "alive*",
	  CONTROL, 0, OUTCOME_NEEDS_DFU, RUNG_DFU_FLASH, 10,
	  "after an update only the old release, written over DFU, brought it back" },
	{ "deliver", CONTROL, 0, OUTCOME_INCONCLUSIVE, RUNG_NONE, 0,
	  "nothing was tried to bring the board back" },
	{ "", CONTROL, 0, OUTCOME_INCONCLUSIVE, RUNG_NONE, 0,
	  "nothing was tried to bring the board back" },
	{ "deliver apply alive fault* safe", CONTROL, 0, OUTCOME_RIG_FAULT, RUNG_NONE, 0,
	  "the relay does not answer" },
};

/* Trials that say nothing about the release. */
static const struct judge_case void_cases[] = {
	{ "deliver armed cut* off rail-down fed* fed recover wait alive confirm alive", OLD, 2,
	  OUTCOME_NOT_DELIVERED, RUNG_NONE, 0, "power was off, but the LED stayed lit" },
	/* a rail that drains slowly is looked at again */
	{ "deliver armed cut* off rail-up rail-down recover rail-up wait alive confirm "
	  "alive* " TAKES_ONE,
	  OLD, 2, OUTCOME_REVERTED, RUNG_WAIT, 5, "runs the old module; a second update took" },
	{ "deliver armed cut* off rail-up rail-up* recover rail-up wait alive confirm alive", OLD,
	  2, OUTCOME_NOT_DELIVERED, RUNG_NONE, 0, "the rail did not fall" },
	{ "deliver armed apply alive missed* safe", OLD, 1, OUTCOME_NOT_DELIVERED, RUNG_NONE, 0,
	  "the update was over before the cut" },
	{ "deliver armed cut* off rail-up* recover rail-up wait alive confirm alive", OLD, 2,
	  OUTCOME_NOT_DELIVERED, RUNG_NONE, 0, "the rail did not fall" },
	{ "deliver cut* off recover wait alive confirm alive", OLD, 1, OUTCOME_INCONCLUSIVE,
	  RUNG_NONE, 0, "no cut was seen" },
	{ "deliver armed off recover wait alive confirm alive", OLD, 1, OUTCOME_INCONCLUSIVE,
	  RUNG_NONE, 0, "no cut was seen" },
	{ "", OLD, 1, OUTCOME_INCONCLUSIVE, RUNG_NONE, 0, "no cut was seen" },
	{ CUT "safe", OLD, 1, OUTCOME_INCONCLUSIVE, RUNG_NONE, 2,
	  "nothing was tried to bring the board back" },
	{ CUT "wait alive fault* safe", OLD, 1, OUTCOME_RIG_FAULT, RUNG_NONE, 0,
	  "the relay does not answer" },
	{ "deliver armed missed fault* safe mute-fault", OLD, 1, OUTCOME_RIG_FAULT, RUNG_NONE, 0,
	  "the relay does not answer" },
	{ "mute-fault*", OLD, 1, OUTCOME_RIG_FAULT, RUNG_NONE, 0, "the rig failed" },
	/* a bench that cannot see the rail takes the cut on trust */
	{ "deliver armed cut* off recover wait rail-up alive confirm alive* " TAKES_ONE, OLD, 2,
	  OUTCOME_REVERTED, RUNG_WAIT, 5, "runs the old module; a second update took" },
};

/* Two parts; the module of each is written from 4 to 6 ms, or operation 40 to 60. */
static void make_calib(struct calib *ret)
{
	*ret = (struct calib){ .part_count = 2 };
	for (uint32_t part = 1; part <= 2; part++) {
		struct calib_window *window = &ret->windows[ret->window_count++];

		*window = (struct calib_window){
			.part = part, .begin_us = 4000, .end_us = 6000, .begin_op = 40, .end_op = 60
		};
		snprintf(window->phase, sizeof(window->phase), "%u.apply.app", part);
		text_copy(ret->parts[part - 1].module, sizeof(ret->parts[0].module), "app");
	}
}

static struct trial_spec make_spec(enum place place, uint32_t part)
{
	static const uint64_t at[] = { [OLD] = 4000, [HALF] = 4001, [NEW] = 6000, [NOWHERE] = 1 };

	if (place == CONTROL)
		return (struct trial_spec){ .vbat = VBAT_LOST };
	if (place == MEDDLED)
		return (struct trial_spec){ .cut = { .part = part },
					    .acts = { { { FUZZ_DROP, 1, 0 } }, 1 } };
	if (place == ANCHORED)
		return (struct trial_spec){
			.cut = { .part = part, .by = CUT_BY_ANCHOR, .anchor = CUT_ANCHOR_READY }
		};
	return (struct trial_spec){ .cut = { .part = part, .by = CUT_BY_TIME, .at = at[place] } };
}

static void put_word(struct obs_log *log, const char *text)
{
	struct obs_sink sink = obs_log_sink(log);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].word, text) != 0)
			continue;
		obs_put(&sink, (int64_t)log->count * SECOND_US, words[i].kind, words[i].code, 0,
			words[i].text);
		return;
	}
	ck_abort_msg("no word '%s'", text);
}

/* Fills the log; the places of marked words come in order. */
static uint32_t read_log(const char *text, struct obs_log *log, uint32_t ret_marked[WORDS_MAX])
{
	uint32_t marked = 0;

	while (*(text += strspn(text, " "))) {
		size_t len = strcspn(text, " ");
		char word[WORD_LEN_MAX];

		ck_assert_uint_lt(len, sizeof(word));
		memcpy(word, text, len);
		word[len] = '\0';
		if (word[len - 1] == '*') {
			word[len - 1] = '\0';
			ret_marked[marked++] = (uint32_t)log->count;
		}
		put_word(log, word);
		text += len;
	}
	return marked;
}

static void check_case(const struct judge_case *c)
{
	uint32_t marked[WORDS_MAX];
	uint32_t marked_count;
	struct verdict verdict;
	struct calib calib;
	struct trial_spec spec = make_spec(c->place, c->part);
	struct obs_log log;

	make_calib(&calib);
	if (c->place == NOWHERE)
		calib.parts[0].module[0] = '\0';
	obs_log_init(&log);
	marked_count = read_log(c->log, &log, marked);
	verdict_judge(&spec, &calib, &log, &verdict);
	obs_log_release(&log);
	ck_assert_msg(verdict.outcome == c->outcome, "%s: %s instead of %s", c->log,
		      outcome_name(verdict.outcome), outcome_name(c->outcome));
	ck_assert_msg(strcmp(verdict.reason, c->reason) == 0, "%s: '%s' instead of '%s'", c->log,
		      verdict.reason, c->reason);
	ck_assert_msg(verdict.recovered_by == c->rung, "%s: recovered by %s", c->log,
		      rung_name(verdict.recovered_by));
	ck_assert_msg(verdict.recovery_us == c->recovery_s * SECOND_US, "%s: back after %ld us",
		      c->log, (long)verdict.recovery_us);
	ck_assert_msg(verdict.evidence_count == marked_count, "%s: %u facts of evidence", c->log,
		      verdict.evidence_count);
	for (uint32_t i = 0; i < marked_count; i++)
		ck_assert_msg(verdict.evidence[i] == marked[i], "%s: rests on fact %u", c->log,
			      verdict.evidence[i]);
}

/*
 * A supply that takes time to fall: what is whole is known when the fall began and ended in the
 * same stretch of the update.
 */
START_TEST(slow_falls)
{
	static const struct {
		enum place place;
		int64_t fall_us, gone_us;
		enum outcome outcome;
	} rows[] = {
		{ OLD, 0, 5000, OUTCOME_REVERTED },   { OLD, 10, 4000, OUTCOME_REVERTED },
		{ OLD, 2000, 5000, OUTCOME_MIXED },   { OLD, 9000, 6500, OUTCOME_MIXED },
		{ HALF, 2000, 5000, OUTCOME_MIXED },  { HALF, 2000, 6001, OUTCOME_MIXED },
		{ NEW, 2000, 6500, OUTCOME_UPDATED },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct trial_spec spec = make_spec(rows[i].place, 1);
		uint32_t marked[WORDS_MAX];
		struct verdict verdict;
		struct calib calib;
		struct obs_log log;

		spec.fall_us = rows[i].fall_us;
		make_calib(&calib);
		obs_log_init(&log);
		read_log(BACK TAKES_BOTH, &log, marked);
		for (size_t k = 0; k < log.count; k++)
			if (log.items[k].kind == OBS_CUT_DELIVERED)
				log.items[k].value = rows[i].gone_us;
		verdict_judge(&spec, &calib, &log, &verdict);
		obs_log_release(&log);
		ck_assert_msg(verdict.outcome == rows[i].outcome, "row %zu: %s", i,
			      outcome_name(verdict.outcome));
	}
}
END_TEST

START_TEST(cuts)
{
	check_case(&cut_cases[_i]);
}
END_TEST

START_TEST(told)
{
	check_case(&told_cases[_i]);
}
END_TEST

START_TEST(controls)
{
	check_case(&control_cases[_i]);
}
END_TEST

START_TEST(void_trials)
{
	check_case(&void_cases[_i]);
}
END_TEST

START_TEST(truncated_log_concludes_nothing)
{
	static const enum place places[] = { CONTROL, OLD };

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct trial_spec spec = make_spec(places[i], 1);
		uint32_t marked[WORDS_MAX];
		struct verdict verdict;
		struct calib calib;
		struct obs_log log;

		make_calib(&calib);
		obs_log_init(&log);
		read_log(BACK TAKES_BOTH, &log, marked);
		log.truncated = true;
		verdict_judge(&spec, &calib, &log, &verdict);
		ck_assert_int_eq(verdict.outcome, OUTCOME_INCONCLUSIVE);
		ck_assert_str_eq(verdict.reason, "more observations than the log holds");
		obs_log_release(&log);
	}
}
END_TEST

START_TEST(no_part_in_the_calibration_is_no_update)
{
	struct trial_spec spec = make_spec(CONTROL, 0);
	struct calib calib = { .part_count = 0 };
	uint32_t marked[WORDS_MAX];
	struct verdict verdict;
	struct obs_log log;

	obs_log_init(&log);
	read_log("deliver alive recover wait confirm alive", &log, marked);
	verdict_judge(&spec, &calib, &log, &verdict);
	obs_log_release(&log);
	ck_assert_int_eq(verdict.outcome, OUTCOME_STALE);
}
END_TEST

/* Mostly sense, some nonsense. */
static void put_random(struct rng *rng, struct obs_log *log)
{
	struct obs_sink sink = obs_log_sink(log);
	char text[OBS_TEXT_MAX] = "";

	if (rng_below(rng, 8)) {
		put_word(log, words[rng_below(rng, ARRAY_LEN(words))].word);
		return;
	}
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = (char)rng_below(rng, 256);
	obs_put(&sink, (int64_t)(rng_next(rng) >> 1), (enum obs_kind)rng_below(rng, 40),
		(int32_t)rng_next(rng), (int64_t)rng_next(rng), text);
}

static struct trial_spec random_spec(struct rng *rng)
{
	static const uint32_t parts[] = { 0, 1, 2, 3, UINT32_MAX };
	struct trial_spec spec = { .number = rng_next(rng) };

	spec.cut.by = (enum cut_by)rng_below(rng, 4);
	spec.cut.part = parts[rng_below(rng, ARRAY_LEN(parts))];
	spec.cut.at = rng_below(rng, 2) ? rng_next(rng) : rng_below(rng, 10000);
	spec.cut.form.form = (enum cut_form)rng_below(rng, 4);
	return spec;
}

static bool has_alive(const struct obs_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		if (log->items[i].kind == OBS_ALIVE)
			return true;
	return false;
}

static void check_any(const struct trial_spec *spec, const struct calib *calib,
		      const struct obs_log *log)
{
	size_t bytes = offsetof(struct verdict, evidence_count) + sizeof(uint32_t);
	struct verdict a;
	struct verdict b;

	memset(&a, 0x00, sizeof(a));
	memset(&b, 0xff, sizeof(b));
	verdict_judge(spec, calib, log, &a);
	verdict_judge(spec, calib, log, &b);
	ck_assert_int_eq(memcmp(&a, &b, bytes), 0);
	ck_assert_uint_lt((unsigned int)a.outcome, OUTCOME_COUNT);
	ck_assert_uint_lt((unsigned int)a.recovered_by, RUNG_COUNT);
	ck_assert_uint_gt(strnlen(a.reason, sizeof(a.reason)), 0);
	ck_assert_uint_lt(strnlen(a.reason, sizeof(a.reason)), sizeof(a.reason));
	ck_assert_uint_le(a.evidence_count, VERDICT_EVIDENCE_MAX);
	for (uint32_t i = 0; i < a.evidence_count; i++)
		ck_assert_uint_lt(a.evidence[i], log->count);
	if (!has_alive(log))
		ck_assert(!outcome_is_good(a.outcome));
}

START_TEST(any_log_is_judged)
{
	struct calib calib;
	struct obs_log log;
	struct rng rng;

	make_calib(&calib);
	rng_init(&rng, RANDOM_SEED);
	obs_log_init(&log);
	for (int i = 0; i < RANDOM_LOGS; i++) {
		struct trial_spec spec = random_spec(&rng);
		uint64_t len = rng_below(&rng, RANDOM_LOG_LEN);

		obs_log_clear(&log);
		while (log.count < len)
			put_random(&rng, &log);
		log.truncated = rng_below(&rng, 50) == 0;
		check_any(&spec, &calib, &log);
	}
	obs_log_release(&log);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("judge");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, slow_falls);
	tcase_add_loop_test(tcase, cuts, 0, ARRAY_LEN(cut_cases));
	tcase_add_loop_test(tcase, told, 0, ARRAY_LEN(told_cases));
	tcase_add_loop_test(tcase, controls, 0, ARRAY_LEN(control_cases));
	tcase_add_loop_test(tcase, void_trials, 0, ARRAY_LEN(void_cases));
	tcase_add_test(tcase, truncated_log_concludes_nothing);
	tcase_add_test(tcase, no_part_in_the_calibration_is_no_update);
	tcase_add_test(tcase, any_log_is_judged);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
