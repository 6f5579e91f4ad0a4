/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables, and how a database gets from one version to the next. The number of steps taken is
 * SQLite's user_version; application_id says that the file is ours. A step, once released, is
 * never edited: a new number in an enum, a new column, is a new step.
 */
#include "results/store_db.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

/* Shown by file(1): "otar". */
#define STORE_APPLICATION_ID 0x6f746172

/* Highest numbers; the checks below hold them and the enums together. */
#define OUTCOME_LAST  11
#define RUNG_LAST     6
#define OBS_KIND_LAST 21
#define CUT_BY_LAST   4
#define CUT_FORM_LAST 3
#define VBAT_LAST     2
static_assert(OUTCOME_COUNT == OUTCOME_LAST + 1, "a new outcome needs a step of migration");
static_assert(RUNG_COUNT == RUNG_LAST + 1, "a new rung needs a step of migration");
static_assert(OBS_KIND_COUNT == OBS_KIND_LAST + 1, "a new kind needs a step of migration");
static_assert(CUT_BY_ANCHOR == CUT_BY_LAST, "a new way to cut needs a step of migration");
static_assert(CUT_FORM_AFTER == CUT_FORM_LAST, "a new form of cut needs a step of migration");
static_assert(VBAT_KEPT == VBAT_LAST, "a trial's VBAT is lost or kept");

/* What they were in version 1. */
#define RUNG_LAST_1	5
#define OBS_KIND_LAST_1 17
#define CUT_BY_LAST_1	3

#define TEXT_OF_(x) #x
#define TEXT_OF(x)  TEXT_OF_(x)
#define UPTO(last)  " BETWEEN 0 AND " TEXT_OF(last) ")"

/* Seeds are 64 bits without a sign, which SQLite's integers are not: kept as decimal text. */
#define SEED_COLUMN " seed TEXT NOT NULL CHECK (seed <> '' AND seed NOT GLOB '*[^0-9]*'),"

