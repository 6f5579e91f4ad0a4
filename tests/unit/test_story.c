/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/testing.h"
#include "trial/story.h"

#include <string.h>

enum { STEPS_MAX = 12 };

static const struct scenario scenario = {
	.expect_led = { .names = { "green", "cyan", "breathing-cyan" }, .count = 3 },
	.symptoms = { { .name = "straight",
			.led = { .names = { "magenta" }, .count = 1 },
			.without = { .names = { "green", "cyan" }, .count = 2 } },
		      { .name = "dead", .led = { .names = { "white", "off" }, .count = 2 } } },
	.symptom_count = 2,
};

/* A word is a state; "!cut", "!on" and "!reset" are what happens to the board, "!baseline" and
 * "!deliver" phases. */
static const struct {
	bool control;
	const char *steps[STEPS_MAX];
	const char *notes[3];
	int32_t codes[3];
} cases[] = {
	{ true,
	  { "!on", "green", "cyan", "breathing-cyan" },
	  { "LED as expected: green, cyan, breathing-cyan" },
	  { OBS_NOTE_LED_MET } },
	{ true,
	  { "!on", "green", "unknown", "cyan", "white", "breathing-cyan" },
	  { "LED as expected: green, cyan, breathing-cyan" },
	  { OBS_NOTE_LED_MET } },
	/* not in one start */
	{ true,
	  { "!on", "green", "cyan", "!reset", "breathing-cyan" },
	  { "LED never went through: green, cyan, breathing-cyan" },
	  { OBS_NOTE_LED_MISSED } },
	{ true,
	  { "!on", "green", "cyan", "!on", "magenta" },
	  { "symptom straight: magenta", "LED never went through: green, cyan, breathing-cyan" },
	  { OBS_NOTE_SYMPTOM, OBS_NOTE_LED_MISSED } },
	{ true,
	  { "!on", "cyan", "magenta" },
	  { "LED never went through: green, cyan, breathing-cyan" },
	  { OBS_NOTE_LED_MISSED } },
	{ true,
	  { "!on", "white", "magenta", "off", "!on", "white", "off" },
	  { "symptom straight: magenta", "symptom dead: white, off",
	    "LED never went through: green, cyan, breathing-cyan" },
	  { OBS_NOTE_SYMPTOM, OBS_NOTE_SYMPTOM, OBS_NOTE_LED_MISSED } },
	/* nor does how the old release came onto the board */
	{ true,
	  { "!baseline", "!on", "magenta", "!on", "green", "cyan", "!deliver", "breathing-cyan" },
	  { "LED never went through: green, cyan, breathing-cyan" },
	  { OBS_NOTE_LED_MISSED } },
	{ true,
	  { "!baseline", "!on", "green", "!deliver", "green", "cyan", "breathing-cyan" },
	  { "LED as expected: green, cyan, breathing-cyan" },
	  { OBS_NOTE_LED_MET } },
	/* what comes before the cut does not count, and no cut is no statement */
	{ false,
	  { "!on", "magenta", "!cut", "!on", "green", "cyan", "breathing-cyan" },
	  { "LED as expected: green, cyan, breathing-cyan" },
	  { OBS_NOTE_LED_MET } },
	{ false, { "!on", "white", "off", "magenta" }, { NULL }, { 0 } },
};

START_TEST(stories)
{
	struct obs_log log;
	struct obs_sink behind;
	struct obs_sink sink;
	struct story story;
	size_t told = 0;

	obs_log_init(&log);
	behind = obs_log_sink(&log);
	sink = story_begin(&story, &scenario, &behind, !cases[_i].control);
	for (size_t i = 0; i < STEPS_MAX && cases[_i].steps[i]; i++) {
		const char *step = cases[_i].steps[i];

		if (strcmp(step, "!on") == 0)
			obs_put(&sink, (int64_t)i, OBS_POWER_COMMANDED, 1, 0, "");
		else if (strcmp(step, "!reset") == 0)
			obs_put(&sink, (int64_t)i, OBS_LINE_COMMANDED, 0, 0, "reset");
		else if (strcmp(step, "!baseline") == 0 || strcmp(step, "!deliver") == 0)
			obs_put(&sink, (int64_t)i, OBS_PHASE, 0, 0, step + 1);
		else if (strcmp(step, "!cut") == 0)
			obs_put(&sink, (int64_t)i, OBS_CUT_DELIVERED, 1, 0, "");
		else
			obs_put(&sink, (int64_t)i, OBS_LED, 0, 0, step);
	}
	story_end(&story);
	for (size_t i = 0; i < log.count; i++) {
		if (log.items[i].kind != OBS_NOTE)
			continue;
		ck_assert_uint_lt(told, 3);
		ck_assert_ptr_nonnull(cases[_i].notes[told]);
		ck_assert_str_eq(log.items[i].text, cases[_i].notes[told]);
		ck_assert_int_eq(log.items[i].code, cases[_i].codes[told]);
		told++;
	}
	ck_assert(told == 3 || cases[_i].notes[told] == NULL);
	obs_log_release(&log);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("story");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, stories, 0, (int)ARRAY_LEN(cases));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
