/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often a relay was switched on in a day, over runs and programs. */
#include "base/file.h"
#include "bench/linux/tally.h"
#include "lib/testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW_S = 1700000000, HOUR_S = 3600, DAY_S = TALLY_SPAN_S, PATH_BYTES = 400 };

static const struct bench_line relay = { .chip = "/dev/gpiochip0", .line = "GPIO 20" };

static void setup(void)
{
	setenv("XDG_STATE_HOME", testing_folder(), 1);
}

static struct tally *open_tally(void)
{
	struct tally *tally = NULL;
	struct err err = ERR_INIT;

	ck_assert_msg(tally_open(&relay, &tally, &err) == 0, "%s", err.text);
	return tally;
}

static void tally_path(char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/otarig/power-ons/_dev_gpiochip0.GPIO_20",
		 getenv("XDG_STATE_HOME"));
}

static int64_t lines_kept(void)
{
	char path[PATH_BYTES];
	struct stat st;

	tally_path(path);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size % 11, 0);
	return st.st_size / 11;
}

START_TEST(a_day_has_so_many)
{
	struct tally *tally = open_tally();
	struct tally *other;
	struct err err = ERR_INIT;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(tally_add(tally, NOW_S + i * HOUR_S, 5, NULL), 0);
	tally_close(tally);
	/* another run, and a program besides */
	tally = open_tally();
	other = open_tally();
	ck_assert_int_eq(tally_add(tally, NOW_S + 3 * HOUR_S, 5, NULL), 0);
	ck_assert_int_eq(tally_add(other, NOW_S + 4 * HOUR_S, 5, NULL), 0);
	ck_assert_int_eq(tally_add(tally, NOW_S + 4 * HOUR_S, 5, &err), -EDQUOT);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.text, "switched on 5 times in 24 hours, its limit "
				   "(limits.trials_a_day); the next may be in 20h");
	ck_assert_int_eq(tally_add(other, NOW_S + DAY_S - 1, 5, NULL), -EDQUOT);
	ck_assert_int_eq(tally_add(other, NOW_S + DAY_S, 5, NULL), 0); /* the first is forgotten */
	ck_assert_int_eq(tally_add(other, NOW_S + DAY_S, 5, NULL), -EDQUOT);
	ck_assert_int_eq(tally_add(other, NOW_S + DAY_S, 6, NULL),
			 0); /* the limit is the caller's */
	tally_close(tally);
	tally_close(other);
}
END_TEST

/* A clock that is set makes nothing uncounted that was counted just now. */
START_TEST(a_clock_that_is_set)
{
	struct tally *tally = open_tally();

	ck_assert_int_eq(tally_add(tally, NOW_S, 2, NULL), 0);
	ck_assert_int_eq(tally_add(tally, NOW_S, 2, NULL), 0);
	ck_assert_int_eq(tally_add(tally, NOW_S - 2 * HOUR_S, 2, NULL), -EDQUOT);
	/* a day that was wrong by more says nothing */
	ck_assert_int_eq(tally_add(tally, NOW_S - 2 * DAY_S, 2, NULL), 0);
	tally_close(tally);
}
END_TEST

START_TEST(what_is_old_is_thrown_out)
{
	enum { LIMIT = 20, TIMES = 1000 };
	struct tally *tally = open_tally();
	int64_t most = 0;
	int added = 0;

	for (int i = 0; i < TIMES; i++) {
		added += tally_add(tally, NOW_S + i * (int64_t)(DAY_S / (LIMIT / 2)), LIMIT,
				   NULL) == 0;
		most = lines_kept() > most ? lines_kept() : most;
	}
	tally_close(tally);
	ck_assert_int_eq(added, TIMES);
	ck_assert_int_le(most, 2 * LIMIT);
}
END_TEST

