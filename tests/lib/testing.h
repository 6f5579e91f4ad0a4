/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every Check program of ours shares: one main, a visible skip, and a closing line
 * "N passed, N failed, N skipped" that tools/run-tests adds up.
 */
#ifndef TESTS_LIB_TESTING_H
#define TESTS_LIB_TESTING_H

#include <check.h>

/* Runs the suite (owned from here on), prints failures and the closing line; 0 or 1 for exit. */
int testing_run(Suite *suite);

/* Leaves the running test and counts it as skipped; the reason is printed. */
#define TEST_SKIP(reason)                  \
	do {                               \
		testing_note_skip(reason); \
		return;                    \
	} while (0)

void testing_note_skip(const char *reason);

/* A fresh empty folder for the running test; removed at exit when all tests of the program pass. */
const char *testing_folder(void);

#endif
