/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "lib/testing.h"
#include "results/gate.h"

#include <stdio.h>

enum test_sizes { TEST_ATTEMPTS_MAX = 4000, TEST_TEXT_MAX = 2048, TEST_PATH_MAX = 256 };

static struct gate_policy usual_policy(void)
{
	struct gate_policy policy = {
		.name = "usual",
		.confidence = 0.95,
		.controls_min = 2,
		.trials_min = 100,
		.void_rate_max = 0.1,
	};

	policy.rules[OUTCOME_HUNG] = (struct gate_rule){ .set = true, .rate_max = 0.01 };
	policy.rules[OUTCOME_BRICKED] = (struct gate_rule){ .set = true, .rate_max = 0 };
	return policy;
}

/* Counts of attempts; those not named are none. */
struct mix {
	unsigned int updated;
	unsigned int hung;
	unsigned int bricked;
	unsigned int stale; /* no rule limits it */
	unsigned int voided;
	unsigned int unended;
	unsigned int controls;
	unsigned int controls_unended;
	enum outcome odd_control; /* one more control with this end, unless unknown */
};

static void add(struct store_attempt *attempts, size_t *count, unsigned int times,
		enum outcome outcome, enum cut_by by)
{
	for (unsigned int i = 0; i < times; i++) {
		struct store_attempt *attempt = &attempts[(*count)++];

		ck_assert_uint_le(*count, TEST_ATTEMPTS_MAX);
		*attempt = (struct store_attempt){ .trial_id = "some.1.2.trial",
						   .ended = outcome != OUTCOME_COUNT };
		attempt->spec.cut.by = by;
		if (attempt->ended)
			attempt->verdict.outcome = outcome;
	}
}

static void eval(const struct gate_policy *policy, const struct mix *mix, struct gate_result *ret)
{
	AUTO_FREE struct store_attempt *attempts = calloc(TEST_ATTEMPTS_MAX, sizeof(*attempts));
	size_t count = 0;

	ck_assert_ptr_nonnull(attempts);
	add(attempts, &count, mix->updated, OUTCOME_UPDATED, CUT_BY_TIME);
	add(attempts, &count, mix->hung, OUTCOME_HUNG, CUT_BY_TIME);
	add(attempts, &count, mix->bricked, OUTCOME_BRICKED, CUT_BY_OPERATION);
	add(attempts, &count, mix->stale, OUTCOME_STALE, CUT_BY_TIME);
	add(attempts, &count, mix->voided, OUTCOME_NOT_DELIVERED, CUT_BY_TIME);
	add(attempts, &count, mix->unended, OUTCOME_COUNT, CUT_BY_TIME);
	add(attempts, &count, mix->controls, OUTCOME_UPDATED, CUT_BY_NONE);
	add(attempts, &count, mix->controls_unended, OUTCOME_COUNT, CUT_BY_NONE);
	add(attempts, &count, mix->odd_control ? 1 : 0, mix->odd_control, CUT_BY_NONE);
	gate_eval(policy, attempts, count, ret);
}

