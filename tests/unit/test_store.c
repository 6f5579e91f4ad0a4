/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "lib/synthetic.h"
#include "lib/store_file.h"
#include "lib/testing.h"
#include "results/store.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

enum test_sizes { TEST_OBSERVATIONS = 60 };

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* Runs SQL past the store, as someone with sqlite3(1) would; 'ret' takes the first number. */
static int sql_number(const char *path, const char *sql, int64_t *ret)
{
	sqlite3 *db;
	sqlite3_stmt *stmt = NULL;
	int code;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	ck_assert_msg(code == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
	code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return code;
}

static void ck_same_run(const struct store_run *a, const struct store_run *b)
{
	ck_assert_str_eq(a->scenario_name, b->scenario_name);
	ck_assert_str_eq(a->scenario_text, b->scenario_text);
	ck_assert_str_eq(a->board, b->board);
	ck_assert_str_eq(a->release_from, b->release_from);
	ck_assert_str_eq(a->release_to, b->release_to);
	ck_assert_str_eq(a->tool_version, b->tool_version);
	ck_assert_str_eq(a->bench, b->bench);
	ck_assert_str_eq(a->started_utc, b->started_utc);
	ck_assert_uint_eq(a->seed, b->seed);
	ck_assert_uint_eq(a->trials_planned, b->trials_planned);
	ck_assert_uint_eq(a->controls_planned, b->controls_planned);
}

START_TEST(a_run_comes_back_as_it_went_in)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	struct store_run run = synthetic_run();
	struct store_run back;
	int64_t first;
	int64_t second;
	struct calib calib;

	synthetic_calib(&calib);
	run.seed = UINT64_MAX;
	ck_assert_int_eq(store_run_begin(store, &run, &calib, &first, NULL), 0);
	ck_assert_int_eq(store_run_begin(store, &run, &calib, &second, NULL), 0);
	ck_assert_int_ne(first, second);
	ck_assert_int_eq(store_run_end(store, first, "2024-05-02T04:00:00Z", NULL), 0);
	store_close(store);

	store = open_store(path, STORE_READ);
	ck_assert_int_eq(store_run_get(store, 0, &back, NULL), 0);
	ck_assert_int_eq(back.id, second);
	ck_same_run(&back, &run);
	ck_assert_ptr_null(back.ended_utc);
	store_run_free(&back);
	ck_assert_int_eq(store_run_get(store, first, &back, NULL), 0);
	ck_assert_int_eq(back.id, first);
	ck_assert_str_eq(back.ended_utc, "2024-05-02T04:00:00Z");
	store_run_free(&back);
	store_close(store);
}
END_TEST

START_TEST(a_calibration_comes_back_as_it_went_in)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	struct calib *calib = calloc(2, sizeof(*calib));

	ck_assert_int_eq(synthetic_store(store, 1, 0), 0);
	synthetic_calib(&calib[0]);
	ck_assert_int_eq(store_calib_get(store, 0, &calib[1], NULL), 0);
	ck_assert_mem_eq(&calib[0], &calib[1], sizeof(*calib));
	free(calib);
	store_close(store);
}
END_TEST

static void ck_same_spec(const struct trial_spec *a, const struct trial_spec *b)
{
	ck_assert_str_eq(a->scenario, b->scenario);
	ck_assert_uint_eq(a->run_seed, b->run_seed);
	ck_assert_uint_eq(a->number, b->number);
	ck_assert_uint_eq(a->cut.part, b->cut.part);
	ck_assert_int_eq((int)a->cut.by, (int)b->cut.by);
	ck_assert_uint_eq(a->cut.at, b->cut.at);
	ck_assert_int_eq((int)a->cut.form.form, (int)b->cut.form.form);
	ck_assert_uint_eq(a->cut.form.permille, b->cut.form.permille);
	ck_assert_int_eq(a->off_us, b->off_us);
	ck_assert_int_eq((int)a->vbat, (int)b->vbat);
	ck_assert_int_eq(a->fall_us, b->fall_us);
	ck_assert_int_eq(a->rise_us, b->rise_us);
}

