/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Released firmware for flow tests. It is fetched, never kept in the repository: where it is not
 * in the cache, a test is skipped visibly.
 */
#ifndef TESTS_LIB_FIRMWARE_H
#define TESTS_LIB_FIRMWARE_H

#include "campaign/load.h"
#include "vboard/vboard.h"

/* Loads the scenario scenarios/smoke/NAME.yaml; NULL when its firmware is not there. */
struct loaded *firmware_scenario(const char *name);

/* The same of scenarios/FOLDER/NAME.yaml. */
struct loaded *firmware_scenario_in(const char *folder, const char *name);

/* Loads the release of that name; false when its firmware is not there. Caller releases. */
bool firmware_release(const char *name, struct release *ret);

/* Puts all modules of a release into a board's flash. */
void firmware_install(struct vboard *vb, const struct release *release);

/* How often a long loop runs: 'full', or 'small' where FLOW_SCALE=small asks for it. */
unsigned int flow_scale(unsigned int full, unsigned int small);

#endif
