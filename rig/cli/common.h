/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What several commands share. */
#ifndef CLI_COMMON_H
#define CLI_COMMON_H

#include "campaign/campaign.h"
#include "results/gate.h"
#include "results/report.h"

/* Unsigned value of option '--name'; 'text' NULL gives 'missing'. ERR_USAGE. */
int cli_number(const char *name, const char *text, uint64_t max, uint64_t missing, uint64_t *ret,
	       struct err *err) MUST_CHECK;

/* As cli_number(), but 0 is refused with ERR_USAGE. */
int cli_count(const char *name, const char *text, uint64_t max, uint64_t missing, uint64_t *ret,
	      struct err *err) MUST_CHECK;

/* The bench of a file, with what its boards' profiles say; NULL when 'path' is NULL. free() after,
 * and after what was loaded on it. */
int cli_bench(const char *path, struct bench **ret, struct err *err) MUST_CHECK;

/*
 * Loads a scenario file and all it names, on a slot of 'bench' (NULL: a virtual one). loaded_free()
 * after.
 */
int cli_load(const char *path, const struct bench *bench, struct loaded **ret,
	     struct err *err) MUST_CHECK;

/* loaded_calibrate(), with a word about it on a terminal. Caller frees *ret. */
int cli_calibrate(struct loaded *loaded, struct calib **ret, struct err *err) MUST_CHECK;

/*
 * The database of option --results, or results/runs/NAME.db in the data folder; relative to the
 * current folder when it is below. Nothing is made. Caller frees.
 */
int cli_database(const char *option, const char *name, char **ret, struct err *err) MUST_CHECK;

/* The length of a database's path without its ".db", for files that stand beside it. */
size_t cli_database_stem(const char *path);

/* The policy of option --policy, or that the scenario names. ERR_CONFIG when there is neither. */
int cli_policy(const char *option, const struct scenario *scenario, struct gate_policy *ret,
	       struct err *err) MUST_CHECK;

/* Parses the trial id and opens the database it is in; store_close() after. */
int cli_find_trial(const char *id, const char *results, struct store **ret_store,
		   struct store_attempt *ret, struct obs_log *log, struct err *err) MUST_CHECK;

/* A report into a file, which is replaced as a whole or left as it was. 'policy' may be NULL. */
int cli_report_file(struct store *store, int64_t run_id, const struct gate_policy *policy,
		    enum report_format format, const char *path, struct err *err) MUST_CHECK;

/*
 * A report to standard output. A reader that left early has seen enough: no error. ERR_IO when it
 * could not be written otherwise.
 */
int cli_report_print(struct store *store, int64_t run_id, const struct gate_policy *policy,
		     enum report_format format, struct err *err) MUST_CHECK;

/*
 * Is standard output a pipe that nobody reads any more? SIGPIPE is ignored, so that a run ends in
 * order all the same.
 */
bool cli_reader_left(void);

#endif
