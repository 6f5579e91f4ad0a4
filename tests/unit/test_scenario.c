/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"
#include "base/file.h"
#include "lib/edit.h"
#include "lib/testing.h"

#include <errno.h>

static const char random_cuts[] = "scenario: toy-1\n"				 /* 1 */
				  "summary: what it does\n"			 /* 2 */
				  "board: p1\n"					 /* 3 */
				  "from: old-1.0\n"				 /* 4 */
				  "to: new-2.0\n"				 /* 5 */
				  "deliver:\n"					 /* 6 */
				  "  via: staged\n"				 /* 7 */
				  "  parts: [part1, part2]\n"			 /* 8 */
				  "cut:\n"					 /* 9 */
				  "  strategy: random\n"			 /* 10 */
				  "  by: operation\n"				 /* 11 */
				  "  phases: [1.apply, 2]\n"			 /* 12 */
				  "  forms: [before, torn:1, torn:999, after]\n" /* 13 */
				  "power:\n"					 /* 14 */
				  "  off: 500ms..2s\n"				 /* 15 */
				  "  vbat: random\n"				 /* 16 */
				  "ladder: [wait, reset, dfu-buttons]\n"	 /* 17 */
				  "trials: 200\n"				 /* 18 */
				  "controls: 5\n"				 /* 19 */
				  "seed: 18446744073709551615\n"		 /* 20 */
				  "policy: ../p.yaml\n";			 /* 21 */

static const char list_cuts[] = "scenario: toy-2\n"				     /* 1 */
				"summary: what it does\n"			     /* 2 */
				"board: p1\n"					     /* 3 */
				"from: old-1.0\n"				     /* 4 */
				"to: new-2.0\n"					     /* 5 */
				"deliver: {via: staged, parts: [part1, part2]}\n"    /* 6 */
				"cut:\n"					     /* 7 */
				"  strategy: list\n"				     /* 8 */
				"  points:\n"					     /* 9 */
				"    - {part: 1, operation: 6749, form: torn:500}\n" /* 10 */
				"    - {part: 2, time: 1500ms}\n"		     /* 11 */
				"    - {part: 1, instruction: 0}\n"		     /* 12 */
				"    - {part: 1, operation: 0, form: before}\n"	     /* 13 */
				"power: {off: 1s, vbat: kept}\n"		     /* 14 */
				"ladder: [wait]\n"				     /* 15 */
				"trials: 4\n"					     /* 16 */
				"controls: 0\n"					     /* 17 */
				"seed: 0\n";					     /* 18 */

static void parse(const char *text, struct scenario *ret)
{
	struct err err = ERR_INIT;

	ck_assert_msg(scenario_parse(text, "s.yaml", ret, &err) == 0, "%u: %s", err.line, err.text);
}

START_TEST(random_scenario)
{
	struct scenario s;

	parse(random_cuts, &s);
	ck_assert_str_eq(s.path, "");
	ck_assert_str_eq(s.text, random_cuts);
	ck_assert_str_eq(s.name, "toy-1");
	ck_assert_str_eq(s.summary, "what it does");
	ck_assert_str_eq(s.board, "p1");
	ck_assert_str_eq(s.from, "old-1.0");
	ck_assert_str_eq(s.to, "new-2.0");
	ck_assert_str_eq(s.via, "staged");
	ck_assert_uint_eq(s.part_count, 2);
	ck_assert_str_eq(s.parts[0], "part1");
	ck_assert_str_eq(s.parts[1], "part2");
	ck_assert_int_eq(s.cut.strategy, CUT_STRATEGY_RANDOM);
	ck_assert_int_eq(s.cut.by, CUT_BY_OPERATION);
	ck_assert_uint_eq(s.cut.phase_count, 2);
	ck_assert_str_eq(s.cut.phases[0], "1.apply");
	ck_assert_str_eq(s.cut.phases[1], "2");
	ck_assert_uint_eq(s.cut.form_count, 4);
	ck_assert_int_eq(s.cut.forms[0].form, CUT_FORM_BEFORE);
	ck_assert_int_eq(s.cut.forms[1].form, CUT_FORM_TORN);
	ck_assert_uint_eq(s.cut.forms[1].permille, 1);
	ck_assert_uint_eq(s.cut.forms[2].permille, 999);
	ck_assert_int_eq(s.cut.forms[3].form, CUT_FORM_AFTER);
	ck_assert_uint_eq(s.cut.point_count, 0);
	ck_assert_int_eq(s.power.off_us_min, 500000);
	ck_assert_int_eq(s.power.off_us_max, 2000000);
	ck_assert_int_eq(s.power.vbat, VBAT_RANDOM);
	ck_assert_int_eq(s.power.fall_us_max, 0);
	ck_assert_int_eq(s.power.rise_us_max, 0);
	ck_assert(!s.power.weak_cells);
	ck_assert_uint_eq(s.ladder_count, 3);
	ck_assert_int_eq(s.ladder[1], RUNG_RESET);
	ck_assert_int_eq(s.ladder[2], RUNG_DFU_BUTTONS);
	ck_assert_uint_eq(s.trials, 200);
	ck_assert_uint_eq(s.controls, 5);
	ck_assert_uint_eq(s.seed, UINT64_MAX);
	ck_assert_str_eq(s.policy, "../p.yaml");
	scenario_release(&s);
	scenario_release(&s);
}
END_TEST

