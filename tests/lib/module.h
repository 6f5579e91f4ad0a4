/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A firmware module made up for a test: valid unless the test damages it. */
#ifndef TESTS_LIB_MODULE_H
#define TESTS_LIB_MODULE_H

#include "image/image.h"

/*
 * Header 'header' (its end address is set here), 'body_bytes' of code (a multiple of 4), and the
 * tail. 'header_offset' is 0 or IMAGE_VECTORS_BYTES. Caller frees; *ret_len is the whole length.
 */
uint8_t *module_make(struct image_header header, size_t header_offset, size_t body_bytes,
		     size_t *ret_len);

/* SHA-256 and CRC made right again after a change. */
void module_seal(uint8_t *bytes, size_t len);

#endif
