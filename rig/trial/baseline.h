/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bringing a board into a known state. Internal to the room. */
#ifndef TRIAL_BASELINE_H
#define TRIAL_BASELINE_H

#include "trial/steps.h"

/*
 * The board holds the old release with the first 'parts' parts of the update installed, and its
 * power is off. A slot that keeps states puts one back; on any other the modules are written over
 * DFU, the board is started once, and what waited in its staging region is gone. A board that does
 * not come to that is written by the slot's programmer, where it has one, bootloader and all; a
 * note says so. ERR_RIG when neither helps.
 */
int trial_to_state(struct trial *trial, size_t parts, struct err *err) MUST_CHECK;

#endif
