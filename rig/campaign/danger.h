/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a trial may not do to a board, because it could not be put right again: to any of the slots
 * that it may run on. */
#ifndef CAMPAIGN_DANGER_H
#define CAMPAIGN_DANGER_H

#include "campaign/load.h"

/* The first of those slots that has no programmer; NULL: none. Virtual boards can be mended. */
const struct bench_slot *danger_slot(const struct loaded *loaded);

/* Why the act can destroy the board; NULL: it cannot, by this way or in this slot. */
const char *danger_of_act(const struct loaded *loaded, enum fuzz_act_kind kind);

/* Why the part's module, changed so, can. ERR_CONFIG for a module that is none. */
int danger_of_mutation(const struct loaded *loaded, const struct image_mutation *mutation,
		       const struct delivery_part *part, const char **ret,
		       struct err *err) MUST_CHECK;

/* Refuses a trial that does either: ERR_CONFIG with the reason. Its part must be one there is. */
int danger_check(const struct loaded *loaded, const struct trial_spec *spec,
		 struct err *err) MUST_CHECK;

#endif
