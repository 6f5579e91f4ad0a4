/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every way of delivery in whole trials with the reference firmware: power cut after each point
 * that it reaches, what the board itself says of its modules, and things done to the transfer.
 */
#include "campaign/campaign.h"
#include "lib/testing.h"

#include <stdio.h>
#include <string.h>

#define SCENARIO                                                                                  \
	"scenario: ways\nsummary: one way of delivery\nboard: p1\n"                               \
	"from: reference-robust-1.0-p1\nto: reference-robust-1.1-p1\n"                            \
	"deliver: {via: %s}\n%s"                                                                  \
	"power: {off: 1s, vbat: lost}\nladder: [wait, reset, power-cycle, long-off, dfu-flash]\n" \
	"trials: %d\ncontrols: 1\nseed: 1\n"

#define POINTS                                                                        \
	"cut:\n  strategy: list\n  points:\n"                                         \
	"    - {part: 1, after: begun}\n    - {part: 1, after: ready, plus: 200us}\n" \
	"    - {part: 2, after: chunk, chunk: 1}\n    - {part: 1, after: sent}\n"     \
	"    - {part: 3, after: taken}\n    - {part: 1, after: installed, plus: 300ms}\n"

enum { POINT_COUNT = 6 };

struct ways {
	struct loaded *loaded;
	struct calib *calib;
	struct plan plan;
	struct obs_log log;
	struct verdict verdict;
};

