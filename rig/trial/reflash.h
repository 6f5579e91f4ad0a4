/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A board in DFU mode gets the modules of a release written over its USB. */
#ifndef TRIAL_REFLASH_H
#define TRIAL_REFLASH_H

#include "release/release.h"
#include "trial/watch.h"

/*
 * Waits for the board's DFU device on the joined USB, writes every module of 'release' that its
 * layout lets be written (the bootloader is not), and tells it to start. All of it becomes
 * observations. *ret_left: it was told to start, with everything written. What the board does wrong
 * is observed, not an error.
 */
int reflash(struct watch *watch, const struct release *release, bool *ret_left,
	    struct err *err) MUST_CHECK;

#endif
