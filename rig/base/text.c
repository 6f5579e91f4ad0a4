/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct text_unit {
	const char *name;
	int64_t us;
} text_units[] = {
	{ "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "min", 60000000 }, { "h", 3600000000 },
};

bool text_copy(char *dst, size_t size, const char *src)
{
	size_t len = strnlen(src, size);

	if (size == 0)
		return false;
	if (len == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
		return false;
	}
	memcpy(dst, src, len + 1);
	return true;
}

int text_parse_u64(const char *text, uint64_t max, uint64_t *ret_value, struct err *err)
{
	int base = strncmp(text, "0x", 2) == 0 ? 16 : 10; /* base 0 would read "010" as octal */
	unsigned long long value;
	char *end;

	errno = 0;
	if (text[0] < '0' || text[0] > '9')
		return err_set(err, ERR_USAGE, -EINVAL, "'%s' is not a number", text);
	value = strtoull(text, &end, base);
	if (*end != '\0')
		return err_set(err, ERR_USAGE, -EINVAL, "'%s' is not a number", text);
	if (errno != 0 || value > max)
		return err_set(err, ERR_USAGE, -ERANGE, "'%s' is too large, at most %" PRIu64, text,
			       max);
	*ret_value = value;
	return 0;
}

int text_parse_duration(const char *text, int64_t *ret_us, struct err *err)
{
	unsigned long long value;
	char *end;

	errno = 0;
	if (text[0] < '0' || text[0] > '9')
		return err_set(err, ERR_USAGE, -EINVAL, "'%s' is not a duration", text);
	value = strtoull(text, &end, 10);
	if (errno != 0 || value > INT64_MAX)
		return err_set(err, ERR_USAGE, -ERANGE, "duration '%s' is too long", text);
	if (*end == '\0' && value == 0) {
		*ret_us = 0;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(text_units); i++) {
		if (strcmp(end, text_units[i].name) != 0)
			continue;
		if ((int64_t)value > INT64_MAX / text_units[i].us)
			return err_set(err, ERR_USAGE, -ERANGE, "duration '%s' is too long", text);
		*ret_us = (int64_t)value * text_units[i].us;
		return 0;
	}
	return err_set(err, ERR_USAGE, -EINVAL, "duration '%s' needs a unit: us, ms, s, min, h",
		       text);
}

void text_format_duration(int64_t us, char *buf, size_t size)
{
	size_t unit = 0;

	for (size_t i = 0; us != 0 && i < ARRAY_LEN(text_units); i++)
		if (us % text_units[i].us == 0)
			unit = i;
	if (us == 0)
		snprintf(buf, size, "0");
	else
		snprintf(buf, size, "%" PRId64 "%s", us / text_units[unit].us,
			 text_units[unit].name);
}

void text_format_human(int64_t us, char *buf, size_t size)
{
	double value = (double)us;
	const char *unit = "us";
	double magnitude;

	if (us >= 1000000 || us <= -1000000) {
		value /= 1e6;
		unit = "s";
	} else if (us >= 1000 || us <= -1000) {
		value /= 1e3;
		unit = "ms";
	}
	magnitude = fabs(value);
	if (us % 1000 == 0 && magnitude >= 100)
		snprintf(buf, size, "%.0f %s", value, unit);
	else
		snprintf(buf, size, "%.*f %s",
			 unit[0] == 'u'	    ? 0
			 : magnitude >= 100 ? 0
			 : magnitude >= 10  ? 1
					    : 2,
			 value, unit);
}
