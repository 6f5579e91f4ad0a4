/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * May this release ship? A policy file gives the highest rate allowed for each bad outcome; the
 * gate compares one-sided bounds with it. A run without its controls is void, never green.
 */
#ifndef RESULTS_GATE_H
#define RESULTS_GATE_H

#include "results/store.h"

enum gate_word {
	GATE_UNKNOWN = 0,
	GATE_ACCEPTED = 1, /* every bound is below its limit: exit 0 */
	GATE_REJECTED = 2, /* some rate is surely above its limit, or a forbidden outcome: exit 1 */
	GATE_UNDECIDED = 3, /* not enough evidence: exit 3 */
	GATE_VOID = 4,	    /* controls or cuts did not come out as they must: exit 3 */
};

enum gate_limits { GATE_REASON_MAX = 240, GATE_POLICY_BYTES_MAX = 65536 };

struct gate_rule {
	bool set;
	/*
	 * 0 = forbidden: one is enough to reject. No number of trials can prove a rate of 0, so a
	 * forbidden outcome that was not seen in 'trials_min' trials counts as met.
	 */
	double rate_max;
};

struct gate_policy {
	char name[STORE_TEXT_MAX];
	double confidence;
	uint32_t controls_min;
	uint32_t trials_min;  /* valid cut trials */
	double void_rate_max; /* share of void trials above which the run is void */
	struct gate_rule rules[OUTCOME_COUNT];
};

struct gate_line {
	enum outcome outcome;
	uint64_t count;
	double rate_upper;
	double rate_lower;
	double rate_max;
	bool failed;	 /* surely above the limit */
	bool undecided;	 /* the limit lies between the bounds */
	uint64_t needed; /* undecided: trials in all, with no further event, that would pass */
};

struct gate_result {
	enum gate_word word;
	char reason[GATE_REASON_MAX];
	uint64_t trials;   /* valid cut trials */
	uint64_t voided;   /* cut trials that are void, or were begun and never ended */
	uint64_t controls; /* controls that came out as they must */
	struct gate_line lines[OUTCOME_COUNT];
	size_t line_count;
};

/*
 * Strict YAML; ERR_CONFIG with file and line.
 *
 *	policy: nightly
 *	confidence: 0.95	# of every bound, 0.5 to 0.9999
 *	controls_min: 5
 *	trials_min: 100
 *	void_rate_max: 0.1
 *	limits:			# at least one; only bad outcomes
 *	  bricked: 0
 *	  hung: 0.01
 */
int gate_policy_load(const char *path, struct gate_policy *ret, struct err *err) MUST_CHECK;

/*
 * Pure and total. In this order: VOID when a control did not end 'updated', controls or valid cut
 * trials are missing, or too many trials are void; REJECTED when a line failed; UNDECIDED when
 * trials are missing or a line is undecided, or the policy has no limit at all; else ACCEPTED.
 * Every limit has its line, whatever the word. The reason is one sentence with its figures.
 */
void gate_eval(const struct gate_policy *policy, const struct store_attempt *attempts, size_t count,
	       struct gate_result *ret);

const char *gate_word_name(enum gate_word word);
int gate_exit_code(enum gate_word word);

#endif
