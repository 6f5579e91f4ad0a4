/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does a release belong on a board? Asked before anything is planned or delivered. Pure. */
#ifndef PLAN_FIT_H
#define PLAN_FIT_H

#include "base/err.h"
#include "board/board.h"
#include "release/release.h"

/*
 * Every module must be for the board's platform and fill the region of its name: same function and
 * index, same start, small enough. ERR_CONFIG with the manifest's file and the module's line.
 */
int release_check_board(const struct release *release, const struct board *board,
			struct err *err) MUST_CHECK;

#endif
