/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the reports, for results/report*.c alone: a run read once and counted once, so that
 * every format tells the same figures. All texts are valid UTF-8 without control characters.
 */
#ifndef RESULTS_REPORT_MODEL_H
#define RESULTS_REPORT_MODEL_H

#include "results/gate.h"
#include "results/store.h"

#include <stdio.h>

enum report_limits {
	REPORT_ROWS_MAX = CALIB_WINDOWS_MAX + 1,
	REPORT_BAD_MAX = 100, /* bad trials listed in a page; the rest stays in the database */
	REPORT_TIME_TEXT = 24,
	REPORT_RATE_TEXT = 16,
	REPORT_CUT_TEXT = 48,
};

/* Trials that belong together: a phase, the controls, all cut trials. */
struct report_row {
	char name[SCENARIO_NAME_MAX];
	uint64_t outcomes[OUTCOME_COUNT]; /* of ended trials */
	uint64_t unended;
	uint64_t attempts;
	uint64_t valid; /* ended, and not void */
	uint64_t bad;
	double bad_rate;  /* of the valid ones; 0 when there are none */
	double bad_upper; /* one-sided bound */
};

struct report_model {
	struct store *store; /* borrowed, for what is read only when it is shown */
	struct store_run run;
	struct calib calib;
	struct store_attempt *attempts;
	size_t attempt_count;
	/* phases in the order of the calibration; "elsewhere" last, when a cut fell in none */
	struct report_row rows[REPORT_ROWS_MAX];
	size_t row_count;
	struct report_row controls;
	struct report_row total;	  /* all cut trials */
	uint64_t recovered[RUNG_COUNT];	  /* valid cut trials; NONE = never */
	double confidence;		  /* of the bounds: the policy's, else 95 % */
	const struct gate_policy *policy; /* borrowed; NULL = no gate */
	struct gate_result gate;
};

/* Reads run 'run_id' (0 = newest). Caller frees *ret with report_model_free(). */
int report_model_new(struct store *store, int64_t run_id, const struct gate_policy *policy,
		     struct report_model **ret, struct err *err) MUST_CHECK;
void report_model_free(struct report_model *model);

/* Is this an ended trial whose end is bad for the board? */
bool report_is_bad(const struct store_attempt *attempt);

/* Does any trial of the run, controls included, have this outcome? */
bool report_has_outcome(const struct report_model *model, enum outcome outcome);

/* Where in the part's delivery a cut falls, in microseconds; cuts by operation or instruction are
 * placed in proportion inside their phase. -1 when outside of all phases. */
int64_t report_cut_us(const struct calib *calib, const struct cut_point *cut);

const char *report_cut_by_name(enum cut_by by);
const char *report_cut_form_name(enum cut_form form);

/* Text for XML, HTML and SVG, in elements and in attributes. */
void report_put_xml(FILE *out, const char *text);

/* One element with escaped text; 'attributes' begin with a space or are empty. */
void report_put_element(FILE *out, const char *name, const char *attributes, const char *text);

/*
 * One function a format. They write and do not look back: the caller checks the stream. Those that
 * need memory return ERR_IO without it.
 */
void report_put_text(const struct report_model *model, FILE *out);
void report_put_csv(const struct report_model *model, FILE *out);
void report_put_junit(const struct report_model *model, FILE *out);
int report_put_json(const struct report_model *model, FILE *out, struct err *err) MUST_CHECK;
int report_put_html(const struct report_model *model, FILE *out, struct err *err) MUST_CHECK;

/* Parts of the page: its style, its picture, an outcome's sign. */
extern const char report_html_style[];
int report_put_html_map(const struct report_model *model, FILE *out, struct err *err) MUST_CHECK;
void report_put_html_mark(enum outcome outcome, FILE *out);

/* What the strips of a page share, once; and one trial's strip. Nothing when no LED was seen. */
void report_put_html_strip_defs(FILE *out);
void report_put_html_strip(const struct obs_log *log, FILE *out);

/* The observations of a trial, fit to be shown; an empty log when they cannot be read. */
void report_read_log(const struct report_model *model, const struct store_attempt *attempt,
		     struct obs_log *log);

#endif
