/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Virtual slots with a wrapper in front, for the suites that ask every backend. A test is played
 * back by running it twice in one process: recorded, then from the records.
 */
#ifndef TESTS_LIB_WRAPPED_H
#define TESTS_LIB_WRAPPED_H

#include "bench/slot.h"

struct vboard;

enum wrapped {
	WRAPPED_NOT = 0,
	WRAPPED_FAULT = 1,  /* at which nothing fails */
	WRAPPED_RECORD = 2, /* into a file of the test's */
	WRAPPED_REPLAY = 3, /* of what was recorded */
};

/* Puts the wrapper in front of a slot that is open; with WRAPPED_REPLAY, in its place. */
void wrapped_put(enum wrapped how, struct slot *slot);

/* The slots of a recording or a play-back are counted from here on. */
void wrapped_begin(void);

/* What a test saw behind the bench's back: kept when recorded; when played back, it is what was
 * kept, in the same order. */
void wrapped_peeked(enum wrapped how, void *bytes, size_t len);

#endif
