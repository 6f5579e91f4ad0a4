/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers and durations as people write them: a duration needs a unit, zero may be bare. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "250ms", "3s", "16us", "8h", "0" -> microseconds. Trailing rubbish, overflow, no unit: -EINVAL.
 */
int text_parse_duration(const char *text, int64_t *ret_us, struct err *err) MUST_CHECK;

/* Decimal or 0x number, whole string, at most 'max'. */
int text_parse_u64(const char *text, uint64_t max, uint64_t *ret_value, struct err *err) MUST_CHECK;

/* Copies as much of 'src' as fits, always ended with NUL; returns true when all of it fitted. */
bool text_copy(char *dst, size_t size, const char *src);

/* Shortest exact form with one unit: 1500000 -> "1500ms". */
void text_format_duration(int64_t us, char *buf, size_t size);

/* For people, three figures: 3.41 s, 101 ms, 16 us. */
void text_format_human(int64_t us, char *buf, size_t size);

#endif
