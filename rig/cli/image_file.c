/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/image_file.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

int image_file_load(const char *path, struct image_file *ret, struct err *err)
{
	struct image_file file = { .path = strdup(path) };
	int r;

	if (!file.path)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory");
	r = file_read(path, CLI_IMAGE_BYTES_MAX, &file.bytes, &file.len, err);
	if (r == 0) {
		r = image_inspect(file.bytes, file.len, &file.inspection, err);
		if (r < 0)
			err_prefix(err, "%s", path);
	}
	if (r < 0) {
		image_file_release(&file);
		return r;
	}
	*ret = file;
	return 0;
}

void image_file_release(struct image_file *file)
{
	free(file->path);
	free(file->bytes);
	*file = (struct image_file){ 0 };
}

void image_files_release(struct image_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		image_file_release(&files->items[i]);
	files->count = 0;
}

/* One file of a folder: what is no module does not belong to the set. */
static int load_entry(const char *path, struct image_files *files, struct err *err)
{
	struct err cause = ERR_INIT;
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	if (files->count == CLI_IMAGE_FILES_MAX)
		return err_set(err, ERR_CONFIG, -E2BIG, "%s: more than %d modules in one folder",
			       path, CLI_IMAGE_FILES_MAX);
	if (image_file_load(path, &files->items[files->count], &cause) == 0)
		files->count++;
	else
		fprintf(stderr, "otarig: left out: %s\n", cause.text);
	return 0;
}

static int load_folder(const char *path, struct image_files *files, struct err *err)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, NULL, alphasort);
	int r = 0;

	if (count < 0)
		return err_set(err, ERR_CONFIG, -errno, "cannot read '%s': %s", path,
			       strerror(errno));
	for (int i = 0; i < count; i++) {
		AUTO_FREE char *full = NULL;

		if (r == 0 && asprintf(&full, "%s/%s", path, entries[i]->d_name) < 0) {
			full = NULL; /* asprintf leaves it undefined */
			r = err_set(err, ERR_RIG, -ENOMEM, "no memory");
		}
		if (r == 0)
			r = load_entry(full, files, err);
		free(entries[i]);
	}
	free(entries);
	if (r == 0 && files->count == 0)
		r = err_set(err, ERR_CONFIG, -ENOENT, "no modules in folder '%s'", path);
	return r;
}

int image_files_load(const char *path, struct image_files *ret, struct err *err)
{
	struct stat st;
	int r;

	ret->count = 0;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		r = load_folder(path, ret, err);
	} else {
		r = image_file_load(path, &ret->items[0], err);
		ret->count = r == 0;
	}
	if (r < 0)
		image_files_release(ret);
	return r;
}

void image_module_text(const struct image_header *header, char buf[CLI_IMAGE_NAME_MAX])
{
	snprintf(buf, CLI_IMAGE_NAME_MAX, "%s %u for %s (%u)",
		 image_function_name(header->function), header->index,
		 image_platform_name(header->platform_id), header->platform_id);
}

void image_version_text(const struct image_header *header, char buf[CLI_IMAGE_NAME_MAX])
{
	char releases[IMAGE_RELEASES_TEXT_MAX];

	if (image_version_releases(header, releases))
		snprintf(buf, CLI_IMAGE_NAME_MAX, "%u (%s)", header->version, releases);
	else
		snprintf(buf, CLI_IMAGE_NAME_MAX, "%u", header->version);
}

void image_need_text(const struct image_dependency *need, uint16_t platform_id,
		     char buf[CLI_IMAGE_NAME_MAX])
{
	const struct image_header wanted = { .function = need->function,
					     .version = need->version_min,
					     .platform_id = platform_id };
	char releases[IMAGE_RELEASES_TEXT_MAX];
	bool known = image_version_releases(&wanted, releases) != NULL;

	snprintf(buf, CLI_IMAGE_NAME_MAX, "%s %u, version %u%s%s%s or later",
		 image_function_name(need->function), need->index, need->version_min,
		 known ? " (" : "", known ? releases : "", known ? ")" : "");
}

int image_file_write(const char *path, const uint8_t *bytes, size_t len, const char *force,
		     struct err *err)
{
	struct stat st;
	bool there = lstat(path, &st) == 0;

	if (there && !S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE, -EEXIST, "'%s' is there and is no regular file",
			       path);
	if (there && !force)
		return err_set(err, ERR_USAGE, -EEXIST, "'%s' is there already, use --force", path);
	return file_write(path, bytes, len, err);
}

int image_need_option(const char *command, const char *name, const char *value, struct err *err)
{
	if (value)
		return 0;
	return err_set(err, ERR_USAGE, -EINVAL, "%s: --%s is missing", command, name);
}