static const struct {
	struct mix mix;
	enum gate_word word;
	const char *reason;
} rows[] = {
	/* 1: controls */
	{ { .updated = 3000, .controls = 1 },
	  GATE_VOID,
	  "1 controls ended 'updated', the policy needs 2" },
	{ { .updated = 3000, .controls = 1, .controls_unended = 1 },
	  GATE_VOID,
	  "1 controls ended 'updated', the policy needs 2" },
	{ { .updated = 3000, .controls = 5, .odd_control = OUTCOME_REVERTED },
	  GATE_VOID,
	  "control some.1.2.trial ended 'reverted' instead of 'updated'" },
	{ { .updated = 3000, .controls = 5, .odd_control = OUTCOME_RIG_FAULT },
	  GATE_VOID,
	  "control some.1.2.trial ended 'rig-fault' instead of 'updated'" },
	{ { .bricked = 3, .updated = 100, .controls = 0 }, GATE_VOID, "0 controls ended" },
	/* 2: evidence that counts */
	{ { .controls = 5 }, GATE_VOID, "none of 0 cut trials is valid" },
	{ { .voided = 50, .controls = 5 }, GATE_VOID, "none of 50 cut trials is valid" },
	{ { .unended = 50, .controls = 5 }, GATE_VOID, "none of 50 cut trials is valid" },
	{ { .updated = 88, .voided = 12, .controls = 5 },
	  GATE_VOID,
	  "12 of 100 cut trials are void (12 %), the policy allows 10 %" },
	{ { .updated = 880, .unended = 120, .controls = 5 }, GATE_VOID, "120 of 1000 cut trials" },
	/* 3: surely too bad */
	{ { .updated = 3000, .bricked = 1, .controls = 5 },
	  GATE_REJECTED,
	  "bricked: 1 of 3001 cut trials, none allowed" },
	{ { .updated = 5, .bricked = 1, .controls = 5 },
	  GATE_REJECTED,
	  "bricked: 1 of 6 cut trials, none allowed" },
	{ { .updated = 270, .hung = 30, .controls = 5 },
	  GATE_REJECTED,
	  "hung: 30 of 300 cut trials, surely more than 7.29 %, the policy allows 1 %" },
	{ { .updated = 270, .hung = 30, .bricked = 2, .controls = 5 },
	  GATE_REJECTED,
	  "bricked: 2" },
	/* 4: not enough said */
	{ { .updated = 250, .controls = 5 },
	  GATE_UNDECIDED,
	  "hung: 0 of 250 cut trials, perhaps up to 1.19 %, the policy allows 1 %: 49 more "
	  "without another would do" },
	{ { .updated = 298, .controls = 5 }, GATE_UNDECIDED, "1 more without another would do" },
	{ { .updated = 299, .hung = 1, .controls = 5 },
	  GATE_UNDECIDED,
	  "hung: 1 of 300 cut trials, perhaps up to 1.57 %, the policy allows 1 %: 173 more" },
	/* 5: good */
	{ { .updated = 299, .controls = 5 },
	  GATE_ACCEPTED,
	  "299 cut trials within every limit; closest is hung: 0 seen, at most 0.997 %, the "
	  "policy allows 1 %" },
	{ { .updated = 299, .voided = 30, .controls = 2 }, GATE_ACCEPTED, "299 cut trials" },
	{ { .updated = 299, .stale = 5, .controls = 2 }, GATE_ACCEPTED, "304 cut trials" },
};

START_TEST(words_and_reasons)
{
	struct gate_policy policy = usual_policy();
	struct gate_result result;

	eval(&policy, &rows[_i].mix, &result);
	ck_assert_msg(result.word == rows[_i].word, "%s, %s", gate_word_name(result.word),
		      result.reason);
	ck_assert_msg(strstr(result.reason, rows[_i].reason) != NULL, "%s", result.reason);
	ck_assert_uint_eq(result.line_count, 2);
}
END_TEST

START_TEST(lines_hold_the_figures)
{
	struct gate_policy policy = usual_policy();
	struct mix mix = { .updated = 299, .hung = 1, .voided = 4, .unended = 3, .controls = 6 };
	struct gate_result result;

	eval(&policy, &mix, &result);
	ck_assert_uint_eq(result.trials, 300);
	ck_assert_uint_eq(result.voided, 7);
	ck_assert_uint_eq(result.controls, 6);
	ck_assert_int_eq((int)result.lines[0].outcome, OUTCOME_HUNG);
	ck_assert_uint_eq(result.lines[0].count, 1);
	ck_assert_double_eq_tol(result.lines[0].rate_upper, 0.0157, 0.0001);
	ck_assert_double_eq_tol(result.lines[0].rate_lower, 0.000171, 0.000001);
	ck_assert(result.lines[0].undecided);
	ck_assert(!result.lines[0].failed);
	ck_assert_uint_eq(result.lines[0].needed, 473);
	ck_assert_int_eq((int)result.lines[1].outcome, OUTCOME_BRICKED);
	ck_assert(!result.lines[1].undecided);
	ck_assert(!result.lines[1].failed);
}
END_TEST

