/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One page that needs nothing else: no script, no font, no picture from elsewhere. Written as XML
 * would be, so that a strict parser reads it too.
 */
#include "results/report_model.h"
#include "base/text.h"
#include "results/stats.h"

#include <inttypes.h>
#include <string.h>

static void put_number(FILE *out, uint64_t count)
{
	if (count)
		fprintf(out, "<td class=\"n\">%" PRIu64 "</td>", count);
	else
		fputs("<td class=\"n none\">0</td>", out);
}

static void put_rate(FILE *out, double rate)
{
	char text[REPORT_RATE_TEXT];

	stats_format_rate(rate, text, sizeof(text));
	report_put_element(out, "td", " class=\"n\"", text);
}

static void put_head(const struct report_model *model, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n",
	      out);
	fputs("<title>", out);
	report_put_xml(out, model->run.scenario_name);
	fprintf(out, ", run %" PRId64 " - otarig</title>\n<style>\n%s</style>\n</head>\n<body>\n",
		model->run.id, report_html_style);
}

static void put_heading(const struct report_model *model, FILE *out)
{
	const struct store_run *run = &model->run;

	report_put_element(out, "h1", "", run->scenario_name);
	fputs("\n<p>", out);
	report_put_element(out, "strong", "", run->release_from);
	fputs(" &#8594; ", out);
	report_put_element(out, "strong", "", run->release_to);
	fputs(" on board ", out);
	report_put_element(out, "strong", "", run->board);
	fputs("</p>\n<p class=\"soft\">", out);
	fprintf(out, "Run %" PRId64 ", bench ", run->id);
	report_put_xml(out, run->bench);
	fprintf(out, ", seed %" PRIu64 ", %zu of %u trials, ", run->seed, model->attempt_count,
		run->trials_planned);
	report_put_xml(out, run->started_utc);
	fputs(" to ", out);
	report_put_xml(out, run->ended_utc ? run->ended_utc : "(not ended)");
	fputs(", otarig ", out);
	report_put_xml(out, run->tool_version);
	fputs("</p>\n", out);
}

static void put_gate(const struct report_model *model, FILE *out)
{
	const char *word = gate_word_name(model->gate.word);

	if (!model->policy)
		return;
	fprintf(out, "<div class=\"gate %s\"><b>%s</b><span>", word, word);
	report_put_xml(out, model->gate.reason);
	fputs("</span><span class=\"soft\">policy ", out);
	report_put_xml(out, model->policy->name);
	fprintf(out, ", exit code %d</span></div>\n", gate_exit_code(model->gate.word));
}

static void put_row(const struct report_model *model, const struct report_row *row,
		    const char *attributes, FILE *out)
{
	fprintf(out, "<tr%s>", attributes);
	report_put_element(out, "th", " scope=\"row\"", row->name);
	put_number(out, row->attempts);
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++)
		if (report_has_outcome(model, (enum outcome)i))
			put_number(out, row->outcomes[i]);
	if (model->total.unended || model->controls.unended)
		put_number(out, row->unended);
	if (row->valid) {
		put_rate(out, row->bad_rate);
		put_rate(out, row->bad_upper);
	} else {
		fputs("<td class=\"n none\">-</td><td class=\"n none\">-</td>", out);
	}
	fputs("</tr>\n", out);
}

static void put_summary(const struct report_model *model, FILE *out)
{
	fprintf(out,
		"<h2>Outcomes by phase</h2>\n<div class=\"wide\"><table>\n<caption>Bad is the "
		"share "
		"of valid trials, at most its bound with %g %% confidence.</caption>\n<thead><tr>"
		"<th scope=\"col\">phase of the cut</th><th scope=\"col\" class=\"n\">trials</th>",
		model->confidence * 100);
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++) {
		if (!report_has_outcome(model, (enum outcome)i))
			continue;
		fputs("<th scope=\"col\" class=\"n\">", out);
		report_put_html_mark((enum outcome)i, out);
		fprintf(out, "%s</th>", outcome_name((enum outcome)i));
	}
	if (model->total.unended || model->controls.unended)
		fputs("<th scope=\"col\" class=\"n\">unended</th>", out);
	fputs("<th scope=\"col\" class=\"n\">bad</th><th scope=\"col\" class=\"n\">at most</th>"
	      "</tr></thead>\n<tbody>\n",
	      out);
	for (size_t i = 0; i < model->row_count; i++)
		put_row(model, &model->rows[i], "", out);
	put_row(model, &model->total, " class=\"sum\"", out);
	put_row(model, &model->controls, "", out);
	fputs("</tbody></table></div>\n", out);
}

static void put_recovered(const struct report_model *model, FILE *out)
{
	const char *gap = "<p>Brought back by: ";

	for (unsigned int i = 0; i < RUNG_COUNT; i++) {
		unsigned int rung = (i + 1) % RUNG_COUNT; /* "never", number 0, comes last */

		if (!model->recovered[rung])
			continue;
		fprintf(out, "%s%s %" PRIu64, gap,
			rung == RUNG_NONE ? "never" : rung_name((enum rung)rung),
			model->recovered[rung]);
		gap = ", ";
	}
	if (gap[0] == ',')
		fputs(".</p>\n", out);
}