START_TEST(supply)
{
	static const char before[] = "power: {off: 1s, vbat: kept}";
	static const char after[] =
		"power: {off: 1s, vbat: kept, fall: 0us..50ms, rise: 2ms, weak_cells: true}";
	char text[sizeof(list_cuts) + sizeof(after)];
	const char *at = strstr(list_cuts, before);
	struct scenario s;

	ck_assert_ptr_nonnull(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - list_cuts), list_cuts, after,
		 at + strlen(before));
	parse(text, &s);
	ck_assert_int_eq(s.power.fall_us_min, 0);
	ck_assert_int_eq(s.power.fall_us_max, 50000);
	ck_assert_int_eq(s.power.rise_us_min, 2000);
	ck_assert_int_eq(s.power.rise_us_max, 2000);
	ck_assert(s.power.weak_cells);
	scenario_release(&s);
}
END_TEST

static const struct cut_point points[] = {
	{ 1, CUT_BY_OPERATION, 6749, { CUT_FORM_TORN, 500 }, CUT_ANCHOR_NONE, 0 },
	{ 2, CUT_BY_TIME, 1500000, { CUT_FORM_NONE, 0 }, CUT_ANCHOR_NONE, 0 },
	{ 1, CUT_BY_INSTRUCTION, 0, { CUT_FORM_NONE, 0 }, CUT_ANCHOR_NONE, 0 },
	{ 1, CUT_BY_OPERATION, 0, { CUT_FORM_BEFORE, 0 }, CUT_ANCHOR_NONE, 0 },
};

START_TEST(list_scenario)
{
	struct scenario s;

	parse(list_cuts, &s);
	ck_assert_int_eq(s.cut.strategy, CUT_STRATEGY_LIST);
	ck_assert_int_eq(s.cut.by, CUT_BY_NONE);
	ck_assert_uint_eq(s.cut.point_count, ARRAY_LEN(points));
	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		ck_assert_uint_eq(s.cut.points[i].part, points[i].part);
		ck_assert_int_eq(s.cut.points[i].by, points[i].by);
		ck_assert_uint_eq(s.cut.points[i].at, points[i].at);
		ck_assert_int_eq(s.cut.points[i].form.form, points[i].form.form);
		ck_assert_uint_eq(s.cut.points[i].form.permille, points[i].form.permille);
	}
	ck_assert_int_eq(s.power.off_us_min, 1000000);
	ck_assert_int_eq(s.power.off_us_max, 1000000);
	ck_assert_str_eq(s.policy, "");
	scenario_release(&s);
}
END_TEST

static const struct {
	const char *cut; /* in place of the list's keys */
	enum cut_by by;
	uint64_t stride;
} linears[] = {
	{ "strategy: linear\n  by: operation\n  stride: 97\n", CUT_BY_OPERATION, 97 },
	{ "strategy: linear\n  by: instruction\n  stride: 0x100\n", CUT_BY_INSTRUCTION, 256 },
	{ "strategy: linear\n  by: time\n  stride: 250us\n", CUT_BY_TIME, 250 },
};

