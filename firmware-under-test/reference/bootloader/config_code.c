/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From 0.7 on Particle's bootloader for the Photon and P1 has no code of its own for the table: it
 * calls that of system part 2, and only when both system parts are whole, because that code needs
 * both (facts 2.4). This is why their update cannot be resumed: what is torn is one of them. Era A
 * and the robust bootloader carry the code themselves.
 */
#include "reference/common/config_code.h"
#include "reference/common/config.h"
#include "reference/common/defects.h"
#include "reference/common/exports.h"
#include "reference/common/module.h"

static bool part_is_whole(uint32_t start)
{
	const struct module_header *header = module_header_at(start);

	return module_is_plausible(header, start) && module_is_whole(header, start);
}

bool config_code_is_there(void)
{
	if (!HAS_BORROWED_CONFIG)
		return true;
	return part_is_whole(LAYOUT_SYSTEM_2) && part_is_whole(LAYOUT_SYSTEM_1) &&
	       module_dependency_is_met(&module_header_at(LAYOUT_SYSTEM_2)->dependency[0]);
}

const void *config_code_read(uint32_t offset)
{
	return HAS_BORROWED_CONFIG ? exports_config()->read(offset) : config_read(offset);
}

int config_code_write(const void *data, uint32_t offset, uint32_t bytes)
{
	return HAS_BORROWED_CONFIG ? exports_config()->write(data, offset, bytes)
				   : config_write(data, offset, bytes);
}
