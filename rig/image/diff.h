/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where two modules for the same place differ, as a board sees it: by address. */
#ifndef IMAGE_DIFF_H
#define IMAGE_DIFF_H

#include "image/inspect.h"

/* A module and its bytes, borrowed. */
struct image_side {
	const uint8_t *bytes;
	const struct image_inspection *inspection;
};

struct image_diff {
	bool differs;
	bool elsewhere; /* they begin at different addresses: nothing more is compared */
	size_t bytes;	/* that differ, as far as both go */
	size_t words;	/* of 4 bytes, the same */
	size_t rest;	/* bytes by which one is longer */
	size_t sectors; /* erased together, with any difference or part of the rest */
	/* where a board that can be read from outside tells the two apart first */
	size_t offset;
	uint32_t address;    /* of that byte */
	uint32_t word;	     /* its address rounded down to 4 */
	uint32_t word_of[2]; /* what is there; bytes after a module's end are 0xff, as if erased */
};

/* Compares all that was given of both, also what follows the modules' ends. */
void image_diff(const struct image_side *a, const struct image_side *b, struct image_diff *ret);

#endif