/* 'text' with everything from "strategy" to "power" replaced by 'cut'. */
static char *with_cut(const char *text, const char *cut)
{
	const char *begin = strstr(text, "strategy");
	const char *end = strstr(text, "power");
	char *whole;

	ck_assert_int_gt(asprintf(&whole, "%.*s%s%s", (int)(begin - text), text, cut, end), 0);
	return whole;
}

START_TEST(linear_scenario)
{
	char *text = with_cut(list_cuts, linears[_i].cut);
	struct scenario s;

	parse(text, &s);
	ck_assert_int_eq(s.cut.strategy, CUT_STRATEGY_LINEAR);
	ck_assert_int_eq(s.cut.by, linears[_i].by);
	ck_assert_uint_eq(s.cut.stride, linears[_i].stride);
	scenario_release(&s);
	free(text);
}
END_TEST

START_TEST(exhaustive_scenario)
{
	static const struct edit all = { .from = "trials: 4", .to = "trials: 0" };
	char *cut = with_cut(list_cuts, "strategy: exhaustive\n  phases: [\"1.apply\"]\n");
	char *text = edit_apply(cut, &all);
	struct scenario s;

	parse(text, &s);
	ck_assert_int_eq(s.cut.strategy, CUT_STRATEGY_EXHAUSTIVE);
	ck_assert_int_eq(s.cut.by, CUT_BY_OPERATION);
	ck_assert_uint_eq(s.cut.stride, 1);
	ck_assert_uint_eq(s.cut.form_count, 4);
	ck_assert_int_eq(s.cut.forms[0].form, CUT_FORM_BEFORE);
	ck_assert_uint_eq(s.cut.forms[1].permille, 300);
	ck_assert_uint_eq(s.cut.forms[2].permille, 700);
	ck_assert_int_eq(s.cut.forms[3].form, CUT_FORM_AFTER);
	scenario_release(&s);
	free(text);
	free(cut);
}
END_TEST

START_TEST(cut_again)
{
	char *text = with_cut(list_cuts, "strategy: random\n  by: time\n  again:\n    within: 70\n"
					 "    stride: 0x10\n");
	struct scenario s;

	parse(text, &s);
	ck_assert_uint_eq(s.cut.again_within, 70);
	ck_assert_uint_eq(s.cut.again_stride, 16);
	scenario_release(&s);
	free(text);
}
END_TEST

START_TEST(controls_only)
{
	static const struct edit edit = { .from = "trials: 4\ncontrols: 0",
					  .to = "trials: 0\ncontrols: 3" };
	char *uncut = with_cut(list_cuts, "strategy: none\n");
	char *text = edit_apply(uncut, &edit);
	struct scenario s;

	parse(text, &s);
	ck_assert_int_eq(s.cut.strategy, CUT_STRATEGY_NONE);
	ck_assert_uint_eq(s.controls, 3);
	scenario_release(&s);
	free(text);
	free(uncut);
}
END_TEST