static void ck_same_verdict(const struct verdict *a, const struct verdict *b)
{
	ck_assert_int_eq((int)a->outcome, (int)b->outcome);
	ck_assert_str_eq(a->reason, b->reason);
	ck_assert_int_eq((int)a->recovered_by, (int)b->recovered_by);
	ck_assert_int_eq(a->recovery_us, b->recovery_us);
	ck_assert_uint_eq(a->evidence_count, b->evidence_count);
	ck_assert_mem_eq(a->evidence, b->evidence, sizeof(a->evidence));
}

START_TEST(attempts_come_back_in_order_of_trials)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	struct store_attempt *attempts;
	size_t count;

	ck_assert_int_eq(synthetic_store(store, 20, 0), 0); /* another run, not to be mixed in */
	ck_assert_int_eq(synthetic_store(store, 120, 2), 0);
	ck_assert_int_eq(store_attempts_get(store, 0, &attempts, &count, NULL), 0);
	ck_assert_uint_eq(count, 120);
	for (size_t i = 0; i < count; i++) {
		struct trial_spec spec = synthetic_spec(i);
		struct verdict verdict;
		char id[TRIAL_ID_MAX];

		synthetic_verdict(&spec, &verdict);
		verdict.evidence[verdict.evidence_count++] = 0;
		verdict.evidence[verdict.evidence_count++] = 1;
		trial_id_format(&spec, id);
		ck_assert_str_eq(attempts[i].trial_id, id);
		ck_assert(attempts[i].ended);
		ck_assert_int_eq(attempts[i].board_us, 9000000);
		ck_same_spec(&attempts[i].spec, &spec);
		ck_same_verdict(&attempts[i].verdict, &verdict);
	}
	ck_assert_str_eq(attempts[0].phase, "");
	ck_assert_str_ne(attempts[1].phase, "");
	free(attempts);
	store_close(store);
}
END_TEST

START_TEST(observations_come_back_to_the_bit)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	struct trial_spec spec = synthetic_spec(7);
	struct verdict verdict = { .outcome = OUTCOME_HUNG };
	struct store_run run = synthetic_run();
	struct store_attempt attempt;
	static const struct calib calib;
	struct obs_log log;
	struct obs_log back;
	char id[TRIAL_ID_MAX];
	int64_t run_id;
	int64_t attempt_id;

	spec.fall_us = 20000;
	obs_log_init(&log);
	obs_log_init(&back);
	synthetic_log(&spec, 500, &log);
	log.items[0].t_us = INT64_MIN;
	log.items[1].value = INT64_MAX;
	log.items[2].code = INT32_MIN;
	text_copy(log.items[3].text, OBS_TEXT_MAX, "'; DROP TABLE attempts; -- \xff\xfe\n");
	log.truncated = true;
	trial_id_format(&spec, id);
	ck_assert_int_eq(store_run_begin(store, &run, &calib, &run_id, NULL), 0);
	ck_assert_int_eq(store_attempt_begin(store, run_id, &spec, "1.slot", &attempt_id, NULL), 0);
	ck_assert_int_eq(store_attempt_end(store, attempt_id, &verdict, &log, 5, NULL), 0);

	ck_assert_int_eq(store_attempt_find(store, id, &attempt, &back, NULL), 0);
	ck_assert_int_eq((int)attempt.verdict.outcome, OUTCOME_HUNG);
	ck_assert_str_eq(attempt.phase, "1.slot");
	ck_same_spec(&attempt.spec, &spec);
	ck_assert_uint_eq(back.count, log.count);
	for (size_t i = 4; i < log.count; i++)
		ck_assert_mem_eq(&back.items[i], &log.items[i], sizeof(log.items[i]));
	ck_assert_int_eq(back.items[0].t_us, INT64_MIN);
	ck_assert_int_eq(back.items[1].value, INT64_MAX);
	ck_assert_int_eq(back.items[2].code, INT32_MIN);
	ck_assert_str_eq(back.items[3].text, log.items[3].text);
	ck_assert(back.truncated);
	ck_assert_int_eq(store_attempt_find(store, id, &attempt, NULL, NULL), 0);
	obs_log_release(&log);
	obs_log_release(&back);
	store_close(store);
}
END_TEST

