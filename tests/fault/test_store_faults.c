/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store when the world refuses: full disks, failing writes, folders without permission, a
 * writer killed at any moment. What was reported as done must be readable afterwards, whole.
 */
#include "base/rng.h"
#include "lib/synthetic.h"
#include "lib/store_file.h"
#include "lib/testing.h"
#include "results/store.h"
#include "results/store_db.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum test_sizes {
	TEST_OBSERVATIONS = 60,
	TEST_KILLS = 25,
	TEST_NOBODY = 65534,
};

/* Begins and ends trial 'number' of the newest run; counts up what the store said it has kept. */
struct kept {
	uint64_t begun;
	uint64_t ended;
};

static int store_trial(struct store *store, int64_t run_id, uint64_t number, struct kept *kept,
		       struct err *err)
{
	struct trial_spec spec = synthetic_spec(number);
	struct verdict verdict;
	struct obs_log log;
	int64_t attempt_id;
	int rc = store_attempt_begin(store, run_id, &spec, "", &attempt_id, err);

	if (rc < 0)
		return rc;
	kept->begun++;
	obs_log_init(&log);
	synthetic_verdict(&spec, &verdict);
	synthetic_log(&spec, TEST_OBSERVATIONS, &log);
	verdict.evidence[verdict.evidence_count++] = TEST_OBSERVATIONS - 1;
	rc = store_attempt_end(store, attempt_id, &verdict, &log, 7, err);
	if (rc == 0)
		kept->ended++;
	obs_log_release(&log);
	return rc;
}

static int64_t begin_run(struct store *store)
{
	struct store_run run = synthetic_run();
	struct calib calib;
	int64_t run_id;

	synthetic_calib(&calib);
	ck_assert_int_eq(store_run_begin(store, &run, &calib, &run_id, NULL), 0);
	return run_id;
}

static void check_integrity(const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;

	ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	ck_assert_str_eq((const char *)sqlite3_column_text(stmt, 0), "ok");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* Every attempt that is marked ended has all that it ended with. */
static void check_ended_are_whole(struct store *store, const struct store_attempt *attempts,
				  size_t count, struct kept *ret)
{
	struct obs_log log;

	*ret = (struct kept){ .begun = count };
	obs_log_init(&log);
	for (size_t i = 0; i < count; i++) {
		struct store_attempt attempt;

		if (!attempts[i].ended)
			continue;
		obs_log_clear(&log);
		ck_assert_int_eq(
			store_attempt_find(store, attempts[i].trial_id, &attempt, &log, NULL), 0);
		ck_assert_uint_eq(log.count, TEST_OBSERVATIONS);
		ck_assert_uint_eq(attempt.verdict.evidence_count, 1);
		ck_assert_int_eq(attempt.board_us, 7);
		ret->ended++;
	}
	obs_log_release(&log);
}

static struct kept read_back(const char *path)
{
	struct store *store = open_store(path, STORE_READ);
	struct store_attempt *attempts;
	struct kept kept;
	size_t count;

	check_integrity(path);
	ck_assert_int_eq(store_attempts_get(store, 0, &attempts, &count, NULL), 0);
	check_ended_are_whole(store, attempts, count, &kept);
	free(attempts);
	store_close(store);
	return kept;
}

/* Stores trials until the store refuses one. */
static struct kept fill(struct store *store, int64_t run_id, uint64_t first, struct err *err)
{
	struct kept kept = { 0 };

	for (uint64_t i = first; i < 100000; i++)
		if (store_trial(store, run_id, i, &kept, err) < 0)
			return kept;
	ck_abort_msg("the store never refused");
}

START_TEST(a_full_database_keeps_what_it_has)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	int64_t run_id = begin_run(store);
	struct err err = ERR_INIT;
	struct kept kept;
	struct kept more;
	struct kept back;

	ck_assert_int_eq(store_exec(store, "PRAGMA max_page_count = 100", NULL), 0);
	kept = fill(store, run_id, 0, &err);
	ck_assert_uint_gt(kept.ended, 5);
	ck_assert_int_eq((int)err.kind, ERR_IO);
	ck_assert_int_eq(err.code, -ENOSPC);
	ck_assert_ptr_nonnull(strstr(err.text, "database or disk is full"));
	ck_assert_ptr_nonnull(strstr(err.text, path));
	back = read_back(path);
	ck_assert_uint_eq(back.begun, kept.begun);
	ck_assert_uint_eq(back.ended, kept.ended);
	/* with room again the same store goes on */
	ck_assert_int_eq(store_exec(store, "PRAGMA max_page_count = 200", NULL), 0);
	more = fill(store, run_id, 1000, &err);
	ck_assert_uint_gt(more.ended, 5);
	back = read_back(path);
	ck_assert_uint_eq(back.ended, kept.ended + more.ended);
	store_close(store);
}
END_TEST

