/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the image commands share: modules from files and folders, their names, files written. */
#ifndef CLI_IMAGE_FILE_H
#define CLI_IMAGE_FILE_H

#include "image/inspect.h"

enum cli_image_limits {
	CLI_IMAGE_BYTES_MAX = 16 * 1024 * 1024, /* Gen 3 has larger files than IMAGE_BYTES_MAX */
	CLI_IMAGE_FILES_MAX = 64,
	CLI_IMAGE_NAME_MAX = 160,
};

struct image_file {
	char *path;
	uint8_t *bytes;
	size_t len;
	struct image_inspection inspection; /* only of what is a module */
};

struct image_files {
	struct image_file items[CLI_IMAGE_FILES_MAX];
	size_t count;
};

/*
 * Reads a file and looks at it. ERR_CONFIG naming it when it cannot be read, or is no module.
 * image_file_release() after.
 */
int image_file_load(const char *path, struct image_file *ret, struct err *err) MUST_CHECK;
void image_file_release(struct image_file *file);

/*
 * One file, or the modules among the files of a folder, by name; what is no module there is named
 * on stderr. ERR_CONFIG. image_files_release() after.
 */
int image_files_load(const char *path, struct image_files *ret, struct err *err) MUST_CHECK;
void image_files_release(struct image_files *files);

/* "system 1 for p1 (8)" */
void image_module_text(const struct image_header *header, char buf[CLI_IMAGE_NAME_MAX]);

/* "1502 (1.5.0)", or the number alone. */
void image_version_text(const struct image_header *header, char buf[CLI_IMAGE_NAME_MAX]);

/* "system 2, version 207 (0.7.0) or later" */
void image_need_text(const struct image_dependency *need, uint16_t platform_id,
		     char buf[CLI_IMAGE_NAME_MAX]);

/*
 * Writes a file as a whole or not at all. ERR_USAGE when it is there already and 'force' (the value
 * of that option) is NULL; what is no regular file is never replaced.
 */
int image_file_write(const char *path, const uint8_t *bytes, size_t len, const char *force,
		     struct err *err) MUST_CHECK;

/* "--name is missing" as ERR_USAGE when 'value' is NULL. */
int image_need_option(const char *command, const char *name, const char *value,
		      struct err *err) MUST_CHECK;

#endif