START_TEST(the_newest_attempt_of_a_trial_is_found)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	struct store *reader = open_store(path, STORE_READ);
	struct trial_spec spec = synthetic_spec(3);
	struct verdict verdict = { .outcome = OUTCOME_UPDATED };
	struct err err = ERR_INIT;
	struct store_attempt attempt;
	char id[TRIAL_ID_MAX];
	int64_t first;
	int64_t second;

	ck_assert_int_eq(synthetic_store(store, 1, 0), 0);
	trial_id_format(&spec, id);
	ck_assert_int_eq(store_attempt_begin(store, 1, &spec, NULL, &first, NULL), 0);
	ck_assert_int_eq(store_attempt_begin(store, 1, &spec, NULL, &second, NULL), 0);
	ck_assert_int_eq(store_attempt_end(store, first, &verdict, NULL, 5, NULL), 0);

	/* a reader sees what is committed while the writer goes on */
	ck_assert_int_eq(store_attempt_find(reader, id, &attempt, NULL, NULL), 0);
	ck_assert_int_eq(attempt.id, second);
	ck_assert(!attempt.ended);
	ck_assert_int_eq((int)attempt.verdict.outcome, OUTCOME_UNKNOWN);
	ck_assert_int_eq(store_attempt_end(store, second, &verdict, NULL, 5, NULL), 0);
	ck_assert_int_eq(store_attempt_find(reader, id, &attempt, NULL, NULL), 0);
	ck_assert(attempt.ended);
	ck_assert_int_eq(store_attempt_find(reader, "no.such.trial", &attempt, NULL, &err),
			 -ENOENT);
	ck_assert_int_eq((int)err.kind, ERR_CONFIG);
	store_close(reader);
	store_close(store);
}
END_TEST

START_TEST(an_attempt_ends_once_and_whole)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	struct trial_spec spec = synthetic_spec(3);
	struct verdict verdict = { .outcome = OUTCOME_UPDATED, .evidence_count = 1 };
	struct store_attempt attempt;
	char id[TRIAL_ID_MAX];
	int64_t attempt_id;

	ck_assert_int_eq(synthetic_store(store, 1, 0), 0);
	trial_id_format(&spec, id);
	ck_assert_int_eq(store_attempt_begin(store, 1, &spec, NULL, &attempt_id, NULL), 0);
	/* evidence that is not in the log, and an outcome that is none: nothing is kept */
	ck_assert_int_lt(store_attempt_end(store, attempt_id, &verdict, NULL, 5, NULL), 0);
	verdict.evidence_count = 0;
	verdict.outcome = OUTCOME_COUNT;
	ck_assert_int_lt(store_attempt_end(store, attempt_id, &verdict, NULL, 5, NULL), 0);
	ck_assert_int_eq(store_attempt_find(store, id, &attempt, NULL, NULL), 0);
	ck_assert(!attempt.ended);
	verdict.outcome = OUTCOME_UPDATED;
	ck_assert_int_eq(store_attempt_end(store, attempt_id, &verdict, NULL, 5, NULL), 0);
	ck_assert_int_lt(store_attempt_end(store, attempt_id, &verdict, NULL, 5, NULL), 0);
	/* nor can an attempt belong to no run */
	ck_assert_int_lt(store_attempt_begin(store, 99, &spec, NULL, &attempt_id, NULL), 0);
	ck_assert_int_lt(store_run_end(store, 99, "2024-05-02T04:00:00Z", NULL), 0);
	store_close(store);
}
END_TEST

