/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The module's own header, from what the build says. The SHA-256 and CRC behind the module are
 * filled in by tools/seal-module.
 */
#include "reference/common/layout.h"
#include "reference/common/module.h"
#include "reference/common/sections.h"

extern const uint32_t section_module_begin[];

const struct module_header module_header __attribute__((section(".module_header"), used)) = {
	.start = (uint32_t)section_module_begin,
	.end = (uint32_t)section_module_end,
	.version = MODULE_VERSION,
	.platform = LAYOUT_PLATFORM,
	.function = MODULE_FUNCTION,
	.index = MODULE_INDEX,
	.dependency = { { DEPENDS_1 }, { DEPENDS_2 } },
};
