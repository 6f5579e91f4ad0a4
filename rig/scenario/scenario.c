/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"

#include <stdlib.h>

void scenario_release(struct scenario *scenario)
{
	if (!scenario)
		return;
	free(scenario->text);
	scenario->text = NULL;
}
