/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CCR.UNALIGN_TRP: every unaligned word or halfword access faults. The inline memory access does
 * not look for it: while the bit is set, instructions are run one by one through here.
 */
#ifndef VBOARD_ALIGN_H
#define VBOARD_ALIGN_H

#include "vboard/state.h"

/* Runs the next instruction, or faults instead of it. */
void align_step(struct vboard *vb);

#endif
