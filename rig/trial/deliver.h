/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delivering parts, with what the trial tries on one of them. Internal to the room. */
#ifndef TRIAL_DELIVER_H
#define TRIAL_DELIVER_H

#include "trial/steps.h"

/* Tried: with the trial's cut, and with what it does to the transfer and to the module. */
enum trial_delivery { TRIAL_CLEAN = 0, TRIAL_TRIED = 1 };

/*
 * Delivers one part to a board that is powered, and waits until it is alive again. STEP_BAD: it did
 * not take the part, runs another one after, or did not come alive. 0, or a negative errno when the
 * rig failed.
 */
int trial_deliver_part(struct trial *trial, const struct delivery_part *part,
		       enum trial_delivery how, enum trial_step *ret, struct err *err) MUST_CHECK;

/* Parts from 'first' (0-based) to the end, on a live board, clean. */
int trial_deliver_rest(struct trial *trial, size_t first, enum trial_step *ret,
		       struct err *err) MUST_CHECK;

/* Has the running board say which module it has in the part's place, where the way can ask. */
int trial_prove(struct trial *trial, const struct delivery_part *part,
		enum delivery_proof_kind *ret, struct err *err) MUST_CHECK;

#endif
