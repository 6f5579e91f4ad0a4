/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/edit.h"
#include "lib/testing.h"

#include <stdio.h>
#include <string.h>

char *edit_apply(const char *good, const struct edit *edit)
{
	const char *at = strstr(good, edit->from);
	char *text;

	ck_assert_msg(at != NULL, "'%s' is not in the good text", edit->from);
	ck_assert_int_ge(asprintf(&text, "%.*s%s%s", (int)(at - good), good, edit->to,
				  at + strlen(edit->from)),
			 0);
	return text;
}

void edit_expect(const struct edit *edit, const struct err *err, const char *file)
{
	ck_assert_int_eq(err->kind, ERR_CONFIG);
	ck_assert_str_eq(err->text, edit->text);
	ck_assert_str_eq(err->file, file);
	ck_assert_msg(err->line == edit->line, "line %u, not %u: %s", err->line, edit->line,
		      err->text);
}
