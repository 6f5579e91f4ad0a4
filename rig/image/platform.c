/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Platforms: device-os build/platform-id.mk and the readers of modules. Places: device-os
 * hal/src/{photon,electron,nRF52840}/ota_module_bounds.c. Sectors of the STM32F205: its reference
 * manual; pages of the nRF52840: 4 KiB.
 */
#include "image/platform.h"
#include "base/text.h"

static const struct image_platform platforms[] = {
	{ 0, "core", IMAGE_GENERATION_UNKNOWN },   { 3, "gcc", IMAGE_GENERATION_UNKNOWN },
	{ 4, "photon-dev", IMAGE_GENERATION_2 },   { 5, "teacup-dev", IMAGE_GENERATION_2 },
	{ 6, "photon", IMAGE_GENERATION_2 },	   { 7, "teacup", IMAGE_GENERATION_2 },
	{ 8, "p1", IMAGE_GENERATION_2 },	   { 9, "ethernet", IMAGE_GENERATION_2 },
	{ 10, "electron", IMAGE_GENERATION_2 },	   { 12, "argon", IMAGE_GENERATION_3 },
	{ 13, "boron", IMAGE_GENERATION_3 },	   { 14, "xenon", IMAGE_GENERATION_3 },
	{ 22, "asom", IMAGE_GENERATION_3 },	   { 23, "bsom", IMAGE_GENERATION_3 },
	{ 24, "xsom", IMAGE_GENERATION_3 },	   { 25, "b5som", IMAGE_GENERATION_3 },
	{ 26, "tracker", IMAGE_GENERATION_3 },	   { 88, "duo", IMAGE_GENERATION_UNKNOWN },
	{ 103, "bluz", IMAGE_GENERATION_UNKNOWN },
};

static const struct image_place photon_places[] = {
	{ IMAGE_FUNCTION_BOOTLOADER, 0, 0x08000000, 0x08004000 },
	{ IMAGE_FUNCTION_SYSTEM, 1, 0x08020000, 0x08060000 },
	{ IMAGE_FUNCTION_SYSTEM, 2, 0x08060000, 0x080a0000 },
	{ IMAGE_FUNCTION_USER, 1, 0x080a0000, 0x080c0000 },
	{ IMAGE_FUNCTION_MONOLITHIC, 0, 0x08020000, 0x08080000 },
	{ 0 },
};

static const struct image_place electron_places[] = {
	{ IMAGE_FUNCTION_BOOTLOADER, 0, 0x08000000, 0x08004000 },
	{ IMAGE_FUNCTION_SYSTEM, 1, 0x08020000, 0x08040000 },
	{ IMAGE_FUNCTION_SYSTEM, 2, 0x08040000, 0x08060000 },
	{ IMAGE_FUNCTION_SYSTEM, 3, 0x08060000, 0x08080000 },
	{ IMAGE_FUNCTION_USER, 1, 0x08080000, 0x080a0000 },
	{ IMAGE_FUNCTION_MONOLITHIC, 0, 0x08020000, 0x08080000 },
	{ 0 },
};

/*
 * System part 1 could end at 0x000d4000 until the user part grew to 256 KiB and got the index 2;
 * index 1 is the user part as it was.
 */
static const struct image_place nrf52840_places[] = {
	{ IMAGE_FUNCTION_BOOTLOADER, 0, 0x000f4000, 0x00100000 },
	{ IMAGE_FUNCTION_SYSTEM, 1, 0x00030000, 0x000d4000 },
	{ IMAGE_FUNCTION_USER, 1, 0x000d4000, 0x000f4000 },
	{ IMAGE_FUNCTION_USER, 2, 0x000b4000, 0x000f4000 },
	{ IMAGE_FUNCTION_MONOLITHIC, 0, 0x00030000, 0x000f4000 },
	{ IMAGE_FUNCTION_RADIO_STACK, 0, 0x00001000, 0x00030000 },
	{ 0 },
};

enum sectors {
	STM32_FLASH = 0x08000000,
	STM32_SMALL_END = STM32_FLASH + 0x10000, /* sectors 0 to 3 */
	STM32_LARGE = STM32_FLASH + 0x20000,	 /* sectors 5 and up; 4 is before */
	STM32_END = STM32_FLASH + 0x100000,
	STM32_SMALL_BYTES = 0x4000,
	STM32_MIDDLE_BYTES = 0x10000,
	STM32_LARGE_BYTES = 0x20000,
	NRF52840_END = 0x100000,
	NRF52840_PAGE_BYTES = 0x1000,
};

/*
 * Module versions of the system parts and bootloaders by release: device-os
 * modules/shared/system_module_version.mk and bootloader/import.mk at the tags, and the modules in
 * the firmware cache. Bootloader versions are those of Gen 2.
 */
