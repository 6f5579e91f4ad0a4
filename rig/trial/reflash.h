/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A board in DFU mode gets the modules of a release written over its USB. */
#ifndef TRIAL_REFLASH_H
#define TRIAL_REFLASH_H

#include "delivery/delivery.h"
#include "release/release.h"
#include "trial/watch.h"

/* What a board is to hold. All borrowed. */
struct reflash {
	const struct release *release;	   /* its modules ... */
	const struct delivery_part *parts; /* ... but for those that these ones replace */
	size_t part_count;
	uint32_t
		erase; /* a page that is erased as well: what waits there is to be forgotten; 0 none
			*/
};

/* What is to be in the place of this module of the release. */
const struct image *reflash_image(const struct reflash *what, const struct release_module *module);

/*
 * Waits for the board's DFU device on the joined USB, writes every module that its layout lets be
 * written (the bootloader is not), and tells it to start. All of it becomes observations.
 * What the board does wrong is observed, not an error.
 */
enum reflash_end {
	REFLASH_UNKNOWN = 0,
	REFLASH_LEFT = 1,   /* it was told to start, with everything written */
	REFLASH_FAILED = 2, /* it did not play along */
	REFLASH_ABSENT = 3, /* its device did not come, or left */
};
int reflash(struct watch *watch, const struct reflash *what, enum reflash_end *ret,
	    struct err *err) MUST_CHECK;

#endif
