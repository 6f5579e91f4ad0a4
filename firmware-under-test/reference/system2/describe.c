/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Module information as a device gives it to the cloud and on its console (facts 2.7): for each
 * module its place, the checks made ("vc") and passed ("vv"), function, index, version, SHA-256 of
 * user modules, dependencies. Healthy is vc == vv.
 */
#include "reference/common/defects.h"
#include "reference/common/module.h"
#include "reference/system2/system.h"

enum { SUFFIX_SHA_BACK = 34, SHA_BYTES = 32, DEPENDENCIES = ERA == ERA_A ? 1 : 2 };

static const struct place {
	uint32_t start;
	uint32_t bytes;
	const char *store;
} places[] = {
	{ LAYOUT_BOOTLOADER, LAYOUT_BANK_BYTES, "m" },
	{ LAYOUT_SYSTEM_1, LAYOUT_SYSTEM_BYTES, "m" },
	{ LAYOUT_SYSTEM_2, LAYOUT_SYSTEM_BYTES, "m" },
	{ LAYOUT_USER, LAYOUT_USER_BYTES, "m" },
	{ LAYOUT_FACTORY, LAYOUT_USER_BYTES, "f" },
};

static const char *letter(uint8_t function)
{
	switch (function) {
	case MODULE_BOOTLOADER: return "b";
	case MODULE_SYSTEM: return "s";
	case MODULE_USER: return "u";
	default: return "_";
	}
}

/* "f":"s","n":"1","v":100 */
static void identity(const struct port *port, uint8_t function, uint8_t index, uint16_t version)
{
	port_text(port, "\"f\":\"");
	port_text(port, letter(function));
	port_text(port, "\",\"n\":\"");
	port_number(port, index);
	port_text(port, "\",\"v\":");
	port_number(port, version);
}

static void dependencies(const struct port *port, const struct module_header *header)
{
	bool first = true;

	for (int i = 0; i < DEPENDENCIES; i++) {
		const struct module_dependency *needed = &header->dependency[i];

		if (needed->function == 0)
			continue;
		port_text(port, first ? "{" : ",{");
		identity(port, needed->function, needed->index, needed->version_min);
		port_text(port, ",\"_\":\"\"}"); /* a slip of Particle's, to 2.1 */
		first = false;
	}
}

/* A factory image lies elsewhere than where it says it begins. */
static uint32_t validate(const struct place *place)
{
	const struct module_header *header = module_header_at(place->start);

	if (place->start != LAYOUT_FACTORY)
		return module_validate(place->start);
	if (!module_is_plausible(header, LAYOUT_USER) || header->function != MODULE_USER)
		return 0;
	return MODULE_RANGE | MODULE_PLATFORM | MODULE_DEPENDENCIES |
	       (module_is_whole(header, place->start) ? MODULE_INTEGRITY : 0);
}

static void describe(const struct port *port, const struct place *place)
{
	const struct module_header *header = module_header_at(place->start);
	uint32_t passed = validate(place);

	port_text(port, "{\"s\":");
	port_number(port, place->bytes);
	port_text(port, ",\"l\":\"");
	port_text(port, place->store);
	port_text(port, "\",\"vc\":");
	port_number(port, MODULE_CHECKS);
	port_text(port, ",\"vv\":");
	port_number(port, passed);
	port_text(port, ",");
	if (passed != 0) {
		uint32_t end = place->start + (header->end - header->start);

		if (header->function == MODULE_USER) {
			port_text(port, "\"u\":\"");
			port_hex(port, (const uint8_t *)(end - SUFFIX_SHA_BACK), SHA_BYTES);
			port_text(port, "\",");
		}
		identity(port, header->function, header->index,
			 place->start == LAYOUT_SYSTEM_2 ? report_version() : header->version);
		port_text(port, ",");
	}
	port_text(port, "\"d\":[");
	if (passed != 0)
		dependencies(port, header);
	port_text(port, "]}");
}

void describe_modules(const struct port *port)
{
	port_text(port, "\"p\":");
	port_number(port, LAYOUT_PLATFORM);
	port_text(port, ",\"m\":[");
	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (i > 0)
			port_text(port, ",");
		describe(port, &places[i]);
	}
	port_text(port, "]");
}
