/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/system2/staged_defects.h"
#include "reference/common/config.h"
#include "reference/common/defects.h"
#include "reference/common/layout.h"
#include "reference/common/module.h"

enum staged_lock {
	LOCK_AT = 1754, /* in the table */
	LOCK_BYTES = 4,
};

/* The system that has taken the lock, by the versions of its parts. */
static uint32_t system_version(void)
{
	return (uint32_t)module_header_at(LAYOUT_SYSTEM_1)->version << 16 |
	       module_header_at(LAYOUT_SYSTEM_2)->version;
}

static uint32_t lock(void)
{
	const uint8_t *bytes = config_read(LOCK_AT);

	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static void set_lock(uint32_t value)
{
	if (lock() != value)
		config_write(&value, LOCK_AT, LOCK_BYTES);
}

static bool system_is_whole(void)
{
	return module_validate(LAYOUT_SYSTEM_1) == MODULE_CHECKS &&
	       module_validate(LAYOUT_SYSTEM_2) == MODULE_CHECKS;
}

bool staged_defects_let_begin(void)
{
	if (HAS_DEFECT(OLD_BOOTLOADER) && !system_is_whole())
		return false;
	return !HAS_DEFECT(DFU_ONLY) || lock() == UINT32_MAX;
}

void staged_defects_entered(void)
{
	if (HAS_DEFECT(DFU_ONLY))
		set_lock(system_version());
}

void staged_defects_start(void)
{
	if (HAS_DEFECT(DFU_ONLY) && lock() != system_version())
		set_lock(UINT32_MAX);
}