START_TEST(a_forbidden_outcome_needs_the_trials)
{
	struct gate_policy policy = usual_policy();
	struct mix mix = { .updated = 99, .controls = 6 };
	struct gate_result result;

	policy.rules[OUTCOME_HUNG].set = false;
	eval(&policy, &mix, &result);
	ck_assert_int_eq((int)result.word, GATE_UNDECIDED);
	ck_assert_str_eq(result.reason, "99 valid cut trials, the policy needs 100: 1 more");
	mix.updated = 100;
	eval(&policy, &mix, &result);
	ck_assert_int_eq((int)result.word, GATE_ACCEPTED);
	ck_assert_str_eq(result.reason, "100 cut trials, no forbidden outcome among them");
	policy.rules[OUTCOME_BRICKED].set = false;
	eval(&policy, &mix, &result);
	ck_assert_int_eq((int)result.word, GATE_UNDECIDED);
	ck_assert_str_eq(result.reason, "the policy has no limits");
}
END_TEST

START_TEST(what_no_night_can_show)
{
	struct gate_policy policy = usual_policy();
	struct mix mix = { .updated = 300, .controls = 6 };
	struct gate_result result;

	policy.rules[OUTCOME_HUNG].rate_max = 1e-12;
	eval(&policy, &mix, &result);
	ck_assert_int_eq((int)result.word, GATE_UNDECIDED);
	ck_assert_ptr_nonnull(strstr(result.reason, "no number of trials can show"));
	/* what the policy needs in all counts too when it is more */
	policy.rules[OUTCOME_HUNG].rate_max = 0.009;
	policy.trials_min = 1000;
	eval(&policy, &mix, &result);
	ck_assert_msg(strstr(result.reason, ": 700 more without") != NULL, "%s", result.reason);
}
END_TEST

START_TEST(words_have_names_and_exit_codes)
{
	static const struct {
		enum gate_word word;
		const char *name;
		int exit_code;
	} known[] = {
		{ GATE_UNKNOWN, "unknown", 3 },	  { GATE_ACCEPTED, "accepted", 0 },
		{ GATE_REJECTED, "rejected", 1 }, { GATE_UNDECIDED, "undecided", 3 },
		{ GATE_VOID, "void", 3 },	  { (enum gate_word)99, "unknown", 3 },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		ck_assert_str_eq(gate_word_name(known[i].word), known[i].name);
		ck_assert_int_eq(gate_exit_code(known[i].word), known[i].exit_code);
	}
}
END_TEST

static const char *write_policy(char path[TEST_PATH_MAX], const char *text)
{
	FILE *file;

	snprintf(path, TEST_PATH_MAX, "%s/policy.yaml", testing_folder());
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

#define HEAD                 \
	"policy: nightly\n"  \
	"confidence: 0.95\n" \
	"controls_min: 5\n"  \
	"trials_min: 100\n"  \
	"void_rate_max: 0.1\n"

START_TEST(a_policy_is_loaded)
{
	struct gate_policy policy;
	struct err err = ERR_INIT;
	char path[TEST_PATH_MAX];

	write_policy(path, HEAD "limits:\n  stale: 0.5\n  mixed: 0.25\n  degraded: 1\n"
				"  hung: 0.001\n  needs-dfu: 0.125\n  bricked: 0\n");
	ck_assert_msg(gate_policy_load(path, &policy, &err) == 0, "%s", err.text);
	ck_assert_str_eq(policy.name, "nightly");
	ck_assert_double_eq(policy.confidence, 0.95);
	ck_assert_uint_eq(policy.controls_min, 5);
	ck_assert_uint_eq(policy.trials_min, 100);
	ck_assert_double_eq(policy.void_rate_max, 0.1);
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++)
		ck_assert_int_eq(policy.rules[i].set, !outcome_is_good((enum outcome)i) &&
							      !outcome_is_void((enum outcome)i));
	ck_assert_double_eq(policy.rules[OUTCOME_STALE].rate_max, 0.5);
	ck_assert_double_eq(policy.rules[OUTCOME_HUNG].rate_max, 0.001);
	ck_assert_double_eq(policy.rules[OUTCOME_NEEDS_DFU].rate_max, 0.125);
	ck_assert_double_eq(policy.rules[OUTCOME_BRICKED].rate_max, 0);

	write_policy(path, HEAD "limits:\n  bricked: 0\n");
	ck_assert_int_eq(gate_policy_load(path, &policy, &err), 0);
	ck_assert(policy.rules[OUTCOME_BRICKED].set);
	ck_assert(!policy.rules[OUTCOME_HUNG].set);
}
END_TEST

