/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One part of an update delivered as trials do it, for tests that look at what comes after. */
#ifndef TESTS_LIB_DELIVER_H
#define TESTS_LIB_DELIVER_H

#include "trial/trial.h"

/* Brings the running board to where the delivery begins. Fails the test when it does not get there.
 */
void deliver_prepare(const struct trial_setup *setup, const struct delivery_part *part);

/* Sends it. How it ended; fails the test when the rig does. */
enum delivery_result deliver_send(const struct trial_setup *setup,
				  const struct delivery_part *part);

/* Both; the same, without Check: 0 or a negative errno. */
int deliver_part(const struct trial_setup *setup, const struct delivery_part *part,
		 struct err *err);

#endif
