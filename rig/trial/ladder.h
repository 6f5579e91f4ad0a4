/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recovery ladder: rung by rung, what is done to a board to bring it back. Internal to the
 * room. */
#ifndef TRIAL_LADDER_H
#define TRIAL_LADDER_H

#include "trial/steps.h"

/*
 * Climbs until a rung leaves a board that is alive twice in a row: *ret_alive. 0, or a negative
 * errno when the rig failed.
 */
int trial_recover(struct trial *trial, bool *ret_alive, struct err *err) MUST_CHECK;

/* SETUP held over a reset. *ret_there: the board shows its DFU mode and stays in it. Press says
 * nothing of it, enter does. */
int trial_press_dfu(struct trial *trial, bool *ret_there, struct err *err) MUST_CHECK;
int trial_enter_dfu(struct trial *trial, bool *ret_there, struct err *err) MUST_CHECK;

#endif
