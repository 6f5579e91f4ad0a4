/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario of the project run from its file to the gate, for flow tests. */
#ifndef TESTS_LIB_FLOW_H
#define TESTS_LIB_FLOW_H

#include "campaign/campaign.h"
#include "results/gate.h"

struct flow {
	struct loaded *loaded;
	struct store *store;
	struct store_attempt *attempts;
	size_t count;
	struct gate_result gate; /* by the default policy */
};

/* Runs scenarios/FOLDER/NAME.yaml. False: its firmware is not there. flow_release() after. */
bool flow_run(const char *folder, const char *name, unsigned int trials, unsigned int jobs,
	      struct flow *ret);
void flow_release(struct flow *flow);

/* Cut trials whose phase is, or begins with, 'phase'; of them, those with that outcome (-1: all).
 */
unsigned int flow_count(const struct flow *flow, const char *phase, int outcome);

/* All five controls ended well. */
void flow_check_controls(const struct flow *flow);

/* So did every cut trial. */
void flow_check_all_good(const struct flow *flow);

#endif
