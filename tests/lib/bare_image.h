/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bare-metal programs of tests/bare on a virtual board, and what they report. */
#ifndef TESTS_LIB_BARE_IMAGE_H
#define TESTS_LIB_BARE_IMAGE_H

#include "bare/report.h"
#include "vboard/vboard_test.h"

struct bare_image {
	const char *name; /* tests/bare/NAME.c */
	const uint8_t *bytes;
	size_t len;
	uint32_t rows; /* checks it reports; 0: depends on the host */
};

enum { BARE_IMAGES = 6, BARE_IMAGE_CYCLES = 3000000 /* more than any of them takes */ };

/* By number below BARE_IMAGES. */
const struct bare_image *bare_image(int number);
/* By name, which must be there. */
const struct bare_image *bare_image_named(const char *name);

/* A board that was powered with the program in its flash, and has not run yet. */
struct vboard *bare_image_board(const struct bare_image *image);

/* Copies the report out of RAM. */
void bare_image_report(const struct vboard *vb, struct report *ret);

/* Asserts that all rows there are hold, and that there are as many as there must be. */
void bare_image_check_rows(const struct bare_image *image, const struct report *report);

#endif
