/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/gate.h"
#include "results/stats.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum gate_sizes { GATE_RATE_TEXT = 16 };

struct gate_tally {
	uint64_t outcomes[OUTCOME_COUNT];	 /* of valid cut trials */
	const struct store_attempt *bad_control; /* the first one */
};

static const struct {
	const char *name;
	int exit_code;
} words[] = {
	[GATE_UNKNOWN] = { "unknown", 3 },   [GATE_ACCEPTED] = { "accepted", 0 },
	[GATE_REJECTED] = { "rejected", 1 }, [GATE_UNDECIDED] = { "undecided", 3 },
	[GATE_VOID] = { "void", 3 },
};

const char *gate_word_name(enum gate_word word)
{
	return words[(unsigned int)word < ARRAY_LEN(words) ? word : GATE_UNKNOWN].name;
}

int gate_exit_code(enum gate_word word)
{
	return words[(unsigned int)word < ARRAY_LEN(words) ? word : GATE_UNKNOWN].exit_code;
}

static void say(struct gate_result *result, enum gate_word word, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static void say(struct gate_result *result, enum gate_word word, const char *fmt, ...)
{
	va_list ap;

	result->word = word;
	va_start(ap, fmt);
	vsnprintf(result->reason, sizeof(result->reason), fmt, ap);
	va_end(ap);
}

static void count(const struct store_attempt *attempts, size_t attempt_count,
		  struct gate_tally *tally, struct gate_result *result)
{
	for (size_t i = 0; i < attempt_count; i++) {
		const struct store_attempt *attempt = &attempts[i];
		enum outcome outcome = attempt->verdict.outcome;
		bool valid = attempt->ended && !outcome_is_void(outcome);

		if (trial_spec_is_control(&attempt->spec)) {
			if (attempt->ended && outcome == OUTCOME_UPDATED)
				result->controls++;
			else if (attempt->ended && !tally->bad_control)
				tally->bad_control = attempt;
		} else if (valid) {
			result->trials++;
			tally->outcomes[outcome]++;
		} else {
			result->voided++;
		}
	}
}

static void fill_line(const struct gate_policy *policy, enum outcome outcome, uint64_t events,
		      uint64_t trials, struct gate_line *line)
{
	double limit = policy->rules[outcome].rate_max;

	*line = (struct gate_line){
		.outcome = outcome,
		.count = events,
		.rate_upper = stats_rate_upper(events, trials, policy->confidence),
		.rate_lower = stats_rate_lower(events, trials, policy->confidence),
		.rate_max = limit,
	};
	line->failed = line->rate_lower > limit || (limit <= 0 && events > 0);
	line->undecided = !line->failed && limit > 0 && line->rate_upper > limit;
	if (line->undecided)
		line->needed = stats_trials_needed(events, limit, policy->confidence);
}

static bool say_controls(const struct gate_policy *policy, const struct gate_tally *tally,
			 struct gate_result *result)
{
	if (tally->bad_control)
		say(result, GATE_VOID, "control %s ended '%s' instead of 'updated'",
		    tally->bad_control->trial_id,
		    outcome_name(tally->bad_control->verdict.outcome));
	else if (result->controls < policy->controls_min)
		say(result, GATE_VOID, "%" PRIu64 " controls ended 'updated', the policy needs %u",
		    result->controls, policy->controls_min);
	else
		return false;
	return true;
}

static bool say_voids(const struct gate_policy *policy, struct gate_result *result)
{
	uint64_t all = result->trials + result->voided;
	double rate = all ? (double)result->voided / (double)all : 0;
	char is[GATE_RATE_TEXT];
	char limit[GATE_RATE_TEXT];

	stats_format_rate(rate, is, sizeof(is));
	stats_format_rate(policy->void_rate_max, limit, sizeof(limit));
	if (result->trials == 0)
		say(result, GATE_VOID, "none of %" PRIu64 " cut trials is valid", all);
	else if (rate > policy->void_rate_max)
		say(result, GATE_VOID,
		    "%" PRIu64 " of %" PRIu64 " cut trials are void (%s), the policy allows %s",
		    result->voided, all, is, limit);
	else
		return false;
	return true;
}

/* The line to name: the gravest of those that failed. */
static bool say_failed(struct gate_result *result)
{
	const struct gate_line *worst = NULL;
	char lower[GATE_RATE_TEXT];
	char limit[GATE_RATE_TEXT];

	for (size_t i = 0; i < result->line_count; i++)
		if (result->lines[i].failed)
			worst = &result->lines[i]; /* lines go from mild to grave */
	if (!worst)
		return false;
	stats_format_rate(worst->rate_lower, lower, sizeof(lower));
	stats_format_rate(worst->rate_max, limit, sizeof(limit));
	if (worst->rate_max <= 0)
		say(result, GATE_REJECTED,
		    "%s: %" PRIu64 " of %" PRIu64 " cut trials, none allowed",
		    outcome_name(worst->outcome), worst->count, result->trials);
	else
		say(result, GATE_REJECTED,
		    "%s: %" PRIu64 " of %" PRIu64
		    " cut trials, surely more than %s, the policy allows %s",
		    outcome_name(worst->outcome), worst->count, result->trials, lower, limit);
	return true;
}

/* The line to name: the one that needs most trials. */
static bool say_undecided(const struct gate_policy *policy, struct gate_result *result)
{
	const struct gate_line *worst = NULL;
	char upper[GATE_RATE_TEXT];
	char limit[GATE_RATE_TEXT];

	for (size_t i = 0; i < result->line_count; i++)
		if (result->lines[i].undecided &&
		    (!worst || result->lines[i].needed >= worst->needed))
			worst = &result->lines[i];
	if (worst) {
		stats_format_rate(worst->rate_upper, upper, sizeof(upper));
		stats_format_rate(worst->rate_max, limit, sizeof(limit));
	}
	if (worst && worst->needed == UINT64_MAX)
		say(result, GATE_UNDECIDED,
		    "%s: %" PRIu64 " of %" PRIu64
		    " cut trials, perhaps up to %s, and no number of trials can show %s",
		    outcome_name(worst->outcome), worst->count, result->trials, upper, limit);
	else if (worst)
		say(result, GATE_UNDECIDED,
		    "%s: %" PRIu64 " of %" PRIu64
		    " cut trials, perhaps up to %s, the policy allows %s: %" PRIu64
		    " more without another would do",
		    outcome_name(worst->outcome), worst->count, result->trials, upper, limit,
		    (worst->needed > policy->trials_min ? worst->needed : policy->trials_min) -
			    result->trials);
	else if (result->trials < policy->trials_min)
		say(result, GATE_UNDECIDED,
		    "%" PRIu64 " valid cut trials, the policy needs %u: %" PRIu64 " more",
		    result->trials, policy->trials_min, policy->trials_min - result->trials);
	else if (result->line_count == 0)
		say(result, GATE_UNDECIDED, "the policy has no limits");
	else
		return false;
	return true;
}

/* The line to name: the one that came closest to its limit. Forbidden outcomes were not seen. */
static void say_accepted(struct gate_result *result)
{
	const struct gate_line *closest = NULL;
	char upper[GATE_RATE_TEXT];
	char limit[GATE_RATE_TEXT];

	for (size_t i = 0; i < result->line_count; i++) {
		const struct gate_line *line = &result->lines[i];

		if (line->rate_max > 0 &&
		    (!closest ||
		     line->rate_upper / line->rate_max >= closest->rate_upper / closest->rate_max))
			closest = line;
	}
	if (!closest) {
		say(result, GATE_ACCEPTED,
		    "%" PRIu64 " cut trials, no forbidden outcome among them", result->trials);
		return;
	}
	stats_format_rate(closest->rate_upper, upper, sizeof(upper));
	stats_format_rate(closest->rate_max, limit, sizeof(limit));
	say(result, GATE_ACCEPTED,
	    "%" PRIu64 " cut trials within every limit; closest is %s: %" PRIu64
	    " seen, at most %s, the policy allows %s",
	    result->trials, outcome_name(closest->outcome), closest->count, upper, limit);
}

void gate_eval(const struct gate_policy *policy, const struct store_attempt *attempts,
	       size_t attempt_count, struct gate_result *ret)
{
	struct gate_tally tally = { .bad_control = NULL };

	*ret = (struct gate_result){ .word = GATE_UNKNOWN };
	count(attempts, attempt_count, &tally, ret);
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++)
		if (policy->rules[i].set)
			fill_line(policy, (enum outcome)i, tally.outcomes[i], ret->trials,
				  &ret->lines[ret->line_count++]);
	if (!say_controls(policy, &tally, ret) && !say_voids(policy, ret) && !say_failed(ret) &&
	    !say_undecided(policy, ret))
		say_accepted(ret);
}