static void open_ways(struct ways *ways, const char *via, const char *tries, int trials)
{
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	AUTO_FREE char *text = NULL;
	struct err err = ERR_INIT;

	*ways = (struct ways){ .calib = calloc(1, sizeof(*ways->calib)) };
	ck_assert_int_gt(asprintf(&text, SCENARIO, via, tries, trials), 0);
	ck_assert_msg(scenario_parse(text, "ways", scenario, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_open(scenario, &ways->loaded, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_calibrate(ways->loaded, ways->calib, &err) == 0, "%s", err.text);
	ck_assert_msg(plan_make(&ways->loaded->scenario, ways->calib, 0, NULL, &ways->plan, &err) ==
			      0,
		      "%s", err.text);
	obs_log_init(&ways->log);
}

static void close_ways(struct ways *ways)
{
	obs_log_release(&ways->log);
	plan_release(&ways->plan);
	free(ways->calib);
	loaded_free(ways->loaded);
}

static const struct trial_spec *run_trial(struct ways *ways, size_t i)
{
	struct err err = ERR_INIT;
	int64_t board_us;

	ck_assert_msg(campaign_run_one(ways->loaded, ways->calib, &ways->plan.specs[i], &ways->log,
				       &ways->verdict, &board_us, &err) == 0,
		      "%s", err.text);
	return &ways->plan.specs[i];
}

static const struct obs *find(const struct obs_log *log, enum obs_kind kind, size_t from)
{
	for (size_t i = from; i < log->count; i++)
		if (log->items[i].kind == kind)
			return &log->items[i];
	return NULL;
}

/* The last phase of a delivery that was begun before the cut. */
static const char *phase_at_cut(const struct obs_log *log)
{
	const char *phase = "";

	for (size_t i = 0; i < log->count && log->items[i].kind != OBS_CUT_DELIVERED; i++)
		if (log->items[i].kind == OBS_DELIVERY)
			phase = log->items[i].text;
	return phase;
}

/* What the board runs after each cut; a direct write leaves nothing whole while it goes on. */
static const struct way {
	const char *name;
	enum outcome after[POINT_COUNT];
	bool proves;
} rows[] = {
	{ "cloud",
	  { OUTCOME_REVERTED, OUTCOME_REVERTED, OUTCOME_REVERTED, OUTCOME_REVERTED, OUTCOME_UPDATED,
	    OUTCOME_UPDATED },
	  true },
	{ "ymodem",
	  { OUTCOME_REVERTED, OUTCOME_REVERTED, OUTCOME_REVERTED, OUTCOME_REVERTED, OUTCOME_UPDATED,
	    OUTCOME_UPDATED },
	  true },
	{ "dfu",
	  { OUTCOME_REVERTED, OUTCOME_NEEDS_DFU, OUTCOME_NEEDS_DFU, OUTCOME_UPDATED,
	    OUTCOME_UPDATED, OUTCOME_UPDATED },
	  true },
	{ "dfu-staged",
	  { OUTCOME_REVERTED, OUTCOME_REVERTED, OUTCOME_REVERTED, OUTCOME_REVERTED, OUTCOME_UPDATED,
	    OUTCOME_UPDATED },
	  true },
};

START_TEST(a_cut_comes_after_the_point_that_it_is_anchored_to)
{
	static const char *const phases[] = { "begin", "stage", "stage", "slot", "apply", "apply" };
	const struct way *way = &rows[_i];
	struct ways ways;
	size_t point = 0;

	open_ways(&ways, way->name, POINTS, POINT_COUNT);
	ck_assert_uint_eq(ways.plan.count, POINT_COUNT + 1);
	for (size_t i = 0; i < ways.plan.count; i++) {
		const struct trial_spec *spec = run_trial(&ways, i);
		const struct obs *told = find(&ways.log, OBS_MODULE, 0);

		ck_assert_msg(!way->proves || told, "%s: nothing was told of a module", way->name);
		if (trial_spec_is_control(spec)) {
			ck_assert_int_eq(ways.verdict.outcome, OUTCOME_UPDATED);
			ck_assert_int_eq(told->code, OBS_MODULE_NEW);
			continue;
		}
		ck_assert_msg(ways.verdict.outcome == way->after[point], "%s, point %zu: %s (%s)",
			      way->name, point, outcome_name(ways.verdict.outcome),
			      ways.verdict.reason);
		ck_assert_msg(strcmp(phase_at_cut(&ways.log), phases[point]) == 0,
			      "%s, point %zu: cut in '%s'", way->name, point,
			      phase_at_cut(&ways.log));
		point++;
	}
	close_ways(&ways);
}
END_TEST

/* Whatever is done to a transfer, a firmware that looks at what it gets comes out of it whole. */
static const struct {
	const char *way;
	const char *acts;
} meddlings[] = {
	{ "cloud",
	  "drop, twice, swap, spoil, seal, delay, stall, hangup, size, again, early, junk, "
	  "options" },
	{ "ymodem",
	  "drop, twice, swap, spoil, size, stall, noise, abort, early, delay, junk, reset, "
	  "setup" },
	{ "dfu-staged", "drop, twice, spoil, delay, abort, reset" },
};

enum { MEDDLED = 24 };

START_TEST(what_is_done_to_a_transfer_leaves_the_board_whole)
{
	struct ways ways;
	AUTO_FREE char *tries = NULL;
	unsigned int done = 0;

	ck_assert_int_gt(asprintf(&tries,
				  "cut: {strategy: none}\nfuzz: {transfer: [%s], per_trial: 2}\n",
				  meddlings[_i].acts),
			 0);
	open_ways(&ways, meddlings[_i].way, tries, MEDDLED);
	for (size_t i = 0; i < ways.plan.count; i++) {
		const struct trial_spec *spec = run_trial(&ways, i);
		char id[TRIAL_ID_MAX];

		if (trial_spec_is_control(spec))
			continue;
		trial_id_format(spec, id);
		ck_assert_msg(outcome_is_good(ways.verdict.outcome), "%s: %s, %s", id,
			      outcome_name(ways.verdict.outcome), ways.verdict.reason);
		done++;
	}
	ck_assert_uint_eq(done, MEDDLED);
	close_ways(&ways);
}
END_TEST

/* The firmware takes an update over the air that it never installs, and says that all is well. */
START_TEST(a_board_that_installs_nothing_is_stale)
{
	AUTO_FREE struct scenario *scenario = calloc(1, sizeof(*scenario));
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	static const char text[] =
		"scenario: silent\nsummary: an update that is taken and never installed\nboard: "
		"p1\n"
		"from: reference-silent-update-p1\nto: reference-robust-1.1-p1\n"
		"deliver: {via: cloud, parts: [system-part2]}\ncut: {strategy: none}\n"
		"power: {off: 1s, vbat: lost}\nladder: [wait]\ntrials: 0\ncontrols: 1\nseed: 1\n";
	struct trial_spec spec = { .scenario = "silent", .vbat = VBAT_LOST };
	struct verdict verdict;
	struct loaded *loaded;
	struct err err = ERR_INIT;
	struct obs_log log;
	int64_t board_us;

	ck_assert_msg(scenario_parse(text, "silent", scenario, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_open(scenario, &loaded, &err) == 0, "%s", err.text);
	ck_assert_msg(loaded_calibrate(loaded, calib, &err) == 0, "%s", err.text);
	obs_log_init(&log);
	ck_assert_int_eq(campaign_run_one(loaded, calib, &spec, &log, &verdict, &board_us, &err),
			 0);
	ck_assert_msg(verdict.outcome == OUTCOME_STALE, "%s: %s", outcome_name(verdict.outcome),
		      verdict.reason);
	ck_assert_ptr_nonnull(strstr(verdict.reason, "the board says that it runs another module"));
	obs_log_release(&log);
	loaded_free(loaded);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ways of delivery");
	TCase *tcase = tcase_create("trials");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, a_cut_comes_after_the_point_that_it_is_anchored_to, 0,
			    ARRAY_LEN(rows));
	tcase_add_loop_test(tcase, what_is_done_to_a_transfer_leaves_the_board_whole, 0,
			    ARRAY_LEN(meddlings));
	tcase_add_test(tcase, a_board_that_installs_nothing_is_stale);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