START_TEST(an_empty_store_has_no_run)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	struct err err = ERR_INIT;
	struct store_attempt *attempts = NULL;
	struct store_run run;
	struct calib calib;
	size_t count;

	ck_assert_int_eq(store_run_get(store, 0, &run, &err), -ENOENT);
	ck_assert_int_eq((int)err.kind, ERR_CONFIG);
	ck_assert_int_eq(store_run_get(store, 5, &run, &err), -ENOENT);
	ck_assert_int_eq(store_calib_get(store, 0, &calib, &err), -ENOENT);
	ck_assert_int_eq(store_attempts_get(store, 0, &attempts, &count, &err), -ENOENT);
	ck_assert_ptr_null(attempts);
	ck_assert_int_eq(synthetic_store(store, 0, 0), 0);
	ck_assert_int_eq(store_attempts_get(store, 0, &attempts, &count, &err), 0);
	ck_assert_uint_eq(count, 0);
	free(attempts);
	store_close(store);
	store_close(NULL);
	store_run_free(NULL);
}
END_TEST

/* Files that are not ours must be refused, whatever they are opened for, and left as they are. */
static const struct {
	const char *name;
	const char *text; /* NULL: made by 'sql' */
	const char *sql;
} foreign[] = {
	{ "short text", "hello\n", NULL },
	{ "a sentence",
	  "This text is no database at all, but it is longer than the header of "
	  "one, which has a hundred bytes, so that both cases are seen.\n",
	  NULL },
	{ "table", NULL, "CREATE TABLE contacts (name)" },
	{ "application", NULL, "PRAGMA application_id = 252006673" },
	{ "version", NULL, "PRAGMA user_version = 1" },
	{ "newer", NULL, "PRAGMA application_id = 0x6f746172; PRAGMA user_version = 99" },
};

static void make_foreign(const char *path, int index)
{
	sqlite3 *db;

	if (foreign[index].text) {
		write_text(path, foreign[index].text);
		return;
	}
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, foreign[index].sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

START_TEST(foreign_files_are_refused)
{
	static const enum store_mode modes[] = { STORE_READ, STORE_WRITE };
	char path[TEST_PATH_MAX];
	struct stat before;
	struct stat after;

	make_foreign(test_path(path, "foreign"), _i);
	ck_assert_int_eq(stat(path, &before), 0);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct err err = ERR_INIT;
		struct store *store = NULL;

		ck_assert_msg(store_open(path, modes[i], &store, &err) == -EINVAL, "%s: %s",
			      foreign[_i].name, err.text);
		ck_assert_int_eq((int)err.kind, ERR_CONFIG);
		ck_assert_ptr_nonnull(strstr(err.text, path));
		ck_assert_ptr_null(store);
	}
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}
END_TEST

START_TEST(a_missing_file_is_told)
{
	char path[TEST_PATH_MAX];
	struct err err = ERR_INIT;
	struct store *store = NULL;

	ck_assert_int_eq(store_open(test_path(path, "none.db"), STORE_READ, &store, &err), -ENOENT);
	ck_assert_int_eq((int)err.kind, ERR_CONFIG);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_int_eq(store_open(testing_folder(), STORE_READ, &store, &err), -EINVAL);
	ck_assert_int_eq((int)err.kind, ERR_CONFIG);
	ck_assert_int_lt(
		store_open(test_path(path, "no/such/folder.db"), STORE_WRITE, &store, &err), 0);
	ck_assert_int_eq((int)err.kind, ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.text, "No such file or directory"));
}
END_TEST

START_TEST(an_empty_file_becomes_ours_when_written)
{
	char path[TEST_PATH_MAX];
	struct err err = ERR_INIT;
	struct store *store = NULL;
	int64_t number = 0;

	write_text(test_path(path, "empty.db"), "");
	ck_assert_int_eq(store_open(path, STORE_READ, &store, &err), -EINVAL);
	ck_assert_int_eq((int)err.kind, ERR_CONFIG);
	store_close(open_store(path, STORE_WRITE));
	store_close(open_store(path, STORE_WRITE));
	ck_assert_int_eq(sql_number(path, "PRAGMA application_id", &number), SQLITE_ROW);
	ck_assert_int_eq(number, 0x6f746172);
	ck_assert_int_eq(sql_number(path, "PRAGMA user_version", &number), SQLITE_ROW);
	ck_assert_int_eq(number, 3);
	ck_assert_int_eq(sql_number(path, "SELECT count(*) FROM outcome_names", &number),
			 SQLITE_ROW);
	ck_assert_int_eq(number, OUTCOME_COUNT);
	ck_assert_int_eq(sql_number(path, "SELECT count(*) FROM rung_names", &number), SQLITE_ROW);
	ck_assert_int_eq(number, RUNG_COUNT);
}
END_TEST

