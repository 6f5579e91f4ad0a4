/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The work that speed and agreement are measured with: a released bootloader applies an update. */
#ifndef TESTS_LIB_APPLY_H
#define TESTS_LIB_APPLY_H

#include "campaign/load.h"
#include "vboard/vboard_test.h"

enum {
	APPLY_VECTORS = 0x08020000, /* of the system, where the bootloader jumps when it is done */
	APPLY_CYCLES_MAX = 10 * 120000000, /* ten seconds of the board */
};

/* Loads scenarios/NAME.yaml; -ENOENT without its firmware. Caller: loaded_free(). */
int apply_scenario(const char *name, struct loaded **ret, struct err *err) MUST_CHECK;

/* Loads the smoke scenario of the P1; -ENOENT without its firmware. Caller: loaded_free(). */
int apply_load(struct loaded **ret, struct err *err) MUST_CHECK;

/*
 * Puts the board back to where the update begins (loaded_calibrate() has made that state) and
 * delivers its first part: *ret, which stays the slot's, is about to leave reset and apply it. From
 * then on the board remembers no runs: what is asked of it is executed.
 */
int apply_stage(const struct loaded *loaded, struct vboard **ret, struct err *err) MUST_CHECK;

#endif
