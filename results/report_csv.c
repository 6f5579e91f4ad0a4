/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row a trial, quoted as RFC 4180 has it. */
#include "results/report_model.h"

#include <inttypes.h>

static void put_quoted(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void put_end(const struct store_attempt *attempt, FILE *out)
{
	const struct verdict *verdict = &attempt->verdict;

	if (!attempt->ended) {
		fputs("running,,,,,\n", out);
		return;
	}
	fprintf(out, "done,%s,", outcome_name(verdict->outcome));
	put_quoted(out, verdict->reason);
	fprintf(out, ",%s,%" PRId64 ",%" PRId64 "\n", rung_name(verdict->recovered_by),
		verdict->recovery_us, attempt->board_us);
}

void report_put_csv(const struct report_model *model, FILE *out)
{
	fputs("number,trial_id,control,phase,part,cut_by,cut_at,cut_form,torn_permille,cut_us,"
	      "off_us,vbat,state,outcome,reason,recovered_by,recovery_us,board_us\n",
	      out);
	for (size_t i = 0; i < model->attempt_count; i++) {
		const struct store_attempt *attempt = &model->attempts[i];
		const struct trial_spec *spec = &attempt->spec;
		const struct cut_point *cut = &spec->cut;

		fprintf(out, "%" PRIu64 ",", spec->number);
		put_quoted(out, attempt->trial_id);
		fprintf(out, ",%s,", trial_spec_is_control(spec) ? "yes" : "no");
		put_quoted(out, attempt->phase);
		fprintf(out, ",%u,%s,%" PRIu64 ",%s,%u,%" PRId64 ",%" PRId64 ",%s,", cut->part,
			report_cut_by_name(cut->by), cut->at, report_cut_form_name(cut->form.form),
			cut->form.permille, report_cut_us(&model->calib, cut), spec->off_us,
			spec->vbat == VBAT_KEPT ? "kept" : "lost");
		put_end(attempt, out);
	}
}
