/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For CI servers: a test case for each phase, one for the controls, one for the gate. A phase fails
 * when it holds an outcome whose line of the policy failed; without a policy, any bad outcome.
 */
#include "results/report_model.h"

#include <inttypes.h>

static bool is_failure(const struct report_model *model, enum outcome outcome)
{
	if (outcome_is_void(outcome) || outcome_is_good(outcome))
		return false;
	if (!model->policy)
		return true;
	for (size_t i = 0; i < model->gate.line_count; i++)
		if (model->gate.lines[i].outcome == outcome)
			return model->gate.lines[i].failed;
	return false;
}

static bool row_fails(const struct report_model *model, const struct report_row *row)
{
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++)
		if (row->outcomes[i] && is_failure(model, (enum outcome)i))
			return true;
	return false;
}

static bool controls_fail(const struct report_model *model)
{
	const struct report_row *controls = &model->controls;

	return controls->outcomes[OUTCOME_UPDATED] + controls->unended != controls->attempts;
}

static void put_counts(const struct report_row *row, FILE *out)
{
	const char *gap = "";

	for (unsigned int i = 0; i < OUTCOME_COUNT; i++) {
		if (!row->outcomes[i])
			continue;
		fprintf(out, "%s%" PRIu64 " %s", gap, row->outcomes[i],
			outcome_name((enum outcome)i));
		gap = ", ";
	}
	if (row->unended)
		fprintf(out, "%s%" PRIu64 " unended", gap, row->unended);
}

/* The trials behind a failure, so that one can be replayed from the CI server's page. */
static void put_bad_trials(const struct report_model *model, const char *phase, FILE *out)
{
	size_t left = REPORT_BAD_MAX;

	for (size_t i = 0; i < model->attempt_count && left > 0; i++) {
		const struct store_attempt *attempt = &model->attempts[i];

		if (!report_is_bad(attempt) || strcmp(attempt->phase, phase) != 0 ||
		    trial_spec_is_control(&attempt->spec))
			continue;
		fprintf(out, "%s ", outcome_name(attempt->verdict.outcome));
		report_put_xml(out, attempt->trial_id);
		fputs(": ", out);
		report_put_xml(out, attempt->verdict.reason);
		putc('\n', out);
		left--;
	}
}

static void open_case(const struct report_model *model, const char *name, FILE *out)
{
	fputs("  <testcase classname=\"", out);
	report_put_xml(out, model->run.scenario_name);
	fputs("\" name=\"", out);
	report_put_xml(out, name);
	fputs("\">\n", out);
}

static void put_phase(const struct report_model *model, const struct report_row *row, FILE *out)
{
	open_case(model, row->name, out);
	if (row_fails(model, row)) {
		fputs("    <failure message=\"", out);
		put_counts(row, out);
		fputs("\">", out);
		put_bad_trials(model, row->name, out);
		fputs("</failure>\n", out);
	} else if (row->valid == 0) {
		fputs("    <skipped message=\"no valid trial\"/>\n", out);
	} else {
		fputs("    <system-out>", out);
		put_counts(row, out);
		fputs("</system-out>\n", out);
	}
	fputs("  </testcase>\n", out);
}

static void put_controls(const struct report_model *model, FILE *out)
{
	open_case(model, model->controls.name, out);
	if (controls_fail(model)) {
		fputs("    <failure message=\"a control did not end updated: ", out);
		put_counts(&model->controls, out);
		fputs("\"/>\n", out);
	}
	fputs("  </testcase>\n", out);
}

static void put_gate(const struct report_model *model, FILE *out)
{
	open_case(model, "gate", out);
	if (model->gate.word != GATE_ACCEPTED) {
		const char *kind = model->gate.word == GATE_REJECTED ? "failure" : "error";

		fprintf(out, "    <%s message=\"%s: ", kind, gate_word_name(model->gate.word));
		report_put_xml(out, model->gate.reason);
		fputs("\"/>\n", out);
	}
	fputs("  </testcase>\n", out);
}

void report_put_junit(const struct report_model *model, FILE *out)
{
	size_t cases = model->row_count + (model->policy ? 2 : 1);
	enum gate_word word = model->gate.word;
	bool gate_errs = model->policy && word != GATE_ACCEPTED && word != GATE_REJECTED;
	size_t failures = controls_fail(model);
	size_t skipped = 0;

	failures += word == GATE_REJECTED;
	for (size_t i = 0; i < model->row_count; i++) {
		bool fails = row_fails(model, &model->rows[i]);

		failures += fails;
		skipped += !fails && model->rows[i].valid == 0;
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"", out);
	report_put_xml(out, model->run.scenario_name);
	fprintf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\" timestamp=\"",
		cases, failures, gate_errs, skipped);
	report_put_xml(out, model->run.started_utc);
	fputs("\">\n", out);
	for (size_t i = 0; i < model->row_count; i++)
		put_phase(model, &model->rows[i], out);
	put_controls(model, out);
	if (model->policy)
		put_gate(model, out);
	fputs("</testsuite>\n</testsuites>\n", out);
}
