/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bad input made from good input by one replacement, and what must be said about it. */
#ifndef TESTS_LIB_EDIT_H
#define TESTS_LIB_EDIT_H

#include "base/err.h"

struct edit {
	const char *from; /* occurs in the good text; its first occurrence is replaced */
	const char *to;
	unsigned int line; /* of the error */
	const char *text;  /* of the error, whole */
};

/* The good text with the replacement done; caller frees. Fails the test when 'from' is not there.
 */
char *edit_apply(const char *good, const struct edit *edit);

/* Fails the test unless 'err' is ERR_CONFIG with this file, line and text. */
void edit_expect(const struct edit *edit, const struct err *err, const char *file);

#endif
