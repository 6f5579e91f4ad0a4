/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"

#include <string.h>

static const char *const rung_names[RUNG_COUNT] = {
#define X(name, number, text) [RUNG_##name] = (text),
	RUNG_LIST(X)
#undef X
};

const char *cut_anchor_name(enum cut_anchor anchor)
{
	static const char *const names[] = { [CUT_ANCHOR_NONE] = "none",
#define X(name, number, text) [CUT_ANCHOR_##name] = (text),
					     CUT_ANCHOR_LIST(X)
#undef X
	};

	return names[anchor];
}

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
