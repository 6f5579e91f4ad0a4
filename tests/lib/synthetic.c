/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/synthetic.h"
#include "base/rng.h"
#include "base/text.h"

#include <stdio.h>

enum synthetic_sizes {
	SYNTHETIC_PARTS = 2,
	SYNTHETIC_PHASES = 4,
	SYNTHETIC_SEED = 2024,
	SYNTHETIC_CONTROL_EVERY = 50,
	SYNTHETIC_BOARD_US = 9000000,
};

/* One part: where each phase ends, in microseconds, operations and instructions. */
static const struct {
	const char *name;
	int64_t end_us;
	uint64_t end_op;
	uint64_t end_insn;
} phases[SYNTHETIC_PHASES] = {
	{ "stage", 3400000, 1200, 400000000 },
	{ "slot", 3450000, 1210, 403000000 },
	{ "apply.program", 5900000, 2400, 690000000 },
	{ "start", 6600000, 2400, 770000000 },
};

struct store_run synthetic_run(void)
{
	static char name[] = "p1-power-loss";
	static char text[] = "scenario: p1-power-loss\n";
	static char board[] = "p1";
	static char from[] = "particle-1.5.2-p1";
	static char to[] = "reference-2.0.0-p1";
	static char version[] = "0.1.0";
	static char bench[] = "virtual";
	static char started[] = "2024-05-01T20:00:00Z";

	return (struct store_run){ .scenario_name = name,
				   .scenario_text = text,
				   .board = board,
				   .release_from = from,
				   .release_to = to,
				   .tool_version = version,
				   .bench = bench,
				   .seed = SYNTHETIC_SEED,
				   .trials_planned = 1000,
				   .controls_planned = 20,
				   .started_utc = started };
}

void synthetic_calib(struct calib *ret)
{
	*ret = (struct calib){ .part_count = SYNTHETIC_PARTS };
	for (uint32_t part = 1; part <= SYNTHETIC_PARTS; part++) {
		for (size_t i = 0; i < SYNTHETIC_PHASES; i++) {
			struct calib_window *window = &ret->windows[ret->window_count++];

			snprintf(window->phase, sizeof(window->phase), "%u.%s", part,
				 phases[i].name);
			window->part = part;
			window->begin_us = i ? phases[i - 1].end_us : 0;
			window->end_us = phases[i].end_us;
			window->begin_op = i ? phases[i - 1].end_op : 0;
			window->end_op = phases[i].end_op;
			window->begin_insn = i ? phases[i - 1].end_insn : 0;
			window->end_insn = phases[i].end_insn;
		}
	}
	for (size_t i = 0; i < ret->part_count; i++)
		ret->parts[i] = (struct calib_part){ .module = "program",
						     .apply_us = 2450000 + (int64_t)i };
}

static void draw_cut(struct rng *rng, uint64_t number, struct cut_point *cut)
{
	/* not only uniform: half of the cuts aim at the short and dangerous phase */
	size_t phase = rng_below(rng, 2) ? 1 : rng_below(rng, SYNTHETIC_PHASES);
	uint64_t begin_us = phase ? (uint64_t)phases[phase - 1].end_us : 0;
	uint64_t begin_insn = phase ? phases[phase - 1].end_insn : 0;
	uint64_t begin_op = phase ? phases[phase - 1].end_op : 0;

	cut->part = 1 + (uint32_t)rng_below(rng, SYNTHETIC_PARTS);
	if (number % 3 == 1 && phases[phase].end_op > begin_op) {
		cut->by = CUT_BY_OPERATION;
		cut->at = begin_op + rng_below(rng, phases[phase].end_op - begin_op);
		cut->form.form = CUT_FORM_TORN;
		cut->form.permille = 1 + (uint32_t)rng_below(rng, 999);
	} else if (number % 3 == 2) {
		cut->by = CUT_BY_INSTRUCTION;
		cut->at = begin_insn + rng_below(rng, phases[phase].end_insn - begin_insn);
	} else {
		cut->by = CUT_BY_TIME;
		cut->at = begin_us + rng_below(rng, (uint64_t)phases[phase].end_us - begin_us);
	}
}

struct trial_spec synthetic_spec(uint64_t number)
{
	struct trial_spec spec = { .run_seed = SYNTHETIC_SEED, .number = number };
	struct rng rng;

