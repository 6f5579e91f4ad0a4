/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as a board's description. */
#include "cloud/describe.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct describe describe;
	char text[DESCRIBE_TEXT_MAX] = "";

	if (!describe_parse((const char *)data, size, &describe, text)) {
		assert(text[0] && memchr(text, '\0', sizeof(text)));
		return 0;
	}
	assert(describe.module_count <= DESCRIBE_MODULES_MAX);
	assert(describe.function_count <= DESCRIBE_NAMES_MAX);
	assert(describe.variable_count <= DESCRIBE_NAMES_MAX);
	for (size_t i = 0; i < describe.module_count; i++)
		assert(describe.modules[i].index <= UINT8_MAX &&
		       memchr(describe.modules[i].sha, '\0', DESCRIBE_SHA_TEXT));
	if (describe_is_healthy(&describe))
		assert(describe.module_count > 0);
	(void)describe_find(&describe, 's', 1);
	return 0;
}
