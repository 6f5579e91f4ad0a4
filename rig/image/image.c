/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Layout of a module (little endian except the CRC):
 *   [vector table of 0x184 bytes] header of 24 bytes, code ... [product id and version, 4 bytes]
 *   reserved u16, SHA-256, size of the suffix u16 | CRC-32, big endian, at the header's end address
 * The SHA covers everything before itself, the CRC everything before itself.
 */
#include "image/image.h"
#include "image/fields.h"

#include <assert.h>
#include <errno.h>

void image_read_header(const uint8_t *at, struct image_header *ret)
{
	ret->start = image_get_le32(at + IMAGE_AT_START);
	ret->end = image_get_le32(at + IMAGE_AT_END);
	ret->flags = at[IMAGE_AT_FLAGS];
	ret->version = image_get_le16(at + IMAGE_AT_VERSION);
	ret->platform_id = image_get_le16(at + IMAGE_AT_PLATFORM);
	ret->function = at[IMAGE_AT_FUNCTION];
	ret->index = at[IMAGE_AT_INDEX];
	for (int i = 0; i < IMAGE_DEPENDENCY_COUNT; i++) {
		const uint8_t *dep = at + IMAGE_AT_DEPENDENCY + i * IMAGE_DEPENDENCY_BYTES;

		ret->dependency[i].function = dep[0];
		ret->dependency[i].index = dep[1];
		ret->dependency[i].version_min = image_get_le16(dep + 2);
	}
}

void image_write_header(uint8_t *at, const struct image_header *header)
{
	image_put_le32(at + IMAGE_AT_START, header->start);
	image_put_le32(at + IMAGE_AT_END, header->end);
	at[IMAGE_AT_RESERVED] = 0;
	at[IMAGE_AT_FLAGS] = header->flags;
	image_put_le16(at + IMAGE_AT_VERSION, header->version);
	image_put_le16(at + IMAGE_AT_PLATFORM, header->platform_id);
	at[IMAGE_AT_FUNCTION] = header->function;
	at[IMAGE_AT_INDEX] = header->index;
	for (int i = 0; i < IMAGE_DEPENDENCY_COUNT; i++) {
		uint8_t *dep = at + IMAGE_AT_DEPENDENCY + i * IMAGE_DEPENDENCY_BYTES;

		dep[0] = header->dependency[i].function;
		dep[1] = header->dependency[i].index;
		image_put_le16(dep + 2, header->dependency[i].version_min);
	}
}

/* The header's idea of the length against 'len'. */
static int image_check_length(const struct image *image, struct err *err)
{
	const struct image_header *header = &image->header;
	uint64_t told;

	if (header->end <= header->start)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "offset 0x%zx: end address 0x%08x is not above start 0x%08x",
			       image->header_offset + IMAGE_AT_END, header->end, header->start);
	told = (uint64_t)(header->end - header->start) + IMAGE_CRC_BYTES;
	if (told < image->header_offset + IMAGE_HEADER_BYTES + IMAGE_TAIL_BYTES_MIN)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "offset 0x%zx: end address 0x%08x leaves no room for a module",
			       image->header_offset + IMAGE_AT_END, header->end);
	if (told > image->len)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "offset 0x%zx: the header tells of %llu bytes, there are only %zu",
			       image->header_offset + IMAGE_AT_END, (unsigned long long)told,
			       image->len);
	if (told < image->len)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "offset 0x%llx: %llu bytes after the module's end",
			       (unsigned long long)told, (unsigned long long)(image->len - told));
	return 0;
}

static int image_check_tail(struct image *image, struct err *err)
{
	size_t crc_at = image->len - IMAGE_CRC_BYTES;
	size_t size_at = image->len - IMAGE_SUFFIX_SIZE_BACK;
	size_t sha_at = image->len - IMAGE_SHA_BACK;
	uint8_t sha[SHA256_BYTES];

	image->crc_stored = image_get_be32(image->bytes + crc_at);
	image->crc_computed = hash_crc32(image->bytes, crc_at);
	if (image->crc_stored != image->crc_computed)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "offset 0x%zx: CRC is %08x, the bytes before give %08x", crc_at,
			       image->crc_stored, image->crc_computed);
	image->suffix_size = image_get_le16(image->bytes + size_at);
	if (image->suffix_size < IMAGE_SUFFIX_BYTES_MIN ||
	    image->suffix_size > crc_at - image->header_offset - IMAGE_HEADER_BYTES)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "offset 0x%zx: a suffix of %u bytes is impossible", size_at,
			       image->suffix_size);
	memcpy(image->sha_stored, image->bytes + sha_at, SHA256_BYTES);
	hash_sha256(image->bytes, sha_at, sha);
	image->sha_ok = memcmp(sha, image->sha_stored, SHA256_BYTES) == 0;
	return 0;
}