static const struct release_version {
	uint16_t system;
	uint16_t bootloader;
	const char *name;
} releases[] = {
	{ 5, 3, "0.4.4" },
	{ 6, 4, "0.4.5" },
	{ 7, 5, "0.4.6" },
	{ 8, 6, "0.4.7" },
	{ 11, 7, "0.4.9" },
	{ 13, 7, "0.5.0" },
	{ 17, 7, "0.5.2" },
	{ 21, 7, "0.5.3" },
	{ 102, 8, "0.6.0" },
	{ 105, 11, "0.6.1" },
	{ 110, 11, "0.6.4" },
	{ 207, 101, "0.7.0" },
	{ 300, 200, "0.8.0-rc.1" },
	{ 1002, 201, "1.0.1" },
	{ 1213, 311, "1.2.1" },
	{ 1406, 501, "1.4.4" },
	{ 1502, 501, "1.5.0" },
	{ 1511, 501, "1.5.1" },
	{ 1512, 502, "1.5.2" },
	{ 2004, 1002, "2.0.0-rc.1" },
	{ 2005, 1003, "2.0.0-rc.2" },
	{ 2008, 1003, "2.0.0" },
	{ 2011, 1005, "2.0.1" },
	{ 2101, 1005, "2.1.0" },
	{ 2202, 1006, "2.2.0" },
	{ 2302, 1006, "2.3.1" },
	{ 3005, 1005, "3.0.0" },
	{ 3103, 1100, "3.1.0" },
	{ 3201, 1100, "3.2.0" },
	{ 3302, 1100, "3.3.1" },
};

const struct image_platform *image_platform(uint16_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(platforms); i++)
		if (platforms[i].id == id)
			return &platforms[i];
	return NULL;
}

const struct image_platform *image_platform_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(platforms); i++)
		if (strcmp(platforms[i].name, name) == 0)
			return &platforms[i];
	return NULL;
}

const char *image_platform_name(uint16_t id)
{
	const struct image_platform *platform = image_platform(id);

	return platform ? platform->name : "unknown";
}

enum image_generation image_platform_generation(uint16_t id)
{
	const struct image_platform *platform = image_platform(id);

	return platform ? platform->generation : IMAGE_GENERATION_UNKNOWN;
}

/* Ends with a row of zeros. */
static const struct image_place *places_of(uint16_t id)
{
	static const struct image_place none = { 0 };

	if (id == 6 || id == 8)
		return photon_places;
	if (id == 10)
		return electron_places;
	if (image_platform_generation(id) == IMAGE_GENERATION_3)
		return nrf52840_places;
	return &none;
}

const struct image_place *image_platform_place(uint16_t id, size_t n)
{
	const struct image_place *place = places_of(id);

	while (place->function && n > 0) {
		place++;
		n--;
	}
	return place->function ? place : NULL;
}

const struct image_place *image_place_of(uint16_t platform_id, uint8_t function, uint8_t index)
{
	for (const struct image_place *p = places_of(platform_id); p->function; p++)
		if (p->function == function && p->index == index)
			return p;
	return NULL;
}

const struct image_place *image_place_at(uint16_t platform_id, uint32_t address)
{
	for (const struct image_place *p = places_of(platform_id); p->function; p++)
		if (address >= p->start && address < p->end)
			return p;
	return NULL;
}

static uint32_t stm32_sector_at(uint32_t address, uint32_t *ret_size)
{
	*ret_size = 0;
	if (address < STM32_FLASH || address >= STM32_END)
		return 0;
	if (address < STM32_SMALL_END)
		*ret_size = STM32_SMALL_BYTES;
	else if (address < STM32_LARGE)
		*ret_size = STM32_MIDDLE_BYTES;
	else
		*ret_size = STM32_LARGE_BYTES;
	return address & ~(*ret_size - 1);
}

uint32_t image_sector_at(uint16_t platform_id, uint32_t address, uint32_t *ret_size)
{
	enum image_generation generation = image_platform_generation(platform_id);

	*ret_size = 0;
	if (generation == IMAGE_GENERATION_2)
		return stm32_sector_at(address, ret_size);
	if (generation != IMAGE_GENERATION_3 || address >= NRF52840_END)
		return 0;
	*ret_size = NRF52840_PAGE_BYTES;
	return address & ~(uint32_t)(NRF52840_PAGE_BYTES - 1);
}

const char *image_version_releases(const struct image_header *header,
				   char buf[IMAGE_RELEASES_TEXT_MAX])
{
	bool bootloader = header->function == IMAGE_FUNCTION_BOOTLOADER;
	size_t len = 0;

	if (header->function != IMAGE_FUNCTION_SYSTEM &&
	    header->function != IMAGE_FUNCTION_MONOLITHIC &&
	    !(bootloader && image_platform_generation(header->platform_id) == IMAGE_GENERATION_2))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(releases); i++) {
		uint16_t version = bootloader ? releases[i].bootloader : releases[i].system;

		if (version != header->version)
			continue;
		text_copy(buf + len, IMAGE_RELEASES_TEXT_MAX - len, len ? ", " : "");
		len = strlen(buf);
		text_copy(buf + len, IMAGE_RELEASES_TEXT_MAX - len, releases[i].name);
		len = strlen(buf);
	}
	return len ? buf : NULL;
}
