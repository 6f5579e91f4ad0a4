/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A firmware module of the Particle Gen 2 family: header, dependencies, SHA-256, CRC.
 * Format and its evidence: docs/architecture.md "Module format"; facts section 1.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/err.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum image_function {
	IMAGE_FUNCTION_NONE = 0,
	IMAGE_FUNCTION_RESOURCE = 1,
	IMAGE_FUNCTION_BOOTLOADER = 2,
	IMAGE_FUNCTION_MONOLITHIC = 3,
	IMAGE_FUNCTION_SYSTEM = 4,
	IMAGE_FUNCTION_USER = 5,
	IMAGE_FUNCTION_SETTINGS = 6,
	IMAGE_FUNCTION_NCP = 7,		/* Gen 3: the radio's processor */
	IMAGE_FUNCTION_RADIO_STACK = 8, /* Gen 3 */
	IMAGE_FUNCTION_COUNT = 10,
};

enum image_limits {
	IMAGE_HEADER_BYTES = 24,
	IMAGE_VECTORS_BYTES = 0x184, /* 97 vectors: where the header is when a vector table leads */
	IMAGE_CRC_BYTES = 4,
	IMAGE_BYTES_MAX = 1024 * 1024,
};

struct image_dependency {
	uint8_t function; /* 0 = none */
	uint8_t index;
	uint16_t version_min;
};

struct image_header {
	uint32_t start;
	uint32_t end; /* exclusive; the CRC word lies here */
	uint8_t flags;
	uint16_t version;
	uint16_t platform_id;
	uint8_t function; /* enum image_function, or a number not known here */
	uint8_t index;
	struct image_dependency dependency[2];
};

struct image {
	uint8_t *bytes; /* owned: the module from header start to CRC inclusive */
	size_t len;
	size_t header_offset;
	struct image_header header;
	uint32_t crc_stored;
	uint32_t crc_computed;
	uint16_t suffix_size;
	uint8_t sha_stored[SHA256_BYTES];
	bool sha_ok;
};

/*
 * Parses 'len' bytes (copied). Trailing bytes after the CRC are refused. ERR_CONFIG naming the byte
 * offset of what is wrong: too short, header out of range, length that lies, CRC that differs.
 */
int image_parse(const uint8_t *bytes, size_t len, struct image *ret, struct err *err) MUST_CHECK;

void image_release(struct image *image);

/*
 * Makes the SHA-256 and the CRC at the end of a module right, in place: for one that was just
 * built. ERR_CONFIG naming the byte offset when it is no module even so.
 */
int image_seal(uint8_t *bytes, size_t len, struct err *err) MUST_CHECK;

/* A copy with another module version, SHA-256 and CRC made right again. Caller releases *ret. */
int image_with_version(const struct image *image, uint16_t version, struct image *ret,
		       struct err *err) MUST_CHECK;

/* One word for a function code: "bootloader", "system", "user" ...; "unknown" else. */
const char *image_function_name(uint8_t function);

/* The other way round; IMAGE_FUNCTION_NONE when there is no such function. */
uint8_t image_function_from_name(const char *name);

#endif
