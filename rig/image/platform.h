/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known about the boards that modules are made for: names of platforms, where each module
 * lives in flash, how flash is erased, and which release a version number belongs to.
 * Facts: docs/images.md "Platforms and places".
 */
#ifndef IMAGE_PLATFORM_H
#define IMAGE_PLATFORM_H

#include "image/image.h"

enum image_generation {
	IMAGE_GENERATION_UNKNOWN = 0, /* also: no module format that is known here */
	IMAGE_GENERATION_2 = 2,	      /* STM32F2 */
	IMAGE_GENERATION_3 = 3,	      /* nRF52840 */
};

enum image_platform_limits { IMAGE_RELEASES_TEXT_MAX = 64 };

struct image_platform {
	uint16_t id;
	const char *name; /* "photon", "p1", "electron", "boron" ... */
	enum image_generation generation;
};

/* Where the module of a function and an index lives. */
struct image_place {
	uint8_t function;
	uint8_t index;
	uint32_t start;
	uint32_t end; /* exclusive; the CRC must lie below it too */
};

/* NULL when no platform has this number or name. */
const struct image_platform *image_platform(uint16_t id);
const struct image_platform *image_platform_by_name(const char *name);

/* "photon"; "unknown" when no platform has this number. */
const char *image_platform_name(uint16_t id);

/* IMAGE_GENERATION_UNKNOWN when no platform has this number. */
enum image_generation image_platform_generation(uint16_t id);

/* The 'n'-th place of the platform; NULL when there are no more, or none is known. */
const struct image_place *image_platform_place(uint16_t id, size_t n);

/* Where a module lives; NULL when the platform or such a place is not known. */
const struct image_place *image_place_of(uint16_t platform_id, uint8_t function, uint8_t index);

/* The place that 'address' lies in; NULL when none is known there. */
const struct image_place *image_place_at(uint16_t platform_id, uint32_t address);

/*
 * The sector that 'address' lies in: its first address, and its size in *ret_size. *ret_size is 0
 * when the address is not in the flash of the platform, or nothing is known about it.
 */
uint32_t image_sector_at(uint16_t platform_id, uint32_t address, uint32_t *ret_size);

/*
 * The releases of the system whose modules have this version, "1.5.0" or "2.0.1, 2.1.0, 3.0.0",
 * into 'buf'; returns NULL when none is known (user parts have numbers of their own), else 'buf'.
 */
const char *image_version_releases(const struct image_header *header,
				   char buf[IMAGE_RELEASES_TEXT_MAX]);

#endif
