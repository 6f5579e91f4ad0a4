/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small words every room uses. Nothing here allocates, returns or jumps.
 */
#ifndef BASE_MACROS_H
#define BASE_MACROS_H

#include <stdlib.h>

#define ARRAY_LEN(a)	     (sizeof(a) / sizeof((a)[0]))
#define MUST_CHECK	     __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, va) __attribute__((format(printf, fmt, va)))

/* A result ignored on purpose; the reason is for the reader (gcc ignores a cast to void). */
#define IGNORE(call, why)   \
	do {                \
		if (call) { \
		}           \
	} while (0)

static inline void auto_free_(void *p)
{
	free(*(void **)p);
}

/* A heap pointer of this scope: freed when the scope is left. */
#define AUTO_FREE __attribute__((cleanup(auto_free_)))

#endif
