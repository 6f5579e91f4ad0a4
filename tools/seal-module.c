/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seal-module FILE: makes SHA-256 and CRC of the module in the file right, in place. */
#include "base/file.h"
#include "image/image.h"

#include <stdio.h>

static int fail(const char *path, const char *text)
{
	fprintf(stderr, "seal-module: %s: %s\n", path, text);
	return 2;
}

int main(int argc, char **argv)
{
	AUTO_FREE uint8_t *bytes = NULL;
	struct err err = ERR_INIT;
	size_t len = 0;
	FILE *file;

	if (argc != 2)
		return fail("usage", "seal-module FILE");
	if (file_read(argv[1], IMAGE_BYTES_MAX, &bytes, &len, &err) < 0 ||
	    image_seal(bytes, len, &err) < 0)
		return fail(argv[1], err.text);
	file = fopen(argv[1], "wb");
	if (!file)
		return fail(argv[1], "cannot be written");
	if (fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
		return fail(argv[1], "was not written whole");
	return 0;
}