/* Fills everything but bytes and len, which are there. */
static int image_decode(struct image *image, struct err *err)
{
	size_t needed = IMAGE_HEADER_BYTES + IMAGE_TAIL_BYTES_MIN;
	int r;

	image->header_offset = 0;
	if (image->len >= sizeof(uint32_t) &&
	    (image_get_le32(image->bytes) & IMAGE_STACK_MASK) == IMAGE_STACK_MATCH)
		image->header_offset = IMAGE_VECTORS_BYTES;
	if (image->len < image->header_offset + needed)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "offset 0x%zx: too short for a module with its header at 0x%zx",
			       image->len, image->header_offset);
	image_read_header(image->bytes + image->header_offset, &image->header);
	r = image_check_length(image, err);
	if (r < 0)
		return r;
	return image_check_tail(image, err);
}

static int image_copy_bytes(const uint8_t *bytes, size_t len, struct image *ret, struct err *err)
{
	ret->bytes = malloc(len ? len : 1);
	if (!ret->bytes)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a module of %zu bytes", len);
	memcpy(ret->bytes, bytes, len);
	ret->len = len;
	return 0;
}

int image_parse(const uint8_t *bytes, size_t len, struct image *ret, struct err *err)
{
	struct image image = { 0 };
	int r;

	if (len > IMAGE_BYTES_MAX)
		return err_set(err, ERR_CONFIG, -EFBIG,
			       "offset 0x%zx: larger than any module can be",
			       (size_t)IMAGE_BYTES_MAX);
	r = image_copy_bytes(bytes, len, &image, err);
	if (r < 0)
		return r;
	r = image_decode(&image, err);
	if (r < 0) {
		image_release(&image);
		return r;
	}
	*ret = image;
	return 0;
}

void image_release(struct image *image)
{
	if (!image)
		return;
	free(image->bytes);
	image->bytes = NULL;
	image->len = 0;
}

void image_write_crc(uint8_t *bytes, size_t len)
{
	size_t crc_at = len - IMAGE_CRC_BYTES;

	image_put_be32(bytes + crc_at, hash_crc32(bytes, crc_at));
}

void image_write_sums(uint8_t *bytes, size_t len)
{
	size_t sha_at = len - IMAGE_SHA_BACK;

	hash_sha256(bytes, sha_at, bytes + sha_at);
	image_write_crc(bytes, len);
}

int image_seal(uint8_t *bytes, size_t len, struct err *err)
{
	struct image image;
	int r;

	if (len < IMAGE_TAIL_BYTES_MIN)
		return err_set(err, ERR_CONFIG, -EINVAL, "offset 0x%zx: too short for a module",
			       len);
	image_write_sums(bytes, len);
	r = image_parse(bytes, len, &image, err);
	if (r == 0)
		image_release(&image);
	return r;
}

int image_with_version(const struct image *image, uint16_t version, struct image *ret,
		       struct err *err)
{
	struct image copy = *image;
	int r = image_copy_bytes(image->bytes, image->len, &copy, err);

	if (r < 0)
		return r;
	image_put_le16(copy.bytes + copy.header_offset + IMAGE_AT_VERSION, version);
	image_write_sums(copy.bytes, copy.len);
	r = image_decode(&copy, err);
	assert(r == 0); /* only the version, the SHA and the CRC changed */
	*ret = copy;
	return r;
}

const char *image_function_name(uint8_t function)
{
	static const char *const names[IMAGE_FUNCTION_COUNT] = {
		[IMAGE_FUNCTION_NONE] = "none",
		[IMAGE_FUNCTION_RESOURCE] = "resource",
		[IMAGE_FUNCTION_BOOTLOADER] = "bootloader",
		[IMAGE_FUNCTION_MONOLITHIC] = "monolithic",
		[IMAGE_FUNCTION_SYSTEM] = "system",
		[IMAGE_FUNCTION_USER] = "user",
		[IMAGE_FUNCTION_SETTINGS] = "settings",
		[IMAGE_FUNCTION_NCP] = "ncp",
		[IMAGE_FUNCTION_RADIO_STACK] = "radio-stack",
	};

	return function < IMAGE_FUNCTION_COUNT && names[function] ? names[function] : "unknown";
}

uint8_t image_function_from_name(const char *name)
{
	for (uint8_t i = IMAGE_FUNCTION_NONE + 1; i < IMAGE_FUNCTION_COUNT; i++)
		if (strcmp(name, image_function_name(i)) == 0 && strcmp(name, "unknown") != 0)
			return i;
	return IMAGE_FUNCTION_NONE;
}
