/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/store_file.h"
#include "lib/testing.h"

#include <stdio.h>

const char *test_path(char buf[TEST_PATH_MAX], const char *name)
{
	snprintf(buf, TEST_PATH_MAX, "%s/%s", testing_folder(), name);
	return buf;
}

struct store *open_store(const char *path, enum store_mode mode)
{
	struct err err = ERR_INIT;
	struct store *store = NULL;

	ck_assert_msg(store_open(path, mode, &store, &err) == 0, "%s", err.text);
	return store;
}
