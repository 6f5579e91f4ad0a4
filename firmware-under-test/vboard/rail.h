/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The supply rail and what watches it: power-on and power-down reset, brown-out reset, the
 * programmable voltage detector. RM0033 section 4.2; levels: DS6329, "Embedded reset and power
 * control block characteristics", typical. Internal.
 */
#ifndef VBOARD_RAIL_H
#define VBOARD_RAIL_H

#include "vboard/state.h"

enum rail_levels_mv {
	RAIL_OPERATING_MV = 1800, /* lowest VDD that is specified, and for x8 flash operations */
	RAIL_POWER_DOWN_MV = 1680,
	RAIL_POWER_ON_MV = 1720,
};

/* Level at 'cycle', which is not before the ramp's begin by more than one operation. */
uint32_t rail_mv(const struct vboard *vb, uint64_t cycle);

/* Cycle at which something crosses a threshold next, UINT64_MAX when the rail rests. */
uint64_t rail_next(const struct vboard *vb);

/* All that crossed a threshold by now: resets, flags, the end of power. */
void rail_run(struct vboard *vb);

/* The supply is switched off at 'cycle', now or inside the flash operation that runs. */
void rail_switch_off(struct vboard *vb, uint64_t cycle, bool by_cut);

/* Cycle at which the falling rail will reset the chip, UINT64_MAX when it does not fall. */
uint64_t rail_dies(const struct vboard *vb);

/* The supply is gone at once, whatever its fall time. */
void rail_drop(struct vboard *vb);

/* PWR_CR was written: the detector may be on, or look at another level. */
void rail_detector_changed(struct vboard *vb);

#endif
