/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a start reports on the serial port, a line each. */
#include "reference/common/defects.h"
#include "reference/common/module.h"
#include "reference/system2/system.h"

uint16_t report_version(void)
{
	const struct module_header *staged = module_header_at(LAYOUT_STAGING);

	if (HAS_DEFECT(LYING_VERSION) && module_is_plausible(staged, LAYOUT_SYSTEM_2))
		return staged->version;
	return MODULE_VERSION;
}

static void print_module(const char *name, uint32_t start)
{
	uint32_t passed = module_validate(start);
	uint32_t version = start == LAYOUT_SYSTEM_2 ? report_version() : 0;

	print_text(name);
	print_text(" ");
	if (passed & MODULE_RANGE)
		print_number(version ? version : module_header_at(start)->version);
	else
		print_text("none");
	print_text(", checked ");
	print_number(MODULE_CHECKS);
	print_text(", passed ");
	print_number(passed);
	print_text("\r\n");
}

void report_start(enum system_mode mode, enum reset_reason reason, uint32_t reason_data)
{
	print_text("system: ");
	print_text(mode == MODE_SAFE ? "safe mode" : "start");
	print_text(", reset reason ");
	print_number(reason);
	print_text(", data ");
	print_number(reason_data);
	print_text("\r\n");
	print_module("bootloader", LAYOUT_BOOTLOADER);
	print_module("system-part1", LAYOUT_SYSTEM_1);
	print_module("system-part2", LAYOUT_SYSTEM_2);
	print_module("user", LAYOUT_USER);
}
