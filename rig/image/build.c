/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/build.h"
#include "base/text.h"
#include "image/fields.h"
#include "image/platform.h"

#include <assert.h>
#include <errno.h>

enum build_limits { WORD_BYTES = 4, FILL_BYTE = 0xff, NAME_MAX_BYTES = 24 };

static bool looks_like_stack(uint32_t word)
{
	return (word & IMAGE_STACK_MASK) == IMAGE_STACK_MATCH;
}

static int check_recipe(const struct image_recipe *recipe, size_t body_len, size_t vectors,
			struct err *err)
{
	uint16_t platform_id = recipe->header.platform_id;

	if (image_platform_generation(platform_id) != IMAGE_GENERATION_2)
		return err_set(err, ERR_CONFIG, -ENOTSUP,
			       "modules for platform %u (%s) cannot be built, only those of Gen 2",
			       platform_id, image_platform_name(platform_id));
	if (body_len <= vectors)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       vectors ? "offset 0x%zx: the body ends in its vector table"
				       : "offset 0x%zx: the body is empty",
			       body_len);
	if (body_len > IMAGE_BYTES_MAX - IMAGE_HEADER_BYTES - IMAGE_TAIL_BYTES - WORD_BYTES)
		return err_set(err, ERR_CONFIG, -EFBIG, "a body of %zu bytes is too large",
			       body_len);
	if (!vectors && looks_like_stack(recipe->header.start))
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "start address 0x%08x looks like a stack pointer: no reader would "
			       "find the header",
			       recipe->header.start);
	if (recipe->header.start > UINT32_MAX - IMAGE_BYTES_MAX)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "start address 0x%08x leaves no room for a module",
			       recipe->header.start);
	return 0;
}

static void write_tail(const struct image_recipe *recipe, uint8_t *bytes, size_t len)
{
	image_put_le16(bytes + len - IMAGE_PRODUCT_BACK, recipe->product_id);
	image_put_le16(bytes + len - IMAGE_PRODUCT_BACK + 2, recipe->product_version);
	image_put_le16(bytes + len - IMAGE_RESERVED_BACK, 0);
	image_put_le16(bytes + len - IMAGE_SUFFIX_SIZE_BACK, IMAGE_SUFFIX_BYTES);
	image_write_sums(bytes, len);
}

int image_build(const struct image_recipe *recipe, const uint8_t *body, size_t body_len,
		uint8_t **ret_bytes, size_t *ret_len, struct err *err)
{
	struct image_header header = recipe->header;
	size_t vectors = 0;
	uint8_t *bytes;
	size_t len;
	int r;

	if (body_len >= WORD_BYTES && looks_like_stack(image_get_le32(body)))
		vectors = IMAGE_VECTORS_BYTES;
	r = check_recipe(recipe, body_len, vectors, err);
	if (r < 0)
		return r;
	len = (body_len + WORD_BYTES - 1) / WORD_BYTES * WORD_BYTES + IMAGE_HEADER_BYTES +
	      IMAGE_TAIL_BYTES;
	bytes = malloc(len);
	if (!bytes)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a module of %zu bytes", len);
	memset(bytes, FILL_BYTE, len);
	memcpy(bytes, body, vectors);
	memcpy(bytes + vectors + IMAGE_HEADER_BYTES, body + vectors, body_len - vectors);
	header.end = header.start + (uint32_t)len - IMAGE_CRC_BYTES;
	image_write_header(bytes + vectors, &header);
	write_tail(recipe, bytes, len);
	*ret_bytes = bytes;
	*ret_len = len;
	return 0;
}

static int bad_dependency(const char *text, struct err *err)
{
	return err_set(err, ERR_USAGE, -EINVAL,
		       "'%s' is not a dependency like system.2:207 (function, index, version)",
		       text);
}

int image_dependency_parse(const char *text, struct image_dependency *ret, struct err *err)
{
	const char *dot = strchr(text, '.');
	const char *colon = dot ? strchr(dot, ':') : NULL;
	struct image_dependency need = { 0 };
	char name[NAME_MAX_BYTES];
	char index[NAME_MAX_BYTES];
	uint64_t value[2] = { 0 };

	if (!colon || (size_t)(dot - text) >= sizeof(name) ||
	    (size_t)(colon - dot - 1) >= sizeof(index))
		return bad_dependency(text, err);
	text_copy(name, (size_t)(dot - text) + 1, text);
	text_copy(index, (size_t)(colon - dot), dot + 1);
	need.function = image_function_from_name(name);
	if (!need.function || text_parse_u64(index, UINT8_MAX, &value[0], NULL) < 0 ||
	    text_parse_u64(colon + 1, UINT16_MAX, &value[1], NULL) < 0)
		return bad_dependency(text, err);
	need.index = (uint8_t)value[0];
	need.version_min = (uint16_t)value[1];
	*ret = need;
	return 0;
}
