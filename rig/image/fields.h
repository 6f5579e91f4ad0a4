/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of rig/image: where a module's fields lie, and how numbers are read and written.
 * Little endian, but for the CRC.
 */
#ifndef IMAGE_FIELDS_H
#define IMAGE_FIELDS_H

#include "image/image.h"

enum image_header_fields {
	IMAGE_AT_START = 0,
	IMAGE_AT_END = 4,
	IMAGE_AT_RESERVED = 8, /* on Gen 3 the processor it is for */
	IMAGE_AT_FLAGS = 9,
	IMAGE_AT_VERSION = 10,
	IMAGE_AT_PLATFORM = 12,
	IMAGE_AT_FUNCTION = 14,
	IMAGE_AT_INDEX = 15,
	IMAGE_AT_DEPENDENCY = 16,
	IMAGE_DEPENDENCY_BYTES = 4,
	IMAGE_DEPENDENCY_COUNT = 2,
};

enum image_tail {
	IMAGE_SUFFIX_SIZE_BYTES = 2,
	IMAGE_SUFFIX_BYTES_MIN = 36, /* reserved, SHA-256, size */
	IMAGE_SUFFIX_BYTES = 40,     /* with the product's numbers */
	/* from the end of the module */
	IMAGE_SUFFIX_SIZE_BACK = IMAGE_CRC_BYTES + IMAGE_SUFFIX_SIZE_BYTES,
	IMAGE_SHA_BACK = IMAGE_SUFFIX_SIZE_BACK + SHA256_BYTES,
	IMAGE_RESERVED_BACK = IMAGE_SHA_BACK + 2,
	IMAGE_PRODUCT_BACK = IMAGE_RESERVED_BACK + 4, /* id, then version */
	IMAGE_TAIL_BYTES_MIN = IMAGE_CRC_BYTES + IMAGE_SUFFIX_BYTES_MIN,
	IMAGE_TAIL_BYTES = IMAGE_CRC_BYTES + IMAGE_SUFFIX_BYTES,
};

/* A first word that looks like a stack pointer into the RAM: a vector table leads. */
#define IMAGE_STACK_MASK  0x2ff10000u
#define IMAGE_STACK_MATCH 0x20000000u

static inline uint16_t image_get_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t image_get_le32(const uint8_t *p)
{
	return (uint32_t)image_get_le16(p) | (uint32_t)image_get_le16(p + 2) << 16;
}

static inline uint32_t image_get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void image_put_le16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)value;
	p[1] = (uint8_t)(value >> 8);
}

static inline void image_put_le32(uint8_t *p, uint32_t value)
{
	image_put_le16(p, (uint16_t)value);
	image_put_le16(p + 2, (uint16_t)(value >> 16));
}

static inline void image_put_be32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The header at 'at', of IMAGE_HEADER_BYTES. */
void image_read_header(const uint8_t *at, struct image_header *ret);

/* The other way round; the reserved byte becomes 0. */
void image_write_header(uint8_t *at, const struct image_header *header);

/* The CRC of the module in these bytes, which are IMAGE_CRC_BYTES or more. */
void image_write_crc(uint8_t *bytes, size_t len);

/* SHA-256 and CRC of the module in these bytes, which are IMAGE_TAIL_BYTES_MIN or more. */
void image_write_sums(uint8_t *bytes, size_t len);

#endif
