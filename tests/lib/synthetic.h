/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A made-up run for tests of the store and of what reads it: same number in, same bytes out. */
#ifndef TESTS_LIB_SYNTHETIC_H
#define TESTS_LIB_SYNTHETIC_H

#include "results/store.h"

/* A two-part update with four phases each; texts are literals, not for store_run_free(). */
struct store_run synthetic_run(void);
void synthetic_calib(struct calib *ret);

/* Trial 'number' of the run: every 50th is a control, the others cut by time, operation or
 * instruction in turn. */
struct trial_spec synthetic_spec(uint64_t number);

/* What trial 'number' ended with: mostly good, some bad, some void. */
void synthetic_verdict(const struct trial_spec *spec, struct verdict *ret);

/* 'count' observations of every kind in turn, appended. */
void synthetic_log(const struct trial_spec *spec, size_t count, struct obs_log *log);

/* Stores a whole run of 'trials' with 'observations' each; 0 or a negative errno. */
int synthetic_store(struct store *store, uint64_t trials, size_t observations);

#endif
