/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loops that only wait are not run turn by turn: what they would have done is worked out. The state
 * afterwards is the one that running every turn gives, cycle counts included.
 */
#ifndef VBOARD_SPIN_H
#define VBOARD_SPIN_H

#include "vboard/state.h"

/*
 * If the core is in a loop that waits, moves it on to the last turn that begins before 'until' (no
 * event may be due before that). Executes some instructions in any case. Returns true when it
 * skipped.
 */
bool spin_skip(struct vboard *vb, uint64_t until);

#endif