static const struct edit random_edits[] = {
	/* keys and types */
	{ "power:\n  off: ", "power:\n  offf_time: ", 15, "unknown key 'offf_time' in 'power'" },
	{ "trials: 200\n", "", 1, "missing key 'trials'" },
	{ "seed: ", "trials: ", 20, "duplicate key 'trials'" },
	{ "trials: 200", "trials: abc", 18, "'abc' is not a number for 'trials'" },
	{ "trials: 200", "trials: 200 # ok\n- junk", 19,
	  "not valid YAML: did not find expected key" },
	{ "[part1, part2]", "part1", 8, "'deliver.parts' must be a list" },
	{ "[part1, part2]", "[]", 8, "'deliver.parts' needs 1 or more entries" },
	{ "what it does", "[x]", 2, "'summary' must be a single value" },
	/* names */
	{ "toy-1", "toy.1", 1, "'toy.1' has bad characters for 'scenario', use a-z 0-9 -" },
	{ "toy-1", "Toy", 1, "'Toy' has bad characters for 'scenario', use a-z 0-9 -" },
	{ "toy-1", "-toy", 1, "'-toy' has bad characters for 'scenario', use a-z 0-9 -" },
	{ "toy-1", "a-name-that-is-far-too-long-for-a-trial-id", 1,
	  "'scenario' is longer than 39 bytes" },
	{ "p1\n", "../p1\n", 3, "'../p1' has bad characters for 'board', use a-z 0-9 - ." },
	{ "old-1.0", "old/1", 4, "'old/1' has bad characters for 'from', use a-z 0-9 - ." },
	{ "new-2.0", "new 2", 5, "'new 2' has bad characters for 'to', use a-z 0-9 - ." },
	{ "staged", "Staged", 7, "'Staged' has bad characters for 'deliver.via', use a-z 0-9 -" },
	{ "part2]", "part1]", 8, "'part1' is delivered twice" },
	{ "part2]", "part_2]", 8,
	  "'part_2' has bad characters for 'deliver.parts[1]', use a-z 0-9 -" },
	/* cut */
	{ "strategy: random", "strategy: randon", 10,
	  "unknown word 'randon' for 'cut.strategy', known: none, random, list, linear, "
	  "exhaustive" },
	{ "by: operation", "by: byte", 11,
	  "unknown word 'byte' for 'cut.by', known: time, operation, instruction" },
	{ "  by: operation\n", "", 9, "strategy 'random' needs 'cut.by'" },
	{ "by: operation", "by: time", 13, "'cut.forms' is only for cuts by operation" },
	{ "by: operation", "by: operation\n  stride: 3", 12,
	  "strategy 'random' has no use for 'cut.stride'" },
	{ "by: operation", "by: operation\n  points: [{part: 1, time: 1s}]", 12,
	  "strategy 'random' has no use for 'cut.points'" },
	{ "random", "linear", 9, "strategy 'linear' needs 'cut.stride'" },
	{ "random", "none", 11, "strategy 'none' has no use for 'cut.by'" },
	{ "1.apply", "3.apply", 12, "phase '3.apply' must begin with a part's number, 1 to 2" },
	{ "1.apply", "apply", 12, "phase 'apply' must begin with a part's number, 1 to 2" },
	{ "1.apply", "1apply", 12, "phase '1apply' must begin with a part's number, 1 to 2" },
	{ "1.apply", "1.Apply", 12,
	  "'1.Apply' has bad characters for 'cut.phases[0]', use a-z 0-9 - ." },
	{ "torn:1,", "torn,", 13, "unknown form 'torn', known: before, torn:N, after" },
	{ "torn:999", "torn:1000", 13, "'torn:1000' needs a number from 1 to 999" },
	{ "torn:999", "torn:0", 13, "'torn:0' needs a number from 1 to 999" },
	{ "torn:999", "torn:5%", 13, "'torn:5%' needs a number from 1 to 999" },
	/* power */
	{ "500ms..2s", "500..2s", 15,
	  "duration '500' needs a unit: us, ms, s, min, h for 'power.off'" },
	{ "500ms..2s", "500ms..2", 15,
	  "duration '2' needs a unit: us, ms, s, min, h for 'power.off'" },
	{ "500ms..2s", "3s..2s", 15, "'3s..2s' begins above its end" },
	{ "500ms..2s", "0", 15, "'power.off' must be above zero" },
	{ "500ms..2s", "..2s", 15, "'' is not a duration for 'power.off'" },
	{ "500ms..2s", "1s...2s", 15, "'.2s' is not a duration for 'power.off'" },
	{ "vbat: random", "vbat: gone", 16,
	  "unknown word 'gone' for 'power.vbat', known: lost, kept, random" },
	{ "random\nladder", "random\n  fall: 2ms..1ms\nladder", 17,
	  "'2ms..1ms' begins above its end" },
	{ "random\nladder", "random\n  rise: 10001ms\nladder", 17,
	  "'power.rise' must be at most 10s" },
	{ "random\nladder", "random\n  rise: soon\nladder", 17,
	  "'soon' is not a duration for 'power.rise'" },
	/* ladder and numbers */
	{ "reset,", "resett,", 17,
	  "unknown word 'resett' for 'ladder[1]', known: wait, reset, power-cycle, long-off, "
	  "dfu-buttons, dfu-flash" },
	{ "reset,", "none,", 17,
	  "unknown word 'none' for 'ladder[1]', known: wait, reset, power-cycle, long-off, "
	  "dfu-buttons, dfu-flash" },
	{ "reset,", "wait,", 17, "rung 'wait' is there twice" },
	{ "200", "0", 18, "'trials' must be above zero" },
	{ "200", "1000001", 18, "'trials' must be at most 1000000" },
	{ "controls: 5", "controls: 1000001", 19, "'controls' must be at most 1000000" },
	{ "18446744073709551615", "18446744073709551616", 20,
	  "'18446744073709551616' is too large for 'seed', at most 18446744073709551615" },
};

