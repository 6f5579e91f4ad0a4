/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A module looked at with patience: also one that is damaged, or of a family that this program
 * cannot drive. image_parse() (image/image.h) is for modules that will be used; this is for people.
 */
#ifndef IMAGE_INSPECT_H
#define IMAGE_INSPECT_H

#include "image/platform.h"

enum image_inspect_limits {
	IMAGE_EMBEDDED_MAX = 4,
	IMAGE_FINDINGS_MAX = 24,
	IMAGE_FINDING_TEXT_MAX = 160,
	IMAGE_VECTORS_BYTES_GEN3 = 0x200, /* where the header is on Gen 3 when vectors lead */
	IMAGE_SEARCH_BYTES = 8192,	  /* how far into a file a header is looked for */
};

/* A bootloader found inside of a module: older systems carry one and install it at their start. */
struct image_embedded {
	size_t offset;	      /* of its first byte in the file */
	size_t len;	      /* CRC included */
	size_t header_offset; /* in the file too */
	struct image_header header;
	uint32_t crc_stored;
	uint32_t crc_computed;
};

struct image_inspection {
	size_t len; /* of all that was given */
	size_t header_offset;
	struct image_header header;
	uint8_t reserved; /* on Gen 3 the processor it is for */
	uint64_t told;	  /* length that the header tells, CRC included; 0 = end not above start */
	size_t tail_at;	  /* the CRC's offset; 0 = the module's end is not there */

	bool has_vectors;
	uint32_t stack;
	uint32_t reset;

	/* only when 'tail_at' is set */
	uint32_t crc_stored;
	uint32_t crc_computed;
	uint16_t suffix_size;
	uint8_t sha_stored[SHA256_BYTES];
	uint8_t sha_computed[SHA256_BYTES];
	bool has_product; /* the suffix is large enough to hold the two numbers */
	uint16_t product_id;
	uint16_t product_version;
	bool whole_file_crc; /* the CRC is right at the end of the file, which is elsewhere */

	struct image_embedded embedded[IMAGE_EMBEDDED_MAX];
	size_t embedded_count; /* those that there is room for */
};

/* One thing that is wrong, and where. */
struct image_finding {
	size_t offset;
	char text[IMAGE_FINDING_TEXT_MAX];
};

struct image_findings {
	struct image_finding items[IMAGE_FINDINGS_MAX];
	size_t count;
};

/*
 * Decodes as much as can be decoded of 'len' bytes (borrowed for the call; *ret has no heap). The
 * header is looked for where the first word says, then at 0, 0x184 and 0x200, then in the first
 * IMAGE_SEARCH_BYTES. ERR_CONFIG when there is nothing that looks like a header.
 */
int image_inspect(const uint8_t *bytes, size_t len, struct image_inspection *ret,
		  struct err *err) MUST_CHECK;

/* Both sums are right and the length is what the header tells. */
bool image_inspection_is_whole(const struct image_inspection *inspection);

/*
 * The strict rules: length, sums, suffix, flags, platform, place in flash for function and index,
 * dependencies that make sense, reset vector. 'want' is the platform it must be for, NULL = any
 * that is known. *ret is empty when all is right.
 */
void image_verify(const struct image_inspection *inspection, const struct image_platform *want,
		  struct image_findings *ret);

#endif
