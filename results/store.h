/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs, their trials and what was observed, in SQLite: one writer, many readers. WAL, STRICT
 * tables, CHECK constraints, migrations by user_version. A row of an attempt exists before the
 * trial begins; what is committed stays readable whatever happens to the writer.
 */
#ifndef RESULTS_STORE_H
#define RESULTS_STORE_H

#include "base/err.h"
#include "obs/obs.h"
#include "plan/plan.h"
#include "verdict/verdict.h"

struct store;

enum store_mode {
	STORE_READ = 1,	 /* must exist */
	STORE_WRITE = 2, /* created and migrated when needed */
};

enum store_limits { STORE_TEXT_MAX = 64 };

/* A run: one campaign of one scenario. Texts are borrowed on the way in, owned by store_run_free()
 * on the way out. */
struct store_run {
	int64_t id;
	char *scenario_name;
	char *scenario_text; /* the whole YAML, so that a trial can be replayed from the store */
	char *board;
	char *release_from;
	char *release_to;
	char *tool_version;
	char *bench; /* "virtual" or the bench file */
	uint64_t seed;
	uint32_t trials_planned; /* controls included */
	uint32_t controls_planned;
	char *started_utc; /* ISO 8601 */
	char *ended_utc;   /* NULL while it runs, or when it died */
};

struct store_attempt {
	int64_t id;
	int64_t run_id;
	char trial_id[TRIAL_ID_MAX];
	struct trial_spec spec;
	char phase[SCENARIO_NAME_MAX]; /* phase the cut falls in; empty for controls */
	bool ended;
	struct verdict verdict; /* evidence included */
	int64_t board_us;	/* time the board lived through */
};

/*
 * Opens a results database. ERR_CONFIG when it is missing (STORE_READ) or is not one of ours;
 * ERR_IO when the folder or disk refuses. Caller closes, in the process that opened: a store does
 * not survive fork(). A database that was closed in order can be read in a read-only folder too.
 */
int store_open(const char *path, enum store_mode mode, struct store **ret,
	       struct err *err) MUST_CHECK;
void store_close(struct store *store);

/*
 * Writing. Each call is one transaction, durable when it returns 0; ERR_IO on a full disk or when
 * the database does not take the values, with all before it kept. Another process that writes is
 * waited for, 5 seconds at most.
 */
int store_run_begin(struct store *store, const struct store_run *run, const struct calib *calib,
		    int64_t *ret_run_id, struct err *err) MUST_CHECK;
int store_run_end(struct store *store, int64_t run_id, const char *ended_utc,
		  struct err *err) MUST_CHECK;

/* 'phase' NULL is empty: a control, or a cut outside of all phases. */
int store_attempt_begin(struct store *store, int64_t run_id, const struct trial_spec *spec,
			const char *phase, int64_t *ret_attempt_id, struct err *err) MUST_CHECK;

/* Only an attempt that was begun and not ended. The verdict's evidence must be in 'log'; NULL is an
 * empty one. */
int store_attempt_end(struct store *store, int64_t attempt_id, const struct verdict *verdict,
		      const struct obs_log *log, int64_t board_us, struct err *err) MUST_CHECK;

/* Reading. 'run_id' 0 means the newest run. ERR_CONFIG with -ENOENT when there is none. */
int store_run_get(struct store *store, int64_t run_id, struct store_run *ret,
		  struct err *err) MUST_CHECK;
void store_run_free(struct store_run *run);
int store_calib_get(struct store *store, int64_t run_id, struct calib *ret,
		    struct err *err) MUST_CHECK;

/* All attempts of a run in order of trial number; caller frees *ret with free(). */
int store_attempts_get(struct store *store, int64_t run_id, struct store_attempt **ret,
		       size_t *ret_count, struct err *err) MUST_CHECK;

/* Newest attempt with this trial id, and its observations (appended to 'log' unless NULL). */
int store_attempt_find(struct store *store, const char *trial_id, struct store_attempt *ret,
		       struct obs_log *log, struct err *err) MUST_CHECK;

#endif
