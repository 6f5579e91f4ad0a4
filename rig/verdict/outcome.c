/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verdict/verdict.h"

#include <string.h>

static const char *const outcome_names[OUTCOME_COUNT] = {
#define X(name, number, text) [OUTCOME_##name] = (text),
	OUTCOME_LIST(X)
#undef X
};

const char *outcome_name(enum outcome outcome)
{
	return (unsigned int)outcome < OUTCOME_COUNT ? outcome_names[outcome]
						     : outcome_names[OUTCOME_UNKNOWN];
}

enum outcome outcome_from_name(const char *name)
{
	for (unsigned int i = 0; i < OUTCOME_COUNT; i++)
		if (strcmp(outcome_names[i], name) == 0)
			return (enum outcome)i;
	return OUTCOME_UNKNOWN;
}
