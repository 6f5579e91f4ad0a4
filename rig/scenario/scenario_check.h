/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of scenario: what its values say wrong together, once each of them alone is right. */
#ifndef SCENARIO_SCENARIO_CHECK_H
#define SCENARIO_SCENARIO_CHECK_H

#include "base/yaml.h"
#include "scenario/scenario.h"

/* ERR_CONFIG with the file of 'doc' and the line of the value. */
int scenario_check(const struct yaml_doc *doc, const struct scenario *scenario,
		   struct err *err) MUST_CHECK;

#endif
