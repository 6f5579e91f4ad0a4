/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modules shown: for people, and as JSON. */
#ifndef CLI_IMAGE_SHOW_H
#define CLI_IMAGE_SHOW_H

#include "cli/image_file.h"

/* To standard output; what is wrong too. */
void image_show(const struct image_file *file);

/* All of them as one JSON document; 'failed' has the text of files that are no modules. */
struct image_failed {
	const char *path;
	char text[ERR_TEXT_MAX];
};

int image_show_json(const struct image_file *files, size_t count, const struct image_failed *failed,
		    size_t failed_count, struct err *err) MUST_CHECK;

#endif
