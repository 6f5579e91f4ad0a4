/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A results database in the running test's folder. */
#ifndef TESTS_LIB_STORE_FILE_H
#define TESTS_LIB_STORE_FILE_H

#include "results/store.h"

enum { TEST_PATH_MAX = 256 };

/* "FOLDER/name" in a fresh folder; returns 'buf'. */
const char *test_path(char buf[TEST_PATH_MAX], const char *name);

/* Opens a database, or fails the test. Caller closes. */
struct store *open_store(const char *path, enum store_mode mode);

#endif
