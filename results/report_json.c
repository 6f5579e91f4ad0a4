/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For programs. Counts are numbers; the seed is a text, because many readers of JSON keep numbers
 * as doubles and would lose its last digits.
 */
#include "results/report_model.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

enum json_sizes { JSON_SEED_TEXT = 24 };

/*
 * json_pack() takes over what 'o' is given and fails when that is NULL, so that one lack of memory
 * anywhere makes the whole document NULL.
 */
static json_t *outcomes_json(const struct report_row *row)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < OUTCOME_COUNT; i++)
		if (row->outcomes[i] &&
		    json_object_set_new(object, outcome_name((enum outcome)i),
					json_integer((json_int_t)row->outcomes[i])) != 0) {
			json_decref(object);
			return NULL;
		}
	return object;
}

static json_t *row_json(const struct report_row *row)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:f, s:f, s:o}", "name", row->name, "trials",
			 (json_int_t)row->attempts, "valid", (json_int_t)row->valid, "unended",
			 (json_int_t)row->unended, "bad", (json_int_t)row->bad, "bad_rate",
			 row->bad_rate, "bad_rate_upper", row->bad_upper, "outcomes",
			 outcomes_json(row));
}

static json_t *rows_json(const struct report_model *model)
{
	json_t *array = json_array();

	for (size_t i = 0; i < model->row_count; i++)
		if (json_array_append_new(array, row_json(&model->rows[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *recovered_json(const struct report_model *model)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < RUNG_COUNT; i++)
		if (model->recovered[i] &&
		    json_object_set_new(object, i == RUNG_NONE ? "never" : rung_name((enum rung)i),
					json_integer((json_int_t)model->recovered[i])) != 0) {
			json_decref(object);
			return NULL;
		}
	return object;
}

static json_t *line_json(const struct gate_line *line)
{
	const char *state = line->failed ? "failed" : line->undecided ? "undecided" : "met";

	return json_pack("{s:s, s:I, s:f, s:f, s:f, s:s}", "outcome", outcome_name(line->outcome),
			 "count", (json_int_t)line->count, "rate_lower", line->rate_lower,
			 "rate_upper", line->rate_upper, "rate_max", line->rate_max, "state",
			 state);
}

static json_t *lines_json(const struct gate_result *gate)
{
	json_t *array = json_array();

	for (size_t i = 0; i < gate->line_count; i++)
		if (json_array_append_new(array, line_json(&gate->lines[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *gate_json(const struct report_model *model)
{
	const struct gate_result *gate = &model->gate;

	if (!model->policy)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:o}", "policy", model->policy->name,
			 "word", gate_word_name(gate->word), "reason", gate->reason, "exit_code",
			 gate_exit_code(gate->word), "trials", (json_int_t)gate->trials, "void",
			 (json_int_t)gate->voided, "controls", (json_int_t)gate->controls, "limits",
			 lines_json(gate));
}

static json_t *run_json(const struct report_model *model)
{
	const struct store_run *run = &model->run;
	char seed[JSON_SEED_TEXT];

	snprintf(seed, sizeof(seed), "%" PRIu64, run->seed);
	return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s?}", "id",
			 (json_int_t)run->id, "scenario", run->scenario_name, "board", run->board,
			 "release_from", run->release_from, "release_to", run->release_to,
			 "tool_version", run->tool_version, "bench", run->bench, "seed", seed,
			 "trials_planned", (json_int_t)run->trials_planned, "controls_planned",
			 (json_int_t)run->controls_planned, "started_utc", run->started_utc,
			 "ended_utc", run->ended_utc);
}

static json_t *cut_json(const struct report_model *model, const struct cut_point *cut)
{
	if (cut->by == CUT_BY_NONE)
		return json_null();
	return json_pack("{s:I, s:s, s:I, s:s, s:I, s:I}", "part", (json_int_t)cut->part, "by",
			 report_cut_by_name(cut->by), "at", (json_int_t)cut->at, "form",
			 report_cut_form_name(cut->form.form), "torn_permille",
			 (json_int_t)cut->form.permille, "us",
			 (json_int_t)report_cut_us(&model->calib, cut));
}

static json_t *end_json(const struct store_attempt *attempt)
{
	const struct verdict *verdict = &attempt->verdict;

	if (!attempt->ended)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:I, s:I}", "outcome", outcome_name(verdict->outcome),
			 "reason", verdict->reason, "recovered_by",
			 rung_name(verdict->recovered_by), "recovery_us",
			 (json_int_t)verdict->recovery_us, "board_us",
			 (json_int_t)attempt->board_us);
}

static json_t *trial_json(const struct report_model *model, const struct store_attempt *attempt)
{
	const struct trial_spec *spec = &attempt->spec;

	return json_pack("{s:s, s:I, s:b, s:s, s:o, s:I, s:s, s:o}", "id", attempt->trial_id,
			 "number", (json_int_t)spec->number, "control",
			 (int)trial_spec_is_control(spec), "phase", attempt->phase, "cut",
			 cut_json(model, &spec->cut), "off_us", (json_int_t)spec->off_us, "vbat",
			 spec->vbat == VBAT_KEPT ? "kept" : "lost", "end", end_json(attempt));
}

static json_t *trials_json(const struct report_model *model)
{
	json_t *array = json_array();

	for (size_t i = 0; i < model->attempt_count; i++)
		if (json_array_append_new(array, trial_json(model, &model->attempts[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static const char *module_of(const struct calib *calib, uint32_t part)
{
	return part >= 1 && part <= calib->part_count ? calib->parts[part - 1].module : "";
}

/* The update as it is without a cut: which flash operations each phase has. */
static json_t *update_json(const struct calib *calib)
{
	json_t *array = json_array();

	for (size_t i = 0; i < calib->window_count; i++) {
		const struct calib_window *window = &calib->windows[i];

		if (json_array_append_new(array,
					  json_pack("{s:s, s:I, s:s, s:I, s:I, s:I, s:I}", "phase",
						    window->phase, "part", (json_int_t)window->part,
						    "module", module_of(calib, window->part),
						    "begin_us", (json_int_t)window->begin_us,
						    "end_us", (json_int_t)window->end_us,
						    "begin_op", (json_int_t)window->begin_op,
						    "end_op", (json_int_t)window->end_op)) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

int report_put_json(const struct report_model *model, FILE *out, struct err *err)
{
	json_t *root =
		json_pack("{s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "run", run_json(model),
			  "confidence", model->confidence, "update", update_json(&model->calib),
			  "phases", rows_json(model), "cuts", row_json(&model->total), "controls",
			  row_json(&model->controls), "recovered_by", recovered_json(model), "gate",
			  gate_json(model), "trials", trials_json(model));

	if (!root)
		return err_set(err, ERR_IO, -ENOMEM, "out of memory for the report");
	/* a stream that refuses is seen by the caller */
	IGNORE(json_dumpf(root, out, JSON_INDENT(1)) == 0 && putc('\n', out),
	       "the caller checks the stream");
	json_decref(root);
	return 0;
}
