/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dynamic libraries of a module: facts, and module_system_part2_export of the public linker files.
 */
#include "image/image.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* The word at 'address' inside the module. */
static int read_word(const struct image *image, uint64_t address, uint32_t *ret, struct err *err)
{
	uint64_t offset = address - image->header.start;

	if (address < image->header.start || offset + 4 > image->len)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "the export table leads to 0x%08" PRIx64 ", outside the module",
			       address);
	memcpy(ret, image->bytes + offset, 4);
	return 0;
}

int image_export(const struct image *image, uint32_t library, uint32_t function,
		 uint32_t *ret_address, struct err *err)
{
	uint64_t table = (uint64_t)image->header.start + image->header_offset + IMAGE_HEADER_BYTES;
	uint32_t functions = 0;
	uint32_t address = 0;
	uint32_t word;
	int r = read_word(image, table + 4ull * library, &functions, err);

	if (r == 0)
		r = read_word(image, functions + 4ull * function, &address, err);
	if (r == 0)
		r = read_word(image, address & ~1u, &word, err);
	if (r < 0)
		return r;
	if (!(address & 1))
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "export %" PRIu32 ".%" PRIu32 " at 0x%08" PRIx32 " has no Thumb bit",
			       library, function, address);
	*ret_address = address;
	return 0;
}