static void put_limits(const struct report_model *model, FILE *out)
{
	if (!model->policy)
		return;
	fputs("<h2>Limits of the policy</h2>\n<div class=\"wide\"><table "
	      "class=\"limits\">\n<thead><tr>"
	      "<th scope=\"col\">outcome</th><th scope=\"col\" class=\"n\">seen</th>"
	      "<th scope=\"col\" class=\"n\">at least</th><th scope=\"col\" class=\"n\">at most"
	      "</th><th scope=\"col\" class=\"n\">limit</th><th scope=\"col\">state</th>"
	      "</tr></thead>\n<tbody>\n",
	      out);
	for (size_t i = 0; i < model->gate.line_count; i++) {
		const struct gate_line *line = &model->gate.lines[i];

		fputs("<tr><th scope=\"row\">", out);
		report_put_html_mark(line->outcome, out);
		fprintf(out, "%s</th>", outcome_name(line->outcome));
		put_number(out, line->count);
		put_rate(out, line->rate_lower);
		put_rate(out, line->rate_upper);
		put_rate(out, line->rate_max);
		fputs(line->failed	? "<td class=\"bad\">failed</td>"
		      : line->undecided ? "<td>undecided</td>"
					: "<td>met</td>",
		      out);
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

static void put_bad_trial(const struct store_attempt *attempt, FILE *out)
{
	const struct verdict *verdict = &attempt->verdict;
	char cut[REPORT_CUT_TEXT];
	char time[REPORT_TIME_TEXT];

	trial_cut_format(&attempt->spec.cut, cut, sizeof(cut));
	text_format_human(verdict->recovery_us, time, sizeof(time));
	fputs("<tr><td class=\"id\">", out);
	report_put_element(out, "code", "", attempt->trial_id);
	fputs("</td><td class=\"word\">", out);
	report_put_element(out, "code", "", cut);
	fputs("</td>", out);
	report_put_element(out, "td", "",
			   trial_spec_is_control(&attempt->spec) ? "control" : attempt->phase);
	fputs("<td class=\"word\">", out);
	report_put_html_mark(verdict->outcome, out);
	fprintf(out, "%s</td>", outcome_name(verdict->outcome));
	report_put_element(out, "td", "", verdict->reason);
	fputs("<td class=\"word\">", out);
	if (verdict->recovered_by == RUNG_NONE)
		fputs("never", out);
	else
		fprintf(out, "%s, %s", rung_name(verdict->recovered_by), time);
	fputs("</td></tr>\n", out);
}

/* What the LED of the trial above showed. */
static void put_strip_row(const struct report_model *model, const struct store_attempt *attempt,
			  FILE *out)
{
	struct obs_log log;

	obs_log_init(&log);
	report_read_log(model, attempt, &log);
	if (log.count) {
		fputs("<tr class=\"led\"><td colspan=\"6\">", out);
		report_put_html_strip(&log, out);
		fputs("</td></tr>\n", out);
	}
	obs_log_release(&log);
}

/* Gravest first; trials that ended alike in their order. */
static size_t put_bad_rows(const struct report_model *model, FILE *out)
{
	size_t count = 0;

	for (unsigned int outcome = OUTCOME_COUNT; outcome-- > 0;) {
		for (size_t i = 0; i < model->attempt_count; i++) {
			const struct store_attempt *attempt = &model->attempts[i];

			if (!report_is_bad(attempt) || attempt->verdict.outcome != outcome)
				continue;
			if (count++ >= REPORT_BAD_MAX)
				continue;
			put_bad_trial(attempt, out);
			put_strip_row(model, attempt, out);
		}
	}
	return count;
}

static void put_bad(const struct report_model *model, FILE *out)
{
	size_t count;

	if (model->total.bad + model->controls.bad == 0)
		return;
	report_put_html_strip_defs(out);
	fputs("<h2>Trials that ended badly</h2>\n<p class=\"soft\">Replay one exactly with "
	      "<code>otarig replay ID</code>. The strip is what its LED "
	      "showed, the mark in it the cut.</p>\n<div class=\"wide\"><table>\n<thead><tr>"
	      "<th scope=\"col\">id</th><th scope=\"col\">cut</th><th scope=\"col\">phase</th>"
	      "<th scope=\"col\">outcome</th><th scope=\"col\">reason</th>"
	      "<th scope=\"col\">recovered by</th></tr></thead>\n<tbody>\n",
	      out);
	count = put_bad_rows(model, out);
	fputs("</tbody></table></div>\n", out);
	if (count > REPORT_BAD_MAX)
		fprintf(out, "<p>%zu more in the database.</p>\n", count - REPORT_BAD_MAX);
}

int report_put_html(const struct report_model *model, FILE *out, struct err *err)
{
	int rc;

	put_head(model, out);
	put_heading(model, out);
	put_gate(model, out);
	fputs("<h2>Outcome over the moment of the cut</h2>\n", out);
	rc = report_put_html_map(model, out, err);
	if (rc < 0)
		return rc;
	put_summary(model, out);
	put_recovered(model, out);
	put_limits(model, out);
	put_bad(model, out);
	fputs("</body>\n</html>\n", out);
	return 0;
}