	rng_init(&rng, rng_derive(SYNTHETIC_SEED, number));
	text_copy(spec.scenario, sizeof(spec.scenario), "p1-power-loss");
	spec.vbat = number % 2 ? VBAT_KEPT : VBAT_LOST;
	if (number % SYNTHETIC_CONTROL_EVERY != 0) {
		spec.off_us = 500000;
		draw_cut(&rng, number, &spec.cut);
	}
	return spec;
}

static bool cut_is_dangerous(const struct cut_point *cut)
{
	struct calib calib;
	const struct calib_window *window;

	synthetic_calib(&calib);
	window = calib_window_of(&calib, cut);
	return window && strcmp(window->phase, "1.slot") == 0;
}

void synthetic_verdict(const struct trial_spec *spec, struct verdict *ret)
{
	static const enum outcome dangers[] = { OUTCOME_BRICKED,   OUTCOME_HUNG,
						OUTCOME_DEGRADED,  OUTCOME_NEEDS_DFU,
						OUTCOME_UPDATED,   OUTCOME_REVERTED,
						OUTCOME_RIG_FAULT, OUTCOME_NOT_DELIVERED };
	struct rng rng;

	rng_init(&rng, rng_derive(SYNTHETIC_SEED + 1, spec->number));
	*ret = (struct verdict){ .outcome = OUTCOME_UPDATED, .recovered_by = RUNG_WAIT };
	if (!trial_spec_is_control(spec)) {
		ret->outcome = rng_below(&rng, 3) ? OUTCOME_UPDATED : OUTCOME_REVERTED;
		if (cut_is_dangerous(&spec->cut))
			ret->outcome = dangers[rng_below(&rng, ARRAY_LEN(dangers))];
	}
	if (ret->outcome == OUTCOME_HUNG)
		ret->recovered_by = RUNG_RESET;
	if (ret->outcome == OUTCOME_BRICKED)
		ret->recovered_by = RUNG_NONE;
	if (ret->outcome == OUTCOME_NEEDS_DFU)
		ret->recovered_by = RUNG_DFU_BUTTONS;
	snprintf(ret->reason, sizeof(ret->reason), "%s was seen after the board's power returned",
		 outcome_name(ret->outcome));
	ret->recovery_us = (int64_t)(1000000 + rng_below(&rng, 5000000));
}

void synthetic_log(const struct trial_spec *spec, size_t count, struct obs_log *log)
{
	struct obs_sink sink = obs_log_sink(log);
	struct rng rng;

	rng_init(&rng, rng_derive(SYNTHETIC_SEED + 2, spec->number));
	for (size_t i = 0; i < count; i++) {
		char text[OBS_TEXT_MAX];

		snprintf(text, sizeof(text), "fact %u of trial %u", (unsigned int)i,
			 (unsigned int)spec->number);
		obs_put(&sink, (int64_t)(i * 1000), (enum obs_kind)(i % OBS_KIND_COUNT),
			(int32_t)rng_next(&rng), (int64_t)rng_next(&rng), text);
	}
}

static int store_trial(struct store *store, int64_t run_id, const struct calib *calib,
		       uint64_t number, size_t observations)
{
	struct trial_spec spec = synthetic_spec(number);
	const struct calib_window *window = calib_window_of(calib, &spec.cut);
	struct verdict verdict;
	struct obs_log log;
	int64_t attempt_id;
	int rc;

	obs_log_init(&log);
	synthetic_verdict(&spec, &verdict);
	synthetic_log(&spec, observations, &log);
	while (verdict.evidence_count < 2 && verdict.evidence_count < observations) {
		verdict.evidence[verdict.evidence_count] = verdict.evidence_count;
		verdict.evidence_count++;
	}
	rc = store_attempt_begin(store, run_id, &spec, window ? window->phase : "", &attempt_id,
				 NULL);
	if (rc == 0)
		rc = store_attempt_end(store, attempt_id, &verdict, &log, SYNTHETIC_BOARD_US, NULL);
	obs_log_release(&log);
	return rc;
}

int synthetic_store(struct store *store, uint64_t trials, size_t observations)
{
	struct store_run run = synthetic_run();
	struct calib calib;
	int64_t run_id;
	int rc;

	synthetic_calib(&calib);
	run.trials_planned = (uint32_t)trials;
	run.controls_planned = (uint32_t)(trials / SYNTHETIC_CONTROL_EVERY);
	rc = store_run_begin(store, &run, &calib, &run_id, NULL);
	for (uint64_t i = 0; rc == 0 && i < trials; i++)
		rc = store_trial(store, run_id, &calib, i, observations);
	return rc < 0 ? rc : store_run_end(store, run_id, "2024-05-02T04:00:00Z", NULL);
}