START_TEST(a_file_that_may_not_grow_keeps_what_it_has)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	struct rlimit limit = { .rlim_cur = 300000, .rlim_max = RLIM_INFINITY };
	int64_t run_id = begin_run(store);
	struct err err = ERR_INIT;
	struct kept kept;
	struct kept back;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 300000;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	kept = fill(store, run_id, 0, &err);
	ck_assert_uint_gt(kept.ended, 5);
	ck_assert_int_eq((int)err.kind, ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	back = read_back(path);
	ck_assert_uint_eq(back.begun, kept.begun);
	ck_assert_uint_eq(back.ended, kept.ended);
	store_close(store); /* cannot put all of its log into the file either */
	back = read_back(path);
	ck_assert_uint_eq(back.ended, kept.ended);
}
END_TEST

/* The n-th write of SQLite's fails once; there is no other way to hand state to its system call. */
static struct {
	unsigned int countdown;
	bool fired;
} fault;

static ssize_t faulty_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (fault.countdown > 0 && --fault.countdown == 0) {
		fault.fired = true;
		errno = EIO;
		return -1;
	}
	return pwrite(fd, data, len, at);
}

static void use_faulty_pwrite(void)
{
	sqlite3_vfs *vfs;

	ck_assert_int_eq(sqlite3_initialize(), SQLITE_OK);
	vfs = sqlite3_vfs_find(NULL);
	ck_assert_int_eq(vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)faulty_pwrite),
			 SQLITE_OK);
	ck_assert_int_eq(vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)faulty_pwrite),
			 SQLITE_OK);
}

/* Two trials with the n-th write failing; the counts that were told must be the counts read. */
static void run_with_fault(const char *path, unsigned int countdown)
{
	struct err err = ERR_INIT;
	struct store *store = NULL;
	struct kept kept = { 0 };
	struct kept back;
	int64_t run_id;
	int rc = 0;

	store_close(open_store(path, STORE_WRITE));
	store = open_store(path, STORE_WRITE);
	run_id = begin_run(store);
	fault.countdown = countdown;
	fault.fired = false;
	for (uint64_t i = 0; rc == 0 && i < 2; i++)
		rc = store_trial(store, run_id, i, &kept, &err);
	ck_assert_msg(!fault.fired == (rc == 0), "write %u failed, the store said %d", countdown,
		      rc);
	if (rc < 0)
		ck_assert_int_eq((int)err.kind, ERR_IO);
	fault.countdown = 0;
	back = read_back(path);
	ck_assert_uint_eq(back.begun, kept.begun);
	ck_assert_uint_eq(back.ended, kept.ended);
	/* the same connection goes on when the disk does */
	ck_assert_int_eq(store_trial(store, run_id, 5, &kept, &err), 0);
	store_close(store);
	back = read_back(path);
	ck_assert_uint_eq(back.ended, kept.ended);
}

START_TEST(any_write_may_fail)
{
	unsigned int i = 0;

	use_faulty_pwrite();
	do {
		char path[TEST_PATH_MAX];

		run_with_fault(test_path(path, "a.db"), ++i);
	} while (fault.fired);
	ck_assert_uint_gt(i, 10);
}
END_TEST

START_TEST(a_database_is_made_whole_or_not_at_all)
{
	unsigned int i = 0;

	use_faulty_pwrite();
	do {
		char path[TEST_PATH_MAX];
		struct err err = ERR_INIT;
		struct store *store = NULL;
		int rc;

		test_path(path, "a.db");
		fault.countdown = ++i;
		fault.fired = false;
		rc = store_open(path, STORE_WRITE, &store, &err);
		ck_assert_msg(rc == 0 || err.kind == ERR_IO, "write %u: %s", i, err.text);
		fault.countdown = 0;
		store_close(store);
		store = open_store(path, STORE_WRITE);
		begin_run(store);
		store_close(store);
	} while (fault.fired);
	ck_assert_uint_gt(i, 3);
}
END_TEST

/* A folder, and the way to it, for a user without rights: root may write everywhere. */
static void open_way(const char *folder)
{
	char parent[TEST_PATH_MAX];
	char *slash;

	snprintf(parent, sizeof(parent), "%s", folder);
	slash = strrchr(parent, '/');
	*slash = '\0';
	ck_assert_int_eq(chmod(parent, 0711), 0);
	ck_assert_int_eq(chmod(folder, 0555), 0);
}

static void become_nobody(void)
{
	if (geteuid() == 0)
		ck_assert_int_eq(setresuid(TEST_NOBODY, TEST_NOBODY, 0), 0);
}

static void become_root_again(void)
{
	IGNORE(setresuid(0, 0, 0), "was not root before either");
}

