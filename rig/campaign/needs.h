/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a scenario and its trials need of slots: told from the bench file before anything is opened,
 * and once more from what was opened, for a hub may turn out to be one that cannot cut.
 */
#ifndef CAMPAIGN_NEEDS_H
#define CAMPAIGN_NEEDS_H

#include "campaign/load.h"

/*
 * Every slot that the trials may run on, by its bench file: wiring, limits, and whether what is
 * done on purpose can destroy its board. ERR_CONFIG with the scenario's file and line. Virtual
 * slots have nothing to be asked before they are open.
 */
int needs_check(const struct loaded *loaded, struct err *err) MUST_CHECK;

/* The slot that is open. ERR_CONFIG. */
int needs_check_open(const struct loaded *loaded, struct err *err) MUST_CHECK;

/*
 * One trial, which may be of another bench's or of a corpus: whether its part is there, its acts
 * are known to the way, and the slots can do it without danger for their boards. ERR_CONFIG with
 * the reason; 'loaded' is prepared at least.
 */
int needs_check_trial(const struct loaded *loaded, const struct trial_spec *spec,
		      struct err *err) MUST_CHECK;

#endif
