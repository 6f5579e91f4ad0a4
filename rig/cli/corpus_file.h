/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The corpus that a command's option, or the scenario, names. */
#ifndef CLI_CORPUS_FILE_H
#define CLI_CORPUS_FILE_H

#include "campaign/corpus_use.h"

struct corpus_file {
	char *path; /* owned; NULL: the run has no corpus */
	struct corpus corpus;
};

/*
 * Reads the corpus of a run. 'option' is the value of --corpus: a file, "none", or NULL for
 * SCENARIO.corpus beside 'database' if the scenario meddles with updates. ERR_CONFIG with the line
 * that is wrong.
 */
int corpus_file_open(const char *option, const struct scenario *scenario, const char *database,
		     struct corpus_file *ret, struct err *err) MUST_CHECK;

void corpus_file_close(struct corpus_file *file);

/* corpus_lead(), when there is a corpus. */
int corpus_file_lead(const struct corpus_file *file, const struct loaded *loaded,
		     const struct calib *calib, struct plan *plan, struct err *err) MUST_CHECK;

/* corpus_keep(), when there is a corpus, of a run that was interrupted: nothing is printed. */
void corpus_file_keep(struct corpus_file *file, const struct plan *plan,
		      const struct campaign_mark *marks);

/* corpus_grow(), when there is a corpus; what came of it is printed as a line of the report. */
int corpus_file_grow(struct corpus_file *file, struct loaded *loaded, const struct calib *calib,
		     const struct plan *plan, const struct campaign_mark *marks,
		     struct err *err) MUST_CHECK;

#endif
