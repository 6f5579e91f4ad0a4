/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the store, for results/store*.c alone: one connection, its prepared statements, and
 * small words to fill and read them in column order. Knows SQL, not what a run is.
 */
#ifndef RESULTS_STORE_DB_H
#define RESULTS_STORE_DB_H

#include "results/store.h"

struct sqlite3;
struct sqlite3_stmt;

enum store_statement {
	STORE_BEGIN_READ,
	STORE_BEGIN_WRITE,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_RUN_INSERT,
	STORE_WINDOW_INSERT,
	STORE_PART_INSERT,
	STORE_RUN_END,
	STORE_ATTEMPT_INSERT,
	STORE_ATTEMPT_END,
	STORE_OBSERVATION_INSERT,
	STORE_EVIDENCE_INSERT,
	STORE_RUN_NEWEST,
	STORE_RUN_SELECT,
	STORE_WINDOWS_SELECT,
	STORE_PARTS_SELECT,
	STORE_ATTEMPTS_COUNT,
	STORE_ATTEMPTS_SELECT,
	STORE_ATTEMPT_NEWEST,
	STORE_OBSERVATIONS_SELECT,
	STORE_EVIDENCE_SELECT,
	STORE_STATEMENT_COUNT
};

struct store {
	struct sqlite3 *db;
	char *path; /* as given by the user, for messages */
	struct sqlite3_stmt *statements[STORE_STATEMENT_COUNT]; /* prepared at first use */
};

/* A statement that is being filled or read, and the column that comes next. */
struct store_query {
	struct store *store;
	struct sqlite3_stmt *stmt;
	int column;
	int failed; /* SQLite's code of the first parameter that was refused; 0 = none */
};

/*
 * Tells SQLite's own words for the last failure: "cannot DOING 'PATH': WORDS". ERR_IO; ERR_CONFIG
 * when the file is no database at all. Returns err's code.
 */
int store_fail(struct store *store, const char *doing, struct err *err);

/* Runs SQL text that has no parameters and no rows of interest. */
int store_exec(struct store *store, const char *sql, struct err *err) MUST_CHECK;

/* A statement ready to be filled; kept prepared until the store is closed. */
int store_query_begin(struct store *store, enum store_statement which, struct store_query *ret,
		      struct err *err) MUST_CHECK;

/* Fills the next parameter. Texts are borrowed until the query ends; NULL is SQL's NULL. */
void store_put_int(struct store_query *query, int64_t value);
void store_put_text(struct store_query *query, const char *text);

/* Runs a filled statement that yields no row, and ends it so that it can be filled again. */
int store_query_run(struct store_query *query, struct err *err) MUST_CHECK;

/* Steps to the next row: 1 = there is one, 0 = end, negative = error; the last two end the query.
 */
int store_query_next(struct store_query *query, struct err *err) MUST_CHECK;

/* Takes the next column of the row. A text is cut to fit; store_take_copy() allocates, NULL for
 * SQL's NULL or lack of memory. */
int64_t store_take_int(struct store_query *query);
void store_take_text(struct store_query *query, char *buf, size_t size);
char *store_take_copy(struct store_query *query);

/* Ends a query before its last row. */
void store_query_end(struct store_query *query);

/*
 * All that is read or written between the two is one transaction. 'rc' is how the work went: on
 * failure everything is taken back and 'rc' returned, else it is made durable.
 */
int store_txn_begin(struct store *store, enum store_statement begin, struct err *err) MUST_CHECK;
int store_txn_end(struct store *store, int rc, struct err *err) MUST_CHECK;

/* Checks that the file is ours; when writing, makes it so if it is new and brings it up to date. */
int store_schema_check(struct store *store, enum store_mode mode, struct err *err) MUST_CHECK;

#endif