/* Programs that count at the same time: none is lost, and none too many is let through. */
START_TEST(several_programs_at_once)
{
	enum { PROGRAMS = 4, EACH = 50, LIMIT = 120 };
	struct tally *tally;
	pid_t pids[PROGRAMS];
	int let_through = 0;

	for (int k = 0; k < PROGRAMS; k++) {
		pids[k] = fork();
		ck_assert_int_ge(pids[k], 0);
		if (pids[k] == 0) {
			int good = 0;

			tally = open_tally();
			for (int i = 0; i < EACH; i++)
				good += tally_add(tally, NOW_S, LIMIT, NULL) == 0;
			_exit(good);
		}
	}
	for (int k = 0; k < PROGRAMS; k++) {
		int status = 0;

		ck_assert_int_eq(waitpid(pids[k], &status, 0), pids[k]);
		ck_assert(WIFEXITED(status));
		let_through += WEXITSTATUS(status);
	}
	ck_assert_int_eq(let_through, LIMIT);
	ck_assert_int_eq(lines_kept(), LIMIT);
	tally = open_tally();
	ck_assert_int_eq(tally_add(tally, NOW_S, LIMIT, NULL), -EDQUOT);
	tally_close(tally);
}
END_TEST

static const struct {
	const char *text;
	int64_t byte; /* -1: it is a tally */
} files[] = {
	{ "", -1 },
	{ "1700000000\n", -1 },
	{ "1700000000\n170000000", 11 },
	{ "1700000000\n1700000000", 11 },
	{ "17000000 0\n", 0 },
	{ "1700000000\n-700000000\n", 11 },
	{ "17000000000\n", 0 },
	{ "1700000000\n\n", 11 },
};

START_TEST(files_of_another_kind)
{
	struct tally *tally = open_tally();
	char path[PATH_BYTES], text[PATH_BYTES + 100];
	struct err err = ERR_INIT;
	int r;

	tally_close(tally);
	tally_path(path);
	ck_assert_int_eq(file_write(path, files[_i].text, strlen(files[_i].text), NULL), 0);
	tally = open_tally();
	r = tally_add(tally, NOW_S, 9, &err);
	tally_close(tally);
	if (files[_i].byte < 0) {
		ck_assert_msg(r == 0, "%s", err.text);
		return;
	}
	ck_assert_int_eq(r, -EBADMSG);
	snprintf(text, sizeof(text), "'%s' is no count of power-ons from byte %d on: delete it",
		 path, (int)files[_i].byte);
	ck_assert_str_eq(err.text, text);
}
END_TEST

START_TEST(where_it_is)
{
	char path[PATH_BYTES];
	struct tally *tally = NULL;
	struct err err = ERR_INIT;

	unsetenv("XDG_STATE_HOME");
	setenv("HOME", testing_folder(), 1);
	ck_assert_msg(tally_open(&relay, &tally, &err) == 0, "%s", err.text);
	tally_close(tally);
	snprintf(path, sizeof(path), "%s/.local/state/otarig/power-ons/_dev_gpiochip0.GPIO_20",
		 getenv("HOME"));
	ck_assert_int_eq(access(path, R_OK), 0);
	setenv("HOME", "not/from/the/root", 1);
	ck_assert_int_eq(tally_open(&relay, &tally, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_RIG);
	unsetenv("HOME");
	ck_assert_int_eq(tally_open(&relay, &tally, NULL), -ENOENT);
	setenv("XDG_STATE_HOME", path, 1); /* a file */
	ck_assert_int_eq(tally_open(&relay, &tally, &err), -ENOTDIR);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tally");
	TCase *tcase = tcase_create("all");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_day_has_so_many);
	tcase_add_test(tcase, a_clock_that_is_set);
	tcase_add_test(tcase, what_is_old_is_thrown_out);
	tcase_add_test(tcase, several_programs_at_once);
	tcase_add_test(tcase, where_it_is);
	tcase_add_loop_test(tcase, files_of_another_kind, 0, ARRAY_LEN(files));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
