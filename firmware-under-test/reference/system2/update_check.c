/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a system asks of an image before it enters it (facts 2.2, point 5). Nothing has been touched
 * yet but the staging region, so a bad download costs nothing but itself.
 */
#include "reference/common/config.h"
#include "reference/common/defects.h"
#include "reference/common/module.h"
#include "reference/common/slots.h"
#include "reference/system2/system.h"
#include "reference/system2/update.h"

enum { SLOT_FLAGS = 0x0e, UNUSED = 0xff }; /* check sum, place, function (facts 2.1) */

/* The bootloader is not among them: copying it is not the bootloader's to do. */
static const struct place {
	uint8_t function, index;
	uint32_t start, bytes;
} places[] = {
	{ MODULE_SYSTEM, 1, LAYOUT_SYSTEM_1, LAYOUT_SYSTEM_BYTES },
	{ MODULE_SYSTEM, 2, LAYOUT_SYSTEM_2, LAYOUT_SYSTEM_BYTES },
	{ MODULE_USER, 1, LAYOUT_USER, LAYOUT_USER_BYTES },
};

enum { PLACE_COUNT = sizeof(places) / sizeof(places[0]) };

static const struct place *place_of(const struct module_header *header)
{
	for (int i = 0; i < PLACE_COUNT; i++)
		if (header->function == places[i].function && header->index == places[i].index)
			return &places[i];
	return NULL;
}

static bool is_in_range(const struct module_header *header, const struct place *place)
{
	return header->start == place->start && header->end > header->start &&
	       header->end % 4 == 0 && header->end <= place->start + place->bytes - 4;
}

/* Would what is installed still have what it needs, with this in its place? */
static bool suits_the_others(const struct module_header *header)
{
	if (header->function != MODULE_SYSTEM)
		return true;
	for (int i = 0; i < PLACE_COUNT; i++) {
		const struct module_header *other = module_header_at(places[i].start);

		if (!module_is_plausible(other, places[i].start))
			continue;
		for (int d = 0; d < 2; d++)
			if (other->dependency[d].function == header->function &&
			    other->dependency[d].index == header->index &&
			    other->dependency[d].version_min > header->version)
				return false;
	}
	return true;
}

/* A user part may come before the system it needs: it waits in safe mode. */
static bool has_what_it_needs(const struct module_header *header)
{
	return header->function == MODULE_USER ||
	       (module_dependency_is_met(&header->dependency[0]) &&
		module_dependency_is_met(&header->dependency[1]));
}

uint32_t update_check(void)
{
	const struct module_header *header = module_header_at(LAYOUT_STAGING);
	const struct place *place = place_of(header);
	uint32_t passed = UPDATE_CHECK_RANGE;

	if (!place || !is_in_range(header, place))
		return 0;
	if (header->platform == LAYOUT_PLATFORM)
		passed |= UPDATE_CHECK_PLATFORM;
	if (module_is_whole(header, LAYOUT_STAGING))
		passed |= UPDATE_CHECK_INTEGRITY;
	if (has_what_it_needs(header))
		passed |= UPDATE_CHECK_DEPENDENCIES;
	if (!HAS_FULL_DEPENDENCY_CHECK || suits_the_others(header))
		passed |= UPDATE_CHECK_DEPENDENCIES_FULL;
	return passed;
}

bool update_enter(void)
{
	const struct module_header *header = module_header_at(LAYOUT_STAGING);
	const struct slot_record record = {
		.magic = SLOT_PENDING,
		.source = LAYOUT_STAGING,
		.destination = header->start,
		.length = module_bytes(header),
		.flags = SLOT_FLAGS,
		.function = header->function,
		.count = UNUSED,
		.reserved = UNUSED,
	};

	for (unsigned int i = SLOTS_FIRST; i < SLOTS_END; i++) {
		uint32_t offset = CONFIG_SLOTS + i * sizeof(record);
		const struct slot_record *old = config_read(offset);

		if (old->magic != SLOT_PENDING)
			return config_write(&record, offset, sizeof(record)) == 0;
	}
	return false;
}
