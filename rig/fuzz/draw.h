/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chance in what is done to a transfer: kinds are given, places and numbers are drawn. Pure. */
#ifndef FUZZ_DRAW_H
#define FUZZ_DRAW_H

#include "base/rng.h"
#include "fuzz/acts.h"

/*
 * Draws 'count' acts of the given kinds for a transfer of 'units' units (0 counts as 1), in the
 * order of their units, no kind twice at one unit. 'count' is FUZZ_ACTS_MAX at most, 'kind_count'
 * at least 1. Fewer come out where fewer differ.
 */
void fuzz_acts_draw(const enum fuzz_act_kind *kinds, size_t kind_count, size_t count,
		    uint32_t units, struct rng *rng, struct fuzz_acts *ret);

#endif
