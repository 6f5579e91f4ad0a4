/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"

#include <string.h>

static const char *const rung_names[RUNG_COUNT] = {
#define X(name, number, text) [RUNG_##name] = (text),
	RUNG_LIST(X)
#undef X
};

const char *rung_name(enum rung rung)
{
	return (unsigned int)rung < RUNG_COUNT ? rung_names[rung] : rung_names[RUNG_NONE];
}

enum rung rung_from_name(const char *name)
{
	for (unsigned int i = 0; i < RUNG_COUNT; i++)
		if (strcmp(rung_names[i], name) == 0)
			return (enum rung)i;
	return RUNG_NONE;
}