static const char schema_version_1[] =
	"CREATE TABLE outcome_names (outcome INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)"
	" STRICT;"
	"CREATE TABLE rung_names (rung INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"

	"CREATE TABLE runs ("
	" id INTEGER PRIMARY KEY,"
	" scenario_name TEXT NOT NULL CHECK (scenario_name <> ''),"
	" scenario_text TEXT NOT NULL,"
	" board TEXT NOT NULL,"
	" release_from TEXT NOT NULL,"
	" release_to TEXT NOT NULL,"
	" tool_version TEXT NOT NULL,"
	" bench TEXT NOT NULL," SEED_COLUMN
	" trials_planned INTEGER NOT NULL CHECK (trials_planned >= 0),"
	" controls_planned INTEGER NOT NULL CHECK (controls_planned BETWEEN 0 AND trials_planned),"
	" started_utc TEXT NOT NULL CHECK (started_utc LIKE '____-__-__T__:__:__%'),"
	" ended_utc TEXT CHECK (ended_utc LIKE '____-__-__T__:__:__%')"
	") STRICT;"

	"CREATE TABLE calib_windows ("
	" run_id INTEGER NOT NULL REFERENCES runs (id),"
	" ordinal INTEGER NOT NULL,"
	" phase TEXT NOT NULL CHECK (phase <> ''),"
	" part INTEGER NOT NULL CHECK (part >= 1),"
	" begin_us INTEGER NOT NULL, end_us INTEGER NOT NULL CHECK (end_us >= begin_us),"
	" begin_op INTEGER NOT NULL, end_op INTEGER NOT NULL CHECK (end_op >= begin_op),"
	" begin_insn INTEGER NOT NULL, end_insn INTEGER NOT NULL CHECK (end_insn >= begin_insn),"
	" PRIMARY KEY (run_id, ordinal)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE calib_parts ("
	" run_id INTEGER NOT NULL REFERENCES runs (id),"
	" part INTEGER NOT NULL CHECK (part >= 1),"
	" module TEXT NOT NULL CHECK (module <> ''),"
	" apply_us INTEGER NOT NULL CHECK (apply_us >= 0),"
	" PRIMARY KEY (run_id, part)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE attempts ("
	" id INTEGER PRIMARY KEY,"
	" run_id INTEGER NOT NULL REFERENCES runs (id),"
	" trial_id TEXT NOT NULL CHECK (trial_id <> ''),"
	" scenario TEXT NOT NULL," SEED_COLUMN " number INTEGER NOT NULL CHECK (number >= 0),"
	" cut_part INTEGER NOT NULL CHECK (cut_part >= 0),"
	" cut_by INTEGER NOT NULL CHECK (cut_by" UPTO(
		CUT_BY_LAST_1) ","
			       " cut_at INTEGER NOT NULL CHECK (cut_at >= 0),"
			       " cut_form INTEGER NOT NULL CHECK (cut_form" UPTO(
				       CUT_FORM_LAST) ","
						      " cut_permille INTEGER NOT NULL CHECK "
						      "(cut_permille BETWEEN 0 AND 999),"
						      " off_us INTEGER NOT NULL CHECK (off_us >= "
						      "0),"
						      " vbat INTEGER NOT NULL CHECK (vbat" UPTO(
							      VBAT_LAST) ","
									 " phase TEXT NOT NULL,"
									 " state TEXT NOT NULL "
									 "CHECK "
									 "(state IN ('running', "
									 "'done')),"
									 " outcome INTEGER CHECK "
									 "(outcome" UPTO(
										 OUTCOME_LAST) ","
											       " re"
											       "as"
											       "on "
											       "TEX"
											       "T,"
											       " re"
											       "co"
											       "ver"
											       "ed"
											       "_by"
											       " "
											       "INT"
											       "EG"
											       "ER "
											       "CHE"
											       "CK"
											       " ("
											       "rec"
											       "ov"
											       "ere"
											       "d_"
											       "b"
											       "y" UPTO(
												       RUNG_LAST_1) ","
														    " recovery_us INTEGER,"
														    " board_us INTEGER,"
														    " log_truncated INTEGER CHECK (log_truncated IN (0, 1)),"
														    " CHECK ((state = 'done') = (outcome IS NOT NULL)),"
														    " CHECK ((state = 'done') = (reason IS NOT NULL)),"
														    " CHECK ((state = 'done') = (recovered_by IS NOT NULL)),"
														    " CHECK ((state = 'done') = (recovery_us IS NOT NULL)),"
														    " CHECK ((state = 'done') = (board_us IS NOT NULL)),"
														    " CHECK ((state = 'done') = (log_truncated IS NOT NULL))"
														    ") STRICT;"
														    "CREATE INDEX attempts_by_run ON attempts (run_id, number);"
														    "CREATE INDEX attempts_by_trial ON attempts (trial_id);"

														    "CREATE TABLE observations ("
														    " attempt_id INTEGER NOT NULL REFERENCES attempts (id),"
														    " seq INTEGER NOT NULL CHECK (seq >= 0),"
														    " t_us INTEGER NOT NULL,"
														    " kind INTEGER NOT NULL CHECK (kind" UPTO(
															    OBS_KIND_LAST_1) ","
																	     " code INTEGER NOT NULL,"
																	     " value INTEGER NOT NULL,"
																	     " text TEXT NOT NULL,"
																	     " PRIMARY KEY (attempt_id, seq)"
																	     ") STRICT, WITHOUT ROWID;"

																	     "CREATE TABLE evidence ("
																	     " attempt_id INTEGER NOT NULL,"
																	     " ordinal INTEGER NOT NULL CHECK (ordinal >= 0),"
																	     " seq INTEGER NOT NULL,"
																	     " PRIMARY KEY (attempt_id, ordinal),"
																	     " FOREIGN KEY (attempt_id, seq) REFERENCES observations (attempt_id, seq)"
																	     ") STRICT, WITHOUT ROWID;"

																	     /* for people with sqlite3(1) at hand */
																	     "CREATE VIEW trials AS SELECT run_id, number, trial_id, phase, state,"
																	     " outcome_names.name AS outcome, reason, rung_names.name AS recovered_by,"
																	     " recovery_us / 1e6 AS recovery_s, board_us / 1e6 AS board_s"
																	     " FROM attempts LEFT JOIN outcome_names USING (outcome)"
																	     " LEFT JOIN rung_names ON rung = recovered_by;";

static int add_name(struct store *store, const char *table, int number, const char *name,
		    struct err *err)
{
	char *sql = sqlite3_mprintf("INSERT INTO \"%w\" VALUES (%d, %Q)", table, number, name);
	int rc;

	if (!sql)
		return err_set(err, ERR_IO, -ENOMEM, "out of memory");
	rc = store_exec(store, sql, err);
	sqlite3_free(sql);
	return rc;
}

static int to_version_1(struct store *store, struct err *err)
{
	int rc = store_exec(store, schema_version_1, err);

	for (int i = 0; rc == 0 && i <= OUTCOME_LAST; i++)
		rc = add_name(store, "outcome_names", i, outcome_name((enum outcome)i), err);
	for (int i = 0; rc == 0 && i <= RUNG_LAST_1; i++)
		rc = add_name(store, "rung_names", i, rung_name((enum rung)i), err);
	return rc;
}

/*
 * A wider CHECK changes no row, so the text of the tables is changed in place, which SQLite's
 * manual describes for this ("ALTER TABLE", 7): the rows of a large database need not be copied.
 */
static int widen_check(struct store *store, const char *table, const char *from, const char *to,
		       struct err *err)
{
	char *sql = sqlite3_mprintf("UPDATE sqlite_schema SET sql = replace(sql, %Q, %Q)"
				    " WHERE type = 'table' AND name = %Q",
				    from, to, table);
	int rc;

