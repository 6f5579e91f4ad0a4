/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as what a board says of its modules: refused with a reason, or read without
 * contradiction; never a crash.
 */
#include "delivery/module_info.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct module_info info = { 0 };
	char why[MODULE_INFO_WHY_MAX] = "";

	if (!module_info_parse((const char *)data, size, &info, why)) {
		assert(why[0] != '\0' && memchr(why, '\0', sizeof(why)));
		assert(info.count == 0);
		return 0;
	}
	assert(info.count <= MODULE_INFO_MODULES_MAX);
	for (size_t i = 0; i < info.count; i++) {
		assert(info.modules[i].need_count <= MODULE_INFO_NEEDS_MAX);
		assert((info.modules[i].passed & ~info.modules[i].checked) == 0);
	}
	for (unsigned int function = 0; function <= UINT8_MAX; function++) {
		const struct module_info_module *module =
			module_info_find(&info, (uint8_t)function, 1);

		assert(!module || module->index == 1);
	}
	return 0;
}
