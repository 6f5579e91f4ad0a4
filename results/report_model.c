/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/report_model.h"
#include "base/text.h"
#include "results/stats.h"

#include <errno.h>

static const double default_confidence = 0.95;

/* Length of the character of UTF-8 at 'p'; 0 when it is none, or a control character. */
static size_t character_length(const unsigned char *p)
{
	static const uint32_t first[] = { 0, ' ', 0x80, 0x800, 0x10000 }; /* of each length */
	size_t length = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t code = length == 1 ? *p : *p & (0x7fu >> length);

	if ((*p >= 0x80 && *p < 0xc0) || *p >= 0xf8)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < first[length] || (code >= 0x7f && code < 0xa0) ||
	    (code >= 0xd800 && code < 0xe000) || (code & 0xfffe) == 0xfffe || code > 0x10ffff)
		return 0;
	return length;
}

/* Board and bench may have put anything into a text; what no format can hold becomes '?'. */
static void clean(char *text)
{
	unsigned char *p = (unsigned char *)text;

	while (p && *p) {
		size_t length = character_length(p);

		if (length == 0)
			*p = '?';
		p += length ? length : 1;
	}
}

static void clean_run(struct store_run *run)
{
	clean(run->scenario_name);
	clean(run->board);
	clean(run->release_from);
	clean(run->release_to);
	clean(run->tool_version);
	clean(run->bench);
	clean(run->started_utc);
	clean(run->ended_utc);
}

static void clean_texts(struct report_model *model)
{
	clean_run(&model->run);
	for (size_t i = 0; i < model->calib.window_count; i++)
		clean(model->calib.windows[i].phase);
	for (size_t i = 0; i < model->attempt_count; i++) {
		clean(model->attempts[i].trial_id);
		clean(model->attempts[i].phase);
		clean(model->attempts[i].verdict.reason);
	}
}

bool report_is_bad(const struct store_attempt *attempt)
{
	enum outcome outcome = attempt->verdict.outcome;

	return attempt->ended && !outcome_is_void(outcome) && !outcome_is_good(outcome);
}

bool report_has_outcome(const struct report_model *model, enum outcome outcome)
{
	return model->total.outcomes[outcome] > 0 || model->controls.outcomes[outcome] > 0;
}

static void count_in(struct report_row *row, const struct store_attempt *attempt)
{
	enum outcome outcome = attempt->verdict.outcome;

	row->attempts++;
	if (!attempt->ended) {
		row->unended++;
		return;
	}
	row->outcomes[outcome]++;
	if (!outcome_is_void(outcome))
		row->valid++;
	if (report_is_bad(attempt))
		row->bad++;
}

static void bound(struct report_row *row, double confidence)
{
	row->bad_rate = row->valid ? (double)row->bad / (double)row->valid : 0;
	row->bad_upper = stats_rate_upper(row->bad, row->valid, confidence);
}

static struct report_row *find_row(struct report_model *model, const char *name)
{
	for (size_t i = 0; i < model->row_count; i++)
		if (strcmp(model->rows[i].name, name) == 0)
			return &model->rows[i];
	return NULL;
}

static struct report_row *find_or_add_row(struct report_model *model, const char *name)
{
	struct report_row *row = find_row(model, name);

	if (row)
		return row;
	row = &model->rows[model->row_count++];
	text_copy(row->name, sizeof(row->name), name);
	return row;
}

static void count_attempt(struct report_model *model, const struct store_attempt *attempt)
{
	struct report_row *row;

	if (trial_spec_is_control(&attempt->spec)) {
		count_in(&model->controls, attempt);
		return;
	}
	count_in(&model->total, attempt);
	row = attempt->spec.cut.by == CUT_BY_NONE ? find_or_add_row(model, attempt->phase)
						  : find_row(model, attempt->phase);
	count_in(row ? row : find_or_add_row(model, "elsewhere"), attempt);
	if (attempt->ended && !outcome_is_void(attempt->verdict.outcome))
		model->recovered[attempt->verdict.recovered_by]++;
}

static void count_run(struct report_model *model)
{
	text_copy(model->controls.name, sizeof(model->controls.name), "controls");
	text_copy(model->total.name, sizeof(model->total.name), "all cuts");
	for (size_t i = 0; i < model->calib.window_count; i++)
		find_or_add_row(model, model->calib.windows[i].phase);
	for (size_t i = 0; i < model->attempt_count; i++)
		count_attempt(model, &model->attempts[i]);
	for (size_t i = 0; i < model->row_count; i++)
		bound(&model->rows[i], model->confidence);
	bound(&model->controls, model->confidence);
	bound(&model->total, model->confidence);
}

int report_model_new(struct store *store, int64_t run_id, const struct gate_policy *policy,
		     struct report_model **ret, struct err *err)
{
	struct report_model *model = calloc(1, sizeof(*model));
	int rc;

	if (!model)
		return err_set(err, ERR_IO, -ENOMEM, "out of memory");
	rc = store_run_get(store, run_id, &model->run, err);
	if (rc == 0)
		rc = store_calib_get(store, model->run.id, &model->calib, err);
	if (rc == 0)
		rc = store_attempts_get(store, model->run.id, &model->attempts,
					&model->attempt_count, err);
	if (rc < 0) {
		report_model_free(model);
		return rc;
	}
	model->store = store;
	clean_texts(model);
	model->policy = policy;
	model->confidence = policy ? policy->confidence : default_confidence;
	count_run(model);
	if (policy)
		gate_eval(policy, model->attempts, model->attempt_count, &model->gate);
	*ret = model;
	return 0;
}

void report_read_log(const struct report_model *model, const struct store_attempt *attempt,
		     struct obs_log *log)
{
	struct store_attempt found;

	if (store_attempt_find(model->store, attempt->trial_id, &found, log, NULL) < 0)
		obs_log_clear(log);
	for (size_t i = 0; i < log->count; i++)
		clean(log->items[i].text);
}

void report_model_free(struct report_model *model)
{
	if (!model)
		return;
	store_run_free(&model->run);
	free(model->attempts);
	free(model);
}

int64_t report_cut_us(const struct calib *calib, const struct cut_point *cut)
{
	const struct calib_window *window = calib_window_of(calib, cut);
	struct calib_range range;
	double share;

	if (!window)
		return -1;
	if (cut->by == CUT_BY_TIME)
		return (int64_t)cut->at;
	if (cut->by == CUT_BY_ANCHOR)
		return calib_anchor_us(calib, cut);
	range = calib_window_range(window, cut->by);
	share = (double)(cut->at - range.begin) / (double)(range.end - range.begin);
	return window->begin_us + (int64_t)(share * (double)(window->end_us - window->begin_us));
}

const char *report_cut_by_name(enum cut_by by)
{
	switch (by) {
	case CUT_BY_NONE: return "none";
	case CUT_BY_TIME: return "time";
	case CUT_BY_OPERATION: return "operation";
	case CUT_BY_INSTRUCTION: return "instruction";
	case CUT_BY_ANCHOR: return "anchor";
	}
	return "none";
}

const char *report_cut_form_name(enum cut_form form)
{
	switch (form) {
	case CUT_FORM_NONE: return "none";
	case CUT_FORM_BEFORE: return "before";
	case CUT_FORM_TORN: return "torn";
	case CUT_FORM_AFTER: return "after";
	}
	return "none";
}
