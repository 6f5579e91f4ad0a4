/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results/store_db.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#define ATTEMPT_COLUMNS                                                                      \
	"id, run_id, trial_id, scenario, seed, number, cut_part, cut_by, cut_at, cut_form, " \
	"cut_permille, off_us, vbat, phase, state = 'done', outcome, reason, recovered_by, " \
	"recovery_us, board_us, log_truncated FROM attempts "

static const char *const statement_sql[STORE_STATEMENT_COUNT] = {
	[STORE_BEGIN_READ] = "BEGIN",
	[STORE_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",
	[STORE_RUN_INSERT] =
		"INSERT INTO runs (scenario_name, scenario_text, board, release_from, release_to,"
		" tool_version, bench, seed, trials_planned, controls_planned, started_utc)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[STORE_WINDOW_INSERT] = "INSERT INTO calib_windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[STORE_PART_INSERT] = "INSERT INTO calib_parts VALUES (?, ?, ?, ?, ?)",
	[STORE_RUN_END] = "UPDATE runs SET ended_utc = ?2 WHERE id = ?1",
	[STORE_ATTEMPT_INSERT] =
		"INSERT INTO attempts (run_id, trial_id, scenario, seed, number, cut_part, cut_by,"
		" cut_at, cut_form, cut_permille, off_us, vbat, phase, state)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running')",
	[STORE_ATTEMPT_END] =
		"UPDATE attempts SET state = 'done', outcome = ?2, reason = ?3, recovered_by = ?4,"
		" recovery_us = ?5, board_us = ?6, log_truncated = ?7"
		" WHERE id = ?1 AND state = 'running'",
	[STORE_OBSERVATION_INSERT] = "INSERT INTO observations VALUES (?, ?, ?, ?, ?, ?, ?)",
	[STORE_EVIDENCE_INSERT] = "INSERT INTO evidence VALUES (?, ?, ?)",
	[STORE_RUN_NEWEST] = "SELECT id FROM runs WHERE ?1 IN (0, id) ORDER BY id DESC LIMIT 1",
	[STORE_RUN_SELECT] =
		"SELECT id, scenario_name, scenario_text, board, release_from, release_to,"
		" tool_version, bench, seed, trials_planned, controls_planned, started_utc,"
		" ended_utc FROM runs WHERE id = ?",
	[STORE_WINDOWS_SELECT] =
		"SELECT phase, part, begin_us, end_us, begin_op, end_op, begin_insn, end_insn"
		" FROM calib_windows WHERE run_id = ? ORDER BY ordinal",
	[STORE_PARTS_SELECT] =
		"SELECT module, apply_us, chunks FROM calib_parts WHERE run_id = ? ORDER BY part",
	[STORE_ATTEMPTS_COUNT] = "SELECT count(*) FROM attempts WHERE run_id = ?",
	[STORE_ATTEMPTS_SELECT] = "SELECT " ATTEMPT_COLUMNS "WHERE run_id = ? ORDER BY number, id",
	[STORE_ATTEMPT_NEWEST] =
		"SELECT " ATTEMPT_COLUMNS "WHERE trial_id = ? ORDER BY id DESC LIMIT 1",
	[STORE_OBSERVATIONS_SELECT] = "SELECT t_us, kind, code, value, text FROM observations"
				      " WHERE attempt_id = ? ORDER BY seq",
	[STORE_EVIDENCE_SELECT] = "SELECT seq FROM evidence WHERE attempt_id = ? ORDER BY ordinal",
};

static int errno_of(int code)
{
	switch (code & 0xff) { /* the rest of the number only refines it */
	case SQLITE_FULL: return -ENOSPC;
	case SQLITE_READONLY: return -EROFS;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM: return -EACCES;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return -EBUSY;
	case SQLITE_NOMEM: return -ENOMEM;
	case SQLITE_CONSTRAINT: return -EINVAL;
	default: return -EIO;
	}
}

int store_fail(struct store *store, const char *doing, struct err *err)
{
	int code = sqlite3_errcode(store->db);
	int system = sqlite3_system_errno(store->db);
	bool is_system = code == SQLITE_CANTOPEN || code == SQLITE_IOERR;

	if (code == SQLITE_NOTADB)
		return err_set(err, ERR_CONFIG, -EINVAL, "'%s' is not a results database",
			       store->path);
	if (is_system && system != 0)
		return err_set(err, ERR_IO, errno_of(code), "cannot %s '%s': %s: %s", doing,
			       store->path, sqlite3_errmsg(store->db), strerror(system));
	return err_set(err, ERR_IO, errno_of(code), "cannot %s '%s': %s", doing, store->path,
		       sqlite3_errmsg(store->db));
}

int store_exec(struct store *store, const char *sql, struct err *err)
{
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fail(store, "set up", err);
	return 0;
}

int store_query_begin(struct store *store, enum store_statement which, struct store_query *ret,
		      struct err *err)
{
	struct sqlite3_stmt **stmt = &store->statements[which];

	if (!*stmt && sqlite3_prepare_v3(store->db, statement_sql[which], -1,
					 SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK)
		return store_fail(store, "use", err);
	*ret = (struct store_query){ .store = store, .stmt = *stmt };
	return 0;
}

static void store_put_result(struct store_query *query, int code)
{
	if (query->failed == SQLITE_OK)
		query->failed = code;
}

void store_put_int(struct store_query *query, int64_t value)
{
	store_put_result(query, sqlite3_bind_int64(query->stmt, ++query->column, value));
}

void store_put_text(struct store_query *query, const char *text)
{
	store_put_result(query,
			 sqlite3_bind_text(query->stmt, ++query->column, text, -1, SQLITE_STATIC));
}

int store_query_next(struct store_query *query, struct err *err)
{
	int code = query->failed;
	int rc;

	if (code == SQLITE_OK)
		code = sqlite3_step(query->stmt);
	if (code == SQLITE_ROW) {
		query->column = 0;
		return 1;
	}
	rc = 0;
	if (code != SQLITE_DONE)
		rc = store_fail(query->store,
				sqlite3_stmt_readonly(query->stmt) ? "read" : "write to", err);
	store_query_end(query);
	return rc;
}

int store_query_run(struct store_query *query, struct err *err)
{
	int rc = store_query_next(query, err);

	assert(rc <= 0);
	return rc;
}

int64_t store_take_int(struct store_query *query)
{
	return sqlite3_column_int64(query->stmt, query->column++);
}

void store_take_text(struct store_query *query, char *buf, size_t size)
{
	const unsigned char *text = sqlite3_column_text(query->stmt, query->column++);

	text_copy(buf, size, text ? (const char *)text : "");
}

char *store_take_copy(struct store_query *query)
{
	const unsigned char *text = sqlite3_column_text(query->stmt, query->column++);

	return text ? strdup((const char *)text) : NULL;
}

void store_query_end(struct store_query *query)
{
	IGNORE(sqlite3_reset(query->stmt), "repeats the code that the last step gave");
	query->column = 0;
	query->failed = SQLITE_OK;
}

int store_txn_begin(struct store *store, enum store_statement begin, struct err *err)
{
	struct store_query query;
	int rc = store_query_begin(store, begin, &query, err);

	return rc < 0 ? rc : store_query_run(&query, err);
}

int store_txn_end(struct store *store, int rc, struct err *err)
{
	struct store_query query;

	if (rc >= 0) {
		rc = store_query_begin(store, STORE_COMMIT, &query, err);
		if (rc >= 0)
			rc = store_query_run(&query, err);
	}
	/* SQLite has taken back the worst failures by itself already */
	if (rc < 0 && !sqlite3_get_autocommit(store->db) &&
	    store_query_begin(store, STORE_ROLLBACK, &query, NULL) == 0)
		IGNORE(store_query_run(&query, NULL), "the first failure is the one to tell");
	return rc;
}
