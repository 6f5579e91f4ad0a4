/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening and writing. Durability: WAL with synchronous=FULL, so what a call has reported as done
 * survives the death of the program and of the machine.
 */
#include "results/store.h"
#include "results/store_db.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum store_tuning {
	STORE_BUSY_MS = 5000,	  /* how long another process that writes is waited for */
	STORE_SEED_TEXT = 24,	  /* 20 digits */
	STORE_URI_CHAR_BYTES = 3, /* "%2f" */
};

/* "file:PATH?immutable=1" with everything but plain characters escaped; NULL without memory. */
static char *immutable_uri(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/._-";
	static const char head[] = "file:";
	static const char tail[] = "?immutable=1";
	size_t size = sizeof(head) + strlen(path) * STORE_URI_CHAR_BYTES + sizeof(tail);
	char *uri = malloc(size);
	size_t used = sizeof(head) - 1;

	if (!uri)
		return NULL;
	memcpy(uri, head, used);
	for (const char *p = path; *p; p++)
		used += (size_t)snprintf(uri + used, size - used,
					 strchr(plain, *p) ? "%c" : "%%%02x", (unsigned char)*p);
	memcpy(uri + used, tail, sizeof(tail));
	return uri;
}

static bool has_log(const char *path)
{
	AUTO_FREE char *wal = NULL;
	struct stat st;

	if (asprintf(&wal, "%s-wal", path) < 0) {
		wal = NULL;
		return true;
	}
	return stat(wal, &st) == 0 && st.st_size > 0;
}

static int connect_to(struct store *store, const char *name, int flags, enum store_mode mode,
		      struct err *err)
{
	int rc;

	if (sqlite3_open_v2(name, &store->db, flags, NULL) != SQLITE_OK)
		return store->db ? store_fail(store, "open", err)
				 : err_set(err, ERR_IO, -ENOMEM, "out of memory");
	sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	rc = store_exec(store,
			"PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;"
			"PRAGMA trusted_schema = OFF",
			err);
	return rc < 0 ? rc : store_schema_check(store, mode, err);
}

/*
 * Readers of a WAL share an index file, which cannot be made in a folder without write permission.
 * A database without a log needs none: it was closed in order.
 */
