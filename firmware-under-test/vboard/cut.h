/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The armed cut: when it falls, and what happens then. Internal. */
#ifndef VBOARD_CUT_H
#define VBOARD_CUT_H

#include "vboard/state.h"

/* The armed cut is commanded at 'cycle': now, or inside the flash operation that runs. */
void board_cut(struct vboard *vb, uint64_t cycle);

/* The chip is off because of it: the listener is told, and the run ends. */
void cut_happened(struct vboard *vb);

/* The cycle at which an armed cut by time or instruction falls, if no operation comes between. */
uint64_t cut_at_cycle(const struct vboard *vb);

/* Whether one by time or instruction is to fall now. */
bool cut_is_due(const struct vboard *vb);

#endif