static const struct {
	const char *text;
	unsigned int line;
	const char *says;
} wrong_policies[] = {
	{ "policy: nightly\nconfidence: 0.4\ncontrols_min: 5\ntrials_min: 1\nvoid_rate_max: 0.1\n"
	  "limits:\n  hung: 0\n",
	  2, "confidence" },
	{ "policy: nightly\nconfidence: 1\ncontrols_min: 5\ntrials_min: 1\nvoid_rate_max: 0.1\n"
	  "limits:\n  hung: 0\n",
	  2, "confidence" },
	{ "policy: nightly\nconfidence: 0.9\ncontrols_min: 5\ntrials_min: 1\nvoid_rate_max: 1.5\n"
	  "limits:\n  hung: 0\n",
	  5, "void_rate_max" },
	{ "policy: nightly\nconfidence: 0.9\ncontrols_min: -5\ntrials_min: 1\nvoid_rate_max: 0.5\n"
	  "limits:\n  hung: 0\n",
	  3, "controls_min" },
	{ "policy: Night ly\nconfidence: 0.9\ncontrols_min: 5\ntrials_min: 1\nvoid_rate_max: 0.5\n"
	  "limits:\n  hung: 0\n",
	  1, "policy" },
	{ HEAD "limits:\n  hung: 0.1\n  bricked: 1.5\n", 8, "limits.bricked" },
	{ HEAD "limits:\n  hung: -0.1\n", 7, "limits.hung" },
	{ HEAD "limits:\n  hung: nan\n", 7, "hung" },
	{ HEAD "limits:\n  hung: 1 %\n", 7, "hung" },
	{ HEAD "limits:\n  updated: 0.1\n", 7, "updated" },
	{ HEAD "limits:\n  rig-fault: 0.1\n", 7, "rig-fault" },
	{ HEAD "limits: {}\n", 6, "limits" },
	{ HEAD, 1, "limits" },
	{ HEAD "limits:\n  hung: 0\nlimit: 3\n", 8, "limit" },
	{ HEAD "limits:\n  hung: 0\n  hung: 1\n", 8, "hung" },
	{ HEAD "limits:\n\thung: 0\n", 7, "" },
};

START_TEST(a_wrong_policy_is_told_with_its_line)
{
	struct gate_policy policy = { .name = "untouched" };
	struct err err = ERR_INIT;
	char path[TEST_PATH_MAX];

	write_policy(path, wrong_policies[_i].text);
	ck_assert_int_lt(gate_policy_load(path, &policy, &err), 0);
	ck_assert_int_eq((int)err.kind, ERR_CONFIG);
	ck_assert_str_eq(err.file, path);
	ck_assert_msg(err.line == wrong_policies[_i].line, "line %u: %s", err.line, err.text);
	ck_assert_msg(strstr(err.text, wrong_policies[_i].says) != NULL, "%s", err.text);
	ck_assert_str_eq(policy.name, "untouched");
}
END_TEST

START_TEST(a_missing_policy_is_told)
{
	struct gate_policy policy;
	struct err err = ERR_INIT;

	ck_assert_int_lt(gate_policy_load("/no/such/policy.yaml", &policy, &err), 0);
	ck_assert_int_eq((int)err.kind, ERR_CONFIG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gate");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, words_and_reasons, 0, ARRAY_LEN(rows));
	tcase_add_test(tcase, lines_hold_the_figures);
	tcase_add_test(tcase, a_forbidden_outcome_needs_the_trials);
	tcase_add_test(tcase, what_no_night_can_show);
	tcase_add_test(tcase, words_have_names_and_exit_codes);
	tcase_add_test(tcase, a_policy_is_loaded);
	tcase_add_loop_test(tcase, a_wrong_policy_is_told_with_its_line, 0,
			    ARRAY_LEN(wrong_policies));
	tcase_add_test(tcase, a_missing_policy_is_told);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