/* What someone with sqlite3(1) must not be able to do to the records, and may read from them. */
static const struct {
	const char *sql;
	int code;
	int64_t number;
} statements[] = {
	{ "SELECT count(*) FROM trials WHERE state = 'done'", SQLITE_ROW, 2 },
	{ "SELECT count(*) FROM trials WHERE outcome = 'updated'", SQLITE_ROW, 1 },
	{ "SELECT count(*) FROM trials WHERE recovered_by = 'wait'", SQLITE_ROW, 2 },
	{ "UPDATE attempts SET outcome = 12", SQLITE_CONSTRAINT, 0 },
	{ "UPDATE attempts SET outcome = NULL", SQLITE_CONSTRAINT, 0 },
	{ "UPDATE attempts SET outcome = 'updated'", SQLITE_CONSTRAINT, 0 },
	{ "UPDATE attempts SET state = 'paused'", SQLITE_CONSTRAINT, 0 },
	{ "UPDATE attempts SET state = 'running'", SQLITE_CONSTRAINT, 0 },
	{ "UPDATE attempts SET cut_by = 5", SQLITE_CONSTRAINT, 0 },
	{ "UPDATE attempts SET seed = '-1'", SQLITE_CONSTRAINT, 0 },
	{ "UPDATE observations SET kind = 22", SQLITE_CONSTRAINT, 0 },
	{ "UPDATE attempts SET recovered_by = 7", SQLITE_CONSTRAINT, 0 },
	{ "UPDATE runs SET started_utc = 'yesterday'", SQLITE_CONSTRAINT, 0 },
};

START_TEST(tables_defend_themselves)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	int64_t number = -1;

	ck_assert_int_eq(synthetic_store(store, 2, 3), 0);
	store_close(store);
	ck_assert_int_eq(sql_number(path, statements[_i].sql, &number), statements[_i].code);
	if (statements[_i].code == SQLITE_ROW)
		ck_assert_int_eq(number, statements[_i].number);
}
END_TEST

/* A database of version 1, made of one of today by narrowing what was widened. */
static void make_version_1(const char *path)
{
	static const char sql[] =
		"BEGIN; PRAGMA writable_schema = ON;"
		"UPDATE sqlite_schema SET sql ="
		" replace(sql, '(recovered_by BETWEEN 0 AND 6)', '(recovered_by BETWEEN 0 AND 5)');"
		"UPDATE sqlite_schema SET sql ="
		" replace(sql, '(kind BETWEEN 0 AND 21)', '(kind BETWEEN 0 AND 17)');"
		"UPDATE sqlite_schema SET sql ="
		" replace(sql, '(cut_by BETWEEN 0 AND 4)', '(cut_by BETWEEN 0 AND 3)');"
		"DELETE FROM rung_names WHERE rung > 5;"
		"ALTER TABLE calib_parts DROP COLUMN chunks;"
		"PRAGMA user_version = 1; COMMIT";
	struct store *store = open_store(path, STORE_WRITE);
	sqlite3 *db;

	ck_assert_int_eq(synthetic_store(store, 20, 3), 0);
	store_close(store);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
		      sqlite3_errmsg(db));
	sqlite3_close(db);
}

