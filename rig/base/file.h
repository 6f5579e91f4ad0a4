/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole files in and out; nothing half-written is ever left under the final name. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Reads a whole file of at most 'max' bytes. Caller frees *ret_data, which has one NUL after its
 * ret_len bytes. ERR_CONFIG when it is missing, unreadable, not a regular file or too large.
 */
int file_read(const char *path, size_t max, uint8_t **ret_data, size_t *ret_len,
	      struct err *err) MUST_CHECK;

/* Writes to a temporary file beside 'path' and renames it; ERR_IO on any failure, then no trace. */
int file_write(const char *path, const void *data, size_t len, struct err *err) MUST_CHECK;

/* The same for a secret: only its owner may read the file, from the first byte on. */
int file_write_private(const char *path, const void *data, size_t len, struct err *err) MUST_CHECK;

/* mkdir -p; ERR_IO on failure. */
int file_make_dirs(const char *path, struct err *err) MUST_CHECK;

/* "dir/name" relative to the directory of 'base' unless 'name' is absolute. Caller frees; NULL on
 * lack of memory. */
char *file_beside(const char *base, const char *name);

#endif
