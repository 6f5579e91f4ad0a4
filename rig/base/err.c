/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, enum err_kind kind, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->kind = kind;
	err->code = code;
	err->line = 0;
	err->file[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

int err_set_at(struct err *err, const char *file, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -EINVAL;
	err->kind = ERR_CONFIG;
	err->code = -EINVAL;
	err->line = line;
	text_copy(err->file, sizeof(err->file), file ? file : "");
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int err_prefix(struct err *err, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	size_t used;
	va_list ap;

	if (!err)
		return -EIO;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	text_copy(err->text + used, sizeof(err->text) - used, ": ");
	used = strlen(err->text);
	text_copy(err->text + used, sizeof(err->text) - used, old);
	return err->code ? err->code : -EIO;
}

void err_format(const struct err *err, char *buf, size_t size)
{
	if (err->file[0] && err->line)
		snprintf(buf, size, "%s:%u: %s", err->file, err->line, err->text);
	else if (err->file[0])
		snprintf(buf, size, "%s: %s", err->file, err->text);
	else
		snprintf(buf, size, "%s", err->text);
}

int err_exit_code(const struct err *err)
{
	return err->kind == ERR_USAGE || err->kind == ERR_CONFIG ? 2 : 4;
}
