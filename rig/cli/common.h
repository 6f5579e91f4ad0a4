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

/* Loads a scenario file and all it names. loaded_free() after. */
int cli_load(const char *path, struct loaded **ret, struct err *err) MUST_CHECK;

/* results/runs in the data folder, made when missing. Caller frees. ERR_IO. */
int cli_runs_dir(char **ret, struct err *err) MUST_CHECK;

/* The database of option --results, or results/runs/NAME.db. Caller frees. */
int cli_database(const char *option, const char *name, char **ret, struct err *err) MUST_CHECK;

/* The policy a scenario names, or that of option --policy. ERR_CONFIG when neither is given. */
int cli_policy(const char *option, const struct scenario *scenario, struct gate_policy *ret,
	       struct err *err) MUST_CHECK;

/* Parses the trial id and opens the database it is in; store_close() after. */
int cli_find_trial(const char *id, const char *results, struct store **ret_store,
		   struct store_attempt *ret, struct obs_log *log, struct err *err) MUST_CHECK;

#endif
