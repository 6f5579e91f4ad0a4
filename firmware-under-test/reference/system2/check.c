/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must be right before the application may run (facts 2.5): the bootloader is whole and new
 * enough, so is part 1 as part 2 needs it, and the application is whole and finds the system it was
 * built for. Anything else is safe mode, where the missing part can be delivered: as soon as it is
 * there the next start is an ordinary one.
 */
#include "reference/common/defects.h"
#include "reference/common/module.h"
#include "reference/system2/system.h"

static bool has_application_header(void)
{
	const struct module_header *header = module_header_at(LAYOUT_USER);

	return module_is_plausible(header, LAYOUT_USER) && header->function == MODULE_USER;
}

static bool has_factory(void)
{
	const struct module_header *header = module_header_at(LAYOUT_FACTORY);

	if (!module_is_plausible(header, LAYOUT_USER) || header->function != MODULE_USER)
		return false;
	/* The bootloader will not copy an image whose sum is wrong: asking for it again and again
	 * is a planted defect. */
	return HAS_DEFECT(BLANK_APP_LOOP) || module_is_whole(header, LAYOUT_FACTORY);
}

enum check_result check_modules(void)
{
	if (module_validate(LAYOUT_BOOTLOADER) != MODULE_CHECKS ||
	    module_validate(LAYOUT_SYSTEM_1) != MODULE_CHECKS ||
	    module_validate(LAYOUT_SYSTEM_2) != MODULE_CHECKS)
		return CHECK_SAFE_MODE;
	if (!has_application_header())
		return has_factory() ? CHECK_FACTORY : CHECK_SAFE_MODE;
	return module_validate(LAYOUT_USER) == MODULE_CHECKS ? CHECK_GOOD : CHECK_SAFE_MODE;
}