	if (!sql)
		return err_set(err, ERR_IO, -ENOMEM, "out of memory");
	rc = store_exec(store, sql, err);
	sqlite3_free(sql);
	return rc;
}

static int read_number(struct store *store, const char *sql, int64_t *ret, struct err *err);

/* Has the changed text read again, by this connection and by others. */
static int next_schema(struct store *store, struct err *err)
{
	int64_t version = 0;
	char sql[80];
	int rc = read_number(store, "PRAGMA schema_version", &version, err);

	if (rc < 0)
		return rc;
	snprintf(sql, sizeof(sql), "PRAGMA writable_schema = OFF; PRAGMA schema_version = %d",
		 (int)version + 1);
	return store_exec(store, sql, err);
}

/* The rung dfu-flash; observations of the USB and of writing over it. */
static int to_version_2(struct store *store, struct err *err)
{
	int rc = store_exec(store, "PRAGMA writable_schema = ON", err);

	if (rc == 0)
		rc = widen_check(store, "attempts", "(recovered_by" UPTO(RUNG_LAST_1),
				 "(recovered_by" UPTO(6), err);
	if (rc == 0)
		rc = widen_check(store, "observations", "(kind" UPTO(OBS_KIND_LAST_1),
				 "(kind" UPTO(19), err);
	if (rc == 0)
		rc = next_schema(store, err);
	return rc < 0 ? rc : add_name(store, "rung_names", 6, "dfu-flash", err);
}

/* Cuts after a point of the delivery; what a board says of its modules; chunks of a part. */
static int to_version_3(struct store *store, struct err *err)
{
	int rc = store_exec(store,
			    "ALTER TABLE calib_parts ADD COLUMN chunks INTEGER NOT NULL DEFAULT 0;"
			    "PRAGMA writable_schema = ON",
			    err);

	if (rc == 0)
		rc = widen_check(store, "attempts", "(cut_by" UPTO(CUT_BY_LAST_1),
				 "(cut_by" UPTO(4), err);
	if (rc == 0)
		rc = widen_check(store, "observations", "(kind" UPTO(19), "(kind" UPTO(21), err);
	return rc < 0 ? rc : next_schema(store, err);
}

/* Step i brings a database of version i to version i + 1. */
static int (*const steps[])(struct store *store, struct err *err) = { to_version_1, to_version_2,
								      to_version_3 };

enum schema_limits { SCHEMA_VERSION = ARRAY_LEN(steps) };

struct schema_state {
	int64_t application_id;
	int64_t version;
	int64_t objects; /* tables, indices, views */
};

static int read_number(struct store *store, const char *sql, int64_t *ret, struct err *err)
{
	sqlite3_stmt *stmt;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW ? 0 : store_fail(store, "open", err);
}

static int read_state(struct store *store, struct schema_state *ret, struct err *err)
{
	int rc = read_number(store, "PRAGMA application_id", &ret->application_id, err);

	if (rc == 0)
		rc = read_number(store, "PRAGMA user_version", &ret->version, err);
	if (rc == 0)
		rc = read_number(store, "SELECT count(*) FROM sqlite_schema", &ret->objects, err);
	return rc;
}

static int migrate(struct store *store, struct err *err)
{
	struct schema_state state;
	char sql[80];
	int rc = read_state(store, &state, err);

	for (int64_t i = rc == 0 ? state.version : SCHEMA_VERSION; rc == 0 && i < SCHEMA_VERSION;
	     i++)
		rc = steps[i](store, err);
	if (rc < 0)
		return rc;
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 STORE_APPLICATION_ID, (int)SCHEMA_VERSION);
	return store_exec(store, sql, err);
}

int store_schema_check(struct store *store, enum store_mode mode, struct err *err)
{
	struct schema_state state;
	bool is_new;
	int rc = read_state(store, &state, err);

	if (rc < 0)
		return rc;
	is_new = state.application_id == 0 && state.version == 0 && state.objects == 0;
	if (state.application_id != STORE_APPLICATION_ID && !(is_new && mode == STORE_WRITE))
		return err_set(err, ERR_CONFIG, -EINVAL, "'%s' is not a results database",
			       store->path);
	if (state.version > SCHEMA_VERSION)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "'%s' was written by a newer otarig: version %d, known are up to %d",
			       store->path, (int)state.version, (int)SCHEMA_VERSION);
	if (state.version == SCHEMA_VERSION)
		return 0;
	if (mode != STORE_WRITE)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "'%s' was written by an older otarig and must be opened for writing "
			       "once",
			       store->path);
	/* looked at again inside: another process may have been faster */
	rc = store_txn_begin(store, STORE_BEGIN_WRITE, err);
	return rc < 0 ? rc : store_txn_end(store, migrate(store, err), err);
}