static bool lacks_only_index(const struct store *store)
{
	int code = sqlite3_errcode(store->db);

	return (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && !has_log(store->path);
}

static int open_for_reading(struct store *store, struct err *err)
{
	AUTO_FREE char *uri = NULL;
	int rc = connect_to(store, store->path, SQLITE_OPEN_READONLY, STORE_READ, err);

	if (rc == 0 || !lacks_only_index(store))
		return rc;
	uri = immutable_uri(store->path);
	if (!uri)
		return rc;
	sqlite3_close(store->db);
	return connect_to(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, STORE_READ, err);
}

static int open_for_writing(struct store *store, struct err *err)
{
	int rc = connect_to(store, store->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			    STORE_WRITE, err);

	if (rc < 0)
		return rc;
	if (sqlite3_db_readonly(store->db, "main"))
		return err_set(err, ERR_IO, -EROFS, "cannot write to '%s': read-only file",
			       store->path);
	return store_exec(store, "PRAGMA journal_mode = WAL", err);
}

int store_open(const char *path, enum store_mode mode, struct store **ret, struct err *err)
{
	struct store *store;
	struct stat st;
	int rc;

	if (mode == STORE_READ && stat(path, &st) != 0)
		return err_set(err, ERR_CONFIG, -errno, "cannot open '%s': %s", path,
			       strerror(errno));
	if (mode == STORE_READ && !S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, -EINVAL, "'%s' is not a results database", path);
	store = calloc(1, sizeof(*store));
	if (!store)
		return err_set(err, ERR_IO, -ENOMEM, "out of memory");
	store->path = strdup(path);
	if (!store->path)
		rc = err_set(err, ERR_IO, -ENOMEM, "out of memory");
	else if (mode == STORE_READ)
		rc = open_for_reading(store, err);
	else
		rc = open_for_writing(store, err);
	if (rc < 0) {
		store_close(store);
		return rc;
	}
	*ret = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < ARRAY_LEN(store->statements); i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	free(store->path);
	free(store);
}

static void put_seed(struct store_query *query, uint64_t seed, char buf[STORE_SEED_TEXT])
{
	snprintf(buf, STORE_SEED_TEXT, "%" PRIu64, seed);
	store_put_text(query, buf);
}

static int insert_run(struct store *store, const struct store_run *run, int64_t *ret_run_id,
		      struct err *err)
{
	char seed[STORE_SEED_TEXT];
	struct store_query query;
	int rc = store_query_begin(store, STORE_RUN_INSERT, &query, err);

	if (rc < 0)
		return rc;
	store_put_text(&query, run->scenario_name);
	store_put_text(&query, run->scenario_text);
	store_put_text(&query, run->board);
	store_put_text(&query, run->release_from);
	store_put_text(&query, run->release_to);
	store_put_text(&query, run->tool_version);
	store_put_text(&query, run->bench);
	put_seed(&query, run->seed, seed);
	store_put_int(&query, run->trials_planned);
	store_put_int(&query, run->controls_planned);
	store_put_text(&query, run->started_utc);
	rc = store_query_run(&query, err);
	if (rc == 0)
		*ret_run_id = sqlite3_last_insert_rowid(store->db);
	return rc;
}

static int insert_windows(struct store *store, int64_t run_id, const struct calib *calib,
			  struct err *err)
{
	struct store_query query;
	int rc = store_query_begin(store, STORE_WINDOW_INSERT, &query, err);

	for (size_t i = 0; rc == 0 && i < calib->window_count; i++) {
		const struct calib_window *window = &calib->windows[i];

		store_put_int(&query, run_id);
		store_put_int(&query, (int64_t)i);
		store_put_text(&query, window->phase);
		store_put_int(&query, window->part);
		store_put_int(&query, window->begin_us);
		store_put_int(&query, window->end_us);
		store_put_int(&query, (int64_t)window->begin_op);
		store_put_int(&query, (int64_t)window->end_op);
		store_put_int(&query, (int64_t)window->begin_insn);
		store_put_int(&query, (int64_t)window->end_insn);
		rc = store_query_run(&query, err);
	}
	return rc;
}

static int insert_parts(struct store *store, int64_t run_id, const struct calib *calib,
			struct err *err)
{
	struct store_query query;
	int rc = store_query_begin(store, STORE_PART_INSERT, &query, err);

	for (size_t i = 0; rc == 0 && i < calib->part_count; i++) {
		store_put_int(&query, run_id);
		store_put_int(&query, (int64_t)i + 1);
		store_put_text(&query, calib->parts[i].module);
		store_put_int(&query, calib->parts[i].apply_us);
		store_put_int(&query, calib->parts[i].chunks);
		rc = store_query_run(&query, err);
	}
	return rc;
}

int store_run_begin(struct store *store, const struct store_run *run, const struct calib *calib,
		    int64_t *ret_run_id, struct err *err)
{
	int64_t run_id = 0;
	int rc = store_txn_begin(store, STORE_BEGIN_WRITE, err);

	if (rc < 0)
		return rc;
	rc = insert_run(store, run, &run_id, err);
	if (rc == 0)
		rc = insert_windows(store, run_id, calib, err);
	if (rc == 0)
		rc = insert_parts(store, run_id, calib, err);
	rc = store_txn_end(store, rc, err);
	if (rc == 0)
		*ret_run_id = run_id;
	return rc;
}

int store_run_end(struct store *store, int64_t run_id, const char *ended_utc, struct err *err)
{
	struct store_query query;
	int rc = store_query_begin(store, STORE_RUN_END, &query, err);

	if (rc < 0)
		return rc;
	store_put_int(&query, run_id);
	store_put_text(&query, ended_utc);
	rc = store_query_run(&query, err);
	if (rc == 0 && sqlite3_changes(store->db) == 0)
		return err_set(err, ERR_CONFIG, -ENOENT, "'%s' has no run %" PRId64, store->path,
			       run_id);
	return rc;
}

int store_attempt_begin(struct store *store, int64_t run_id, const struct trial_spec *spec,
			const char *phase, int64_t *ret_attempt_id, struct err *err)
{
	char seed[STORE_SEED_TEXT];
	char trial_id[TRIAL_ID_MAX];
	struct store_query query;
	int rc = store_query_begin(store, STORE_ATTEMPT_INSERT, &query, err);

	if (rc < 0)
		return rc;
	trial_id_format(spec, trial_id);
	store_put_int(&query, run_id);
	store_put_text(&query, trial_id);
	store_put_text(&query, spec->scenario);
	put_seed(&query, spec->run_seed, seed);
	store_put_int(&query, (int64_t)spec->number);
	store_put_int(&query, spec->cut.part);
	store_put_int(&query, spec->cut.by);
	store_put_int(&query, (int64_t)spec->cut.at);
	store_put_int(&query, spec->cut.form.form);
	store_put_int(&query, spec->cut.form.permille);
	store_put_int(&query, spec->off_us);
	store_put_int(&query, spec->vbat);
	store_put_text(&query, phase ? phase : "");
	rc = store_query_run(&query, err);
	if (rc == 0)
		*ret_attempt_id = sqlite3_last_insert_rowid(store->db);
	return rc;
}

static int complete_attempt(struct store *store, int64_t attempt_id, const struct verdict *verdict,
			    const struct obs_log *log, int64_t board_us, struct err *err)
{
	struct store_query query;
	int rc = store_query_begin(store, STORE_ATTEMPT_END, &query, err);

	if (rc < 0)
		return rc;
	store_put_int(&query, attempt_id);
	store_put_int(&query, verdict->outcome);
	store_put_text(&query, verdict->reason);
	store_put_int(&query, verdict->recovered_by);
	store_put_int(&query, verdict->recovery_us);
	store_put_int(&query, board_us);
	store_put_int(&query, log->truncated);
	rc = store_query_run(&query, err);
	if (rc == 0 && sqlite3_changes(store->db) == 0)
		return err_set(err, ERR_IO, -ENOENT, "'%s' has no attempt %" PRId64 " that runs",
			       store->path, attempt_id);
	return rc;
}

static int insert_observations(struct store *store, int64_t attempt_id, const struct obs_log *log,
			       struct err *err)
{
	struct store_query query;
	int rc = store_query_begin(store, STORE_OBSERVATION_INSERT, &query, err);

	for (size_t i = 0; rc == 0 && i < log->count; i++) {
		const struct obs *obs = &log->items[i];

		store_put_int(&query, attempt_id);
		store_put_int(&query, (int64_t)i);
		store_put_int(&query, obs->t_us);
		store_put_int(&query, obs->kind);
		store_put_int(&query, obs->code);
		store_put_int(&query, obs->value);
		store_put_text(&query, obs->text);
		rc = store_query_run(&query, err);
	}
	return rc;
}

static int insert_evidence(struct store *store, int64_t attempt_id, const struct verdict *verdict,
			   struct err *err)
{
	struct store_query query;
	int rc = store_query_begin(store, STORE_EVIDENCE_INSERT, &query, err);

	for (uint32_t i = 0; rc == 0 && i < verdict->evidence_count; i++) {
		store_put_int(&query, attempt_id);
		store_put_int(&query, i);
		store_put_int(&query, verdict->evidence[i]);
		rc = store_query_run(&query, err);
	}
	return rc;
}

int store_attempt_end(struct store *store, int64_t attempt_id, const struct verdict *verdict,
		      const struct obs_log *log, int64_t board_us, struct err *err)
{
	static const struct obs_log nothing_seen;
	int rc = store_txn_begin(store, STORE_BEGIN_WRITE, err);

	if (rc < 0)
		return rc;
	if (!log)
		log = &nothing_seen;
	rc = complete_attempt(store, attempt_id, verdict, log, board_us, err);
	if (rc == 0)
		rc = insert_observations(store, attempt_id, log, err);
	if (rc == 0)
		rc = insert_evidence(store, attempt_id, verdict, err);
	return store_txn_end(store, rc, err);
}
