/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/system2/staged.h"
#include "reference/common/config.h"
#include "reference/common/defects.h"
#include "reference/common/flash.h"
#include "reference/common/layout.h"
#include "reference/common/module.h"
#include "reference/common/slots.h"
#include "reference/system2/staged_defects.h"
#include "reference/system2/system.h"

enum staged_facts {
	SECTOR_BYTES = 0x20000,
	STAGING_BYTES = LAYOUT_FLASH_END - LAYOUT_STAGING,
	SLOT_FLAGS = 0x0e, /* verify sum, destination and function */
	NOT_COUNTED = 0xff,
	RETRY_MS = 200,
};

int staged_begin(uint32_t bytes)
{
	if (bytes == 0 || bytes > STAGING_BYTES || !staged_defects_let_begin())
		return -1;
	for (uint32_t at = 0; at < bytes; at += SECTOR_BYTES) {
		exports_services()->watchdog_feed();
		flash_erase(LAYOUT_STAGING + at);
	}
	return 0;
}

int staged_put(uint32_t offset, const uint8_t *data, uint32_t bytes)
{
	if (offset > STAGING_BYTES || bytes > STAGING_BYTES - offset)
		return -1;
	for (uint32_t i = 0; i + 3 < bytes; i += 4)
		flash_program(LAYOUT_STAGING + offset + i,
			      (uint32_t)data[i] | (uint32_t)data[i + 1] << 8 |
				      (uint32_t)data[i + 2] << 16 | (uint32_t)data[i + 3] << 24);
	return 0;
}

/* Needs of the bootloader are for later; those of a user module are the user's. */
static bool needs_are_met(const struct module_header *header)
{
	for (int i = 0; header->function == MODULE_SYSTEM && i < 2; i++)
		if (header->dependency[i].function != MODULE_BOOTLOADER &&
		    !module_dependency_is_met(&header->dependency[i]))
			return false;
	return true;
}

/* Will all that is installed still have what it needs? Asked from 0.6 on. */
static bool others_stay_well(const struct module_header *header)
{
	static const uint32_t places[] = { LAYOUT_SYSTEM_1, LAYOUT_SYSTEM_2 };

	if (ERA == ERA_A || header->function == MODULE_USER)
		return true;
	for (unsigned int i = 0; i < 2 * sizeof(places) / sizeof(places[0]); i++) {
		const struct module_header *other = module_header_at(places[i / 2]);
		const struct module_dependency *need = &other->dependency[i % 2];

		if (other->start != header->start && need->function == header->function &&
		    need->index == header->index && need->version_min > header->version)
			return false;
	}
	return true;
}

static enum staged_result validate(const struct module_header *header)
{
	if (!module_fits(header))
		return STAGED_NOT_FOUND;
	if (header->platform != LAYOUT_PLATFORM)
		return STAGED_PLATFORM;
	if (!module_is_whole(header, LAYOUT_STAGING))
		return STAGED_INTEGRITY;
	return needs_are_met(header) && others_stay_well(header) ? STAGED_GOOD : STAGED_DEPENDENCY;
}

/* A record that is not pending may be used for this update. */
static enum staged_result enter(const struct module_header *header)
{
	struct slot_record record = {
		.magic = SLOT_PENDING,
		.source = LAYOUT_STAGING,
		.destination = header->start,
		.length = module_bytes(header),
		.flags = SLOT_FLAGS,
		.function = header->function,
		.count = NOT_COUNTED,
		.reserved = 0xff,
	};

	for (uint32_t i = SLOTS_FIRST; i < SLOTS_END; i++) {
		uint32_t offset = CONFIG_SLOTS + i * sizeof(record);
		const struct slot_record *old = config_read(offset);

		if (old->magic != SLOT_PENDING)
			return config_write(&record, offset, sizeof(record)) == 0 ? STAGED_GOOD
										  : STAGED_FAILED;
	}
	return STAGED_FAILED;
}

static bool copy_bootloader(uint32_t bytes)
{
	const uint32_t *from = (const uint32_t *)LAYOUT_STAGING;
	const volatile uint32_t *to = (const volatile uint32_t *)LAYOUT_BOOTLOADER;
	bool same = true;

	flash_erase(LAYOUT_BOOTLOADER);
	for (uint32_t i = 0; i < bytes / 4; i++) {
		flash_program(LAYOUT_BOOTLOADER + 4 * i, from[i]);
		same = same && to[i] == from[i];
	}
	return same;
}

/* To 0.6 once, and not looked at; later until it is right (facts 2.2). */
static void write_bootloader(const struct module_header *header)
{
	while (!copy_bootloader(module_bytes(header)) && ERA != ERA_A) {
		exports_services()->watchdog_feed();
		chip_wait_ms(RETRY_MS);
	}
}

enum staged_result staged_finish(void)
{
	const struct module_header *header = module_header_at(LAYOUT_STAGING);
	enum staged_result result = validate(header);

	if (result != STAGED_GOOD)
		return result;
	if (header->function == MODULE_BOOTLOADER)
		write_bootloader(header);
	else
		result = enter(header);
	if (result == STAGED_GOOD)
		staged_defects_entered();
	return result;
}

void staged_look(void)
{
	static const uint8_t none = 0xff;

	staged_defects_start();
	if (*(const uint8_t *)config_read(CONFIG_STAGED_FLAG) != CONFIG_IS_STAGED ||
	    config_write(&none, CONFIG_STAGED_FLAG, sizeof(none)) < 0)
		return;
	if (staged_finish() == STAGED_GOOD)
		backup_ask(REQUEST_NONE, REASON_UPDATE);
}
