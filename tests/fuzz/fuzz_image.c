/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a firmware module. Few of them have a right CRC by chance, so they are tried a
 * second time with the header's end address, the suffix and the CRC put right.
 */
#include "image/image.h"

#include <assert.h>

enum { SUFFIX_BYTES = 40, END_ADDRESS_AT = 4, SUFFIX_SIZE_BACK = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What holds for every module that was accepted. */
static void accept(const struct image *image)
{
	struct image restaged;

	assert(image->crc_stored == image->crc_computed);
	assert(image->header.end - image->header.start + IMAGE_CRC_BYTES == image->len);
	if (image_with_version(image, 7, &restaged, NULL) < 0)
		return;
	assert(restaged.header.version == 7 && restaged.sha_ok && restaged.len == image->len);
	image_release(&restaged);
}

static void parse(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct image image;

	if (image_parse(data, size, &image, &err) < 0) {
		assert(err.kind != ERR_NONE && err.text[0] != '\0');
		return;
	}
	accept(&image);
	image_release(&image);
}

/* Little endian. */
static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void repair(uint8_t *bytes, size_t size)
{
	size_t header = (get32(bytes) & 0x2ff10000) == 0x20000000 ? IMAGE_VECTORS_BYTES : 0;
	uint32_t end;
	uint32_t crc;

	if (size < header + IMAGE_HEADER_BYTES + SUFFIX_BYTES + IMAGE_CRC_BYTES)
		return;
	end = get32(bytes + header) + (uint32_t)size - IMAGE_CRC_BYTES;
	for (int i = 0; i < 4; i++)
		bytes[header + END_ADDRESS_AT + (size_t)i] = (uint8_t)(end >> (8 * i));
	bytes[size - SUFFIX_SIZE_BACK] = SUFFIX_BYTES;
	bytes[size - SUFFIX_SIZE_BACK + 1] = 0;
	crc = hash_crc32(bytes, size - IMAGE_CRC_BYTES);
	for (int i = 0; i < IMAGE_CRC_BYTES; i++)
		bytes[size - 1 - (size_t)i] = (uint8_t)(crc >> (8 * i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	parse(data, size);
	if (size < IMAGE_HEADER_BYTES)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	repair(copy, size);
	parse(copy, size);
	free(copy);
	return 0;
}
