/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Released modules of Particle's, as decoded by other tools from the same files. */
#ifndef TESTS_LIB_RELEASED_H
#define TESTS_LIB_RELEASED_H

#include "image/image.h"

struct released {
	const char *file; /* in the firmware cache */
	size_t offset;	  /* of modules embedded in others; 0 = the whole file */
	size_t len;
	size_t header_offset;
	struct image_header header;
	uint32_t crc;
	uint16_t suffix_size;
};

enum { RELEASED_COUNT = 29 };

const struct released *released_module(size_t index);

/* The whole file that 'want' lies in; false when the cache lacks it. Caller frees. */
bool released_read(const struct released *want, uint8_t **ret_bytes, size_t *ret_len);

/* Each field of a header by itself, so that a failure says which. */
void released_expect_header(const struct image_header *got, const struct image_header *want);

#endif
