/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which modules an update consists of, and in which order they go, worked out from the images. */
#ifndef CAMPAIGN_PARTS_H
#define CAMPAIGN_PARTS_H

#include "delivery/delivery.h"
#include "release/release.h"
#include "scenario/scenario.h"

/*
 * Fills the parts of a scenario that names none: every module of 'to' that 'from' has not, in an
 * order in which each finds what it needs (image/order.h); without a bootloader when 'delivery'
 * cannot bring one. ERR_CONFIG naming the scenario when the
 * releases have the same modules, when the needs are circular, or cannot be met.
 */
int parts_choose(struct scenario *scenario, const struct delivery *delivery,
		 const struct release *from, const struct release *to, struct err *err) MUST_CHECK;

#endif
