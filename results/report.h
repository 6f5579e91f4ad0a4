/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run found, for people and for machines. Reads the store, writes a stream. */
#ifndef RESULTS_REPORT_H
#define RESULTS_REPORT_H

#include "results/gate.h"
#include "results/store.h"

#include <stdio.h>

enum report_format {
	REPORT_UNKNOWN = 0,
	REPORT_TEXT = 1, /* table of outcomes by phase, counts and bound */
	REPORT_HTML = 2, /* self-contained page: the same, and outcome over cut position as SVG */
	REPORT_JSON = 3,
	REPORT_CSV = 4,
	REPORT_JUNIT = 5,
};

enum report_format report_format_from_name(const char *name);

/*
 * Renders one run (0 = newest). 'policy' may be NULL: then no gate is shown. ERR_IO when the stream
 * refuses.
 */
int report_render(struct store *store, int64_t run_id, const struct gate_policy *policy,
		  enum report_format format, FILE *out, struct err *err) MUST_CHECK;

#endif
