/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "lib/testing.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/* A path inside of a fresh folder; the buffer belongs to the caller. */
static const char *in_folder(char buf[256], const char *folder, const char *name)
{
	snprintf(buf, 256, "%s/%s", folder, name);
	return buf;
}

static unsigned int count_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2; /* . and .. */
}

START_TEST(what_is_written_is_read)
{
	static const uint8_t data[] = { 'a', 0, 'b' };
	const char *folder = testing_folder();
	struct err err = ERR_INIT;
	struct stat st;
	uint8_t *back;
	char path[256];
	size_t len;

	in_folder(path, folder, "f");
	ck_assert_int_eq(file_write(path, "old and longer", 14, &err), 0);
	ck_assert_int_eq(file_write(path, data, sizeof(data), &err), 0);
	ck_assert_int_eq(file_read(path, sizeof(data), &back, &len, &err), 0);
	ck_assert_uint_eq(len, sizeof(data));
	ck_assert_mem_eq(back, data, sizeof(data));
	ck_assert_uint_eq(back[len], 0);
	free(back);
	ck_assert_uint_eq(count_entries(folder), 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0644);
}
END_TEST

START_TEST(empty_file)
{
	struct err err = ERR_INIT;
	uint8_t *back;
	char path[256];
	size_t len;

	in_folder(path, testing_folder(), "f");
	ck_assert_int_eq(file_write(path, "", 0, &err), 0);
	ck_assert_int_eq(file_read(path, 0, &back, &len, &err), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_uint_eq(back[0], 0);
	free(back);
}
END_TEST

static void expect_unreadable(const char *path, int code, const char *says)
{
	struct err err = ERR_INIT;
	uint8_t *data = NULL;
	size_t len = 7;

	ck_assert_int_eq(file_read(path, 4, &data, &len, &err), code);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	ck_assert_ptr_nonnull(strstr(err.text, says));
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_int_eq(err.code, code);
	ck_assert_ptr_null(data);
	ck_assert_uint_eq(len, 7);
}

START_TEST(what_cannot_be_read)
{
	const char *folder = testing_folder();
	char path[256];

	expect_unreadable(folder, -EINVAL, "not a regular file");
	in_folder(path, folder, "missing");
	expect_unreadable(path, -ENOENT, "No such file or directory");
	in_folder(path, folder, "fifo");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	expect_unreadable(path, -EINVAL, "not a regular file");
	in_folder(path, folder, "large");
	ck_assert_int_eq(file_write(path, "12345", 5, NULL), 0);
	expect_unreadable(path, -EFBIG, "is larger than 4 bytes");
}
END_TEST

START_TEST(failed_write_leaves_no_trace)
{
	const char *folder = testing_folder();
	struct err err = ERR_INIT;
	char path[256];

	/* a folder is in the way of the final name: everything works until the rename */
	in_folder(path, folder, "taken");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(file_write(path, "x", 1, &err), -EISDIR);
	ck_assert_int_eq(err.kind, ERR_IO);
	ck_assert_uint_eq(count_entries(folder), 1);
	in_folder(path, folder, "no/such");
	ck_assert_int_eq(file_write(path, "x", 1, &err), -ENOENT);
}
END_TEST

START_TEST(folders)
{
	const char *folder = testing_folder();
	struct err err = ERR_INIT;
	struct stat st;
	char path[256];

	in_folder(path, folder, "a/b/c/");
	ck_assert_int_eq(file_make_dirs(path, &err), 0);
	ck_assert_int_eq(file_make_dirs(path, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	in_folder(path, folder, "file");
	ck_assert_int_eq(file_write(path, "x", 1, NULL), 0);
	in_folder(path, folder, "file/below");
	ck_assert_int_eq(file_make_dirs(path, &err), -ENOTDIR);
	ck_assert_int_eq(err.kind, ERR_IO);
	ck_assert_int_lt(file_make_dirs("", &err), 0);
}
END_TEST

static const struct {
	const char *base;
	const char *name;
	const char *joined;
} besides[] = {
	{ "a/b.yaml", "c", "a/c" },	{ "b.yaml", "c", "c" },	    { "/b.yaml", "c", "/c" },
	{ "a/b.yaml", "/c/d", "/c/d" }, { "a/", "../c", "a/../c" },
};

START_TEST(beside)
{
	char *joined = file_beside(besides[_i].base, besides[_i].name);

	ck_assert_str_eq(joined, besides[_i].joined);
	free(joined);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("file");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, what_is_written_is_read);
	tcase_add_test(tcase, empty_file);
	tcase_add_test(tcase, what_cannot_be_read);
	tcase_add_test(tcase, failed_write_leaves_no_trace);
	tcase_add_test(tcase, folders);
	tcase_add_loop_test(tcase, beside, 0, ARRAY_LEN(besides));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