static const char one_of[] = "a point needs one of 'time', 'operation', 'instruction', 'after'";

static const struct edit list_edits[] = {
	{ "operation: 6749", "opertion: 6749", 10, "unknown key 'opertion' in 'cut.points[0]'" },
	{ ", time: 1500ms", "", 11, one_of },
	{ ", time: 1500ms", ", time: 1s, instruction: 1", 11, one_of },
	{ "operation: 6749", "operation: 6749, instruction: 0", 10, one_of },
	{ ", form: torn:500", "", 10, "'form' and 'operation' go together" },
	{ "1500ms", "1500ms, form: after", 11, "'form' and 'operation' go together" },
	{ "1500ms", "1500", 11,
	  "duration '1500' needs a unit: us, ms, s, min, h for 'cut.points[1].time'" },
	{ "part: 2", "part: 3", 11, "there is no part 3, only 1 to 2" },
	{ "part: 2", "part: 0", 11, "there is no part 0, only 1 to 2" },
	{ "form: before", "form: during", 13,
	  "unknown form 'during', known: before, torn:N, after" },
	{ "  strategy: list\n", "  strategy: list\n  by: time\n", 9,
	  "strategy 'list' has no use for 'cut.by'" },
};

static const struct {
	const char *cut;
	unsigned int line;
	const char *says;
} bad_cuts[] = {
	{ "strategy: list\n", 7, "strategy 'list' needs 'cut.points'" },
	{ "strategy: none\n", 11, "strategy 'none' cuts nothing: 'trials' must be 0" },
	{ "strategy: linear\n  by: time\n  stride: 97\n", 10,
	  "duration '97' needs a unit: us, ms, s, min, h for 'cut.stride'" },
	{ "strategy: exhaustive\n  by: operation\n", 9,
	  "strategy 'exhaustive' has no use for 'cut.by'" },
	{ "strategy: exhaustive\n", 11,
	  "strategy 'exhaustive' cuts everywhere: 'trials' must be 0" },
	{ "strategy: random\n  by: time\n  again:\n    within: 0\n", 11,
	  "'cut.again.within' must be above zero" },
	{ "strategy: random\n  by: time\n  again:\n    within: 5\n    stride: 0\n", 12,
	  "'cut.again.stride' must be above zero" },
	{ "strategy: random\n  by: time\n  again: {}\n", 10,
	  "missing key 'within' in 'cut.again'" },
	{ "strategy: linear\n  by: operation\n  stride: 97us\n", 10,
	  "'97us' is not a number for 'cut.stride'" },
	{ "strategy: linear\n  by: operation\n  stride: 0\n", 10,
	  "'cut.stride' must be above zero" },
	{ "strategy: linear\n  by: time\n  stride: 0\n", 10, "'cut.stride' must be above zero" },
};

static void expect_refused(const char *good, const struct edit *edit)
{
	char *text = edit_apply(good, edit);
	struct scenario s = { .trials = 77 };
	struct err err = ERR_INIT;

	ck_assert_int_lt(scenario_parse(text, "s.yaml", &s, &err), 0);
	edit_expect(edit, &err, "s.yaml");
	ck_assert_uint_eq(s.trials, 77);
	free(text);
}

START_TEST(bad_random)
{
	expect_refused(random_cuts, &random_edits[_i]);
}
END_TEST

START_TEST(bad_list)
{
	expect_refused(list_cuts, &list_edits[_i]);
}
END_TEST

START_TEST(bad_cut)
{
	char *text = with_cut(list_cuts, bad_cuts[_i].cut);
	struct err err = ERR_INIT;
	struct scenario s;

	ck_assert_int_lt(scenario_parse(text, "s.yaml", &s, &err), 0);
	ck_assert_str_eq(err.text, bad_cuts[_i].says);
	ck_assert_uint_eq(err.line, bad_cuts[_i].line);
	free(text);
}
END_TEST

