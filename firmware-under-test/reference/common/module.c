/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/common/module.h"
#include "reference/common/crc.h"
#include "reference/common/layout.h"

static const struct region {
	uint8_t function;
	uint8_t index;
	uint32_t start;
	uint32_t bytes;
} regions[] = {
	{ MODULE_BOOTLOADER, 0, LAYOUT_BOOTLOADER, LAYOUT_BANK_BYTES },
	{ MODULE_SYSTEM, 1, LAYOUT_SYSTEM_1, LAYOUT_SYSTEM_BYTES },
	{ MODULE_SYSTEM, 2, LAYOUT_SYSTEM_2, LAYOUT_SYSTEM_BYTES },
	{ MODULE_USER, 1, LAYOUT_USER, LAYOUT_USER_BYTES },
};

enum { REGION_COUNT = sizeof(regions) / sizeof(regions[0]) };

const struct module_header *module_header_at(uint32_t address)
{
	uint32_t first = *(const uint32_t *)address;
	uint32_t offset = (first & 0x2ff10000u) == 0x20000000u ? LAYOUT_HEADER_OFFSET : 0;

	return (const struct module_header *)(address + offset);
}

bool module_is_plausible(const struct module_header *header, uint32_t start)
{
	return header->start == start && header->end > start && header->end < LAYOUT_FLASH_END &&
	       header->end % 4 == 0 && header->platform == LAYOUT_PLATFORM;
}

bool module_is_whole(const struct module_header *header, uint32_t address)
{
	uint32_t bytes = header->end - header->start;
	uint32_t stored;

	if (bytes > LAYOUT_FLASH_END - LAYOUT_FLASH_BEGIN || bytes % 4 != 0 ||
	    address + bytes >= LAYOUT_FLASH_END)
		return false;
	stored = *(const uint32_t *)(address + bytes);
	return crc_of_words((const uint32_t *)address, bytes / 4) == chip_reverse_bytes(stored);
}

static const struct region *region_of(uint8_t function, uint8_t index)
{
	for (int i = 0; i < REGION_COUNT; i++)
		if (regions[i].function == function && regions[i].index == index)
			return &regions[i];
	return NULL;
}

bool module_fits(const struct module_header *header)
{
	const struct region *region = region_of(header->function, header->index);

	return region && header->start == region->start && header->end > header->start &&
	       header->end <= region->start + region->bytes - 4;
}

bool module_dependency_is_met(const struct module_dependency *dependency)
{
	const struct region *region;
	const struct module_header *header;

	if (dependency->function == 0)
		return true;
	region = region_of(dependency->function, dependency->index);
	if (!region)
		return false;
	header = module_header_at(region->start);
	return module_is_plausible(header, region->start) &&
	       header->version >= dependency->version_min && module_is_whole(header, region->start);
}

uint32_t module_validate(uint32_t start)
{
	const struct module_header *header = module_header_at(start);
	uint32_t passed = 0;

	if (header->start != start || !module_fits(header))
		return 0; /* nothing else can be asked */
	passed |= MODULE_RANGE;
	if (header->platform == LAYOUT_PLATFORM)
		passed |= MODULE_PLATFORM;
	if (module_is_whole(header, start))
		passed |= MODULE_INTEGRITY;
	if (module_dependency_is_met(&header->dependency[0]) &&
	    module_dependency_is_met(&header->dependency[1]))
		passed |= MODULE_DEPENDENCIES;
	return passed;
}