START_TEST(a_read_only_folder_is_read_and_not_written)
{
	char path[TEST_PATH_MAX];
	char fresh[TEST_PATH_MAX];
	const char *folder = testing_folder();
	struct store *store;
	struct kept kept = { 0 };
	struct kept back;
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), "%s/odd %%name?#.db", folder);
	snprintf(fresh, sizeof(fresh), "%s/fresh.db", folder);
	store = open_store(path, STORE_WRITE);
	ck_assert_int_eq(store_trial(store, begin_run(store), 0, &kept, NULL), 0);
	store_close(store);
	ck_assert_int_eq(chmod(path, 0444), 0);
	open_way(folder);
	become_nobody();
	store = open_store(path, STORE_READ);
	ck_assert_int_eq(store_attempt_find(store, "nothing", NULL, NULL, &err), -ENOENT);
	store_close(store);
	store = NULL;
	ck_assert_int_lt(store_open(path, STORE_WRITE, &store, &err), 0);
	ck_assert_int_eq((int)err.kind, ERR_IO);
	ck_assert_int_lt(store_open(fresh, STORE_WRITE, &store, &err), 0);
	ck_assert_int_eq((int)err.kind, ERR_IO);
	ck_assert_msg(err.code == -EROFS || err.code == -EACCES, "%d: %s", err.code, err.text);
	ck_assert_ptr_nonnull(strstr(err.text, fresh));
	become_root_again();
	ck_assert_int_eq(chmod(folder, 0755), 0);
	back = read_back(path);
	ck_assert_uint_eq(back.ended, 1);
}
END_TEST

/* The child: stores trials for ever and says what the store said. */
static void write_until_killed(const char *path, int fd)
{
	struct store *store = open_store(path, STORE_WRITE);
	int64_t run_id = begin_run(store);
	struct kept kept = { 0 };

	for (uint64_t i = 0;; i++) {
		if (store_trial(store, run_id, i, &kept, NULL) < 0)
			_exit(1);
		if (write(fd, &kept, sizeof(kept)) != sizeof(kept))
			_exit(1);
	}
}

static struct kept kill_writer(pid_t pid, int fd, unsigned int after_us)
{
	struct kept told = { 0 };
	struct kept kept = { 0 };
	int status;

	/* begins to count when the first trial is in */
	ck_assert_int_eq(read(fd, &kept, sizeof(kept)), sizeof(kept));
	usleep(after_us);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	do {
		told = kept;
	} while (read(fd, &kept, sizeof(kept)) == sizeof(kept));
	return told;
}

START_TEST(a_killed_writer_leaves_whole_attempts)
{
	struct rng rng;

	rng_init(&rng, 1);
	for (unsigned int i = 0; i < TEST_KILLS; i++) {
		char path[TEST_PATH_MAX];
		struct kept told;
		struct kept back;
		int fds[2];
		pid_t pid;

		test_path(path, "a.db");
		ck_assert_int_eq(pipe(fds), 0);
		pid = fork();
		if (pid == 0)
			write_until_killed(path, fds[1]);
		ck_assert_int_gt(pid, 0);
		close(fds[1]);
		told = kill_writer(pid, fds[0], (unsigned int)rng_below(&rng, 30000));
		close(fds[0]);
		back = read_back(path);
		/* all that was told, and at most one trial beyond whose telling was cut off */
		ck_assert_uint_ge(back.ended, told.ended);
		ck_assert_uint_le(back.ended, told.ended + 1);
		ck_assert_uint_le(back.begun - back.ended, 1);
		/* and the next writer goes on */
		store_close(open_store(path, STORE_WRITE));
	}
}
END_TEST

START_TEST(a_busy_writer_is_waited_for_and_then_told)
{
	char path[TEST_PATH_MAX];
	struct store *store = open_store(test_path(path, "a.db"), STORE_WRITE);
	struct store *other = open_store(path, STORE_WRITE);
	int64_t run_id = begin_run(store);
	struct err err = ERR_INIT;
	struct kept kept = { 0 };

	ck_assert_int_eq(store_exec(other, "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE", NULL), 0);
	ck_assert_int_eq(store_exec(store, "PRAGMA busy_timeout = 0", NULL), 0);
	ck_assert_int_eq(store_trial(store, run_id, 0, &kept, &err), -EBUSY);
	ck_assert_int_eq((int)err.kind, ERR_IO);
	ck_assert_int_eq(store_exec(other, "ROLLBACK", NULL), 0);
	ck_assert_int_eq(store_trial(store, run_id, 0, &kept, &err), 0);
	store_close(other);
	store_close(store);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store-faults");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_full_database_keeps_what_it_has);
	tcase_add_test(tcase, a_file_that_may_not_grow_keeps_what_it_has);
	tcase_add_test(tcase, any_write_may_fail);
	tcase_add_test(tcase, a_database_is_made_whole_or_not_at_all);
	tcase_add_test(tcase, a_read_only_folder_is_read_and_not_written);
	tcase_add_test(tcase, a_killed_writer_leaves_whole_attempts);
	tcase_add_test(tcase, a_busy_writer_is_waited_for_and_then_told);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
