/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module in flash: its header, and the checks of it (facts 1.1, 1.2, 2.3). */
#ifndef REFERENCE_COMMON_MODULE_H
#define REFERENCE_COMMON_MODULE_H

#include "reference/common/chip.h"

enum module_function {
	MODULE_BOOTLOADER = 2,
	MODULE_SYSTEM = 4,
	MODULE_USER = 5,
};

struct module_dependency {
	uint8_t function; /* 0 = none */
	uint8_t index;
	uint16_t version_min;
};

struct module_header {
	uint32_t start;
	uint32_t end; /* exclusive; the CRC lies there, big endian */
	uint8_t reserved;
	uint8_t flags;
	uint16_t version;
	uint16_t platform;
	uint8_t function;
	uint8_t index;
	struct module_dependency dependency[2];
};

_Static_assert(sizeof(struct module_header) == 24, "the header's layout");

/* What was checked, and what passed: the bits of "vc" and "vv" (facts 2.3). */
enum module_check {
	MODULE_INTEGRITY = 2,
	MODULE_DEPENDENCIES = 4,
	MODULE_RANGE = 8,
	MODULE_PLATFORM = 16,
	MODULE_CHECKS = 30,
};

/* The header of what begins at 'address': behind the vectors when it begins like a stack pointer.
 */
const struct module_header *module_header_at(uint32_t address);

/* Does a header lie there that could be this module's, by its addresses and platform alone? */
bool module_is_plausible(const struct module_header *header, uint32_t start);

/*
 * Is the sum of a module whose bytes lie at 'address' right? That is where it is installed, or
 * where a copy of it waits.
 */
bool module_is_whole(const struct module_header *header, uint32_t address);

/* Is it a module of ours, and does what it claims lie in the place that is for it? */
bool module_fits(const struct module_header *header);

/* A dependency is met by a module that is whole and new enough. */
bool module_dependency_is_met(const struct module_dependency *dependency);

/* enum module_check bits that the module installed at 'start' passes: MODULE_CHECKS is healthy. */
uint32_t module_validate(uint32_t start);

/* Bytes of the module, with its CRC. */
static inline uint32_t module_bytes(const struct module_header *header)
{
	return header->end - header->start + 4;
}

#endif
