/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module from a raw body. Gen 2 only: what Gen 3 wants in a tail is not known here. */
#ifndef IMAGE_BUILD_H
#define IMAGE_BUILD_H

#include "image/image.h"

enum image_build_limits { IMAGE_NO_PRODUCT = 0xffff };

struct image_recipe {
	struct image_header header; /* all but 'end' */
	uint16_t product_id;	    /* IMAGE_NO_PRODUCT = none */
	uint16_t product_version;
};

/*
 * Header, body, tail, sums. When the body begins with a vector table (its first word looks like a
 * stack pointer) the header comes after the 0x184 bytes of it, and what follows them is moved up by
 * the 24 bytes of the header: it must have been linked so. The body is filled up with 0xff to a
 * multiple of 4, for bootloaders copy words. Caller frees *ret_bytes. ERR_CONFIG when the platform
 * is not of Gen 2, when the body is empty, too large or ends in its vector table, and when the
 * start address would make a reader look for the header elsewhere.
 */
int image_build(const struct image_recipe *recipe, const uint8_t *body, size_t body_len,
		uint8_t **ret_bytes, size_t *ret_len, struct err *err) MUST_CHECK;

/* "system.2:207": function, index, lowest version. ERR_USAGE. */
int image_dependency_parse(const char *text, struct image_dependency *ret,
			   struct err *err) MUST_CHECK;

#endif
