/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What went wrong in the rig or in the world around it, told once and carried upward.
 * A device under test that misbehaves is never an error: that is an observation and a verdict.
 * Our own mistakes are assert(). Caller owns the struct; it is touched only on failure.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/macros.h"

enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE = 1,	/* the command line is wrong: exit 2 */
	ERR_CONFIG = 2, /* a file given by the user is wrong: exit 2 */
	ERR_IO = 3,	/* the world refused (disk full, permission): exit 4 */
	ERR_RIG = 4,	/* the rig itself failed: exit 4 */
};

enum err_limits {
	ERR_TEXT_MAX = 512,
	ERR_FILE_MAX = 256,
};

struct err {
	enum err_kind kind;
	int code;		 /* negative errno */
	unsigned int line;	 /* 1-based line in 'file'; 0 = no line known */
	char file[ERR_FILE_MAX]; /* file the user can open; empty = none */
	char text[ERR_TEXT_MAX]; /* lower case, no full stop, objects in single quotes */
};

#define ERR_INIT                 \
	{                        \
		.kind = ERR_NONE \
	}

/* Sets 'err' (NULL allowed) to kind, negative errno 'code' and text; returns 'code' for "return".
 */
int err_set(struct err *err, enum err_kind kind, int code, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* As err_set() with kind ERR_CONFIG and code -EINVAL, naming the user's file and line (0 = none).
 */
int err_set_at(struct err *err, const char *file, unsigned int line, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* Puts "context: " before the text, for callers that know more; returns err->code (or -EIO). */
int err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* One line "FILE:LINE: text" (parts that are unknown left out), without newline, always ended. */
void err_format(const struct err *err, char *buf, size_t size);

/* The process exit code that belongs to the error: 2 usage or configuration, 4 all else. */
int err_exit_code(const struct err *err);

#include "base/banned.h"

#endif