START_TEST(a_database_of_version_1_is_brought_up_to_date)
{
	static const struct {
		const char *sql;
		int code;
		int64_t number;
	} after[] = {
		{ "PRAGMA user_version", SQLITE_ROW, 3 },
		{ "UPDATE attempts SET cut_by = 4", SQLITE_DONE, 0 },
		{ "UPDATE attempts SET cut_by = 5", SQLITE_CONSTRAINT, 0 },
		{ "SELECT count(*) FROM calib_parts WHERE chunks = 0", SQLITE_ROW, 4 },
		{ "SELECT count(*) FROM attempts", SQLITE_ROW, 40 },
		{ "SELECT count(*) FROM observations", SQLITE_ROW, 120 },
		{ "SELECT count(*) FROM rung_names WHERE name = 'dfu-flash'", SQLITE_ROW, 1 },
		{ "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
		  SQLITE_ROW, 0 },
		{ "UPDATE attempts SET recovered_by = 6", SQLITE_DONE, 0 },
		{ "UPDATE attempts SET recovered_by = 7", SQLITE_CONSTRAINT, 0 },
		{ "UPDATE observations SET kind = 21", SQLITE_DONE, 0 },
		{ "UPDATE observations SET kind = 22", SQLITE_CONSTRAINT, 0 },
	};
	char path[TEST_PATH_MAX];
	struct err err = ERR_INIT;
	struct store *store = NULL;
	int64_t number = 0;

	make_version_1(test_path(path, "old.db"));
	ck_assert_int_eq(sql_number(path, "UPDATE attempts SET recovered_by = 6", &number),
			 SQLITE_CONSTRAINT);
	ck_assert_int_eq(store_open(path, STORE_READ, &store, &err), -EINVAL);
	ck_assert_int_eq((int)err.kind, ERR_CONFIG);
	store = open_store(path, STORE_WRITE); /* and this very connection can go on */
	ck_assert_int_eq(synthetic_store(store, 20, 3), 0);
	store_close(store);
	for (size_t i = 0; i < ARRAY_LEN(after); i++) {
		ck_assert_msg(sql_number(path, after[i].sql, &number) == after[i].code, "%s",
			      after[i].sql);
		if (after[i].code == SQLITE_ROW)
			ck_assert_int_eq(number, after[i].number);
	}
	store_close(open_store(path, STORE_READ));
}
END_TEST

START_TEST(same_run_same_rows)
{
	char path[2][TEST_PATH_MAX];
	struct store *store[2];
	struct obs_log log[2];

	for (int i = 0; i < 2; i++) {
		store[i] = open_store(test_path(path[i], "a.db"), STORE_WRITE);
		ck_assert_int_eq(synthetic_store(store[i], 60, TEST_OBSERVATIONS), 0);
		obs_log_init(&log[i]);
	}
	for (uint64_t n = 0; n < 60; n++) {
		struct trial_spec spec = synthetic_spec(n);
		struct store_attempt attempt;
		char id[TRIAL_ID_MAX];

		trial_id_format(&spec, id);
		for (int i = 0; i < 2; i++) {
			obs_log_clear(&log[i]);
			ck_assert_int_eq(store_attempt_find(store[i], id, &attempt, &log[i], NULL),
					 0);
			ck_assert_uint_eq(log[i].count, TEST_OBSERVATIONS);
		}
		ck_assert_mem_eq(log[0].items, log[1].items,
				 TEST_OBSERVATIONS * sizeof(struct obs));
	}
	for (int i = 0; i < 2; i++) {
		obs_log_release(&log[i]);
		store_close(store[i]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_run_comes_back_as_it_went_in);
	tcase_add_test(tcase, a_calibration_comes_back_as_it_went_in);
	tcase_add_test(tcase, attempts_come_back_in_order_of_trials);
	tcase_add_test(tcase, observations_come_back_to_the_bit);
	tcase_add_test(tcase, the_newest_attempt_of_a_trial_is_found);
	tcase_add_test(tcase, an_attempt_ends_once_and_whole);
	tcase_add_test(tcase, an_empty_store_has_no_run);
	tcase_add_loop_test(tcase, foreign_files_are_refused, 0, ARRAY_LEN(foreign));
	tcase_add_test(tcase, a_missing_file_is_told);
	tcase_add_test(tcase, an_empty_file_becomes_ours_when_written);
	tcase_add_loop_test(tcase, tables_defend_themselves, 0, ARRAY_LEN(statements));
	tcase_add_test(tcase, a_database_of_version_1_is_brought_up_to_date);
	tcase_add_test(tcase, same_run_same_rows);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