START_TEST(files)
{
	char *text = calloc(1, SCENARIO_BYTES_MAX + 2);
	struct err err = ERR_INIT;
	struct scenario s;
	char path[256];

	ck_assert_ptr_nonnull(text);
	snprintf(path, sizeof(path), "%s/s.yaml", testing_folder());
	ck_assert_int_lt(scenario_load(path, &s, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
	ck_assert_int_eq(file_write(path, random_cuts, sizeof(random_cuts) - 1, NULL), 0);
	ck_assert_int_eq(scenario_load(path, &s, &err), 0);
	ck_assert_str_eq(s.path, path);
	ck_assert_str_eq(s.text, random_cuts);
	scenario_release(&s);
	ck_assert_int_eq(file_write(path, random_cuts, sizeof(random_cuts), NULL), 0);
	ck_assert_int_lt(scenario_load(path, &s, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "a NUL byte at offset "));
	memset(text, '#', SCENARIO_BYTES_MAX + 1);
	ck_assert_int_lt(scenario_parse(text, "s.yaml", &s, &err), 0);
	ck_assert_str_eq(err.text, "larger than 65536 bytes");
	free(text);
}
END_TEST

static const char *const shipped[] = {
	"scenarios/smoke/p1-power-loss.yaml",
	"scenarios/smoke/p1-0.5.2-restage.yaml",
};

START_TEST(shipped_scenario)
{
	struct err err = ERR_INIT;
	struct scenario s;
	char *policy;
	uint8_t *bytes;
	size_t len;

	ck_assert_msg(scenario_load(shipped[_i], &s, &err) == 0, "%s:%u: %s", err.file, err.line,
		      err.text);
	policy = file_beside(s.path, s.policy);
	ck_assert_int_eq(file_read(policy, SCENARIO_BYTES_MAX, &bytes, &len, &err), 0);
	free(bytes);
	free(policy);
	scenario_release(&s);
}
END_TEST

/* What is found wrong against other files is told with the line in list_cuts. */
static const struct {
	const char *path;
	unsigned int line;
} blamed[] = {
	{ "from", 4 },		 { "deliver.parts[1]", 6 },
	{ "cut.points[1]", 11 }, { "cut.points[9].at", 9 },
	{ "policy", 1 },
};

START_TEST(blame)
{
	struct err err = ERR_INIT;
	struct scenario s;

	parse(list_cuts, &s);
	memcpy(s.path, "dir/s.yaml", sizeof("dir/s.yaml"));
	ck_assert_int_eq(scenario_fail(&s, &err, blamed[_i].path, "no '%s'", "x"), -EINVAL);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_str_eq(err.file, "dir/s.yaml");
	ck_assert_str_eq(err.text, "no 'x'");
	ck_assert_uint_eq(err.line, blamed[_i].line);
	scenario_release(&s);
	ck_assert_int_eq(scenario_fail(&s, &err, blamed[_i].path, "x"), -EINVAL);
	ck_assert_uint_eq(err.line, 0);
}
END_TEST

START_TEST(rung_names)
{
	for (unsigned int i = 0; i < RUNG_COUNT; i++)
		ck_assert_int_eq(rung_from_name(rung_name((enum rung)i)), i);
	ck_assert_int_eq(rung_from_name("climb"), RUNG_NONE);
	ck_assert_str_eq(rung_name(RUNG_LONG_OFF), "long-off");
	ck_assert_str_eq(rung_name((enum rung)99), "none");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("scenario");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, random_scenario);
	tcase_add_test(tcase, supply);
	tcase_add_test(tcase, list_scenario);
	tcase_add_loop_test(tcase, linear_scenario, 0, ARRAY_LEN(linears));
	tcase_add_test(tcase, exhaustive_scenario);
	tcase_add_test(tcase, cut_again);
	tcase_add_test(tcase, controls_only);
	tcase_add_loop_test(tcase, bad_random, 0, ARRAY_LEN(random_edits));
	tcase_add_loop_test(tcase, bad_list, 0, ARRAY_LEN(list_edits));
	tcase_add_loop_test(tcase, bad_cut, 0, ARRAY_LEN(bad_cuts));
	tcase_add_test(tcase, files);
	tcase_add_loop_test(tcase, shipped_scenario, 0, ARRAY_LEN(shipped));
	tcase_add_loop_test(tcase, blame, 0, ARRAY_LEN(blamed));
	tcase_add_test(tcase, rung_names);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
