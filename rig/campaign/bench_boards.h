/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a bench file says of boards, beside what their profiles say. */
#ifndef CAMPAIGN_BENCH_BOARDS_H
#define CAMPAIGN_BENCH_BOARDS_H

#include "bench/bench.h"

/*
 * Fills in what the slots' board profiles know and a bench file does not say: the USB ids by which
 * a board is told from anything else that is plugged in. ERR_CONFIG with the bench file's line for
 * a board that has no profile, with the profile's for one that is wrong.
 */
int bench_boards_fill(struct bench *bench, struct err *err) MUST_CHECK;

#endif
