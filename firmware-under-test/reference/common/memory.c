/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the compiler calls by itself. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *at, int value, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	uint8_t *out = to;
	const uint8_t *in = from;

	while (bytes-- > 0)
		*out++ = *in++;
	return to;
}

void *memset(void *at, int value, size_t bytes)
{
	uint8_t *out = at;

	while (bytes-- > 0)
		*out++ = (uint8_t)value;
	return at;
}
